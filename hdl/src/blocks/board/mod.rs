//! The tops of boards: a machine between a clock pin, a serial line, a button and lamps.
//!
//! ```text
//!  clk_i ──► [PLL] ──► clock of everything
//!  button_i, PLL lock ──► reset
//!  serial_i ──► machine_uart ──► serial_o, leds_o
//! ```

pub mod machine_uart;
pub mod pll;
pub mod top;

pub use pll::{Pll, PllCell};
pub use top::{BoardTop, Level};
