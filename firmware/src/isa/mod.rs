//! The instruction set: every bit defined once.
//!
//! Encoding, decoding, listing, documentation and the Verilog decoder are made from the one table
//! that [`instructions!`] expands. An instruction is [`LONG_WIDTH`] bits, a header that all
//! share and the fields of its kind above it, lowest bit first, in the order of the table.
//!
//! ```text
//!  351 … 320 │ ……………………… fields of the kind ………………………… 10 │ 9 8 7 │ 6 5 4 │ 3 2 1 0
//!   pointers                                               vector  matrix  opcode
//! ```
//!
//! Programs without passes and loops have only the lowest [`INSTRUCTION_WIDTH`] bits.
//!
//! `matrix` and `vector` hold an instruction back until at most that many earlier ones of that unit
//! are unfinished; [`ANY`] asks nothing. Each unit executes its instructions in order.
//!
//! Memories: X residual, R results, T temporaries, C constants, each in words of `elements` values;
//! trains in words of `slots` counts; scalars are [`Scale`](weights::numeric::fixed_point::Scale)s.
//! `p` is the position of the token, `f` the exponent of a scalar.

use serde::Serialize;

/// Bits of an instruction without passes and loops: what the matrix unit sees of each.
pub const INSTRUCTION_WIDTH: u32 = 160;
/// 32-bit words of such an instruction.
pub const INSTRUCTION_WORDS: u32 = INSTRUCTION_WIDTH / 32;
/// Bits of an instruction of a program with passes and loops.
pub const LONG_WIDTH: u32 = 352;
/// 32-bit words of such an instruction.
pub const LONG_WORDS: u32 = LONG_WIDTH / 32;
/// Bits of an opcode.
pub const OPCODE_WIDTH: u32 = 4;
/// Bits of each of the two wait fields.
pub const WAIT_WIDTH: u32 = 3;
/// Bits of the header.
pub const HEADER_WIDTH: u32 = OPCODE_WIDTH + 2 * WAIT_WIDTH;
/// The wait that asks nothing.
pub const ANY: u8 = 7;

/// An encoded instruction, lowest word first; a short one ends in zeros.
pub type Encoded = [u32; LONG_WORDS as usize];

/// A field of an instruction: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name, as in the listing and in the Verilog.
    pub name: &'static str,
    /// Its lowest bit in the instruction.
    pub low: u32,
    /// Its bits.
    pub width: u32,
    /// Whether it is two's complement.
    pub signed: bool,
    /// What it means.
    pub description: &'static str,
    /// The names of its choices in the order of their codes; empty for a number.
    pub choices: fn() -> Vec<&'static str>,
}

/// A kind of instruction: a table of fields.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// Its code.
    pub opcode: u32,
    /// What it does.
    pub description: &'static str,
    /// Its fields, lowest first.
    pub fields: &'static [Field],
}

impl Format {
    /// The field of that name.
    ///
    /// # Panics
    /// If there is none.
    pub fn field(&self, name: &str) -> &'static Field {
        let found = self.fields.iter().find(|field| field.name == name);
        found.unwrap_or_else(|| panic!("{} has no field {name}", self.name))
    }
}

/// What waits before an instruction is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// Most unfinished instructions of the matrix unit; [`ANY`] for no wait.
    pub matrix: u8,
    /// Most unfinished instructions of the vector unit; [`ANY`] for no wait.
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

macro_rules! instructions {
    ($(
        $(#[doc = $text:literal])*
        $name:ident = $opcode:literal {
            $( $(#[doc = $field_text:literal])* $field:ident: $kind:ty = $width:literal, )*
        }
    )*) => {
        $(
            $(#[doc = $text])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
            pub struct $name {
                $( $(#[doc = $field_text])* pub $field: $kind, )*
            }

            impl $name {
                /// Its row of the table.
                pub const FORMAT: Format = {
                    const WIDTHS: &[u32] = &[$($width),*];
                    const FIELDS: &[Field] = &{
                        let mut fields = [$(Field {
                            name: stringify!($field),
                            low: HEADER_WIDTH,
                            width: $width,
                            signed: <$kind as Coded>::SIGNED,
                            description: concat!($($field_text),*),
                            choices: <$kind as Coded>::names,
                        }),*];
                        let mut index = 1;
                        while index < WIDTHS.len() {
                            fields[index].low = fields[index - 1].low + WIDTHS[index - 1];
                            index += 1;
                        }
                        let last = fields[WIDTHS.len() - 1];
                        assert!(last.low + last.width <= POINTERS_LOW);
                        fields
                    };
                    Format {
                        name: stringify!($name),
                        opcode: $opcode,
                        description: concat!($($text, "\n"),*),
                        fields: FIELDS,
                    }
                };

                /// The values of its fields, in the order of the table.
                pub fn values(&self) -> Vec<i64> {
                    vec![$(self.$field.code()),*]
                }

                pub(super) fn from_values(values: &[i64]) -> Option<$name> {
                    let mut values = values.iter();
                    Some($name { $($field: <$kind>::from_code(*values.next()?)?),* })
                }
            }
        )*

        /// What an instruction does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum Action {
            $( $(#[doc = $text])* $name($name), )*
        }

        /// Every kind of instruction.
        pub const FORMATS: &[Format] = &[$($name::FORMAT),*];

        impl Action {
            /// The table of its kind.
            pub fn format(&self) -> Format {
                match self { $(Action::$name(_) => $name::FORMAT,)* }
            }

            /// The values of its fields, in the order of the table.
            pub fn values(&self) -> Vec<i64> {
                match self { $(Action::$name(fields) => fields.values(),)* }
            }

            pub(super) fn from_values(opcode: u32, values: &[i64]) -> Option<Action> {
                match opcode {
                    $($opcode => $name::from_values(values).map(Action::$name),)*
                    _ => None,
                }
            }
        }
    };
}

mod choice;
pub mod page;
mod pass;
mod pointers;
mod table;
mod unit;

pub use choice::{Coded, Destination, Emit, Extent, Function, Length, Restart, RestartAt, Space};
pub use pass::Exit;
pub use pointers::{
    ALL_LOW, POINTER_COUNT, POINTERS_LOW, Pointers, SELECTOR_COUNT, SELECTOR_WIDTH,
};
pub use table::*;
pub use unit::Unit;
pub use weights::numeric::pass::{
    Finish, Follow, Join, Multiply, Quantiser, Reduce, RuleReset, SpikeLevels, Theta,
};

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
