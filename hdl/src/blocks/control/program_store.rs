//! The program memory: one instruction a cycle to the sequencer, 32 bits at a time from the host.
//!
//! ```text
//!  write ─► part 0 ─┐
//!           part 1 ─┼─► instruction_o, one cycle after read_i
//!           …       ┘
//! ```

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use firmware::isa::Encoded;
use std::sync::Arc;

/// Bits of the part number, and of the instruction number, that the host gives.
pub const HOST_ADDRESS_WIDTH: u32 = 16;

/// Bits that the host writes at once.
const PART_WIDTH: u32 = 32;

/// Most instructions of a program that is logic where it comes with the bitstream: a block RAM is as wide
/// as a part, whatever its depth, and what all instructions have in common is a constant then.
pub const LOGIC_DEPTH_MAX: u32 = 32;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct ProgramStore {
    /// Instructions it holds; the memory is filled up to a power of two.
    pub depth: u32,
    /// Parts of an instruction.
    pub instruction_words: u32,
    /// Instructions it starts with; may be empty.
    pub contents: Vec<Encoded>,
}

impl ProgramStore {
    /// The type of an instruction's address.
    pub fn address_type(&self) -> Type {
        uint(address_width(self.depth))
    }

    /// The module `program_store`.
    pub fn module(&self) -> Arc<Module> {
        let words = 1 << self.address_type().width;
        let b = Builder::new(
            "program_store",
            file!(),
            &format!(
                "{words} instructions of {} parts of {PART_WIDTH} bits.\n\n\
                 The host writes only while nothing is fetched.",
                self.instruction_words
            ),
        );
        b.port_group("Host side.");
        let host = uint(HOST_ADDRESS_WIDTH);
        let write = b.input("write_i", uint(1), "store one part of an instruction");
        let part = b.input("write_part_i", host, "which part, the lowest bits first");
        let address = b.input("write_address_i", host, "which instruction");
        let data = b.input("data_i", uint(PART_WIDTH), "its new bits");
        b.port_group("Sequencer side.");
        let read = b.input("read_i", uint(1), "fetch an instruction; low holds the last");
        let read_address = b.input("read_address_i", self.address_type(), "which");

        b.section("Beyond the last instruction nothing is stored.");
        let width = self.address_type().width;
        let outside = match HOST_ADDRESS_WIDTH > width {
            true => address.bits(width, HOST_ADDRESS_WIDTH - width).any(),
            false => b.flag(false),
        };
        let write = b.wire("write_inside", write & !outside);

        if self.is_logic() {
            let unused = "The program is part of the bitstream.";
            for (name, signal) in [("write", write), ("part", part), ("data", data)] {
                b.unused(name, signal, unused);
            }
            let above = address.bits(0, width);
            b.unused("address", above, unused);
            b.stage("program.");
            let instruction = self.table(&b, read, read_address);
            b.output("instruction_o", instruction, "the fetched instruction");
            return b.finish();
        }
        b.stage("memory.");
        let mut parts: Vec<Signal> = (0..self.instruction_words)
            .map(|index| {
                let contents = self.contents.iter().map(|encoded| {
                    Bits::new(i128::from(encoded[index as usize]), uint(PART_WIDTH))
                });
                let contents: Vec<Bits> = contents.collect();
                let name = format!("parts_{index}");
                let memory = b.memory(&name, words, uint(PART_WIDTH), &contents).exclusive();
                memory.write(write & part.is(index.into()), address.bits(0, width), data);
                memory.read(&format!("part_{index}_q"), read, read_address)
            })
            .collect();
        parts.reverse();
        b.output("instruction_o", b.concat(&parts), "the fetched instruction");
        b.finish()
    }

    /// Whether the program is a table of constants.
    fn is_logic(&self) -> bool {
        !self.contents.is_empty() && self.depth <= LOGIC_DEPTH_MAX
    }

    /// The program as a table of constants, part by part.
    fn table<'m>(&self, b: &'m Builder, read: Signal<'m>, address: Signal<'m>) -> Signal<'m> {
        let part = |index: u32| {
            let value = |encoded: &Encoded| {
                b.literal(i128::from(encoded[index as usize]), uint(PART_WIDTH))
            };
            let (last, others) = self.contents.split_last().expect("there is a program");
            let arms: Vec<(i128, Signal)> =
                others.iter().enumerate().map(|(at, it)| (at as i128, value(it))).collect();
            let found = b.case(&format!("part_{index}"), address, &arms, value(last));
            b.delay(&format!("part_{index}_q"), read, found)
        };
        let parts: Vec<Signal> = (0..self.instruction_words).rev().map(part).collect();
        b.concat(&parts)
    }
}
