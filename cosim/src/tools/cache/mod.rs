//! The per-user folder that keeps installed tools and compiled models between runs.
//!
//! ```text
//!  <cache>/python/<package>-<version>+…/  private virtual environments
//!  <cache>/runtime/<key>/                object files of Verilator's run-time library
//!  <cache>/models/<key>/                 compiled models, least recently used leave first
//!  <cache>/locks/  <cache>/logs/
//! ```
//!
//! Everything in it can be deleted at any time; it is made again when needed.
//!
//! Code from here is run, so the folder is closed to others, and an entry is used only if nobody
//! else can have changed it and it holds exactly what was put into it. Every other is made again.

mod seal;
#[cfg(test)]
mod tests;

pub(crate) use seal::is_ours_alone;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::error::{AtPath, ToolError};
use super::held::Held;

/// Names the cache folder, before `$XDG_CACHE_HOME/spikewright` and `$HOME/.cache/spikewright`.
pub const CACHE_VARIABLE: &str = "SPIKEWRIGHT_CACHE";

/// What the cache holds.
const AREAS: [&str; 9] =
    ["python", "runtime", "models", "locks", "logs", "synth", "place", "netlists", "bench"];

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
        self.close()?;
        let folder = self.root.join(name);
        seal::private_folder(&folder)?;
        Ok(folder)
    }

    /// Makes the folder itself, closed to others. One that holds something else too is not ours to
    /// close: it must be closed already.
    fn close(&self) -> Result<(), ToolError> {
        // The user may well have put it elsewhere by a link of his own.
        let root = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let is_area = |name: &std::ffi::OsStr| AREAS.iter().any(|area| name == *area);
        let shared = fs::read_dir(&root)
            .is_ok_and(|listing| listing.flatten().any(|entry| !is_area(&entry.file_name())));
        match shared && is_ours_alone(&root) {
            true => Ok(()),
            false if shared => Err(ToolError::Unsafe {
                path: root,
                reason: "belongs to another user or can be written by others, and holds more than \
                         this program put there",
            }),
            false => seal::private_folder(&root),
        }
    }

    /// Whether an entry is there, ours alone, and holds what was put into it.
    pub(crate) fn is_whole(entry: &Path) -> bool {
        seal::check(entry).is_ok()
    }

    /// Waits for the lock of that name and holds it; other names do not wait.
    pub(crate) fn lock(&self, name: &str) -> Result<CacheLock, ToolError> {
        let path = self.folder("locks")?.join(format!("{name}.lock"));
        let file = File::create(&path).at("create", &path)?;
        file.lock().at("lock", &path)?;
        Ok(CacheLock { _file: file })
    }

    /// A new folder for something that [`publish`](Self::publish) moves into `area` once it is
    /// whole. It vanishes if it is dropped before that, and those of killed processes vanish now.
    pub(crate) fn unfinished(&self, area: &str) -> Result<Held, ToolError> {
        let folder = self.folder(area)?;
        Held::new(&folder, UNFINISHED).at("create", &folder)
    }

    /// Moves a finished folder into place, sealed. If another process was faster, its result stays:
    /// the names are content keys, so both are the same. What is there but not whole leaves.
    pub(crate) fn publish(finished: Held, target: &Path) -> Result<(), ToolError> {
        let kept = finished.keep().at("create", target)?;
        let moved = seal::seal(&kept).and_then(|()| replace(&kept, target));
        if moved.is_err() {
            let _ = fs::remove_dir_all(&kept);
        }
        moved
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
            let is_unfinished = folder
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED));
            let age = SystemTime::now().duration_since(used).unwrap_or_default();
            if !is_unfinished {
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

/// Moves a folder to its place, unless one that is whole is there.
fn replace(kept: &Path, target: &Path) -> Result<(), ToolError> {
    for _ in 0..2 {
        match fs::rename(kept, target) {
            Ok(()) => return Ok(()),
            Err(_) if Cache::is_whole(target) => {
                let _ = fs::remove_dir_all(kept);
                return Ok(());
            }
            Err(_) => {}
        }
        // A folder of half an entry, or something that is no folder.
        let area = target.parent().unwrap_or(target);
        let aside = Held::new(area, UNFINISHED).at("create", area)?;
        fs::rename(target, aside.path().join("old")).at("replace", target)?;
    }
    fs::rename(kept, target).at("create", target)
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
