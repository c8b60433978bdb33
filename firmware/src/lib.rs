//! From numbers to a machine's settings: register map, tiling, width proofs, cycles, host driver.
//!
//! ```text
//!  engine            what one `layer_engine` is: its parameters and limits
//!  machine           what a whole machine is: its parameters, and the program that it runs
//!  isa               its instructions: every bit defined once; prints a page
//!  control           what its loops do: the next instruction, pointers, p
//!  lower             a network of BitNet blocks becomes a program for a machine
//!  image             a program as the memories of its machine hold it
//!  pass_choices      which choices of a pass a program makes
//!  listing           a program as text: memories, widths, instructions
//!  block_ram         what a memory becomes: block RAMs, LUT RAMs or logic
//!  machine_memories  the memories of a machine: words, bits, block RAMs
//!  machine_cycles    how long a token takes, instruction by instruction
//!  energy            what a token takes, by a table of prices
//!  registers         one table of the bits a host sees; prints a C header and a page
//!  tiling            a matrix cut into the words of the weight memory
//!  stream            trains and results as beats of the two streams
//!  vector_stream     vectors as beats of a machine's streams
//!  widths            proof that no sum overflows, from the actual weights
//!  cycles            how long one vector takes
//!  form_cycles       how long vectors take on an engine of any form, to the cycle
//!  driver            loads, configures and watches an engine over any bus
//!  machine_driver    the same for a machine
//! ```
//!
//! Architecture invariant: this crate touches no files and knows no Verilog. The hardware, the
//! host and the documentation read the same tables here, so they cannot disagree.

pub mod block_ram;
pub mod control;
pub mod cycles;
pub mod driver;
pub mod energy;
pub mod engine;
pub mod form_cycles;
pub mod image;
pub mod isa;
pub mod listing;
pub mod lower;
pub mod machine;
pub mod machine_cycles;
pub mod machine_driver;
pub mod machine_memories;
pub mod pass_choices;
pub mod registers;
pub mod stream;
pub mod tiling;
pub mod vector_stream;
pub mod widths;
