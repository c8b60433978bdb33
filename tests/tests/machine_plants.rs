//! Ring `machine_plants`: the checks of a machine see faults. One wrong operator is planted in each
//! printed block, and each must be caught: in BitNet's machines, and in those of other networks.
//!
//! A sample of the plants runs, with `SPIKEWRIGHT_ALL=1` all of them, with
//! `SPIKEWRIGHT_PLANTS=sequencer.v` those of that file.

use hdl::language::simulator::NativeSimulation;
use tests::asked_for;
use tests::encoder_plants;
use tests::event_plants::{self, events};
use tests::machine_check::Whole;
use tests::machine_plants::{PLANTS, bitwise, brief, grouped, line, roomy, unary};
use tests::pass_plants::{
    self, attending, chunked, published, rates, single_plane, spike_input, stepping, ternary,
};
use tests::planted::{bare, every_one_has_its_place, every_one_is_caught, named};
use tests::stream_plants;

/// A sample has every so many plants.
const SAMPLE_EVERY: usize = 6;

/// The same of machines of other networks.
const PASS_SAMPLE_EVERY: usize = 12;

/// The same of machines of encoders.
const ENCODER_SAMPLE_EVERY: usize = 6;

/// The same of machines of events.
const EVENT_SAMPLE_EVERY: usize = 6;

/// The same of streams of passes.
const STREAM_SAMPLE_EVERY: usize = 4;

#[test]
fn every_plant_is_caught() {
    every_one_is_caught(PLANTS, if asked_for("SPIKEWRIGHT_ALL") { 1 } else { SAMPLE_EVERY });
}

#[test]
fn every_plant_in_passes_is_caught() {
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { PASS_SAMPLE_EVERY };
    every_one_is_caught(pass_plants::PLANTS, every);
}

#[test]
fn every_plant_in_events_is_caught() {
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { EVENT_SAMPLE_EVERY };
    every_one_is_caught(event_plants::PLANTS, every);
}

#[test]
fn every_plant_in_streams_is_caught() {
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { STREAM_SAMPLE_EVERY };
    every_one_is_caught(stream_plants::PLANTS, every);
}

#[test]
fn every_plant_in_encoders_is_caught() {
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { ENCODER_SAMPLE_EVERY };
    every_one_is_caught(encoder_plants::PLANTS, every);
}

#[test]
fn every_plant_has_its_place() {
    every_one_has_its_place(PLANTS);
    every_one_has_its_place(pass_plants::PLANTS);
    every_one_has_its_place(event_plants::PLANTS);
    every_one_has_its_place(stream_plants::PLANTS);
    every_one_has_its_place(encoder_plants::PLANTS);
}

/// A name that no plant has would plant nothing, and be green.
#[test]
fn the_file_that_is_named_has_plants() {
    let Some(named) = named() else { return };
    let all = [
        PLANTS,
        pass_plants::PLANTS,
        event_plants::PLANTS,
        stream_plants::PLANTS,
        encoder_plants::PLANTS,
    ];
    let files = all.concat().into_iter().map(|plant| plant.file);
    let mut files = files.chain(tests::matrix_plants::PLANTS.iter().map(|plant| plant.file));
    assert!(files.any(|file| file == named), "no plant in SPIKEWRIGHT_PLANTS={named}");
}

/// Without a plant nothing is caught.
#[test]
fn nothing_is_caught_without_a_plant() {
    let machines: [fn() -> Whole; 6] = [bitwise, unary, line, roomy, grouped, brief];
    let passes: [fn() -> Whole; 9] = [
        published,
        spike_input,
        attending,
        stepping,
        ternary,
        rates,
        chunked,
        single_plane,
        events,
    ];
    for design in machines.into_iter().chain(passes) {
        let whole = design();
        let checked = whole.design();
        let caught = whole.check(|| NativeSimulation::new(&checked)).err();
        assert!(caught.is_none(), "{}: {}", whole.case.name, caught.unwrap());
    }
}

/// Every file of the machines has a plant, here or in the table of matrices.
#[test]
fn every_file_has_a_plant() {
    let passes = pass_plants::PLANTS.iter().chain(event_plants::PLANTS);
    let passes = passes.chain(encoder_plants::PLANTS).chain(PLANTS);
    let matrices = tests::matrix_plants::PLANTS.iter().map(|plant| plant.file);
    let known = passes.map(|plant| plant.file).chain(matrices);
    let machines = [bitwise as fn() -> Whole, unary, line, published, attending, ternary, chunked];
    let mut found = bare(machines.into_iter().chain([events as fn() -> Whole]), known);
    // Delays differ in their length and width alone, and two of them have one; shifters in their width.
    found.retain(|file| !file.starts_with("delay_") && !file.starts_with("round_shifter_"));
    assert!(found.is_empty(), "no plant in {found:?}");
}
