//! The host's side of one machine: checks it, loads it, watches it, reads its logits.
//!
//! Tokens and predictions do not pass here but through the two streams. The driver keeps no data,
//! so that a small processor can run it.

use crate::bus::{Bus, DriverError};
use crate::image::MachineImage;
use crate::isa::Encoded;
use crate::machine::{MachineParameters, Program};
use crate::registers::{Field, Register, decode, encode};
use core::fmt;
use serde::Serialize;
use weights::numeric::fixed_point::Scale;

/// What the machine is doing, and what went wrong since the text began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MachineStatus {
    /// A token is under way.
    pub busy: bool,
    /// No position is left.
    pub context_full: bool,
    /// A weight word held a code that is no trit.
    pub bad_code: bool,
    /// An opcode without a meaning ended a token.
    pub bad_instruction: bool,
    /// A token beyond the vocabulary was dropped.
    pub bad_token: bool,
}

impl MachineStatus {
    /// Whether the answers cannot be trusted.
    pub const fn has_error(&self) -> bool {
        self.bad_code || self.bad_instruction || self.bad_token
    }
}

impl fmt::Display for MachineStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.busy { "busy" } else { "idle" })?;
        for (set, field) in [
            (self.context_full, Field::ContextFull),
            (self.bad_code, Field::BadCode),
            (self.bad_instruction, Field::BadInstruction),
            (self.bad_token, Field::BadToken),
        ] {
            if set {
                write!(out, ", {}", field.spec().name)?;
            }
        }
        Ok(())
    }
}

/// The counters since the text began; each stays at 2^32 − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MachineCounters {
    /// Cycles in which a token was under way.
    pub cycles: u32,
    /// Tokens that have run.
    pub tokens: u32,
    /// Instructions that were issued.
    pub instructions: u32,
    /// Cycles in which the array took an entry.
    pub array_cycles: u32,
    /// Cycles in which the vector unit was busy.
    pub vector_cycles: u32,
    /// Cycles in which the array waited for results to drain.
    pub drain_waits: u32,
    /// Cycles in which an instruction waited for results of the matrix unit.
    pub matrix_waits: u32,
    /// Cycles in which an instruction waited for results of the vector unit.
    pub vector_waits: u32,
    /// Cycles in which an instruction waited for the station of its unit.
    pub unit_waits: u32,
    /// Words of results in which a value was limited.
    pub saturations: u32,
}

impl MachineCounters {
    /// What was counted since `before`; a counter that stood still at its end says 0.
    pub const fn since(&self, before: &MachineCounters) -> MachineCounters {
        MachineCounters {
            cycles: self.cycles - before.cycles,
            tokens: self.tokens - before.tokens,
            instructions: self.instructions - before.instructions,
            array_cycles: self.array_cycles - before.array_cycles,
            vector_cycles: self.vector_cycles - before.vector_cycles,
            drain_waits: self.drain_waits - before.drain_waits,
            matrix_waits: self.matrix_waits - before.matrix_waits,
            vector_waits: self.vector_waits - before.vector_waits,
            unit_waits: self.unit_waits - before.unit_waits,
            saturations: self.saturations - before.saturations,
        }
    }
}

/// One machine behind a bus.
#[derive(Debug)]
pub struct MachineDriver<B> {
    bus: B,
    machine: MachineParameters,
}

impl<B: Bus> MachineDriver<B> {
    /// Takes a machine over after checking that it is the expected one.
    ///
    /// # Errors
    /// The first field in which the hardware differs from the design, or the transport's error.
    pub fn connect(bus: B, machine: MachineParameters) -> Result<Self, DriverError<B::Error>> {
        let mut driver = MachineDriver { bus, machine };
        for (register, expected) in machine.constants() {
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

    /// The parameters of the machine, as checked.
    pub const fn machine(&self) -> &MachineParameters {
        &self.machine
    }

    /// The bus, for what does not pass through the registers.
    pub const fn bus(&mut self) -> &mut B {
        &mut self.bus
    }

    /// Gives the bus back.
    pub fn into_bus(self) -> B {
        self.bus
    }

    /// Loads everything but weights that are wires; the machine must not be busy. Tokens are not taken until
    /// [`begin_text`](Self::begin_text).
    ///
    /// # Errors
    /// If a part does not fit its memory, or the transport fails.
    pub fn load(&mut self, image: &MachineImage) -> Result<(), DriverError<B::Error>> {
        self.write(Register::Control, encode(Register::Control, &[(Field::Clear, 1)]))?;
        if !self.machine.is_baked() {
            self.load_weights(&image.weights)?;
        }
        self.load_constants(&image.constants)?;
        self.load_program(&image.program)
    }

    /// Loads packed weights from word 0.
    ///
    /// # Errors
    /// If the image is no whole number of words or has more than the machine holds; nothing is
    /// written then.
    pub fn load_weights(&mut self, image: &[u32]) -> Result<(), DriverError<B::Error>> {
        let banks = self.machine.banks();
        if !image.len().is_multiple_of(banks) {
            return Err(DriverError::Image { length: image.len(), banks });
        }
        in_range("weight words", image.len() / banks, self.machine.weight_depth)?;
        self.write(Register::WeightAddress, 0)?;
        image.iter().try_for_each(|&bank| self.write(Register::WeightData, bank))
    }

    /// Loads constants from word 0.
    ///
    /// # Errors
    /// If they are more than the machine holds; nothing is written then.
    pub fn load_constants(&mut self, constants: &[i64]) -> Result<(), DriverError<B::Error>> {
        let words = constants.len().div_ceil(self.machine.elements as usize);
        in_range("constant words", words, self.machine.constant_depth)?;
        self.write(Register::ConstantAddress, 0)?;
        constants.iter().try_for_each(|&value| self.write(Register::ConstantData, value as u32))
    }

    /// Loads a program from instruction 0.
    ///
    /// # Errors
    /// If it is longer than the machine holds; nothing is written then.
    pub fn load_program(&mut self, program: &[Encoded]) -> Result<(), DriverError<B::Error>> {
        in_range("instructions", program.len(), self.machine.program_depth)?;
        self.write(Register::ProgramAddress, 0)?;
        let mut parts = program.iter().flatten();
        parts.try_for_each(|&part| self.write(Register::ProgramData, part))
    }

    /// Sets how many predictions answer a token, and the token that ends an answer early. The
    /// machine must not be busy.
    ///
    /// # Errors
    /// If a value does not fit its field; nothing is written then.
    pub fn configure(
        &mut self,
        generate_count: u32,
        end_token: Option<u32>,
    ) -> Result<(), DriverError<B::Error>> {
        in_range(
            "generate_count",
            generate_count as usize,
            Field::GenerateCount.spec().value_max(),
        )?;
        let end = end_token.unwrap_or(0);
        in_range("end_token", end as usize, Field::EndToken.spec().value_max())?;
        let fields =
            [(Field::EndToken, end), (Field::EndTokenEnable, u32::from(end_token.is_some()))];
        self.write(Register::GenerateCount, generate_count)?;
        self.write(Register::EndToken, encode(Register::EndToken, &fields))
    }

    /// Begins a new text and lets the machine take tokens; a token under way is abandoned.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn begin_text(&mut self) -> Result<(), DriverError<B::Error>> {
        let fields = [(Field::Run, 1), (Field::Clear, 1)];
        self.write(Register::Control, encode(Register::Control, &fields))
    }

    /// Reads the status.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn status(&mut self) -> Result<MachineStatus, DriverError<B::Error>> {
        let word = self.read(Register::Status)?;
        Ok(MachineStatus {
            busy: Field::Busy.is_set(word),
            context_full: Field::ContextFull.is_set(word),
            bad_code: Field::BadCode.is_set(word),
            bad_instruction: Field::BadInstruction.is_set(word),
            bad_token: Field::BadToken.is_set(word),
        })
    }

    /// Reads the position that the next token will have.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn position(&mut self) -> Result<u32, DriverError<B::Error>> {
        Ok(Field::Position.extract(self.read(Register::Position)?))
    }

    /// Reads `count` values of the result memory from a word on. The machine must not be busy.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn results(&mut self, word: u32, count: usize) -> Result<Vec<i64>, DriverError<B::Error>> {
        let address = encode(Register::ResultAddress, &[(Field::ResultWord, word)]);
        self.write(Register::ResultAddress, address)?;
        (0..count).map(|_| Ok(i64::from(self.read(Register::ResultData)? as i32))).collect()
    }

    /// Reads a scalar of the vector unit. The machine must not be busy.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn scalar(&mut self, index: u32) -> Result<Scale, DriverError<B::Error>> {
        let address = encode(Register::ScalarAddress, &[(Field::ScalarIndex, index)]);
        self.write(Register::ScalarAddress, address)?;
        let word = self.read(Register::Scalar)?;
        Ok(Scale {
            mantissa: Field::ScalarMantissa.extract(word).into(),
            shift: Field::ScalarShift.extract(word),
            exponent: (Field::ScalarExponent.extract(word) as u8 as i8).into(),
        })
    }

    /// Reads the logits of the last prediction, one a token id, and the value of their unit.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn logits(&mut self, program: &Program) -> Result<(Vec<i64>, f64), DriverError<B::Error>> {
        let logits = self.results(program.logits_address, program.logits_count as usize)?;
        let scale = self.scalar(program.logits_scalar)?;
        Ok((logits, program.logits_unit * (-scale.exponent as f64).exp2()))
    }

    /// Reads the counters, one after the other: a consistent set only while nothing is under way.
    ///
    /// # Errors
    /// If the transport fails.
    pub fn counters(&mut self) -> Result<MachineCounters, DriverError<B::Error>> {
        Ok(MachineCounters {
            cycles: self.read(Register::Cycles)?,
            tokens: self.read(Register::Tokens)?,
            instructions: self.read(Register::Instructions)?,
            array_cycles: self.read(Register::ArrayCycles)?,
            vector_cycles: self.read(Register::VectorCycles)?,
            drain_waits: self.read(Register::DrainWaits)?,
            matrix_waits: self.read(Register::MatrixWaits)?,
            vector_waits: self.read(Register::VectorWaits)?,
            unit_waits: self.read(Register::UnitWaits)?,
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

fn in_range<E>(what: &'static str, value: usize, max: u32) -> Result<(), DriverError<E>> {
    match value <= max as usize {
        true => Ok(()),
        false => Err(DriverError::Range { what, value: value as i64, min: 0, max: max.into() }),
    }
}
