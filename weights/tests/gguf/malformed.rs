//! Files that are wrong in one place each.

use super::file::{File, Kind, Value, array, model, text};
use super::place;
use weights::import::{ImportError, import_gguf};

/// A case: what it does to a valid file, and what the message must name.
type Case = (&'static str, fn(&mut File), &'static str);

fn whole(value: u32) -> Value {
    Value(4, value.to_le_bytes().to_vec())
}

fn float(value: f32) -> Value {
    Value(6, value.to_le_bytes().to_vec())
}

fn words(value: &str) -> Value {
    Value(8, text(value))
}

const UP: &str = "blk.0.ffn_up.weight";
const NORM: &str = "output_norm.weight";

const HEADER: [Case; 9] = [
    ("another magic", |f| f.magic = b"GGML".to_vec(), "magic: the file does not begin"),
    ("version 1", |f| f.version = 1, "version: it is 1"),
    ("version 99", |f| f.version = 99, "version: it is 99"),
    ("big-endian", |f| f.version = 3u32.swap_bytes(), "version: the file is big-endian"),
    ("too many tensors", |f| f.tensor_count = Some(u64::MAX), "tensor count: it is"),
    ("too many keys", |f| f.key_count = Some(1 << 40), "key count: it is"),
    ("a tensor more than there is", |f| f.tensor_count = Some(12), "tensor 11"),
    ("a tensor fewer than there is", |f| f.tensor_count = Some(10), "belong to no tensor"),
    (
        "a key fewer than there is",
        |f| f.key_count = Some(16),
        "tensor `tokenizer.ggml.eos_token_id`",
    ),
];

const KEYS: [Case; 31] = [
    (
        "key twice",
        |f| f.keys.push(f.keys[0].clone()),
        "key `general.architecture`: it appears twice",
    ),
    ("key of no UTF-8", |f| f.keys[1].0[9] = 0xff, "key 1: its text is no UTF-8"),
    ("key without a name", |f| f.keys[1].0 = text(""), "key 1: `` is no name"),
    ("key of control characters", |f| f.keys[1].0 = text("a\nb"), "key 1: "),
    ("key longer than the file", |f| f.keys[1].0[7] = 0x7f, "key 1: it needs"),
    ("unknown type", |f| f.keys[1].1.0 = 13, "key `llama.embedding_length`: its type 13"),
    ("unknown element type", |f| f.set("general.x", array(77, 1, vec![0])), "element type 77"),
    (
        "array longer than the file",
        |f| f.set("general.x", array(10, 1 << 60, vec![])),
        "key `general.x`: its",
    ),
    (
        "array whose bytes wrap",
        |f| f.set("general.x", array(10, u64::MAX / 4, vec![])),
        "key `general.x`: its",
    ),
    (
        "arrays too deep",
        |f| {
            let mut value = array(0, 1, vec![1]);
            for _ in 0..8 {
                value = array(9, 1, value.1);
            }
            f.set("general.x", value);
        },
        "nested deeper",
    ),
    ("flag of two", |f| f.set("general.x", Value(7, vec![2])), "key `general.x`: its flag is 2"),
    (
        "flag of two in an array",
        |f| f.set("general.x", array(7, 2, vec![1, 2])),
        "key `general.x`: its flag is 2",
    ),
    (
        "alignment an array",
        |f| f.set("general.alignment", array(0, 2, vec![1, 2])),
        "key `general.alignment`: it is an array of 2 elements",
    ),
    (
        "text longer than the file",
        |f| f.set("general.x", Value(8, vec![0xff; 8])),
        "key `general.x`: it needs",
    ),
    ("alignment 0", |f| f.set("general.alignment", whole(0)), "key `general.alignment`: it is 0"),
    (
        "alignment 24",
        |f| f.set("general.alignment", whole(24)),
        "key `general.alignment`: it is 24",
    ),
    ("alignment a text", |f| f.set("general.alignment", words("32")), "key `general.alignment`"),
    ("several files", |f| f.set("split.count", Value(2, vec![2, 0])), "key `split.count`: it is 2"),
    (
        "no architecture",
        |f| f.remove("general.architecture"),
        "key `general.architecture`: it is missing",
    ),
    ("another architecture", |f| f.set("general.architecture", words("mamba")), "\"mamba\""),
    (
        "no width",
        |f| f.remove("llama.embedding_length"),
        "key `llama.embedding_length`: it is missing",
    ),
    (
        "heads that do not divide",
        |f| f.set("llama.attention.head_count", whole(3)),
        "key `llama.attention.head_count",
    ),
    (
        "key heads that do not divide",
        |f| f.set("llama.attention.head_count_kv", whole(3)),
        "key `llama.attention.head_count_kv`",
    ),
    (
        "partial rotation",
        |f| f.set("llama.rope.dimension_count", whole(64)),
        "key `llama.rope.dimension_count`: it is 64",
    ),
    (
        "scaled angles",
        |f| f.set("llama.rope.scaling.factor", float(2.0)),
        "key `llama.rope.scaling.factor`: it is 2.0, but must be 1: scaled rotary angles",
    ),
    (
        "linear scaling",
        |f| {
            f.set("llama.rope.scaling.type", words("linear"));
            f.set("llama.rope.scaling.factor", float(0.5));
        },
        "key `llama.rope.scaling.factor`: it is 0.5, but must be 1: scaled rotary angles",
    ),
    (
        "linear scaling by nothing",
        |f| f.set("llama.rope.scaling.type", words("linear")),
        "key `llama.rope.scaling.factor`: it is missing",
    ),
    (
        "another scaling",
        |f| {
            f.set("llama.rope.scaling.type", words("yarn"));
            f.set("llama.rope.scaling.factor", float(1.0));
        },
        "key `llama.rope.scaling.type`: it is \"yarn\", but must be \"none\", or \"linear\"",
    ),
    ("experts", |f| f.set("llama.expert_count", whole(8)), "key `llama.expert_count`: it is 8"),
    (
        "epsilon no number",
        |f| f.set("llama.attention.layer_norm_rms_epsilon", float(f32::NAN)),
        "key `llama.attention.layer_norm_rms_epsilon`: it is NaN",
    ),
    (
        "unknown key",
        |f| f.set("llama.attention.sliding_window", whole(8)),
        "key `llama.attention.sliding_window`: it is not understood",
    ),
];

const TOKENIZER: [Case; 8] = [
    (
        "tokens too few",
        |f| f.set("tokenizer.ggml.tokens", array(8, 1, text("a"))),
        "key `tokenizer.ggml.tokens`",
    ),
    (
        "scores too few",
        |f| f.set("tokenizer.ggml.scores", array(6, 1, vec![0; 4])),
        "key `tokenizer.ggml.scores`",
    ),
    (
        "kinds too few",
        |f| f.set("tokenizer.ggml.token_type", array(5, 1, vec![0; 4])),
        "key `tokenizer.ggml.token_type`",
    ),
    (
        "a kind that is none",
        |f| {
            let kinds = [2, 3, 3, 1, 77, 1].map(i32::to_le_bytes);
            f.set("tokenizer.ggml.token_type", array(5, 6, kinds.concat()));
        },
        "key `tokenizer.ggml.token_type`: token 4, `a`, is of type 77",
    ),
    (
        "a merge to no token",
        |f| {
            f.set("tokenizer.ggml.model", words("gpt2"));
            f.set("tokenizer.ggml.merges", array(8, 1, text("a a")));
        },
        "key `tokenizer.ggml.merges`: merge 0, `a a`, needs `aa`, which is no token",
    ),
    (
        "another tokenizer",
        |f| f.set("tokenizer.ggml.model", words("t5")),
        "key `tokenizer.ggml.model`: it is \"t5\"",
    ),
    (
        "begin beyond the vocabulary",
        |f| f.set("tokenizer.ggml.bos_token_id", whole(6)),
        "key `tokenizer.ggml.bos_token_id`: it is 6",
    ),
    (
        "another vocabulary",
        |f| f.set("llama.vocab_size", whole(7)),
        "key `llama.vocab_size`: it is 7",
    ),
];

const TENSORS: [Case; 18] = [
    (
        "tensor twice",
        |f| f.tensors[1].name = "token_embd.weight".to_owned(),
        "tensor `token_embd.weight`: it appears twice",
    ),
    (
        "unknown tensor type",
        |f| f.tensor(UP).code = 12,
        "tensor `blk.0.ffn_up.weight`: its type 12",
    ),
    (
        "no dimension",
        |f| f.tensor(UP).shape.clear(),
        "tensor `blk.0.ffn_up.weight`: it has 0 dimensions",
    ),
    ("five dimensions", |f| f.tensor(UP).shape = vec![1; 5], "it has 5 dimensions"),
    ("a length of zero", |f| f.tensor(UP).shape[1] = 0, "has a length of zero"),
    (
        "a product that wraps",
        |f| f.tensor(UP).shape = vec![1 << 33, 1 << 33],
        "larger than any model",
    ),
    ("a row of half a block", |f| f.tensor(UP).shape = vec![128, 512], "no multiple of the 256"),
    (
        "another shape",
        |f| f.tensor(UP).shape = vec![512, 128],
        "its shape is [512, 128], but must be [256, 256]",
    ),
    ("offset off the alignment", |f| f.tensor(UP).offset = Some(7), "its offset 7 is no multiple"),
    ("offset beyond the file", |f| f.tensor(UP).offset = Some(1 << 62), "end beyond"),
    ("offset that wraps", |f| f.tensor(UP).offset = Some(u64::MAX - 31), "end beyond"),
    ("overlapping tensors", |f| f.tensor(UP).offset = Some(0), "lies inside tensor"),
    ("a hole", |f| f.tensor(NORM).bytes.extend([0; 64]), "belong to no tensor"),
    ("something behind", |f| f.trailing = vec![1; 64], "data: bytes"),
    ("cut short", |f| f.tensors.last_mut().unwrap().bytes.truncate(100), "end beyond"),
    (
        "a missing matrix",
        |f| f.tensors.retain(|tensor| tensor.name != UP),
        "tensor `blk.0.ffn_up.weight`: it is missing",
    ),
    (
        "a matrix that nobody asks for",
        |f| f.tensor(UP).name = "blk.9.ffn_up.weight".to_owned(),
        "tensor `blk.0.ffn_up.weight`: it is missing",
    ),
    (
        "a norm that is no number",
        |f| f.tensor(NORM).bytes[..4].copy_from_slice(&f32::NAN.to_le_bytes()),
        "tensor `output_norm.weight`: element 0 is NaN",
    ),
];

const BLOCKS: [Case; 3] = [
    ("code 3", |f| f.tensor(UP).bytes[0] = 0xff, "weight 0 has code 3"),
    (
        "scale no number",
        |f| f.tensor(UP).bytes[64..66].copy_from_slice(&[0xff, 0x7f]),
        "the scale of block 0 is NaN",
    ),
    (
        "scale without end",
        |f| f.tensor(UP).bytes[64..66].copy_from_slice(&[0, 0x7c]),
        "the scale of block 0 is inf",
    ),
];

#[test]
fn malformed_files_are_refused_by_name() {
    let folder = place("malformed");
    let path = folder.join("model.gguf");
    let valid = File::of(&model(false), Kind::TQ2);
    let cases = HEADER.iter().chain(&KEYS).chain(&TOKENIZER).chain(&TENSORS).chain(&BLOCKS);
    let mut count = 0;
    for (case, change, expected) in cases {
        let mut file = valid.clone();
        change(&mut file);
        std::fs::write(&path, file.bytes()).unwrap();
        let error = import_gguf(&path).expect_err(case);
        assert!(matches!(error, ImportError::Gguf { .. }), "{case}: {error:?}");
        assert!(error.to_string().contains(expected), "{case}: {error}");
        assert!(error.to_string().contains("--> model.gguf"), "{case}: {error}");
        count += 1;
    }
    assert!(count >= 40, "{count} cases");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_that_ends_anywhere_is_refused() {
    let folder = place("short");
    let path = folder.join("model.gguf");
    let bytes = File::of(&model(false), Kind::TQ1).bytes();
    // Every byte of the header, then every 997th.
    for length in (0..64).chain((64..bytes.len()).step_by(997)) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(import_gguf(&path).is_err(), "{length} bytes");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
