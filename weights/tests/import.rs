//! Importing what is well-formed: round trips, float matrices, shards, and a real model.

mod folders;

use folders::{Folder, tiny_network};
use pretty_assertions::assert_eq;
use safetensors::tensor::Dtype;
use weights::import::archive::{self, Archive, ArchiveTensor};
use weights::import::{export, import, safetensors_bytes};
use weights::network::{Function, Network};
use weights::sample;

/// Exports, imports, and compares all but the name.
fn assert_round_trip(case: &str, network: &Network) {
    let folder = Folder::new(case);
    export(network, folder.path()).unwrap();
    let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(import(folder.path()).unwrap(), Network { name, ..network.clone() });
}

#[test]
fn networks_survive_export_and_import() {
    assert_round_trip("sample", &sample::network(1));
    assert_round_trip("tiny", &tiny_network());
    let mut shape = sample::shape();
    // 9 rows of keys are no multiple of 4, the rows that share a byte
    shape.attention.head_width = 6;
    shape.attention.heads = 3;
    shape.attention.key_value_heads = 3;
    shape.hidden = 9;
    shape.gate = Function::SquaredRelu;
    shape.tied = false;
    shape.begin_token = None;
    assert_round_trip("ragged", &sample::network_of(3, &shape));
}

/// The bytes of a float of some type.
type Encode = fn(f32) -> Vec<u8>;

/// Replaces every packed matrix by floats of that type.
fn with_floats(network: &Network, dtype: Dtype, encode: Encode) -> Vec<u8> {
    let packed = archive::from_bytes(&safetensors_bytes(network).unwrap()).unwrap();
    let mut floats: Archive = packed
        .into_iter()
        .filter(|(name, tensor)| tensor.dtype != Dtype::U8 && !name.ends_with("weight_scale"))
        .collect();
    for matrix in network.ternary_matrices() {
        let name = match matrix.name.strip_prefix("blocks.0.").unwrap() {
            "attention.output" => "self_attn.o_proj".to_owned(),
            part => part.replace("attention.", "self_attn.").replace("ffn.", "mlp.") + "_proj",
        };
        let values = matrix.trits.iter().map(|&trit| f32::from(trit) * matrix.scale);
        let bytes = values.flat_map(encode).collect();
        let tensor = ArchiveTensor { dtype, shape: vec![matrix.rows, matrix.columns], bytes };
        floats.insert(format!("model.layers.0.{name}.weight"), tensor);
    }
    archive::to_bytes(&floats).unwrap()
}

#[test]
fn ternary_floats_of_every_type_give_the_same_trits() {
    let mut network = tiny_network();
    for operation in &mut network.operations {
        if let weights::network::Operation::TernaryLinear { matrix, .. } = operation {
            // 2^-3 · 1.5 is exact in all three types
            matrix.scale = 0.1875;
        }
    }
    let cases: [(&str, Dtype, Encode); 3] = [
        ("f32", Dtype::F32, |x| x.to_le_bytes().to_vec()),
        ("bf16", Dtype::BF16, |x| x.to_le_bytes()[2..].to_vec()),
        ("f16", Dtype::F16, |x| {
            // ±0.1875 = ±1.5 · 2^-3: exponent 12, highest fraction bit
            let half: u16 = if x == 0.0 { 0 } else { 0x3200 };
            (half | if x < 0.0 { 0x8000 } else { 0 }).to_le_bytes().to_vec()
        }),
    ];
    for (case, dtype, encode) in cases {
        let folder = Folder::with_network(case, &network);
        folder.write("model.safetensors", &with_floats(&network, dtype, encode));
        let imported = import(folder.path()).unwrap();
        assert_eq!(imported.operations, network.operations, "{case}");
    }
}

#[test]
fn shards_give_the_same_network() {
    let folder = Folder::with_network("shards", &tiny_network());
    let whole = import(folder.path()).unwrap();
    let tensors = archive::from_bytes(&folder.read("model.safetensors")).unwrap();
    folder.remove("model.safetensors");
    let mut map = serde_json::Map::new();
    let mut shards = [Archive::new(), Archive::new()];
    for (index, (name, tensor)) in tensors.into_iter().enumerate() {
        let file = format!("model-{}-of-2.safetensors", index % 2 + 1);
        map.insert(name.clone(), file.into());
        shards[index % 2].insert(name, tensor);
    }
    for (index, shard) in shards.iter().enumerate() {
        let file = format!("model-{}-of-2.safetensors", index + 1);
        folder.write(&file, &archive::to_bytes(shard).unwrap());
    }
    let index = serde_json::json!({ "metadata": {}, "weight_map": map });
    folder.write("model.safetensors.index.json", index.to_string().as_bytes());
    assert_eq!(import(folder.path()).unwrap(), whole);
}

#[test]
fn a_dividing_scale_is_inverted() {
    let network = tiny_network();
    let folder = Folder::with_network("dividing", &network);
    folder.change_config(|config| {
        config["quantization_config"]["linear_class"] = "bitlinear".into();
    });
    let imported = import(folder.path()).unwrap();
    for (ours, theirs) in network.ternary_matrices().zip(imported.ternary_matrices()) {
        assert_eq!(theirs.scale, 1.0 / ours.scale);
    }
}

#[test]
fn the_real_model_imports() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let folder = std::path::Path::new(&shared).join("models/tinystories-bitnet-1m");
    let network = import(&folder).unwrap();
    assert_eq!(network.name, "tinystories-bitnet-1m");
    assert_eq!(network.ternary_matrices().count(), 56);
    assert_eq!(network.ternary_weight_count(), 1_179_648);
    let zeros: usize = network.ternary_matrices().map(|matrix| matrix.summary().zero_count).sum();
    assert_eq!(zeros * 1000 / network.ternary_weight_count(), 361, "36.2 % are zero");
}
