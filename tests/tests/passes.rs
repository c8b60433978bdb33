//! Ring `passes`: programs of passes and loops on machines of their own, every write of every
//! memory equal to the integer reference, every cycle as the model says.

use cosim::pipeline::machine::{Conversation, converse};
use cosim::reference::machine::{MachineReference, Recorder, Write};
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use hdl::language::simulator::NativeSimulation;
use tests::counts::compare;
use tests::pass_programs::programs;
use tests::talks::{Lowered, after_a_reset};

fn design(lowered: &Lowered) -> Checked {
    let module = Machine::observed(&lowered.program).module();
    check(&module).unwrap_or_else(|error| panic!("{}: {error}", lowered.program.name))
}

fn talk(lowered: &Lowered, prompt: &[u32], generate: usize) -> Conversation {
    let simulation = NativeSimulation::new(&design(lowered));
    let reference = MachineReference::new(&lowered.program);
    converse(simulation, &lowered.image, reference, prompt, generate, |_| ())
}

/// The programs compute something: their writes are no constants.
#[test]
fn the_reference_executes_them() {
    for Lowered { program, .. } in programs() {
        let mut reference = MachineReference::new(&program);
        let mut recorder = Recorder::default();
        for position in 0..program.parameters.context {
            let token = (position * 7 + 3) % program.parameters.vocabulary;
            reference.step_observed(token, true, &mut recorder).unwrap();
        }
        let (mut spikes, mut values) = (0, 0);
        for write in recorder.records.iter().flat_map(|record| &record.writes) {
            match write {
                Write::Train { counts, .. } => {
                    spikes += counts.iter().filter(|&&count| count != 0).count();
                }
                Write::Results { values: found, .. } => {
                    values += found.iter().filter(|&&value| value != 0).count();
                }
                _ => {}
            }
        }
        println!("{}: {spikes} counts, {values} results", program.name);
        assert!(spikes > 100 && values > 200, "{}: {spikes}, {values}", program.name);
    }
}

#[test]
fn machines_of_passes_equal_their_reference() {
    for lowered in programs() {
        let context = lowered.program.parameters.context as usize;
        let talk = talk(&lowered, &[3, 10], context - 2);
        let name = &lowered.program.name;
        assert!(talk.failure.is_none(), "{name}: {}", talk.failure.unwrap());
        let writes = talk.compared_writes();
        let cycles = compare(name, &lowered.program, &talk);
        println!("{name}: {writes} writes equal, {cycles} cycles as predicted");
    }
}

#[test]
fn a_reset_in_the_middle_leaves_nothing_behind() {
    for lowered in programs() {
        for cut in [30, 90, 170, 260] {
            let simulation = NativeSimulation::new(&design(&lowered));
            let report = after_a_reset(simulation, &lowered, (&[5, 0, 19], 20), cut);
            let report = report.unwrap_or_else(|error| panic!("{}: {error}", lowered.program.name));
            assert_eq!(report.tokens, lowered.program.parameters.context as usize);
        }
    }
}
