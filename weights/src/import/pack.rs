//! A model in fewer bytes: ternary matrices packed, other floats as they are or halved.

use super::archive::{self, ArchiveTensor};
use super::container::base3::{KEY, Packed};
use super::container::{Container, Dtype};
use super::{ExportError, ImportError, Limits, folder, tensors};
use crate::numeric::Trit;
use crate::packing::{Packing, pack};
use half::f16;
use safetensors::tensor::Dtype as Stored;
use std::collections::BTreeMap;
use std::path::Path;

/// The weight file of a packed model, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedModel {
    /// The bytes of `model.safetensors`.
    pub bytes: Vec<u8>,
    /// Matrices that are packed.
    pub matrices: usize,
    /// Their trits.
    pub trits: usize,
    /// Tables of floats that were rounded to 16 bits.
    pub halved: usize,
}

/// Why a model was not packed, or its matrices not rewritten.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Its weights cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The file cannot be made.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Packs the weights of a model of any family: a tensor of two or more dimensions whose elements are
/// `−s`, 0 and `+s` takes 1.6 bits an element, and imports to the same network. With `halve` all
/// other tables of floats are rounded to 16 bits, to nearest, ties to even.
///
/// # Errors
/// If the weights cannot be read, or a number does not fit 16 bits.
pub fn pack_model(path: &Path, halve: bool) -> Result<PackedModel, PackError> {
    folder::require(path)?;
    let container = Container::open(path, &Limits::default(), &mut Vec::new())?;
    let mut archive = archive::Archive::new();
    let mut packed = BTreeMap::new();
    let (mut count, mut halved) = (0, 0);
    for name in container.names() {
        let tensor = container.look(name).expect("a name of the container");
        let shape: Vec<usize> = tensor.shape.iter().map(|&length| length as usize).collect();
        let is_table = shape.iter().filter(|&&length| length > 1).count() > 1;
        let (mut dtype, mut bytes) = (stored(tensor.dtype), tensor.bytes.to_vec());
        let mut stored_shape = shape.clone();
        if tensor.dtype.is_float() && is_table {
            let values = tensors::floats(&tensor, &shape)?;
            if let Some((trits, scale)) = ternary(&values) {
                bytes = pack(&trits, Packing::Base3);
                (dtype, stored_shape) = (Stored::U8, vec![bytes.len()]);
                packed.insert(name.to_owned(), Packed { shape: tensor.shape.to_vec(), scale });
                count += trits.len();
            } else if halve {
                let rounded: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
                if let Some(index) = rounded.iter().position(|value| !value.is_finite()) {
                    return Err(
                        tensors::number(&tensor, index, values[index], "at most 65504").into()
                    );
                }
                bytes = rounded.iter().flat_map(|value| value.to_le_bytes()).collect();
                dtype = Stored::F16;
                halved += 1;
            }
        }
        archive.insert(name.to_owned(), ArchiveTensor { dtype, shape: stored_shape, bytes });
    }
    let text = serde_json::to_string(&packed).expect("numbers and strings serialise");
    let bytes = archive::to_bytes_with(&archive, (KEY, text))
        .map_err(|error| ExportError::Archive { reason: error.to_string() })?;
    Ok(PackedModel { bytes, matrices: packed.len(), trits: count, halved })
}

/// Trits and scale of values −s, 0 and +s that are not all zero.
fn ternary(values: &[f32]) -> Option<(Vec<Trit>, f32)> {
    let scale = values.iter().find(|&&value| value != 0.0)?.abs();
    let trit = |&value: &f32| match value {
        0.0 => Some(0),
        value if value.abs() == scale => Some(value.signum() as Trit),
        _ => None,
    };
    Some((values.iter().map(trit).collect::<Option<_>>()?, scale))
}

pub(super) fn stored(dtype: Dtype) -> Stored {
    match dtype {
        Dtype::Bool => Stored::BOOL,
        Dtype::U8 => Stored::U8,
        Dtype::I8 => Stored::I8,
        Dtype::F8_E5M2 => Stored::F8_E5M2,
        Dtype::F8_E4M3 => Stored::F8_E4M3,
        Dtype::I16 => Stored::I16,
        Dtype::U16 => Stored::U16,
        Dtype::F16 => Stored::F16,
        Dtype::BF16 => Stored::BF16,
        Dtype::I32 => Stored::I32,
        Dtype::U32 => Stored::U32,
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
        Dtype::I64 => Stored::I64,
        Dtype::U64 => Stored::U64,
    }
}
