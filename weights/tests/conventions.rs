//! How published folders store weights: each convention on a small folder.

mod folders;

use folders::{Folder, assert_refused, changed, read, tiny_network, with_config};
use pretty_assertions::assert_eq;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};
use weights::import::archive::{Archive, ArchiveTensor};
use weights::import::export;
use weights::network::{Network, Operation, TernaryMatrix};

const UP: &str = "model.layers.0.mlp.up_proj.weight";
const HEAD: &str = "lm_head.weight";
const EMBEDDING: &str = "model.embed_tokens.weight";

fn up(network: &Network) -> &TernaryMatrix {
    network.ternary_matrices().find(|matrix| matrix.name == "blocks.0.ffn.up").unwrap()
}

/// Replaces a matrix by floats without a scale.
fn latent(folder: &Folder, dtype: Dtype, values: &[f32]) {
    folder.change_tensors(|tensors| {
        let bytes = match dtype {
            Dtype::BF16 => values.iter().flat_map(|x| x.to_le_bytes()[2..].to_vec()).collect(),
            Dtype::I8 => values.iter().map(|&x| x as i8 as u8).collect(),
            _ => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        };
        tensors.insert(UP.to_owned(), ArchiveTensor { dtype, shape: vec![12, 8], bytes });
        tensors.remove(&format!("{UP}_scale"));
    });
}

/// Makes every matrix floats with the values that the network has.
fn as_floats(folder: &Folder, network: &Network) {
    let named = |matrix: &TernaryMatrix| {
        let part = matrix.name.strip_prefix("blocks.0.").unwrap();
        let part = part.replace("attention.output", "attention.o");
        let module = part.replace("attention.", "self_attn.").replace("ffn.", "mlp.");
        format!("model.layers.0.{module}_proj.weight")
    };
    folder.change_tensors(|tensors| {
        for matrix in network.ternary_matrices() {
            let values: Vec<f32> =
                matrix.trits.iter().map(|&t| f32::from(t) * matrix.scale).collect();
            let tensor = ArchiveTensor::f32(vec![matrix.rows, matrix.columns], &values);
            tensors.insert(named(matrix), tensor);
            tensors.remove(&format!("{}_scale", named(matrix)));
        }
    });
}

fn online(folder: &Folder) {
    folder.change_config(|config| {
        config["quantization_config"]["quantization_mode"] = "online".into()
    });
}

#[test]
fn without_a_linear_class_the_scale_divides() {
    let imported = with_config("no-class", |config| {
        config["quantization_config"].as_object_mut().unwrap().remove("linear_class");
    });
    let (ours, theirs) = (tiny_network(), imported.unwrap().network);
    assert_eq!(up(&theirs).scale, 1.0 / up(&ours).scale);
}

#[test]
fn online_weights_are_rounded_to_their_mean_magnitude() {
    let ours = tiny_network();
    // 96 weights: 64 of 0.25, 16 of 1, 16 of 0: the mean magnitude is 1/3.
    let values: Vec<f32> = (0..96).map(|i| [0.25, -0.25, 1.0, 0.25, 0.25, 0.0][i % 6]).collect();
    for (case, dtype) in [("online-f32", Dtype::F32), ("online-bf16", Dtype::BF16)] {
        let folder = Folder::with_network(case, &ours);
        online(&folder);
        as_floats(&folder, &ours);
        latent(&folder, dtype, &values);
        let imported = read(&folder).unwrap().network;
        let matrix = up(&imported);
        assert_eq!(matrix.trits[..6], [1, -1, 1, 1, 1, 0], "{case}");
        assert!((matrix.scale - 1.0 / 3.0).abs() < 1e-7, "{case}: {}", matrix.scale);
        // Weights that are ternary already get another scale too: zeros count in the mean.
        let gate = |network: &Network| {
            let mut matrices = network.ternary_matrices();
            matrices.find(|matrix| matrix.name == "blocks.0.ffn.gate").unwrap().clone()
        };
        let (before, after) = (gate(&ours), gate(&imported));
        let density = before.trits.iter().filter(|&&trit| trit != 0).count() as f32 / 96.0;
        assert_eq!(before.trits, after.trits);
        assert!((after.scale / (before.scale * density) - 1.0).abs() < 1e-6);
    }
    let folder = Folder::with_network("online-packed", &ours);
    online(&folder);
    assert_refused(read(&folder), "quantization_mode \"online\"");
}

#[test]
fn half_of_the_mean_magnitude_rounds_to_even() {
    // The mean magnitude is 0.5: 0.25 is half of it and becomes 0, 0.75 is one and a half.
    let values: Vec<f32> = (0..96).map(|i| [0.25, -0.25, 0.75, -0.75][i % 4]).collect();
    let ours = tiny_network();
    let folder = Folder::with_network("online-ties", &ours);
    online(&folder);
    as_floats(&folder, &ours);
    latent(&folder, Dtype::F32, &values);
    assert_eq!(up(&read(&folder).unwrap().network).trits[..4], [0, 0, 1, -1]);
}

#[test]
fn what_the_quantisation_section_says_is_followed_or_refused() {
    let section = |case: &str, field: &str, value: Value| {
        with_config(case, |config| config["quantization_config"][field] = value)
    };
    for (index, (field, value, naming)) in [
        ("quantization_mode", json!("dynamic"), "quantization_config.quantization_mode"),
        ("quant_method", json!("bitsandbytes"), "quantization_config.quant_method"),
        ("quant_method", Value::Null, "quantization_config.quant_method"),
        ("linear_class", json!("bitlinear2"), "quantization_config.linear_class"),
        ("use_rms_norm", json!(true), "quantization_config.use_rms_norm"),
        ("modules_to_not_convert", json!(["lm_head", "q_proj"]), "modules_to_not_convert"),
        ("modules_to_not_convert", json!([]), "modules_to_not_convert"),
        ("modules_to_not_convert", json!("lm_head"), "modules_to_not_convert"),
        ("group_size", json!(64), "quantization_config.group_size"),
    ]
    .into_iter()
    .enumerate()
    {
        assert_refused(section(&format!("section-{index}"), field, value), naming);
    }
    assert!(section("section-head", "modules_to_not_convert", json!(["lm_head"])).is_ok());
    assert!(section("section-eps", "rms_norm_eps", json!(1e-6)).is_ok());
    let packed = with_config("no-section", |config| config["quantization_config"] = Value::Null);
    assert_refused(packed, "quantization_config");
}

#[test]
fn unpacked_trits_take_their_scale() {
    let trits: Vec<f32> = (0..96).map(|i| [0.0, 1.0, -1.0][i % 3]).collect();
    for (case, dtype) in [("unpacked-f32", Dtype::F32), ("unpacked-i8", Dtype::I8)] {
        let imported = changed(case, |folder| {
            latent(folder, dtype, &trits);
            folder.change_tensors(|tensors| {
                let scale = ArchiveTensor::f32(vec![], &[0.375]);
                tensors.insert(format!("{UP}_scale"), scale);
            });
        });
        let network = imported.unwrap().network;
        assert_eq!((up(&network).scale, &up(&network).trits[..3]), (0.375, &[0, 1, -1][..]));
    }
    let rows = changed("scale-rows", |folder| {
        folder.change_tensors(|tensors| {
            tensors.insert(format!("{UP}_scale"), ArchiveTensor::f32(vec![12], &[1.0; 12]));
        });
    });
    assert_refused(rows, "up_proj.weight_scale` is F32 [12]");
}

#[test]
fn a_stored_head_counts_before_a_tied_one() {
    let ours = tiny_network();
    let embedding = &ours.tables["embedding"].values;
    let head = |values: &[f32]| ArchiveTensor::f32(vec![8, 8], values);
    let insert = |values: Vec<f32>| {
        move |folder: &Folder| {
            folder.change_tensors(|tensors| drop(tensors.insert(HEAD.to_owned(), head(&values))));
        }
    };
    let same = changed("head-same", insert(embedding.clone())).unwrap();
    assert_eq!((same.network.operations, same.notes.len()), (ours.operations.clone(), 0));
    let other = changed("head-other", insert(vec![0.5; 64])).unwrap();
    assert_eq!(other.network.tables["head"].values, vec![0.5; 64]);
    assert!(other.notes[0].contains("tie_word_embeddings"), "{:?}", other.notes);
    // Stored once, under the name of the head.
    let renamed = |folder: &Folder| {
        folder.change_tensors(|tensors: &mut Archive| {
            let table = tensors.remove(EMBEDDING).unwrap();
            tensors.insert(HEAD.to_owned(), table);
        });
    };
    assert_eq!(changed("head-once", renamed).unwrap().network.tables, ours.tables);
    let untied = changed("head-once-untied", |folder| {
        renamed(folder);
        folder.change_config(|config| config["tie_word_embeddings"] = json!(false));
    });
    assert_refused(untied, "embed_tokens.weight");
    let absent = with_config("head-absent", |config| config["tie_word_embeddings"] = Value::Null);
    assert_refused(absent, HEAD);
}

/// The tensors of a folder under other names; no name, no tensor.
fn rename(folder: &Folder, new: impl Fn(&str) -> Option<String>) {
    folder.change_tensors(|tensors| {
        let old = std::mem::take(tensors);
        let named = old.into_iter().filter_map(|(name, tensor)| Some((new(&name)?, tensor)));
        tensors.extend(named);
    });
}

#[test]
fn tensors_are_found_under_the_names_of_their_time() {
    let ours = tiny_network();
    let bare = changed("bare", |folder| {
        rename(folder, |name| Some(name.trim_start_matches("model.").to_owned()));
    });
    assert_eq!(bare.unwrap().network.operations, ours.operations);
    let angles = |base: f32| {
        move |folder: &Folder| {
            folder.change_tensors(|tensors| {
                let tensor = ArchiveTensor::f32(vec![2], &[1.0, base.powf(-0.5)]);
                tensors.insert("model.layers.0.self_attn.rotary_emb.inv_freq".to_owned(), tensor);
            });
        }
    };
    assert_eq!(changed("angles", angles(10000.0)).unwrap().network.operations, ours.operations);
    assert_refused(changed("other-angles", angles(500.0)), "inv_freq");
}

#[test]
fn llama_with_ternary_matrices_has_no_sub_norms() {
    let llama = |folder: &Folder| {
        rename(folder, |name| (!name.contains("sub_norm")).then(|| name.to_owned()));
        folder.change_config(|config| config["model_type"] = json!("llama"));
    };
    let network = changed("llama", llama).unwrap().network;
    let norms = |operation: &&Operation| matches!(operation, Operation::RmsNorm { .. });
    assert_eq!(network.operations.iter().filter(norms).count(), 3);
    assert_eq!(network.operations.len() + 2, tiny_network().operations.len());
    assert!(export(&network, Folder::new("llama-out").path()).is_err());
    let dense = changed("llama-dense", |folder| {
        llama(folder);
        folder.change_config(|config| config["quantization_config"] = Value::Null);
    });
    assert!(dense.is_err());
}

#[test]
fn one_bit_llm_names_its_norms_otherwise() {
    let ours = tiny_network();
    let folder = Folder::with_network("one-bit", &ours);
    as_floats(&folder, &ours);
    rename(&folder, |name| {
        Some(
            name.replace("attn_sub_norm", "inner_attn_ln").replace("ffn_sub_norm", "ffn_layernorm"),
        )
    });
    folder.change_config(|config| {
        config["model_type"] = json!("llama");
        config["quantization_config"] = Value::Null;
        config["weight_bits"] = json!(1);
        config["input_bits"] = json!(8);
    });
    let network = read(&folder).unwrap().network;
    assert_eq!(network.operations.len(), ours.operations.len());
    assert_eq!(up(&network).trits, up(&ours).trits);
    folder.change_config(|config| config["input_bits"] = json!(4));
    assert_refused(read(&folder), "input_bits");
}
