//! What a token brings beside the operations before it: a vector of the host, a value of the token
//! before.

use super::Checker;
use crate::network::{EmbedIndex, NetworkError, Operation, Shape};

/// Most bits of the magnitude of a number that the host sends, and of its fraction.
const INPUT_BITS_MAX: u32 = 15;

impl Checker<'_> {
    /// Checks what is taken from the token before, once all values are known.
    pub(super) fn recurrences(&mut self) -> Result<(), NetworkError> {
        for operation in &self.network.operations {
            if let Operation::Previous { input, output, width } = operation {
                self.operation = format!("{} `{output}`", operation.kind());
                self.expect(input, Shape::Vector(*width))?;
            }
        }
        Ok(())
    }

    /// What the host sends: one vector a token, and no id beside it.
    pub(super) fn input(
        &self,
        width: usize,
        bits: u32,
        fraction: u32,
    ) -> Result<Shape, NetworkError> {
        self.positive("width", width)?;
        let within = |what, value: u32, least: u32, most: u32| {
            let expected = || format!("be {least}..={most}");
            self.dimension(what, value as usize, (least..=most).contains(&value), expected)
        };
        within("bits", bits, 1, INPUT_BITS_MAX)?;
        within("fraction", fraction, 0, INPUT_BITS_MAX)?;
        let others = self.network.operations.iter().filter(|it| match it {
            Operation::Input { .. } => true,
            Operation::Embed { index, .. } => *index == EmbedIndex::Token,
            _ => false,
        });
        let count = others.count();
        self.dimension("inputs", count, count == 1, || {
            "be 1: a vector comes in the place of a token id".to_owned()
        })?;
        Ok(Shape::Vector(width))
    }

    /// A value of the token before: no time step stands between tokens.
    pub(super) fn previous(&self, input: &str, width: usize) -> Result<Shape, NetworkError> {
        self.positive("width", width)?;
        let steps = self.network.steps;
        self.dimension("steps", steps, steps == 1, || {
            "be 1: the step before a recurrence is the token before".to_owned()
        })?;
        if self.shapes.contains_key(input) {
            let (operation, value) = (self.operation.clone(), input.to_owned());
            return Err(NetworkError::Late { operation, value });
        }
        Ok(Shape::Vector(width))
    }
}
