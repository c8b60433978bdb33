//! A prompt, and what the hardware answers: one simulation in lock-step with the reference.

use crate::machine::{Compared, MachineError, MachineHarness, Memory};
use crate::reference::machine::{Facts, MachineReference};
use firmware::image::MachineImage;
use firmware::machine::Program;
use firmware::machine_cycles::{MachineLatency, TokenCycles, token_cycles};
use firmware::machine_driver::{MachineCounters, MachineDriver};
use hdl::simulation::Simulation;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Cycles between two looks at the status.
const STATUS_INTERVAL: u64 = 16;

/// A waveform to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineTrace {
    /// The VCD file.
    pub path: PathBuf,
    /// First cycle.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
}

/// What the hardware did for one token whose prediction was asked for.
#[derive(Clone, Debug)]
pub struct TokenRun {
    /// Position of the token that was fed.
    pub position: usize,
    /// What its counters say of it.
    pub counters: MachineCounters,
    /// Facts of each instruction in the order of their execution, for the cycle model.
    pub facts: Vec<(usize, Facts)>,
}

impl TokenRun {
    /// What the cycle model says of it.
    pub fn predicted(&self, program: &Program) -> TokenCycles {
        let latency = MachineLatency::of(&program.parameters);
        // A position is below 2^16.
        token_cycles(program, &latency, self.position as u32, true, |executed| {
            self.facts[executed.number].1.train()
        })
    }
}

/// What came of a prompt.
#[derive(Debug, Default)]
pub struct Conversation {
    /// Token ids of the prompt.
    pub prompt: Vec<u32>,
    /// Token ids that the hardware predicted, one after the other.
    pub answer: Vec<u32>,
    /// One entry a prediction.
    pub tokens: Vec<TokenRun>,
    /// Why it ended early.
    pub failure: Option<MachineError>,
    /// Writes and values compared and equal, memory by memory.
    pub compared: [Compared; Memory::ALL.len()],
    /// Cycles simulated, loading included.
    pub simulated_cycles: u64,
    /// Saturated result words.
    pub saturations: u64,
    /// Wall time.
    pub elapsed: Duration,
}

impl Conversation {
    /// Writes compared and equal.
    pub fn compared_writes(&self) -> u64 {
        self.compared.iter().map(|memory| memory.writes).sum()
    }

    /// Values compared and equal.
    pub fn compared_values(&self) -> u64 {
        self.compared.iter().map(|memory| memory.values).sum()
    }
}

/// Feeds `prompt` and then the hardware's own predictions, `length` of them, up to the end token
/// or the full context. `loaded` is what the hardware holds: the image of the reference's program,
/// or one with a planted fault.
pub fn converse<S: Simulation>(
    simulation: S,
    loaded: &MachineImage,
    reference: MachineReference,
    prompt: &[u32],
    length: usize,
    mut predicted: impl FnMut(u32),
) -> Conversation {
    let begin = Instant::now();
    let program = Arc::new(reference.program().clone());
    let mut harness = MachineHarness::new(simulation, program, reference);
    let mut conversation = Conversation { prompt: prompt.to_vec(), ..Conversation::default() };
    let failure = talk(&mut harness, loaded, length, &mut conversation, &mut predicted).err();
    conversation.failure = failure;
    conversation.compared = *harness.lockstep().compared();
    conversation.simulated_cycles = harness.cycles();
    conversation.elapsed = begin.elapsed();
    conversation
}

fn talk<S: Simulation>(
    harness: &mut MachineHarness<S>,
    loaded: &MachineImage,
    length: usize,
    conversation: &mut Conversation,
    predicted: &mut impl FnMut(u32),
) -> Result<(), MachineError> {
    let parameters = harness.program().parameters;
    let end_tokens = harness.program().end_tokens.clone();
    let mut driver = MachineDriver::connect(harness, parameters)?;
    driver.load(loaded)?;
    driver.configure(1, None)?;
    driver.begin_text()?;
    let prompt = conversation.prompt.clone();
    let Some((&last, first)) = prompt.split_last() else { return Ok(()) };
    for &token in first {
        driver.bus().expect(token, false)?;
        driver.bus().send(token, false)?;
    }
    let mut token = last;
    for position in (prompt.len() - 1..parameters.room()).take(length) {
        // Tokens of the prompt may still be under way; from here on each is measured alone.
        let before = quiet_counters(&mut driver)?;
        let expected = driver.bus().expect(token, true)?;
        driver.bus().send(token, true)?;
        let answer = driver.bus().receive()?;
        let reference = expected.prediction.unwrap_or_default();
        if answer.token != reference {
            let (rtl, cycle) = (answer.token, driver.bus().cycles());
            return Err(MachineError::Prediction { position, reference, rtl, cycle });
        }
        let after = quiet_counters(&mut driver)?;
        driver.bus().settled()?;
        let facts = expected.records.iter().map(|record| (record.instruction, record.facts));
        let counters = after.since(&before);
        conversation.saturations = after.saturations.into();
        conversation.tokens.push(TokenRun { position, counters, facts: facts.collect() });
        conversation.answer.push(answer.token);
        predicted(answer.token);
        token = answer.token;
        if end_tokens.contains(&token) {
            break;
        }
    }
    Ok(())
}

/// The counters once no token is under way.
fn quiet_counters<S: Simulation>(
    driver: &mut MachineDriver<&mut MachineHarness<S>>,
) -> Result<MachineCounters, MachineError> {
    loop {
        let status = driver.status()?;
        if status.has_error() {
            return Err(MachineError::Machine(format!("it reports: {status}")));
        }
        if !status.busy {
            return Ok(driver.counters()?);
        }
        driver.bus().pause(STATUS_INTERVAL)?;
    }
}
