//! The per-user folder that keeps installed tools and compiled models between runs.
//!
//! ```text
//!  <cache>/python/<package>-<version>/   private virtual environments
//!  <cache>/runtime/<key>/                object files of Verilator's run-time library
//!  <cache>/models/<key>/                 compiled models, least recently used leave first
//!  <cache>/locks/  <cache>/logs/
//! ```
//!
//! Everything in it can be deleted at any time; it is made again when needed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::{AtPath, ToolError};

/// Names the cache folder, before `$XDG_CACHE_HOME/spikewright` and `$HOME/.cache/spikewright`.
pub const CACHE_VARIABLE: &str = "SPIKEWRIGHT_CACHE";

/// Unfinished folders carry this prefix until they are renamed into place.
const UNFINISHED: &str = ".new-";

/// Nothing younger than this is ever removed, so that no running process loses its files.
const SAFE_AGE: Duration = Duration::from_secs(3600);

/// The cache folder. Cheap to clone; safe to use from many threads and processes at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// Holds a lock of the cache until it is dropped.
#[derive(Debug)]
pub(crate) struct CacheLock {
    _file: File,
}

impl Cache {
    /// The cache folder of this user, from the environment.
    ///
    /// # Errors
    /// [`ToolError::NoCacheFolder`] if the environment names no folder at all.
    pub fn of_user() -> Result<Self, ToolError> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let root = if let Some(folder) = variable(CACHE_VARIABLE) {
            PathBuf::from(folder)
        } else if let Some(folder) = variable("XDG_CACHE_HOME") {
            Path::new(&folder).join("spikewright")
        } else if let Some(folder) = variable("HOME") {
            Path::new(&folder).join(".cache/spikewright")
        } else {
            return Err(ToolError::NoCacheFolder);
        };
        Self::at(&root)
    }

    /// A cache in a folder of the caller's choice.
    ///
    /// # Errors
    /// [`ToolError::File`] if a relative path cannot be made absolute.
    pub fn at(root: &Path) -> Result<Self, ToolError> {
        Ok(Self { root: std::path::absolute(root).at("resolve", root)? })
    }

    /// The folder itself; it may not exist yet.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A subfolder, made if it does not exist.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, ToolError> {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).at("create", &folder)?;
        Ok(folder)
    }

    /// Waits for the lock of that name and holds it; other names do not wait.
    pub(crate) fn lock(&self, name: &str) -> Result<CacheLock, ToolError> {
        let path = self.folder("locks")?.join(format!("{name}.lock"));
        let file = File::create(&path).at("create", &path)?;
        file.lock().at("lock", &path)?;
        Ok(CacheLock { _file: file })
    }

    /// A new folder for something that [`publish`](Self::publish) moves into `area` once it is
    /// whole. It vanishes if it is dropped before that.
    pub(crate) fn unfinished(&self, area: &str) -> Result<tempfile::TempDir, ToolError> {
        let folder = self.folder(area)?;
        tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&folder).at("create", &folder)
    }

    /// Moves a finished folder into place. If another process was faster, its result stays: the
    /// names are content keys, so both are the same.
    pub(crate) fn publish(finished: tempfile::TempDir, target: &Path) -> Result<(), ToolError> {
        match fs::rename(finished.path(), target) {
            Ok(()) => {
                // The folder has moved: there is nothing left for the guard to remove.
                let _moved = finished.keep();
                Ok(())
            }
            Err(_) if target.is_dir() => Ok(()),
            Err(source) => Err(ToolError::File { doing: "create", path: target.into(), source }),
        }
    }

    /// Notes that an entry was used now, for [`prune`](Self::prune).
    pub(crate) fn touch(file: &Path) {
        // A cache that cannot be written to still serves; the entry only looks older than it is.
        if let Ok(file) = File::options().append(true).open(file) {
            let _ = file.set_modified(SystemTime::now());
        }
    }

    /// Removes the least recently used entries of `area` until it holds at most `bytes_max`.
    ///
    /// `witness` is the file in each entry whose age counts. Failures are ignored: this is
    /// housekeeping, and another process may be doing the same.
    pub(crate) fn prune(&self, area: &str, witness: &str, bytes_max: u64) {
        let Ok(listing) = fs::read_dir(self.root.join(area)) else { return };
        let mut entries = Vec::new();
        for folder in listing.flatten().map(|entry| entry.path()) {
            let used = [folder.join(witness), folder.clone()]
                .iter()
                .find_map(|path| fs::metadata(path).and_then(|data| data.modified()).ok());
            let Some(used) = used else { continue };
            let unfinished = folder
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
            let age = SystemTime::now().duration_since(used).unwrap_or_default();
            if unfinished && age > 24 * SAFE_AGE {
                let _ = fs::remove_dir_all(&folder);
            } else if !unfinished {
                entries.push((used, age, bytes_in(&folder), folder));
            }
        }
        let mut bytes: u64 = entries.iter().map(|entry| entry.2).sum();
        entries.sort();
        for (_, age, size, folder) in entries {
            if bytes <= bytes_max || age < SAFE_AGE {
                break;
            }
            let _ = fs::remove_dir_all(&folder);
            bytes -= size;
        }
    }
}

/// Size of the files directly in a folder.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(listing) = fs::read_dir(folder) else { return 0 };
    listing.flatten().filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum()
}

/// A digest of several texts; where one ends and the next begins counts.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backdate(path: &Path, hours: u32) {
        let time = SystemTime::now() - hours * SAFE_AGE;
        File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn the_least_recently_used_entries_leave_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        for (name, hours) in [("a", 3), ("b", 4), ("c", 2), ("d", 0)] {
            let entry = cache.folder("models").unwrap().join(name);
            fs::create_dir(&entry).unwrap();
            fs::write(entry.join("model.so"), [0; 100]).unwrap();
            backdate(&entry.join("model.so"), hours);
        }
        Cache::touch(&folder.path().join("models/b/model.so"));
        cache.prune("models", "model.so", 350);
        let left = |name: &str| folder.path().join("models").join(name).is_dir();
        assert_eq!([left("a"), left("b"), left("c"), left("d")], [false, true, true, true]);

        // What was used within the last hour stays, whatever the bound.
        cache.prune("models", "model.so", 0);
        assert_eq!([left("b"), left("c"), left("d")], [true, false, true]);
    }

    #[test]
    fn a_dropped_unfinished_folder_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let unfinished = cache.unfinished("models").unwrap();
        fs::write(unfinished.path().join("model.so"), "half").unwrap();
        drop(unfinished);
        assert_eq!(fs::read_dir(folder.path().join("models")).unwrap().count(), 0);
    }

    #[test]
    fn the_first_publisher_wins() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let target = folder.path().join("models/key");
        for text in ["first", "second"] {
            let unfinished = cache.unfinished("models").unwrap();
            fs::write(unfinished.path().join("log"), text).unwrap();
            Cache::publish(unfinished, &target).unwrap();
        }
        assert_eq!(fs::read_to_string(target.join("log")).unwrap(), "first");
        assert_eq!(fs::read_dir(folder.path().join("models")).unwrap().count(), 1);
    }

    #[test]
    fn keys_depend_on_content_and_on_its_borders() {
        assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
        assert_ne!(digest(&["ab", ""]), digest(&["a", "b"]));
        assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
        // A key is a promise to caches that exist: it must not change by accident.
        assert_eq!(&digest(&["top", "module top; endmodule"])[..16], "7563ae777ee81114");
    }
}
