//! Registers, streams and serial lines: the way to the host.

pub mod axi_registers;
pub(in crate::blocks) mod bus;
pub mod host_port;
pub mod machine_monitor;
pub mod machine_registers;
pub mod uart_bridge;
pub mod uart_receiver;
pub mod uart_streams;
pub mod uart_transmitter;
pub mod vector_input;
pub mod vector_output;
pub mod watch;
