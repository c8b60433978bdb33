//! What published folders say in their fields and by their files: each convention on a small folder.

mod folders;

use folders::{Folder, assert_refused, changed, read, tiny_network, with_config};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use weights::network::Operation;
use weights::sample;

const UP: &str = "model.layers.0.mlp.up_proj.weight";

#[test]
fn end_tokens_are_a_set_from_both_files() {
    let ends = |case: &str, config: Value, generation: Option<Value>| {
        changed(case, |folder| {
            folder.change_config(|fields| fields["eos_token_id"] = config);
            if let Some(fields) = generation {
                folder.write("generation_config.json", fields.to_string().as_bytes());
            }
        })
        .map(|imported| imported.network.end_tokens)
    };
    let set = |ids: &[u32]| Ok(ids.iter().copied().collect::<BTreeSet<u32>>());
    assert_eq!(ends("ends-one", json!(3), None), set(&[3]));
    assert_eq!(ends("ends-list", json!([3, 1]), None), set(&[1, 3]));
    assert_eq!(ends("ends-null", Value::Null, None), set(&[]));
    assert_eq!(ends("ends-both", json!(3), Some(json!({ "eos_token_id": [2, 3] }))), set(&[2, 3]));
    assert!(ends("ends-text", json!([1, "2"]), None).unwrap_err().contains("eos_token_id"));
    assert!(ends("ends-beyond", json!([1, 8]), None).unwrap_err().contains("0..=7"));
    let beyond = ends("ends-beyond-there", json!(1), Some(json!({ "eos_token_id": 8 })));
    assert!(beyond.unwrap_err().contains("generation_config.json"));
}

#[test]
fn what_is_not_followed_is_noted() {
    let with = |case: &str, generation: &str| {
        changed(case, |folder| folder.write("generation_config.json", generation.as_bytes()))
    };
    let sampling = r#"{ "do_sample": true, "temperature": Infinity, "top_k": 5, "max_length": 9,
        "repetition_penalty": 1.3, "suppress_tokens": [1], "begin_suppress_tokens": [] }"#;
    let notes = with("sampling", sampling).unwrap().notes;
    assert_eq!(notes.len(), 3, "{notes:?}");
    for (note, field) in notes.iter().zip(["do_sample", "repetition_penalty", "suppress_tokens"]) {
        assert!(note.contains(field) && note.contains("likeliest"), "{note}");
    }
    let greedy = r#"{ "do_sample": false, "repetition_penalty": 1.0, "num_beams": 1 }"#;
    assert_eq!(with("greedy", greedy).unwrap().notes, [""; 0]);
    assert_refused(with("generation-unknown", r#"{ "logit_bias": 2 }"#), "logit_bias");
    let older = with_config("sampling-in-config", |config| config["do_sample"] = json!(true));
    assert!(older.unwrap().notes[0].contains("config.json: `do_sample`"));
}

#[test]
fn python_numbers_marks_and_repeated_keys_are_read() {
    let text = |case: &str, change: &dyn Fn(String) -> String| {
        changed(case, |folder| {
            let config = String::from_utf8(folder.read("config.json")).unwrap();
            folder.write("config.json", change(config).as_bytes());
        })
    };
    let with =
        |field: &'static str| move |config: String| config.replacen('{', &format!("{{{field},"), 1);
    let unread =
        with(r#""initializer_range": NaN, "task_specific_params": [-Infinity, "NaN \" Infinity"]"#);
    assert_eq!(text("nan-unread", &unread).unwrap().notes, [""; 0]);
    let epsilon =
        |config: String| config.replacen("\"rms_norm_eps\": ", "\"rms_norm_eps\": NaN, \"x\": ", 1);
    assert_refused(text("nan-read", &epsilon), "`rms_norm_eps` is NaN");
    assert!(text("mark", &|config| format!("\u{feff}{config}")).is_ok());
    let twice = text("twice", &with(r#""rms_norm_eps": 0.25, "quantization_config": 3"#)).unwrap();
    assert_eq!(twice.network.operations, tiny_network().operations);
    assert_eq!(twice.notes.len(), 2);
    assert!(twice.notes.iter().any(|note| note.contains("`rms_norm_eps` twice")));
}

#[test]
fn unknown_fields_are_refused_by_name() {
    let with = |field: &str, value: Value| {
        with_config(&format!("field-{field}"), |config| config[field] = value)
    };
    for (field, value) in [
        ("attn_logit_softcapping", json!(5.0)),
        ("sliding_window", json!(16)),
        ("embedding_multiplier", json!(12.0)),
        ("partial_rotary_factor", json!(0.5)),
        ("layer_types", json!(["full_attention", "sliding_attention"])),
        ("mlp_bias", json!(true)),
        ("hidden_act", json!("mish2")),
    ] {
        assert_refused(with(field, value), &format!("`{field}`"));
    }
    for (field, value) in [
        ("sliding_window", Value::Null),
        ("attention_dropout", json!(0.1)),
        ("use_cache", json!(false)),
        ("layer_types", json!(["full_attention"])),
        ("partial_rotary_factor", json!(1)),
    ] {
        assert!(with(field, value).is_ok(), "{field}");
    }
}

/// Nothing large is read for a model that is not executed: here there is nothing.
#[test]
fn what_is_not_executed_is_said_before_weights_are_read() {
    for (field, value) in [
        ("hidden_act", json!("gelu")),
        ("attention_bias", json!(true)),
        ("rope_scaling", json!({ "type": "yarn", "factor": 2.0 })),
        ("attn_logit_softcapping", json!(5.0)),
        ("model_type", json!("gemma")),
        ("quantization_config", json!({ "quant_method": "gptq" })),
    ] {
        let without = changed(&format!("early-{field}"), |folder| {
            folder.remove("model.safetensors");
            folder.change_config(|config| config[field] = value.clone());
        });
        assert_refused(without, &field.replace("quantization_config", "quant_method"));
    }
}

#[test]
fn rotary_angles_are_read_from_old_and_new_fields() {
    let base = |index: usize, fields: Value| {
        let imported = with_config(&format!("rope-{index}"), |config| {
            config["rope_theta"] = Value::Null;
            for (field, value) in fields.as_object().unwrap() {
                config[field] = value.clone();
            }
        })?;
        let base = |operation: &Operation| match operation {
            Operation::Rotary { base, .. } => Some(*base),
            _ => None,
        };
        Ok::<f32, String>(imported.network.operations.iter().find_map(base).unwrap())
    };
    let cases = [
        (json!({ "rope_theta": 500 }), Some(500.0)),
        (json!({}), Some(500_000.0)),
        (json!({ "rope_theta": 5, "rope_scaling": { "rope_type": "default" } }), Some(5.0)),
        (json!({ "rope_theta": 5, "rope_scaling": { "type": "linear", "factor": 1 } }), Some(5.0)),
        (json!({ "rope_theta": 5, "rope_parameters": { "rope_theta": 7 } }), Some(7.0)),
        (json!({ "rope_theta": 5, "rope_parameters": { "rope_type": "default" } }), Some(5.0)),
        (json!({ "rope_theta": 5, "rope_parameters": { "type": "linear", "factor": 4 } }), None),
        (json!({ "rope_theta": 5, "rope_scaling": { "type": "linear" } }), None),
        (json!({ "rope_theta": 5, "rope_scaling": { "rope_type": "yarn", "factor": 4 } }), None),
        (json!({ "rope_parameters": { "rope_type": "llama3", "rope_theta": 5 } }), None),
        (json!({ "rope_parameters": { "full_attention": { "rope_theta": 5 } } }), None),
        (json!({ "rope_parameters": { "rope_theta": 5, "factor": 8 } }), None),
    ];
    for (index, (fields, expected)) in cases.into_iter().enumerate() {
        match (base(index, fields.clone()), expected) {
            (Ok(base), Some(expected)) => assert_eq!(base, expected, "{fields}"),
            (Err(message), None) => assert!(message.contains("rope_"), "{message}"),
            (result, expected) => panic!("{fields}: {result:?}, not {expected:?}"),
        }
    }
}

#[test]
fn absent_fields_have_the_values_of_transformers() {
    let folder = Folder::with_network("absent", &tiny_network());
    folder.change_config(|config| {
        let fields = config.as_object_mut().unwrap();
        for field in ["hidden_act", "max_position_embeddings", "rms_norm_eps", "rope_theta"] {
            fields.remove(field);
        }
        fields["num_key_value_heads"] = Value::Null;
        fields["num_attention_heads"] = json!(1);
    });
    let network = read(&folder).unwrap_err();
    // One head of four channels needs matrices of other shapes: null heads of keys are as many.
    assert!(network.contains("q_proj.weight` is U8 [2, 8], but must be U8 [1, 8]"), "{network}");
    folder.change_config(|config| {
        config["num_attention_heads"] = json!(2);
        config["num_key_value_heads"] = json!(1);
    });
    let network = read(&folder).unwrap().network;
    assert_eq!(network.context, 2048);
    let text = network.to_json();
    assert!(text.contains("squared_relu") && text.contains("500000"), "{text}");
    folder.change_config(|config| {
        drop(config.as_object_mut().unwrap().remove("num_key_value_heads"))
    });
    assert_refused(read(&folder), "num_key_value_heads");
}

#[test]
fn folders_that_hold_something_else_say_what() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 22040\n";
    let lfs = changed("lfs", |folder| folder.write("model.safetensors", pointer));
    assert_refused(lfs, "git lfs pull");
    for file in ["pytorch_model.bin", "ggml-model-i2_s.gguf", "consolidated.safetensors"] {
        let other = changed(&format!("only-{file}"), |folder| {
            folder.remove("model.safetensors");
            folder.write(file, b"something else");
        });
        assert_refused(other, &format!("`{file}`"));
    }
    let folder = Folder::new("gguf-alone");
    folder.write("model.gguf", b"GGUF");
    assert_refused(read(&folder), "`model.gguf`");
}

#[test]
fn two_models_in_one_folder_are_refused() {
    let beside = |case: &str, shard: &str, there: bool| {
        changed(case, |folder| {
            let index = json!({ "weight_map": { UP: shard } }).to_string();
            folder.write("model.safetensors.index.json", index.as_bytes());
            if there && shard != "model.safetensors" {
                folder.write(shard, &folder.read("model.safetensors"));
            }
        })
    };
    let both = beside("both", "model-1-of-1.safetensors", true);
    assert_refused(both, "`model.safetensors`, and `model-1-of-1.safetensors`");
    let stale = beside("stale", "model-1-of-1.safetensors", false).unwrap();
    assert!(stale.notes[0].contains("`model.safetensors` is read"), "{:?}", stale.notes);
    assert_eq!(beside("single", "model.safetensors", true).unwrap().notes, [""; 0]);
    let stray = changed("stray", |folder| {
        folder.write("adapter.safetensors", &folder.read("model.safetensors"));
    });
    assert!(stray.unwrap().notes[0].contains("`adapter.safetensors` is not read"));
}

#[test]
fn the_sample_network_survives_with_several_end_tokens() {
    let shape =
        weights::network::BitnetShape { end_tokens: BTreeSet::from([2, 5]), ..sample::shape() };
    let network = sample::network_of(1, &shape);
    let folder = Folder::with_network("several-ends", &network);
    assert_eq!(read(&folder).unwrap().network.end_tokens, network.end_tokens);
}
