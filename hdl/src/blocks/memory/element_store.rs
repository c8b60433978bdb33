//! A memory of words of elements that are written one by one and read together.
//!
//! ```text
//!  write element 0 ─► [ depth ] ─┐
//!  write element 1 ─► [ depth ] ─┼─► data_o, one cycle after read_i
//!  …                             ┘
//! ```

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use std::sync::Arc;

/// The write port: enable, word, element of it, value.
type Write<'m> = (Signal<'m>, Signal<'m>, Signal<'m>, Signal<'m>);

/// The write port of whole words: enable, word, its elements.
type WordWrite<'m> = (Signal<'m>, Signal<'m>, Signal<'m>);

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct ElementStore<'a> {
    /// Name of the module: every shape has its own.
    pub name: &'a str,
    /// Path of the block that uses it.
    pub source: &'static str,
    /// What it holds, for the header.
    pub holds: &'a str,
    /// Elements of a word, a power of two.
    pub elements: u32,
    /// Type of an element.
    pub ty: Type,
    /// Words.
    pub depth: u32,
    /// Elements that it starts with, word by word; may be empty.
    pub contents: &'a [i64],
    /// Whether a stream writes whole words beside.
    pub has_stream: bool,
}

impl ElementStore<'_> {
    /// Bits of an address.
    pub fn address_width(&self) -> u32 {
        address_width(self.depth)
    }

    /// The module.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "{}, {} words of {} elements of {} bits.\n\nElements are written one by one and read \
             together. Never read a word in the cycle that writes to it.",
            self.holds,
            self.depth.max(2),
            self.elements,
            self.ty.width,
        );
        let b = Builder::new(self.name, self.source, &summary);
        let address = uint(self.address_width());
        b.port_group("Write.");
        let write = b.input("write_i", uint(1), "store an element");
        let write_address = b.input("write_address_i", address, "its word");
        let element = b.input("element_i", uint(address_width(self.elements)), "which of it");
        let data = b.input("element_data_i", self.ty, "its value");
        let stream = self.has_stream.then(|| {
            b.port_group("Write a whole word; never in the cycle of an element.");
            let word_type = uint(self.elements * self.ty.width);
            let write = b.input("word_write_i", uint(1), "store a word");
            let write_address = b.input("word_address_i", address, "which");
            (write, write_address, b.input("word_data_i", word_type, "its elements"))
        });
        b.port_group("Read.");
        let read = b.input("read_i", uint(1), "fetch a word; low holds data_o");
        let read_address = b.input("read_address_i", address, "which");

        let port = (write, write_address, element, data);
        let word = self.memory(&b, (port, stream), read, read_address);
        b.output("data_o", word, "the fetched word, element 0 in the lowest bits");
        b.finish()
    }

    /// Block RAM has an enable for each part of a word, and is wider than an element.
    fn memory<'m>(
        &self,
        b: &'m Builder,
        ((write, write_address, element, data), stream): (Write<'m>, Option<WordWrite<'m>>),
        read: Signal<'m>,
        read_address: Signal<'m>,
    ) -> Signal<'m> {
        b.section("The element that is written, wherever it lies in its word.");
        let chosen: Vec<Signal> =
            (0..self.elements).rev().map(|index| element.is(index.into())).collect();
        let chosen = b.wire("chosen", b.concat(&chosen));
        let spread = b.wire("spread", data.as_uint().repeat(self.elements));
        let (write, write_address, chosen, spread) = match stream {
            None => (write, write_address, chosen, spread),
            Some((words, at, word)) => {
                b.section("Or a whole word.");
                let address = b.wire("address", words.select(at, write_address));
                let parts = b.wire("parts", words.repeat(self.elements) | chosen);
                let values = b.wire("values", words.select(word, spread));
                (b.wire("writes", write | words), address, parts, values)
            }
        };
        b.stage("memory.");
        let width = self.elements * self.ty.width;
        let own: Vec<Bits> = self
            .contents
            .chunks(self.elements as usize)
            .map(|word| {
                let mut words = vec![0u64; (width as usize).div_ceil(64)];
                for (index, &value) in word.iter().enumerate() {
                    let bits = Bits::new(value.into(), self.ty);
                    for bit in (0..self.ty.width).filter(|&bit| bits.bit(bit)) {
                        let at = index * self.ty.width as usize + bit as usize;
                        words[at / 64] |= 1 << (at % 64);
                    }
                }
                Bits::from_words(width, words)
            })
            .collect();
        let memory = b.memory("words", self.depth.max(2), uint(width), &own).exclusive();
        memory.write_parts(write, chosen, write_address, spread);
        memory.read("word_q", read, read_address)
    }
}
