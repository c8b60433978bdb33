//! From numbers to a machine's settings: register map, tiling, width proofs, cycles, host driver.
//!
//! ```text
//!  engine      what one `layer_engine` is: its parameters and limits
//!  machine     what a whole machine is: its parameters
//!  isa         its instructions: every bit defined once
//!  lower       a network of BitNet blocks becomes a program for a machine
//!  registers   one table of the bits a host sees; prints a C header and a page
//!  tiling      a matrix cut into the words of the weight memory
//!  stream      trains and results as beats of the two streams
//!  widths      proof that no sum overflows, from the actual weights
//!  cycles      how long one vector takes
//!  driver      loads, configures and watches an engine over any bus
//! ```
//!
//! Architecture invariant: this crate touches no files and knows no Verilog. The hardware, the
//! host and the documentation read the same tables here, so they cannot disagree.

pub mod cycles;
pub mod driver;
pub mod engine;
pub mod isa;
pub mod lower;
pub mod machine;
pub mod registers;
pub mod stream;
pub mod tiling;
pub mod widths;
