//! The sections around the model: each part of a type that is known, and of bounded effect.

use super::fields::{require_id, require_length, text, whole};
use super::pattern::{self, Pattern};
use serde_json::Value;
use weights::shown::shown;

/// One section of the file.
pub(super) struct Section {
    pub(super) name: &'static str,
    /// The types of its parts.
    types: &'static [&'static str],
    /// The field that holds the parts of a sequence.
    parts: &'static str,
}

/// The sections, in the order in which messages should name them.
pub(super) const SECTIONS: [Section; 4] = [
    Section {
        name: "normalizer",
        types: &[
            "BertNormalizer",
            "Strip",
            "StripAccents",
            "NFC",
            "NFD",
            "NFKC",
            "NFKD",
            "Lowercase",
            "Nmt",
            "Replace",
            "Prepend",
            "ByteLevel",
        ],
        parts: "normalizers",
    },
    Section {
        name: "pre_tokenizer",
        types: &[
            "BertPreTokenizer",
            "ByteLevel",
            "CharDelimiterSplit",
            "Digits",
            "FixedLength",
            "Metaspace",
            "Punctuation",
            "Split",
            "UnicodeScripts",
            "Whitespace",
            "WhitespaceSplit",
        ],
        parts: "pretokenizers",
    },
    Section {
        name: "post_processor",
        types: &["BertProcessing", "ByteLevel", "RobertaProcessing", "TemplateProcessing"],
        parts: "processors",
    },
    Section {
        name: "decoder",
        types: &[
            "BPEDecoder",
            "ByteFallback",
            "ByteLevel",
            "CTC",
            "Fuse",
            "Metaspace",
            "Replace",
            "Strip",
            "WordPiece",
        ],
        parts: "decoders",
    },
];

/// Types of which a section may have several parts; two of the others would only make a text grow.
const REPEATED: [&str; 5] = ["Digits", "Punctuation", "Replace", "Split", "Strip"];

const PARTS_MAX: usize = 16;
const TEXT_BYTES_MAX: usize = 64;
/// How many times longer the parts of a section may make a text. A metaspace in front and in the
/// place of every space makes twelve.
const GROWTH_MAX: usize = 32;
const LENGTH: std::ops::RangeInclusive<u64> = 1..=1 << 20;

impl Section {
    /// Checks the value of the section, which is one part or a sequence of them.
    pub(super) fn check(&self, value: &Value, vocabulary: usize) -> Result<(), String> {
        let mut walk = Walk { section: self, vocabulary, seen: Vec::new(), growth: 1 };
        walk.part(value, self.name)
    }
}

/// What the parts so far add up to.
struct Walk<'a> {
    section: &'a Section,
    vocabulary: usize,
    seen: Vec<String>,
    growth: usize,
}

impl Walk<'_> {
    fn part(&mut self, part: &Value, place: &str) -> Result<(), String> {
        let Some(kind) = part.get("type").and_then(Value::as_str) else {
            return Err(format!("`{place}.type` is missing"));
        };
        if kind == "Sequence" {
            return self.sequence(part, place);
        }
        if !self.section.types.contains(&kind) {
            let kinds = self.section.types.join(", ");
            let kind = shown(kind);
            return Err(format!("`{place}.type` is `{kind}`, but must be one of {kinds}"));
        }
        if self.seen.len() == PARTS_MAX {
            return Err(format!("`{}` has more than {PARTS_MAX} parts", self.section.name));
        }
        if !REPEATED.contains(&kind) && self.seen.iter().any(|seen| seen == kind) {
            return Err(format!("`{place}`: {kind} stands in `{}` twice", self.section.name));
        }
        self.seen.push(kind.to_owned());
        self.growth = self.growth.saturating_mul(self.growth_of(kind, part, place)?);
        match self.growth {
            growth if growth > GROWTH_MAX => Err(format!(
                "`{place}`: with the parts before it a text may become {growth} times as long, the \
                 limit is {GROWTH_MAX}"
            )),
            _ => Ok(()),
        }
    }

    fn sequence(&mut self, sequence: &Value, place: &str) -> Result<(), String> {
        // The parts count, however deep they lie; one level is all that published files have.
        if place.matches('[').count() > 1 {
            return Err(format!("`{place}` is a sequence within sequences"));
        }
        let field = self.section.parts;
        let Some(Value::Array(parts)) = sequence.get(field) else {
            return Err(format!("`{place}.{field}` is no list"));
        };
        let mut parts = parts.iter().enumerate();
        parts.try_for_each(|(index, part)| self.part(part, &format!("{place}.{field}[{index}]")))
    }

    /// Checks the fields of a part; how many times longer those of the file can make a text.
    fn growth_of(&self, kind: &str, part: &Value, place: &str) -> Result<usize, String> {
        match kind {
            "Replace" => {
                let pattern = pattern::read(part, place)?;
                let content = text(part, place, "content")?;
                let content = content.ok_or_else(|| format!("`{place}.content` is missing"))?;
                require_length(&format!("{place}.content"), content, TEXT_BYTES_MAX)?;
                Ok(match pattern {
                    Pattern::Text(pattern) => content.len().div_ceil(pattern.len()).max(1),
                    // It may find what has no length, between any two bytes.
                    Pattern::Regex => 1 + content.len(),
                })
            }
            "Split" => pattern::read(part, place).map(|_| 1),
            "Prepend" => Ok(1 + text(part, place, "prepend")?.unwrap_or_default().len()),
            "Metaspace" => Ok(text(part, place, "replacement")?.unwrap_or_default().len().max(1)),
            "FixedLength" => whole(part, place, "length", LENGTH).map(|_| 1),
            "Strip" if self.section.name == "decoder" => {
                whole(part, place, "start", 0..=*LENGTH.end())?;
                // The library cuts beyond the other end of a short token.
                whole(part, place, "stop", 0..=0).map(|_| 1)
            }
            "TemplateProcessing" => self.template(part, place).map(|()| 1),
            "BertProcessing" | "RobertaProcessing" => {
                for field in ["sep", "cls"] {
                    let place = format!("{place}.{field}");
                    match part.get(field).and_then(Value::as_array).map(Vec::as_slice) {
                        Some([Value::String(token), id]) => {
                            require_id(&place, token, id, self.vocabulary)?;
                        }
                        _ => return Err(format!("`{place}` is no token with its id")),
                    }
                }
                Ok(1)
            }
            _ => Ok(1),
        }
    }

    /// A template may name only what it defines.
    fn template(&self, part: &Value, place: &str) -> Result<(), String> {
        const PIECES_MAX: usize = 64;
        let special = part.get("special_tokens").and_then(Value::as_object);
        for (name, token) in special.into_iter().flatten() {
            let place = format!("{place}.special_tokens.{}", shown(name));
            let list = |field: &str| token.get(field).and_then(Value::as_array);
            match (list("ids"), list("tokens")) {
                (Some(ids), Some(tokens)) if ids.len() == tokens.len() => {
                    if ids.len() > PIECES_MAX {
                        return Err(format!("`{place}` holds more than {PIECES_MAX} ids"));
                    }
                    ids.iter().try_for_each(|id| require_id(&place, name, id, self.vocabulary))?;
                }
                _ => return Err(format!("`{place}` has no ids, or not one for each token")),
            }
        }
        for template in ["single", "pair"] {
            let place = format!("{place}.{template}");
            let Some(Value::Array(pieces)) = part.get(template) else {
                return Err(format!("`{place}` is no list"));
            };
            if pieces.len() > PIECES_MAX {
                return Err(format!("`{place}` has more than {PIECES_MAX} pieces"));
            }
            for (index, piece) in pieces.iter().enumerate() {
                let place = format!("{place}[{index}]");
                whole(&piece["Sequence"], &place, "type_id", 0..=u64::from(u32::MAX))?;
                let Some(token) = piece.get("SpecialToken") else { continue };
                let id = text(token, &place, "id")?.unwrap_or_default();
                if special.and_then(|special| special.get(id)).is_none() {
                    let id = shown(id);
                    return Err(format!(
                        "`{place}` names `{id}`, which `special_tokens` does not define"
                    ));
                }
            }
        }
        Ok(())
    }
}
