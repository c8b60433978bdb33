//! GGUF: one file with the dimensions, the tokenizer and the matrices of a model.
//!
//! ```text
//! "GGUF" | version | counts | metadata: key, type, value | tensors: name, shape, type, offset
//!   ─► padding to the alignment ─► data
//! ```
//!
//! Ternary types become integers where every block of a row has the row's scale; all others are
//! floats. Rows of queries and keys stand in the order of neighbouring pairs in files of
//! architecture `llama` and are put into that of transformers, so that both layouts of one model
//! give one model.
//!
//! Format: `docs/gguf.md` and `ggml-quants.c` of ggml; I2_S from `ggml-bitnet-mad.cpp` of BitNet.

mod blocks;
mod cursor;
mod file;
mod metadata;
mod model;
mod tokenizer;

pub use model::GgufModel;

use super::{ImportError, Limits};
use crate::llama::LlamaShape;
use file::GgufFile;
use std::path::Path;

/// Whether a path is that of a GGUF file, by its ending.
pub fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf"))
}

/// The text of a `tokenizer.json` for the tokenizer of a GGUF file with `vocabulary` ids.
pub(super) fn tokenizer_of(path: &Path, vocabulary: usize) -> Result<String, ImportError> {
    let file = GgufFile::open(path, &Limits::default())?;
    tokenizer::json(&file, vocabulary)?.ok_or_else(|| ImportError::Tokenizer {
        file: file.name.clone(),
        reason: "the file names no `tokenizer.ggml.model`".to_owned(),
    })
}

/// The dimensions that the first bytes of a GGUF file give; nothing where those are not enough.
///
/// A fault is left to the import, which names it.
pub(super) fn shape_of(path: &Path) -> Option<LlamaShape> {
    /// Metadata of most files take less than the first, and those of the largest vocabularies a
    /// quarter of the last.
    const BEGINNINGS: [u64; 3] = [1 << 20, 8 << 20, 64 << 20];
    BEGINNINGS.into_iter().find_map(|bytes| {
        let file = GgufFile::open_beginning(path, &Limits::default(), bytes).ok()?;
        model::shape_of(&file).ok()
    })
}

/// Imports a GGUF file.
///
/// # Errors
/// The first thing that is wrong, with its place and a remedy.
pub fn import_gguf(path: &Path) -> Result<GgufModel, ImportError> {
    import_gguf_within(path, &Limits::default())
}

/// [`import_gguf`] within other limits.
///
/// # Errors
/// As [`import_gguf`].
pub fn import_gguf_within(path: &Path, limits: &Limits) -> Result<GgufModel, ImportError> {
    let file = GgufFile::open(path, limits)?;
    model::read(&file)
}
