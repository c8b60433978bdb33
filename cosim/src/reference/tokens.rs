//! Text to token ids and back.

use super::ReferenceError;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::path::Path;
use tokenizers::Tokenizer;
use weights::network::Network;

/// A model's tokenizer.
pub struct Tokens {
    source: Source,
    begin_token: Option<u32>,
    vocabulary: u32,
}

enum Source {
    /// From `tokenizer.json`.
    File(Box<Tokenizer>),
    /// Bytes modulo the vocabulary, for networks without a tokenizer.
    Bytes,
}

/// Most bytes of a `tokenizer.json`.
const FILE_BYTES_MAX: u64 = 64 << 20;

impl Tokens {
    /// Reads `tokenizer.json` in the folder of a model.
    ///
    /// # Errors
    /// If the file is missing, too large or no tokenizer.
    pub fn open(folder: &Path, network: &Network) -> Result<Tokens, ReferenceError> {
        let name = "tokenizer.json";
        let failed = |reason: String| ReferenceError::Tokenizer { file: name.to_owned(), reason };
        let path = folder.join(name);
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => return Err(failed("it is no regular file".to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(failed("there is no such file".to_owned()));
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        if metadata.len() > FILE_BYTES_MAX {
            let bytes = metadata.len();
            return Err(failed(format!("it holds {bytes} bytes, the limit is {FILE_BYTES_MAX}")));
        }
        let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
        let tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| failed(error.to_string()))?;
        Ok(Tokens::from_source(Source::File(Box::new(tokenizer)), network))
    }

    /// Tokens for a network without a tokenizer: bytes modulo its vocabulary.
    pub fn bytes(network: &Network) -> Tokens {
        Tokens::from_source(Source::Bytes, network)
    }

    fn from_source(source: Source, network: &Network) -> Tokens {
        let vocabulary = network.vocabulary.min(u32::MAX as usize) as u32;
        Tokens { source, begin_token: network.begin_token, vocabulary }
    }

    /// The ids of a text, with the model's begin token in front.
    ///
    /// # Errors
    /// If the tokenizer fails, or yields an id outside the vocabulary.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ReferenceError> {
        let mut ids: Vec<u32> = self.begin_token.into_iter().collect();
        match &self.source {
            Source::Bytes => ids.extend(text.bytes().map(|byte| u32::from(byte) % self.vocabulary)),
            Source::File(tokenizer) => {
                let refused = |reason| ReferenceError::Text { what: "text", reason };
                // The begin token comes from the model's configuration: some files add it, some not.
                let encoding =
                    tokenizer.encode(text, false).map_err(|error| refused(error.to_string()))?;
                ids.extend(encoding.get_ids());
            }
        }
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
            Source::File(tokenizer) => tokenizer
                .decode(ids, true)
                .map_err(|error| ReferenceError::Text { what: "ids", reason: error.to_string() }),
        }
    }
}

impl Tokens {
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

/// A text of `length` random ids for a network without a tokenizer, with its begin token in front.
pub fn seeded_ids(network: &Network, seed: u64, length: usize) -> Vec<u32> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let random = std::iter::repeat_with(|| (stream.next_u64() % network.vocabulary as u64) as u32);
    network.begin_token.into_iter().chain(random).take(length).collect()
}
