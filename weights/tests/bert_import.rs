//! Importing encoders: seeded ones in the layout of transformers, all that may be absent or stored
//! otherwise, and what is refused.

mod folders;

use folders::Folder;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use weights::import::archive::{self, ArchiveTensor};
use weights::import::{Limits, import, import_within};
use weights::network::{
    BertHead, BertPooler, BertShape, BertSpiking, Network, Operation, SpikelmReset,
};
use weights::neuron::Reset;
use weights::sample;

/// A folder with the network of a seed.
fn folder(case: &str, seed: u64, shape: &BertShape) -> (Folder, Network) {
    let network = match shape.spiking {
        BertSpiking::Plain => sample::bert(seed, shape),
        BertSpiking::Spikelm { .. } => sample::spikelm(seed, shape),
        BertSpiking::Spikingbert { .. } => sample::spikingbert(seed, shape),
    };
    let folder = Folder::new(case);
    folder.write("config.json", sample::encoder_config(shape).to_string().as_bytes());
    folder.write(
        "model.safetensors",
        &archive::to_bytes(&sample::encoder_tensors(&network)).unwrap(),
    );
    let name = folder.path().file_name().unwrap().to_string_lossy().into_owned();
    (folder, Network { name, ..network })
}

/// A shape with a classifier behind a pooler, or not.
fn classifier(spiking: BertSpiking, pooler: BertPooler) -> BertShape {
    let labels = vec!["no".to_owned(), "yes".to_owned()];
    let head = BertHead::Classifier { labels, pooler };
    let steps = if spiking == BertSpiking::Plain { 1 } else { 3 };
    BertShape { spiking, head, steps, ..sample::bert_shape(1) }
}

const SPIKELM: BertSpiking = BertSpiking::Spikelm { beta: 0.25, reset: SpikelmReset::Code };
const SPIKINGBERT: BertSpiking = BertSpiking::Spikingbert { threshold: 1.0, leak: 0.99 };

fn message(folder: &Folder) -> String {
    import(folder.path()).expect_err("it must be refused").to_string()
}

#[test]
fn seeded_encoders_survive_a_folder() {
    for seed in 0..12 {
        let shapes = [
            sample::spikelm_shape(seed),
            sample::spikingbert_shape(seed),
            sample::bert_shape(seed),
        ];
        for (family, shape) in shapes.iter().enumerate() {
            let (folder, network) = folder(&format!("encoder-{family}-{seed}"), seed, shape);
            let imported = import_within(folder.path(), &Limits::default()).unwrap();
            assert_eq!(imported.network, network);
            assert_eq!(imported.notes, Vec::<String>::new());
        }
    }
}

#[test]
fn the_first_type_joins_the_positions() {
    let (folder, network) = folder("types", 1, &classifier(BertSpiking::Plain, BertPooler::Tanh));
    let positions = &network.tables["positions"];
    let types: Vec<f32> = (0..2 * positions.columns).map(|channel| channel as f32 + 0.5).collect();
    folder.change_tensors(|tensors| {
        let name = "bert.embeddings.token_type_embeddings.weight".to_owned();
        tensors.insert(name, ArchiveTensor::f32(vec![2, positions.columns], &types));
    });
    let imported = import(folder.path()).unwrap();
    for position in 0..positions.rows {
        for (channel, value) in imported.tables["positions"].row(position).iter().enumerate() {
            assert_eq!(*value, positions.row(position)[channel] + types[channel]);
        }
    }
}

#[test]
fn stored_otherwise_but_the_same() {
    let (folder, network) = folder("otherwise", 2, &classifier(SPIKELM, BertPooler::Tanh));
    folder.change_tensors(|tensors| {
        // names of old files, without `bert.`; buffers; a head of another task
        let old = std::mem::take(tensors);
        for (name, tensor) in old {
            let name = name.strip_prefix("bert.").unwrap_or(&name);
            let name = name.replace("LayerNorm.weight", "LayerNorm.gamma");
            tensors.insert(name.replace("LayerNorm.bias", "LayerNorm.beta"), tensor);
        }
        let buffer = ArchiveTensor::f32(vec![1, 2], &[0.0, 1.0]);
        tensors.insert("embeddings.position_ids".to_owned(), buffer.clone());
        tensors.insert("cls.predictions.bias".to_owned(), buffer);
    });
    folder.change_config(|config| {
        for field in ["layer_norm_eps", "position_embedding_type", "id2label"] {
            config.as_object_mut().unwrap().remove(field);
        }
    });
    let imported = import_within(folder.path(), &Limits::default()).unwrap();
    assert_eq!(imported.network.operations, network.operations);
    assert_eq!(
        imported.notes,
        ["tensor `cls.predictions.bias` belongs to a head that this model does not end in"]
    );
}

#[test]
fn thresholds_are_their_own_count() {
    // Four steps with three thresholds: the last is repeated, and leaks one step later.
    let (folder, network) = folder("thresholds", 2, &classifier(SPIKELM, BertPooler::Tanh));
    folder.change_config(|config| config["spiking"]["steps"] = json!(4));
    let imported = import(folder.path()).unwrap();
    assert_eq!(imported.steps, 4);
    assert_eq!(imported.operations, network.operations);
    let input = imported.operations.iter().find_map(|operation| match operation {
        Operation::Neuron { neuron, .. } if neuron.reset == Reset::SpikelmCode => Some(neuron),
        _ => None,
    });
    let (leak, threshold, _) = input.unwrap().at(3);
    assert_eq!(leak, 0.25 * threshold);
    // One that is missing of one neuron only is a damaged file.
    let name = "bert.encoder.layer.0.attention.self.clip_key.2";
    folder.change_tensors(|tensors| assert!(tensors.remove(name).is_some()));
    let message = message(&folder);
    assert!(message.contains(name), "{message}");
}

/// A change of the configuration.
type Change = fn(&mut Value);

#[test]
fn what_is_not_understood_is_refused() {
    let cases: [(&str, Change, &str); 11] = [
        ("model_type", |config| config["model_type"] = json!("roberta"), "field `model_type` is"),
        ("width", |config| config["hidden_size"] = json!(7), "field `num_attention_heads` is"),
        ("act", |config| config["hidden_act"] = json!("mish"), "field `hidden_act` is \"mish\""),
        (
            "positions",
            |config| config["position_embedding_type"] = json!("relative_key"),
            "field `position_embedding_type` is \"relative_key\"",
        ),
        (
            "architecture",
            |config| config["architectures"] = json!(["BertForQuestionAnswering"]),
            "field `architectures` is",
        ),
        ("labels", |config| config["id2label"] = json!({"1": "x"}), "field `id2label.1` is"),
        (
            "equal labels",
            |config| config["id2label"] = json!({"0": "x", "1": "x"}),
            "field `id2label.1` is \"x\"",
        ),
        (
            "regression",
            |config| config["problem_type"] = json!("regression"),
            "field `problem_type` is \"regression\"",
        ),
        (
            "unknown",
            |config| config["spiking"]["surrogate"] = json!(1),
            "field `spiking.surrogate`",
        ),
        ("reset", |config| config["spiking"]["reset"] = json!("hard"), "field `spiking.reset` is"),
        ("bits", |config| config["spiking"]["input_bits"] = json!(1), "field `spiking.input_bits`"),
    ];
    for (case, change, beginning) in cases {
        let (folder, _) =
            folder(&format!("refused-{case}"), 2, &classifier(SPIKELM, BertPooler::Tanh));
        folder.change_config(change);
        let message = message(&folder);
        assert!(message.starts_with(beginning), "{case}: {message}");
    }
    let (folder, _) = folder("no-spiking", 2, &classifier(SPIKINGBERT, BertPooler::None));
    folder.change_config(|config| config["spiking"] = Value::Null);
    assert!(message(&folder).starts_with("field `spiking` is null"), "{}", message(&folder));
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    let shape = classifier(SPIKELM, BertPooler::Tanh);
    let matrix = "bert.encoder.layer.0.intermediate.dense.weight";
    let (folder, _) = folder("not-ternary", 2, &shape);
    folder.change_tensors(|tensors| {
        tensors.get_mut(matrix).unwrap().bytes[..4].copy_from_slice(&0.013f32.to_le_bytes());
    });
    let found = message(&folder);
    assert!(found.starts_with(&format!("tensor `{matrix}`: row 0, column ")), "{found}");
    assert!(found.contains("spikewright quantise"), "{found}");

    let (folder, _) = self::folder("gap", 2, &shape);
    let threshold = "bert.encoder.layer.0.attention.self.clip_key";
    folder.change_tensors(|tensors| {
        tensors.remove(&format!("{threshold}.1"));
    });
    let found = message(&folder);
    assert!(found.starts_with(&format!("tensor `{threshold}.1` is missing")), "{found}");
    folder.change_tensors(|tensors| {
        tensors.remove(&format!("{threshold}.2"));
        tensors.remove(&format!("{threshold}.0"));
    });
    let found = message(&folder);
    assert!(found.starts_with(&format!("tensor `{threshold}.0` is missing")), "{found}");
    folder.change_tensors(|tensors| {
        tensors.insert(format!("{threshold}.0"), ArchiveTensor::f32(vec![], &[0.0]));
    });
    let found = message(&folder);
    assert!(found.starts_with(&format!("tensor `{threshold}.0`: element 0 is 0.0")), "{found}");
}
