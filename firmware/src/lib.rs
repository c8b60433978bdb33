//! From networks to programs: lowering, memories, cycles, registers, the host's driver.
//!
//! ```text
//!  machine           what a whole machine is: its parameters, and the program that it runs
//!  isa               its instructions: every bit defined once; prints a page
//!  control           what its loops do: the next instruction, pointers, p
//!  lower             a network becomes a program for a machine
//!  image             a program as the memories of its machine hold it
//!  pass_choices      which choices of a pass a program makes
//!  program_bits      which bits of its instructions a program memory keeps
//!  fingerprint       which programs a machine is made for
//!  listing           a program as text: memories, widths, instructions
//!  block_ram         what a memory becomes: block RAMs, LUT RAMs or logic
//!  machine_memories  the memories of a machine: words, bits, block RAMs
//!  machine_cycles    how long a token takes, instruction by instruction
//!  energy            what a token takes, by a table of prices
//!  registers         one table of the bits a host sees; prints a C header and a page
//!  tiling            a matrix cut into the words of the weight memory
//!  bus               access to the registers, and what can go wrong
//!  driver            checks, loads, configures and watches a machine over any bus
//!  vector_stream     vectors as beats of a machine's streams
//! ```
//!
//! Architecture invariant: this crate touches no files and knows no Verilog. The hardware, the
//! host and the documentation read the same tables here, so they cannot disagree.

pub mod block_ram;
pub mod bus;
pub mod control;
pub mod driver;
pub mod energy;
mod fingerprint;
pub mod image;
pub mod isa;
pub mod listing;
pub mod lower;
pub mod machine;
pub mod machine_cycles;
pub mod machine_memories;
pub mod pass_choices;
pub mod program_bits;
pub mod registers;
pub mod tiling;
pub mod vector_stream;
