//! Writing safetensors: well-formed archives, and archives of any header for tests of the reader.

use safetensors::tensor::{Dtype, TensorView};
use std::collections::{BTreeMap, HashMap};

/// One tensor to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveTensor {
    /// Element type.
    pub dtype: Dtype,
    /// Lengths of the dimensions.
    pub shape: Vec<usize>,
    /// Elements, little-endian.
    pub bytes: Vec<u8>,
}

impl ArchiveTensor {
    /// A tensor of 32-bit floats.
    pub fn f32(shape: Vec<usize>, values: &[f32]) -> ArchiveTensor {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        ArchiveTensor { dtype: Dtype::F32, shape, bytes }
    }
}

/// Tensors by name.
pub type Archive = BTreeMap<String, ArchiveTensor>;

/// The bytes of a well-formed file; equal archives give equal bytes.
///
/// # Errors
/// The crate's error, when bytes and shape of a tensor disagree.
pub fn to_bytes(archive: &Archive) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    serialized(archive, None)
}

/// The same with one entry of metadata: the crate orders several by chance.
///
/// # Errors
/// As [`to_bytes`].
pub fn to_bytes_with(
    archive: &Archive,
    (key, text): (&str, String),
) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    serialized(archive, Some(HashMap::from([(key.to_owned(), text)])))
}

fn serialized(
    archive: &Archive,
    metadata: Option<HashMap<String, String>>,
) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let views = archive.iter().map(|(name, tensor)| {
        TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).map(|view| (name, view))
    });
    safetensors::serialize(views.collect::<Result<Vec<_>, _>>()?, metadata)
}

/// The tensors of a well-formed file, as the `safetensors` crate reads it.
///
/// # Errors
/// The crate's error.
pub fn from_bytes(bytes: &[u8]) -> Result<Archive, safetensors::SafeTensorError> {
    let tensors = safetensors::SafeTensors::deserialize(bytes)?;
    let copied = |view: &TensorView<'_>| ArchiveTensor {
        dtype: view.dtype(),
        shape: view.shape().to_vec(),
        bytes: view.data().to_vec(),
    };
    Ok(tensors.iter().map(|(name, view)| (name.to_owned(), copied(&view))).collect())
}

/// A file of any header and data, however wrong.
pub fn assemble(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), data].concat()
}

/// Header and data of a well-formed file, to be changed and put together again.
///
/// # Panics
/// If `bytes` is not a file that [`to_bytes`] or [`assemble`] made.
pub fn disassemble(bytes: &[u8]) -> (String, Vec<u8>) {
    let (length, rest) = bytes.split_first_chunk::<8>().expect("an archive begins with a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    (String::from_utf8(header.to_vec()).expect("headers are text"), data.to_vec())
}
