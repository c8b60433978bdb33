//! Importing decoders: seeded ones in the layouts of their authors and of transformers, and what is
//! refused.

#[path = "../folders/mod.rs"]
mod folders;
mod layouts;

use folders::Folder;
use layouts::{Layout, authors, gpt2, tensors, transformers};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use weights::import::archive::{self, Archive, ArchiveTensor};
use weights::import::{Limits, import, import_within};
use weights::network::{
    Function, GptInside, GptShape, LifPlacement, Network, Operation, RwkvShape,
};
use weights::neuron::Reset;
use weights::sample;

fn folder(case: &str, config: &Value, archive: &Archive) -> Folder {
    let folder = Folder::new(case);
    folder.write("config.json", config.to_string().as_bytes());
    folder.write("model.safetensors", &archive::to_bytes(archive).unwrap());
    folder
}

/// What a folder holds, under the name that the seeded network has.
fn imported(folder: &Folder, name: &str) -> Network {
    let mut network = import(folder.path()).unwrap();
    network.name = name.to_owned();
    network
}

fn spikegpt_config(shape: &RwkvShape) -> Value {
    let spiking = shape.spiking.as_ref().unwrap();
    let placement = match spiking.placement {
        LifPlacement::BehindParts => "linear_lif",
        LifPlacement::BeforeMatrices => "lif_linear",
    };
    json!({
        "model_type": "spikegpt",
        "architectures": ["SpikeGPT"],
        "n_layer": shape.blocks,
        "n_embd": shape.width,
        "vocab_size": shape.vocabulary,
        "ctx_len": 64,
        "layer_norm_epsilon": shape.epsilon,
        "weights": "ternary",
        "binary_embedding": false,
        "tie_word_embeddings": shape.tied,
        "lif": {
            "placement": placement,
            "tau": spiking.neuron.time_constant().unwrap(),
            "v_threshold": spiking.neuron.threshold[0],
            "v_reset": 0.0,
            "decay_input": true,
        },
    })
}

fn gpt_config(shape: &GptShape) -> Value {
    let mut config = json!({
        "model_type": "gpt2",
        "n_layer": shape.blocks,
        "n_embd": shape.width,
        "n_inner": shape.hidden,
        "n_head": shape.heads,
        "n_positions": shape.context,
        "n_ctx": shape.context,
        "vocab_size": shape.vocabulary,
        "layer_norm_epsilon": shape.epsilon,
        "tie_word_embeddings": shape.tied,
        "attn_pdrop": 0.1,
        "summary_type": "cls_index",
    });
    match &shape.inside {
        GptInside::Plain(function) => {
            let name = if *function == Function::Gelu { "gelu" } else { "gelu_new" };
            config["activation_function"] = json!(name);
        }
        GptInside::Spiking(spiking) => {
            config["model_type"] = json!("neurtransformer");
            config["weights"] = json!("ternary");
            let reset = if spiking.feed_forward.reset == Reset::Soft { "soft" } else { "hard" };
            config["spiking"] = json!({
                "steps": spiking.steps,
                "attention": "spiking",
                "attention_lif": {
                    "tau": spiking.attention.time_constant().unwrap(),
                    "v_threshold": spiking.attention.threshold[0],
                    "v_reset": 0,
                },
                "attention_scale_shift": spiking.scale_shift,
                "feed_forward": "integrate_and_fire",
                "feed_forward_threshold": spiking.feed_forward.threshold[0],
                "feed_forward_reset": reset,
            });
        }
    }
    config
}

fn spikegpt(seed: u64) -> (RwkvShape, Network) {
    let mut shape = sample::spikegpt_shape(seed);
    shape.hidden = 4 * shape.width;
    let network = sample::spikegpt(seed, &shape);
    (shape, network)
}

#[test]
fn seeded_spikegpts_survive_a_folder() {
    for seed in 0..16 {
        let (shape, network) = spikegpt(seed);
        let (archive, stored) = tensors(&network, authors);
        let folder = folder(&format!("spikegpt-{seed}"), &spikegpt_config(&shape), &archive);
        assert_eq!(imported(&folder, &network.name), stored, "seed {seed}");
    }
}

#[test]
fn seeded_rwkvs_survive_a_folder_in_both_layouts() {
    for seed in 0..8 {
        let shape = sample::rwkv_shape(seed);
        let shape = RwkvShape { attention_width: shape.width + 2, ..shape };
        let network = sample::spikegpt(seed, &shape);
        let config = json!({
            "model_type": "rwkv",
            "vocab_size": shape.vocabulary,
            "hidden_size": shape.width,
            "attention_hidden_size": shape.attention_width,
            "intermediate_size": shape.hidden,
            "num_hidden_layers": shape.blocks,
            "tie_word_embeddings": shape.tied,
            "rescale_every": 6,
            "context_length": 1024,
            "bos_token_id": 0,
            "eos_token_id": null,
        });
        for (name, layout) in [("authors", authors as Layout), ("transformers", transformers)] {
            let (archive, stored) = tensors(&network, layout);
            let folder = folder(&format!("rwkv-{name}-{seed}"), &config, &archive);
            assert_eq!(imported(&folder, &network.name), stored, "seed {seed}, {name}");
        }
    }
}

#[test]
fn seeded_gpts_survive_a_folder() {
    for seed in 0..16 {
        for shape in [sample::gpt_shape(seed), sample::neurtransformer_shape(seed)] {
            let network = sample::neurtransformer(seed, &shape);
            let (archive, stored) = tensors(&network, gpt2);
            let kind =
                if matches!(shape.inside, GptInside::Plain(_)) { "plain" } else { "spiking" };
            let folder = folder(&format!("gpt-{kind}-{seed}"), &gpt_config(&shape), &archive);
            assert_eq!(imported(&folder, &network.name), stored, "seed {seed}, {kind}");
        }
    }
}

#[test]
fn a_binary_embedding_is_its_sign() {
    let (shape, network) = spikegpt(2);
    let (mut archive, _) = tensors(&network, authors);
    let mut values = network.tables["embedding"].values.clone();
    values[..3].copy_from_slice(&[0.0, -0.0, -1e-9]);
    let rows = vec![shape.vocabulary, shape.width];
    archive.insert("emb.weight".to_owned(), ArchiveTensor::f32(rows, &values));
    let mut config = spikegpt_config(&shape);
    config["binary_embedding"] = json!(true);
    let folder = folder("binary", &config, &archive);
    let found = import(folder.path()).unwrap().tables["embedding"].values.clone();
    assert_eq!(found[..3], [1.0, 1.0, 0.0]);
    assert!(found.iter().zip(&values).all(|(bit, x)| *bit == f32::from(*x >= 0.0)));
}

#[test]
fn undecayed_currents_enter_whole() {
    let (shape, network) = spikegpt(2);
    let (archive, _) = tensors(&network, authors);
    let mut config = spikegpt_config(&shape);
    config["lif"]["decay_input"] = json!(false);
    let folder = folder("undecayed", &config, &archive);
    let network = import(folder.path()).unwrap();
    let neurons = network.operations.iter().filter_map(|operation| match operation {
        Operation::Neuron { neuron, .. } => Some(neuron),
        _ => None,
    });
    for neuron in neurons {
        assert_eq!((neuron.gain, neuron.time_constant()), (1.0, None));
    }
}

#[test]
fn a_stored_head_beside_a_tied_one_counts() {
    let shape = GptShape { tied: true, ..sample::gpt_shape(4) };
    let (mut archive, _) = tensors(&sample::neurtransformer(4, &shape), gpt2);
    let head = archive["transformer.wte.weight"].clone();
    archive.insert("lm_head.weight".to_owned(), head);
    let same = folder("same-head", &gpt_config(&shape), &archive);
    let found = import_within(same.path(), &Limits::default()).unwrap();
    assert!(!found.network.tables.contains_key("head") && found.notes.is_empty());
    archive.get_mut("lm_head.weight").unwrap().bytes[0] ^= 1;
    let other = folder("other-head", &gpt_config(&shape), &archive);
    let found = import_within(other.path(), &Limits::default()).unwrap();
    assert!(found.network.tables.contains_key("head"));
    assert!(found.notes[0].contains("that head is taken"));
}

#[test]
fn what_is_not_executed_is_refused_by_name() {
    let (shape, network) = spikegpt(2);
    let (archive, _) = tensors(&network, authors);
    let message = |change: &dyn Fn(&mut Value, &mut Archive)| {
        let (mut config, mut archive) = (spikegpt_config(&shape), archive.clone());
        change(&mut config, &mut archive);
        let error = import(folder("refused", &config, &archive).path()).unwrap_err();
        error.to_string()
    };
    let lif =
        |field: &str, value: Value| message(&|config, _| config["lif"][field] = value.clone());
    assert!(lif("v_reset", json!(0.5)).starts_with("field `lif.v_reset` is 0.5"));
    assert!(lif("v_reset", json!(null)).starts_with("field `lif.v_reset` is null"));
    assert!(lif("placement", json!("both")).contains("\"linear_lif\" or \"lif_linear\""));
    assert!(lif("tau", json!(0.5)).contains("a number from 1"));
    assert!(lif("v_threshold", json!(0)).contains("above 0"));
    assert!(lif("surrogate", json!("atan")).contains("`lif.surrogate` is \"atan\", which is not"));
    assert!(message(&|config, _| config["pre_ffn"] = json!(1)).contains("`pre_ffn` is 1"));
    assert!(message(&|config, _| config["weights"] = json!("float")).contains("`weights`"));
    let missing = message(&|config, _| {
        config.as_object_mut().unwrap().remove("binary_embedding");
    });
    assert!(missing.contains("`binary_embedding`") && missing.contains("true or false"));
    let dense = message(&|_, archive| {
        archive.get_mut("blocks.0.ffn.value.weight").unwrap().bytes[1] ^= 64;
    });
    assert!(dense.contains("tensor `blocks.0.ffn.value.weight`"), "{dense}");
    assert!(dense.contains("`spikewright quantise`"), "{dense}");
    let extra = message(&|_, archive| {
        archive.insert("copy.weight".to_owned(), ArchiveTensor::f32(vec![1], &[1.0]));
    });
    assert!(extra.contains("tensor `copy.weight` is not part"));
    let decay = message(&|_, archive| {
        let tensor = archive.get_mut("blocks.0.att.time_decay").unwrap();
        tensor.bytes[..4].copy_from_slice(&1000f32.to_le_bytes());
    });
    assert!(decay.contains("`blocks.0.att.time_decay`: element 0 is inf"), "{decay}");
}

#[test]
fn a_dense_gpt_names_row_and_column_of_the_file() {
    let shape = sample::neurtransformer_shape(4);
    let (mut archive, _) = tensors(&sample::neurtransformer(4, &shape), gpt2);
    let tensor = archive.get_mut("transformer.h.0.attn.c_attn.weight").unwrap();
    // row 1, the second column of the values
    let column = 2 * shape.width + 1;
    let at = 4 * (3 * shape.width + column);
    tensor.bytes[at..at + 4].copy_from_slice(&7f32.to_le_bytes());
    let error = import(folder("dense", &gpt_config(&shape), &archive).path()).unwrap_err();
    let place = format!("row 1, column {column} is 7.0");
    assert!(error.to_string().contains(&place), "{error}");
    for (field, value) in [("n_head", json!(shape.width + 1)), ("scale_attn_weights", json!(false))]
    {
        let mut config = gpt_config(&shape);
        config[field] = value;
        let error = import(folder("gpt-field", &config, &archive).path()).unwrap_err();
        assert!(error.to_string().contains(&format!("`{field}`")), "{error}");
    }
}
