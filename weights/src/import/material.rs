//! Models of floats as material for quantising, whatever their family: the operations of a network,
//! and beside it the floats of its matrices.
//!
//! ```text
//! folder ─► material ─► calibration chooses integers ─► folder of the same tensors, matrices as integers
//! ```

use super::archive::{self, Archive, ArchiveTensor};
use super::container::Container;
use super::fields::Fields;
use super::matrices::{Matrices, Place};
use super::model::Model;
use super::pack::{PackError, stored};
use super::{ExportError, ImportError, Limits, families, folder};
use crate::network::{DigitMatrix, Network, digit_limit};
use crate::quantise::FloatMatrix;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A model of floats.
#[derive(Clone, Debug)]
pub struct Material {
    /// Its operations, each matrix of which holds zeros.
    pub network: Network,
    /// The floats of its matrices, by name.
    pub floats: BTreeMap<String, FloatMatrix>,
    /// What the user should know about its import, a sentence each.
    pub notes: Vec<String>,
    places: BTreeMap<String, Place>,
}

/// The integers of matrices, by name.
pub type Quantised = BTreeMap<String, Vec<DigitMatrix>>;

/// The family of a folder: its `model_type`.
///
/// # Errors
/// If there is no readable configuration.
pub fn family_of(folder: &Path) -> Result<String, ImportError> {
    let limits = Limits::default();
    let model = Model::open(folder, &limits)?;
    Ok(model.config.text("model_type")?.to_owned())
}

/// Imports a model of floats whose family has operations that integers fit: GPT-2, RWKV-4 or BERT.
///
/// # Errors
/// The first thing that is wrong, with its place and a remedy.
pub fn import_material(folder: &Path, limits: &Limits) -> Result<Material, ImportError> {
    let mut model = Model::open(folder, limits)?;
    families::require_material(&model)?;
    model.matrices = Matrices::of_floats();
    let network = families::import(&mut model)?;
    network.check()?;
    let read = std::mem::take(&mut model.matrices).floats.into_iter();
    let (mut floats, mut places) = (BTreeMap::new(), BTreeMap::new());
    for (name, (matrix, place)) in read {
        floats.insert(name.clone(), matrix);
        places.insert(name, place);
    }
    Ok(Material { network, floats, notes: model.notes, places })
}

impl Material {
    /// Weights of all matrices.
    pub fn weight_count(&self) -> usize {
        self.floats.values().map(|matrix| matrix.values.len()).sum()
    }

    /// Writes `config.json` and `model.safetensors`: those of `from`, the matrices as integers.
    /// [`import`](super::import()) reads them to this network with those digits, and its inputs as
    /// counts of `mean_count`. `note` is kept beside them: how they were made.
    ///
    /// # Errors
    /// If `from` cannot be read, or a file cannot be written.
    ///
    /// # Panics
    /// If a matrix has no integers.
    pub fn export(
        &self,
        from: &Path,
        quantised: &Quantised,
        (mean_count, note): (f64, &Value),
        to: &Path,
    ) -> Result<(), PackError> {
        let container = Container::open(from, &Limits::default(), &mut Vec::new())?;
        let mut tensors = Archive::new();
        for name in container.names() {
            let tensor = container.look(name).expect("a name of the container");
            let shape = tensor.shape.iter().map(|&length| length as usize).collect();
            let (dtype, bytes) = (stored(tensor.dtype), tensor.bytes.to_vec());
            tensors.insert(name.to_owned(), ArchiveTensor { dtype, shape, bytes });
        }
        let digits = widest(quantised);
        let mut merged: BTreeMap<&str, Merged<'_>> = BTreeMap::new();
        for (name, place) in &self.places {
            let one =
                merged.entry(&place.tensor).or_insert_with(|| Merged::new(place, digits.len()));
            one.add(place, &quantised[name]);
        }
        for (tensor, merged) in merged {
            merged.insert(tensor, &digits, &mut tensors);
        }
        let bytes = archive::to_bytes(&tensors)
            .map_err(|error| ExportError::Archive { reason: error.to_string() })?;
        let config = self.config(from, &digits, mean_count, note)?;
        for (file, bytes) in [("config.json", config.into_bytes()), ("model.safetensors", bytes)] {
            std::fs::write(to.join(file), bytes).map_err(|error| ExportError::File {
                file: file.to_owned(),
                reason: folder::reason(&error),
            })?;
        }
        Ok(())
    }

    fn config(
        &self,
        from: &Path,
        digits: &[u32],
        mean_count: f64,
        note: &Value,
    ) -> Result<String, ImportError> {
        let bytes = folder::read(from, "config.json", Limits::default().json_bytes)?;
        // Read with distrust first: its errors say more.
        Fields::parse("config.json", &bytes)?;
        let mut config: Value = serde_json::from_slice(&bytes).map_err(|error| {
            ImportError::Json { place: "config.json".to_owned(), reason: error.to_string() }
        })?;
        let most = digits.iter().copied().max().unwrap_or(1);
        let mut weights = json!({ "digits": most, "radix": 3, "digit_values": [-1, 0, 1] });
        if digits.len() > 1 {
            weights["terms"] = json!(digits);
        }
        config["spikellm"] = json!({
            "version": 1,
            "weights": weights,
            "activations": {
                "default": "counts",
                "counts": {
                    "k": mean_count,
                    "threshold": "2^round(log2(mean|x|/k)), per token and site",
                    "count": "round(x/threshold), unclipped",
                    "rounding": "half_even",
                },
            },
            "recipe": note,
        });
        Ok(format!("{config:#}\n"))
    }
}

/// The digits of each term, those of the matrix with most of them.
fn widest(quantised: &Quantised) -> Vec<u32> {
    let mut digits: Vec<u32> = Vec::new();
    for terms in quantised.values() {
        digits.resize(digits.len().max(terms.len()), 1);
        digits.iter_mut().zip(terms).for_each(|(most, term)| *most = term.digits.max(*most));
    }
    digits
}

/// The integers of all matrices of a tensor, as it stores them.
struct Merged<'a> {
    place: &'a Place,
    values: Vec<i16>,
    members: Vec<u8>,
    /// By term and output.
    scales: Vec<f32>,
}

impl<'a> Merged<'a> {
    fn new(place: &'a Place, terms: usize) -> Merged<'a> {
        let count = place.outputs * place.columns;
        let (values, members) = (vec![0; count], vec![0; count]);
        // What a narrower matrix lacks holds nothing.
        Merged { place, values, members, scales: vec![1.0; terms * place.outputs] }
    }

    fn add(&mut self, place: &Place, terms: &[DigitMatrix]) {
        for (index, term) in terms.iter().enumerate() {
            for (row, output) in place.ours.clone().enumerate() {
                self.scales[index * place.outputs + output] = term.row_scales[row];
                for (input, &value) in term.row(row).iter().enumerate() {
                    if value != 0 {
                        let at = place.index(output, input);
                        (self.values[at], self.members[at]) = (value, index as u8);
                    }
                }
            }
        }
    }

    fn insert(self, tensor: &str, digits: &[u32], tensors: &mut Archive) {
        let shape = self.place.shape().to_vec();
        let narrow = digits.iter().all(|&digits| digit_limit(digits) <= i64::from(i8::MAX));
        let (dtype, bytes) = match narrow {
            true => (Dtype::I8, self.values.iter().map(|&value| value as u8).collect()),
            false => (Dtype::I16, self.values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        };
        let weight = ArchiveTensor { dtype, shape: shape.clone(), bytes };
        tensors.insert(tensor.to_owned(), weight);
        let outputs = self.place.outputs;
        let scale_shape = match digits.len() {
            1 => vec![outputs],
            terms => vec![terms, outputs],
        };
        let scales = ArchiveTensor::f32(scale_shape, &self.scales);
        tensors.insert(self.place.scale(), scales);
        if digits.len() > 1 {
            let members = ArchiveTensor { dtype: Dtype::U8, shape, bytes: self.members };
            tensors.insert(self.place.members(), members);
        }
    }
}
