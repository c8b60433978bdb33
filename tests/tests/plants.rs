//! Ring `plants`: the rings see faults. One wrong operator is planted in each printed block, and
//! each must be caught by the same check that the block ring uses.

use cosim::verilated::Toolchain;
use rayon::prelude::*;
use std::collections::BTreeSet;
use tests::case::Case;
use tests::plants::{PLANTS, Plant};
use tests::{check, verilog};

/// Seed of the stimuli.
const SEED: u64 = 5;

/// What caught a plant, and its message.
type Caught = (&'static str, String);

/// Runs an engine with a fault in it, or without.
fn run(toolchain: &Toolchain, plant: &Plant, planted: bool) -> Option<Caught> {
    let configuration = (plant.design)();
    let case = Case::new(&configuration, SEED);
    let design = verilog::layer(&case.layer);
    let mut sources = verilog::sources(&design);
    if planted && let Err(message) = plant.into_sources(&mut sources) {
        return Some(("no place", message));
    }
    let model = verilog::verilate(toolchain, &design, &sources)
        .unwrap_or_else(|error| panic!("{}, {}: {error}", plant.file, plant.fault));
    let fault = check(&case, model).err()?;
    Some((fault.difference.caught_by(), fault.to_string()))
}

/// Every plant is caught, by what the table says.
#[test]
fn every_plant_is_caught() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let results: Vec<Option<Caught>> =
        PLANTS.par_iter().with_max_len(1).map(|plant| run(&toolchain, plant, true)).collect();
    println!("| # | file | fault | caught by | message |");
    println!("|--:|---|---|---|---|");
    for (index, (plant, result)) in PLANTS.iter().zip(&results).enumerate() {
        let (caught_by, message) = match result {
            Some((caught_by, message)) => (*caught_by, message.as_str()),
            None => ("nothing", ""),
        };
        let Plant { file, fault, .. } = plant;
        println!("| {} | `{file}` | {fault} | {caught_by} | {message} |", index + 1);
    }
    let mut wrong = vec![];
    for (plant, result) in PLANTS.iter().zip(&results) {
        let Plant { file, fault, caught_by, .. } = plant;
        let (found, message) = result.clone().unwrap_or(("nothing", String::new()));
        if found != *caught_by {
            wrong.push(format!("{file}, {fault}: {found}, not {caught_by}; {message}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Without a plant nothing is caught.
#[test]
fn nothing_is_caught_without_a_plant() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let mut engines: Vec<&Plant> = vec![];
    for plant in PLANTS {
        if engines.iter().all(|known| (known.design)().to_string() != (plant.design)().to_string())
        {
            engines.push(plant);
        }
    }
    for plant in engines {
        assert_eq!(run(&toolchain, plant, false), None, "{}", (plant.design)());
    }
}

/// Every file of every engine that is planted into has a plant, and the table has enough of them.
#[test]
fn every_file_has_a_plant() {
    assert!(PLANTS.len() >= 24);
    let planted: BTreeSet<&str> = PLANTS.iter().map(|plant| plant.file).collect();
    for plant in PLANTS {
        for (file, _) in verilog::sources(&verilog::configured(&(plant.design)())) {
            assert!(planted.contains(file.as_str()), "no plant in {file}");
        }
    }
}

/// Plants find their place whatever the layout.
#[test]
fn layout_is_ignored() {
    let text = "`default_nettype none\n// a = b\nwire  a   = // why\n    b;\n";
    assert_eq!(tests::plants::plain(text), "`default_nettype none \nwire a = b; ");
}
