//! What a machine says of its work, and what it says to a host that errs.

use crate::machines::MachineCase;
use crate::talks::{Lowered, equal};
use crate::tally::{Counts, Tally};
use cosim::machine::{Expected, MachineError, MachineHarness};
use cosim::reference::machine::{Facts, MachineReference};
use firmware::bus::Bus;
use firmware::driver::{MachineCounters, MachineDriver};
use firmware::image::MachineImage;
use firmware::isa::Action;
use firmware::machine::Program;
use firmware::registers::Register;
use hdl::blocks::host::watch::watched;
use hdl::language::simulation::Simulation;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use weights::numeric::fixed_point::Scale;
use weights::packing::Packing;

/// Cycles after which every token of a small machine has run.
const TOKEN_CYCLES: u64 = 20_000;

type Driver<S> = MachineDriver<MachineHarness<Tally<S>>>;

/// Runs two tokens and compares every counter; reads results back; lets a token end an answer;
/// then does what a host must not do.
///
/// # Errors
/// The first difference.
pub fn account<S: Simulation>(
    simulation: S,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<(), MachineError> {
    let program = Arc::new(lowered.program.clone());
    let (simulation, counts) = Tally::new(simulation);
    let reference = MachineReference::new(&lowered.program);
    let harness = MachineHarness::new(simulation, program, reference);
    let mut driver = MachineDriver::connect(harness, lowered.program.parameters)?;
    driver.load(&lowered.image)?;
    let prediction = counters(&mut driver, &counts, lowered, case)?;
    end_token(&mut driver, case, prediction)?;
    locked_memory(&mut driver, case)?;
    bad_token(&mut driver, case)?;
    damage(&mut driver, lowered, case)
}

fn begin<S: Simulation>(driver: &mut Driver<S>) -> Result<(), MachineError> {
    driver.begin_text()?;
    driver.bus().forget();
    let status = driver.status()?;
    equal("an error or busy after clear", status.busy || status.has_error(), false)
}

/// Waits for quiet, whatever else happens.
fn quiet<S: Simulation>(driver: &mut Driver<S>) -> Result<(), MachineError> {
    for _ in 0..TOKEN_CYCLES {
        if !driver.status()?.busy {
            return Ok(());
        }
    }
    equal("busy", true, false)
}

/// Runs a token that is asked for, then one that is not; yields the prediction.
fn counters<S: Simulation>(
    driver: &mut Driver<S>,
    counts: &Rc<Cell<Counts>>,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<u32, MachineError> {
    let mut reference = MachineReference::new(&lowered.program);
    let token = case.prompt[0];
    driver.configure(1, None)?;
    begin(driver)?;
    counts.set(Counts::default());
    let asked = driver.bus().expect(token, true)?;
    driver.bus().send(token, true)?;
    let answer = driver.bus().receive()?;
    let prediction = asked.prediction.unwrap_or_default();
    equal("the prediction", answer.token, prediction)?;
    quiet(driver)?;

    let refused = |_| MachineError::Machine("the reference refuses a token".to_owned());
    let predicted = reference.step(token, true).map_err(refused)?;
    let logits = predicted.map(|predicted| predicted.logits.to_vec()).unwrap_or_default();
    let (found, _) = driver.logits(&lowered.program)?;
    equal("the logits that are read", found, logits)?;
    // What nothing has written holds anything.
    let written = |index: &u32| reference.scalar(*index) != Scale::default();
    let all = 0..lowered.program.parameters.scalar_count;
    let written: Vec<u32> = all.filter(written).collect();
    equal("that a scalar is written", written.is_empty(), false)?;
    for index in written {
        equal("a scalar that is read", driver.scalar(index)?, reference.scalar(index))?;
    }

    let unasked = driver.bus().expect(prediction, false)?;
    driver.bus().send(prediction, false)?;
    quiet(driver)?;
    driver.bus().settled()?;
    let found = driver.counters()?;
    compare(&lowered.program, &found, &counts.get(), &[asked, unasked])?;
    begin(driver)?;
    equal("the counters after clear", driver.counters()?, MachineCounters::default())?;
    Ok(prediction)
}

fn compare(
    program: &Program,
    found: &MachineCounters,
    counts: &Counts,
    tokens: &[Expected],
) -> Result<(), MachineError> {
    let records = || tokens.iter().flat_map(|token| &token.records);
    let matrices = || {
        records().filter_map(|record| match record.facts {
            Facts::Matrix(facts) => Some((&program.instructions[record.instruction], facts)),
            Facts::Vector => None,
        })
    };
    let of = |name: &str| {
        let position = watched(&program.parameters).position(|watch| watch.name == name);
        position.unwrap_or_default()
    };
    equal("the count of issued instructions", found.instructions, counts.strobes[of("issue")])?;
    let done = counts.strobes[of("matrix_done")] + counts.strobes[of("vector_done")];
    equal("the number of finished instructions", done as usize, records().count())?;
    for (name, found, expected) in [
        ("cycles", found.cycles, counts.busy),
        ("tokens", found.tokens, tokens.len() as u32),
        ("matrix_waits", found.matrix_waits, counts.waits[0]),
        ("vector_waits", found.vector_waits, counts.waits[1]),
        ("unit_waits", found.unit_waits, counts.waits[2]),
        ("saturations", found.saturations, matrices().map(|(_, facts)| facts.saturations).sum()),
    ] {
        if found != expected {
            return Err(MachineError::Machine(format!(
                "the counter {name} is {found}, not {expected}"
            )));
        }
    }
    // Embeddings go past the array.
    let is_read = |action: &Action| matches!(action, Action::Matrix(matrix) if matrix.store == 3);
    let entries: u32 = matrices()
        .filter(|(instruction, _)| !is_read(&instruction.action))
        .map(|(_, facts)| facts.tiles * facts.digits * facts.words.max(1) * facts.passes.max(1))
        .sum();
    if found.array_cycles != entries {
        let array = found.array_cycles;
        let text = format!("the counter array_cycles is {array}, not {entries}");
        return Err(MachineError::Machine(text));
    }
    let vector = found.vector_cycles;
    equal("vector_cycles beyond cycles, or none", vector == 0 || vector > found.cycles, false)
}

/// An answer of many predictions ends with the end token.
fn end_token<S: Simulation>(
    driver: &mut Driver<S>,
    case: &MachineCase,
    prediction: u32,
) -> Result<(), MachineError> {
    let token = case.prompt[0];
    driver.configure(3, Some(prediction))?;
    begin(driver)?;
    driver.bus().expect(token, true)?;
    driver.bus().send(token, true)?;
    let answer = driver.bus().receive()?;
    equal("the prediction that ends", (answer.token, answer.last), (prediction, true))?;
    quiet(driver)?;
    equal("the position after the end token", driver.position()?, 1)?;
    driver.configure(1, None).map_err(MachineError::from)
}

/// Memories cannot be written while a token is under way.
fn locked_memory<S: Simulation>(
    driver: &mut Driver<S>,
    case: &MachineCase,
) -> Result<(), MachineError> {
    let token = case.prompt[0];
    begin(driver)?;
    driver.bus().expect(token, false)?;
    driver.bus().send(token, false)?;
    for register in [Register::WeightData, Register::ProgramData, Register::ConstantData] {
        let refused = driver.bus().write(register.offset(), 0).is_err();
        equal("a refusal to write while busy", refused, true)?;
    }
    quiet(driver)?;
    driver.bus().settled()
}

/// A token beyond the vocabulary is dropped, and reported until the text is cleared.
fn bad_token<S: Simulation>(
    driver: &mut Driver<S>,
    case: &MachineCase,
) -> Result<(), MachineError> {
    begin(driver)?;
    driver.bus().send(case.network.vocabulary as u32, true)?;
    driver.bus().pause(8)?;
    let status = driver.status()?;
    equal("bad_token", (status.bad_token, status.busy), (true, false))?;
    begin(driver)
}

/// Weights and a program that mean nothing are reported; what the machine writes then is no matter.
fn damage<S: Simulation>(
    driver: &mut Driver<S>,
    lowered: &Lowered,
    case: &MachineCase,
) -> Result<(), MachineError> {
    let mut weights = lowered.image.weights.clone();
    weights[0] = no_code(lowered.program.parameters.packing);
    driver.load(&MachineImage { weights, ..lowered.image.clone() })?;
    let status = driver.status()?;
    equal("bad_code", (status.bad_code, status.bad_instruction), (true, false))?;

    let mut program = lowered.image.program.clone();
    program[0].fill(u32::MAX);
    driver.load(&MachineImage { program, ..lowered.image.clone() })?;
    begin(driver)?;
    // The first difference is the damage.
    let _ = driver.bus().send(case.prompt[0], false);
    quiet(driver)?;
    let status = driver.status()?;
    equal("bad_instruction", (status.bad_code, status.bad_instruction), (false, true))?;
    Ok(())
}

/// A byte of weights that is no code.
fn no_code(packing: Packing) -> u32 {
    match packing {
        Packing::TwoBit => 0x10,
        Packing::Base3 => 0b10_010_100,
    }
}
