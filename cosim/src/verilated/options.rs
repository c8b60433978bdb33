//! How a model is built.

/// How hard the compiler works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Optimisation {
    /// `-O1`: the shorter way for a small design that runs for thousands of cycles.
    Normal,
    /// `-O2`: the shorter way for a design that runs for millions.
    #[default]
    Fast,
}

impl Optimisation {
    /// The compiler's flag.
    pub(crate) fn flag(self) -> &'static str {
        match self {
            Self::Normal => "-O1",
            Self::Fast => "-O2",
        }
    }
}

/// What registers and memories without a stated value hold when a simulation begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PowerUp {
    /// Zeros, in every simulation: the fastest.
    #[default]
    Zero,
    /// Zeros, or bits drawn from a seed that each simulation gives: a design that leans on a value
    /// that nothing gave it shows another one with each seed.
    Seeded,
}

/// Options of a model build; each combination is another entry of the cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BuildOptions {
    /// Whether simulations can record waveforms. This costs up to 30 % of the speed even while
    /// nothing is recorded.
    pub trace: bool,
    /// How hard the compiler works.
    pub optimisation: Optimisation,
    /// What a simulation begins with.
    pub power_up: PowerUp,
}
