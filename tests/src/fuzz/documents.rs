//! Short JSON files and texts that parsers accept, to begin with.

use cosim::synth::{
    ClockReport, ClockSpread, CriticalPath, MemoryFound, PathStep, SeedReport, SynthReport,
    TokenReport, Utilisation,
};
use cosim::tools::Family;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn bytes(values: &[Value]) -> Vec<Vec<u8>> {
    values.iter().map(|value| serde_json::to_vec(value).expect("it is JSON")).collect()
}

pub(super) fn index() -> Vec<Vec<u8>> {
    let map = json!({ "model.embed_tokens.weight": "model.safetensors" });
    bytes(&[json!({ "metadata": { "total_size": 1 }, "weight_map": map })])
}

pub(super) fn generation() -> Vec<Vec<u8>> {
    bytes(&[json!({ "bos_token_id": 1, "eos_token_id": [2, 3], "do_sample": true,
        "repetition_penalty": 1.1, "suppress_tokens": [4], "forced_eos_token_id": null,
        "temperature": 0.6, "transformers_version": "4.40.0" })])
}

pub(super) fn beside() -> Vec<Vec<u8>> {
    let token = |content: &str| {
        json!({ "content": content, "lstrip": false, "rstrip": false, "normalized": false,
            "single_word": false, "special": true })
    };
    bytes(&[json!({ "add_bos_token": true, "bos_token": token("<s>"), "unk_token": "<unk>",
        "added_tokens_decoder": { "5": token("<s>"), "6": token("</s>") },
        "additional_special_tokens": ["</s>"], "do_lower_case": false, "model_max_length": 16,
        "tokenizer_class": "PreTrainedTokenizerFast" })])
}

pub(super) fn text() -> Vec<Vec<u8>> {
    let texts = ["\u{feff}yes\tab a\r\nno\tb b\r\n", "ab b<|endoftext|>\nb a\n<|endoftext|>\na"];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

/// A configuration of every family of neurons, recurrences and norms with means.
pub(super) fn families() -> Vec<Vec<u8>> {
    let lif = json!({ "tau": 2.0, "v_threshold": 1.0, "v_reset": 0.0, "decay_input": true });
    let gpt2 = json!({ "model_type": "gpt2", "vocab_size": 8, "n_positions": 8, "n_embd": 8,
        "n_layer": 1, "n_head": 2, "n_inner": null, "layer_norm_epsilon": 1e-5,
        "activation_function": "gelu_new", "eos_token_id": 1 });
    let mut neurtransformer = gpt2.clone();
    neurtransformer["model_type"] = json!("neurtransformer");
    neurtransformer["activation_function"] = Value::Null;
    neurtransformer["spiking"] = json!({ "steps": 2, "attention": "spiking", "attention_lif": lif,
        "attention_scale_shift": 2, "feed_forward": "integrate_and_fire",
        "feed_forward_threshold": 1.0, "feed_forward_reset": "soft" });
    let rwkv = json!({ "model_type": "rwkv", "vocab_size": 8, "hidden_size": 8,
        "attention_hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
        "layer_norm_epsilon": 1e-5, "rescale_every": 6, "eos_token_id": 0 });
    let mut placed = lif.clone();
    placed["placement"] = json!("lif_linear");
    let spikegpt = json!({ "model_type": "spikegpt", "n_layer": 1, "n_embd": 8, "vocab_size": 8,
        "ctx_len": 8, "weights": "ternary", "binary_embedding": false, "lif": placed });
    let bert = |kind: &str, spiking: Value| {
        json!({ "model_type": kind, "architectures": ["BertForSequenceClassification"],
            "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "hidden_act": "gelu", "vocab_size": 8,
            "max_position_embeddings": 8, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
            "id2label": { "0": "no", "1": "yes" }, "spiking": spiking })
    };
    let spikelm = json!({ "steps": 2, "beta": 0.25, "reset": "code", "readout": "pooler",
        "input_bits": 2, "weight_bits": 2 });
    let spikingbert = json!({ "steps": 4, "threshold": 1.0, "leak": 1.0, "reset": "soft",
        "readout": "classifier", "weight_bits": 2 });
    let mut plain = bert("bert", Value::Null);
    plain["architectures"] = json!(["BertForMaskedLM"]);
    bytes(&[
        gpt2,
        neurtransformer,
        rwkv,
        spikegpt,
        plain,
        bert("spikelm", spikelm),
        bert("spikingbert", spikingbert),
    ])
}

/// A synthesis of the machine of a run, whose `5-cosim.json` is `run`.
pub(super) fn synth(run: &[u8]) -> Vec<u8> {
    let run: Value = serde_json::from_slice(run).expect("it is JSON");
    let text = |key: &str| run[key].as_str().unwrap_or_default().to_owned();
    let row = |what: &str, used| Utilisation {
        what: what.to_owned(),
        cell: "CELL".to_owned(),
        used,
        available: 208,
    };
    let step = |kind: &str, signal: &str| PathStep {
        kind: kind.to_owned(),
        nanoseconds: 0.5,
        signal: signal.to_owned(),
    };
    let report = SynthReport {
        design: text("design"),
        network: text("network"),
        config_blake3: String::new(),
        board: "some-board".to_owned(),
        part: "LFE5U-85F-6BG381C".to_owned(),
        family: Family::Ecp5,
        clock: ClockReport { board_mhz: 25.0, machine_mhz: 50.0, pll: Some("EHXPLLL".to_owned()) },
        machine: serde_json::from_value(run["machine"].clone()).expect("the run is of a machine"),
        weights: 1,
        cells: BTreeMap::from([("CELL".to_owned(), 1)]),
        utilisation: vec![row("LUT4", 200), row("block RAM", 44), row("multiplier", 0)],
        memories: vec![MemoryFound {
            name: "core.weights.bank_*.words".to_owned(),
            cell: "DP16KD".to_owned(),
            copies: 7,
            cells: 7,
        }],
        seeds: vec![SeedReport { seed: 1, megahertz: 62.5 }],
        megahertz: ClockSpread { best: 62.5, median: 61.25, worst: 60.0 },
        timing_met: true,
        critical_path: CriticalPath {
            nanoseconds: 16.0,
            routing_nanoseconds: 9.0,
            steps: vec![step("logic", "core.sum"), step("routing", "near core.<x>")],
        },
        token: TokenReport {
            cycles_first: 3,
            cycles_last: 5,
            cycles_mean: 4.0,
            tokens_per_second: 9.0,
        },
        bitstream: Some("top.bit".to_owned()),
        tools: Vec::new(),
        commands: vec!["yosys".to_owned()],
    };
    report.to_json().into_bytes()
}
