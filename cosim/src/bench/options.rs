//! What to measure.

/// What to measure, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOptions {
    /// Whether to measure cells and clocks; minutes the first time, nothing after that.
    pub area: bool,
    /// Whether to measure co-simulation and the reference; about half a minute.
    pub speed: bool,
    /// Whether to compare the cost model with synthesis; long the first time, seconds after that.
    pub cost: bool,
    /// Texts of which one is in the line of a design that is compared; all designs without any.
    pub only: Vec<String>,
    /// Whether to compare the forms of a matrix; minutes the first time, seconds after that.
    pub forms: bool,
    /// Whether to compare dense machines with those of events; minutes the first time.
    pub spikes: bool,
    /// Seeds of the placer; a clock is the median over them. At least 1.
    pub seeds: u32,
    /// Rounds of each comparison of speeds; a ratio is the median over them. At least 1.
    pub rounds: u32,
    /// Cycles of each loop in each round of co-simulation. At least 1.
    pub cycles: u64,
}

impl Default for BenchOptions {
    fn default() -> Self {
        BenchOptions {
            area: true,
            speed: true,
            cost: false,
            only: vec![],
            forms: false,
            spikes: false,
            seeds: 3,
            rounds: 11,
            cycles: 200_000,
        }
    }
}
