//! Seeded encoders as files in the layout of transformers, for whoever imports them.

use crate::import::archive::{Archive, ArchiveTensor};
use crate::network::{
    BertHead, BertPooler, BertShape, BertSpiking, Function, Network, Operation, SpikelmReset,
};
use crate::neuron::Reset;
use serde_json::{Value, json};

/// The module of transformers that has the name `ours` in a network.
fn module(ours: &str) -> String {
    let fixed = [
        ("embedding", "bert.embeddings.word_embeddings"),
        ("positions", "bert.embeddings.position_embeddings"),
        ("embedding.norm", "bert.embeddings.LayerNorm"),
        ("pooler", "bert.pooler.dense"),
        ("head.transform", "cls.predictions.transform.dense"),
        ("head.norm", "cls.predictions.transform.LayerNorm"),
        ("head", "cls.predictions.decoder"),
    ];
    if let Some((_, theirs)) = fixed.iter().find(|(name, _)| *name == ours) {
        return (*theirs).to_owned();
    }
    ours.replace("blocks.", "bert.encoder.layer.")
        .replace("attention.output", "attention.output.dense")
        .replace("attention.norm", "attention.output.LayerNorm")
        .replace("attention.query", "attention.self.query")
        .replace("attention.key", "attention.self.key")
        .replace("attention.value", "attention.self.value")
        .replace("ffn.up", "intermediate.dense")
        .replace("ffn.down", "output.dense")
        .replace("ffn.norm", "output.LayerNorm")
}

/// Where the thresholds of a neuron are stored.
fn threshold_stems(neuron: &str) -> Vec<String> {
    let part = neuron.split_once('.').and_then(|(_, rest)| rest.split_once('.')).unwrap().1;
    let block = neuron.strip_suffix(part).unwrap().replace("blocks.", "bert.encoder.layer.");
    let linear = |theirs: &str| format!("{block}{theirs}.act_clip_val");
    match part {
        "attention.input.neuron" => {
            ["query", "key", "value"].map(|part| linear(&format!("attention.self.{part}"))).to_vec()
        }
        "attention.query.input.neuron" => vec![linear("attention.self.query")],
        "attention.key.input.neuron" => vec![linear("attention.self.key")],
        "attention.value.input.neuron" => vec![linear("attention.self.value")],
        "attention.key.neuron" => vec![format!("{block}attention.self.clip_key")],
        "attention.value.neuron" => vec![format!("{block}attention.self.clip_value")],
        "attention.context.neuron" => vec![linear("attention.output.dense")],
        "ffn.input.neuron" => vec![linear("intermediate.dense")],
        "ffn.hidden.neuron" => vec![linear("output.dense")],
        _ => panic!("no neuron of SpikeLM is called {neuron}"),
    }
}

/// The tensors of an encoder. The first token type has a row of zeros, the second another.
///
/// # Panics
/// If the network is no encoder.
pub fn encoder_tensors(network: &Network) -> Archive {
    let spikelm = network.operations.iter().any(|operation| {
        matches!(operation, Operation::Neuron { neuron, .. } if neuron.reset != Reset::Soft)
    });
    let mut archive = Archive::new();
    let mut put = |name: String, shape: &[usize], values: &[f32]| {
        archive.insert(name, ArchiveTensor::f32(shape.to_vec(), values));
    };
    for (name, table) in &network.tables {
        let shape = [table.rows, table.columns];
        put(format!("{}.weight", module(name)), &shape, &table.values);
    }
    let width = network.tables["positions"].columns;
    let types = "bert.embeddings.token_type_embeddings.weight";
    put(types.to_owned(), &[2, width], &[vec![0.0; width], vec![9.0; width]].concat());
    for operation in &network.operations {
        match operation {
            Operation::LayerNorm { name, weight, bias, .. } => {
                for (part, it) in [("weight", weight), ("bias", bias)] {
                    put(format!("{}.{part}", module(name)), &[it.values().len()], it.values());
                }
            }
            Operation::Bias { name, bias, .. } => {
                let of = name.strip_suffix(".bias").unwrap();
                let module = if of == "head" { "cls.predictions".into() } else { module(of) };
                put(format!("{module}.bias"), &[bias.values().len()], bias.values());
            }
            Operation::TernaryLinear { matrix, .. } => {
                let values: Vec<f32> =
                    matrix.trits.iter().map(|&trit| f32::from(trit) * matrix.scale).collect();
                let name = format!("{}.weight", module(&matrix.name));
                put(name, &[matrix.rows, matrix.columns], &values);
            }
            Operation::Neuron { name, neuron, .. } if spikelm => {
                for stem in threshold_stems(name) {
                    for (step, &threshold) in neuron.threshold.iter().enumerate() {
                        put(format!("{stem}.{step}"), &[], &[threshold]);
                    }
                }
            }
            _ => {}
        }
    }
    archive
}

/// The `config.json` of an encoder.
pub fn encoder_config(shape: &BertShape) -> Value {
    let mut config = json!({
        "hidden_size": shape.width,
        "num_hidden_layers": shape.blocks,
        "num_attention_heads": shape.heads,
        "intermediate_size": shape.hidden,
        "hidden_act": if shape.function == Function::Gelu { "gelu" } else { "gelu_new" },
        "vocab_size": shape.vocabulary,
        "max_position_embeddings": shape.context,
        "layer_norm_eps": shape.epsilon,
        "type_vocab_size": 2,
        "position_embedding_type": "absolute",
        "hidden_dropout_prob": 0.1,
    });
    let mut pooled = "classifier";
    match &shape.head {
        BertHead::Classifier { labels, pooler } => {
            config["architectures"] = json!(["BertForSequenceClassification"]);
            let numbered = labels.iter().enumerate();
            let labels = numbered.map(|(id, label)| (id.to_string(), json!(label))).collect();
            config["id2label"] = Value::Object(labels);
            if *pooler != BertPooler::None {
                pooled = "pooler";
            }
        }
        BertHead::MaskedToken { tied } => {
            config["architectures"] = json!(["BertForMaskedLM"]);
            config["tie_word_embeddings"] = json!(tied);
        }
    }
    match shape.spiking {
        BertSpiking::Plain => config["model_type"] = json!("bert"),
        BertSpiking::Spikelm { beta, reset } => {
            let reset = if reset == SpikelmReset::Code { "code" } else { "paper" };
            config["model_type"] = json!("spikelm");
            config["spiking"] = json!({"steps": shape.steps, "beta": beta, "reset": reset,
                "readout": pooled, "input_bits": 2, "weight_bits": 2});
        }
        BertSpiking::Spikingbert { threshold, leak } => {
            config["model_type"] = json!("spikingbert");
            config["spiking"] = json!({"steps": shape.steps, "threshold": threshold, "leak": leak,
                "readout": pooled, "reset": "soft", "weight_bits": 1});
        }
    }
    config
}
