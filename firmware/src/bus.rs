//! Access to the registers of a machine, whatever lies between.
//!
//! ```text
//!  MachineDriver<B> ──► Bus::read / Bus::write ──► AXI4-Lite, UART bridge, simulation, memory-mapped …
//! ```

/// Access to the registers of one machine.
pub trait Bus {
    /// What can go wrong on the way.
    type Error;

    /// Reads the 32-bit word at a byte offset of the machine's window.
    ///
    /// # Errors
    /// If the transport fails.
    fn read(&mut self, offset: u32) -> Result<u32, Self::Error>;

    /// Writes the 32-bit word at a byte offset of the machine's window.
    ///
    /// # Errors
    /// If the transport fails.
    fn write(&mut self, offset: u32, value: u32) -> Result<(), Self::Error>;
}

impl<B: Bus> Bus for &mut B {
    type Error = B::Error;

    fn read(&mut self, offset: u32) -> Result<u32, Self::Error> {
        (**self).read(offset)
    }

    fn write(&mut self, offset: u32, value: u32) -> Result<(), Self::Error> {
        (**self).write(offset, value)
    }
}

/// Why the driver refuses, or the transport's own error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError<E> {
    /// The transport failed.
    #[error("register {name} cannot be reached: {error}")]
    Bus {
        /// The register.
        name: &'static str,
        /// What the transport says.
        error: E,
    },
    /// The machine is not the one that the design describes.
    #[error(
        "field {field} of register {register} reads {found}, the design has {expected}; \
         load the hardware that was generated with this design"
    )]
    Mismatch {
        /// The register.
        register: &'static str,
        /// The field.
        field: &'static str,
        /// Value in the design.
        expected: u32,
        /// Value in the hardware.
        found: u32,
    },
    /// A setting is outside what the machine can do.
    #[error("{what} {value} is outside {min}..={max}; choose a machine that fits")]
    Range {
        /// What is set.
        what: &'static str,
        /// Its value.
        value: i64,
        /// Smallest legal value.
        min: i64,
        /// Largest legal value.
        max: i64,
    },
    /// A weight image does not consist of whole words.
    #[error("an image of {length} banks is no whole number of words of {banks} banks; repack it")]
    Image {
        /// Banks of the image.
        length: usize,
        /// Banks of a word.
        banks: usize,
    },
}
