//! The program memory: one instruction a cycle to the sequencer, 32 bits at a time from the host.
//!
//! ```text
//!  write ─► part 0 ─┐
//!           part 1 ─┼─► word ─► memory ─► word ─► instruction_o, one cycle after read_i
//!           …       ┘
//! ```
//!
//! The memory has only the bits that the program's instructions do not share ([`ProgramBits`]); the host
//! writes whole instructions even so, and each is stored with its last part.

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use firmware::isa::Encoded;
use firmware::program_bits::{ProgramBit, ProgramBits};
use std::sync::Arc;

/// Bits of the part number, and of the instruction number, that the host gives.
pub const HOST_ADDRESS_WIDTH: u32 = 16;

/// Bits that the host writes at once.
const PART_WIDTH: u32 = 32;

/// Most instructions of a program that is logic where it comes with the bitstream: block RAMs would be
/// almost empty.
pub const LOGIC_DEPTH_MAX: u32 = 32;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct ProgramStore {
    /// Instructions it holds; the memory is filled up to a power of two.
    pub depth: u32,
    /// Parts of an instruction.
    pub instruction_words: u32,
    /// Which of their bits it has.
    pub bits: ProgramBits,
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
                "{words} instructions of {} parts of {PART_WIDTH} bits, of which {} bits are kept.\n\n\
                 The host writes only while nothing is fetched, the parts of an instruction from the \
                 lowest on.",
                self.instruction_words,
                self.bits.width()
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
        b.section("The parts of an instruction, until its last one comes.");
        let whole = self.whole(&b, write, part, data);
        b.stage("memory.");
        let contents: Vec<Bits> = self.contents.iter().map(|it| self.word(it)).collect();
        let memory = b.memory("words", words, uint(self.bits.width()), &contents).exclusive();
        let last = part.is((self.instruction_words - 1).into());
        memory.write(write & last, address.bits(0, width), whole);
        let word = memory.read("word_q", read, read_address);
        b.output("instruction_o", self.instruction(&b, word), "the fetched instruction");
        b.finish()
    }

    /// What is kept of an instruction: of its last part as it comes, of the others from registers.
    fn whole<'m>(
        &self,
        b: &'m Builder,
        write: Signal<'m>,
        part: Signal<'m>,
        data: Signal<'m>,
    ) -> Signal<'m> {
        let mut pieces = vec![];
        let mut unread = vec![true; PART_WIDTH as usize];
        for index in 0..self.instruction_words {
            let of_part = |bit: &&u32| **bit / PART_WIDTH == index;
            let places: Vec<u32> =
                self.bits.kept().iter().filter(of_part).map(|bit| bit % PART_WIDTH).collect();
            if places.is_empty() {
                continue;
            }
            places.iter().for_each(|&bit| unread[bit as usize] = false);
            let kept = b.concat(&pick(data, &places));
            pieces.push(match index + 1 == self.instruction_words {
                true => kept,
                false => b.delay(&format!("part_{index}_q"), write & part.is(index.into()), kept),
            });
        }
        let unread: Vec<u32> = (0..PART_WIDTH).filter(|&bit| unread[bit as usize]).collect();
        if !unread.is_empty() {
            let unread = b.concat(&pick(data, &unread));
            b.unused("shared", unread, "No instruction differs there.");
        }
        pieces.reverse();
        b.concat(&pieces)
    }

    /// What is kept of an instruction.
    fn word(&self, encoded: &Encoded) -> Bits {
        Bits::from_words(self.bits.width(), self.bits.word(encoded))
    }

    /// An instruction of what is kept of it.
    fn instruction<'m>(&self, b: &'m Builder, word: Signal<'m>) -> Signal<'m> {
        let width = self.instruction_words * PART_WIDTH;
        let mut pieces: Vec<Signal> = vec![];
        let mut rest = &self.bits.bits()[..width as usize];
        while let Some(first) = rest.first() {
            let follows = |(at, bit): &(usize, &ProgramBit)| match (first, **bit) {
                (ProgramBit::Constant(value), ProgramBit::Constant(other)) => *value == other,
                (ProgramBit::Kept(low), ProgramBit::Kept(other)) => low + *at as u32 == other,
                _ => false,
            };
            let run = rest.iter().enumerate().take_while(follows).count();
            pieces.push(match *first {
                ProgramBit::Constant(value) => {
                    let ones = vec![if value { u64::MAX } else { 0 }; run.div_ceil(64)];
                    b.literal_bits(Bits::from_words(run as u32, ones))
                }
                ProgramBit::Kept(low) => word.bits(low, run as u32),
            });
            rest = &rest[run..];
        }
        pieces.reverse();
        b.concat(&pieces)
    }

    /// Whether the program is a table of constants.
    fn is_logic(&self) -> bool {
        !self.contents.is_empty() && self.depth <= LOGIC_DEPTH_MAX
    }

    /// The program as a table of constants.
    fn table<'m>(&self, b: &'m Builder, read: Signal<'m>, address: Signal<'m>) -> Signal<'m> {
        let value = |encoded: &Encoded| b.literal_bits(self.word(encoded));
        let (last, others) = self.contents.split_last().expect("there is a program");
        let arms: Vec<(i128, Signal)> =
            others.iter().enumerate().map(|(at, it)| (at as i128, value(it))).collect();
        let found = b.case("word", address, &arms, value(last));
        self.instruction(b, b.delay("word_q", read, found))
    }
}

/// Those bits of a signal, which ascend, the last ones first.
fn pick<'m>(signal: Signal<'m>, ascending: &[u32]) -> Vec<Signal<'m>> {
    let mut runs: Vec<(u32, u32)> = vec![];
    for &number in ascending {
        match runs.last_mut() {
            Some((first, length)) if *first + *length == number => *length += 1,
            _ => runs.push((number, 1)),
        }
    }
    runs.into_iter().rev().map(|(low, width)| signal.bits(low, width)).collect()
}
