//! The stream of a run: vectors or ids that are answered one by one, each as a row of its channels.

use super::talk::Job;
use crate::commands::Console;
use crate::pipeline::machine::{Arrivals, Conversation, stream};
use crate::pipeline::{PipelineError, read_text};
use crate::reference::float::FloatExecutor;
use crate::reference::{ReferenceError, seeded_ids, seeded_vectors};
use crate::tools::ToolError;
use std::path::Path;
use weights::network::{CONTEXT_UNBOUNDED, Network, Readout, VectorInput};

/// Channels of a row on the terminal.
const SHOWN_CHANNELS: usize = 96;

/// What a run of a network sends that takes or gives vectors.
pub(super) struct Stream {
    arrivals: Arrivals,
    /// Whether what goes out is whole numbers, as spikes are.
    spikes: bool,
}

/// Whether a network takes or gives vectors.
pub(super) fn is_stream(network: &Network) -> bool {
    network.input().is_some() || network.readout == Readout::Vector
}

impl Stream {
    /// The vectors of a file, or seeded ones, or ids for a network that takes those.
    ///
    /// # Errors
    /// If the file cannot be read, or holds other vectors than the network takes.
    pub(super) fn new(
        network: &Network,
        path: Option<&Path>,
        (seed, count): (u64, usize),
    ) -> Result<Stream, PipelineError> {
        let count = match network.context {
            CONTEXT_UNBOUNDED => count,
            positions => count.min(positions),
        };
        let arrivals = match (network.input(), path) {
            (Some(input), Some(path)) => Arrivals::Vectors(vectors_of(path, &input)?),
            (Some(input), None) => Arrivals::Vectors(seeded_vectors(&input, seed, count)),
            (None, None) => Arrivals::Ids(seeded_ids(network, seed, count)),
            (None, Some(_)) => return Err(no_vectors(network)),
        };
        let last = network.operations.iter().find(|it| it.output() == network.output);
        let spikes = last.is_some_and(|it| it.kind() == "neuron");
        Ok(Stream { arrivals, spikes })
    }

    /// Sends everything to the hardware and prints each answer as it comes.
    ///
    /// # Errors
    /// If a simulation cannot be made.
    pub(super) fn run(
        &self,
        console: &mut Console,
        job: &Job<'_>,
    ) -> Result<Vec<Conversation>, ToolError> {
        let (simulation, waveform) = job.simulation(true)?;
        let reference = job.reference.clone();
        console.line("");
        let answered = |so_far: &Conversation| {
            let position = so_far.tokens.len() - 1;
            let row = match (so_far.outputs.last(), so_far.answer.last()) {
                (Some(channels), _) => self.row(channels),
                (None, Some(id)) => format!("id {id}"),
                (None, None) => String::new(),
            };
            console.line(&format!("  {position:>5}  {row}"));
        };
        let conversation =
            stream(simulation, job.loaded, reference, &self.arrivals, || 0, answered);
        console.line("");
        waveform.map_or(Ok(()), |waveform| waveform.require_whole())?;
        Ok(vec![conversation])
    }

    /// The channels of an answer: a mark for each spike, or the numbers.
    fn row(&self, channels: &[i64]) -> String {
        let mark = |&level: &i64| match level {
            0 => '.',
            1 => '|',
            -1 => '-',
            level => char::from_digit(level.unsigned_abs().min(35) as u32, 36).unwrap_or('?'),
        };
        let shown = &channels[..channels.len().min(SHOWN_CHANNELS)];
        let rest = if shown.len() < channels.len() { " ..." } else { "" };
        match self.spikes {
            true => format!("{}{rest}", shown.iter().map(mark).collect::<String>()),
            false => {
                let numbers: Vec<String> = shown.iter().take(12).map(i64::to_string).collect();
                let rest = if channels.len() > 12 { " ..." } else { "" };
                format!("{}{rest}", numbers.join(" "))
            }
        }
    }

    /// What went in and came out, in words.
    pub(super) fn texts(&self, conversations: &[Conversation]) -> Vec<(String, String)> {
        let what = match &self.arrivals {
            Arrivals::Ids(ids) => format!("{} token ids", ids.len()),
            Arrivals::Vectors(vectors) => format!("{} vectors", vectors.len()),
        };
        let rows = |it: &Conversation| {
            let rows: Vec<String> = it.outputs.iter().map(|channels| self.row(channels)).collect();
            rows.join("\n")
        };
        conversations.iter().map(|it| (what.clone(), rows(it))).collect()
    }

    /// Compares what the hardware gave with the network in floats.
    ///
    /// # Errors
    /// If the float network refuses what the machine took.
    pub(super) fn print_float(
        &self,
        console: &mut Console,
        network: &Network,
        unit: f64,
        conversations: &[Conversation],
    ) -> Result<(), ReferenceError> {
        let Some(first) = conversations.first().filter(|it| !it.outputs.is_empty()) else {
            return Ok(());
        };
        let mut float = FloatExecutor::new(network)?;
        let (mut equal, mut all, mut error, mut power) = (0u64, 0u64, 0.0, 0.0);
        for (position, channels) in first.outputs.iter().enumerate() {
            let id = match &self.arrivals {
                Arrivals::Ids(ids) => ids[position],
                Arrivals::Vectors(vectors) => {
                    float.present(&vectors[position])?;
                    0
                }
            };
            let wanted = float.read(&[id])?.remove(0);
            for (&found, wanted) in channels.iter().zip(wanted) {
                let found = found as f64 * unit;
                (equal, all) = (equal + u64::from(found == wanted), all + 1);
                (error, power) = (error + (found - wanted).powi(2), power + wanted.powi(2));
            }
        }
        console.line(&match self.spikes {
            true => format!(
                "float      {:.2} % of {all} spikes are those of the float network",
                100.0 * equal as f64 / all.max(1) as f64
            ),
            false => format!(
                "float      {:.3} % of the power of what the float network gives is error",
                100.0 * error / power.max(f64::MIN_POSITIVE)
            ),
        });
        Ok(())
    }
}

fn no_vectors(network: &Network) -> PipelineError {
    PipelineError::Options {
        reason: format!("--vectors: network `{}` takes token ids", network.name),
        remedy: "leave out --vectors, or give a network that takes vectors",
    }
}

/// Refuses vectors for a network of texts, and texts for one of vectors.
///
/// # Errors
/// If something is given that the network does not take.
pub(super) fn require(
    network: &Network,
    vectors: Option<&Path>,
    texts: bool,
) -> Result<(), PipelineError> {
    match (is_stream(network), vectors, texts) {
        (false, Some(_), _) => Err(no_vectors(network)),
        (true, _, true) => Err(PipelineError::Options {
            reason: format!("network `{}` takes or gives vectors, and no text", network.name),
            remedy: "leave out --prompt and --text; --vectors FILE gives a vector a line",
        }),
        _ => Ok(()),
    }
}

/// The vectors of a file: one a line, whole numbers with space between; empty lines count for nothing.
fn vectors_of(path: &Path, input: &VectorInput) -> Result<Vec<Vec<i64>>, PipelineError> {
    let text = read_text(path, &mut Vec::new())?;
    let mut vectors = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let refused = |reason: String| PipelineError::Vectors {
            path: path.to_owned(),
            line: index + 1,
            reason,
            width: input.width,
            most: input.most(),
        };
        let number = |word: &str| word.parse::<i64>().map_err(|_| word.to_owned());
        let vector: Result<Vec<i64>, String> = line.split_whitespace().map(number).collect();
        let vector = vector.map_err(|word| {
            refused(format!("`{}` is no whole number", weights::shown::shown(&word)))
        })?;
        if let Some(reason) = input.fault(&vector) {
            return Err(refused(reason));
        }
        vectors.push(vector);
    }
    match vectors.is_empty() {
        true => Err(PipelineError::Vectors {
            path: path.to_owned(),
            line: 1,
            reason: "there is no vector".to_owned(),
            width: input.width,
            most: input.most(),
        }),
        false => Ok(vectors),
    }
}
