//! Ring `state`: what a recurrent or a stepped network keeps lives as long as its text, whatever its
//! host does: waits, begins another text, resets the machine in the middle of a token.
//!
//! Every write of every memory is compared with the integer reference all the while.

use cosim::machine::{MachineError, MachineHarness};
use cosim::reference::machine::MachineReference;
use firmware::driver::MachineDriver;
use hdl::language::simulator::NativeSimulation;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use tests::machine_check::Whole;
use tests::pass_plants::{attending, published, spike_input, stepping};

/// SpikeGPT in both placements, NeurTransformer.
const NETWORKS: [fn() -> Whole; 4] = [published, spike_input, attending, stepping];

/// Cycles for which a host waits at most; some tokens take fewer, some more.
const PAUSE_MAX: u64 = 2000;

type Driver = MachineDriver<MachineHarness<NativeSimulation>>;

/// A machine that is loaded, with an answer of so many predictions to each text.
fn loaded(whole: &Whole, answer: u32) -> Result<Driver, MachineError> {
    let program = Arc::new(whole.lowered.program.clone());
    let simulation = NativeSimulation::new(&whole.design());
    let reference = MachineReference::new(&program);
    let parameters = program.parameters;
    let harness = MachineHarness::new(simulation, program, reference);
    let mut driver = MachineDriver::connect(harness, parameters)?;
    driver.load(&whole.lowered.image)?;
    driver.configure(answer, None)?;
    Ok(driver)
}

/// A new text, of a prompt and as many predictions, each after a pause of its own.
fn text(
    driver: &mut Driver,
    prompt: &[u32],
    answer: usize,
    mut pause: impl FnMut() -> u64,
) -> Result<Vec<u32>, MachineError> {
    driver.begin_text()?;
    let harness = driver.bus();
    harness.forget();
    let (last, first) = prompt.split_last().expect("a prompt");
    for &token in first {
        harness.expect(token, false)?;
        harness.pause(pause())?;
        harness.send(token, false)?;
    }
    let (mut token, mut expected) = (*last, vec![]);
    for _ in 0..answer {
        token = harness.expect(token, true)?.prediction.expect("asked for");
        expected.push(token);
    }
    harness.pause(pause())?;
    harness.send(*last, true)?;
    for (index, &reference) in expected.iter().enumerate() {
        harness.pause(pause())?;
        let rtl = harness.receive()?.token;
        if rtl != reference {
            let (position, cycle) = (first.len() + index, harness.cycles());
            return Err(MachineError::Prediction { position, reference, rtl, cycle });
        }
    }
    harness.pause(64)?;
    harness.settled()?;
    Ok(expected)
}

fn checked<T>(whole: &Whole, result: Result<T, MachineError>) -> T {
    result.unwrap_or_else(|error| panic!("{}: {error}", whole.case.name))
}

/// A host that is late with tokens and lets predictions wait finds what a fast one does.
#[test]
fn state_survives_gaps_and_back_pressure() {
    for network in NETWORKS {
        let (whole, answer) = (network(), 4);
        let prompt = whole.case.prompt.clone();
        let mut driver = checked(&whole, loaded(&whole, answer));
        let fast = checked(&whole, text(&mut driver, &prompt, answer as usize, || 0));
        for seed in 0..3 {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let pause = || random.random_range(0..PAUSE_MAX);
            let slow = checked(&whole, text(&mut driver, &prompt, answer as usize, pause));
            assert_eq!(slow, fast, "{}", whole.case.name);
        }
        println!("{}: {fast:?}, {} cycles", whole.case.name, driver.bus().cycles());
    }
}

/// A text says the same after another one, and another one something else.
#[test]
fn state_is_cleared_between_texts() {
    for network in NETWORKS {
        let (whole, answer) = (network(), 4);
        let mut driver = checked(&whole, loaded(&whole, answer));
        let mut say =
            |prompt: &[u32]| checked(&whole, text(&mut driver, prompt, answer as usize, || 0));
        let first = say(&[3, 11, 5]);
        let other = say(&[7, 0]);
        assert_eq!(say(&[3, 11, 5]), first, "{}", whole.case.name);
        assert_eq!(say(&[7, 0]), other, "{}", whole.case.name);
        println!("{}: {first:?}, {other:?}", whole.case.name);
    }
}

/// A reset anywhere in the second token of a text, when there is state to lose, and the next text
/// says what it says in a fresh machine.
#[test]
fn a_reset_in_mid_token_recovers() {
    for network in NETWORKS {
        let (whole, answer) = (network(), 2);
        let prompt = [3, 11, 5];
        let mut driver = checked(&whole, loaded(&whole, answer));
        let fresh = checked(&whole, text(&mut driver, &prompt, answer as usize, || 0));
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let mut cuts = vec![];
        for _ in 0..8 {
            let cut = random.random_range(1..PAUSE_MAX / 2);
            checked(&whole, interrupted(&mut driver, &prompt, answer, cut));
            let again = checked(&whole, text(&mut driver, &prompt, answer as usize, || 0));
            assert_eq!(again, fresh, "{}, reset after {cut} cycles", whole.case.name);
            cuts.push(cut);
        }
        println!("{}: {fresh:?} after resets in cycles {cuts:?}", whole.case.name);
    }
}

/// A token, and a part of the next one. What was loaded stays; settings are made anew.
fn interrupted(
    driver: &mut Driver,
    prompt: &[u32; 3],
    answer: u32,
    cut: u64,
) -> Result<(), MachineError> {
    driver.begin_text()?;
    let harness = driver.bus();
    harness.forget();
    for &token in &prompt[..2] {
        harness.expect(token, false)?;
        harness.send(token, false)?;
    }
    harness.pause(cut)?;
    harness.reset();
    driver.configure(answer, None)?;
    Ok(())
}
