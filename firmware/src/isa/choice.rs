//! Fields that are choices, and what every field does to become bits.

use serde::Serialize;
use weights::numeric::pass::{
    Choice, Finish, Follow, Join, Multiply, Quantiser, Reduce, RuleReset, SpikeLevels, Theta,
};

/// A field of an instruction as a number of bits.
pub trait Coded: Sized {
    /// Whether it is two's complement.
    const SIGNED: bool = false;
    /// Its number.
    fn code(self) -> i64;
    /// What has that number.
    fn from_code(code: i64) -> Option<Self>;
    /// The names of its choices; none for a number.
    fn names() -> Vec<&'static str> {
        Vec::new()
    }
}

impl Coded for u32 {
    fn code(self) -> i64 {
        self.into()
    }
    fn from_code(code: i64) -> Option<u32> {
        u32::try_from(code).ok()
    }
}

impl Coded for i32 {
    const SIGNED: bool = true;
    fn code(self) -> i64 {
        self.into()
    }
    fn from_code(code: i64) -> Option<i32> {
        i32::try_from(code).ok()
    }
}

/// Makes a field of a [`Choice`]: its code is its place among all.
macro_rules! coded {
    ($($type:ty),*) => {
        $(impl Coded for $type {
            fn code(self) -> i64 {
                self as i64
            }
            fn from_code(code: i64) -> Option<$type> {
                <$type as Choice>::ALL.get(usize::try_from(code).ok()?).copied()
            }
            fn names() -> Vec<&'static str> {
                <$type as Choice>::ALL.iter().map(|choice| choice.name()).collect()
            }
        })*
    };
}

/// Declares the choices of a field with their names and meanings.
macro_rules! choice {
    ($(#[doc = $text:literal])* $type:ident {
        $( $(#[doc = $meaning:literal])* $variant:ident = $name:literal, )*
    }) => {
        $(#[doc = $text])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "the first choice is the default")]
        pub enum $type {
            #[default]
            $( $(#[doc = $meaning])* $variant, )*
        }
        impl Choice for $type {
            const ALL: &'static [$type] = &[$($type::$variant),*];
            fn name(self) -> &'static str {
                match self { $($type::$variant => $name),* }
            }
        }
        coded!($type);
    };
}

coded!(Join, Multiply, Follow, Quantiser, SpikeLevels, RuleReset, Theta, Reduce, Finish);

choice! {
    /// How many elements a pass has.
    Length {
        /// As many as its field says.
        Channels = "channels",
        /// The attended positions: p + 1, or all of the text.
        Attended = "attended",
    }
}

choice! {
    /// Where an operand is read.
    Space {
        /// Nowhere: it is zero.
        Nothing = "nothing",
        /// The results R.
        Results = "R",
        /// The temporaries T.
        Temporaries = "T",
        /// The state S, which lives across tokens and steps.
        State = "S",
        /// The constants C.
        Constants = "C",
        /// A level register, the same for every element.
        Level = "level",
        /// A maximum register, the same for every element.
        Maximum = "maximum",
    }
}

choice! {
    /// What an operand is instead of its word where the state begins anew.
    Restart {
        /// Its word all the same.
        Keep = "keep",
        /// Zero.
        Zero = "zero",
        /// −2^(width − 2), half of the lowest value: low enough to lose every comparison, and a sum
        /// with another of its size still fits.
        Lowest = "lowest",
    }
}

choice! {
    /// When the state of an instruction begins anew.
    RestartAt {
        /// Never.
        Never = "never",
        /// At the first position of a text: p = 0.
        Text = "text",
        /// In the first iteration of the outermost loop.
        Loop0 = "loop_0",
        /// In the first iteration of the loop within it.
        Loop1 = "loop_1",
        /// In the first iteration of the loop within that.
        Loop2 = "loop_2",
        /// In the first iteration of the innermost loop of four.
        Loop3 = "loop_3",
        /// Always: it is the first of turns that are written out.
        Always = "always",
    }
}

choice! {
    /// The function of a pass.
    Function {
        /// None.
        Nothing = "nothing",
        /// 1 / x, its exponent added to the shift behind it.
        Reciprocal = "reciprocal",
        /// Table 0 of the program.
        Table0 = "table_0",
        /// Table 1 of the program.
        Table1 = "table_1",
        /// Table 2 of the program.
        Table2 = "table_2",
        /// Table 3 of the program.
        Table3 = "table_3",
        /// Table 4 of the program.
        Table4 = "table_4",
        /// Table 5 of the program.
        Table5 = "table_5",
        /// Table 6 of the program.
        Table6 = "table_6",
        /// Table 7 of the program.
        Table7 = "table_7",
    }
}

impl Function {
    /// The function that looks into a table of the program.
    pub fn table(index: usize) -> Option<Function> {
        Function::ALL.get(index + 2).copied()
    }

    /// The table that it looks into.
    pub fn table_index(self) -> Option<usize> {
        (self as usize).checked_sub(2)
    }
}

choice! {
    /// Where the result of a pass is written.
    Destination {
        /// Nowhere.
        Nothing = "nothing",
        /// To T.
        Temporaries = "T",
        /// To S.
        State = "S",
    }
}

choice! {
    /// What else becomes of the result of a pass.
    Emit {
        /// Nothing.
        Nothing = "nothing",
        /// Counts of a train.
        Train = "train",
        /// Digits of a key for position p.
        Keys = "keys",
        /// Digits of a value for position p.
        Values = "values",
        /// A vector of trits, one plane of the plane store; y is clipped to -1..=1.
        Vector = "vector",
    }
}

choice! {
    /// How often a loop runs.
    Extent {
        /// As often as its field says.
        Count = "count",
        /// Once a position of the text so far, p = 0 .. P; p is its index.
        Positions = "positions",
        /// Once, at the position of the token: pointers stand where the last turn of a loop over
        /// positions has them.
        Here = "here",
        /// Once for every so many positions of the text so far; p is the last of them there is.
        Chunks = "chunks",
        /// Once a position of the chunk that ends with p; p is that position.
        Within = "within",
    }
}
