//! The folder that `quantise` writes: whole or not at all.

use crate::pipeline::PipelineError;
use anyhow::bail;
use std::fs::{self, File};
use std::io::Error;
use std::path::{Path, PathBuf};
use weights::files::read_regular;
use weights::import::{is_gguf, tokenizer};
use weights::shown::shown_path;

/// Files that go with a model as they are.
const KEPT: [&str; 6] = [
    "added_tokens.json",
    "generation_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
];
/// Most bytes of one of them.
const KEPT_BYTES_MAX: u64 = 64 << 20;

/// A folder in the making, beside the place where it goes.
///
/// It has one name for one place, so that what a killed run left is swept by the next, and a lock,
/// so that the next is none that runs beside it.
pub(super) struct Staged {
    out: PathBuf,
    staging: PathBuf,
    _lock: File,
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(Error) -> PipelineError + use<> {
    PipelineError::file(doing, path, "choose another --out, or make room there")
}

/// Refuses a place where something is.
pub(super) fn require_free(out: &Path) -> anyhow::Result<()> {
    if fs::symlink_metadata(out).is_ok() {
        bail!(
            "`{}` exists already\n  = give --out a folder that does not exist, or remove that one",
            shown_path(out)
        );
    }
    Ok(())
}

impl Staged {
    /// Begins a folder; nothing is at `out` before [`publish`](Staged::publish).
    pub(super) fn begin(out: &Path) -> anyhow::Result<Staged> {
        let Some(name) = out.file_name() else {
            bail!("`{}` names no folder\n  = give --out the name of a new folder", shown_path(out));
        };
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(failed("create", parent))?;
        let staging = parent.join(format!(".{}.quantise", name.to_string_lossy()));
        fs::create_dir_all(&staging).map_err(failed("create", &staging))?;
        let lock = staging.join("lock");
        let lock = File::create(&lock).map_err(failed("write", &lock))?;
        if lock.try_lock().is_err() {
            bail!(
                "another run is writing to `{}`\n  = wait for it, or choose another --out",
                shown_path(out)
            );
        }
        let staged = Staged { out: out.to_owned(), staging, _lock: lock };
        let model = staged.folder();
        if model.exists() {
            fs::remove_dir_all(&model).map_err(failed("sweep", &model))?;
        }
        fs::create_dir(&model).map_err(failed("create", &model))?;
        Ok(staged)
    }

    /// Where its files go.
    pub(super) fn folder(&self) -> PathBuf {
        self.staging.join("model")
    }

    /// Adds a file.
    pub(super) fn add(&self, name: &str, bytes: &[u8]) -> Result<(), PipelineError> {
        let path = self.folder().join(name);
        fs::write(&path, bytes).map_err(failed("write", &path))
    }

    /// Adds the tokenizer of a model with `vocabulary` ids, and what else goes along with it.
    pub(super) fn add_kept(&self, model: &Path, vocabulary: usize) -> anyhow::Result<()> {
        if is_gguf(model) {
            // A file without a tokenizer makes a folder without one.
            if let Ok(file) = tokenizer(model, vocabulary) {
                self.add("tokenizer.json", file.json.as_bytes())?;
            }
            return Ok(());
        }
        for name in KEPT {
            let from = model.join(name);
            if from.exists() {
                let remedy = "the folder of the model must hold it, readable";
                let bytes = read_regular(&from, KEPT_BYTES_MAX);
                self.add(name, &bytes.map_err(PipelineError::file("read", &from, remedy))?)?;
            }
        }
        Ok(())
    }

    /// Puts the folder in its place in one step.
    pub(super) fn publish(self) -> anyhow::Result<()> {
        // Something may have been put there meanwhile.
        require_free(&self.out)?;
        Ok(fs::rename(self.folder(), &self.out).map_err(failed("write", &self.out))?)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What cannot be removed is swept by the next run.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_and_once() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("deep/model");
        let staged = Staged::begin(&out).unwrap();
        staged.add("config.json", b"{}").unwrap();
        let beside = Staged::begin(&out).err().unwrap().to_string();
        assert!(beside.contains("another run"), "{beside}");
        assert!(!out.exists());
        staged.publish().unwrap();
        assert_eq!(fs::read(out.join("config.json")).unwrap(), b"{}");
        let names = || fs::read_dir(out.parent().unwrap()).unwrap().count();
        assert_eq!(names(), 1);
        assert!(require_free(&out).unwrap_err().to_string().contains("exists already"));
        drop(Staged::begin(&place.path().join("deep/other")).unwrap());
        assert_eq!(names(), 1, "a run that fails leaves nothing");
    }

    #[test]
    fn what_a_killed_run_left_is_swept() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join(".model.quantise/model");
        fs::create_dir_all(&left).unwrap();
        fs::write(left.join("model.safetensors"), b"half").unwrap();
        let staged = Staged::begin(&place.path().join("model")).unwrap();
        assert_eq!(fs::read_dir(staged.folder()).unwrap().count(), 0);
    }
}
