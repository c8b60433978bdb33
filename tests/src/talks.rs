//! What a machine goes through: answers made by itself, a full context, a reset in the middle.

use crate::machines::MachineCase;
use cosim::machine::{MachineError, MachineHarness};
use cosim::pipeline::machine::converse;
use cosim::reference::machine::MachineReference;
use firmware::driver::MachineDriver;
use firmware::image::MachineImage;
use firmware::machine::Program;
use hdl::language::simulation::Simulation;
use std::fmt::Debug;
use std::sync::Arc;

/// What a machine went through without a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TalkReport {
    /// Tokens that ran.
    pub tokens: usize,
    /// Writes that were compared.
    pub writes: u64,
    /// Clock cycles.
    pub cycles: u64,
}

/// A program and what its machine is loaded with.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The program.
    pub program: Program,
    /// Its image.
    pub image: MachineImage,
}

impl Lowered {
    /// Lowers a case.
    ///
    /// # Panics
    /// If the network does not fit its machine: the cases are made so that it does.
    pub fn new(case: &MachineCase) -> Lowered {
        let program = firmware::lower::lower(&case.network, &case.design)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let image = MachineImage::new(&program).expect("it fits its own machine");
        Lowered { program, image }
    }
}

/// The host feeds every token, predictions too, and looks at the counters between them.
///
/// # Errors
/// The first difference.
pub fn step_by_step<S: Simulation>(
    simulation: S,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<TalkReport, MachineError> {
    let reference = MachineReference::new(&lowered.program);
    let talk = converse(simulation, &lowered.image, reference, &case.prompt, case.generate, |_| ());
    match talk.failure {
        Some(failure) => Err(failure),
        None => Ok(TalkReport {
            tokens: talk.prompt.len() + talk.answer.len().saturating_sub(1),
            writes: talk.compared_writes(),
            cycles: talk.simulated_cycles,
        }),
    }
}

/// Compares what the machine says of itself.
pub(crate) fn equal<T: PartialEq + Debug>(
    what: &str,
    found: T,
    expected: T,
) -> Result<(), MachineError> {
    match found == expected {
        true => Ok(()),
        false => Err(MachineError::Machine(format!("{what} is {found:?}, not {expected:?}"))),
    }
}

/// The machine feeds its own predictions, twice: once cut off by a reset in the middle of a token,
/// then whole, up to the full context if that comes first.
///
/// # Errors
/// The first difference.
///
/// # Panics
/// If the case has no prompt.
pub fn by_itself<S: Simulation>(
    simulation: S,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<TalkReport, MachineError> {
    // Somewhere within the first token, whatever it is.
    let cut = 40 + 7 * u64::from(case.prompt[0]);
    after_a_reset(simulation, lowered, (&case.prompt, case.generate), cut)
}

/// The same with the reset after so many cycles, and of any program.
///
/// # Errors
/// The first difference.
///
/// # Panics
/// If there is no prompt.
pub fn after_a_reset<S: Simulation>(
    simulation: S,
    lowered: &Lowered,
    (prompt, generate): (&[u32], usize),
    cut: u64,
) -> Result<TalkReport, MachineError> {
    let parameters = lowered.program.parameters;
    let program = Arc::new(lowered.program.clone());
    let reference = MachineReference::new(&lowered.program);
    let mut harness = MachineHarness::new(simulation, program, reference);
    let mut driver = MachineDriver::connect(&mut harness, parameters)?;
    driver.load(&lowered.image)?;

    // Half a token, then a reset; what was loaded stays.
    driver.configure(1, None)?;
    driver.begin_text()?;
    driver.bus().expect(prompt[0], false)?;
    driver.bus().send(prompt[0], false)?;
    driver.bus().pause(cut)?;
    driver.bus().reset();

    driver.configure(generate as u32, None)?;
    driver.begin_text()?;
    let harness = driver.bus();
    let (last, first) = prompt.split_last().expect("a prompt");
    let mut expected = Vec::new();
    for &token in first {
        harness.expect(token, false)?;
        harness.send(token, false)?;
    }
    let room = parameters.room() - first.len();
    let mut token = *last;
    // An answer about the positions of a text is not fed back.
    let asked = if parameters.answers_positions { 1 } else { generate.min(room) };
    for _ in 0..asked {
        let answer = harness.expect(token, true)?.answer;
        token = *answer.last().expect("asked for");
        expected.extend(answer);
    }
    harness.send(*last, true)?;
    for (index, &reference) in expected.iter().enumerate() {
        let answer = harness.receive()?;
        let position = first.len() + index;
        if answer.token != reference {
            let (rtl, cycle) = (answer.token, harness.cycles());
            return Err(MachineError::Prediction { position, reference, rtl, cycle });
        }
        equal("tlast", answer.last, index + 1 == expected.len())?;
    }
    harness.pause(64)?;
    harness.settled()?;
    let status = driver.status()?;
    let tokens = first.len() + asked;
    let full = tokens == parameters.room();
    equal("an error or busy", status.has_error() || status.busy, false)?;
    equal("context_full", status.context_full, full)?;
    equal("position", driver.position()? as usize, tokens)?;
    let harness = driver.into_bus();
    let writes = harness.lockstep().compared_writes();
    Ok(TalkReport { tokens, writes, cycles: harness.cycles() })
}
