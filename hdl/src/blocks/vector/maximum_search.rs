//! The maximum search: the largest value of a vector, and the lowest row that has it.
//!
//! ```text
//!  values ─► pairs ─► pairs ─► … ─► (>) ─► best_q ─► maximum_o, prediction_o
//!                                    └◄──────┘
//! ```
//!
//! Of equal values the one of the lower row stays. Valid rows are those below some row, so that a
//! value of a higher row counts only if it is valid.

use crate::blocks::array::matrix_walker::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::Matrix;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct MaximumSearch {
    /// Values that arrive in a cycle.
    pub elements: u32,
    /// Bits of a value.
    pub value_width: u32,
    /// Whether it says when a prediction is a new one.
    pub announces: bool,
}

/// A candidate: its value, whether it is valid, and its element, from the low bit on.
#[derive(Clone, Copy)]
struct Candidate<'m> {
    value: Signal<'m>,
    valid: Signal<'m>,
    element: Option<Signal<'m>>,
}

impl MaximumSearch {
    /// Cycles from a group of values to the maximum.
    pub fn cycles(&self) -> u32 {
        self.elements.ilog2() + 1
    }

    /// The module `maximum_search`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("maximum_search", file!(), &self.summary());
        let register_type = uint(Matrix::FORMAT.field("maximum").width);
        b.port_group("Group of values, element 0 in the lowest bits.");
        let values = uint(self.elements * self.value_width);
        let values = b.input("values_i", values, "the values");
        let rows = b.input("rows_i", uint(self.elements), "which of them count");
        let valid = b.input("valid_i", uint(1), "a group is there");
        let first = b.input("first_i", uint(1), "it is the first of its vector");
        let last = b.input("last_i", uint(1), "it is the last of its vector");
        let predicts = b.input("predicts_i", uint(1), "the row becomes the prediction");
        let register = b.input("register_i", register_type, "maximum register of the vector");

        let width = self.value_width;
        let value = |index: u32| values.bits(index * width, width).as_sint();
        let mut candidates: Vec<Candidate> = (0..self.elements)
            .map(|i| Candidate { value: value(i), valid: rows.bit(i), element: None })
            .collect();
        let always = b.flag(true);
        let mut valid = valid;
        let mut commands = [("first", first), ("last", last), ("predicts", predicts)];
        let mut register = register;
        let mut level = 0;
        while candidates.len() > 1 {
            b.stage(&format!("the larger of each of {} pairs.", candidates.len() / 2));
            level += 1;
            let hold = |name: &str, signal| b.delay(&format!("{name}_{level}_q"), always, signal);
            candidates = pairs(&b, level, &candidates);
            let name = format!("valid_{level}_q");
            valid = b.register_reset(&name, uint(1), 0).next(valid).signal();
            commands = commands.map(|(name, signal)| (name, hold(name, signal)));
            register = hold("register", register);
        }
        let [(_, first), (_, last), (_, predicts)] = commands;

        b.stage("the largest of the vector so far.");
        let Candidate { value, valid: counts, element } = candidates[0];
        let element = element.unwrap_or_else(|| b.flag(false));
        let group_type = uint(TOKEN_WIDTH - element.width());
        let next_group = b.register("next_group_q", group_type);
        let group = b.wire("group", first.select(next_group.signal().same(0), next_group.signal()));
        next_group.when(valid, group + 1);
        let best = b.register("best_q", sint(width));
        let best_row = b.register("best_row_q", uint(TOKEN_WIDTH));
        let better = b.wire("better", first | (counts & best.signal().lt(value)));
        let row = better.select(b.concat(&[group, element]), best_row.signal());
        let row = b.wire("row", row);
        best.when(valid & better, value);
        best_row.when(valid, row);
        let ends = b.wire("ends", valid & last);
        let prediction = b.delay("prediction_q", ends & predicts, row);
        let predicted = self
            .announces
            .then(|| b.register_reset("predicted_q", uint(1), 0).next(ends & predicts).signal());
        let register = b.delay("register_q", always, register);
        let write = b.register_reset("write_q", uint(1), 0).next(ends).signal();

        b.port_group("Result.");
        b.output("maximum_write_o", write, "the maximum of a vector is known");
        b.output("maximum_address_o", register, "its register");
        b.output("maximum_data_o", best.signal().as_uint(), "its value");
        b.output("prediction_o", prediction, "row of the last maximum that predicts");
        if let Some(predicted) = predicted {
            b.output("predicted_o", predicted, "it is a new one");
        }
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "the largest of the values of a vector, {} of {} bits a cycle, and its lowest row.\n\n\
             The maximum is there {} cycles after the last group, for one cycle; the prediction \
             stays.",
            self.elements,
            self.value_width,
            self.cycles()
        )
    }
}

/// The better candidate of each pair, held for the next stage.
fn pairs<'m>(b: &'m Builder, level: u32, candidates: &[Candidate<'m>]) -> Vec<Candidate<'m>> {
    let pair = |(index, pair): (usize, &[Candidate<'m>])| {
        let [lower, upper] = [pair[0], pair[1]];
        let hold = |name: &str, signal| {
            b.delay(&format!("{name}_{level}_{index}_q"), b.flag(true), signal)
        };
        let upper_wins = upper.valid & lower.value.lt(upper.value);
        let upper_wins = b.wire(&format!("upper_wins_{level}_{index}"), upper_wins);
        let element = match (lower.element, upper.element) {
            (Some(low), Some(high)) => b.concat(&[upper_wins, upper_wins.select(high, low)]),
            _ => upper_wins,
        };
        Candidate {
            value: hold("value", upper_wins.select(upper.value, lower.value)),
            valid: hold("counts", lower.valid),
            element: Some(hold("element", element)),
        }
    };
    candidates.chunks(2).enumerate().map(pair).collect()
}
