//! A memory of words with named fields: one write port and one or more readers.
//!
//! ```text
//!  write_* ─► [ depth × fields ] ─┬─► reader: a cycle after its fetch, held until the next
//!                                 └─► reader: at once
//! ```

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use std::sync::Arc;

/// A field of a word.
#[derive(Clone, Copy, Debug)]
pub struct StoreField {
    /// Its name.
    pub name: &'static str,
    /// Width and sign.
    pub ty: Type,
    /// What it is.
    pub meaning: &'static str,
}

/// Who reads, and when the word arrives.
#[derive(Clone, Copy, Debug)]
pub enum Reader {
    /// A cycle after the fetch: `<name>_read_i`, `<name>_address_i`, `<name>_<field>_o`.
    Clocked(&'static str),
    /// In the cycle of the address: `<name>_address_i`, `<name>_<field>_o`.
    AtOnce(&'static str),
}

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct Store<'a> {
    /// Name of the module: every shape has its own.
    pub name: &'a str,
    /// Path of the block that uses it.
    pub source: &'static str,
    /// What it holds, for the header.
    pub holds: &'a str,
    /// The fields of a word.
    pub fields: &'a [StoreField],
    /// Words; filled up to a power of two where a reader has the word at once.
    pub depth: u32,
    /// Its readers.
    pub readers: &'a [Reader],
    /// Whether it is made of LUTs. From a block RAM a word that is read in the cycle that writes it is anything.
    pub distributed: bool,
}

impl Store<'_> {
    /// Bits of an address.
    pub fn address_width(&self) -> u32 {
        address_width(self.depth)
    }

    /// The module.
    pub fn module(&self) -> Arc<Module> {
        let at_once = self.readers.iter().any(|reader| matches!(reader, Reader::AtOnce(_)));
        let depth = if at_once { 1 << self.address_width() } else { self.depth.max(2) };
        let width: u32 = self.fields.iter().map(|field| field.ty.width).sum();
        let promise = match self.distributed {
            true => "One write port; a word that is read while it is written is the old one.",
            false => "One write port. What is read in the cycle that writes it is anything.",
        };
        let summary = format!("{}, {depth} words of {width} bits.\n\n{promise}", self.holds);
        let b = Builder::new(self.name, self.source, &summary);
        let address = uint(self.address_width());
        b.port_group("Write.");
        let write = b.input("write_i", uint(1), "store a word");
        let write_address = b.input("write_address_i", address, "which");
        let port = |field: &StoreField| {
            b.input(&format!("{}_i", field.name), field.ty, field.meaning).as_uint()
        };
        let mut parts: Vec<Signal> = self.fields.iter().map(port).collect();
        parts.reverse();

        b.stage("memory.");
        let words = b.memory("words", depth, uint(width), &[]);
        let words = if self.distributed { words.distributed() } else { words.exclusive() };
        words.write(write, write_address, b.concat(&parts));
        for reader in self.readers {
            let (Reader::Clocked(name) | Reader::AtOnce(name)) = *reader;
            b.port_group(&format!("Reader {name}."));
            let word = match reader {
                Reader::Clocked(_) => {
                    let read = b.input(&format!("{name}_read_i"), uint(1), "fetch a word");
                    let at = b.input(&format!("{name}_address_i"), address, "which");
                    words.read(&format!("{name}_word_q"), read, at)
                }
                Reader::AtOnce(_) => {
                    let at = b.input(&format!("{name}_address_i"), address, "which word");
                    b.wire(&format!("{name}_word"), words.word(at))
                }
            };
            self.outputs(&b, name, word);
        }
        b.finish()
    }

    fn outputs<'m>(&self, b: &'m Builder, reader: &str, word: Signal<'m>) {
        let mut low = 0;
        for field in self.fields {
            let bits = word.bits(low, field.ty.width);
            let value = if field.ty.signed { bits.as_sint() } else { bits };
            b.output(&format!("{reader}_{}_o", field.name), value, field.meaning);
            low += field.ty.width;
        }
    }
}
