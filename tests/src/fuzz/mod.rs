//! Parsers of files from strangers, each as a plain function of bytes, and a loop that feeds them.
//!
//! ```text
//!  fuzz/fuzz_targets/*.rs ─┐
//!  tests/tests/fuzz.rs ────┴► Target::run(bytes): refuses or accepts, and never panics
//! ```
//!
//! The same functions serve `cargo fuzz`, which needs a nightly compiler, and the loop here, which
//! changes files that are right: single bytes and stretches, and single values of JSON.

mod changes;
mod documents;
mod memory;
mod seeds;
mod targets;

pub use memory::peak_kilobytes;
pub use targets::{
    beside, clean, config, design, families, generation, gguf, index, llama, manifest, report,
    synth, text, tokenizer, weights,
};

use changes::changed;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use targets::{LLAMA, MODEL, REPORT};

/// A parser.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its file in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// Feeds it; a panic is a fault.
    pub run: fn(&[u8]),
    /// Files that it accepts, to begin with.
    seeds: fn() -> Vec<Vec<u8>>,
}

/// Every parser of files from strangers.
pub const TARGETS: [Target; 14] = [
    Target { name: "design", run: design, seeds: || vec![::weights::config::starter().into()] },
    Target { name: "tokenizer", run: tokenizer, seeds: seeds::tokenizers },
    Target { name: "beside", run: beside, seeds: documents::beside },
    Target { name: "gguf", run: gguf, seeds: || vec![seeds::gguf()] },
    Target { name: "llama", run: llama, seeds: || vec![LLAMA.file("config.json")] },
    Target { name: "families", run: families, seeds: documents::families },
    Target { name: "config", run: config, seeds: || vec![MODEL.file("config.json")] },
    Target { name: "generation", run: generation, seeds: documents::generation },
    Target { name: "weights", run: weights, seeds: || vec![MODEL.file("model.safetensors")] },
    Target { name: "index", run: index, seeds: documents::index },
    Target { name: "text", run: text, seeds: documents::text },
    Target { name: "report", run: report, seeds: || vec![REPORT.clone()] },
    Target { name: "synth", run: synth, seeds: || vec![documents::synth(&REPORT)] },
    Target { name: "manifest", run: manifest, seeds: || vec![MODEL.file("manifest.json")] },
];

/// Most kilobytes that a parser may take beyond its input.
pub const TAKEN_MAX: u64 = 64 << 10;

/// Files between two looks at the memory.
const LOOK: u64 = 512;

/// What a loop did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Files that the parser was fed.
    pub executions: u64,
    /// How long that took.
    pub elapsed: Duration,
    /// Kilobytes that the process took at its peak, beyond what it had with the files to begin with.
    pub taken: u64,
    /// A file that made it take more than [`TAKEN_MAX`], where there was one.
    pub hungry: Option<PathBuf>,
}

impl Target {
    /// The target of a name.
    pub fn find(name: &str) -> Option<Target> {
        TARGETS.into_iter().find(|target| target.name == name)
    }

    /// Feeds changed files for `time`, or until there were `executions`, or until one takes too much
    /// memory.
    pub fn repeat(&self, seed: u64, time: Duration, executions: u64) -> Outcome {
        let seeds = (self.seeds)();
        seeds.iter().for_each(|seed| (self.run)(seed));
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (begin, mut done) = (Instant::now(), seeds.len() as u64);
        let before = peak_kilobytes();
        let mut taken = 0;
        while done < executions && begin.elapsed() < time {
            let (count, start) = (LOOK.min(executions - done), random.clone());
            random = self.feed(random, &seeds, count);
            done += count;
            taken = peak_kilobytes().saturating_sub(before);
            if taken > TAKEN_MAX {
                let hungry = Some(self.hungriest(start, &seeds, count));
                return Outcome { executions: done, elapsed: begin.elapsed(), taken, hungry };
            }
        }
        Outcome { executions: done, elapsed: begin.elapsed(), taken, hungry: None }
    }

    /// Feeds so many files, in a thread of their own: the tokenizer library keeps what it has found
    /// with each tokenizer for as long as the thread lives.
    fn feed(&self, mut random: ChaCha8Rng, seeds: &[Vec<u8>], count: u64) -> ChaCha8Rng {
        let feed = move || {
            (0..count).for_each(|_| (self.run)(&changed(&mut random, seeds)));
            random
        };
        let end = std::thread::scope(|scope| scope.spawn(feed).join());
        end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Feeds some files once more, and keeps the one that takes most.
    fn hungriest(&self, mut random: ChaCha8Rng, seeds: &[Vec<u8>], count: u64) -> PathBuf {
        let (mut most, mut file) = (0, Vec::new());
        for _ in 0..count {
            let bytes = changed(&mut random.clone(), seeds);
            memory::forget_peak();
            let before = peak_kilobytes();
            random = self.feed(random, seeds, 1);
            let taken = peak_kilobytes().saturating_sub(before);
            if taken >= most {
                (most, file) = (taken, bytes);
            }
        }
        let path = std::env::temp_dir().join(format!("hungry-{}", self.name));
        std::fs::write(&path, file).expect("there is room");
        path
    }
}
