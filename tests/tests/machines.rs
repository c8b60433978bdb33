//! Ring `machines`: whole language models on machines of their own, every write of every memory
//! equal to the integer reference.
//!
//! The native simulator runs all of them and needs no tool; a Verilator runs some, or with
//! `SPIKEWRIGHT_ALL=1` all.

use cosim::machine::MachineError;
use cosim::verilated::Toolchain;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use std::panic::{RefUnwindSafe, catch_unwind};
use tests::asked_for;
use tests::machines::{CASES, MachineCase, machine_case};
use tests::talks::{Lowered, TalkReport, by_itself, step_by_step};
use tests::verilog;

/// Every so many cases a Verilator runs one.
const VERILATED_EVERY: u64 = 8;

/// Runs cases, and fails with everything that went wrong.
fn run_all(
    kind: &str,
    indices: impl Iterator<Item = u64>,
    run: impl Fn(&MachineCase) -> Result<TalkReport, MachineError> + Sync + RefUnwindSafe,
) {
    let one = |index: u64| {
        let case = machine_case(index);
        let result = catch_unwind(|| run(&case));
        let failed = |what: String| format!("{}: {}\n{what}", case.design.name, case.name);
        match result {
            Ok(result) => result.map_err(|error| failed(error.to_string())),
            Err(_) => Err(failed("a panic, see above".to_owned())),
        }
    };
    let results: Vec<Result<TalkReport, String>> =
        indices.collect::<Vec<u64>>().into_par_iter().with_max_len(1).map(one).collect();
    let failures: Vec<&str> =
        results.iter().filter_map(|result| result.as_ref().err().map(String::as_str)).collect();
    assert!(failures.is_empty(), "{kind}:\n{}", failures.join("\n"));
    let mut total = TalkReport::default();
    let count = results.len();
    for report in results.into_iter().flatten() {
        total.tokens += report.tokens;
        total.writes += report.writes;
        total.cycles += report.cycles;
    }
    let TalkReport { tokens, writes, cycles } = total;
    println!("{kind}: {count} machines, {tokens} tokens, {writes} writes equal, {cycles} cycles");
    assert!(tokens > 2 * count && writes > 100 * tokens as u64, "nothing was compared");
}

#[test]
fn every_machine_equals_its_reference_natively() {
    let run = |case: &MachineCase| {
        let lowered = Lowered::new(case);
        let module = Machine::observed(&lowered.program).module();
        let checked = check(&module).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let simulation = NativeSimulation::new(&checked);
        // The two ways to run a text, in turn.
        match case.network.vocabulary % 2 {
            0 => step_by_step(simulation, &lowered, case),
            _ => by_itself(simulation, &lowered, case),
        }
    };
    run_all("native", 0..CASES, run);
}

#[test]
fn verilated_machines_equal_their_reference() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { VERILATED_EVERY };
    let run = |case: &MachineCase| {
        let lowered = Lowered::new(case);
        let module = Machine::observed(&lowered.program).module();
        let checked = check(&module).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let model = verilog::compile(&toolchain, &checked, &verilog::sources(&checked))
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let simulate = || model.simulate().expect("the model loads");
        step_by_step(simulate(), &lowered, case)?;
        by_itself(simulate(), &lowered, case)
    };
    let indices = (0..CASES).filter(|index| index % every == 0);
    run_all("Verilator", indices, run);
}
