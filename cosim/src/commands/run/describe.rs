//! What a run says of its design, its program and what came of it.

use crate::pipeline::machine::{MachineReport, SpikeWork};
use crate::report::grouped;
use firmware::machine::Program;
use weights::config::{Design, Form};

pub(super) fn describe_design(design: &Design) -> String {
    let array = &design.array;
    let (planes, columns) = match array.form {
        Form::Event => (1, "1 column that spikes".to_owned()),
        _ => (array.planes, format!("{} slots x {} planes", array.slots, array.planes)),
    };
    format!(
        "{}: {} lanes x {columns} = {} synapses a cycle, vectors of {}",
        design.name,
        array.lanes,
        design.word_trits() * planes,
        design.machine.elements
    )
}

pub(super) fn describe_program(program: &Program) -> String {
    let parameters = &program.parameters;
    let weights = match parameters.is_baked() {
        true => "weights as wires".to_owned(),
        false => format!("{} weight words", parameters.weight_depth),
    };
    let mut text = format!(
        "{} instructions; {weights}, {}, values of {} bits",
        program.instructions.len(),
        parameters.texts(),
        parameters.value_width,
    );
    for (order, before) in program.orders.iter().zip(["; ", ", instead of "]) {
        text.push_str(&format!("{before}{order}"));
    }
    text
}

pub(super) fn describe(report: &MachineReport) -> String {
    let noun = report.machine.arrival();
    format!(
        "{} {noun}s, {} values; {:.0} cycles a {noun}, cycle model {:.1} % off, array busy {:.1} %; \
         {:.0} k cycles/s",
        report.predictions,
        report.values,
        report.cycles_per_token,
        100.0 * report.cycle_model_error,
        100.0 * report.array_utilisation,
        report.simulated_cycles_per_second * 1e-3,
    )
}

pub(super) fn describe_work(work: &SpikeWork, noun: &str) -> String {
    format!(
        "spikes     {} a {noun} enter the matrices: {} additions for {} synapses ({:.1} %)",
        grouped(work.spikes),
        grouped(work.additions),
        grouped(work.synapses),
        100.0 * work.additions / work.synapses.max(1.0),
    )
}
