//! Ring `matrices`: an array of any shape makes of whole numbers what `numeric` says, in the native
//! simulator and in Verilator, in every form.
//!
//! A sample runs; `SPIKEWRIGHT_ALL=1 cargo test --release -p tests --test matrices -- --nocapture` runs all
//! and prints the table.

use cosim::verilated::Toolchain;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use std::collections::BTreeSet;
use tests::asked_for;
use tests::matrices::{MatrixCase, all, asked_for as cases, carry_cells, sampled};
use tests::matrix_plants;
use tests::planted::{every_one_has_its_place, every_one_is_caught};
use tests::verilog;
use weights::config::{Form, Target};
use weights::numeric::Radix;
use weights::packing::Packing;

/// Seed of the sample.
const SEED: u64 = 2;
/// A sample has every so many plants.
const PLANT_SAMPLE_EVERY: usize = 4;

/// Every sum, write, handshake and cycle, native: of all cases.
#[test]
fn sums_are_those_of_numeric() {
    let run = |case: &MatrixCase| {
        let checked = case.machine();
        let cycles = case.check(NativeSimulation::new(&checked));
        let cycles = cycles.unwrap_or_else(|caught| panic!("{case}: {caught}"));
        format!("{case}: {cycles} cycles")
    };
    let lines: Vec<String> = all().par_iter().with_max_len(1).map(run).collect();
    lines.iter().for_each(|line| println!("{line}"));
}

/// The same of the printed Verilog.
#[test]
fn verilog_is_what_is_simulated() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let run = |case: &MatrixCase| {
        let design = case.machine();
        let native = case.check(NativeSimulation::new(&design));
        let model = verilog::verilate(&toolchain, &design, &verilog::sources(&design))
            .unwrap_or_else(|error| panic!("{case}: {error}"));
        let verilated = case.check(model);
        let told = |caught| panic!("{case}: {caught}");
        assert_eq!(native.unwrap_or_else(told), verilated.unwrap_or_else(told), "{case}");
    };
    let mut cases = cases(SEED);
    cases.push(carry_cells());
    // The largest first, so that none of them is left for the end.
    cases.sort_by_key(|case| std::cmp::Reverse(case.cost()));
    cases.par_iter().with_max_len(1).for_each(run);
    println!("{} machines equal in both simulators", cases.len());
}

/// The table has every form, radix, code and target, edges that are exact and ragged, one row, one column,
/// and numbers of more bits than there are planes.
#[test]
fn the_table_covers_what_it_promises() {
    let all = all();
    let names: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), all.len(), "two cases are the same");
    let some = |what: &str, is: &dyn Fn(&MatrixCase) -> bool| {
        assert!(all.iter().any(is), "no case: {what}");
    };
    for form in [Form::Dense, Form::Event, Form::Baked] {
        for radix in [Radix::Unary, Radix::Bitwise] {
            for packing in [Packing::TwoBit, Packing::Base3] {
                let what = format!("{} {radix:?} {}", form.name(), packing.name());
                some(&what, &|it| (it.form, it.radix, it.packing) == (form, radix, packing));
            }
        }
        some("one tile", &|it| it.form == form && it.shape == (it.lanes, it.slots));
        some("a row", &|it| it.form == form && it.shape.0 == 1);
        some("a column", &|it| it.form == form && it.shape.1 == 1);
        some("several passes", &|it| it.form == form && it.bits as usize > it.planes);
        some("ragged", &|it| {
            it.form == form && it.shape.0 % it.lanes * (it.shape.1 % it.slots) > 0
        });
    }
    some("carry cells", &|it| it.target == Target::Ecp5 && it.form == Form::Dense);
    assert_eq!(all.iter().map(|it| it.planes).collect::<BTreeSet<_>>().len(), 8);
    let sample = sampled(SEED);
    assert!(sample == sampled(SEED) && (6..=12).contains(&sample.len()), "{}", sample.len());
}

#[test]
fn every_plant_has_its_place() {
    every_one_has_its_place(matrix_plants::PLANTS);
}

#[test]
fn every_plant_is_caught() {
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { PLANT_SAMPLE_EVERY };
    every_one_is_caught(matrix_plants::PLANTS, every);
}
