//! Tensors of golden files.

use safetensors::tensor::Dtype;
use std::path::{Path, PathBuf};
use weights::import::archive::{self, Archive, ArchiveTensor};

/// A folder of the real models and texts, where there are some.
pub(crate) fn folder(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("SPIKEWRIGHT_SHARED")?).join(path))
}

/// The tensors of one file.
pub(crate) struct Golden {
    archive: Archive,
}

impl Golden {
    pub(crate) fn open(path: &Path) -> Golden {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        Golden { archive: archive::from_bytes(&bytes).expect("the golden file is well-formed") }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.archive.keys().map(String::as_str)
    }

    pub(crate) fn tensor(&self, name: &str) -> &ArchiveTensor {
        self.archive.get(name).unwrap_or_else(|| panic!("the golden file holds {name}"))
    }

    /// All numbers of a tensor.
    pub(crate) fn numbers(&self, name: &str) -> Vec<f64> {
        let ArchiveTensor { dtype, bytes, .. } = self.tensor(name);
        let quad = |b: &[u8]| [b[0], b[1], b[2], b[3]];
        match dtype {
            Dtype::U8 => bytes.iter().map(|&byte| byte.into()).collect(),
            Dtype::F32 => {
                bytes.chunks_exact(4).map(|b| f32::from_le_bytes(quad(b)).into()).collect()
            }
            Dtype::I32 => {
                bytes.chunks_exact(4).map(|b| i32::from_le_bytes(quad(b)).into()).collect()
            }
            // Ids: the upper half is zero.
            Dtype::I64 => {
                bytes.chunks_exact(8).map(|b| i32::from_le_bytes(quad(b)).into()).collect()
            }
            other => panic!("{name} holds {other:?}"),
        }
    }

    /// The vectors at an index of the first dimensions, the rest of which but the last are joined.
    pub(crate) fn rows(&self, name: &str, index: &[usize]) -> Vec<Vec<f64>> {
        let shape = &self.tensor(name).shape;
        let (numbers, width) = (self.numbers(name), *shape.last().expect("it has a dimension"));
        let inner: usize = shape[index.len()..].iter().product();
        let begin = index.iter().zip(shape).fold(0, |begin, (index, size)| begin * size + index);
        numbers[begin * inner..(begin + 1) * inner]
            .chunks_exact(width)
            .map(<[f64]>::to_vec)
            .collect()
    }

    /// The ids of one row.
    pub(crate) fn ids(&self, name: &str, row: usize) -> Vec<u32> {
        self.rows(name, &[row])[0].iter().map(|&id| id as u32).collect()
    }
}
