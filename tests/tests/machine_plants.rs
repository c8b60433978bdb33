//! Ring `machine_plants`: the checks of a machine see faults. One wrong operator is planted in each
//! printed block, and each must be caught.
//!
//! A sample of the plants runs, or with `SPIKEWRIGHT_ALL=1` all of them.

use cosim::verilated::Toolchain;
use hdl::simulator::NativeSimulation;
use rayon::prelude::*;
use std::collections::BTreeSet;
use tests::machine_check::Whole;
use tests::machine_plants::{PLANTS, bitwise, brief, grouped, line, roomy, unary};
use tests::plants::Plant;
use tests::{asked_for, verilog};

/// A sample has every so many plants.
const SAMPLE_EVERY: usize = 6;

/// What caught a plant, and its message.
type Caught = (&'static str, String);

/// Runs a machine with a fault in it.
fn run(toolchain: &Toolchain, plant: &Plant<Whole>) -> Option<Caught> {
    let whole = (plant.design)();
    let design = whole.design();
    let mut sources = verilog::sources(&design);
    if let Err(message) = plant.into_sources(&mut sources) {
        return Some(("no place", message));
    }
    let model = verilog::compile(toolchain, &design, &sources)
        .unwrap_or_else(|error| panic!("{}, {}: {error}", plant.file, plant.fault));
    let caught = whole.check(|| model.simulate().expect("the model loads")).err()?;
    Some((caught.caught_by(), caught.to_string()))
}

/// Every plant is caught, by what the table says.
#[test]
fn every_plant_is_caught() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { SAMPLE_EVERY };
    let plants: Vec<&Plant<Whole>> = PLANTS.iter().step_by(every).collect();
    let results: Vec<Option<Caught>> =
        plants.par_iter().with_max_len(1).map(|plant| run(&toolchain, plant)).collect();
    println!("| # | file | fault | caught by | message |");
    println!("|--:|---|---|---|---|");
    let mut wrong = vec![];
    for (index, (plant, result)) in plants.iter().zip(results).enumerate() {
        let Plant { file, fault, caught_by, .. } = plant;
        let (found, message) = result.unwrap_or(("nothing", String::new()));
        println!("| {} | `{file}` | {fault} | {found} | {message} |", index * every + 1);
        if found != *caught_by {
            wrong.push(format!("{file}, {fault}: {found}, not {caught_by}; {message}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every plant has its place.
#[test]
fn every_plant_has_its_place() {
    let mut missing = vec![];
    for plant in PLANTS {
        let mut sources = verilog::sources(&(plant.design)().design());
        missing.extend(plant.into_sources(&mut sources).err());
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Without a plant nothing is caught.
#[test]
fn nothing_is_caught_without_a_plant() {
    for design in [bitwise, unary, line, roomy, grouped, brief] {
        let whole = design();
        let checked = whole.design();
        let caught = whole.check(|| NativeSimulation::new(&checked)).err();
        assert!(caught.is_none(), "{}: {}", whole.case.name, caught.unwrap());
    }
}

/// Every file of the machine has a plant, here or in the engine's table.
#[test]
fn every_file_has_a_plant() {
    let planted: BTreeSet<&str> = PLANTS.iter().map(|plant| plant.file).collect();
    let known: BTreeSet<&str> = tests::plants::PLANTS.iter().map(|plant| plant.file).collect();
    let mut bare = BTreeSet::new();
    for design in [bitwise, unary, line] {
        for (file, _) in verilog::sources(&design().design()) {
            if !planted.contains(file.as_str()) && !known.contains(file.as_str()) {
                bare.insert(file);
            }
        }
    }
    assert!(bare.is_empty(), "no plant in {bare:?}");
}
