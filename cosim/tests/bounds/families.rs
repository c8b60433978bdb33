//! Models of every family that are too large, as processes: how long they take to refuse one, how
//! much memory, and that nothing of the weights is read, which are missing, or a file without data
//! that is larger than what the processes may take.

use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a refusal may take, and how many kilobytes.
const REFUSAL_MAX: Duration = Duration::from_secs(1);
const KILOBYTES_MAX: u64 = 200 << 10;
/// Bytes of weights that nobody should read.
const WEIGHT_BYTES: u64 = 3 << 30;

const WIDTH: u64 = 1024;
const HIDDEN: u64 = 4096;
const BLOCKS: u64 = 24;
const IDS: u64 = 32_000;

/// What an ended process said, and the most memory that it had.
struct Ended {
    code: Option<i32>,
    text: String,
    elapsed: Duration,
    peak_kilobytes: u64,
}

fn ended(words: &[String]) -> Ended {
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_spikewright"))
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kilobytes = 0;
    while child.try_wait().unwrap().is_none() {
        // Linux keeps the most that there was, so that a look every now and then sees it.
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok());
        peak_kilobytes = number.unwrap_or(0).max(peak_kilobytes);
        std::thread::sleep(Duration::from_micros(200));
    }
    let elapsed = begin.elapsed();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    Ended { code: output.status.code(), text, elapsed, peak_kilobytes }
}

/// The configuration of a family with these sizes.
fn config(family: &str, [width, hidden, blocks, ids]: [u64; 4]) -> Value {
    let lif = json!({ "tau": 2.0, "v_threshold": 1.0, "v_reset": 0.0, "decay_input": true });
    let gpt2 = json!({ "model_type": "gpt2", "vocab_size": ids, "n_positions": 64,
        "n_embd": width, "n_layer": blocks, "n_head": 4, "n_inner": hidden, "eos_token_id": 1 });
    let bert = |spiking: Value| {
        json!({ "model_type": family, "architectures": ["BertForSequenceClassification"],
            "hidden_size": width, "num_hidden_layers": blocks, "num_attention_heads": 4,
            "intermediate_size": hidden, "vocab_size": ids, "max_position_embeddings": 64,
            "spiking": spiking })
    };
    match family {
        "bert" => bert(Value::Null),
        "spikelm" => bert(json!({ "steps": 4, "beta": 0.25, "reset": "code" })),
        "spikingbert" => bert(json!({ "steps": 8, "threshold": 1.0, "leak": 1.0 })),
        "gpt2" => gpt2,
        "neurtransformer" => {
            let mut config = gpt2;
            config["model_type"] = json!(family);
            config["spiking"] = json!({ "steps": 4, "attention": "spiking", "attention_lif": lif,
                "attention_scale_shift": 2, "feed_forward": "integrate_and_fire",
                "feed_forward_threshold": 1.0, "feed_forward_reset": "soft" });
            config
        }
        "rwkv" => json!({ "model_type": family, "vocab_size": ids, "hidden_size": width,
            "intermediate_size": hidden, "num_hidden_layers": blocks, "eos_token_id": 0 }),
        "spikegpt" => {
            let mut neurons = lif;
            neurons["placement"] = json!("lif_linear");
            json!({ "model_type": family, "n_layer": blocks, "n_embd": width, "vocab_size": ids,
                "ctx_len": 256, "binary_embedding": false, "lif": neurons })
        }
        _ => {
            let mut config = json!({ "model_type": family, "hidden_size": width,
                "intermediate_size": hidden, "num_hidden_layers": blocks, "vocab_size": ids,
                "num_attention_heads": 4, "num_key_value_heads": 4, "hidden_act": "silu",
                "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "eos_token_id": 1,
                "tie_word_embeddings": true });
            if family == "bitnet" {
                config["quantization_config"] = json!({ "quant_method": "bitnet",
                    "linear_class": "autobitlinear", "quantization_mode": "offline" });
            }
            config
        }
    }
}

const FAMILIES: [&str; 9] = [
    "bert",
    "bitnet",
    "gpt2",
    "llama",
    "neurtransformer",
    "rwkv",
    "spikegpt",
    "spikelm",
    "spikingbert",
];

/// A folder of a model, with weights of no data or with none.
fn folder(place: &Path, name: &str, config: &Value, weights: bool) -> PathBuf {
    let folder = place.join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    fs::write(folder.join("text.txt"), "0\ta text").unwrap();
    if weights {
        File::create(folder.join("model.safetensors")).unwrap().set_len(WEIGHT_BYTES).unwrap();
    }
    folder
}

/// The commands that build a machine of a model.
fn commands(model: &Path, beside: &Path) -> [Vec<String>; 5] {
    let [out, text] = ["out", "text.txt"].map(|name| beside.join(name).display().to_string());
    let model = model.display().to_string();
    let words = |line: String| line.split(' ').map(str::to_owned).collect();
    [
        words(format!("run --model {model} --out {out} --prompt a")),
        words(format!("eval --model {model} --text {text}")),
        words(format!("generate --model {model} --out {out}")),
        words(format!("explore --model {model} --out {out}")),
        words(format!("synth --model {model} --out {out} --board ulx3s-85f")),
    ]
}

/// Requires that every command refuses a model for its size, soon and with little memory.
fn require_refusals(model: &Path, beside: &Path, weights: &str) {
    for (index, words) in commands(model, beside).iter().enumerate() {
        let Ended { code, text, elapsed, peak_kilobytes } = ended(words);
        assert_eq!(code, Some(2), "{words:?}: {text}");
        assert!(elapsed < REFUSAL_MAX, "{words:?} took {elapsed:?}");
        assert!(peak_kilobytes < KILOBYTES_MAX, "{words:?} took {peak_kilobytes} kB");
        let expected: &[&str] = match index {
            0..3 => &["words of", "at most 65536 have addresses", "array.lanes = "],
            _ => &[
                "block RAMs of 18 kbit",
                "the LFE5U-85F",
                "holds 2.4 M trits in its 208",
                "no setting of the design lifts this",
                "in external memory the model would take",
            ],
        };
        for expected in expected.iter().chain([&weights]) {
            assert!(text.contains(expected), "{words:?}: {text}");
        }
    }
    assert!(!beside.join("out").exists());
}

#[test]
fn large_models_of_every_family_are_refused_before_their_weights_are_read() {
    let place = tempfile::tempdir().unwrap();
    let sizes = [WIDTH, HIDDEN, BLOCKS, IDS];
    // Four or three matrices of the attention's width, and two or three of the hidden one.
    let expected = |family: &str| {
        let blocks = match family {
            "llama" | "bitnet" => 4 * WIDTH * WIDTH + 3 * WIDTH * HIDDEN,
            "rwkv" | "spikegpt" => 5 * WIDTH * WIDTH + 2 * WIDTH * HIDDEN,
            _ => 4 * WIDTH * WIDTH + 2 * WIDTH * HIDDEN,
        };
        format!("{:.1} M ternary weights", (BLOCKS * blocks) as f64 * 1e-6)
    };
    for family in FAMILIES {
        for weights in [false, true] {
            let config = config(family, sizes);
            let folder = folder(place.path(), &format!("{family}-{weights}"), &config, weights);
            require_refusals(&folder, &folder, &expected(family));
        }
    }
}

/// The setting that is named leads to the weights, or to the next limit.
#[test]
fn small_models_of_every_family_get_as_far_as_their_weights() {
    let place = tempfile::tempdir().unwrap();
    for family in FAMILIES {
        let folder = folder(place.path(), family, &config(family, [32, 64, 1, 64]), false);
        for words in commands(&folder, &folder) {
            let end = ended(&words);
            assert_eq!(end.code, Some(2), "{words:?}: {}", end.text);
            assert!(end.text.contains("model.safetensors"), "{words:?}: {}", end.text);
        }
    }
}

#[test]
fn what_fills_masks_is_sized_and_belongs_to_no_board_and_that_is_said_first() {
    let place = tempfile::tempdir().unwrap();
    for family in ["bert", "spikelm", "spikingbert"] {
        let mut config = config(family, [WIDTH, HIDDEN, BLOCKS, IDS]);
        config["architectures"] = json!(["BertForMaskedLM"]);
        let folder = folder(place.path(), family, &config, true);
        for (index, words) in commands(&folder, &folder).iter().enumerate() {
            let end = ended(words);
            let reason = match index {
                0..2 => "at most 65536 have addresses",
                _ => "fills masks",
            };
            assert_eq!(end.code, Some(2), "{words:?}: {}", end.text);
            assert!(end.text.contains(reason), "{words:?}: {}", end.text);
            assert!(end.elapsed < REFUSAL_MAX && end.peak_kilobytes < KILOBYTES_MAX);
        }
    }
}

#[test]
fn what_a_position_takes_is_counted_too() {
    let place = tempfile::tempdir().unwrap();
    let mut long = config("gpt2", [512, 512, 2, 64]);
    long["n_positions"] = json!(4096);
    let folder = folder(place.path(), "long", &long, false);
    let design = folder.join("design.toml");
    let text = weights::config::DesignFile::spiking();
    let settings = ["machine.context=4096", "machine.key_value_digits=4"].map(str::to_owned);
    let text = text.with_settings(&settings).unwrap();
    fs::write(&design, text.design.to_commented_toml()).unwrap();
    let run = |context: &str| {
        let text = fs::read_to_string(&design).unwrap();
        fs::write(&design, text.replace("context = 4096\n", context)).unwrap();
        let [design, folder] = [&design, &folder].map(|path| path.display().to_string());
        ended(&["run".to_owned(), design, "--model".to_owned(), folder]).text
    };
    // 64 words of each position's row.
    let refused = run("context = 4096\n");
    assert!(
        refused.contains("262144 words of the constant memory for 4096 positions"),
        "{refused}"
    );
    assert!(refused.contains("set machine.context = 1024"), "{refused}");
    let passed = run("context = 1024\n");
    assert!(passed.contains("model.safetensors"), "{passed}");
}

/// A GGUF file of large sizes whose only tensor is an embedding without data.
#[test]
fn a_large_gguf_file_is_refused_before_its_tensors_are_read() {
    const WHOLE: u32 = 4;
    const FLOAT: u32 = 6;
    const TEXT: u32 = 8;
    const F16: u32 = 1;
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let whole = |value: u64| (value as u32).to_le_bytes().to_vec();
    const EMBEDDING: u64 = 32_768;
    let ids = WEIGHT_BYTES / 2 / EMBEDDING;
    let keys = [
        ("general.architecture", TEXT, text("llama")),
        ("llama.embedding_length", WHOLE, whole(EMBEDDING)),
        ("llama.feed_forward_length", WHOLE, whole(HIDDEN)),
        ("llama.block_count", WHOLE, whole(BLOCKS)),
        ("llama.context_length", WHOLE, whole(64)),
        ("llama.attention.head_count", WHOLE, whole(4)),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT, 1e-5f32.to_le_bytes().into()),
    ];
    let mut bytes = [b"GGUF".to_vec(), whole(3)].concat();
    bytes.extend(1u64.to_le_bytes());
    bytes.extend((keys.len() as u64).to_le_bytes());
    for (name, code, value) in keys {
        bytes.extend([text(name), whole(code.into()), value].concat());
    }
    bytes.extend([text("token_embd.weight"), whole(2)].concat());
    bytes.extend([EMBEDDING, ids].iter().flat_map(|size| size.to_le_bytes()));
    bytes.extend([whole(F16.into()), 0u64.to_le_bytes().to_vec()].concat());
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("large.gguf");
    fs::write(&path, &bytes).unwrap();
    let data = 2 * EMBEDDING * ids;
    File::options().append(true).open(&path).unwrap().set_len(bytes.len() as u64 + data).unwrap();
    fs::write(place.path().join("text.txt"), "a text").unwrap();
    for words in commands(&path, place.path()) {
        let Ended { code, text, elapsed, peak_kilobytes } = ended(&words);
        assert_eq!(code, Some(2), "{words:?}: {text}");
        assert!(elapsed < REFUSAL_MAX, "{words:?} took {elapsed:?}");
        assert!(peak_kilobytes < KILOBYTES_MAX, "{words:?} took {peak_kilobytes} kB");
        assert!(text.contains("M ternary weights") && text.contains("no setting"), "{text}");
    }
}
