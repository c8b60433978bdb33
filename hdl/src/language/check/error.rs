//! What is wrong with a design.

/// What is wrong with a design. Each is a mistake in a generator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A name that Verilog, or our naming rule, forbids.
    #[error("{module}: `{name}` is no legal name; use lower case words that are no keyword")]
    IllegalName {
        /// Module.
        module: String,
        /// The name.
        name: String,
    },
    /// Two things with one name.
    #[error("{module}: `{name}` is declared twice; rename one")]
    DuplicateName {
        /// Module.
        module: String,
        /// The name.
        name: String,
    },
    /// Two different modules with one name.
    #[error("two different modules are called `{0}`; give each shape its own name")]
    DuplicateModule(String),
    /// A wire, register or memory without a driver.
    #[error("{module}: nothing drives `{name}`; assign it, or give it an update")]
    Undriven {
        /// Module.
        module: String,
        /// The signal.
        name: String,
    },
    /// A signal that is read above its declaration.
    #[error("{module}: `{name}` is read before its line; declare it first with forward()")]
    ReadEarly {
        /// Module.
        module: String,
        /// The signal.
        name: String,
    },
    /// Bits that nothing reads.
    #[error("{module}: nothing reads `{name}`{bits}; drop it, or say why with unused()")]
    Unused {
        /// Module.
        module: String,
        /// The signal.
        name: String,
        /// Which bits, as a Verilog range; empty for all.
        bits: String,
    },
    /// A path that comes back to its start without a register.
    #[error("{module}: combinational loop {path}; put a register into it")]
    Loop {
        /// Module.
        module: String,
        /// The names on it.
        path: String,
    },
}
