//! Which files of a folder hold the weights of a model.

use super::super::json::{Object, shown};
use super::super::{ImportError, Limits, folder, other};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

pub(super) const SINGLE: &str = "model.safetensors";
pub(super) const INDEX: &str = "model.safetensors.index.json";

/// The weight files that are read. Readers differ in what they do with a single file beside an
/// index: where both are there, nobody can say which model is meant.
pub(super) fn weight_files(
    folder: &Path,
    limits: &Limits,
    notes: &mut Vec<String>,
) -> Result<BTreeSet<String>, ImportError> {
    let (single, index) = (folder::has(folder, SINGLE), folder::has(folder, INDEX));
    let alone = BTreeSet::from([SINGLE.to_owned()]);
    let files = match (single, index) {
        (false, false) => return Err(other::no_weights(folder, SINGLE)),
        (true, false) => alone,
        (false, true) => shard_names(folder, limits)?,
        (true, true) => {
            let shards = shard_names(folder, limits)?;
            let there = |shard: &&String| *shard != SINGLE && folder::has(folder, shard);
            if let Some(shard) = shards.iter().find(there) {
                let shard = shard.clone();
                return Err(ImportError::TwoModels { single: SINGLE, shard, index: INDEX });
            }
            if shards != alone {
                notes.push(format!("`{SINGLE}` is read: no file that `{INDEX}` names is there"));
            }
            alone
        }
    };
    for name in folder::names(folder) {
        if name.ends_with(".safetensors") && !files.contains(&name) {
            notes.push(format!("`{name}` is not read: it is no part of the model"));
        }
    }
    Ok(files)
}

/// The files that the index names; a path could lead out of the folder.
fn shard_names(folder: &Path, limits: &Limits) -> Result<BTreeSet<String>, ImportError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: Object<String>,
    }
    let bytes = folder::read(folder, INDEX, limits.json_bytes)?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| ImportError::Json {
        place: INDEX.to_owned(),
        reason: shown(&error.to_string()),
    })?;
    let Object(weight_map) = index.weight_map;
    for (tensor, path) in &weight_map {
        let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !plain || !path.ends_with(".safetensors") || path.starts_with('.') {
            let (tensor, path) = (shown(tensor), shown(path));
            return Err(ImportError::ShardPath { file: INDEX.to_owned(), tensor, path });
        }
    }
    Ok(weight_map.into_values().collect())
}
