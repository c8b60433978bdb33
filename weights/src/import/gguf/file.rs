//! The outside of a GGUF file: header, metadata, and where each tensor lies.

use super::blocks::Kind;
use super::cursor::{Cursor, wrong};
use super::metadata::{KEYS_MAX, Metadata};
use crate::import::{ImportError, Limits, folder};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const MAGIC: &[u8] = b"GGUF";
const TENSORS_MAX: u64 = 1 << 16;
const ALIGNMENT_MAX: u64 = 1 << 16;
const DIMENSIONS_MAX: u32 = 4;

/// One tensor: its shape, columns first, and its bytes.
pub(super) struct Tensor {
    pub(super) shape: Vec<u64>,
    pub(super) kind: Kind,
    begin: usize,
    end: usize,
}

/// A file whose outside is sound.
pub(super) struct GgufFile {
    /// Name for messages.
    pub(super) name: String,
    /// Name of the model: the file's without its ending.
    pub(super) stem: String,
    pub(super) metadata: Metadata,
    tensors: BTreeMap<String, Tensor>,
    used: RefCell<BTreeSet<String>>,
    bytes: Vec<u8>,
}

impl GgufFile {
    /// Opens a file.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<GgufFile, ImportError> {
        GgufFile::open_beginning(path, limits, u64::MAX)
    }

    /// Opens a file of which no more than `most` bytes are read: a tensor behind them has a shape
    /// and no bytes.
    pub(super) fn open_beginning(
        path: &Path,
        limits: &Limits,
        most: u64,
    ) -> Result<GgufFile, ImportError> {
        let part = |part: Option<&std::ffi::OsStr>| {
            part.map_or("model".to_owned(), |part| part.to_string_lossy().into_owned())
        };
        let (name, stem) = (part(path.file_name()), part(path.file_stem()));
        let parent = path.parent().unwrap_or(Path::new(""));
        let (bytes, length) = folder::beginning(parent, &name, limits.weight_bytes, most)?;
        let mut cursor = Cursor::new(&name, &bytes);
        let (key_count, tensor_count) = header(&mut cursor)?;
        let metadata = Metadata::read(&mut cursor, key_count)?;
        let alignment = alignment(&metadata)?;
        if metadata.whole("split.count", 0, u64::from(u16::MAX))?.unwrap_or(1) > 1 {
            return Err(metadata.wrong("split.count", "1: join the parts of the model first"));
        }
        let entries = entries(&mut cursor, tensor_count)?;
        let data = (cursor.position() as u64).next_multiple_of(alignment);
        let tensors = place(&name, entries, data, alignment, length)?;
        let used = RefCell::default();
        Ok(GgufFile { name, stem, metadata, tensors, used, bytes })
    }

    /// A tensor and its bytes, marked as used.
    pub(super) fn tensor(&self, name: &str) -> Option<(&Tensor, &[u8])> {
        let tensor = self.tensors.get(name)?;
        self.used.borrow_mut().insert(name.to_owned());
        Some((tensor, self.bytes.get(tensor.begin..tensor.end).unwrap_or_default()))
    }

    /// Whether the file has a tensor.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// The error of a tensor.
    pub(super) fn wrong(&self, tensor: &str, reason: impl Into<String>) -> ImportError {
        wrong(&self.name, &format!("tensor `{tensor}`"), reason)
    }

    /// Refuses keys and tensors that nobody asked for.
    pub(super) fn finish(&self) -> Result<(), ImportError> {
        self.metadata.finish()?;
        let used = self.used.borrow();
        match self.tensors.keys().find(|name| !used.contains(*name)) {
            None => Ok(()),
            Some(name) => Err(self.wrong(
                name,
                "it is not part of this architecture, and leaving it out would change the model",
            )),
        }
    }
}

/// Magic, version and counts.
fn header(cursor: &mut Cursor<'_>) -> Result<(u64, u64), ImportError> {
    if cursor.take("magic", 4)? != MAGIC {
        return Err(cursor.wrong("magic", "the file does not begin with `GGUF`"));
    }
    let version = cursor.u32("version")?;
    if version.swap_bytes() == 2 || version.swap_bytes() == 3 {
        return Err(cursor.wrong("version", "the file is big-endian: convert it to little-endian"));
    }
    if !(2..=3).contains(&version) {
        return Err(cursor.wrong("version", format!("it is {version}, but must be 2 or 3")));
    }
    let tensors = cursor.u64("tensor count")?;
    let keys = cursor.u64("key count")?;
    for (place, count, max) in
        [("tensor count", tensors, TENSORS_MAX), ("key count", keys, KEYS_MAX)]
    {
        if count > max {
            return Err(cursor.wrong(place, format!("it is {count}, the limit is {max}")));
        }
    }
    Ok((keys, tensors))
}

fn alignment(metadata: &Metadata) -> Result<u64, ImportError> {
    let alignment = metadata.whole("general.alignment", 0, u64::MAX)?.unwrap_or(32);
    if alignment.is_power_of_two() && (8..=ALIGNMENT_MAX).contains(&alignment) {
        return Ok(alignment);
    }
    let expected = format!("a power of two in 8..={ALIGNMENT_MAX}");
    Err(metadata.wrong("general.alignment", &expected))
}

/// What the file says of a tensor.
struct Entry {
    name: String,
    shape: Vec<u64>,
    kind: Kind,
    offset: u64,
    bytes: u64,
}

fn entries(cursor: &mut Cursor<'_>, count: u64) -> Result<Vec<Entry>, ImportError> {
    let mut entries = Vec::new();
    let mut names = BTreeSet::new();
    for index in 0..count {
        let name = cursor.name(&format!("tensor {index}"))?.to_owned();
        let place = format!("tensor `{name}`");
        if !names.insert(name.clone()) {
            return Err(cursor.wrong(&place, "it appears twice"));
        }
        let dimensions = cursor.u32(&place)?;
        if !(1..=DIMENSIONS_MAX).contains(&dimensions) {
            let reason = format!("it has {dimensions} dimensions, but must have 1..=4");
            return Err(cursor.wrong(&place, reason));
        }
        let shape: Result<Vec<u64>, _> = (0..dimensions).map(|_| cursor.u64(&place)).collect();
        let (shape, code, offset) = (shape?, cursor.u32(&place)?, cursor.u64(&place)?);
        let Some(kind) = Kind::of(code) else {
            let reason =
                format!("its type {code} is none of F32, F16, BF16, Q8_0, TQ1_0, TQ2_0 and I2_S");
            return Err(cursor.wrong(&place, reason));
        };
        if shape.contains(&0) {
            return Err(cursor.wrong(&place, format!("shape {shape:?} has a length of zero")));
        }
        let elements = shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length));
        let Some(elements) = elements.filter(|&elements| elements <= 1 << 48) else {
            return Err(cursor.wrong(&place, format!("shape {shape:?} is larger than any model")));
        };
        let whole = match kind {
            // One run of codes through all rows.
            Kind::I2S => elements,
            _ => shape[0],
        };
        if whole % kind.block() != 0 {
            let reason = format!(
                "rows of shape {shape:?} are no multiple of the {} weights of a block of {kind:?}",
                kind.block()
            );
            return Err(cursor.wrong(&place, reason));
        }
        entries.push(Entry { name, shape, kind, offset, bytes: kind.bytes(elements) });
    }
    Ok(entries)
}

/// Checks that the tensors cover the data once and wholly, but for padding.
fn place(
    file: &str,
    mut entries: Vec<Entry>,
    data: u64,
    alignment: u64,
    file_bytes: u64,
) -> Result<BTreeMap<String, Tensor>, ImportError> {
    let data_bytes = file_bytes.saturating_sub(data);
    entries.sort_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
    for Entry { name, offset, bytes, .. } in &entries {
        let wrong = |reason: String| Err(wrong(file, &format!("tensor `{name}`"), reason));
        if offset % alignment != 0 {
            return wrong(format!(
                "its offset {offset} is no multiple of the alignment {alignment}"
            ));
        }
        if offset.checked_add(*bytes).is_none_or(|end| end > data_bytes) {
            return wrong(format!(
                "its {bytes} bytes from offset {offset} end beyond the {data_bytes} bytes of data"
            ));
        }
    }
    let (mut covered, mut previous) = (0u64, String::new());
    let mut tensors = BTreeMap::new();
    for Entry { name, shape, kind, offset, bytes } in entries {
        let wrong = |reason: String| Err(wrong(file, &format!("tensor `{name}`"), reason));
        let end = offset + bytes;
        if offset < covered {
            return wrong(format!(
                "its offset {offset} lies inside tensor `{previous}`, which ends at {covered}"
            ));
        }
        if offset > covered.next_multiple_of(alignment) {
            return wrong(format!("bytes {covered}..{offset} before it belong to no tensor"));
        }
        let (begin, end_byte) = ((data + offset) as usize, (data + end) as usize);
        tensors.insert(name.clone(), Tensor { shape, kind, begin, end: end_byte });
        (covered, previous) = (end, name);
    }
    if data_bytes > covered.next_multiple_of(alignment) {
        let reason = format!("bytes {covered}..{data_bytes} belong to no tensor");
        return Err(wrong(file, "data", reason));
    }
    Ok(tensors)
}
