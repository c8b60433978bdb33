//! The last stage: `build/<name>`, whole or not at all.

use super::PipelineError;
use crate::tools::Tool;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file that tells our folders from others, and one run from another.
const MANIFEST: &str = "manifest.json";
/// The folder of the boards, which each have a manifest of their own and outlive a run.
const BOARDS: &str = "synth";
/// The folder of an exploration, which has one too.
pub(crate) const EXPLORATION: &str = "explore";
/// What outlives a run.
const KEPT: [&str; 2] = [BOARDS, EXPLORATION];
/// What `generator` says in it.
const GENERATOR: &str = "spikewright";

/// A tool that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolVersion {
    /// Name of the tool.
    pub name: String,
    /// Its version as it prints it.
    pub version: String,
}

impl ToolVersion {
    /// A tool as a report names it.
    pub fn of(tool: &Tool) -> ToolVersion {
        ToolVersion { name: tool.name.name().to_owned(), version: tool.version.clone() }
    }
}

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Path inside the folder, with `/`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The files of one folder.
#[derive(Clone, Debug)]
pub struct Outputs {
    folder: PathBuf,
    files: Vec<Output>,
}

/// The content of `manifest.json`.
#[derive(Serialize, Deserialize)]
struct Manifest {
    generator: String,
    version: String,
    name: String,
    files: BTreeMap<String, Entry>,
    tools: Vec<ToolVersion>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    bytes: usize,
    blake3: String,
}

impl Entry {
    fn of(bytes: &[u8]) -> Entry {
        Entry { bytes: bytes.len(), blake3: blake3::hash(bytes).to_hex().to_string() }
    }
}

impl Manifest {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("strings and integers always serialise");
        bytes.push(b'\n');
        bytes
    }
}

/// The error of a file of the folder.
fn failed(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> PipelineError + use<> {
    PipelineError::file(doing, path, "choose another --out, or make room there")
}

impl Outputs {
    /// Outputs for `<out>/<name>`, of which nothing exists before [`write`](Outputs::write).
    ///
    /// # Errors
    /// If something is there that is not ours to replace.
    pub fn new(out: &Path, name: &str) -> Result<Outputs, PipelineError> {
        let outputs = Outputs { folder: out.join(name), files: Vec::new() };
        outputs.require_ours()?;
        Ok(outputs)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.files.push(Output { path: path.to_owned(), bytes: bytes.into() });
    }

    /// How many files there are, the manifest included.
    pub fn file_count(&self) -> usize {
        self.files.len() + 1
    }

    /// Writes everything beside the folder and moves it into place; an earlier run of ours is
    /// replaced.
    ///
    /// # Errors
    /// If a file cannot be written, or the folder belongs to someone else by now.
    pub fn write(&self, tools: &[ToolVersion]) -> Result<(), PipelineError> {
        let out = self.folder.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(out).map_err(failed("create", out))?;
        let temporary = |prefix: &str| {
            tempfile::Builder::new().prefix(prefix).tempdir_in(out).map_err(failed("create", out))
        };
        let new = temporary(".new-")?;
        // A temporary folder is closed to others; this one becomes a plain one.
        let inside = new.path().join("folder");
        for file in self.files.iter().chain([&self.manifest(tools)]) {
            let path = inside.join(&file.path);
            let parent = path.parent().unwrap_or(&inside);
            fs::create_dir_all(parent).map_err(failed("create", parent))?;
            fs::write(&path, &file.bytes).map_err(failed("write", &path))?;
        }
        self.require_ours()?;
        let old = temporary(".old-")?;
        if self.folder.exists() {
            let place = old.path().join("folder");
            fs::rename(&self.folder, &place).map_err(failed("replace", &self.folder))?;
            for name in KEPT.into_iter().filter(|name| place.join(name).is_dir()) {
                let kept = inside.join(name);
                fs::rename(place.join(name), &kept).map_err(failed("create", &kept))?;
            }
        }
        fs::rename(&inside, &self.folder).map_err(failed("create", &self.folder))
    }

    fn manifest(&self, tools: &[ToolVersion]) -> Output {
        let name = self.folder.file_name().and_then(|name| name.to_str());
        let entry = |file: &Output| (file.path.clone(), Entry::of(&file.bytes));
        let manifest = Manifest {
            generator: GENERATOR.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: name.unwrap_or_default().to_owned(),
            files: self.files.iter().map(entry).collect(),
            tools: tools.to_vec(),
        };
        Output { path: MANIFEST.to_owned(), bytes: manifest.to_bytes() }
    }

    /// Whether a folder was written by this program.
    pub fn is_ours(folder: &Path) -> bool {
        let manifest = fs::read(folder.join(MANIFEST)).unwrap_or_default();
        let value: serde_json::Value = serde_json::from_slice(&manifest).unwrap_or_default();
        value["generator"] == GENERATOR
    }

    /// Replaces one file of a folder of ours, or adds it, and notes it in the manifest.
    ///
    /// # Errors
    /// If the folder is not ours, or a file cannot be written.
    pub fn replace(folder: &Path, name: &str, bytes: Vec<u8>) -> Result<(), PipelineError> {
        let path = folder.join(MANIFEST);
        let text = fs::read(&path).map_err(failed("read", &path))?;
        let Ok(mut manifest) = serde_json::from_slice::<Manifest>(&text) else {
            return Err(PipelineError::Foreign { path: folder.to_owned() });
        };
        manifest.files.insert(name.to_owned(), Entry::of(&bytes));
        put(folder, name, &bytes)?;
        put(folder, MANIFEST, &manifest.to_bytes())
    }

    /// Whether nothing but what outlives a run was ever written here.
    fn holds_kept_only(&self) -> bool {
        let Ok(listing) = fs::read_dir(&self.folder) else { return false };
        let mut names = listing.flatten().map(|entry| entry.file_name()).peekable();
        names.peek().is_some() && names.all(|name| KEPT.iter().any(|kept| name == *kept))
    }

    /// Refuses to replace what we did not write.
    fn require_ours(&self) -> Result<(), PipelineError> {
        let foreign = || Err(PipelineError::Foreign { path: self.folder.clone() });
        match fs::symlink_metadata(&self.folder) {
            Err(_) => return Ok(()),
            Ok(metadata) if !metadata.is_dir() => return foreign(),
            Ok(_) => {}
        }
        let ours = Outputs::is_ours(&self.folder) || self.holds_kept_only();
        if ours { Ok(()) } else { foreign() }
    }
}

/// Writes a file beside its place and moves it there.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), PipelineError> {
    let path = folder.join(name);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("write", &path))?;
    file.write_all(bytes).map_err(failed("write", &path))?;
    // A temporary file is closed to others; this one becomes a plain one.
    let permissions = fs::metadata(folder.join(MANIFEST)).map(|metadata| metadata.permissions());
    fs::set_permissions(file.path(), permissions.map_err(failed("read", &path))?)
        .map_err(failed("write", &path))?;
    file.persist(&path).map(drop).map_err(|error| failed("write", &path)(error.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(out: &Path, name: &str, file: &str) {
        let mut outputs = Outputs::new(out, name).unwrap();
        outputs.add(file, "text");
        outputs.write(&[]).unwrap();
    }

    #[test]
    fn boards_come_before_a_run_and_outlive_it() {
        let out = tempfile::tempdir().unwrap();
        let boards = out.path().join("design").join(BOARDS);
        write(&boards, "board", "synth.json");
        let is_there = |name: &str| out.path().join("design").join(name).is_file();
        for _ in 0..2 {
            write(out.path(), "design", "0-config.toml");
            assert!(is_there("0-config.toml") && is_there("synth/board/synth.json"));
        }
        // What someone else put beside the boards is not ours to replace.
        let foreign = out.path().join("other");
        fs::create_dir_all(foreign.join(BOARDS)).unwrap();
        fs::write(foreign.join("thesis.txt"), "the only copy").unwrap();
        assert!(matches!(Outputs::new(out.path(), "other"), Err(PipelineError::Foreign { .. })));
    }
}
