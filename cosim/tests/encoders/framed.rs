//! Texts that are read whole: framed, cut, and with gaps to be filled.

use cosim::evaluation::classify::fill_masks;
use cosim::reference::float::FloatExecutor;
use cosim::reference::{Tokens, argmax};
use serde_json::{Value, json};
use weights::network::{BertHead, BertShape, Network};
use weights::sample;

pub(crate) const WORDS: [&str; 9] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "play", "##ing", "cat"];

fn special(id: usize, content: &str) -> Value {
    json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true})
}

/// WordPiece with BERT's frame.
pub(crate) fn word_piece() -> Value {
    let vocabulary: Value =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    let added: Vec<Value> = (0..5).map(|id| special(id, WORDS[id])).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
            "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

/// Byte-level BPE with RoBERTa's frame.
pub(crate) fn byte_pairs() -> Value {
    let added = [special(0, "<s>"), special(1, "</s>"), special(2, "<mask>")];
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true},
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
            "trim_offsets": true, "add_prefix_space": false},
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
            "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null,
            "continuing_subword_prefix": null, "end_of_word_suffix": null, "fuse_unk": false,
            "byte_fallback": false,
            "vocab": {"<s>": 0, "</s>": 1, "<mask>": 2, "a": 3, "b": 4, "ab": 5, "c": 6},
            "merges": ["a b"]},
    })
}

/// A network that fills masks.
fn network(context: usize) -> Network {
    let head = BertHead::MaskedToken { tied: true };
    sample::bert(6, &BertShape { head, context, vocabulary: WORDS.len(), ..sample::bert_shape(5) })
}

fn open(tokenizer: &Value, network: &Network) -> Result<Tokens, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    Tokens::open(folder.path(), network).map_err(|error| error.to_string())
}

#[test]
fn a_text_is_framed_and_cut_to_the_context() {
    let tokens = open(&word_piece(), &network(8)).unwrap();
    assert_eq!(tokens.encode("A cat").unwrap(), [2, 5, 8, 3]);
    assert_eq!(tokens.encode("playing dogs").unwrap(), [2, 6, 7, 1, 3]);
    // the frame stays where the text is cut
    assert_eq!(tokens.encode("a a a a a a cat").unwrap(), [2, 5, 5, 5, 5, 5, 5, 3]);
    assert_eq!(tokens.encode("").unwrap(), [2, 3]);
    let tokens = open(&byte_pairs(), &network(5)).unwrap();
    assert_eq!(tokens.encode("abc").unwrap(), [0, 5, 6, 1]);
    assert_eq!(tokens.encode("cccab").unwrap(), [0, 6, 6, 6, 1]);
}

#[test]
fn neither_the_limit_nor_the_padding_of_the_file_is_applied() {
    let mut file = word_piece();
    let truncation = |longest: usize| {
        json!({"direction": "Right", "max_length": longest, "strategy": "LongestFirst",
            "stride": 0})
    };
    file["padding"] = json!({"strategy": {"Fixed": 8}, "direction": "Right",
        "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"});
    let encode = |file: &Value| open(file, &network(6)).unwrap().encode("a a a a a a").unwrap();
    for longest in [2, 4, 512] {
        file["truncation"] = truncation(longest);
        assert_eq!(encode(&file), [2, 5, 5, 5, 5, 3], "the context alone cuts a text");
    }
    let refused = open(&file, &network(2)).err().expect("a frame without room is refused");
    assert!(refused.contains("its frame of 2 tokens leaves no room in 2"), "{refused}");
}

#[test]
fn masks_are_filled_with_the_likeliest_token() {
    let network = network(8);
    let tokens = open(&word_piece(), &network).unwrap();
    let (text, mask) = ("a [MASK] [MASK] cat", 4);
    assert_eq!((tokens.mask(), tokens.encode(text).unwrap()), (Some(mask), vec![2, 5, 4, 4, 8, 3]));
    let mut executor = FloatExecutor::new(&network).unwrap();
    let ids = tokens.encode(text).unwrap();
    let logits = executor.read(&ids).unwrap();
    let answer: Vec<u32> = logits.iter().map(|row| argmax(row) as u32).collect();
    let filled = fill_masks(&ids, &answer, mask);
    for (position, &id) in filled.iter().enumerate() {
        let likeliest = argmax(&logits[position]) as u32;
        assert_eq!(id, if ids[position] == mask { likeliest } else { ids[position] });
    }
    // Some token of the sample is not what its own logits say, so that filling all would differ.
    assert!((0..ids.len()).any(|at| ids[at] != mask && argmax(&logits[at]) as u32 != ids[at]));
    assert_eq!(open(&byte_pairs(), &network).unwrap().mask(), Some(2));
    assert_eq!(Tokens::bytes(&network).mask(), None);
}
