use super::*;
use crate::reference::Tokens;
use serde_json::json;
use weights::config::DesignFile;
use weights::network::Network;
use weights::sample::{network_of, shape_of};

const VOCABULARY: usize = 512;

fn network() -> Network {
    let design = DesignFile::bundled().design;
    let mut network = network_of(0, &shape_of(&design.sample));
    network.vocabulary = VOCABULARY;
    network.begin_token = None;
    network
}

/// A small file that is right, with other values in some of its fields; `model.x` is a field inside.
fn file(changes: &[(&str, Value)]) -> Vec<u8> {
    let mut file = json!({
        "version": "1.0",
        "model": {
            "type": "BPE", "unk_token": "<unk>", "fuse_unk": true,
            "vocab": { "<unk>": 0, "a": 1, "b": 2, "ab": 3 }, "merges": ["a b"],
        },
    });
    for (place, value) in changes {
        match place.split_once('.') {
            Some((section, field)) => file[section][field] = value.clone(),
            None => file[*place] = value.clone(),
        }
    }
    serde_json::to_vec(&file).unwrap()
}

/// The ids of two texts, or the first refusal.
fn ids(file: &[u8]) -> Result<[Vec<u32>; 2], String> {
    let tokens = Tokens::parse(file, &network())?;
    let encode = |text: &str| {
        let ids = tokens.encode(text).map_err(|error| error.to_string())?;
        tokens.decode(&ids).map_err(|error| error.to_string())?;
        Ok::<_, String>(ids)
    };
    Ok([encode("ab ab b c é 日")?, encode(&"a".repeat(3000))?])
}

#[test]
fn a_usual_file_is_read_and_neither_pads_nor_cuts() {
    let plain = ids(&file(&[])).unwrap();
    assert_eq!(plain[0], [3, 0, 3, 0, 2, 0]);
    let padding = json!({
        "strategy": { "Fixed": 4_000_000_000u64 }, "direction": "Right",
        "pad_to_multiple_of": 0, "pad_id": 0, "pad_type_id": 0, "pad_token": "<unk>",
    });
    let truncation =
        json!({ "direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 9 });
    let changed = file(&[("padding", padding), ("truncation", truncation)]);
    assert_eq!(ids(&changed).unwrap(), plain);
    // An added token without content is found nowhere.
    let empty = json!([{ "id": 4, "content": "", "single_word": false, "lstrip": true,
        "rstrip": true, "normalized": true, "special": false }]);
    assert_eq!(ids(&file(&[("added_tokens", empty)])).unwrap(), plain);
}

/// What a stranger may write into each section, and what the refusal must name.
fn traps() -> Vec<(&'static str, Value, &'static str)> {
    let replace = |pattern: Value, content: &str| json!({ "type": "Replace", "pattern": pattern, "content": content });
    let sequence = |kind: &str, part: Value, count: usize| json!({ "type": "Sequence", kind: vec![part; count] });
    let double = replace(json!({ "String": "a" }), "aa");
    let template = |special: Value| {
        json!({ "type": "TemplateProcessing", "pair": [], "special_tokens": special,
            "single": [{ "SpecialToken": { "id": "<s>", "type_id": 0 } }] })
    };
    vec![
        ("model", json!(3), "`model` is no object"),
        ("model.type", json!("GPT"), "must be BPE"),
        ("model.vocab", json!([]), "`model.vocab`"),
        ("model.vocab", json!({}), "`model.vocab` is empty"),
        ("model.vocab", json!({ "a": 4_294_967_295u64 }), "id 4294967295, outside"),
        ("model.vocab", json!({ "a": 512 }), "id 512, outside the vocabulary of 512"),
        ("model.vocab", json!({ "a": -1 }), "has no id"),
        ("model.vocab", json!({ "a".repeat(5000): 1 }), "5000 bytes"),
        ("model.merges", json!(["a z"]), "`z`, which is not in"),
        ("model.merges", json!([["b", "a"]]), "`ba`, which is not in"),
        ("model.merges", json!(["a b b"]), "no pair"),
        ("model.merges", json!([3]), "no pair"),
        ("model.continuing_subword_prefix", json!("#########"), "does not begin with"),
        ("model.continuing_subword_prefix", json!("#".repeat(65)), "65 bytes"),
        ("model.dropout", json!(0.5), "`model.dropout`"),
        ("model.dropout", json!("NaN"), "`model.dropout`"),
        ("added_tokens", json!({}), "no list"),
        ("added_tokens", json!([{ "id": 600, "content": "x" }]), "id 600, outside"),
        ("added_tokens", json!([{ "id": 6, "content": "x".repeat(1025) }]), "1025 bytes"),
        (
            "normalizer",
            json!({ "type": "Precompiled", "precompiled_charsmap": "/////w==" }),
            "Precompiled",
        ),
        ("normalizer", json!({ "strip_left": true }), "normalizer.type"),
        ("normalizer", replace(json!({ "String": "" }), "aa"), "is empty"),
        ("normalizer", replace(json!({ "Regex": "" }), "aa"), "is empty"),
        ("normalizer", replace(json!({ "Regex": "x*" }), &"a".repeat(64)), "65 times"),
        ("normalizer", replace(json!({ "String": "a" }), &"a".repeat(65)), "65 bytes"),
        ("normalizer", sequence("normalizers", double.clone(), 6), "64 times"),
        ("normalizer", sequence("normalizers", json!({ "type": "NFKD" }), 2), "twice"),
        ("normalizer", sequence("normalizers", json!({ "type": "Strip" }), 17), "more than 16"),
        (
            "normalizer",
            sequence(
                "normalizers",
                sequence("normalizers", sequence("normalizers", json!({ "type": "NFC" }), 1), 1),
                1,
            ),
            "within sequences",
        ),
        ("normalizer", json!({ "type": "Prepend", "prepend": "a".repeat(64) }), "65 times"),
        ("pre_tokenizer", json!({ "type": "FixedLength", "length": 0 }), "length"),
        ("pre_tokenizer", json!({ "type": "FixedLength", "length": u64::MAX }), "length"),
        (
            "pre_tokenizer",
            json!({ "type": "Split", "pattern": { "Regex": "(a+)+(?!b)" }, "behavior": "Isolated", "invert": false }),
            "try for ever",
        ),
        (
            "pre_tokenizer",
            json!({ "type": "Split", "pattern": { "Regex": "(?:a{1000}){1000}" }, "behavior": "Isolated", "invert": false }),
            "counts to more",
        ),
        ("pre_tokenizer", sequence("pretokenizers", json!({ "type": "ByteLevel" }), 2), "twice"),
        ("post_processor", template(json!({})), "`<s>`, which"),
        (
            "post_processor",
            template(json!({ "<s>": { "id": "<s>", "ids": [600], "tokens": ["<s>"] } })),
            "id 600",
        ),
        (
            "post_processor",
            template(json!({ "<s>": { "id": "<s>", "ids": [1, 2], "tokens": ["<s>"] } })),
            "not one for each",
        ),
        (
            "post_processor",
            json!({ "type": "RobertaProcessing", "sep": ["a", 600], "cls": ["a", 1] }),
            "id 600",
        ),
        ("post_processor", json!({ "type": "BertProcessing", "sep": [], "cls": ["a", 1] }), "sep"),
        ("decoder", json!({ "type": "Strip", "content": "a", "start": 0, "stop": 1 }), "stop"),
        (
            "decoder",
            json!({ "type": "Strip", "content": "a", "start": 4_000_000_000u64, "stop": 0 }),
            "start",
        ),
        ("decoder", sequence("decoders", double, 6), "64 times"),
    ]
}

#[test]
fn what_the_library_could_not_bear_is_refused_by_its_name() {
    for (place, value, name) in traps() {
        let message = ids(&file(&[(place, value.clone())])).unwrap_err();
        assert!(message.contains(name), "{place} {value}: {message}");
    }
    for (bytes, name) in [
        (b"3".to_vec(), "no JSON object"),
        (b"".to_vec(), "EOF"),
        (b"{}".to_vec(), "`model` is missing"),
        (vec![b'['; 200_000], "recursion limit"),
        (b"\xff\xfe".to_vec(), "expected value"),
    ] {
        let message = ids(&bytes).unwrap_err();
        assert!(message.contains(name), "{message}");
    }
}

/// Models of the other types, right and wrong.
#[test]
fn every_type_of_model_is_checked() {
    let pieces = |token: &str, score: Value| json!([["<unk>", 0.0], [token, score]]);
    let unigram = |vocab: Value, unknown: u64| {
        ids(&file(&[("model", json!({ "type": "Unigram", "unk_id": unknown, "vocab": vocab }))]))
    };
    assert!(unigram(pieces("a", json!(-1.0)), 0).is_ok());
    assert!(unigram(pieces("a", json!(-1.0)), 2).unwrap_err().contains("unk_id"));
    assert!(unigram(pieces("a", json!("NaN")), 0).unwrap_err().contains("score"));
    assert!(unigram(pieces(&"a".repeat(129), json!(0.0)), 0).unwrap_err().contains("129 bytes"));
    assert!(unigram(json!([]), 0).unwrap_err().contains("holds 0 tokens"));
    let words = |kind: &str, characters: Value| {
        ids(&file(&[(
            "model",
            json!({
                "type": kind, "unk_token": "<unk>", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": characters, "vocab": { "<unk>": 0, "a": 1, "##a": 2 },
            }),
        )]))
    };
    assert_eq!(words("WordPiece", json!(100)).unwrap()[1], [0]);
    assert_eq!(words("WordLevel", json!(100)).unwrap()[1], [0]);
    assert!(words("WordPiece", json!(u64::MAX)).unwrap_err().contains("max_input_chars"));
}

/// The library numbers an added token itself where its number is taken or leaves a gap.
#[test]
fn an_added_token_whose_id_is_not_the_files_is_still_one_of_the_model() {
    let vocab: serde_json::Map<String, Value> =
        (0..VOCABULARY).map(|id| (format!("t{id}"), json!(id))).collect();
    let token = json!([{ "id": 5, "content": "new", "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": false }]);
    let changes = [
        ("model.vocab", Value::Object(vocab)),
        ("model.merges", json!([])),
        ("model.unk_token", Value::Null),
        ("added_tokens", token),
    ];
    let message = ids(&file(&changes)).unwrap_err();
    assert!(message.contains("`new` becomes id 512"), "{message}");
}
