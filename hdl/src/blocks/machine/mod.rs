//! The blocks of the whole machine.

pub mod drain;
pub mod drain_row;
pub mod element_store;
pub mod host_port;
pub mod instruction;
pub mod machine_core;
pub mod machine_monitor;
pub mod machine_registers;
pub mod machine_uart;
pub mod matrix_fetcher;
pub mod matrix_unit;
pub mod matrix_walker;
pub mod maximum_search;
mod net;
pub mod plane_selector;
pub mod program_store;
pub mod row_reader;
pub mod sequencer;
pub mod store;
pub mod token_loop;
mod top;
pub mod uart_bridge;
pub mod uart_receiver;
pub mod uart_transmitter;
pub mod watch;

pub use top::Machine;
