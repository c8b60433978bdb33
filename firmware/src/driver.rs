//! The host's side of one engine: checks it, loads it, runs it, reads its state.
//!
//! ```text
//!  Driver<B> ──► Bus::read / Bus::write ──► AXI4-Lite, UART bridge, simulation, memory-mapped …
//! ```
//!
//! Vectors and results do not pass here but through the streams; [`crate::stream`] makes their
//! beats. The driver keeps no data and allocates nothing, so that a small processor can run it.

use crate::engine::EngineParameters;
use crate::registers::{Field, Register, decode, encode};
use crate::tiling::Tiling;
use core::fmt;
use serde::Serialize;

/// Access to the registers of one engine.
pub trait Bus {
    /// What can go wrong on the way.
    type Error;

    /// Reads the 32-bit word at a byte offset of the engine's window.
    ///
    /// # Errors
    /// If the transport fails.
    fn read(&mut self, offset: u32) -> Result<u32, Self::Error>;

    /// Writes the 32-bit word at a byte offset of the engine's window.
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
    /// The engine is not the one that the design describes.
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
    /// A setting is outside what the engine can do.
    #[error("{what} {value} is outside {min}..={max}; choose an engine or a layer that fits")]
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
    /// The engine did not become idle.
    #[error(
        "the engine is still busy after {polls} reads of its status; check that results are taken \
         and that no frame ended early"
    )]
    Busy {
        /// Reads of the status.
        polls: u32,
    },
}

/// What leaves the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputMode {
    /// The accumulated currents; membranes rest.
    Currents,
    /// The spikes of the neurons.
    Spikes,
}

/// How a layer uses the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LayerSetting {
    /// Rows of the layer.
    pub rows: u32,
    /// Columns of the layer, in tiles.
    pub column_tiles: u32,
    /// Vectors that make one token.
    pub steps: u32,
    /// What leaves the engine.
    pub output_mode: OutputMode,
}

impl LayerSetting {
    /// The setting of a tiled layer.
    pub const fn new(tiling: &Tiling, steps: u32, output_mode: OutputMode) -> Self {
        // A tiling has at most TILES_MAX tiles a side; rows beyond 32 bits are refused as u32::MAX is.
        let rows = if tiling.rows > u32::MAX as usize { u32::MAX } else { tiling.rows as u32 };
        LayerSetting { rows, column_tiles: tiling.column_tiles as u32, steps, output_mode }
    }
}

/// What the engine is doing, and what went wrong since it was last cleared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// A vector is inside.
    pub busy: bool,
    /// A weight word held a code that is no trit.
    pub bad_code: bool,
    /// A frame was no whole number of passes, or too long.
    pub bad_frame: bool,
    /// A vector came while the layer's shape was none that fits.
    pub bad_shape: bool,
    /// A membrane reached the limit of its width.
    pub saturated: bool,
}

impl Status {
    /// Whether the results cannot be trusted. Saturation alone is defined behaviour of the rule.
    pub const fn has_error(&self) -> bool {
        self.bad_code || self.bad_frame || self.bad_shape
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Status { busy, bad_code, bad_frame, bad_shape, saturated } = *self;
        out.write_str(if busy { "busy" } else { "idle" })?;
        let flags = [
            (bad_code, Field::BadCode),
            (bad_frame, Field::BadFrame),
            (bad_shape, Field::BadShape),
            (saturated, Field::Saturated),
        ];
        for (_, field) in flags.iter().filter(|(set, _)| *set) {
            write!(out, ", {}", field.spec().name)?;
        }
        Ok(())
    }
}

/// The counters since the engine was last cleared; each stays at 2^32 − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Cycles while the engine ran or was busy.
    pub cycles: u32,
    /// Cycles in which the array took an entry.
    pub array_cycles: u32,
    /// Cycles in which the array waited for results to leave.
    pub stall_cycles: u32,
    /// Vectors whose last result has left.
    pub vectors: u32,
    /// Output beats that have left.
    pub results: u32,
    /// Groups of neurons in which a membrane saturated.
    pub saturations: u32,
}

/// One engine behind a bus.
#[derive(Debug)]
pub struct Driver<B> {
    bus: B,
    engine: EngineParameters,
}

impl<B: Bus> Driver<B> {
    /// Takes an engine over after checking that it is the expected one.
    ///
    /// # Errors
    /// The first field in which the hardware differs from the design, or the transport's error.
    pub fn connect(bus: B, engine: EngineParameters) -> Result<Self, DriverError<B::Error>> {
        let mut driver = Driver { bus, engine };
        for (register, expected) in engine.constants() {
            let found = driver.read(register)?;
            for (field, found) in decode(register, found) {
                let expected = field.extract(expected);
                if found != expected {
                    let (register, field) = (register.name(), field.spec().name);
                    return Err(DriverError::Mismatch { register, field, expected, found });
                }
            }
        }
        Ok(driver)
    }

    /// The parameters of the engine, as checked.
    pub const fn engine(&self) -> &EngineParameters {
        &self.engine
    }

    /// Gives the bus back.
    pub fn into_bus(self) -> B {
        self.bus
    }

    /// Loads a weight image, as [`Tiling::image`] makes it, from word 0.
    ///
    /// # Errors
    /// If the image is no whole number of words or has more than the engine holds; nothing is
    /// written then.
    pub fn load_weights(&mut self, image: &[u32]) -> Result<(), DriverError<B::Error>> {
        let banks = self.engine.banks();
        if !image.len().is_multiple_of(banks) {
            return Err(DriverError::Image { length: image.len(), banks });
        }
        let words = (image.len() / banks) as i64;
        in_range("weight words", words, 0, self.engine.weight_depth as i64)?;
        self.write(Register::WeightAddress, 0)?;
        image.iter().try_for_each(|&bank| self.write(Register::WeightData, bank))
    }

    /// Loads the thresholds of a layer, one a row, in the unit of the currents.
    ///
    /// # Errors
    /// If there are more than the engine has rows, or one is not positive or too wide; nothing is
    /// written then. An engine with a fixed threshold takes none.
    pub fn load_thresholds(&mut self, thresholds: &[i64]) -> Result<(), DriverError<B::Error>> {
        let width = self.engine.threshold_width();
        let rows = if width == 0 { 0 } else { self.engine.rows_max as i64 };
        in_range("thresholds", thresholds.len() as i64, 0, rows)?;
        for &threshold in thresholds {
            in_range("threshold", threshold, 1, (1 << width) - 1)?;
        }
        self.write(Register::ThresholdAddress, 0)?;
        let mut stored = thresholds.iter().map(|&threshold| threshold as u32);
        stored.try_for_each(|threshold| self.write(Register::ThresholdData, threshold))
    }

    /// Sets the shape of the layer, the steps of a token and what leaves. The engine must be idle.
    ///
    /// # Errors
    /// If the layer is beyond the engine; nothing is written then.
    pub fn configure(&mut self, layer: &LayerSetting) -> Result<(), DriverError<B::Error>> {
        let steps_max = i64::from(Field::Steps.spec().value_max());
        let EngineParameters { lanes, rows_max, weight_depth, spike_depth, .. } = self.engine;
        in_range("rows", layer.rows.into(), 1, rows_max as i64)?;
        in_range("column_tiles", layer.column_tiles.into(), 1, spike_depth as i64)?;
        in_range("steps", layer.steps.into(), 1, steps_max)?;
        let words = i64::from(layer.rows.div_ceil(lanes as u32)) * i64::from(layer.column_tiles);
        in_range("weight words", words, 1, weight_depth as i64)?;
        let mode = u32::from(layer.output_mode == OutputMode::Spikes);
        self.write(Register::Rows, layer.rows)?;
        self.write(Register::ColumnTiles, layer.column_tiles)?;
        self.write(Register::Steps, layer.steps)?;
        self.write(Register::OutputMode, mode)
    }

    /// Lets the engine accept vectors.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn run(&mut self) -> Result<(), DriverError<B::Error>> {
        self.write(Register::Control, encode(Register::Control, &[(Field::Run, 1)]))
    }

    /// Lets the engine accept no further vector; one that has begun is finished.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn stop(&mut self) -> Result<(), DriverError<B::Error>> {
        self.write(Register::Control, 0)
    }

    /// Stops, and zeroes counters, errors, step count and membranes. The engine must be idle.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn clear(&mut self) -> Result<(), DriverError<B::Error>> {
        self.write(Register::Control, encode(Register::Control, &[(Field::Clear, 1)]))
    }

    /// Reads the status until the engine is idle, at most `polls` times.
    ///
    /// # Errors
    /// If it is still busy then.
    pub fn wait_idle(&mut self, polls: u32) -> Result<Status, DriverError<B::Error>> {
        for _ in 0..polls {
            let status = self.status()?;
            if !status.busy {
                return Ok(status);
            }
        }
        Err(DriverError::Busy { polls })
    }

    /// Reads the status.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn status(&mut self) -> Result<Status, DriverError<B::Error>> {
        let word = self.read(Register::Status)?;
        Ok(Status {
            busy: Field::Busy.is_set(word),
            bad_code: Field::BadCode.is_set(word),
            bad_frame: Field::BadFrame.is_set(word),
            bad_shape: Field::BadShape.is_set(word),
            saturated: Field::Saturated.is_set(word),
        })
    }

    /// Reads the counters, one after the other: a consistent set only while the engine is idle.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn counters(&mut self) -> Result<Counters, DriverError<B::Error>> {
        Ok(Counters {
            cycles: self.read(Register::Cycles)?,
            array_cycles: self.read(Register::ArrayCycles)?,
            stall_cycles: self.read(Register::StallCycles)?,
            vectors: self.read(Register::Vectors)?,
            results: self.read(Register::Results)?,
            saturations: self.read(Register::Saturations)?,
        })
    }

    fn read(&mut self, register: Register) -> Result<u32, DriverError<B::Error>> {
        let name = register.name();
        self.bus.read(register.offset()).map_err(|error| DriverError::Bus { name, error })
    }

    fn write(&mut self, register: Register, value: u32) -> Result<(), DriverError<B::Error>> {
        let name = register.name();
        self.bus.write(register.offset(), value).map_err(|error| DriverError::Bus { name, error })
    }
}

fn in_range<E>(what: &'static str, value: i64, min: i64, max: i64) -> Result<(), DriverError<E>> {
    match (min..=max).contains(&value) {
        true => Ok(()),
        false => Err(DriverError::Range { what, value, min, max }),
    }
}
