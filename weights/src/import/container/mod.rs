//! Weight files: the safetensors header, read with distrust, and the bytes of each tensor.
//!
//! ```text
//! length of the header, 8 bytes little-endian | header, JSON | data of the tensors, without holes
//! ```
//!
//! Format: the README of the `safetensors` repository. The crate of that name keeps the last of two
//! equal keys and reports faults without their values, so the header is read here; the crate
//! writes our files, and a test holds both readers to the same tensors.

pub(super) mod base3;
mod files;

use super::json::{Object, shown};
use super::{ImportError, Limits, folder};
use files::{INDEX, SINGLE};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LENGTH_BYTES: usize = 8;
/// Longest name of a tensor: names appear in messages.
const NAME_BYTES_MAX: usize = 256;
const METADATA: &str = "__metadata__";

/// Element types of the format. Only some may hold weights; all may be in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(non_camel_case_types)]
pub(super) enum Dtype {
    Bool,
    U8,
    I8,
    F8_E5M2,
    F8_E4M3,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

impl Dtype {
    /// Bytes of one element.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Dtype::Bool | Dtype::U8 | Dtype::I8 | Dtype::F8_E5M2 | Dtype::F8_E4M3 => 1,
            Dtype::I16 | Dtype::U16 | Dtype::F16 | Dtype::BF16 => 2,
            Dtype::I32 | Dtype::U32 | Dtype::F32 => 4,
            Dtype::F64 | Dtype::I64 | Dtype::U64 => 8,
        }
    }

    /// Whether weights may be stored as these floats.
    pub(super) fn is_float(self) -> bool {
        matches!(self, Dtype::F16 | Dtype::BF16 | Dtype::F32)
    }
}

/// One entry of a header, as it stands there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// The bytes of one tensor and where they are from.
pub(super) struct Tensor<'container> {
    pub(super) file: &'container str,
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: &'container [u64],
    pub(super) bytes: &'container [u8],
}

struct Placed {
    file: usize,
    dtype: Dtype,
    shape: Vec<u64>,
    begin: usize,
    end: usize,
}

struct WeightFile {
    name: String,
    /// Its bytes, and behind them the floats of its packed matrices.
    bytes: Vec<u8>,
    /// The matrices that are packed still.
    packed: BTreeMap<String, base3::Packed>,
}

/// All weight files of a model, under one rule for tensors: taken, known to be without effect, or
/// refused by name.
pub(super) struct Container {
    files: Vec<WeightFile>,
    tensors: BTreeMap<String, Placed>,
    used: BTreeSet<String>,
}

#[allow(dead_code, reason = "each family asks with some of these")]
impl Container {
    /// Whether a folder has weights that are read.
    pub(super) fn is_there(folder: &Path) -> bool {
        folder::has(folder, SINGLE) || folder::has(folder, INDEX)
    }

    /// Opens the single file of a folder, or all shards that its index lists. What is there beside
    /// them is noted.
    pub(super) fn open(
        folder: &Path,
        limits: &Limits,
        notes: &mut Vec<String>,
    ) -> Result<Container, ImportError> {
        let mut container =
            Container { files: Vec::new(), tensors: BTreeMap::new(), used: BTreeSet::new() };
        let files = files::weight_files(folder, limits, notes)?;
        let mut room = limits.weight_bytes;
        for file in files {
            let bytes = folder::read(folder, &file, room)?;
            room -= bytes.len() as u64;
            container.add(file, bytes, limits)?;
            room = room.saturating_sub(container.unpack(room)?);
        }
        Ok(container)
    }

    fn add(&mut self, name: String, bytes: Vec<u8>, limits: &Limits) -> Result<(), ImportError> {
        let header = header(&name, &bytes, limits)?;
        let data_begin = LENGTH_BYTES + header.len();
        let data_bytes = (bytes.len() - data_begin) as u64;
        let mut ranges = Vec::new();
        let (entries, packed) = entries(&name, header)?;
        for (tensor, entry) in entries {
            let dtype = check_entry(&name, &tensor, &entry, data_bytes)?;
            let [begin, end] = entry.data_offsets;
            ranges.push((begin, end, tensor.clone()));
            let placed = Placed {
                file: self.files.len(),
                dtype,
                shape: entry.shape,
                begin: data_begin + begin as usize,
                end: data_begin + end as usize,
            };
            if let Some(other) = self.tensors.insert(tensor.clone(), placed) {
                let other = self.files[other.file].name.clone();
                return Err(ImportError::TensorTwice { file: name, tensor, other });
            }
        }
        check_cover(&name, ranges, data_bytes)?;
        self.files.push(WeightFile { name, bytes, packed });
        Ok(())
    }

    /// Puts floats in the place of the packed matrices of the last file; yields their bytes, at most
    /// `room`.
    fn unpack(&mut self, room: u64) -> Result<u64, ImportError> {
        let Some(file) = self.files.last_mut() else { return Ok(0) };
        let before = file.bytes.len();
        for (name, packed) in std::mem::take(&mut file.packed) {
            let placed = self.tensors.get_mut(&name).filter(|it| it.dtype == Dtype::U8);
            let Some(placed) = placed else {
                let reason = "the metadata says that it is packed, but it is no tensor of U8";
                let (file, reason) = (file.name.clone(), reason.to_owned());
                return Err(ImportError::Entry { file, tensor: name, reason });
            };
            let left = room - (file.bytes.len() - before) as u64;
            let floats = packed.floats(&file.bytes[placed.begin..placed.end], left);
            let floats = floats.map_err(|reason| ImportError::Entry {
                file: file.name.clone(),
                tensor: name,
                reason,
            })?;
            let begin = file.bytes.len();
            file.bytes.extend(floats.iter().flat_map(|value| value.to_le_bytes()));
            let end = file.bytes.len();
            *placed =
                Placed { file: placed.file, dtype: Dtype::F32, shape: packed.shape, begin, end };
        }
        Ok((file.bytes.len() - before) as u64)
    }

    /// Yields a tensor and marks it as used.
    pub(super) fn take(&mut self, name: &str) -> Result<Tensor<'_>, ImportError> {
        if !self.has(name) {
            let file = if self.files.len() == 1 { &self.files[0].name } else { INDEX };
            let (file, tensor) = (file.to_owned(), name.to_owned());
            return Err(ImportError::TensorMissing { file, tensor });
        }
        self.used.insert(name.to_owned());
        Ok(self.look(name).expect("it is there"))
    }

    /// Whether a tensor of that name is there; to look is not to take.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The names of all tensors, in the order of the alphabet.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Yields a tensor; to look is not to take.
    pub(super) fn look(&self, name: &str) -> Option<Tensor<'_>> {
        let placed = self.tensors.get(name)?;
        let file = &self.files[placed.file];
        Some(Tensor {
            file: &file.name,
            name: name.to_owned(),
            dtype: placed.dtype,
            shape: &placed.shape,
            bytes: &file.bytes[placed.begin..placed.end],
        })
    }

    /// Declares a tensor that changes nothing in what the model computes, if it is there.
    pub(super) fn without_effect(&mut self, name: &str) {
        self.used.insert(name.to_owned());
    }

    /// Refuses the first tensor, in the order of the alphabet, that nobody took or declared.
    pub(super) fn require_all_used(&self) -> Result<(), ImportError> {
        match self.tensors.iter().find(|(name, _)| !self.used.contains(*name)) {
            None => Ok(()),
            Some((name, placed)) => {
                let (file, tensor) = (self.files[placed.file].name.clone(), name.clone());
                Err(ImportError::TensorUnknown { file, tensor })
            }
        }
    }
}

/// The bytes of the header.
fn header<'file>(
    file: &str,
    bytes: &'file [u8],
    limits: &Limits,
) -> Result<&'file [u8], ImportError> {
    let file = file.to_owned();
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else {
        let reason = format!("it holds {} bytes, too few for the length of a header", bytes.len());
        return Err(ImportError::File { file, reason });
    };
    let (claimed, available) = (u64::from_le_bytes(*length), rest.len() as u64);
    if claimed > limits.header_bytes {
        return Err(ImportError::HeaderTooLarge { file, claimed, limit: limits.header_bytes });
    }
    if claimed > available {
        return Err(ImportError::HeaderBeyondFile { file, claimed, available });
    }
    Ok(&rest[..claimed as usize])
}

/// Tensors of a header, and the matrices among them that are packed.
type Entries = (BTreeMap<String, Entry>, BTreeMap<String, base3::Packed>);

/// The entries of the header without the metadata, which must be texts.
fn entries(file: &str, header: &[u8]) -> Result<Entries, ImportError> {
    let damaged = |reason: String| ImportError::Json {
        place: format!("{file}, header"),
        reason: shown(&reason),
    };
    let Object(all) = serde_json::from_slice::<Object<Object<Value>>>(header)
        .map_err(|error| damaged(error.to_string()))?;
    let (mut entries, mut packed) = (BTreeMap::new(), BTreeMap::new());
    for (tensor, Object(fields)) in all {
        if tensor == METADATA {
            if let Some((key, _)) = fields.iter().find(|(_, value)| !value.is_string()) {
                return Err(damaged(format!("`{METADATA}`: value of `{key}` is no text")));
            }
            if let Some(text) = fields.get(base3::KEY).and_then(Value::as_str) {
                packed = base3::parse(text).map_err(damaged)?;
            }
            continue;
        }
        if tensor.len() > NAME_BYTES_MAX || tensor.chars().any(char::is_control) {
            let name = shown(&tensor);
            return Err(damaged(format!(
                "a tensor's name has control characters or over {NAME_BYTES_MAX} bytes: `{name}`"
            )));
        }
        let entry = serde_json::from_value(fields.into_iter().collect())
            .map_err(|error| damaged(format!("tensor `{tensor}`: {error}")))?;
        entries.insert(tensor, entry);
    }
    Ok((entries, packed))
}

/// Checks dtype, shape and offsets of one tensor against each other and the file.
fn check_entry(
    file: &str,
    tensor: &str,
    entry: &Entry,
    data_bytes: u64,
) -> Result<Dtype, ImportError> {
    let wrong = |reason: String| ImportError::Entry {
        file: file.to_owned(),
        tensor: tensor.to_owned(),
        reason,
    };
    let dtype: Dtype = serde_json::from_value(Value::String(entry.dtype.clone()))
        .map_err(|_| wrong(format!("unknown dtype `{}`", shown(&entry.dtype))))?;
    let shape = &entry.shape;
    let elements = shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length));
    let Some(needed) = elements.and_then(|elements| elements.checked_mul(dtype.bytes())) else {
        return Err(wrong(format!("the size of shape {shape:?} exceeds 64 bits")));
    };
    let [begin, end] = entry.data_offsets;
    if begin > end {
        return Err(wrong(format!("data_offsets begin at {begin}, after their end at {end}")));
    }
    if end > data_bytes {
        return Err(wrong(format!(
            "data_offsets end at {end}, the file holds {data_bytes} bytes of data"
        )));
    }
    if end - begin != needed {
        let dtype = &entry.dtype;
        let spanned = end - begin;
        return Err(wrong(format!(
            "shape {shape:?} of {dtype} needs {needed} bytes, data_offsets span {spanned}"
        )));
    }
    Ok(dtype)
}

/// Checks that the tensors cover the data once and wholly.
fn check_cover(
    file: &str,
    mut ranges: Vec<(u64, u64, String)>,
    data_bytes: u64,
) -> Result<(), ImportError> {
    let file = file.to_owned();
    ranges.sort();
    let mut covered = 0;
    let mut previous = String::new();
    for (begin, end, tensor) in ranges {
        if begin < covered {
            let reason = format!(
                "data_offsets begin at {begin}, inside tensor `{previous}`, which ends at {covered}"
            );
            return Err(ImportError::Entry { file, tensor, reason });
        }
        if begin > covered {
            return Err(ImportError::Hole { file, begin: covered, end: begin });
        }
        (covered, previous) = (end, tensor);
    }
    if covered < data_bytes {
        return Err(ImportError::Hole { file, begin: covered, end: data_bytes });
    }
    Ok(())
}
