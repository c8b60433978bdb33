//! One instruction: its bits, and what it does where the pointers stand.

use super::format::{LONG_WORDS, OPCODE_WIDTH, WAIT_WIDTH};
use super::pointers::{POINTER_COUNT, Pointers};
use super::table::{Action, FORMATS};
use serde::Serialize;

/// An encoded instruction, lowest word first.
pub type Encoded = [u32; LONG_WORDS as usize];

/// What waits before an instruction is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// Most unfinished instructions of the matrix unit; [`ANY`](super::format::ANY) for no wait.
    pub matrix: u8,
    /// Most unfinished instructions of the vector unit; [`ANY`](super::format::ANY) for no wait.
    pub vector: u8,
}

/// Why bits are no instruction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstructionError {
    /// An opcode without a meaning.
    #[error("opcode {opcode} is no instruction")]
    Opcode {
        /// The code.
        opcode: u32,
    },
    /// A code without a meaning in a field that is a choice.
    #[error("a choice of {instruction} has a code without a meaning")]
    Choice {
        /// Kind of instruction.
        instruction: &'static str,
    },
    /// A field that does not hold its value.
    #[error("{instruction}.{field} is {value}, its {width} bits hold {min}..={max}")]
    Field {
        /// Kind of instruction.
        instruction: &'static str,
        /// The field.
        field: &'static str,
        /// The value.
        value: i64,
        /// Bits of the field.
        width: u32,
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
}

/// One instruction of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Instruction {
    /// What it waits for.
    pub wait: Wait,
    /// What it does.
    pub action: Action,
    /// What is added to its addresses in loops.
    pub pointers: Pointers,
}

impl Instruction {
    /// An instruction whose addresses are as they are.
    pub fn new(wait: Wait, action: Action) -> Instruction {
        Instruction { wait, action, pointers: Pointers::default() }
    }

    /// Its bits.
    ///
    /// # Errors
    /// If a field does not hold its value.
    pub fn encode(&self) -> Result<Encoded, InstructionError> {
        let format = self.action.format();
        let mut bits = Bits::default();
        bits.put(0, OPCODE_WIDTH, i64::from(format.opcode));
        bits.put(OPCODE_WIDTH, WAIT_WIDTH, i64::from(self.wait.matrix));
        bits.put(OPCODE_WIDTH + WAIT_WIDTH, WAIT_WIDTH, i64::from(self.wait.vector));
        for (field, value) in format.fields.iter().zip(self.action.values()) {
            let (min, max) = match field.signed {
                true => (-(1i64 << (field.width - 1)), (1i64 << (field.width - 1)) - 1),
                false => (0, (1i64 << field.width) - 1),
            };
            if !(min..=max).contains(&value) {
                let (instruction, width) = (format.name, field.width);
                let field = field.name;
                return Err(InstructionError::Field { instruction, field, value, width, min, max });
            }
            bits.put(field.low, field.width, value);
        }
        for (low, width, value) in self.pointers.fields() {
            bits.put(low, width, value);
        }
        Ok(bits.words)
    }

    /// The instruction of these bits; bits that no field covers are ignored.
    ///
    /// # Errors
    /// If the opcode or a choice has no meaning.
    pub fn decode(encoded: &Encoded) -> Result<Instruction, InstructionError> {
        let bits = Bits { words: *encoded };
        let opcode = bits.get(0, OPCODE_WIDTH, false) as u32;
        let format = FORMATS.iter().find(|format| format.opcode == opcode);
        let format = format.ok_or(InstructionError::Opcode { opcode })?;
        let values: Vec<i64> = format
            .fields
            .iter()
            .map(|field| bits.get(field.low, field.width, field.signed))
            .collect();
        let action = Action::from_values(opcode, &values);
        let action = action.ok_or(InstructionError::Choice { instruction: format.name })?;
        let wait = Wait {
            matrix: bits.get(OPCODE_WIDTH, WAIT_WIDTH, false) as u8,
            vector: bits.get(OPCODE_WIDTH + WAIT_WIDTH, WAIT_WIDTH, false) as u8,
        };
        let pointers = Pointers::decode(|low, width| bits.get(low, width, false));
        Ok(Instruction { wait, action, pointers })
    }

    /// What it does where the pointers stand at `pointers`.
    pub fn moved(&self, pointers: &[u32; POINTER_COUNT as usize]) -> Action {
        let mut action = self.action;
        let mut at = 0;
        let mut by = || {
            at += 1;
            pointers[usize::from(self.pointers.selectors[at - 1])]
        };
        match &mut action {
            Action::Matrix(matrix) => {
                let addresses = [
                    &mut matrix.base,
                    &mut matrix.train,
                    &mut matrix.source,
                    &mut matrix.address,
                    &mut matrix.scalar,
                    &mut matrix.maximum,
                ];
                addresses.into_iter().for_each(|address| *address = address.wrapping_add(by()));
            }
            Action::Pass(pass) => {
                let addresses = [
                    &mut pass.a,
                    &mut pass.b,
                    &mut pass.c,
                    &mut pass.membrane,
                    &mut pass.write,
                    &mut pass.train,
                    &mut pass.words,
                    &mut pass.scalar,
                    &mut pass.output,
                ];
                addresses.into_iter().for_each(|address| *address = address.wrapping_add(by()));
            }
            _ => {}
        }
        action
    }
}

#[derive(Default)]
struct Bits {
    words: Encoded,
}

impl Bits {
    fn put(&mut self, low: u32, width: u32, value: i64) {
        for bit in 0..width {
            let at = low + bit;
            self.words[(at / 32) as usize] |= ((value >> bit & 1) as u32) << (at % 32);
        }
    }

    fn get(&self, low: u32, width: u32, signed: bool) -> i64 {
        let bit = |bit: u32| {
            let at = low + bit;
            i64::from(self.words[(at / 32) as usize] >> (at % 32) & 1) << bit
        };
        let value: i64 = (0..width).map(bit).sum();
        if signed && value >> (width - 1) & 1 == 1 { value - (1 << width) } else { value }
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::ANY;
    use super::super::table::End;
    use super::*;

    #[test]
    fn every_code_survives_or_is_rejected() {
        for format in FORMATS {
            for (index, field) in format.fields.iter().enumerate() {
                let choices = (field.choices)().len() as i64;
                let codes = match choices {
                    0 if field.signed => vec![-1, (1i64 << (field.width - 1)) - 1],
                    0 => vec![1, (1i64 << field.width) - 1],
                    _ => (0..1 << field.width).collect(),
                };
                for code in codes {
                    let mut values = vec![0; format.fields.len()];
                    values[index] = code;
                    let Some(action) = Action::from_values(format.opcode, &values) else {
                        assert!(code >= choices, "{}.{} {code}", format.name, field.name);
                        continue;
                    };
                    assert!(choices == 0 || code < choices, "{}.{}", format.name, field.name);
                    let pointers = Pointers { all: true, ..Pointers::default() };
                    let wait = Wait { matrix: 2, vector: ANY };
                    let instruction = Instruction { wait, action, pointers };
                    let encoded = instruction.encode().unwrap();
                    let decoded = Instruction::decode(&encoded).unwrap();
                    assert_eq!(decoded, instruction, "{}", field.name);
                    let set: u32 = encoded.iter().map(|word| word.count_ones()).sum();
                    let bits = (code & ((1 << field.width) - 1)).count_ones();
                    assert_eq!(set, format.opcode.count_ones() + 1 + 3 + bits + 1);
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let action = Action::End(End { unasked: 2 });
        let error = Instruction::new(Wait { matrix: 0, vector: 0 }, action).encode();
        assert_eq!(error.unwrap_err().to_string(), "End.unasked is 2, its 1 bits hold 0..=1");
        let mut unknown = Encoded::default();
        unknown[0] = 15;
        assert!(Instruction::decode(&unknown).is_err());
    }
}
