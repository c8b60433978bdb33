//! Ring `gates`: the netlists of ECP5 and iCE40 do what the integer reference does, bit for bit,
//! wherever their registers begin.
//!
//! Every check is the one that the sources go through. By default the machine of a matrix on both families,
//! a machine with every block and one of passes on ECP5; with `SPIKEWRIGHT_ALL=1` all machines on both.

use cosim::tools::Family;
use cosim::verilated::Toolchain;
use rayon::prelude::*;
use std::time::Instant;
use tests::asked_for;
use tests::machine_check::Whole;
use tests::machine_plants::{bitwise, line, unary};
use tests::matrices::small;
use tests::netlists::{compile, luts, synthesise, with_wrong_bit};
use tests::pass_plants::{attending, chunked, published, spike_input};

/// Seeds of what registers begin with.
const SEEDS: [u32; 2] = [1, 2];

fn toolchain() -> Toolchain {
    Toolchain::find().unwrap_or_else(|error| panic!("{error}"))
}

/// Checks a machine's netlist, from each seed.
fn check_machine(toolchain: &Toolchain, whole: &Whole, family: Family) -> Result<(), String> {
    let name = format!("{}, {}", whole.case.name, family.name());
    let begin = Instant::now();
    let design = whole.design();
    let gates = synthesise(&design, family);
    let model = compile(toolchain, &design, &gates.sources)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let built = begin.elapsed();
    for seed in SEEDS {
        let simulate = || model.clone().seeded(seed).simulate().expect("the model loads");
        whole.check(simulate).map_err(|caught| format!("{name}, seed {seed}: {caught}"))?;
    }
    let (built, whole) = (built.as_secs_f64(), begin.elapsed().as_secs_f64());
    println!("{name}: {}; built in {built:.1} s, {whole:.1} s in all", gates.report.describe());
    Ok(())
}

/// A machine of BitNet, and one of steps and loops: every write of every memory, every
/// prediction, every counter.
#[test]
fn netlists_of_machines_equal_the_reference() {
    let mut cases = vec![(bitwise(), Family::Ecp5), (attending(), Family::Ecp5)];
    if asked_for("SPIKEWRIGHT_ALL") {
        cases.push((bitwise(), Family::Ice40));
        cases.extend([published(), spike_input(), chunked()].map(|one| (one, Family::Ecp5)));
        cases.push((spike_input(), Family::Ice40));
        for machine in [unary, line] {
            cases.extend([(machine(), Family::Ecp5), (machine(), Family::Ice40)]);
        }
    }
    let toolchain = toolchain();
    let wrong: Vec<String> = cases
        .par_iter()
        .with_max_len(1)
        .filter_map(|(whole, family)| check_machine(&toolchain, whole, *family).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The machine of one matrix, through the checks of its ring.
#[test]
fn netlists_of_a_matrix_equal_numeric() {
    let (toolchain, case) = (toolchain(), small());
    let design = case.machine();
    for family in [Family::Ecp5, Family::Ice40] {
        let gates = synthesise(&design, family);
        let model = compile(&toolchain, &design, &gates.sources).unwrap();
        for seed in SEEDS {
            let simulation = model.clone().seeded(seed).simulate().unwrap();
            let cycles = case.check(simulation);
            let cycles = cycles.unwrap_or_else(|it| panic!("{}, seed {seed}: {it}", family.name()));
            println!("{}, {seed}: {cycles} cycles; {}", family.name(), gates.report.describe());
        }
    }
}

/// One bit of one LUT is wrong, and the same check says so, of most of a sample: of the rows that all sums
/// drain through, or with `SPIKEWRIGHT_ALL=1` of all. Some LUTs are never asked for that bit when it
/// matters: nobody looks at the sign of a slot without a spike.
#[test]
fn a_wrong_bit_in_a_lut_is_caught() {
    let (toolchain, case) = (toolchain(), small());
    let design = case.machine();
    println!("| family | LUT drives | caught by | message |\n|---|---|---|---|");
    for family in [Family::Ecp5, Family::Ice40] {
        let gates = synthesise(&design, family);
        let (all, mut luts) = (asked_for("SPIKEWRIGHT_ALL"), luts(&gates));
        luts.retain(|(_, driven)| all || driven.contains("matrix.drain.row_"));
        let plants = if all { 12 } else { 3 };
        let mut caught = 0;
        for part in 1..=plants {
            let (place, driven) = luts[luts.len() * part / (plants + 1)];
            let sources = with_wrong_bit(&gates, place);
            let model = compile(&toolchain, &design, &sources).unwrap();
            let fault = case.check(model.seeded(1).simulate().unwrap()).err();
            caught += usize::from(fault.is_some());
            let by = fault.as_ref().map_or("nothing", |fault| fault.caught_by());
            let message = fault.map_or(String::new(), |fault| fault.to_string());
            println!("| {} | `{driven}` | {by} | {message} |", family.name());
        }
        assert!(2 * caught > plants, "{}: {caught} of {plants} are caught", family.name());
    }
}
