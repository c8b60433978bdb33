//! What an execution shows, and a recording of it.

use std::collections::BTreeMap;

/// Which number of an operation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The value that it writes.
    Output,
    /// Membranes of a neuron layer before their reset.
    Membrane,
    /// Spikes of a neuron layer, before their amplitude.
    Spikes,
    /// Scores of a spiking attention: `heads × positions`, head-major.
    Scores,
    /// p of WKV after its update.
    Numerator,
    /// q of WKV after its update.
    Denominator,
    /// o of WKV after its update.
    Exponent,
}

/// One vector of one position and step. What is the same at every step is shown at step 0 only, and
/// what is the same at every position at the first of the block.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The value, for [`Part::Output`]; the operation, for every other part.
    pub name: &'a str,
    /// Which number of it.
    pub part: Part,
    /// Position in the text.
    pub position: usize,
    /// Step of the token.
    pub step: usize,
    /// One number a channel.
    pub values: &'a [f64],
}

/// Everything that an execution has shown, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    vectors: BTreeMap<(String, Part), Vectors>,
}

/// By position and step.
type Vectors = BTreeMap<(usize, usize), Vec<f64>>;

impl Recording {
    /// Takes one vector.
    pub fn take(&mut self, seen: &Seen<'_>) {
        let vectors = self.vectors.entry((seen.name.to_owned(), seen.part)).or_default();
        vectors.insert((seen.position, seen.step), seen.values.to_vec());
    }

    /// The vector of a position and step; that of step 0 where all steps are the same.
    pub fn at(&self, name: &str, part: Part, position: usize, step: usize) -> Option<&[f64]> {
        let vectors = self.vectors.get(&(name.to_owned(), part))?;
        let found = vectors.get(&(position, step)).or_else(|| vectors.get(&(position, 0)));
        found.map(Vec::as_slice)
    }

    /// The names and parts that were shown.
    pub fn names(&self) -> impl Iterator<Item = (&str, Part)> {
        self.vectors.keys().map(|(name, part)| (name.as_str(), *part))
    }
}
