//! Ring `blocks`: the engine equals `numeric`, in the native simulator and in Verilator.
//!
//! `cargo test` takes a sample; `SPIKEWRIGHT_ALL=1 cargo test --release -p tests --test blocks
//! -- --nocapture` runs every configuration and prints the table.

use cosim::verilated::Toolchain;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::time::Instant;
use tests::case::{Case, VECTORS_MIN};
use tests::configuration::Configuration;
use tests::{Report, check, table, verilog};
use weights::config::{Form, Target};

/// Seed of the sample and of the stimuli.
const SEED: u64 = 2;

/// One line of the printed table.
struct Row {
    configuration: Configuration,
    result: Result<(Report, Report), String>,
    seconds: f64,
}

fn run(toolchain: &Toolchain, configuration: &Configuration, seed: u64) -> Row {
    let started = Instant::now();
    let case = Case::new(configuration, seed);
    let design = verilog::layer(&case.layer);
    let native =
        || check(&case, NativeSimulation::new(&design)).map_err(|e| format!("native: {e}"));
    let verilated = || {
        let model = verilog::verilate(toolchain, &design, &verilog::sources(&design))
            .map_err(|error| format!("{configuration}: {error}"))?;
        check(&case, model).map_err(|error| format!("Verilator: {error}"))
    };
    // Whatever the dots are built of, the portable view answers too.
    let portable = || {
        let mut case = case.clone();
        case.layer.engine = configuration.clone().portable().engine;
        let design = verilog::layer(&case.layer);
        check(&case, NativeSimulation::new(&design)).map_err(|error| format!("portable: {error}"))
    };
    let result = native().and_then(|native| Ok((native, verilated()?)));
    let result = match configuration.engine.target {
        Target::Portable => result,
        Target::Ecp5 => result.and_then(|found| portable().map(|_| found)),
    };
    let configuration = configuration.clone();
    Row { configuration, result, seconds: started.elapsed().as_secs_f64() }
}

fn print(rows: &[Row]) {
    println!("| # | configuration | vectors | cycles | seconds | result |");
    println!("|--:|---|--:|--:|--:|---|");
    let (mut vectors, mut cycles) = (0, 0);
    for (index, Row { configuration, result, seconds }) in rows.iter().enumerate() {
        let (done, result) = match result {
            Ok((native, verilated)) if native == verilated => (*verilated, "equal"),
            Ok(_) => (Report::default(), "cycles differ"),
            Err(_) => (Report::default(), "FAULT"),
        };
        (vectors, cycles) = (vectors + done.vectors, cycles + done.cycles);
        println!(
            "| {} | {configuration} | {} | {} | {seconds:.1} | {result} |",
            index + 1,
            done.vectors,
            done.cycles
        );
    }
    println!("| {} | all, in each of two simulators | {vectors} | {cycles} | | |", rows.len());
}

/// Every value, counter and status bit of every configuration equals `numeric` in both simulators,
/// which also take the same number of cycles.
#[test]
fn engines_equal_numeric() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let mut configurations: Vec<(usize, Configuration)> =
        table::asked_for(SEED).into_iter().enumerate().collect();
    // The largest first, so that none of them is left for the end.
    configurations.sort_by_key(|(_, configuration)| std::cmp::Reverse(configuration.cost()));
    let mut rows: Vec<(usize, Row)> = configurations
        .par_iter()
        .with_max_len(1)
        .map(|(index, one)| (*index, run(&toolchain, one, SEED + *index as u64)))
        .collect();
    rows.sort_by_key(|(index, _)| *index);
    let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    print(&rows);
    let faults: Vec<&String> = rows.iter().filter_map(|row| row.result.as_ref().err()).collect();
    assert!(faults.is_empty(), "{} configurations differ:\n{faults:#?}", faults.len());
    for row in &rows {
        let (native, verilated) = row.result.as_ref().expect("faults were reported above");
        assert_eq!(native, verilated, "{}: the simulators differ", row.configuration);
    }
}

/// What `firmware` says of the pace of a matrix is what its hardware keeps.
#[test]
fn entries_come_as_often_as_predicted() {
    for configuration in table::all().iter().filter(|one| one.engine.form == Form::Baked) {
        let layer = Case::new(configuration, SEED).layer;
        let built = layer.generator().timing().entry_cycles;
        assert_eq!(layer.entry_cycles(), built, "{configuration}");
        assert!(built > 1, "{configuration}: its bits leave one a cycle");
    }
}

/// The table holds at least 60 different configurations of at least 50 stimuli, up to 64 lanes,
/// 128 slots and 8 planes, and every form of every part of a neuron rule.
#[test]
fn the_table_covers_what_it_promises() {
    let all = table::all();
    let names: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), all.len(), "two configurations are the same");
    assert!(all.len() >= 60, "{} configurations", all.len());
    const { assert!(VECTORS_MIN >= 50) };
    let range = |of: fn(&Configuration) -> usize| {
        let values = || all.iter().map(of);
        (values().min(), values().max())
    };
    assert_eq!(range(|one| one.engine.lanes), (Some(1), Some(64)));
    assert_eq!(range(|one| one.engine.slots), (Some(1), Some(128)));
    assert_eq!(range(|one| one.engine.planes), (Some(1), Some(8)));
    let features: BTreeSet<String> = all.iter().flat_map(Configuration::features).collect();
    for feature in [
        "packing TwoBit",
        "packing Base3",
        "radix Unary",
        "radix Bitwise",
        "planes 3",
        "skip_empty false",
        "skip_empty true",
        "target Portable",
        "target Ecp5",
        "form dense",
        "form event",
        "form baked",
        "leak None",
        "leak Shift",
        "leak Decay",
        "quantise Floor",
        "quantise NearestEven",
        "range Unsigned",
        "range Signed",
        "range Unbounded",
        "reset Soft",
        "reset Hard",
        "reset SpikelmCode",
        "state PerStep",
        "state PerToken",
        "threshold PowerOfTwo",
        "threshold PerChannel",
        "last step Same",
        "last step Remainder",
        "one lane",
        "one slot",
        "one row",
        "one column",
        "ragged rows",
        "ragged columns",
        "neurons no power of two",
        "weight store full",
        "spike buffer full",
    ] {
        assert!(features.contains(feature), "no configuration has `{feature}`");
    }
}

/// A sample is small, and the same for the same seed.
#[test]
fn a_sample_is_small_and_repeats() {
    let names =
        |seed| -> Vec<String> { table::sample(seed).iter().map(ToString::to_string).collect() };
    let sample = names(SEED);
    assert!((4..=14).contains(&sample.len()), "{sample:#?}");
    assert_eq!(sample, names(SEED));
}
