//! What makes an entry of the cache worth trusting: it is ours alone, and holds exactly what was
//! put into it.

use crate::tools::error::{AtPath, ToolError};
use rustix::process::geteuid;
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// The file with the digest of every other file of an entry.
const SEAL: &str = "sealed";

/// Makes a folder that nobody else can enter, or closes one of ours; refuses every other.
pub(super) fn private_folder(path: &Path) -> Result<(), ToolError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(_) => {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.at("create", path)?;
            fs::symlink_metadata(path).at("read", path)?
        }
    };
    let refuse = |reason| Err(ToolError::Unsafe { path: path.to_owned(), reason });
    if found.is_symlink() {
        return refuse("is a link");
    }
    if !found.is_dir() {
        return refuse("is no folder");
    }
    if found.uid() != geteuid().as_raw() {
        return refuse("belongs to another user");
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o700)).at("close", path)?;
    }
    Ok(())
}

/// Why something of the cache must not be used, if nobody but us may have changed it.
fn open_to_others(found: &Metadata) -> Option<&'static str> {
    if found.is_symlink() {
        Some("is a link")
    } else if found.uid() != geteuid().as_raw() {
        Some("belongs to another user")
    } else if found.mode() & 0o022 != 0 {
        Some("can be written by others")
    } else {
        None
    }
}

/// Whether a folder is one of ours that nobody else can write.
pub(crate) fn is_ours_alone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && open_to_others(&found).is_none())
}

/// Closes every file of a finished entry to others, and writes down what each holds.
pub(super) fn seal(folder: &Path) -> Result<(), ToolError> {
    let mut files = BTreeMap::new();
    list(folder, "", &mut files).at("read", folder)?;
    let mut text = String::new();
    for (name, found) in &files {
        let path = folder.join(name);
        let closed = Permissions::from_mode(found.mode() & 0o7755);
        fs::set_permissions(&path, closed).at("close", &path)?;
        if found.is_file() {
            text += &format!("{} {name}\n", digest_of(&path).at("read", &path)?);
        }
    }
    let path = folder.join(SEAL);
    fs::write(&path, text).at("write", &path)?;
    for path in [folder, &path] {
        let mode = fs::metadata(path).at("read", path)?.mode();
        fs::set_permissions(path, Permissions::from_mode(mode & 0o755)).at("close", path)?;
    }
    Ok(())
}

/// Requires that an entry is ours alone and holds what was sealed.
pub(super) fn check(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut files = BTreeMap::new();
    let found = fs::symlink_metadata(folder).map_err(failed)?;
    if let Some(reason) = open_to_others(&found) {
        return Err(format!("it {reason}"));
    }
    list(folder, "", &mut files).map_err(failed)?;
    let mut sealed = BTreeMap::new();
    for (name, found) in &files {
        if let Some(reason) = open_to_others(found) {
            return Err(format!("`{name}` {reason}"));
        }
        if found.is_file() {
            sealed.insert(name.clone(), digest_of(&folder.join(name)).map_err(failed)?);
        } else if !found.is_dir() {
            return Err(format!("`{name}` is no regular file"));
        }
    }
    let path = folder.join(SEAL);
    if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() < 1 << 20) {
        return Err("it is not whole".to_owned());
    }
    let text = fs::read_to_string(&path).map_err(failed)?;
    let noted = text.lines().filter_map(|line| line.split_once(' '));
    let noted: BTreeMap<String, String> =
        noted.map(|(digest, name)| (name.to_owned(), digest.to_owned())).collect();
    match noted == sealed {
        true => Ok(()),
        false => Err("it does not hold what was put into it".to_owned()),
    }
}

/// Everything below a folder, but for the seal; links are not followed.
fn list(
    folder: &Path,
    inside: &str,
    files: &mut BTreeMap<String, Metadata>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder.join(inside))? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| !name.contains('\n')) else {
            return Err(std::io::Error::other("a name in it is no text"));
        };
        let name = if inside.is_empty() { name.to_owned() } else { format!("{inside}/{name}") };
        let found = fs::symlink_metadata(entry.path())?;
        if found.is_dir() {
            list(folder, &name, files)?;
        }
        if name != SEAL {
            files.insert(name, found);
        }
    }
    Ok(())
}

fn digest_of(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(fs::File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}
