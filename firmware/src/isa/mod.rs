//! The instruction set: every bit defined once.
//!
//! Encoding, decoding, listing, documentation and the Verilog decoder are made from the one table
//! that `instructions!` expands. An instruction is [`LONG_WIDTH`] bits, a header that all
//! share and the fields of its kind above it, lowest bit first, in the order of the table.
//!
//! ```text
//!  351 … 320 │ ……………………… fields of the kind ………………………… 10 │ 9 8 7 │ 6 5 4 │ 3 2 1 0
//!   pointers                                               vector  matrix  opcode
//! ```
//!
//! The matrix unit and the loops see only the lowest [`INSTRUCTION_WIDTH`] bits.
//!
//! `matrix` and `vector` hold an instruction back until at most that many earlier ones of that unit
//! are unfinished; [`ANY`] asks nothing. Each unit executes its instructions in order.
//!
//! Memories: R results, T temporaries, S state, C constants, each in words of `elements` values;
//! trains in words of `slots` counts; scalars are [`Scale`](weights::numeric::fixed_point::Scale)s.
//! `p` is the position of the token, `f` the exponent of a scalar.

mod choice;
mod format;
mod instruction;
pub mod page;
mod pass;
mod pointers;
mod table;
mod unit;

pub use choice::{Coded, Destination, Emit, Extent, Function, Length, Restart, RestartAt, Space};
pub use format::{
    ANY, Field, Format, HEADER_WIDTH, INSTRUCTION_WIDTH, LONG_WIDTH, LONG_WORDS, OPCODE_WIDTH,
    POINTERS_LOW, WAIT_WIDTH,
};
pub use instruction::{Encoded, Instruction, InstructionError, Wait};
pub use pass::Exit;
pub use pointers::{ALL_LOW, POINTER_COUNT, Pointers, SELECTOR_COUNT, SELECTOR_WIDTH};
pub use table::{Action, End, FORMATS, Loop, Matrix, Next, Pass};
pub use unit::Unit;
pub use weights::numeric::pass::{
    Finish, Follow, Join, Multiply, Quantiser, Reduce, RuleReset, SpikeLevels, Theta,
};
