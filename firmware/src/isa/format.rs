//! The widths of an instruction, and the macro that makes everything from the table.

/// Lowest bits of an instruction: what the matrix unit and the loops see of each.
pub const INSTRUCTION_WIDTH: u32 = 160;
/// Bits of an instruction.
pub const LONG_WIDTH: u32 = 352;
/// 32-bit words of an instruction.
pub const LONG_WORDS: u32 = LONG_WIDTH / 32;
/// Lowest bit of the selectors.
pub const POINTERS_LOW: u32 = LONG_WIDTH - 32;
/// Bits of an opcode.
pub const OPCODE_WIDTH: u32 = 4;
/// Bits of each of the two wait fields.
pub const WAIT_WIDTH: u32 = 3;
/// Bits of the header.
pub const HEADER_WIDTH: u32 = OPCODE_WIDTH + 2 * WAIT_WIDTH;
/// The wait that asks nothing.
pub const ANY: u8 = 7;

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
pub(super) use instructions;
