//! The vector input: beats of a stream become words of C, and a whole vector becomes a token.
//!
//! ```text
//!  beat ─► fits? ─► word 0, 1 … of C       tlast at the last word ─► token
//!            │                             tlast elsewhere, or a value too large ─► dropped
//! ```
//!
//! Beats are taken while tokens are, and none is under way. A vector that is no vector is dropped up to its `tlast`,
//! so that the next one is whole again.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::vector_stream::VectorStream;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct VectorInput {
    /// The words that it fills.
    pub stream: VectorStream,
    /// Values of a word.
    pub elements: u32,
    /// Bits of a value in C.
    pub value_width: u32,
}

impl VectorInput {
    /// Bits of the address of a word of C.
    pub fn address_width(&self) -> u32 {
        address_width(self.stream.first + self.stream.words)
    }

    /// The module `vector_input`.
    pub fn module(&self) -> Arc<Module> {
        let VectorStream { first, words, value_width } = self.stream;
        let summary = format!(
            "vectors of {words} beats, {} values of {value_width} bits each.\n\nA vector that is shorter or \
             longer, or has a value beyond {} in magnitude, is dropped.",
            self.elements,
            self.stream.input_max()
        );
        let b = Builder::new("vector_input", file!(), &summary);
        let (bit, beat_type) = (uint(1), uint(self.stream.beat_width(self.elements)));
        let address = uint(self.address_width());
        b.port_group("AXI4-Stream of vectors.");
        let data = b.input("data_i", beat_type, "a word, value 0 in the lowest bits");
        let valid = b.input("valid_i", bit, "a beat is there");
        let last = b.input("last_i", bit, "last of its vector");
        b.port_group("Core.");
        let run = b.input("run_i", bit, "take vectors; low while the host loads constants");
        let begins = b.input("begins_text_i", bit, "the text is forgotten");
        let busy = b.input("busy_i", bit, "a token is under way");
        let taken = b.input("token_taken_i", bit, "the token is taken");

        b.section("A whole vector waits until the core takes it as a token.");
        let whole = b.forward("whole", bit);
        let waits = b.register_reset("waits_q", bit, 0);
        let waits = waits.when(begins | taken, b.flag(false)).when(whole, b.flag(true)).signal();

        b.section("A beat is taken while C is free: no vector waits, and no token is under way.");
        let ready = b.wire("ready", run & !waits & !busy & !begins);
        let beat = b.wire("beat", valid & ready);

        b.section("Which word it is, and whether its vector is one.");
        let last_word = b.constant("LAST_WORD", i128::from(words) - 1, address, "words - 1");
        let word = b.register_reset("word_q", address, 0);
        let at_last = b.wire("at_last", word.signal().eq(last_word));
        let ends = b.wire("ends", beat & last);
        word.when(begins | ends, word.signal().same(0)).when(beat & !at_last, word.signal() + 1);
        let width = self.stream.beat_value_width();
        let value = |index: u32| b.wire(&format!("value_{index}"), data.bits(index * width, width));
        let values: Vec<Signal> = (0..self.elements).map(value).collect();
        let fits: Vec<Signal> = values.iter().map(|&value| self.fits(value)).collect();
        let fits = b.wire("fits", b.concat(&fits).all());
        let drops = b.register_reset("drops_q", bit, 0);
        let sound = b.wire("sound", fits & last.eq(at_last));
        let bad = b.wire("bad", beat & !sound & !drops.signal());
        drops.when(begins | ends, b.flag(false)).when(bad, b.flag(true));

        b.assign(whole, ends & sound & !drops.signal());

        b.port_group("AXI4-Stream of vectors, flow control.");
        b.output("ready_o", ready, "the beat is taken");
        b.port_group("Constants C.");
        b.output("write_o", beat, "store a word");
        let first = b.constant("FIRST_WORD", first.into(), address, "of the vector in C");
        b.output("word_o", first + word.signal(), "which");
        let kept = values.iter().enumerate().rev().map(|(index, value)| {
            let value = b.wire(&format!("kept_{index}"), value.bits(0, value_width).as_sint());
            value.extend(self.value_width).as_uint()
        });
        b.output("word_data_o", b.concat(&kept.collect::<Vec<_>>()), "its values");
        b.port_group("Core.");
        b.output("token_valid_o", waits, "a vector is there");
        b.output("bad_vector_o", bad, "a vector is dropped");

        b.properties();
        b.assume("takes_what_waits", !taken | waits, "Only a vector that waits is taken.");
        let meaning = "A vector waits until it is taken, or the text is forgotten.";
        let offer = (waits, taken | begins);
        b.kept(Claim::Asserted, "vector_kept", offer, &[], meaning);
        let inside = word.signal().le(last_word);
        b.assert_property("word_in_vector", inside, "A word is one of the vector.");
        let meaning = "Words of C are written only while nothing is under way.";
        b.assert_property("writes_when_free", !beat | (!busy & !waits), meaning);
        b.finish()
    }

    /// Whether a value has no more bits than it may have, and is not the lowest number of them.
    fn fits<'m>(&self, value: Signal<'m>) -> Signal<'m> {
        let magnitude = self.stream.value_width - 1;
        let signs = value.bits(magnitude, self.stream.beat_value_width() - magnitude);
        (signs.all() & value.bits(0, magnitude).any()) | !signs.any()
    }
}
