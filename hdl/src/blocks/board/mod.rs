//! The tops of boards: a machine between a clock pin, a serial line, a button and lamps.
//!
//! ```text
//!  clk_i ──► [PLL] ──► clock of everything
//!  button_i, PLL lock ──► reset
//!  serial_i ──► machine_uart, or engine_uart on small parts ──► serial_o, leds_o
//! ```

pub mod engine_uart;
pub mod machine_uart;
pub mod pll;
pub mod top;

pub use engine_uart::EngineUart;
pub use pll::{Pll, PllCell};
pub use top::{BoardTop, Body, Level};
