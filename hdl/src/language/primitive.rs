//! Vendors' cells: modules that print as an instance of something the toolchain knows.
//!
//! ```text
//!                 ┌─ instance  CCU2C #(.INIT0(16'h6aaa)) …   for synthesis
//!  one Primitive ─┼─ primitives/CCU2C.v                      for Verilog simulators
//!                 └─ a body in our own HDL                   for the native simulator and checks
//! ```
//!
//! The body is written for one set of parameters, the Verilog model for all of them; the ring
//! `language` holds the two against each other. A cell that makes a clock, such as a PLL, clocks
//! everything else in the module it stands in. Both simulators have one clock, so its models pass
//! the clock through: frequencies are the toolchain's business.

use std::fmt;

/// The folder, below the other files, of the models that synthesis must not read.
pub const PRIMITIVES_FOLDER: &str = "primitives/";

/// What makes a module a vendor's cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Primitive {
    /// Name of the cell in the vendor's library.
    pub cell: &'static str,
    /// Parameters of the instance, in order.
    pub parameters: Vec<(&'static str, Parameter)>,
    /// Inputs that always take the same value.
    pub ties: Vec<(&'static str, Parameter)>,
    /// Pins that take the clock and reach no expression.
    pub clock: ClockPins,
    /// The Verilog of a simulation model of the cell, for every value of its parameters.
    pub model: &'static str,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// A word, such as `"ENABLED"`.
    Text(String),
    /// An integer, printed without a size.
    Integer(u32),
    /// A number of so many bits.
    Bits {
        /// Bits.
        width: u32,
        /// Value.
        value: u64,
    },
}

/// The clock pins of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClockPins {
    /// Inputs that take the clock of the module the cell stands in, as it enters there.
    pub takes: Vec<&'static str>,
    /// The output that clocks everything else in the module the cell stands in.
    pub makes: Option<&'static str>,
    /// Inputs that take the clock which the cell makes.
    pub feedback: Vec<&'static str>,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Parameter::Text(text) => write!(f, "\"{text}\""),
            Parameter::Integer(value) => write!(f, "{value}"),
            Parameter::Bits { width, value } if *width <= 8 => {
                write!(f, "{width}'b{value:0digits$b}", digits = *width as usize)
            }
            Parameter::Bits { width, value } => {
                write!(f, "{width}'h{value:0digits$x}", digits = width.div_ceil(4) as usize)
            }
        }
    }
}
