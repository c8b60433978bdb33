//! Goldens of trained encoders: tensors by name, their first index the example or the step.

use serde_json::Value;
use std::path::{Path, PathBuf};
use weights::import::archive::{Archive, from_bytes};
use weights::import::import;
use weights::network::Network;

/// The folder of real models, if the tests of real data are to run.
pub(crate) fn shared() -> Option<PathBuf> {
    std::env::var_os("SPIKEWRIGHT_SHARED").map(PathBuf::from)
}

/// Imports a model with another configuration.
pub(crate) fn imported(shared: &Path, model: &str, change: impl FnOnce(&mut Value)) -> Network {
    let (from, folder) = (shared.join("models").join(model), tempfile::tempdir().unwrap());
    let bytes = std::fs::read(from.join("config.json")).unwrap();
    let mut config = serde_json::from_slice(&bytes).unwrap();
    change(&mut config);
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let weights = "model.safetensors";
    std::fs::copy(from.join(weights), folder.path().join(weights)).unwrap();
    Network { name: model.to_owned(), ..import(folder.path()).unwrap() }
}

/// The tensors of a `golden.safetensors`.
pub(crate) struct Golden(Archive);

impl Golden {
    pub(crate) fn open(shared: &Path, model: &str) -> Golden {
        let file = shared.join("models").join(model).join("golden.safetensors");
        Golden(from_bytes(&std::fs::read(file).unwrap()).unwrap())
    }

    /// The elements of a tensor, whatever their type.
    pub(crate) fn values(&self, name: &str) -> Vec<f64> {
        let tensor = self.0.get(name).unwrap_or_else(|| panic!("no golden `{name}`"));
        let bytes = tensor.bytes.as_slice();
        let quads = || bytes.chunks_exact(4).map(|b| [b[0], b[1], b[2], b[3]]);
        match format!("{:?}", tensor.dtype).as_str() {
            "U8" => bytes.iter().map(|&byte| f64::from(byte)).collect(),
            "I8" => bytes.iter().map(|&byte| f64::from(byte as i8)).collect(),
            "I32" => quads().map(|b| f64::from(i32::from_le_bytes(b))).collect(),
            "F32" => quads().map(|b| f64::from(f32::from_le_bytes(b))).collect(),
            "F64" => bytes
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().expect("chunks of eight")))
                .collect(),
            other => panic!("golden `{name}` is {other}"),
        }
    }

    pub(crate) fn shape(&self, name: &str) -> &[usize] {
        &self.0[name].shape
    }

    /// The names that begin with `prefix`, without it.
    pub(crate) fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(prefix))
    }

    /// A matrix, row by row.
    pub(crate) fn rows(&self, name: &str) -> Vec<Vec<f64>> {
        let width = *self.shape(name).last().expect("a matrix has a width");
        self.values(name).chunks_exact(width).map(<[f64]>::to_vec).collect()
    }

    /// Whole numbers, such as ids.
    pub(crate) fn ids(&self, name: &str) -> Vec<u32> {
        self.values(name).iter().map(|&id| id as u32).collect()
    }

    /// The ids of each example without their padding.
    pub(crate) fn examples(&self) -> Vec<Vec<u32>> {
        let masks = self.rows("attention_mask");
        let unpadded = |(ids, mask): (&Vec<f64>, &Vec<f64>)| {
            let kept = ids.iter().zip(mask).filter(|(_, mask)| **mask == 1.0);
            kept.map(|(id, _)| *id as u32).collect()
        };
        self.rows("input_ids").iter().zip(&masks).map(unpadded).collect()
    }
}
