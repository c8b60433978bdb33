//! Importing what is malformed: one committed message for each case, in
//! `golden/import_errors.txt`. `UPDATE_GOLDEN=1` writes that file anew.

mod folders;

use folders::{Folder, tiny_network};
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use weights::import::{Limits, archive, import, import_within};

const UP: &str = "model.layers.0.mlp.up_proj.weight";
const UP_SCALE: &str = "model.layers.0.mlp.up_proj.weight_scale";
const NORM: &str = "model.norm.weight";

/// What a case does to a valid folder.
type Change = fn(&Folder);

fn field(folder: &Folder, name: &str, value: Value) {
    folder.change_config(|config| config[name] = value);
}

/// Replaces text in the header, which must be there.
fn header(folder: &Folder, from: &str, to: &str) {
    folder.change_raw(|header, _| {
        assert!(header.contains(from), "`{from}` is not in {header}");
        *header = header.replacen(from, to, 1);
    });
}

/// Replaces the value of one key in the header's entry of one tensor.
fn entry(folder: &Folder, tensor: &str, key: &str, value: Value) {
    folder.change_raw(|header, _| {
        let mut entries: Value = serde_json::from_str(header).unwrap();
        entries[tensor][key] = value;
        *header = entries.to_string();
    });
}

fn floats(folder: &Folder, tensor: &str, change: impl FnOnce(&mut Vec<f32>)) {
    folder.change_tensors(|tensors| {
        let tensor = tensors.get_mut(tensor).unwrap();
        let quads = tensor.bytes.chunks_exact(4);
        let mut values = quads.map(|quad| f32::from_le_bytes(quad.try_into().unwrap())).collect();
        change(&mut values);
        tensor.bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    });
}

fn index(folder: &Folder, map: Value) {
    folder.remove("model.safetensors");
    let text = json!({ "weight_map": map }).to_string();
    folder.write("model.safetensors.index.json", text.as_bytes());
}

/// The up matrix as floats without a scale, `change`d.
fn float_matrix(folder: &Folder, change: impl FnOnce(&mut Vec<f32>)) {
    folder.change_tensors(|tensors| {
        let mut values: Vec<f32> = (0..96).map(|i| [0.0, 0.25, -0.25][i % 3]).collect();
        change(&mut values);
        tensors.insert(UP.to_owned(), archive::ArchiveTensor::f32(vec![12, 8], &values));
        tensors.remove(UP_SCALE);
    });
}

const CONFIG_CASES: [(&str, Change); 21] = [
    ("config missing", |f| f.remove("config.json")),
    ("config not JSON", |f| f.write("config.json", b"{\"hidden_size\": 8,")),
    ("config not an object", |f| f.write("config.json", b"[1, 2]")),
    ("config not UTF-8", |f| f.write("config.json", b"{\"a\": \"\xff\"}")),
    ("config with equal keys", |f| {
        f.write("config.json", b"{\"hidden_size\": 8, \"hidden_size\": 16}");
    }),
    ("config nested too deep", |f| f.write("config.json", "[".repeat(100_000).as_bytes())),
    ("architecture unsupported", |f| field(f, "model_type", json!("gpt_neox"))),
    ("architecture missing", |f| field(f, "model_type", Value::Null)),
    ("width a text", |f| field(f, "hidden_size", json!("8"))),
    ("width zero", |f| field(f, "hidden_size", json!(0))),
    ("width huge", |f| field(f, "hidden_size", json!(1u64 << 40))),
    ("blocks missing", |f| field(f, "num_hidden_layers", Value::Null)),
    ("heads zero", |f| field(f, "num_attention_heads", json!(0))),
    ("heads do not divide width", |f| {
        field(f, "head_dim", Value::Null);
        field(f, "num_attention_heads", json!(3));
    }),
    ("key heads do not divide heads", |f| field(f, "num_key_value_heads", json!(3))),
    ("head width odd", |f| field(f, "head_dim", json!(3))),
    ("gate unknown", |f| field(f, "hidden_act", json!("gelu"))),
    ("epsilon negative", |f| field(f, "rms_norm_eps", json!(-1e-6))),
    ("rotary scaled", |f| field(f, "rope_scaling", json!({ "type": "linear", "factor": 2.0 }))),
    ("begin token beyond the vocabulary", |f| field(f, "bos_token_id", json!(8))),
    ("biases", |f| field(f, "attention_bias", json!(true))),
];

const CONTAINER_CASES: [(&str, Change); 23] = [
    ("weights missing", |f| f.remove("model.safetensors")),
    ("weights a folder", |f| {
        f.remove("model.safetensors");
        std::fs::create_dir(f.path().join("model.safetensors")).unwrap();
    }),
    ("file empty", |f| f.write("model.safetensors", b"")),
    ("file truncated in the header", |f| {
        let bytes = f.read("model.safetensors");
        f.write("model.safetensors", &bytes[..100]);
    }),
    ("file truncated in the data", |f| f.change_raw(|_, data| data.truncate(500))),
    ("header too large", |f| f.write("model.safetensors", &[0xff; 64])),
    ("header not JSON", |f| header(f, "{", "[")),
    ("header of another form", |f| header(f, "{", "{\"model\":7,")),
    ("metadata no text", |f| header(f, "{", "{\"__metadata__\":{\"format\":1},")),
    ("equal keys in the header", |f| {
        header(
            f,
            "{",
            &format!("{{\"{UP}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}},"),
        );
    }),
    ("equal keys in an entry", |f| header(f, "\"dtype\"", "\"dtype\":\"U8\",\"dtype\"")),
    ("unknown key in an entry", |f| entry(f, UP, "strides", json!([1]))),
    ("offsets missing", |f| entry(f, UP, "data_offsets", Value::Null)),
    ("tensor name with an escape sequence", |f| header(f, UP, "\\u001b[31m")),
    ("dtype unknown", |f| entry(f, UP, "dtype", json!("U2"))),
    ("shape negative", |f| entry(f, UP, "shape", json!([-3, 8]))),
    ("shape whose product wraps", |f| entry(f, UP, "shape", json!([1u64 << 63, 4]))),
    ("shape that needs other bytes", |f| entry(f, UP, "shape", json!([4, 8]))),
    ("offsets reversed", |f| entry(f, UP, "data_offsets", json!([30, 6]))),
    ("offsets beyond the file", |f| entry(f, UP, "data_offsets", json!([9000, 9024]))),
    ("tensors overlap", |f| entry(f, UP, "data_offsets", json!([0, 24]))),
    ("hole between tensors", |f| {
        f.change_raw(|header, data| {
            let entry = "\"hole\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[B,E]}";
            let (begin, end) = ((data.len() + 3).to_string(), (data.len() + 5).to_string());
            let entry = entry.replace('B', &begin).replace('E', &end);
            *header = header.replacen('{', &format!("{{{entry},"), 1);
            data.extend([0; 5]);
        });
    }),
    ("bytes after the tensors", |f| f.change_raw(|_, data| data.extend(b"PK\x03\x04"))),
];

const TENSOR_CASES: [(&str, Change); 22] = [
    ("tensor missing", |f| f.change_tensors(|tensors| drop(tensors.remove(UP)))),
    ("scale missing", |f| f.change_tensors(|tensors| drop(tensors.remove(UP_SCALE)))),
    ("tensor unknown", |f| {
        f.change_tensors(|tensors| {
            let bias = archive::ArchiveTensor::f32(vec![12], &[0.0; 12]);
            tensors.insert("model.layers.0.mlp.up_proj.bias".to_owned(), bias);
        });
    }),
    ("matrix of another shape", |f| {
        f.change_tensors(|tensors| tensors.get_mut(UP).unwrap().shape = vec![8, 3]);
    }),
    ("matrix of another type", |f| entry(f, UP, "dtype", json!("I8"))),
    ("matrix from another width", |f| field(f, "intermediate_size", json!(16))),
    ("embedding from another vocabulary", |f| field(f, "vocab_size", json!(1 << 24))),
    ("norm as integers", |f| entry(f, NORM, "dtype", json!("I32"))),
    ("code 3", |f| {
        f.change_tensors(|tensors| {
            // byte row 1, column 2 holds the trits of rows 1, 4, 7 and 10
            tensors.get_mut(UP).unwrap().bytes[8 + 2] = 0b01_11_01_01;
        });
    }),
    ("scale NaN", |f| floats(f, UP_SCALE, |values| values[0] = f32::NAN)),
    ("scale infinite", |f| floats(f, UP_SCALE, |values| values[0] = f32::INFINITY)),
    ("scale zero", |f| floats(f, UP_SCALE, |values| values[0] = 0.0)),
    ("scale negative", |f| floats(f, UP_SCALE, |values| values[0] = -0.5)),
    ("scale without inverse", |f| {
        f.change_config(|config| {
            config["quantization_config"]["linear_class"] = "bitlinear".into()
        });
        floats(f, UP_SCALE, |values| values[0] = 1e-42);
    }),
    ("norm NaN", |f| floats(f, NORM, |values| values[5] = f32::NAN)),
    ("embedding infinite", |f| {
        floats(f, "model.embed_tokens.weight", |values| values[9] = f32::NEG_INFINITY);
    }),
    ("float matrix not ternary", |f| float_matrix(f, |values| values[19] = 0.125)),
    ("float matrix NaN", |f| float_matrix(f, |values| values[19] = f32::NAN)),
    ("shard outside the folder", |f| index(f, json!({ UP: "../other/model.safetensors" }))),
    ("shard of another kind", |f| index(f, json!({ UP: "model.bin" }))),
    ("shard missing", |f| index(f, json!({ UP: "model-1-of-1.safetensors" }))),
    ("tensor in two shards", |f| {
        let bytes = f.read("model.safetensors");
        f.write("a.safetensors", &bytes);
        f.write("b.safetensors", &bytes);
        index(f, json!({ UP: "a.safetensors", NORM: "b.safetensors" }));
    }),
];

/// The message that importing a changed folder ends with.
fn message(case: &str, change: Change) -> String {
    let folder = Folder::with_network(&case.replace(' ', "-"), &tiny_network());
    change(&folder);
    import(folder.path()).expect_err(case).to_string()
}

#[test]
fn every_malformed_model_has_its_message() {
    let cases = CONFIG_CASES.iter().chain(&CONTAINER_CASES).chain(&TENSOR_CASES);
    let mut messages = String::new();
    let mut seen = BTreeMap::new();
    for (case, change) in cases {
        let text = message(case, *change);
        assert!(text.contains("\n  = "), "{case}: a message without a remedy: {text}");
        assert!(seen.insert(case, ()).is_none(), "{case} is there twice");
        writeln!(messages, "# {case}\nerror: {text}\n").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/import_errors.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &messages).unwrap();
    }
    let golden = std::fs::read_to_string(path).expect("the golden file is part of the repository");
    assert_eq!(messages, golden, "UPDATE_GOLDEN=1 writes the file anew");
}

#[test]
fn sizes_are_limited_before_reading() {
    let folder = Folder::with_network("limits", &tiny_network());
    let refused = |limits: Limits| import_within(folder.path(), &limits).unwrap_err().to_string();
    let defaults = Limits::default();
    assert_eq!(
        refused(Limits { weight_bytes: 1000, ..defaults }),
        format!(
            "`model.safetensors` holds {} bytes, the limit is 1000\n  \
             = this is no model that this tool can hold: choose a smaller one",
            folder.read("model.safetensors").len()
        )
    );
    assert!(refused(Limits { json_bytes: 10, ..defaults }).starts_with("`config.json` holds "));
    assert!(refused(Limits { header_bytes: 99, ..defaults }).contains("the limit is 99\n"));
}

#[test]
fn folders_must_be_folders() {
    let folder = Folder::new("no-folder");
    folder.write("file", b"");
    let message = |path: &str| {
        let path = folder.path().join(path);
        let text = import(&path).unwrap_err().to_string();
        text.replace(&folder.path().display().to_string(), "<folder>")
    };
    let remedy = "= give the folder that holds config.json and model.safetensors";
    assert_eq!(
        message("absent"),
        format!("`<folder>/absent` is missing, not a folder\n  {remedy}")
    );
    assert_eq!(message("file"), format!("`<folder>/file` is a file, not a folder\n  {remedy}"));
}

#[test]
fn no_damage_of_one_byte_panics() {
    let folder = Folder::with_network("one-byte", &tiny_network());
    let sound = folder.read("model.safetensors");
    let header_bytes = sound.len() - archive::disassemble(&sound).1.len();
    for at in (0..header_bytes).step_by(5) {
        for value in [0, b'"', b'9', 0xff] {
            let mut damaged = sound.clone();
            damaged[at] = value;
            folder.write("model.safetensors", &damaged);
            // Many of these are refused, some still are a model; none may panic.
            let _ = import(folder.path());
        }
    }
}
