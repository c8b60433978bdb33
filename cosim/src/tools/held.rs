//! Temporary folders that show whether their process still lives: each holds a file that is locked
//! as long as it does. Whoever makes the next one beside it removes those of the dead.

use rustix::process::geteuid;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The file that is locked.
const LOCK: &str = ".held";

/// Beginning of the names of working folders among those of other programs.
const WORK: &str = "spikewright-";

/// A temporary folder, removed when it is dropped or when the next one is made after a kill.
#[derive(Debug)]
pub(crate) struct Held {
    folder: TempDir,
    lock: File,
}

impl Held {
    /// A new folder in `parent`, whose name begins with `prefix`.
    pub(crate) fn new(parent: &Path, prefix: &str) -> io::Result<Held> {
        sweep(parent, prefix);
        loop {
            let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(parent)?;
            let path = folder.path().join(LOCK);
            let lock = match File::create(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                lock => lock?,
            };
            lock.lock()?;
            // Another process may have taken it for one of the dead before it was locked.
            if path.exists() {
                return Ok(Held { folder, lock });
            }
        }
    }

    /// A new folder to work in, among the temporary folders of the system.
    pub(crate) fn work() -> io::Result<Held> {
        Held::new(&std::env::temp_dir(), WORK)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// From now on it is no temporary folder.
    pub(crate) fn keep(self) -> io::Result<PathBuf> {
        fs::remove_file(self.folder.path().join(LOCK))?;
        drop(self.lock);
        Ok(self.folder.keep())
    }
}

/// Removes the folders of dead processes. Those of other users, and what cannot be removed, stay.
pub(crate) fn sweep(parent: &Path, prefix: &str) {
    let Ok(listing) = fs::read_dir(parent) else { return };
    for entry in listing.flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) {
            continue;
        }
        let path = entry.path();
        let ours = |found: fs::Metadata| found.is_dir() && found.uid() == geteuid().as_raw();
        if !fs::symlink_metadata(&path).is_ok_and(ours) {
            continue;
        }
        match File::open(path.join(LOCK)) {
            Ok(lock) if lock.try_lock().is_ok() => drop(fs::remove_dir_all(&path)),
            Ok(_) => {}
            // Killed before it had its lock; only an empty folder is removed this way.
            Err(_) => drop(fs::remove_dir(&path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_the_dead_are_swept_and_others_stay() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        for dead in ["x-dead", "y-other"] {
            fs::create_dir_all(at(dead).join("deep")).unwrap();
            fs::write(at(dead).join(LOCK), "").unwrap();
        }
        fs::create_dir(at("x-empty")).unwrap();
        fs::create_dir_all(at("x-done/content")).unwrap();
        let living = Held::new(parent.path(), "x-").unwrap();
        assert!(!at("x-dead").exists() && !at("x-empty").exists());
        assert!(at("y-other").exists() && at("x-done").exists());
        let next = Held::new(parent.path(), "x-").unwrap();
        assert!(living.path().exists() && next.path().exists());
        let kept = next.keep().unwrap();
        fs::write(kept.join("content"), "").unwrap();
        let path = living.path().to_owned();
        drop(living);
        drop(Held::new(parent.path(), "x-").unwrap());
        assert!(!path.exists() && kept.exists());
    }
}
