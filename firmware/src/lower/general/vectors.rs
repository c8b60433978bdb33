//! Vectors of the host: its stream fills words of C before the program runs, and empties words of T
//! behind it.
//!
//! ```text
//!  stream ─► C ─► train of whole numbers, or values with the fraction that a membrane needs
//!  value  ─► T ─► stream
//! ```

use super::super::LowerError;
use super::super::bounds::signed_bits;
use super::super::factor::exp2;
use super::composer::Composer;
use super::draft::Draft;
use super::value::{At, Value, Vector};
use crate::isa::{Multiply, Space, SpikeLevels};
use crate::machine::Memory;
use crate::vector_stream::{VectorMap, VectorStream};
use std::rc::Rc;
use weights::network::Operation;

/// Why a text that is read whole has no stream of vectors.
const WHOLE: &str = "its network reads texts whole, position beside position";

impl<'n> Composer<'n> {
    /// A vector of the host: the spikes of a train where matrices read it.
    pub(super) fn input(&mut self, bits: u32, fraction: u32) -> Result<Value<'n>, LowerError> {
        if self.phases.block {
            return Err(self.refuse(WHOLE, "send it token ids"));
        }
        let output = self.operation().output();
        let layout = self.layouts.of_value(output);
        let at = At::fixed(Space::Constants, 0);
        let unit = exp2(-i64::from(fraction));
        let words = (layout.width / self.elements()) as u32;
        self.area(Memory::Constants, &format!("{output}: from the host"), 0, words);
        self.machine.input = Some(VectorStream { first: 0, words, value_width: bits + 1 });
        self.input_map = Some(VectorMap { places: layout.places.clone(), unit });
        let reads = |it: &&Operation| it.inputs().contains(&output);
        let is_linear = |it: &&Operation| {
            matches!(it, Operation::TernaryLinear { .. } | Operation::DigitLinear { .. })
        };
        let readers: Vec<&Operation> = self.network.operations.iter().filter(reads).collect();
        if !readers.is_empty() && readers.iter().all(is_linear) {
            let given = self.design.machine.count_width;
            if bits > given {
                let (layer, quantity) = (output.to_owned(), "a number of the host");
                let (worst, limit) = ((1 << bits) - 1, (1 << given) - 1);
                let (key, needed) = ("machine.count_width", bits);
                return Err(LowerError::Width {
                    layer,
                    quantity,
                    worst,
                    key,
                    given,
                    limit,
                    needed,
                });
            }
            let levels = if bits == 1 { SpikeLevels::Ternary } else { SpikeLevels::Signed };
            return self.spikes(Draft::over(layout.width).a(at), &layout, (levels, bits), unit);
        }
        let bound = f64::from((1 << bits) - 1) * unit;
        let finest = self.fraction(bound);
        let gained = (finest - i64::from(fraction)).max(0);
        let factor = self.constant(&format!("{output}: its unit"), vec![1 << gained; layout.width]);
        let (to, area) = self.temporary(output, words as usize);
        let draft = Draft::over(layout.width).a(at).b(factor).multiply(Multiply::B, 0);
        self.pass(draft.to(to), format!("{output}: from the host"))?;
        let fraction = i64::from(fraction) + gained;
        let vector =
            Vector { at: to, _area: area, layout, fraction, unit: 1.0, bound, energy: None };
        Ok(Value::Vector(Rc::new(vector)))
    }

    /// The network's output in words of T that stay until the stream has taken them.
    pub(super) fn vector_output(&mut self) -> Result<(), LowerError> {
        let (name, last) = (self.network.output.as_str(), self.network.steps as u32 - 1);
        let produces = |it: &Operation| it.output() == name;
        self.index = self.network.operations.iter().position(produces).unwrap_or(0);
        if self.phases.block {
            return Err(self.refuse(WHOLE, "end the network with its head, or its classifier"));
        }
        let vector = self.vector(name)?;
        let words = vector.layout.width / self.elements();
        // Of the last step.
        let first = vector.at.first + last * vector.at.per_step;
        let mut at = At::fixed(vector.at.space, first);
        let is_read = self.network.operations.iter().any(|it| match it {
            Operation::Previous { input, .. } => input == name,
            _ => it.inputs().contains(&name),
        });
        if at.space != Space::Temporaries || is_read {
            let area = self.pools.temporaries.take_unused(words);
            let to = At::fixed(Space::Temporaries, area.first());
            let draft = Draft::over(vector.layout.width).a(at).to(to);
            self.pass(draft, format!("{name}: to the host"))?;
            self.area(Memory::Temporaries, &format!("{name}: to the host"), to.first, words as u32);
            self.keep_area(area);
            at = to;
        }
        // Whole numbers, as spikes are, need no more bits than they have.
        let value_width = match vector.fraction {
            0 => signed_bits(vector.bound).min(self.machine.value_width),
            _ => self.machine.value_width,
        };
        let (first, words) = (at.first, words as u32);
        self.machine.output = Some(VectorStream { first, words, value_width });
        let unit = vector.unit * exp2(-vector.fraction);
        self.output_map = Some(VectorMap { places: vector.layout.places.clone(), unit });
        Ok(())
    }
}
