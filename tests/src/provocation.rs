//! What a host must not do, and what the engine must then say.

use crate::case::Case;
use crate::difference::Difference;
use cosim::harness::{Harness, HarnessError, LayerError};
use firmware::driver::{Bus, Driver, LayerSetting, OutputMode, Status};
use firmware::registers::{Field, Register};
use hdl::language::simulation::Simulation;
use weights::config::Form;
use weights::packing::Packing;

/// Polls of the status after which the engine hangs.
const POLLS_MAX: u32 = 64;

/// All provocations, one after the other. The last one leaves damaged weights behind.
pub(crate) fn all<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), Difference> {
    open_frame(case, harness)?;
    bad_shape(case, harness)?;
    locked_memory(case, harness)?;
    bad_code(case, harness)
}

impl<E: Into<LayerError>> From<E> for Difference {
    fn from(error: E) -> Difference {
        Difference::Engine(error.into())
    }
}

fn flag(name: &'static str, expected: bool, found: bool) -> Result<(), Difference> {
    match expected == found {
        true => Ok(()),
        false => Err(Difference::Counter { name, expected: expected.into(), found: found.into() }),
    }
}

/// Clears, which must forget every error, configures and runs.
fn begin<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), Difference> {
    let setting = LayerSetting::new(&case.layer.tiling, case.layer.steps, OutputMode::Currents);
    let mut driver = Driver::connect(harness, case.layer.engine)?;
    driver.stop()?;
    driver.clear()?;
    let status = driver.wait_idle(POLLS_MAX)?;
    flag("an error after clear", false, status != Status::default())?;
    driver.configure(&setting)?;
    Ok(driver.run()?)
}

fn end<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<Status, Difference> {
    let mut driver = Driver::connect(harness, case.layer.engine)?;
    driver.stop()?;
    Ok(driver.wait_idle(POLLS_MAX)?)
}

/// A frame that ends inside a pass is dropped whole and reported.
fn open_frame<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), Difference> {
    let beats = case.layer.engine.frame_beats(case.configuration.columns, 1) - 1;
    begin(case, harness)?;
    if beats > 0 {
        let frame = &case.layer.frames(&case.vectors[..1])[0];
        harness.stream_part(&frame[..beats], beats);
    }
    let status = end(case, harness)?;
    flag("bad_frame", beats > 0, status.bad_frame)?;
    let vectors = Driver::connect(harness, case.layer.engine)?.counters()?.vectors;
    flag("vectors after a dropped one", false, vectors > 0)
}

/// A vector for a matrix without rows, and for one beyond the weight store, is reported.
fn bad_shape<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), Difference> {
    let frame = &case.layer.frames(&case.vectors[..1])[0];
    for (register, value) in [
        (Register::Rows, 0),
        (Register::Rows, Field::Rows.spec().value_max()),
        (Register::ColumnTiles, 0),
        (Register::Steps, 0),
    ] {
        begin(case, harness)?;
        harness.write(register.offset(), value)?;
        // It is offered, and never taken.
        harness.stream_part(&frame[..1], 1);
        let status = end(case, harness)?;
        flag("bad_shape", true, status.bad_shape)?;
    }
    Ok(())
}

/// While results wait to leave, the weights cannot be overwritten, and nothing can be cleared.
fn locked_memory<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), Difference> {
    begin(case, harness)?;
    let frame = &case.layer.frames(&case.vectors[..1])[0];
    harness.stream_part(frame, frame.len());
    harness.idle(4);
    for register in [Register::WeightData, Register::ThresholdData] {
        let refused = match harness.write(register.offset(), 0) {
            Err(HarnessError::Refused { .. }) => true,
            Err(error) => return Err(error.into()),
            Ok(()) => false,
        };
        flag("a memory write refused while busy", true, refused)?;
    }
    harness.write(Register::Control.offset(), Field::Clear.place(1))?;
    let cycles = harness.read(Register::Cycles.offset())?;
    flag("counters while busy", true, cycles > 0)?;
    harness.reset();
    Ok(())
}

/// A byte of weights that is no code.
pub(crate) fn no_code(packing: Packing) -> u32 {
    match packing {
        Packing::TwoBit => 0x10,
        Packing::Base3 => 0b10_010_100,
    }
}

/// A byte that is no code is reported where it is written.
fn bad_code<S: Simulation>(case: &Case, harness: &mut Harness<S>) -> Result<(), Difference> {
    if case.layer.engine.form == Form::Baked {
        return Ok(());
    }
    let byte = no_code(case.layer.engine.packing);
    for place in 0..4 {
        begin(case, harness)?;
        flag("bad_code", false, end(case, harness)?.bad_code)?;
        harness.write(Register::WeightAddress.offset(), 0)?;
        harness.write(Register::WeightData.offset(), byte << (8 * place))?;
        flag("bad_code", true, end(case, harness)?.bad_code)?;
    }
    Ok(())
}
