//! The prediction queue: an answer of a prediction for every position of the text.
//!
//! ```text
//!  prediction of position 0, 1 … ─► [ queue ] ─► offered ─► out
//!  position of the token ─► which is the last
//! ```
//!
//! Predictions leave while the program still runs. It holds those of a whole text, so that a slow
//! reader never holds up a unit; the next token waits until all have left.

use crate::blocks::control::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PredictionQueue {
    /// Positions of a text.
    pub context: u32,
}

impl PredictionQueue {
    /// The module `prediction_queue`.
    pub fn module(&self) -> Arc<Module> {
        let depth = self.context.next_power_of_two().max(2);
        let summary = format!(
            "an answer of up to {} predictions, one a position.\n\n\
             A prediction is offered two cycles after it came, if those before it have left.",
            self.context
        );
        let b = Builder::new("prediction_queue", file!(), &summary);
        let (bit, token_type) = (uint(1), uint(TOKEN_WIDTH));
        b.port_group("Text and token.");
        let clears = b.input("begins_text_i", bit, "the text is forgotten");
        let begins = b.input("begins_i", bit, "a token begins; only while nothing waits");
        let position = b.input("position_i", token_type, "its position, the last of the text");
        b.port_group("Predictions, position by position.");
        let predicted = b.input("predicted_i", bit, "a prediction is there");
        let prediction = b.input("prediction_i", token_type, "its id");
        b.port_group("Prediction, flow control.");
        let ready = b.input("prediction_ready_i", bit, "the prediction is taken");

        b.section("Which position a prediction is of.");
        let made = b.register("made_q", token_type);
        let made = made.when(begins, made.signal().same(0)).when(predicted, made.signal() + 1);
        let last = b.wire("last", made.signal().eq(position));

        b.section("Queue. Its pointers have a bit more than its addresses: equal ones mean empty.");
        let pointer_type = uint(address_width(depth) + 1);
        let takes = b.forward("takes", bit);
        let write_at = b.register_reset("write_at_q", pointer_type, 0);
        let write_at = write_at.when(predicted, write_at.signal() + 1).signal();
        let read_at = b.register_reset("read_at_q", pointer_type, 0);
        let read_at = read_at.when(clears, write_at).when(takes, read_at.signal() + 1).signal();
        let filled = b.wire("filled", write_at.ne(read_at));
        let width = address_width(depth);
        let queue = b.memory("queue", depth, uint(TOKEN_WIDTH + 1), &[]);
        queue.write(predicted, write_at.bits(0, width), b.concat(&[last, prediction]));

        b.section("The prediction that is offered stays until it is taken, in a new text too.");
        let offered = b.register_reset("offered_q", bit, 0);
        b.assign(takes, filled & !clears & (!offered.signal() | ready));
        let offered = offered.when(takes, b.flag(true)).when(ready, b.flag(false)).signal();
        let answer = queue.read("answer_q", takes, read_at.bits(0, width));

        b.port_group("Prediction.");
        b.output("prediction_valid_o", offered, "a prediction is there");
        b.output("prediction_o", answer.bits(0, TOKEN_WIDTH), "its id");
        b.output("prediction_last_o", answer.top_bit(), "of the last position");
        b.port_group("To the token loop.");
        b.output("waiting_o", offered | filled, "predictions have not been taken yet");

        b.properties();
        let meaning = "A prediction stays until it is taken.";
        b.kept(Claim::Asserted, "prediction_kept", (offered, ready), &[answer], meaning);
        b.finish()
    }
}
