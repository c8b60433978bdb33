//! Gaps in the input stream and back-pressure on the output stream.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Decides, cycle by cycle, whether the source offers and whether the sink takes.
#[derive(Clone, Debug)]
pub struct Stalls {
    random: Option<ChaCha8Rng>,
    input: f64,
    output: f64,
}

impl Stalls {
    /// A source and a sink that never wait.
    pub fn none() -> Stalls {
        Stalls { random: None, input: 0.0, output: 0.0 }
    }

    /// A source that pauses in a share `input` of the cycles, a sink in a share `output`.
    pub fn random(seed: u64, input: f64, output: f64) -> Stalls {
        Stalls { random: Some(ChaCha8Rng::seed_from_u64(seed)), input, output }
    }

    fn goes(&mut self, pause: f64) -> bool {
        self.random.as_mut().is_none_or(|random| !random.random_bool(pause))
    }

    /// Whether the source offers a beat now.
    pub fn input_valid(&mut self) -> bool {
        self.goes(self.input)
    }

    /// Whether the sink takes a beat now.
    pub fn output_ready(&mut self) -> bool {
        self.goes(self.output)
    }
}
