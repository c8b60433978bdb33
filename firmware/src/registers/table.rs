//! What every register map is made of, and the macro that makes one from its table.
//!
//! A map is a table of fields, one line each: Rust name, name, bits, access, value after reset,
//! meaning, and the named values of a choice. [`register_map!`] makes of it two enums, so that a
//! misspelt register or field does not compile, and checks the table while compiling.

/// Who may do what with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only, the same in every engine: the reset value.
    Constant,
    /// Read only, fixed when the engine is generated: a parameter of the design.
    Parameter,
    /// Read only, set by the hardware.
    ReadOnly,
    /// Written by the host, read back as written.
    ReadWrite,
    /// Written by the host, reads as zero.
    WriteOnly,
    /// Acts in the cycle in which a one is written, reads as zero.
    Pulse,
}

impl Access {
    /// Whether a read delivers the field rather than zero.
    pub const fn is_readable(self) -> bool {
        !matches!(self, Access::WriteOnly | Access::Pulse)
    }

    /// Whether a write has an effect.
    pub const fn is_writable(self) -> bool {
        matches!(self, Access::ReadWrite | Access::WriteOnly | Access::Pulse)
    }

    /// The short form of the documentation.
    pub const fn label(self) -> &'static str {
        match self {
            Access::Constant | Access::Parameter | Access::ReadOnly => "RO",
            Access::ReadWrite => "RW",
            Access::WriteOnly => "WO",
            Access::Pulse => "pulse",
        }
    }
}

/// One 32-bit register.
#[derive(Clone, Copy, Debug)]
pub struct RegisterSpec<R> {
    /// Its name in Rust.
    pub register: R,
    /// Its name everywhere else, in snake case.
    pub name: &'static str,
    /// Byte offset in the window, a multiple of 4.
    pub offset: u32,
    /// What it is for, in one line.
    pub meaning: &'static str,
}

/// One field of a register.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec<R, F> {
    /// Its name in Rust.
    pub field: F,
    /// The register that holds it.
    pub register: R,
    /// Its name everywhere else, in snake case.
    pub name: &'static str,
    /// Lowest bit.
    pub low: u32,
    /// Bits.
    pub width: u32,
    /// Who may do what with it.
    pub access: Access,
    /// Value after reset; without meaning for [`Access::Parameter`].
    pub reset: u32,
    /// What it says, with its unit, in one line.
    pub meaning: &'static str,
    /// Named values, for fields that are a choice.
    pub values: &'static [(u32, &'static str)],
}

impl<R, F> FieldSpec<R, F> {
    /// Highest bit.
    pub const fn high(&self) -> u32 {
        self.low + self.width - 1
    }

    /// Largest value that fits.
    pub const fn value_max(&self) -> u32 {
        u32::MAX >> (32 - self.width)
    }

    /// The field's bits in its register.
    pub const fn mask(&self) -> u32 {
        self.value_max() << self.low
    }
}

/// A whole map, for what treats all maps alike.
#[derive(Clone, Copy, Debug)]
pub struct RegisterMap<R: 'static, F: 'static> {
    /// All registers, in the order of their offsets.
    pub registers: &'static [RegisterSpec<R>],
    /// All fields, register by register, from bit 0 upwards.
    pub fields: &'static [FieldSpec<R, F>],
    /// Bits of a byte address inside the window.
    pub address_width: u32,
}

impl<R: Copy + Eq + 'static, F: 'static> RegisterMap<R, F> {
    /// The fields of a register, from bit 0 upwards.
    pub fn fields_of(&self, register: R) -> impl Iterator<Item = &'static FieldSpec<R, F>> {
        let fields: &'static [FieldSpec<R, F>] = self.fields;
        fields.iter().filter(move |field| field.register == register)
    }

    /// Value after reset; fields that the design's parameters fix count as zero.
    pub fn reset_of(&self, register: R) -> u32 {
        self.fields_of(register).fold(0, |word, field| word | field.reset << field.low)
    }

    /// Whether a read delivers anything.
    pub fn is_readable(&self, register: R) -> bool {
        self.fields_of(register).any(|field| field.access.is_readable())
    }

    /// Whether a write has any effect.
    pub fn is_writable(&self, register: R) -> bool {
        self.fields_of(register).any(|field| field.access.is_writable())
    }

    /// Whether the value is the same for the life of the hardware.
    pub fn is_constant(&self, register: R) -> bool {
        let fixed = |access| matches!(access, Access::Constant | Access::Parameter);
        self.fields_of(register).all(|field| fixed(field.access))
    }
}

macro_rules! register_map {
    ($( $offset:literal $register:ident $name:literal $meaning:literal {
        $( $field:ident $field_name:literal [$high:literal : $low:literal] $access:ident $reset:tt
           $field_meaning:literal $( { $( $value:literal = $value_name:literal ),* } )? ; )*
    } )*) => {
        /// A register of the map.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Register { $( #[doc = $meaning] $register, )* }

        /// A field of a register.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $( $( #[doc = $field_meaning] $field, )* )* }

        /// All registers, in the order of their offsets; indexed by [`Register`].
        pub const REGISTERS: &[RegisterSpec<Register>] = &[ $( RegisterSpec {
            register: Register::$register,
            name: $name,
            offset: $offset,
            meaning: $meaning,
        }, )* ];

        /// All fields, register by register, from bit 0 upwards; indexed by [`Field`].
        pub const FIELDS: &[FieldSpec<Register, Field>] = &[ $( $( FieldSpec {
            field: Field::$field,
            register: Register::$register,
            name: $field_name,
            low: $low,
            width: $high - $low + 1,
            access: Access::$access,
            reset: $reset,
            meaning: $field_meaning,
            values: &[ $( $( ($value, $value_name) ),* )? ],
        }, )* )* ];

        /// The whole map.
        pub const MAP: RegisterMap<Register, Field> =
            RegisterMap { registers: REGISTERS, fields: FIELDS, address_width: ADDRESS_WIDTH };

        impl Register {
            /// All registers, in the order of their offsets.
            pub fn all() -> impl Iterator<Item = Register> {
                REGISTERS.iter().map(|spec| spec.register)
            }

            /// The register's row in the table.
            pub const fn spec(self) -> &'static RegisterSpec<Register> {
                &REGISTERS[self as usize]
            }

            /// Byte offset in the window.
            pub const fn offset(self) -> u32 {
                self.spec().offset
            }

            /// Name in snake case.
            pub const fn name(self) -> &'static str {
                self.spec().name
            }

            /// Its fields, from bit 0 upwards.
            pub fn fields(self) -> impl Iterator<Item = &'static FieldSpec<Register, Field>> {
                MAP.fields_of(self)
            }

            /// Bits that exist, whatever their access.
            pub fn implemented_mask(self) -> u32 {
                self.fields().fold(0, |mask, field| mask | field.mask())
            }

            /// Bits from 0 to the highest that exists.
            pub fn width(self) -> u32 {
                32 - self.implemented_mask().leading_zeros()
            }

            /// Value after reset; fields that the design's parameters fix count as zero.
            pub fn reset(self) -> u32 {
                MAP.reset_of(self)
            }

            /// Whether a read delivers anything.
            pub fn is_readable(self) -> bool {
                MAP.is_readable(self)
            }

            /// Whether a write has any effect.
            pub fn is_writable(self) -> bool {
                MAP.is_writable(self)
            }

            /// Whether the value is the same for the life of the hardware.
            pub fn is_constant(self) -> bool {
                MAP.is_constant(self)
            }
        }

        impl Field {
            /// The field's row in the table.
            pub const fn spec(self) -> &'static FieldSpec<Register, Field> {
                &FIELDS[self as usize]
            }

            /// The field's value moved to its bits, all other bits zero.
            ///
            /// # Panics
            /// If the value does not fit: callers check what comes from outside.
            pub fn place(self, value: u32) -> u32 {
                let spec = self.spec();
                assert!(
                    value <= spec.value_max(),
                    "{value} does not fit field {} of {} bits",
                    spec.name,
                    spec.width
                );
                value << spec.low
            }

            /// The field's value in a word read from its register.
            pub const fn extract(self, word: u32) -> u32 {
                (word & self.spec().mask()) >> self.spec().low
            }

            /// Whether the field is set in a word read from its register; for fields of one bit.
            pub const fn is_set(self, word: u32) -> bool {
                self.extract(word) != 0
            }
        }

        /// The word to write to a register, unnamed fields zero.
        ///
        /// # Panics
        /// If a field belongs to another register or a value does not fit.
        pub fn encode(register: Register, fields: &[(Field, u32)]) -> u32 {
            fields.iter().fold(0, |word, &(field, value)| {
                let spec = field.spec();
                assert!(
                    spec.register == register,
                    "field {} is not in register {}",
                    spec.name,
                    register.name()
                );
                word | field.place(value)
            })
        }

        /// The fields of a word read from a register, from bit 0 upwards.
        pub fn decode(register: Register, word: u32) -> impl Iterator<Item = (Field, u32)> {
            register.fields().map(move |spec| (spec.field, spec.field.extract(word)))
        }

        // The table is checked while compiling: a mistake in it is a build error, not a broken device.
        const _: () = {
            let mut index = 0;
            while index < REGISTERS.len() {
                let spec = &REGISTERS[index];
                assert!(spec.register as usize == index, "registers out of order");
                assert!(
                    spec.offset.is_multiple_of(4) && spec.offset < 1 << ADDRESS_WIDTH,
                    "offset outside the window"
                );
                assert!(index == 0 || REGISTERS[index - 1].offset < spec.offset, "offsets must rise");
                index += 1;
            }
            let mut index = 0;
            while index < FIELDS.len() {
                let spec = &FIELDS[index];
                assert!(spec.field as usize == index, "fields out of order");
                assert!(spec.width > 0 && spec.low + spec.width <= 32, "a field leaves the word");
                assert!(spec.reset <= spec.value_max(), "a reset value does not fit");
                if index > 0 && FIELDS[index - 1].register as usize == spec.register as usize {
                    assert!(FIELDS[index - 1].high() < spec.low, "fields overlap or fall");
                }
                index += 1;
            }
        };
    };
}

pub(super) use register_map;
