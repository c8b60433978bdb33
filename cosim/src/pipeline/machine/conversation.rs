//! A prompt, and what the hardware answers, in lock-step with the reference; many of them on one
//! loaded machine.

use crate::machine::{Answer, Compared, Expected, Lockstep, MachineError, MachineHarness, Memory};
use crate::reference::machine::{Facts, MachineReference};
use firmware::driver::{MachineCounters, MachineDriver};
use firmware::image::MachineImage;
use firmware::machine::Program;
use firmware::machine_cycles::{MachineLatency, TokenCycles, token_cycles};
use hdl::language::simulation::Simulation;
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
    /// Vectors that came in the place of a prompt's ids.
    pub vectors: Vec<Vec<i64>>,
    /// Vectors that the hardware gave in the place of predictions.
    pub outputs: Vec<Vec<i64>>,
    /// Cycles from the first beat that a stream sent to the last that it took, one entry an answer.
    pub latencies: Vec<u64>,
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

/// A simulated machine that is loaded and takes one text after the other.
pub struct Session<S: Simulation> {
    pub(super) driver: MachineDriver<MachineHarness<S>>,
}

impl<S: Simulation> Session<S> {
    /// Loads a machine. `loaded` is what the hardware holds: the image of the reference's program, or
    /// one with a planted fault.
    ///
    /// # Errors
    /// If the machine is not that of the program, or takes no image.
    pub fn new(
        simulation: S,
        loaded: &MachineImage,
        reference: MachineReference,
    ) -> Result<Session<S>, MachineError> {
        let program = Arc::new(reference.program().clone());
        let parameters = program.parameters;
        let harness = MachineHarness::new(simulation, program, reference);
        let mut driver = MachineDriver::connect(harness, parameters)?;
        driver.load(loaded)?;
        driver.configure(1, None)?;
        Ok(Session { driver })
    }

    /// Feeds `prompt` and then the hardware's own predictions, `length` of them, up to the end token
    /// or the full context, in a text of its own. A text that fails leaves the machine as it is: the
    /// session is over then.
    pub fn converse(
        &mut self,
        prompt: &[u32],
        length: usize,
        mut predicted: impl FnMut(u32),
    ) -> Conversation {
        let conversation = Conversation { prompt: prompt.to_vec(), ..Conversation::default() };
        self.account(conversation, |session, conversation| {
            session.talk(length, conversation, &mut predicted)
        })
    }

    /// A text of its own, and what it took.
    pub(super) fn account(
        &mut self,
        mut conversation: Conversation,
        talk: impl FnOnce(&mut Self, &mut Conversation) -> Result<(), MachineError>,
    ) -> Conversation {
        let begin = Instant::now();
        let (before, from) = (*self.lockstep().compared(), self.driver.bus().cycles());
        conversation.failure = talk(self, &mut conversation).err();
        conversation.compared = *self.lockstep().compared();
        for (all, before) in conversation.compared.iter_mut().zip(before) {
            all.writes -= before.writes;
            all.values -= before.values;
        }
        conversation.simulated_cycles = self.driver.bus().cycles() - from;
        conversation.elapsed = begin.elapsed();
        conversation
    }

    fn lockstep(&mut self) -> &Lockstep {
        self.driver.bus().lockstep()
    }

    fn talk(
        &mut self,
        length: usize,
        conversation: &mut Conversation,
        predicted: &mut impl FnMut(u32),
    ) -> Result<(), MachineError> {
        let driver = &mut self.driver;
        let parameters = *driver.machine();
        let end_tokens = driver.bus().program().end_tokens.clone();
        driver.begin_text()?;
        driver.bus().forget();
        let prompt = conversation.prompt.clone();
        let Some((&last, first)) = prompt.split_last() else { return Ok(()) };
        for &token in first {
            driver.bus().expect(token, false)?;
            driver.bus().send(token, false)?;
        }
        let mut token = last;
        for position in (prompt.len() - 1..parameters.room()).take(length) {
            // Tokens of the prompt may still be under way; from here on each is measured alone.
            let before = quiet_counters(driver)?;
            let expected = driver.bus().expect(token, true)?;
            driver.bus().send(token, true)?;
            receive(driver.bus(), position, &expected)?;
            let after = quiet_counters(driver)?;
            driver.bus().settled()?;
            let facts = expected.records.iter().map(|record| (record.instruction, record.facts));
            let counters = after.since(&before);
            conversation.saturations = after.saturations.into();
            conversation.tokens.push(TokenRun { position, counters, facts: facts.collect() });
            for &token in &expected.answer {
                conversation.answer.push(token);
                predicted(token);
            }
            token = expected.prediction.unwrap_or_default();
            if end_tokens.contains(&token) && !parameters.answers_positions {
                break;
            }
        }
        Ok(())
    }
}

/// Takes an answer, which must be the reference's.
pub(super) fn receive<S: Simulation>(
    harness: &mut MachineHarness<S>,
    position: usize,
    expected: &Expected,
) -> Result<(), MachineError> {
    for (index, &reference) in expected.answer.iter().enumerate() {
        let Answer { token: rtl, last } = harness.receive()?;
        let cycle = harness.cycles();
        if rtl != reference {
            return Err(MachineError::Prediction { position, reference, rtl, cycle });
        }
        if last != (index + 1 == expected.answer.len()) {
            let (which, of) = (index + 1, expected.answer.len());
            let ends = if last { "ends" } else { "does not end" };
            let text = format!("prediction {which} of {of} {ends} its answer, at cycle {cycle}");
            return Err(MachineError::Machine(text));
        }
    }
    Ok(())
}

/// A machine that is loaded for one text: a [`Session`] with a single conversation.
pub fn converse<S: Simulation>(
    simulation: S,
    loaded: &MachineImage,
    reference: MachineReference,
    prompt: &[u32],
    length: usize,
    predicted: impl FnMut(u32),
) -> Conversation {
    let begin = Instant::now();
    let mut session = match Session::new(simulation, loaded, reference) {
        Ok(session) => session,
        Err(failure) => {
            let (prompt, failure) = (prompt.to_vec(), Some(failure));
            let elapsed = begin.elapsed();
            return Conversation { prompt, failure, elapsed, ..Conversation::default() };
        }
    };
    let conversation = session.converse(prompt, length, predicted);
    let simulated_cycles = session.driver.bus().cycles();
    Conversation { simulated_cycles, elapsed: begin.elapsed(), ..conversation }
}

/// The counters once no token is under way.
pub(super) fn quiet_counters<S: Simulation>(
    driver: &mut MachineDriver<MachineHarness<S>>,
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
