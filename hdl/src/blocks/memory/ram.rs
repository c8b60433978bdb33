//! Simple dual-port memory: one write port, one clocked read port, as block RAMs have them.
//!
//! ```text
//!  write_* ─► [ depth × width ] ─► data_o, one cycle after read_*
//! ```
//!
//! A word that is read in the cycle that writes it is anything: its users do not look at it, in the native
//! simulator no bit of it is right, and synthesis leaves out the bypass.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct Ram<'a> {
    /// Name of the module: every shape has its own.
    pub name: &'a str,
    /// Path of the block that uses it.
    pub source: &'static str,
    /// What it holds, for the header.
    pub holds: &'a str,
    /// Bits of a word.
    pub width: u32,
    /// Words, a power of two.
    pub depth: u32,
}

impl Ram<'_> {
    /// The module.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "{}, {} words of {} bits.\n\n\
             One write port, one clocked read port. What is read in the cycle that writes it is anything.",
            self.holds, self.depth, self.width
        );
        let b = Builder::new(self.name, self.source, &summary);
        let address = uint(crate::language::storage::address_width(self.depth));
        b.port_group("Write.");
        let write = b.input("write_i", uint(1), "store data_i");
        let write_address = b.input("write_address_i", address, "word to store");
        let data = b.input("data_i", uint(self.width), "its new value");
        b.port_group("Read.");
        let read = b.input("read_i", uint(1), "fetch a word; low holds data_o");
        let read_address = b.input("read_address_i", address, "word to fetch");
        b.stage("memory.");
        let words = b.memory("words", self.depth, uint(self.width), &[]).exclusive();
        words.write(write, write_address, data);
        let fetched = words.read("data_q", read, read_address);
        b.output("data_o", fetched, "the fetched word");
        b.finish()
    }
}
