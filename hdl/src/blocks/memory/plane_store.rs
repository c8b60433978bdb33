//! The plane store: vectors of one plane each, side by side, so that one fetch has them all.
//!
//! ```text
//!  plane_i ─► which bank │ bank 0 ─┐
//!  address_i, trits ─────┤ bank 1 ─┼─► a word of every plane
//!                        └ bank …  ┘
//! ```
//!
//! Vectors are not packed as trains are: every word is there, whether it is empty or not.

use super::store::{Reader, Store, StoreField};
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PlaneStore {
    /// Planes.
    pub planes: u32,
    /// Trits of a word of each.
    pub slots: u32,
    /// Words.
    pub depth: u32,
    /// Whether it is made of LUTs.
    pub distributed: bool,
}

impl PlaneStore {
    fn bank(&self) -> Arc<Module> {
        let field = |name, meaning| StoreField { name, ty: uint(self.slots), meaning };
        let fields = [
            field("active", "1: a spike, slot 0 in the lowest bit"),
            field("negative", "1: it is -1"),
        ];
        let readers = [Reader::Clocked("matrix")];
        let (name, holds, source) = ("plane_bank", "words of one plane", file!());
        let Self { depth, distributed, .. } = *self;
        Store { name, source, holds, fields: &fields, depth, readers: &readers, distributed }
            .module()
    }

    /// Type of an address.
    pub fn address_type(&self) -> Type {
        uint(address_width(self.depth))
    }

    /// Type of a plane's number.
    pub fn plane_type(&self) -> Type {
        uint(address_width(self.planes))
    }

    /// The module `plane_store`.
    pub fn module(&self) -> Arc<Module> {
        let summary = format!(
            "vectors of one plane each: {} words of {} planes of {} trits.\n\n\
             A word is written plane by plane, and read as a whole.",
            self.depth, self.planes, self.slots
        );
        let b = Builder::new("plane_store", file!(), &summary);
        let word = uint(self.slots);
        b.port_group("Write.");
        let write = b.input("write_i", uint(1), "store a word of a plane");
        let write_address = b.input("write_address_i", self.address_type(), "which word");
        let plane = b.input("plane_i", self.plane_type(), "which plane");
        let active = b.input("active_i", word, "1: a spike, slot 0 in the lowest bit");
        let negative = b.input("negative_i", word, "1: it is -1");
        b.port_group("Read.");
        let read = b.input("matrix_read_i", uint(1), "fetch a word of every plane");
        let address = b.input("matrix_address_i", self.address_type(), "which");
        b.section("A bank a plane.");
        let bank = self.bank();
        let banks: Vec<_> = (0..self.planes)
            .map(|index| {
                let own = if self.planes == 1 { b.flag(true) } else { plane.is(index.into()) };
                let inputs = [
                    ("write_i", write & own),
                    ("write_address_i", write_address),
                    ("active_i", active),
                    ("negative_i", negative),
                    ("matrix_read_i", read),
                    ("matrix_address_i", address),
                ];
                b.instance(&format!("bank_{index}"), &bank, &inputs)
            })
            .collect();
        let joined = |port: &str| {
            let words: Vec<Signal> = banks.iter().rev().map(|bank| bank.get(port)).collect();
            b.concat(&words)
        };
        b.port_group("A word of every plane, a cycle after its fetch, plane 0 lowest.");
        b.output("matrix_active_o", joined("matrix_active_o"), "1: a spike");
        b.output("matrix_negative_o", joined("matrix_negative_o"), "1: it is -1");
        b.finish()
    }
}
