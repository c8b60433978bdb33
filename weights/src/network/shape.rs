//! Shapes of values.

use std::collections::BTreeMap;
use std::fmt;

/// The shape of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A vector of that many channels.
    Vector(usize),
    /// Scores of that many heads, each over the positions of the text so far.
    Scores(usize),
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Vector(width) => write!(f, "[{width}]"),
            Shape::Scores(heads) => write!(f, "[{heads} heads × positions]"),
        }
    }
}

/// The shape of every value, by name.
pub type Shapes = BTreeMap<String, Shape>;
