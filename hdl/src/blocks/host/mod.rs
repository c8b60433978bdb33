//! Registers, streams and serial lines: the way to the host.

pub mod axi_registers;
pub mod host_port;
pub mod machine_monitor;
pub mod machine_registers;
pub mod uart_bridge;
pub mod uart_receiver;
pub mod uart_transmitter;
pub mod watch;
