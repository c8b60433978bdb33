//! GGUF: files of every ternary type against their safetensors twins, and malformed files, each
//! refused by a message that names the place.

mod file;
mod malformed;

use file::{File, Kind, model};
use std::path::{Path, PathBuf};
use weights::import::{export_llama, import, import_gguf, import_llama, tokenizer};
use weights::llama::{Linear, Llama, LlamaMatrix};

/// A place for the files of a case.
fn place(case: &str) -> PathBuf {
    let name = format!("gguf-{case}-{}", std::process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn files_of_every_ternary_type_equal_their_safetensors_twin() {
    let folder = place("twins");
    for (name, kind) in [("tq1", Kind::TQ1), ("tq2", Kind::TQ2), ("i2s", Kind::I2S)] {
        // I2_S has one scale a matrix, the others one a block.
        let model = model(kind == Kind::I2S);
        let path = folder.join(format!("{name}.gguf"));
        std::fs::write(&path, File::of(&model, kind).bytes()).unwrap();
        let read = import_gguf(&path).unwrap();
        assert_eq!(read.llama, Llama { name: name.to_owned(), ..model.clone() });
        assert!(read.notes.is_empty(), "{:?}", read.notes);
        let twin = folder.join(name);
        std::fs::create_dir_all(&twin).unwrap();
        export_llama(&model, &serde_json::Value::Null, &twin).unwrap();
        assert_eq!(import_llama(&twin).unwrap(), read.llama);
        assert_eq!(import(&twin).unwrap(), import(&path).unwrap());
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn float_types_are_material() {
    let folder = place("floats");
    let model = model(true);
    for kind in [Kind::F32, Kind::F16, Kind::BF16, Kind::Q8] {
        let path = folder.join(format!("{kind:?}.gguf"));
        std::fs::write(&path, File::of(&model, kind).bytes()).unwrap();
        let read = import_gguf(&path).unwrap().llama;
        for (block, expected) in read.blocks.iter().zip(&model.blocks) {
            for linear in Linear::ALL {
                let matrix = block.matrix(linear);
                assert!(matches!(matrix, LlamaMatrix::Float(_)), "{kind:?}");
                // Trits times a power of two are exact in every type.
                assert_eq!(matrix.values(), expected.matrix(linear).values(), "{kind:?}");
            }
        }
        // Floats of three values a row are ternary all the same.
        let network = import(&path).unwrap();
        assert_eq!(network.ternary_weight_count(), model.shape.weight_count(), "{kind:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_scaling_of_angles_by_one_changes_nothing() {
    let folder = place("scaling");
    let path = folder.join("model.gguf");
    let model = model(false);
    let scaling = |kind: Option<&str>, factor: Option<f32>| {
        let mut file = File::of(&model, Kind::TQ2);
        let key = |part: &str| format!("llama.rope.scaling.{part}");
        if let Some(kind) = kind {
            file.set(&key("type"), file::Value(8, file::text(kind)));
        }
        if let Some(factor) = factor {
            file.set(&key("factor"), file::Value(6, factor.to_le_bytes().to_vec()));
        }
        std::fs::write(&path, file.bytes()).unwrap();
        import_gguf(&path)
    };
    // The first is what llama.cpp's converter of BitNet writes.
    for (kind, factor) in [(Some("linear"), Some(1.0)), (None, Some(1.0)), (Some("none"), None)] {
        let read = scaling(kind, factor).unwrap();
        assert_eq!(read.llama, model, "{kind:?} {factor:?}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn published_files_hold_the_published_weights() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let folder = Path::new(&shared).join("models/gguf-ternary");
    let expected: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let of = |name: &str| import_gguf(&folder.join(name)).unwrap();
    let (one, two) = (of("ternary-tq1_0.gguf"), of("ternary-tq2_0.gguf"));
    assert_eq!(
        Llama { name: String::new(), ..one.llama.clone() },
        Llama { name: String::new(), ..two.llama }
    );
    assert!(one.tokenizer.is_some());
    let parts = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
    for (index, block) in one.llama.blocks.iter().enumerate() {
        for (linear, part) in Linear::ALL.into_iter().zip(parts) {
            let LlamaMatrix::Digits(terms) = block.matrix(linear) else {
                panic!("{part} of block {index} is ternary");
            };
            let counts =
                [-1, 0, 1].map(|trit| terms[0].values.iter().filter(|&&v| v == trit).count());
            let entry = &expected["tensors"][format!("blk.{index}.{part}.weight")];
            let published: Vec<usize> = serde_json::from_value(entry["counts"].clone()).unwrap();
            assert_eq!(counts.to_vec(), published, "{part}");
            // The first row of a head stays the first, whatever the order of pairs.
            let (scale, trits) = (entry["first_row"][0].as_f64().unwrap(), &entry["first_row"][1]);
            assert_eq!(f64::from(terms[0].row_scales[0]), scale);
            let shown: String =
                terms[0].row(0).iter().map(|&v| ['-', '0', '+'][(v + 1) as usize]).collect();
            assert_eq!(Some(shown.as_str()), trits.as_str());
        }
    }
    let executor =
        weights::calibration::LlamaExecutor::new(&one.llama, weights::calibration::Options::FLOAT);
    let ids: Vec<u32> = serde_json::from_value(expected["ids"].clone()).unwrap();
    let logits = executor.logits(&ids).unwrap();
    let last: Vec<f64> =
        serde_json::from_value(expected["logits_of_the_last_position"].clone()).unwrap();
    for (found, expected) in logits.row(ids.len() - 1).iter().zip(&last) {
        assert!((found - expected).abs() < 1e-3, "{found}, published {expected}");
    }
}

#[test]
fn the_tokenizer_of_a_file_stands_in_for_that_of_a_folder() {
    let folder = place("tokenizer");
    let path = folder.join("words.gguf");
    let post_processor = |file: &File| {
        std::fs::write(&path, file.bytes()).unwrap();
        let json = tokenizer(&path, 6).unwrap().json;
        serde_json::from_str::<serde_json::Value>(&json).unwrap()["post_processor"].clone()
    };
    // What is not said is as llama.cpp has it: this kind begins its texts, and does not end them.
    let mut file = File::of(&model(true), Kind::TQ2);
    let frame = post_processor(&file);
    assert_eq!(frame["single"][0]["SpecialToken"]["id"], "<s>");
    assert_eq!(frame["single"].as_array().map(Vec::len), Some(2));
    assert_eq!(frame["special_tokens"]["<s>"]["ids"], serde_json::json!([1]));
    let flag = |value: bool| file::Value(7, vec![u8::from(value)]);
    file.set("tokenizer.ggml.add_bos_token", flag(false));
    assert!(post_processor(&file).is_null());
    file.set("tokenizer.ggml.add_eos_token", flag(true));
    assert_eq!(post_processor(&file)["single"][1]["SpecialToken"]["id"], "</s>");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn tokens_of_a_user_are_matched_whole_and_are_text() {
    let folder = place("user-defined");
    let path = folder.join("words.gguf");
    let mut file = File::of(&model(true), Kind::TQ2);
    let kinds = [2, 3, 3, 1, 4, 5].map(i32::to_le_bytes);
    file.set("tokenizer.ggml.token_type", file::array(5, 6, kinds.concat()));
    std::fs::write(&path, file.bytes()).unwrap();
    let json = tokenizer(&path, 6).unwrap().json;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let added = json["added_tokens"].as_array().unwrap().iter();
    let added: Vec<_> =
        added.map(|token| (token["id"].clone(), token["special"].clone())).collect();
    let expected = [(0, true), (1, true), (2, true), (4, false)];
    assert_eq!(added, expected.map(|(id, special)| (id.into(), special.into())));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn rows_of_zeros_leave_a_matrix_its_one_scale() {
    let folder = place("zeros");
    let path = folder.join("model.gguf");
    let mut zeros = model(true);
    for matrix in &mut zeros.blocks[0].matrices {
        let LlamaMatrix::Digits(terms) = matrix else { unreachable!("a model of trits") };
        terms[0].values[3 * 256..5 * 256].fill(0);
        // What a converter makes of a row without a largest value.
        terms[0].row_scales[3] = 0.0;
        terms[0].row_scales[4] = 1.0;
    }
    for kind in [Kind::TQ1, Kind::TQ2, Kind::F32] {
        std::fs::write(&path, File::of(&zeros, kind).bytes()).unwrap();
        let network = import(&path).unwrap();
        assert_eq!(network.ternary_weight_count(), zeros.shape.weight_count(), "{kind:?}");
    }
    // A matrix of nothing else has the scale 1.
    let LlamaMatrix::Digits(terms) = &mut zeros.blocks[0].matrices[0] else { unreachable!() };
    terms[0].values.fill(0);
    terms[0].row_scales.fill(0.0);
    std::fs::write(&path, File::of(&zeros, Kind::TQ2).bytes()).unwrap();
    let read = import_gguf(&path).unwrap().llama;
    let LlamaMatrix::Digits(terms) = read.blocks[0].matrix(Linear::Query) else { unreachable!() };
    assert_eq!(terms[0].row_scales, vec![1.0; 256]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_array_that_nothing_reads_takes_no_memory() {
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
        line.split_whitespace().nth(1)?.parse::<usize>().ok()
    };
    let folder = place("arrays");
    let path = folder.join("model.gguf");
    let count = 32 << 20;
    let mut file = File::of(&model(true), Kind::TQ2);
    file.set("general.x", file::array(0, count, vec![0; count as usize]));
    std::fs::write(&path, file.bytes()).unwrap();
    drop(file);
    let before = peak();
    import_gguf(&path).unwrap();
    if let (Some(before), Some(after)) = (before, peak()) {
        // As numbers they would be 256 MB.
        assert!(after - before < 100 << 10, "{before} to {after} kB");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
