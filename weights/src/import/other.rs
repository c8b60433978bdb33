//! What a folder holds instead of the files that are read, and how to get from there to here.

use super::{ImportError, folder};
use std::path::Path;

/// How to get safetensors out of weights that transformers reads.
const SAVE: &str = "load the model in transformers and write it with save_pretrained, which makes \
                    config.json and model.safetensors";

/// Endings of weight files that are not read, with the way out.
const WEIGHTS: [(&str, &str); 9] = [
    (".gguf", "give the GGUF file itself instead of its folder"),
    (".bin", SAVE),
    (".pth", SAVE),
    (".pt", SAVE),
    (".ckpt", SAVE),
    (".msgpack", SAVE),
    (".h5", SAVE),
    (".npz", SAVE),
    (
        ".safetensors",
        "rename it to model.safetensors if it holds the model under the names of \
                      transformers; else convert it to that layout",
    ),
];

/// The error of a folder without weights that are read.
pub(super) fn no_weights(path: &Path, missing: &str) -> ImportError {
    let names = folder::names(path);
    for (ending, remedy) in WEIGHTS {
        if let Some(found) = names.iter().find(|name| name.ends_with(ending)) {
            let (found, missing) = (found.clone(), missing.to_owned());
            return ImportError::OtherWeights { found, missing, remedy };
        }
    }
    let reason = "there is no such file".to_owned();
    ImportError::File { file: missing.to_owned(), reason }
}
