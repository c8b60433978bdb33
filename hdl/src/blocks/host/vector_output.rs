//! The vector output: words of T leave as beats of a stream, behind the program that wrote them.
//!
//! ```text
//!  done ─► word 0, 1 … of T ─► beats ─► tlast taken ─► the next token may come
//! ```
//!
//! The read port of T holds a word until the next is fetched, so that the memory itself is the register
//! of the stream: a beat a cycle.

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
pub struct VectorOutput {
    /// The words that it empties.
    pub stream: VectorStream,
    /// Values of a word.
    pub elements: u32,
    /// Bits of a value in T.
    pub value_width: u32,
}

impl VectorOutput {
    /// Bits of the address of a word of T.
    pub fn address_width(&self) -> u32 {
        address_width(self.stream.first + self.stream.words)
    }

    /// The module `vector_output`.
    pub fn module(&self) -> Arc<Module> {
        let VectorStream { first, words, value_width } = self.stream;
        let summary = format!(
            "vectors of {words} beats, {} values of {value_width} bits each.\n\nA vector is offered until all \
             of it is taken; the core waits as long.",
            self.elements
        );
        let b = Builder::new("vector_output", file!(), &summary);
        let (bit, address) = (uint(1), uint(self.address_width()));
        b.port_group("Core.");
        let there = b.input("vector_valid_i", bit, "a vector is there");
        let word = uint(self.elements * self.value_width);
        let data = b.input("data_i", word, "the word of T that was fetched last");
        b.port_group("AXI4-Stream of vectors, flow control.");
        let ready = b.input("ready_i", bit, "the beat is taken");

        b.section("Words are fetched one ahead of the beat that is taken.");
        let last_word = b.constant("LAST_WORD", i128::from(words) - 1, address, "words - 1");
        let done = b.forward("done", bit);
        let offered = b.register_reset("offered_q", bit, 0);
        let next = b.register_reset("next_q", address, 0);
        let fetched = b.register_reset("fetched_q", bit, 0);
        let free = b.wire("free", !offered.signal() | ready);
        let fetch = b.wire("fetch", there & free & !fetched.signal());
        let at_last = b.wire("at_last", next.signal().eq(last_word));
        next.when(done, next.signal().same(0)).when(fetch & !at_last, next.signal() + 1);
        let fetched =
            fetched.when(done, b.flag(false)).when(fetch & at_last, b.flag(true)).signal();
        let offered = offered.when(fetch, b.flag(true)).when(ready, b.flag(false)).signal();
        let last = b.wire("last", fetched);
        b.assign(done, offered & ready & last);

        b.port_group("Temporaries T.");
        b.output("read_o", fetch, "fetch a word; low holds data_i");
        let first = b.constant("FIRST_WORD", first.into(), address, "of the vector in T");
        b.output("word_o", first + next.signal(), "which");
        b.port_group("Core, flow control.");
        b.output("vector_ready_o", done, "all of the vector is taken");
        b.port_group("AXI4-Stream of vectors.");
        let values = (0..self.elements).rev().map(|index| {
            let value = data.bits(index * self.value_width, value_width).as_sint();
            let value = b.wire(&format!("value_{index}"), value);
            value.extend(self.stream.beat_value_width()).as_uint()
        });
        b.output("data_o", b.concat(&values.collect::<Vec<Signal>>()), "a word, value 0 lowest");
        b.output("valid_o", offered, "a beat is there");
        b.output("last_o", last, "last of its vector");
        if value_width < self.value_width {
            let above = (0..self.elements).map(|index| {
                data.bits(index * self.value_width + value_width, self.value_width - value_width)
            });
            let above: Vec<Signal> = above.collect();
            b.unused("above", b.concat(&above), "Whole numbers of fewer bits.");
        }

        b.properties();
        b.kept(Claim::Assumed, "vector_stays", (there, done), &[], "A vector stays until taken.");
        let meaning = "A beat stays until it is taken.";
        b.kept(Claim::Asserted, "beat_kept", (offered, ready), &[last], meaning);
        let inside = next.signal().le(last_word);
        b.assert_property("word_in_vector", inside, "A word is one of the vector.");
        b.assert_property("offers_what_is_there", !offered | there, "A beat is of a vector.");
        let meaning = "No word is fetched over a beat that was not taken.";
        b.assert_property("fetches_into_room", !fetch | !offered | ready, meaning);
        b.finish()
    }
}
