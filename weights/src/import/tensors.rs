//! From the bytes of a tensor to numbers, each of them checked.

use super::ImportError;
use super::container::{Dtype, Tensor};
use crate::numeric::Trit;
use half::{bf16, f16};
use std::ops::Range;

/// Trits in one byte of the packed layout.
const TRITS_PER_BYTE: usize = 4;

/// The finite floats of a tensor of that shape.
pub(super) fn floats(tensor: &Tensor<'_>, shape: &[usize]) -> Result<Vec<f32>, ImportError> {
    require_floats(tensor, shape)?;
    let values = decode(tensor);
    require_finite(tensor, &values)?;
    Ok(values)
}

/// Refuses the first number that is none.
pub(super) fn require_finite(tensor: &Tensor<'_>, values: &[f32]) -> Result<(), ImportError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(number(tensor, index, values[index], "finite")),
    }
}

/// The first row of a tensor of any number of rows.
pub(super) fn first_row(tensor: &Tensor<'_>, columns: usize) -> Result<Vec<f32>, ImportError> {
    let rows = tensor.shape.first().map_or(1, |&rows| rows.max(1));
    let mut values = floats(tensor, &[rows as usize, columns])?;
    values.truncate(columns);
    Ok(values)
}

/// The scale of a packed matrix, or its inverse where the file's class divides by it.
pub(super) fn scale(tensor: &Tensor<'_>, inverse: bool) -> Result<f32, ImportError> {
    let shape: &[usize] = if tensor.shape.is_empty() { &[] } else { &[1] };
    require_floats(tensor, shape)?;
    let stored = decode(tensor)[0];
    let value = if inverse { 1.0 / stored } else { stored };
    let usable = |x: f32| x.is_finite() && x > 0.0;
    if usable(stored) && usable(value) {
        return Ok(value);
    }
    Err(number(tensor, 0, stored, "finite and positive"))
}

/// The scales of the rows of a matrix.
pub(super) fn row_scales(tensor: &Tensor<'_>, rows: usize) -> Result<Vec<f32>, ImportError> {
    positive(tensor, floats(tensor, &[rows])?)
}

/// The scales of the rows of each term of a matrix, term by term.
pub(super) fn term_scales(
    tensor: &Tensor<'_>,
    terms: usize,
    rows: usize,
) -> Result<Vec<f32>, ImportError> {
    positive(tensor, floats(tensor, &[terms, rows])?)
}

fn positive(tensor: &Tensor<'_>, values: Vec<f32>) -> Result<Vec<f32>, ImportError> {
    match values.iter().position(|&value| value <= 0.0) {
        None => Ok(values),
        Some(index) => Err(number(tensor, index, values[index], "finite and positive")),
    }
}

/// The integers of a matrix, of a magnitude up to `limit`.
pub(super) fn integers(
    tensor: &Tensor<'_>,
    rows: usize,
    columns: usize,
    limit: i64,
) -> Result<Vec<i16>, ImportError> {
    let shape = [rows, columns];
    let fits = matches!(tensor.dtype, Dtype::I8 | Dtype::I16);
    require_form(tensor, fits, &shape, || format!("I8 or I16 {shape:?}"))?;
    let values: Vec<i16> = match tensor.dtype {
        Dtype::I8 => tensor.bytes.iter().map(|&byte| i16::from(byte as i8)).collect(),
        _ => pairs(tensor.bytes).map(|bits| bits as i16).collect(),
    };
    match values.iter().position(|&value| i64::from(value).abs() > limit) {
        None => Ok(values),
        Some(index) => {
            let (file, tensor, value) =
                (tensor.file.to_owned(), tensor.name.clone(), values[index]);
            Err(ImportError::Digits { file, tensor, index, value, limit })
        }
    }
}

/// Which term each weight of a matrix is in.
pub(super) fn members(
    tensor: &Tensor<'_>,
    rows: usize,
    columns: usize,
    terms: usize,
) -> Result<Vec<u8>, ImportError> {
    let shape = [rows, columns];
    require_form(tensor, tensor.dtype == Dtype::U8, &shape, || format!("U8 {shape:?}"))?;
    match tensor.bytes.iter().position(|&member| usize::from(member) >= terms) {
        None => Ok(tensor.bytes.to_vec()),
        Some(index) => {
            Err(number(tensor, index, tensor.bytes[index].into(), "below the number of terms"))
        }
    }
}

/// The trits of a packed matrix: `w[i·chunk + r][c] = ((p[r][c] >> 2i) & 3) − 1` with
/// `chunk = ceil(rows / 4)`; codes beyond the last row are padding (transformers'
/// `integrations/bitnet.py`, `pack_weights`).
pub(super) fn packed_trits(
    tensor: &Tensor<'_>,
    rows: usize,
    columns: usize,
) -> Result<Vec<Trit>, ImportError> {
    let chunk = rows.div_ceil(TRITS_PER_BYTE);
    let expected = || format!("U8 [{chunk}, {columns}], or I8 or floats [{rows}, {columns}]");
    require_form(tensor, tensor.dtype == Dtype::U8, &[chunk, columns], expected)?;
    let mut trits = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let (shift, packed_row) = (2 * (row / chunk), row % chunk);
        let bytes = &tensor.bytes[packed_row * columns..(packed_row + 1) * columns];
        for (column, byte) in bytes.iter().enumerate() {
            match (byte >> shift) & 3 {
                3 => {
                    let (file, tensor) = (tensor.file.to_owned(), tensor.name.clone());
                    return Err(ImportError::Code { file, tensor, row, column });
                }
                code => trits.push(code as Trit - 1),
            }
        }
    }
    Ok(trits)
}

/// Whether a matrix is stored as bytes of four trits.
pub(super) fn is_packed(tensor: &Tensor<'_>) -> bool {
    tensor.dtype == Dtype::U8
}

/// The finite numbers of a matrix that is not packed: floats, or bytes with a sign.
fn unpacked(
    tensor: &Tensor<'_>,
    [rows, columns]: [usize; 2],
    expected: impl FnOnce() -> String,
) -> Result<Vec<f32>, ImportError> {
    let shape = [rows, columns];
    let fits = tensor.dtype == Dtype::I8 || tensor.dtype.is_float();
    require_form(tensor, fits, &shape, expected)?;
    match tensor.dtype {
        Dtype::I8 => Ok(tensor.bytes.iter().map(|&byte| f32::from(byte as i8)).collect()),
        _ => floats(tensor, &shape),
    }
}

/// Trits and scale of a matrix whose values are −s, 0 and +s. A matrix of zeros has scale 1.
pub(super) fn ternary_floats(
    tensor: &Tensor<'_>,
    rows: usize,
    columns: usize,
) -> Result<(Vec<Trit>, f32), ImportError> {
    let packed_rows = rows.div_ceil(TRITS_PER_BYTE);
    let values = unpacked(tensor, [rows, columns], || {
        format!("U8 [{packed_rows}, {columns}], or I8 or floats [{rows}, {columns}]")
    })?;
    ternary(tensor, &values, |index| (index / columns, index % columns))
}

/// Trits and scale of some outputs of a matrix that is stored `[inputs, outputs]`, as GPT-2's are.
pub(super) fn ternary_outputs(
    tensor: &Tensor<'_>,
    [inputs, outputs]: [usize; 2],
    ours: Range<usize>,
) -> Result<(Vec<Trit>, f32), ImportError> {
    let values = floats(tensor, &[inputs, outputs])?;
    let turned: Vec<f32> = ours
        .clone()
        .flat_map(|output| (0..inputs).map(move |input| input * outputs + output))
        .map(|index| values[index])
        .collect();
    ternary(tensor, &turned, |index| (index % inputs, ours.start + index / inputs))
}

/// Trits and scale of values −s, 0 and +s; `place` says row and column of a value in the file.
fn ternary(
    tensor: &Tensor<'_>,
    values: &[f32],
    place: impl Fn(usize) -> (usize, usize),
) -> Result<(Vec<Trit>, f32), ImportError> {
    let scale = values.iter().find(|&&value| value != 0.0).map_or(1.0, |value| value.abs());
    let trit = |(index, &value): (usize, &f32)| {
        if value == 0.0 {
            Ok(0)
        } else if value.abs() == scale {
            Ok(value.signum() as Trit)
        } else {
            let (file, tensor) = (tensor.file.to_owned(), tensor.name.clone());
            let (row, column) = place(index);
            Err(ImportError::NotTernary { file, tensor, row, column, value, scale })
        }
    };
    let trits = values.iter().enumerate().map(trit).collect::<Result<_, _>>()?;
    Ok((trits, scale))
}

/// Trits and scale that latent weights are rounded to: `clamp(round(w / m), −1, 1) · m`, where m is
/// the mean magnitude of the whole matrix, at least 1e-5, and halves round to even (transformers'
/// `integrations/bitnet.py`, `WeightQuant`).
pub(super) fn absmean(
    tensor: &Tensor<'_>,
    rows: usize,
    columns: usize,
) -> Result<(Vec<Trit>, f32), ImportError> {
    let values = unpacked(tensor, [rows, columns], || {
        format!("floats [{rows}, {columns}], which quantization_mode \"online\" rounds")
    })?;
    let sum: f64 = values.iter().map(|&value| f64::from(value.abs())).sum();
    let factor = 1.0 / ((sum / values.len() as f64) as f32).max(1e-5);
    let trit = |value: &f32| (value * factor).round_ties_even().clamp(-1.0, 1.0) as Trit;
    Ok((values.iter().map(trit).collect(), 1.0 / factor))
}

fn require_floats(tensor: &Tensor<'_>, shape: &[usize]) -> Result<(), ImportError> {
    require_form(tensor, tensor.dtype.is_float(), shape, || format!("F32, F16 or BF16 {shape:?}"))
}

fn require_form(
    tensor: &Tensor<'_>,
    dtype_fits: bool,
    shape: &[usize],
    expected: impl FnOnce() -> String,
) -> Result<(), ImportError> {
    let shape_fits = tensor.shape.iter().copied().eq(shape.iter().map(|&length| length as u64));
    if dtype_fits && shape_fits {
        return Ok(());
    }
    Err(ImportError::TensorForm {
        file: tensor.file.to_owned(),
        tensor: tensor.name.clone(),
        found: format!("{:?} {:?}", tensor.dtype, tensor.shape),
        expected: expected(),
    })
}

pub(super) fn number(
    tensor: &Tensor<'_>,
    index: usize,
    value: f32,
    expected: &'static str,
) -> ImportError {
    let (file, tensor) = (tensor.file.to_owned(), tensor.name.clone());
    ImportError::Number { file, tensor, index, value, expected }
}

/// The elements of a float tensor; the container has checked that the bytes fit the shape.
fn decode(tensor: &Tensor<'_>) -> Vec<f32> {
    let bytes = tensor.bytes;
    match tensor.dtype {
        Dtype::F16 => pairs(bytes).map(|bits| f16::from_bits(bits).to_f32()).collect(),
        Dtype::BF16 => pairs(bytes).map(|bits| bf16::from_bits(bits).to_f32()).collect(),
        _ => {
            let quads = bytes.chunks_exact(4);
            quads.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
    }
}

fn pairs(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}
