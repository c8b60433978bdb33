//! What can be watched from outside: a copy of every write of every memory, and of every issue.
//!
//! A simulation compares it with the reference; in a synthesised design nobody connects it, and it
//! costs nothing.

use firmware::machine::MachineParameters;

/// Machines that have something to watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machines {
    /// All of them.
    All,
    /// Those with vectors that share weights.
    Vectors,
}

/// Something that happens in a cycle: bit `n` of `observe_strobes_o` is the `n`-th of what is
/// [`watched`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Its name.
    pub name: &'static str,
    /// What happens.
    pub meaning: &'static str,
    /// Where.
    pub machines: Machines,
    /// What else is seen then: ports `observe_<name>_<field>_o`, with what they say.
    pub fields: &'static [(&'static str, &'static str)],
}

impl Watch {
    /// The port of a field.
    pub fn port(&self, field: &str) -> String {
        format!("observe_{}_{field}_o", self.name)
    }
}

/// Bits of `observe_waits_o`, from bit 0: why an instruction is held back.
pub const WAITS: [&str; 3] =
    ["results of the matrix unit", "results of the vector unit", "the station of its unit"];

const WORD: &[(&str, &str)] = &[("address", "its address"), ("data", "its values")];

/// Everything that can be watched of a machine.
pub fn watched(machine: &MachineParameters) -> impl Iterator<Item = &'static Watch> + use<> {
    let vectors = machine.has_vectors();
    WATCHED.iter().filter(move |watch| match watch.machines {
        Machines::All => true,
        Machines::Vectors => vectors,
    })
}

/// Everything that can be watched of any machine.
pub const WATCHED: [Watch; 13] = [
    Watch {
        name: "issue",
        meaning: "an instruction is issued",
        machines: Machines::All,
        fields: &[("address", "its place in the program")],
    },
    Watch {
        name: "matrix_done",
        meaning: "the matrix unit finishes one",
        machines: Machines::All,
        fields: &[],
    },
    Watch {
        name: "vector_done",
        meaning: "the vector unit finishes one",
        machines: Machines::All,
        fields: &[],
    },
    Watch {
        name: "result",
        meaning: "a word of R is written",
        machines: Machines::All,
        fields: WORD,
    },
    Watch {
        name: "temporary",
        meaning: "a word of T is written",
        machines: Machines::All,
        fields: WORD,
    },
    Watch {
        name: "train",
        meaning: "a word of a train is written",
        machines: Machines::All,
        fields: &[
            ("address", "its address"),
            ("column", "its column"),
            ("negative", "signs of its counts"),
            ("magnitude", "magnitudes of its counts"),
        ],
    },
    Watch {
        name: "descriptor",
        meaning: "the descriptor of a train is written",
        machines: Machines::All,
        fields: &[
            ("address", "number of the train"),
            ("words", "its words"),
            ("magnitude", "or or maximum of its magnitudes"),
        ],
    },
    Watch {
        name: "scalar",
        meaning: "a scalar is written",
        machines: Machines::All,
        fields: &[
            ("address", "its number"),
            ("mantissa", "its factor"),
            ("shift", "its right shift"),
            ("exponent", "its exponent"),
        ],
    },
    Watch {
        name: "maximum",
        meaning: "a maximum register is written",
        machines: Machines::All,
        fields: &[("address", "its number"), ("data", "its value")],
    },
    Watch {
        name: "store",
        meaning: "a digit of a key or value is written",
        machines: Machines::All,
        fields: &[
            ("values", "1: of a value"),
            ("address", "its word"),
            ("position", "its position"),
            ("high", "upper bit of each trit"),
            ("low", "lower bit of each trit"),
        ],
    },
    Watch {
        name: "state",
        meaning: "a word of S is written",
        machines: Machines::All,
        fields: WORD,
    },
    Watch {
        name: "level",
        meaning: "a level is written",
        machines: Machines::All,
        fields: &[("address", "its number"), ("data", "its value")],
    },
    Watch {
        name: "plane",
        meaning: "a word of a plane is written",
        machines: Machines::Vectors,
        fields: &[
            ("address", "its address"),
            ("number", "the plane"),
            ("active", "1: a spike"),
            ("negative", "1: it is -1"),
        ],
    },
];
