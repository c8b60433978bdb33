//! The last stage: `build/<name>`, whole or not at all.

mod exchange;
mod manifest;
#[cfg(test)]
mod tests;

pub(crate) use manifest::{BOARDS, EXPLORATION};
pub use manifest::{Output, ToolVersion};

use super::PipelineError;
use exchange::{Exchange, is_inside};
use manifest::{Entry, GENERATOR, MANIFEST, Manifest, failed};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of one folder.
#[derive(Clone, Debug)]
pub struct Outputs {
    folder: PathBuf,
    files: Vec<Output>,
    /// The folder of the model, if there is one.
    model: Option<PathBuf>,
}

impl Outputs {
    /// Outputs for `<out>/<name>`, of which nothing exists before [`write`](Outputs::write).
    ///
    /// # Errors
    /// If something is there that is not ours to replace.
    pub fn new(out: &Path, name: &str) -> Result<Outputs, PipelineError> {
        let outputs = Outputs { folder: out.join(name), files: Vec::new(), model: None };
        outputs.require_ours()?;
        Ok(outputs)
    }

    /// The same, of the model in that folder.
    ///
    /// # Errors
    /// If there are outputs of a model in another folder, whose name is only the same.
    pub fn of_model(self, model: Option<&Path>) -> Result<Outputs, PipelineError> {
        let model = model.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let outputs = Outputs { model, ..self };
        outputs.require_same_model()?;
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

    /// Writes everything beside what is there and then goes from the one to the other in one step.
    ///
    /// # Errors
    /// If a file cannot be written, or the folder belongs to someone else by now.
    pub fn write(&self, tools: &[ToolVersion]) -> Result<(), PipelineError> {
        self.require_ours()?;
        let mut exchange = Exchange::begin(&self.folder)?;
        // Another process may have been first.
        self.require_ours()?;
        self.require_same_model()?;
        let manifest = self.manifest(tools);
        let digest = blake3::hash(&manifest.bytes).to_hex();
        let files: Vec<&Output> = self.files.iter().chain([&manifest]).collect();
        exchange.replace(&files, &digest, self.model.as_deref(), false)
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
        Manifest::read(folder).is_some()
    }

    /// Replaces one file of a folder of ours, or adds it, and notes it in the manifest.
    ///
    /// # Errors
    /// If the folder is not ours, or a file cannot be written.
    pub fn replace(folder: &Path, name: &str, bytes: Vec<u8>) -> Result<(), PipelineError> {
        let mut exchange = Exchange::begin(folder)?;
        let Some(mut manifest) = Manifest::read(folder) else {
            return Err(PipelineError::Foreign { path: folder.to_owned() });
        };
        manifest.files.insert(name.to_owned(), Entry::of(&bytes));
        let page = Output { path: name.to_owned(), bytes };
        let manifest = Output { path: MANIFEST.to_owned(), bytes: manifest.to_bytes() };
        let digest = blake3::hash(&manifest.bytes).to_hex();
        let model = exchange::model_of(folder);
        exchange.replace(&[&page, &manifest], &digest, model.as_deref(), true)
    }

    /// Requires that the files of a folder of ours are those that its manifest names, but for
    /// `except`, which is made of them.
    ///
    /// # Errors
    /// If the folder is not ours, or a file is missing or another one than was written.
    pub fn require_whole(folder: &Path, except: Option<&str>) -> Result<(), PipelineError> {
        let Some(manifest) = Manifest::read(folder) else {
            return Err(PipelineError::Foreign { path: folder.to_owned() });
        };
        for (path, entry) in manifest.files.iter().filter(|(path, _)| Some(path.as_str()) != except)
        {
            let wrong = |reason: &str| {
                Err(PipelineError::Altered { path: folder.join(path), reason: reason.to_owned() })
            };
            if !is_inside(path) {
                return wrong("is no path inside the folder");
            }
            let metadata = match fs::metadata(folder.join(path)) {
                Ok(metadata) if metadata.is_file() => metadata,
                Ok(_) => return wrong("is no regular file"),
                Err(_) => return wrong("is missing"),
            };
            let (found, noted) = (metadata.len(), entry.bytes as u64);
            if found != noted {
                return wrong(&format!("holds {found} bytes, the manifest says {noted}"));
            }
            let bytes = fs::read(folder.join(path)).map_err(failed("read", &folder.join(path)))?;
            if Entry::of(&bytes).blake3 != entry.blake3 {
                return wrong("has another content than the manifest says");
            }
        }
        Ok(())
    }

    /// Refuses to replace what we did not write.
    fn require_ours(&self) -> Result<(), PipelineError> {
        let foreign = || Err(PipelineError::Foreign { path: self.folder.clone() });
        match fs::symlink_metadata(&self.folder) {
            Err(_) => return Ok(()),
            Ok(metadata) if !metadata.is_dir() => return foreign(),
            Ok(_) => {}
        }
        let ours = Outputs::is_ours(&self.folder) || exchange::holds_own_only(&self.folder);
        if ours { Ok(()) } else { foreign() }
    }

    /// Refuses to replace the outputs of another model.
    fn require_same_model(&self) -> Result<(), PipelineError> {
        match (exchange::model_of(&self.folder), &self.model) {
            (Some(other), Some(model)) if other != *model => {
                Err(PipelineError::OtherModel { path: self.folder.clone(), model: other })
            }
            _ => Ok(()),
        }
    }
}
