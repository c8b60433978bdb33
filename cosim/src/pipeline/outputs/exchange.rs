//! How a folder goes from one run to the next in one step, whatever happens in between.
//!
//! ```text
//!  <folder>/.run-<digest>/   the files of a run, whole
//!  <folder>/.run             link to the run that counts: one rename goes from one run to the next
//!  <folder>/5-cosim.json …   links through `.run`, so that all of them change in that rename
//!  <folder>/.lock            held by whoever writes here
//!  <folder>/synth  explore   never moved, never opened: they have runs of their own
//! ```
//!
//! A process that is killed leaves at most hidden folders that nothing points to; whoever writes
//! next, with the lock in hand, sweeps them and sets links right. What a user put beside the links
//! stays in its place, and what he put inside a folder of ours goes along into the next run.

use super::manifest::{KEPT, MANIFEST, Manifest, Output, failed, remedy};
use crate::pipeline::PipelineError;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// The link to the run that counts.
const CURRENT: &str = ".run";
/// Beginning of the names of runs.
const RUN: &str = ".run-";
/// Beginning of the names of what is not finished, or no longer needed.
const TEMPORARY: &str = ".new-";
/// The file that is locked while somebody writes; it names the model.
const LOCK: &str = ".lock";

/// The right to write into a folder, until it is dropped.
pub(super) struct Exchange<'a> {
    folder: &'a Path,
    lock: File,
}

impl<'a> Exchange<'a> {
    /// Waits until nobody else writes into the folder, which is made if need be.
    pub(super) fn begin(folder: &'a Path) -> Result<Exchange<'a>, PipelineError> {
        fs::create_dir_all(folder).map_err(failed("create", folder))?;
        let path = folder.join(LOCK);
        // A link here could make us write anywhere.
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(PipelineError::Foreign { path });
        }
        let lock = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let lock = lock.map_err(failed("create", &path))?;
        lock.lock().map_err(failed("lock", &path))?;
        Ok(Exchange { folder, lock })
    }

    /// Replaces the run of the folder by these files; `changes` of a run leave its other files.
    pub(super) fn replace(
        &mut self,
        files: &[&Output],
        digest: &str,
        model: Option<&Path>,
        changes: bool,
    ) -> Result<(), PipelineError> {
        self.sweep();
        self.adopt()?;
        let earlier = self.listed();
        let tops = tops(files.iter().map(|file| file.path.as_str()));
        for top in &tops {
            self.require_replaceable(top, &earlier)?;
        }
        let staged = self.temporary()?;
        // A temporary folder is closed to others; the run inside it becomes a plain one.
        let inside = staged.path().join("run");
        for file in files {
            write(&inside, &file.path, &file.bytes)?;
        }
        let left_out = if changes { &BTreeSet::new() } else { &earlier };
        for top in tops.iter().chain(&self::tops(earlier.iter().map(String::as_str))) {
            carry(self.folder, Path::new(top), &inside, left_out)?;
        }
        // Links that lead nowhere yet harm nobody; the step after them is the one that counts.
        let done = self.link(&tops).and_then(|()| self.publish(&inside, digest));
        self.unlink();
        self.sweep();
        done?;
        self.note(model)
    }

    /// Makes a run of files that lie here without links, as earlier versions wrote them and as some
    /// ways to copy a folder leave them. What each name stands for is the same before and after.
    fn adopt(&mut self) -> Result<(), PipelineError> {
        let path = self.folder.join(MANIFEST);
        let is_plain = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        if !is_plain {
            return Ok(());
        }
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        let digest = blake3::hash(&bytes).to_hex().to_string();
        let listed = self.listed();
        let staged = self.temporary()?;
        let inside = staged.path().join("run");
        write(&inside, MANIFEST, &bytes)?;
        for top in tops(listed.iter().map(String::as_str)) {
            carry(self.folder, Path::new(&top), &inside, &BTreeSet::new())?;
        }
        self.publish(&inside, &digest)?;
        self.link(&tops(listed.iter().map(String::as_str).chain([MANIFEST])))
    }

    /// The files of the run that is here, by its manifest.
    fn listed(&self) -> BTreeSet<String> {
        let manifest = Manifest::read(self.folder);
        let files = manifest.map(|manifest| manifest.files).unwrap_or_default();
        // Names of a manifest that somebody changed must not lead out of the folder.
        files.into_keys().filter(|path| is_inside(path)).chain([MANIFEST.to_owned()]).collect()
    }

    /// Refuses to put a link where somebody keeps something of his own.
    fn require_replaceable(
        &self,
        top: &str,
        earlier: &BTreeSet<String>,
    ) -> Result<(), PipelineError> {
        let path = self.folder.join(top);
        let ours = match fs::symlink_metadata(&path) {
            Err(_) => true,
            Ok(_) if leads_to_current(&path) => true,
            Ok(_) => tops(earlier.iter().map(String::as_str)).contains(top),
        };
        if ours { Ok(()) } else { Err(PipelineError::Foreign { path }) }
    }

    fn temporary(&self) -> Result<tempfile::TempDir, PipelineError> {
        let builder = tempfile::Builder::new().prefix(TEMPORARY).tempdir_in(self.folder);
        builder.map_err(failed("create", self.folder))
    }

    /// Gives a whole run its name, and makes it the one that counts.
    fn publish(&self, staged: &Path, digest: &str) -> Result<(), PipelineError> {
        let name = |suffix: &str| format!("{RUN}{}{suffix}", &digest[..16]);
        if self.current() == Some(name("").into()) && same(staged, &self.folder.join(name(""))) {
            return Ok(());
        }
        // The same files may be there already, in use: the name is theirs.
        let name = match self.folder.join(name("")).exists() {
            false => name(""),
            true if self.current() == Some(name("").into()) => name("-2"),
            true => name("-3"),
        };
        let place = self.folder.join(&name);
        let _ = fs::remove_dir_all(&place);
        fs::rename(staged, &place).map_err(failed("create", &place))?;
        let current = self.folder.join(CURRENT);
        // Some ways to copy a folder make a folder of the link.
        if fs::symlink_metadata(&current).is_ok_and(|found| !found.is_symlink()) {
            self.put_aside(&current)?;
        }
        self.put_link(Path::new(&name), &current)
    }

    /// Puts a link in its place, over what may be there, in one step.
    fn put_link(&self, target: &Path, place: &Path) -> Result<(), PipelineError> {
        let staged = self.temporary()?;
        let link = staged.path().join("link");
        symlink(target, &link).map_err(PipelineError::file(
            "link",
            place,
            "choose an --out on a file system with symbolic links",
        ))?;
        fs::rename(&link, place).map_err(failed("replace", place))
    }

    /// Moves something out of the way, to be swept.
    fn put_aside(&self, path: &Path) -> Result<(), PipelineError> {
        let aside = self.temporary()?.keep().join("old");
        fs::rename(path, aside).map_err(failed("replace", path))
    }

    /// Makes links that lead through the one to the run that counts.
    fn link(&self, tops: &BTreeSet<String>) -> Result<(), PipelineError> {
        for top in tops {
            let place = self.folder.join(top);
            if leads_to_current(&place) {
                continue;
            }
            if fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
                self.put_aside(&place)?;
            }
            self.put_link(&Path::new(CURRENT).join(top), &place)?;
        }
        Ok(())
    }

    /// Removes the links of files that the run which counts does not have.
    fn unlink(&self) {
        for name in names(self.folder) {
            let place = self.folder.join(&name);
            if leads_to_current(&place) && !place.exists() {
                // A link that stays leads nowhere; the next run tries again.
                let _ = fs::remove_file(&place);
            }
        }
    }

    /// The name of the run that counts.
    fn current(&self) -> Option<OsString> {
        Some(fs::read_link(self.folder.join(CURRENT)).ok()?.into_os_string())
    }

    /// Removes what nothing points to: leftovers of processes that were killed, and the run before.
    fn sweep(&self) {
        let current = self.current();
        for name in names(self.folder) {
            let is_old = begins(&name, RUN) && Some(&name) != current.as_ref();
            if is_old || begins(&name, TEMPORARY) {
                // What cannot be removed takes room, and harms nobody.
                let _ = fs::remove_dir_all(self.folder.join(name));
            }
        }
    }

    /// Writes down of which model the run is.
    fn note(&mut self, model: Option<&Path>) -> Result<(), PipelineError> {
        let text = model.map_or_else(Vec::new, |path| path.as_os_str().as_encoded_bytes().to_vec());
        let path = self.folder.join(LOCK);
        let mut put = || {
            self.lock.set_len(0)?;
            self.lock.rewind()?;
            self.lock.write_all(&text)
        };
        put().map_err(failed("write", &path))
    }
}

/// The model of the run in a folder, as it was written down.
pub(super) fn model_of(folder: &Path) -> Option<PathBuf> {
    const BYTES_MAX: u64 = 1 << 16;
    let path = folder.join(LOCK);
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
    let mut text = Vec::new();
    File::open(path).ok()?.take(BYTES_MAX).read_to_end(&mut text).ok()?;
    use std::os::unix::ffi::OsStringExt;
    (!text.is_empty()).then(|| PathBuf::from(OsString::from_vec(text)))
}

/// Whether a folder holds nothing but what outlives a run and what a killed process left.
pub(super) fn holds_own_only(folder: &Path) -> bool {
    let names = names(folder);
    let own = |name: &OsString| {
        KEPT.iter().any(|kept| name == *kept)
            || [LOCK, CURRENT].iter().any(|own| name == *own)
            || begins(name, RUN)
            || begins(name, TEMPORARY)
            || leads_to_current(&folder.join(name))
    };
    !names.is_empty() && names.iter().all(own)
}

/// Whether a path from a manifest stays inside the folder.
pub(super) fn is_inside(path: &str) -> bool {
    use std::path::Component;
    let mut parts = Path::new(path).components().peekable();
    let outlives = |part: &Component| KEPT.iter().any(|kept| part.as_os_str() == *kept);
    parts.peek().is_some_and(|first| !outlives(first))
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The first part of each path.
fn tops<'a>(paths: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    paths.into_iter().filter_map(|path| path.split('/').next()).map(str::to_owned).collect()
}

fn names(folder: &Path) -> Vec<OsString> {
    let Ok(listing) = fs::read_dir(folder) else { return Vec::new() };
    listing.flatten().map(|entry| entry.file_name()).collect()
}

fn begins(name: &OsStr, prefix: &str) -> bool {
    name.as_encoded_bytes().starts_with(prefix.as_bytes())
}

/// Whether a path is a link of ours.
fn leads_to_current(path: &Path) -> bool {
    fs::read_link(path).is_ok_and(|target| target.parent() == Some(Path::new(CURRENT)))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), PipelineError> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(failed("create", parent))?;
    fs::write(&path, bytes).map_err(failed("write", &path))
}

/// Whether two folders hold the same files.
fn same(one: &Path, other: &Path) -> bool {
    let sorted = |folder: &Path| {
        let mut names = names(folder);
        names.sort();
        names
    };
    let listed = sorted(one);
    listed == sorted(other)
        && listed.iter().all(|name| {
            let (one, other) = (one.join(name), other.join(name));
            match (fs::symlink_metadata(&one), fs::symlink_metadata(&other)) {
                (Ok(left), Ok(right)) if left.is_dir() && right.is_dir() => same(&one, &other),
                (Ok(left), Ok(right)) if left.is_file() && right.is_file() => {
                    left.len() == right.len()
                        && fs::read(&one).is_ok_and(|one| fs::read(&other).is_ok_and(|b| b == one))
                }
                _ => false,
            }
        })
}

/// Takes what lies under `from/path` into `to`, but for the files that `but` lists and those that
/// `to` has: linked where that is possible, copied where not, links as they are.
fn carry(from: &Path, path: &Path, to: &Path, but: &BTreeSet<String>) -> Result<(), PipelineError> {
    let source = from.join(path);
    // Our links at the top are followed, those that a user made inside are not.
    let found = match path.components().count() {
        1 => fs::metadata(&source),
        _ => fs::symlink_metadata(&source),
    };
    let found = match found {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        found => found.map_err(failed("read", &source))?,
    };
    if found.is_dir() {
        for name in names(&source) {
            carry(from, &path.join(name), to, but)?;
        }
        return Ok(());
    }
    let target = to.join(path);
    let is_listed = path.to_str().is_some_and(|path| but.contains(path));
    if is_listed || fs::symlink_metadata(&target).is_ok() {
        return Ok(());
    }
    let parent = target.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(failed("create", parent))?;
    if found.is_symlink() {
        let leads = fs::read_link(&source).map_err(failed("read", &source))?;
        return symlink(leads, &target).map_err(failed("create", &target));
    }
    if !found.is_file() {
        return Err(PipelineError::Foreign { path: source });
    }
    let real = fs::canonicalize(&source).map_err(failed("read", &source))?;
    let copied = fs::hard_link(&real, &target).or_else(|_| fs::copy(&real, &target).map(drop));
    copied.map_err(|source| PipelineError::File {
        doing: "create",
        path: target.clone(),
        source,
        remedy: remedy(),
    })
}
