//! Folders that hold a small valid model, to be changed by a test.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use weights::import::{Imported, Limits, archive, export, import_within};
use weights::network::{AttentionShape, BitnetShape, Network};
use weights::sample;

/// The smallest network with grouped heads.
#[allow(dead_code, reason = "each test file uses some of it")]
pub(crate) fn tiny_network() -> Network {
    let attention = AttentionShape { heads: 2, key_value_heads: 1, head_width: 4, causal: true };
    let shape = BitnetShape {
        width: 8,
        hidden: 12,
        blocks: 1,
        attention,
        vocabulary: 8,
        context: 16,
        ..sample::shape()
    };
    sample::network_of(1, &shape)
}

/// A folder that is removed with this value.
pub(crate) struct Folder(PathBuf);

#[allow(dead_code, reason = "each test file uses some of it")]
impl Folder {
    /// An empty folder; `case` is unique among the tests of a file.
    pub(crate) fn new(case: &str) -> Folder {
        let name = format!("{case}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// A folder that holds `network` as a Hugging Face model.
    pub(crate) fn with_network(case: &str, network: &Network) -> Folder {
        let folder = Folder::new(case);
        export(network, folder.path()).unwrap();
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.0.join(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, bytes: &[u8]) {
        fs::write(self.0.join(file), bytes).unwrap();
    }

    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.0.join(file)).unwrap();
    }

    /// Changes the configuration as JSON.
    pub(crate) fn change_config(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut config = serde_json::from_slice(&self.read("config.json")).unwrap();
        change(&mut config);
        self.write("config.json", config.to_string().as_bytes());
    }

    /// Changes the tensors of a well-formed weight file.
    pub(crate) fn change_tensors(&self, change: impl FnOnce(&mut archive::Archive)) {
        let mut tensors = archive::from_bytes(&self.read("model.safetensors")).unwrap();
        change(&mut tensors);
        self.write("model.safetensors", &archive::to_bytes(&tensors).unwrap());
    }

    /// Changes the text of the header and the data behind it, without any check.
    pub(crate) fn change_raw(&self, change: impl FnOnce(&mut String, &mut Vec<u8>)) {
        let (mut header, mut data) = archive::disassemble(&self.read("model.safetensors"));
        change(&mut header, &mut data);
        self.write("model.safetensors", &archive::assemble(&header, &data));
    }
}

/// Imports a folder, with notes.
#[allow(dead_code, reason = "each test file uses some of it")]
pub(crate) fn read(folder: &Folder) -> Result<Imported, String> {
    import_within(folder.path(), &Limits::default()).map_err(|error| error.to_string())
}

/// The import of a changed folder.
#[allow(dead_code, reason = "each test file uses some of it")]
pub(crate) fn changed(case: &str, change: impl FnOnce(&Folder)) -> Result<Imported, String> {
    let folder = Folder::with_network(case, &tiny_network());
    change(&folder);
    read(&folder)
}

/// The import of a folder with another configuration.
#[allow(dead_code, reason = "each test file uses some of it")]
pub(crate) fn with_config(case: &str, change: impl FnOnce(&mut Value)) -> Result<Imported, String> {
    changed(case, |folder| folder.change_config(change))
}

/// Requires a refusal whose message names something.
#[track_caller]
#[allow(dead_code, reason = "each test file uses some of it")]
pub(crate) fn assert_refused(result: Result<Imported, String>, naming: &str) {
    let message = result.expect_err(naming);
    assert!(message.contains(naming), "`{naming}` is not in: {message}");
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind harms no other test.
        let _ = fs::remove_dir_all(&self.0);
    }
}
