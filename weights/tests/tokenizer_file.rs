//! `tokenizer.json` with what stands beside it, as transformers uses them.

mod folders;

use folders::Folder;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use weights::import::{TokenizerFile, tokenizer};

/// A tokenizer of four words, one of them special.
fn words() -> Value {
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [{
            "id": 0, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        }],
        "normalizer": null,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "<s>", "type_id": 0 } },
                { "Sequence": { "id": "A", "type_id": 0 } },
            ],
        },
        "model": { "type": "WordLevel", "vocab": { "<s>": 0, "a": 1, "b": 2, "c": 3 } },
    })
}

fn read(case: &str, tokens: &Value, config: Option<&Value>) -> Result<TokenizerFile, String> {
    let folder = Folder::new(case);
    folder.write("tokenizer.json", tokens.to_string().as_bytes());
    if let Some(config) = config {
        folder.write("tokenizer_config.json", config.to_string().as_bytes());
    }
    tokenizer(folder.path(), 8).map_err(|error| error.to_string())
}

/// Id, content and whether it is special, of every added token.
fn added(file: &TokenizerFile) -> Vec<(u64, String, bool)> {
    let json: Value = serde_json::from_str(&file.json).unwrap();
    let token = |token: &Value| {
        let content = token["content"].as_str().unwrap().to_owned();
        (token["id"].as_u64().unwrap(), content, token["special"].as_bool().unwrap())
    };
    json["added_tokens"].as_array().unwrap().iter().map(token).collect()
}

#[test]
fn nothing_is_padded_or_cut() {
    let mut tokens = words();
    tokens["padding"] = json!({ "strategy": { "Fixed": 160 } });
    tokens["truncation"] = json!({ "max_length": 16 });
    let file = read("padded", &tokens, None).unwrap();
    let json: Value = serde_json::from_str(&file.json).unwrap();
    assert_eq!((&json["padding"], &json["truncation"]), (&Value::Null, &Value::Null));
    assert_eq!((file.notes.len(), file.longest), (1, Some(16)));
    assert!(file.notes[0].contains("padding"));
    assert_eq!(json["model"], tokens["model"]);
}

#[test]
fn tokens_beside_the_file_are_added_to_it() {
    let config = json!({ "added_tokens_decoder": {
        "0": { "content": "<s>", "special": true, "normalized": false },
        "5": { "content": "e", "special": false },
        "4": { "content": "d", "special": true },
        "2": { "content": "b", "special": false },
    }, "pad_token": "<pad>", "bos_token": { "content": "<s>" }, "unk_token": "a" });
    let file = read("decoder", &words(), Some(&config)).unwrap();
    let expected = [(0, "<s>", true), (2, "b", false), (4, "d", true), (5, "e", false)];
    let expected = [&expected[..], &[(1, "a", true), (6, "<pad>", true)]].concat();
    let mut found = added(&file);
    found[4..].sort();
    let expected: Vec<_> =
        expected.iter().map(|&(id, content, special)| (id, content.to_owned(), special)).collect();
    assert_eq!(found, expected);
    let gap = json!({ "added_tokens_decoder": { "9": { "content": "d" } } });
    assert!(read("gap", &words(), Some(&gap)).unwrap_err().contains("added_tokens_decoder"));
    let moved = json!({ "added_tokens_decoder": { "3": { "content": "a" } } });
    assert!(read("moved", &words(), Some(&moved)).unwrap_err().contains("added_tokens_decoder"));
    let damaged = json!({ "added_tokens_decoder": { "x": { "content": "a" } } });
    assert!(read("damaged", &words(), Some(&damaged)).unwrap_err().contains("token ids"));
}

#[test]
fn a_special_token_without_an_id_is_noted() {
    let config = json!({ "pad_token": "<p0>", "sep_token": "<p1>", "cls_token": "<p2>",
        "mask_token": "<p3>", "eos_token": "<p4>" });
    let file = read("no-id", &words(), Some(&config)).unwrap();
    assert_eq!(added(&file).len(), 5);
    assert!(file.notes[0].contains("<p3>") && file.notes.len() == 1, "{:?}", file.notes);
}

#[test]
fn older_files_name_special_tokens_too() {
    let folder = Folder::new("older");
    folder.write("tokenizer.json", words().to_string().as_bytes());
    folder.write("special_tokens_map.json", br#"{ "eos_token": "c" }"#);
    folder.write("added_tokens.json", br#"{ "d": 4 }"#);
    let file = tokenizer(folder.path(), 8).unwrap();
    assert_eq!(added(&file)[1..], [(3, "c".to_owned(), true), (4, "d".to_owned(), false)]);
    folder.write("added_tokens.json", br#"{ "d": 6 }"#);
    assert!(tokenizer(folder.path(), 8).unwrap_err().to_string().contains("added_tokens.json"));
}

#[test]
fn flags_that_the_post_processor_overrules_are_noted() {
    let with = |case: &str, flag: bool| {
        let config = json!({ "add_bos_token": flag, "bos_token": "<s>", "model_max_length": 64 });
        read(case, &words(), Some(&config)).unwrap().notes
    };
    assert_eq!(with("flag-true", true), [""; 0]);
    let notes = with("flag-false", false);
    assert!(notes[0].contains("add_bos_token"), "{notes:?}");
}

#[test]
fn what_is_not_understood_is_refused_by_name() {
    let with = |case: &str, config: Value| read(case, &words(), Some(&config)).unwrap_err();
    assert!(with("unknown", json!({ "stemming": true })).contains("`stemming`"));
    assert!(with("split", json!({ "split_special_tokens": true })).contains("split_special"));
    let mut lower = words();
    lower["normalizer"] = json!({ "type": "BertNormalizer", "lowercase": true });
    let config = json!({ "do_lower_case": false });
    assert!(read("case", &lower, Some(&config)).unwrap_err().contains("do_lower_case"));
}

#[test]
fn other_tokenizers_are_named() {
    let folder = Folder::new("sentencepiece");
    let message = || tokenizer(folder.path(), 8).unwrap_err().to_string();
    assert!(message().contains("there is no such file"));
    folder.write("tokenizer.model", b"\x0a\x0e");
    assert!(message().contains("`tokenizer.model`") && message().contains("save_pretrained"));
    folder.write("tokenizer.json", b"version https://git-lfs.github.com/spec/v1\nsize 9\n");
    assert!(message().contains("git lfs pull"));
}
