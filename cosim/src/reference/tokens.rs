//! Text to token ids and back.

use super::ReferenceError;
use super::tokenizer::{checked, contained};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::path::Path;
use tokenizers::{PostProcessor, Tokenizer, TruncationParams};
use weights::import::{ImportError, TokenizerFile, tokenizer};
use weights::network::{Network, Readout, VectorInput};
use weights::shown::shown;

/// A model's tokenizer.
pub struct Tokens {
    source: Source,
    notes: Vec<String>,
    begin_token: Option<u32>,
    vocabulary: u32,
    /// For a network that reads texts whole: the most tokens of one.
    whole: Option<usize>,
}

enum Source {
    /// From `tokenizer.json`.
    File(Box<Tokenizer>),
    /// Bytes modulo the vocabulary, for networks without a tokenizer.
    Bytes,
}

impl Tokens {
    /// Reads the tokenizer of a model: `tokenizer.json` in its folder, or what its GGUF file has.
    ///
    /// # Errors
    /// If the file is missing, too large or no tokenizer, or what stands beside it is not understood.
    pub fn open(folder: &Path, network: &Network) -> Result<Tokens, ReferenceError> {
        let whole = (network.readout != Readout::NextToken).then_some(network.context);
        Tokens::read(folder, network.vocabulary, network.begin_token, whole)
    }

    /// [`open`](Tokens::open) for a model that predicts the next of `vocabulary` ids, be it no
    /// network yet.
    ///
    /// # Errors
    /// As [`open`](Tokens::open).
    pub fn open_for(folder: &Path, vocabulary: usize) -> Result<Tokens, ReferenceError> {
        Tokens::read(folder, vocabulary, None, None)
    }

    fn read(
        folder: &Path,
        vocabulary: usize,
        begin_token: Option<u32>,
        whole: Option<usize>,
    ) -> Result<Tokens, ReferenceError> {
        let TokenizerFile { json, longest, mut notes } = tokenizer(folder, vocabulary)?;
        let tokens =
            Tokens::built(json.as_bytes(), vocabulary, begin_token, whole).map_err(|reason| {
                let file = "tokenizer.json".to_owned();
                ReferenceError::Import(ImportError::Tokenizer { file, reason })
            })?;
        if let Some(longest) = longest {
            notes.push(format!("tokenizer.json cuts to {longest} ids, which is not done here"));
        }
        Ok(Tokens { notes, ..tokens })
    }

    /// The tokenizer of a `tokenizer.json` with these bytes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8], network: &Network) -> Result<Tokens, String> {
        let whole = (network.readout != Readout::NextToken).then_some(network.context);
        Tokens::built(bytes, network.vocabulary, network.begin_token, whole)
    }

    /// `whole` is the most ids of a text that is read whole.
    fn built(
        bytes: &[u8],
        vocabulary: usize,
        begin_token: Option<u32>,
        whole: Option<usize>,
    ) -> Result<Tokens, String> {
        let bytes = checked(bytes, vocabulary)?;
        let mut tokenizer =
            contained(|| Tokenizer::from_bytes(bytes))?.map_err(|e| shown(&e.to_string()))?;
        if let Some(context) = whole {
            contained(|| frame(&mut tokenizer, context))??;
        }
        let vocabulary = vocabulary.min(u32::MAX as usize) as u32;
        let source = Source::File(Box::new(tokenizer));
        let tokens = Tokens { source, notes: Vec::new(), begin_token, vocabulary, whole };
        tokens.require_known_ids()?;
        Ok(tokens)
    }

    /// Requires that every id that a text can become is one of the model's. The library numbers
    /// added tokens itself where their numbers are not those of the file.
    fn require_known_ids(&self) -> Result<(), String> {
        let Source::File(tokenizer) = &self.source else { return Ok(()) };
        let added = tokenizer.get_added_tokens_decoder();
        match added.iter().filter(|(id, _)| **id >= self.vocabulary).min_by_key(|(id, _)| **id) {
            None => Ok(()),
            Some((id, token)) => Err(format!(
                "added token `{}` becomes id {id}, outside the vocabulary of {}",
                shown(&token.content),
                self.vocabulary
            )),
        }
    }

    /// Tokens for a network without a tokenizer: bytes modulo its vocabulary.
    pub fn bytes(network: &Network) -> Tokens {
        Tokens {
            source: Source::Bytes,
            notes: Vec::new(),
            begin_token: network.begin_token,
            vocabulary: network.vocabulary.min(u32::MAX as usize) as u32,
            whole: (network.readout != Readout::NextToken).then_some(network.context),
        }
    }

    /// What the user should know of the tokenizer, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The ids of a text, with those before and behind it that the tokenizer adds, such as
    /// `[CLS] text [SEP]`; a network without a tokenizer has its begin token in front. For a network
    /// that reads texts whole they are cut to the context.
    ///
    /// # Errors
    /// If the tokenizer fails, or yields an id outside the vocabulary.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ReferenceError> {
        let ids: Vec<u32> = match &self.source {
            Source::Bytes => {
                let begin = if self.whole.is_some() { None } else { self.begin_token };
                let bytes = text.bytes().take(self.whole.unwrap_or(usize::MAX));
                let bytes = bytes.map(|byte| u32::from(byte) % self.vocabulary);
                begin.into_iter().chain(bytes).collect()
            }
            Source::File(tokenizer) => {
                let refused = |reason| ReferenceError::Text { what: "text", reason };
                // What stands around a text is what the tokenizer adds, not what the model's
                // configuration names.
                let encoding = contained(|| tokenizer.encode(text, true)).map_err(refused)?;
                let encoding = encoding.map_err(|error| refused(shown(&error.to_string())))?;
                encoding.get_ids().to_vec()
            }
        };
        match ids.iter().position(|&id| id >= self.vocabulary) {
            None => Ok(ids),
            Some(position) => Err(ReferenceError::TokenId {
                id: ids[position],
                position,
                vocabulary: self.vocabulary as usize,
            }),
        }
    }

    /// The text of ids. For byte tokens, which cannot be undone, the ids themselves.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub fn decode(&self, ids: &[u32]) -> Result<String, ReferenceError> {
        match &self.source {
            Source::Bytes => Ok(ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")),
            Source::File(tokenizer) => {
                let refused = |reason| ReferenceError::Text { what: "ids", reason };
                contained(|| tokenizer.decode(ids, true))
                    .map_err(refused)?
                    .map_err(|error| refused(shown(&error.to_string())))
            }
        }
    }
}

/// Cuts what the tokenizer yields to `limit` ids, the context. The limit of the file is no matter of
/// the model: transformers cuts only when asked.
fn frame(tokenizer: &mut Tokenizer, limit: usize) -> Result<(), String> {
    let frame = tokenizer.get_post_processor().map_or(0, |it| it.added_tokens(false));
    if limit <= frame {
        return Err(format!("its frame of {frame} tokens leaves no room in {limit} for a text"));
    }
    let truncation = TruncationParams { max_length: limit, ..TruncationParams::default() };
    tokenizer.with_truncation(Some(truncation)).map_err(|error| error.to_string())?;
    Ok(())
}

impl Tokens {
    /// The id of the token that marks a gap to be filled, if the tokenizer has one.
    pub fn mask(&self) -> Option<u32> {
        match &self.source {
            Source::Bytes => None,
            Source::File(tokenizer) => {
                ["[MASK]", "<mask>"].iter().find_map(|token| tokenizer.token_to_id(token))
            }
        }
    }

    /// Characters of `text` that its first ids stand for, the begin token standing for none.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub fn character_count(&self, text: &str, ids: &[u32]) -> Result<usize, ReferenceError> {
        match &self.source {
            Source::Bytes => {
                let bytes = ids.len() - self.begin_token.iter().len().min(ids.len());
                Ok(text.char_indices().take_while(|&(start, _)| start < bytes).count())
            }
            Source::File(_) => Ok(self.decode(ids)?.chars().count()),
        }
    }
}

/// Of a seeded vector one number in so many is not zero.
const SEEDED_SPARSE: u64 = 4;

/// Sparse vectors from a seed: binary spikes, or numbers of either sign.
pub fn seeded_vectors(input: &VectorInput, seed: u64, count: usize) -> Vec<Vec<i64>> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let span = 2 * input.most() as u64 + 1;
    let mut number = || match (stream.next_u64().is_multiple_of(SEEDED_SPARSE), input.bits) {
        (false, _) => 0,
        (true, 1) => 1,
        (true, _) => (stream.next_u64() % span) as i64 - input.most(),
    };
    (0..count).map(|_| (0..input.width).map(|_| number()).collect()).collect()
}

/// A text of `length` random ids for a network without a tokenizer, with its begin token in front.
pub fn seeded_ids(network: &Network, seed: u64, length: usize) -> Vec<u32> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let random = std::iter::repeat_with(|| (stream.next_u64() % network.vocabulary as u64) as u32);
    network.begin_token.into_iter().chain(random).take(length).collect()
}
