//! The matrices of a model in the form that its configuration says: trits as the family stores them,
//! or integers with scales, as `quantise` writes them. Of material they may be any floats.
//!
//! ```text
//! config.json, spikellm ─► form ┐
//! tensor, place in it ──────────┴─► trits │ terms of digits │ floats beside a matrix of zeros
//! ```

use super::container::Container;
use super::fields::Fields;
use super::llama::mean_count;
use super::terms::terms;
use super::{ImportError, tensors};
use crate::network::{DigitMatrix, LinearWeights, Network, TernaryMatrix, digit_limit};
use crate::quantise::FloatMatrix;
use std::collections::BTreeMap;
use std::ops::Range;

/// How matrices are stored.
#[derive(Clone, Debug, Default, PartialEq)]
enum Form {
    /// Each as −s, 0 and +s.
    #[default]
    Ternary,
    /// As any floats.
    Floats,
    /// As integers with scales of the outputs; for each term its digits.
    Digits(Vec<u32>),
}

/// Where a matrix stands in a file: some outputs of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// Its name.
    pub(super) tensor: String,
    /// Whether it is stored `[inputs, outputs]`, as GPT-2's are.
    pub(super) turned: bool,
    /// Outputs of the tensor.
    pub(super) outputs: usize,
    /// Those of the matrix.
    pub(super) ours: Range<usize>,
    /// Inputs.
    pub(super) columns: usize,
}

impl Place {
    /// A tensor that is the matrix, `[outputs, inputs]`.
    pub(super) fn whole(tensor: String, rows: usize, columns: usize) -> Place {
        Place { tensor, turned: false, outputs: rows, ours: 0..rows, columns }
    }

    /// The lengths of the tensor.
    pub(super) fn shape(&self) -> [usize; 2] {
        match self.turned {
            true => [self.columns, self.outputs],
            false => [self.outputs, self.columns],
        }
    }

    /// Where the element of an output and an input stands in the tensor.
    pub(super) fn index(&self, output: usize, input: usize) -> usize {
        match self.turned {
            true => input * self.outputs + output,
            false => output * self.columns + input,
        }
    }

    /// The elements of the matrix, row by row.
    fn elements<T: Copy>(&self, values: &[T]) -> Vec<T> {
        let row = |output| (0..self.columns).map(move |input| values[self.index(output, input)]);
        self.ours.clone().flat_map(row).collect()
    }

    /// The tensor of the scales of its integers.
    pub(super) fn scale(&self) -> String {
        format!("{}_scale", self.tensor)
    }

    /// The tensor that says which term each weight is in.
    pub(super) fn members(&self) -> String {
        format!("{}_term", self.tensor)
    }
}

/// The form of the matrices of a model, and what was read in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Matrices {
    form: Form,
    /// The mean count of their inputs, where those are counts.
    mean_count: Option<f64>,
    /// Matrices of material, and where each stands.
    pub(super) floats: BTreeMap<String, (FloatMatrix, Place)>,
}

impl Matrices {
    /// Those of material.
    pub(super) fn of_floats() -> Matrices {
        Matrices { form: Form::Floats, ..Matrices::default() }
    }

    /// Takes what a configuration says of them.
    pub(super) fn configure(&mut self, config: &Fields) -> Result<(), ImportError> {
        let Some(section) = config.object("spikellm")? else { return Ok(()) };
        if self.form == Form::Floats {
            let expected = "absent: its matrices hold integers already, run it as it is";
            return Err(config.wrong("spikellm", expected));
        }
        section.whole("version", 1, 1)?;
        self.form = match section.object("weights")? {
            Some(weights) => Form::Digits(terms(&weights)?),
            None => return Err(section.wrong("weights", "an object")),
        };
        if let Some(activations) = section.object("activations")? {
            let mean_count = mean_count(&activations)?;
            self.mean_count = match activations.optional_text("default")? {
                None | Some("float") => None,
                Some("counts") if mean_count.is_some() => mean_count,
                Some(_) => {
                    let expected = "\"float\", or \"counts\" where they are there";
                    return Err(activations.wrong("default", expected));
                }
            };
            activations.finish()?;
        }
        section.without_effect(&["recipe"]);
        section.finish()
    }

    /// Fewest digits of a weight.
    pub(super) fn digits(&self) -> u32 {
        match &self.form {
            Form::Digits(terms) => terms.iter().copied().min().unwrap_or(1),
            Form::Ternary | Form::Floats => 1,
        }
    }

    /// The network with its inputs coded as the configuration says.
    pub(super) fn coded(&self, network: Network) -> Network {
        match self.mean_count {
            Some(mean_count) => network.with_counts(mean_count),
            None => network,
        }
    }

    /// Takes a matrix.
    pub(super) fn take(
        &mut self,
        container: &mut Container,
        name: &str,
        place: Place,
    ) -> Result<LinearWeights, ImportError> {
        let (rows, columns) = (place.ours.len(), place.columns);
        let name = name.to_owned();
        let tensor = container.take(&place.tensor)?;
        match &self.form {
            Form::Ternary => {
                let (trits, scale) = match place.turned {
                    true => tensors::ternary_outputs(&tensor, place.shape(), place.ours)?,
                    false => tensors::ternary_floats(&tensor, rows, columns)?,
                };
                Ok(LinearWeights::Ternary(TernaryMatrix { name, rows, columns, trits, scale }))
            }
            Form::Floats => {
                let values = place.elements(&tensors::floats(&tensor, &place.shape())?);
                let floats = FloatMatrix { name: name.clone(), rows, columns, values };
                self.floats.insert(name.clone(), (floats, place));
                let (trits, scale) = (vec![0; rows * columns], 1.0);
                Ok(LinearWeights::Ternary(TernaryMatrix { name, rows, columns, trits, scale }))
            }
            Form::Digits(terms) => {
                let most = terms.iter().copied().max().unwrap_or(1);
                let [height, width] = place.shape();
                let values = tensors::integers(&tensor, height, width, digit_limit(most))?;
                let scales = container.take(&place.scale())?;
                let ours = |scales: &[f32]| scales[place.ours.clone()].to_vec();
                if let [digits] = *terms.as_slice() {
                    let row_scales = ours(&tensors::row_scales(&scales, place.outputs)?);
                    let values = place.elements(&values);
                    let matrix = DigitMatrix { name, rows, columns, digits, values, row_scales };
                    return Ok(LinearWeights::Digits(vec![matrix]));
                }
                let scales = tensors::term_scales(&scales, terms.len(), place.outputs)?;
                let scales: Vec<Vec<f32>> = scales.chunks_exact(place.outputs).map(ours).collect();
                let members = container.take(&place.members())?;
                let members = tensors::members(&members, height, width, terms.len())?;
                let integers = Integers {
                    values: place.elements(&values),
                    members: place.elements(&members),
                    scales,
                };
                Ok(LinearWeights::Digits(integers.terms(&name, (rows, columns), terms)))
            }
        }
    }
}

/// A matrix of several terms as it is stored.
pub(super) struct Integers {
    /// Row-major.
    pub(super) values: Vec<i16>,
    /// Which term each is in.
    pub(super) members: Vec<u8>,
    /// By term, the scales of the rows.
    pub(super) scales: Vec<Vec<f32>>,
}

impl Integers {
    /// Its terms, of so many digits each.
    pub(super) fn terms(
        self,
        name: &str,
        (rows, columns): (usize, usize),
        digits: &[u32],
    ) -> Vec<DigitMatrix> {
        let Integers { values, members, scales } = self;
        let term = |(index, (&digits, row_scales)): (usize, (&u32, Vec<f32>))| {
            let own = |(&value, &member): (&i16, &u8)| {
                if usize::from(member) == index { value } else { 0 }
            };
            let name = if index == 0 { name.to_owned() } else { format!("{name}.term{index}") };
            let values = values.iter().zip(&members).map(own).collect();
            DigitMatrix { name, rows, columns, digits, values, row_scales }
        };
        let mut terms: Vec<DigitMatrix> = digits.iter().zip(scales).enumerate().map(term).collect();
        // A narrower matrix has fewer groups than its scales have places.
        while terms.len() > 1
            && terms.last().is_some_and(|term| term.values.iter().all(|&v| v == 0))
        {
            terms.pop();
        }
        terms
    }
}

/// The scale of every row: a row of zeros, which has none, takes that of the first row that has
/// one, so that it does not make many scales of one; 1 where all rows are zeros.
pub(super) fn scales_of_all(found: &[Option<f32>]) -> Vec<f32> {
    let shared = found.iter().copied().flatten().next().unwrap_or(1.0);
    found.iter().map(|scale| scale.unwrap_or(shared)).collect()
}
