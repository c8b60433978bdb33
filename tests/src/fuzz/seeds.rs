//! Files that parsers accept, to begin with.

use serde_json::{Value, json};
use weights::calibration::quantise_model;
use weights::llama::{ActivationRules, Coding, Llama, LlamaShape};
use weights::network::{AttentionShape, Function};
use weights::quantise::Recipe;
use weights::sample;

/// Ids of the vocabulary of [`gguf`].
pub(super) const GGUF_IDS: usize = 3;

/// A quantised model with rules for its neurons.
pub(super) fn llama() -> Llama {
    let shape = LlamaShape {
        width: 8,
        hidden: 12,
        blocks: 1,
        attention: AttentionShape { heads: 2, key_value_heads: 1, head_width: 4, causal: true },
        gate: Function::Silu,
        vocabulary: 8,
        context: 16,
        epsilon: 1e-5,
        rotary_base: 10000.0,
        begin_token: Some(1),
        end_tokens: [2].into(),
    };
    let recipe = Recipe::nearest(2);
    let mut model = quantise_model(&sample::llama(1, &shape), &[], &recipe, || ())
        .expect("rounding to nearest asks for no text");
    let default = Coding::Counts;
    model.activations =
        Some(ActivationRules { default, mean_count: Some(3.0), gif_t2: None, gif_t4: None });
    model
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

/// Type codes of keys.
const WHOLE: u32 = 4;
const FLOAT: u32 = 6;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;

/// The keys of a GGUF file: name, type code, bytes.
fn gguf_keys() -> Vec<(&'static str, u32, Vec<u8>)> {
    let whole = |value: u32| value.to_le_bytes().to_vec();
    let array = |code: u32, elements: [Vec<u8>; GGUF_IDS]| {
        let head = [&code.to_le_bytes()[..], &(GGUF_IDS as u64).to_le_bytes()].concat();
        [head, elements.concat()].concat()
    };
    vec![
        ("general.architecture", TEXT, text("llama")),
        ("llama.embedding_length", WHOLE, whole(256)),
        ("llama.feed_forward_length", WHOLE, whole(4)),
        ("llama.block_count", WHOLE, whole(1)),
        ("llama.context_length", WHOLE, whole(8)),
        ("llama.attention.head_count", WHOLE, whole(1)),
        ("llama.attention.key_length", WHOLE, whole(2)),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT, 1e-5f32.to_le_bytes().into()),
        ("tokenizer.ggml.model", TEXT, text("llama")),
        ("tokenizer.ggml.tokens", ARRAY, array(TEXT, ["<s>", "a", "aa"].map(text))),
        (
            "tokenizer.ggml.scores",
            ARRAY,
            array(FLOAT, [0f32, -1.0, -2.0].map(|x| x.to_le_bytes().into())),
        ),
        ("tokenizer.ggml.token_type", ARRAY, array(WHOLE, [3u32, 1, 1].map(whole))),
        ("tokenizer.ggml.bos_token_id", WHOLE, whole(0)),
    ]
}

/// A GGUF file with matrices of both ternary block types and of floats.
pub(super) fn gguf() -> Vec<u8> {
    const F32: u32 = 0;
    const TQ1: u32 = 34;
    const TQ2: u32 = 35;
    let tensors: [(&str, &[u64], u32); 11] = [
        ("token_embd.weight", &[256, 3], F32),
        ("output_norm.weight", &[256], F32),
        ("blk.0.attn_norm.weight", &[256], F32),
        ("blk.0.ffn_norm.weight", &[256], F32),
        ("blk.0.attn_q.weight", &[256, 2], TQ1),
        ("blk.0.attn_k.weight", &[256, 2], TQ2),
        ("blk.0.attn_v.weight", &[256, 2], TQ2),
        ("blk.0.attn_output.weight", &[2, 256], F32),
        ("blk.0.ffn_gate.weight", &[256, 4], TQ1),
        ("blk.0.ffn_up.weight", &[256, 4], TQ2),
        ("blk.0.ffn_down.weight", &[4, 256], F32),
    ];
    let keys = gguf_keys();
    let mut file = b"GGUF\x03\0\0\0".to_vec();
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend((keys.len() as u64).to_le_bytes());
    for (name, code, bytes) in keys {
        file.extend(text(name));
        file.extend(code.to_le_bytes());
        file.extend(bytes);
    }
    let mut data: Vec<u8> = Vec::new();
    for (name, shape, kind) in tensors {
        file.extend(text(name));
        file.extend((shape.len() as u32).to_le_bytes());
        shape.iter().for_each(|length| file.extend(length.to_le_bytes()));
        file.extend(kind.to_le_bytes());
        data.resize(data.len().next_multiple_of(32), 0);
        file.extend((data.len() as u64).to_le_bytes());
        let elements = shape.iter().product::<u64>() as usize;
        // A block of zero bytes is one of scale zero, whose codes are valid.
        let bytes = match kind {
            TQ1 => elements / 256 * 54,
            TQ2 => elements / 256 * 66,
            _ => elements * 4,
        };
        data.resize(data.len() + bytes, 0);
    }
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend(data);
    file
}

/// Tokenizers with a part of every kind.
pub(super) fn tokenizers() -> Vec<Vec<u8>> {
    let bpe = json!({
        "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
        "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true,
        "vocab": { "<unk>": 0, "a": 1, "b": 2, "ab": 3, "▁": 4 }, "merges": ["a b"],
    });
    let word = json!({ "type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100, "vocab": { "<unk>": 0, "a": 1, "##a": 2 } });
    let unigram = json!({ "type": "Unigram", "unk_id": 0, "byte_fallback": false,
        "vocab": [["<unk>", 0.0], ["a", -1.0], ["aa", -1.5]] });
    let split = |pattern: &str| {
        json!({ "type": "Split", "pattern": { "Regex": pattern },
        "behavior": "Isolated", "invert": false })
    };
    let file = |model: &Value, normalizer: Value, before: Value, after: Value, decoder: Value| {
        let tokens = json!([{ "id": 5, "content": "<s>", "single_word": false, "lstrip": false,
            "rstrip": false, "normalized": false, "special": true }]);
        let padding = json!({ "strategy": { "Fixed": 8 }, "direction": "Right",
            "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "a" });
        serde_json::to_vec(&json!({ "version": "1.0", "truncation": null, "padding": padding,
            "added_tokens": tokens, "normalizer": normalizer, "pre_tokenizer": before,
            "post_processor": after, "decoder": decoder, "model": model }))
        .expect("it is JSON")
    };
    let sequence = |field: &str, parts: Value| json!({ "type": "Sequence", field: parts });
    let replace = json!({ "type": "Replace", "pattern": { "String": " " }, "content": "▁" });
    let back = json!({ "type": "Replace", "pattern": { "String": "▁" }, "content": " " });
    let bytes = json!({ "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
        "use_regex": true });
    let template = json!({ "type": "TemplateProcessing", "pair": [],
        "single": [{ "SpecialToken": { "id": "<s>", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } }],
        "special_tokens": { "<s>": { "id": "<s>", "ids": [5], "tokens": ["<s>"] } } });
    let strip = json!({ "type": "Strip", "content": " ", "start": 1, "stop": 0 });
    let cut = json!({ "type": "FixedLength", "length": 5 });
    let bert = json!({ "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
        "strip_accents": null, "lowercase": true });
    vec![
        file(
            &bpe,
            sequence("normalizers", json!([{ "type": "Prepend", "prepend": "▁" }, replace])),
            Value::Null,
            template,
            sequence(
                "decoders",
                json!([back, { "type": "ByteFallback" }, { "type": "Fuse" }, strip]),
            ),
        ),
        file(
            &bpe,
            json!({ "type": "NFKC" }),
            sequence("pretokenizers", json!([split(r"\p{L}+|\s+(?!\S)|\s+"), bytes])),
            bytes.clone(),
            bytes.clone(),
        ),
        file(
            &word,
            bert,
            json!({ "type": "BertPreTokenizer" }),
            Value::Null,
            json!({ "type": "WordPiece", "prefix": "##", "cleanup": true }),
        ),
        file(&unigram, json!({ "type": "Lowercase" }), cut, Value::Null, Value::Null),
    ]
}
