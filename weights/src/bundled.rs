//! The model that comes with the program.
//!
//! A folder called `bundled:<model>` is none of the disk: its files are part of the program, and
//! importers read them as they read any folder.

use std::path::Path;

/// The folder of the bundled model.
pub const MODEL: &str = "bundled:spikegpt-tiny";

/// What its text begins with where nobody says.
pub const PROMPT: &str = "First Citizen:";

const PREFIX: &str = "bundled:";

/// A file: its name and its bytes.
type File = (&'static str, &'static [u8]);

const SPIKEGPT_TINY: [File; 4] = [
    ("config.json", include_bytes!("../models/spikegpt-tiny/config.json")),
    ("model.safetensors", include_bytes!("../models/spikegpt-tiny/model.safetensors")),
    ("tokenizer.json", include_bytes!("../models/spikegpt-tiny/tokenizer.json")),
    ("tokenizer_config.json", include_bytes!("../models/spikegpt-tiny/tokenizer_config.json")),
];

/// The files of a bundled folder; nothing for a folder of the disk.
pub fn files(folder: &Path) -> Option<&'static [File]> {
    (folder.to_str() == Some(MODEL)).then_some(&SPIKEGPT_TINY)
}

/// The name of the model in a folder: that of the folder itself.
pub fn name(folder: &Path) -> String {
    let bundled = folder.to_str().and_then(|text| text.strip_prefix(PREFIX));
    if let (Some(name), Some(_)) = (bundled, files(folder)) {
        return name.to_owned();
    }
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    absolute.file_name().unwrap_or("model".as_ref()).to_string_lossy().into_owned()
}
