//! Ring `machines`: whole language models on machines of their own, every write of every memory
//! equal to the integer reference.
//!
//! The native simulator runs all of them and needs no tool; a Verilator runs some, or with
//! `SPIKEWRIGHT_ALL=1` all.

use cosim::machine::MachineError;
use cosim::tools::Design;
use cosim::verilated::{BuildOptions, Optimisation, Toolchain};
use hdl::blocks::machine::Machine;
use hdl::check::check;
use hdl::simulator::NativeSimulation;
use rayon::prelude::*;
use tests::asked_for;
use tests::machines::{CASES, MachineCase, machine_case};
use tests::talks::{Lowered, TalkReport, by_itself, step_by_step};

/// Every so many cases a Verilator runs one.
const VERILATED_EVERY: u64 = 8;

fn report(kind: &str, results: Vec<(MachineCase, Result<TalkReport, MachineError>)>) {
    let mut total = TalkReport::default();
    let count = results.len();
    for (case, result) in results {
        let report =
            result.unwrap_or_else(|error| panic!("{}\n{}\n{error}", case.design.name, case.name));
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
    let run = |index: u64| {
        let case = machine_case(index);
        let lowered = Lowered::new(&case);
        let module = Machine::observed(lowered.program.parameters).module();
        let checked = check(&module).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let simulation = NativeSimulation::new(&checked);
        // The two ways to run a text, in turn.
        let result = match index % 2 {
            0 => step_by_step(simulation, &lowered, &case),
            _ => by_itself(simulation, &lowered, &case),
        };
        (case, result)
    };
    report("native", (0..CASES).into_par_iter().map(run).collect());
}

#[test]
fn verilated_machines_equal_their_reference() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let every = if asked_for("SPIKEWRIGHT_ALL") { 1 } else { VERILATED_EVERY };
    let run = |index: u64| {
        let case = machine_case(index);
        let lowered = Lowered::new(&case);
        let module = Machine::observed(lowered.program.parameters).module();
        let checked = check(&module).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let sources: Vec<(String, String)> =
            hdl::verilog::print(&checked).into_iter().map(|file| (file.name, file.text)).collect();
        let design = Design { top: "machine", sources: &sources };
        let options = BuildOptions { trace: false, optimisation: Optimisation::Fast };
        let model = toolchain
            .build(&design, &module.ports(), options)
            .unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let simulate = || model.simulate().expect("the model loads");
        let result = step_by_step(simulate(), &lowered, &case)
            .and_then(|_| by_itself(simulate(), &lowered, &case));
        (case, result)
    };
    let indices: Vec<u64> = (0..CASES).filter(|index| index % every == 0).collect();
    report("Verilator", indices.into_par_iter().map(run).collect());
}
