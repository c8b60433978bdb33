//! What the cycle model of [`firmware::machine_cycles`] needs to know, as the blocks have it.

use super::sequencer::Sequencer;
use crate::blocks::array::matrix_unit::{
    ACCEPT_CYCLES, EMBEDDING_CYCLES, MatrixUnit, SETTLE_CYCLES,
};
use crate::blocks::vector::pass_cycles::{PassDepths, PassStages};
use firmware::machine::MachineParameters;
use firmware::machine_cycles::{MachineLatency, MatrixLatency};
use firmware::program_bits::ProgramBits;

/// The latencies of the blocks of a machine; [`MachineLatency::of`] has the same by formulas.
pub fn latency(machine: &MachineParameters) -> MachineLatency {
    let matrix = MatrixUnit::new(machine, vec![]);
    let sequencer = Sequencer::new(machine, vec![], ProgramBits::default());
    MachineLatency {
        start_cycles: sequencer.start_cycles().into(),
        turn_cycles: sequencer.start_cycles().into(),
        here_cycles: sequencer.here_cycles().into(),
        matrix: MatrixLatency {
            accept_cycles: ACCEPT_CYCLES.into(),
            event_cycles: matrix.event_cycles().into(),
            embedding_lag_cycles: matrix.embedding_lag().into(),
            gap_cycles: matrix.instruction_gap().into(),
            finish_cycles: matrix.finish_cycles().into(),
            vector_finish_cycles: matrix.vector_finish_cycles().into(),
            search_cycles: matrix.search_cycles().into(),
            embedding_cycles: EMBEDDING_CYCLES.into(),
            settle_cycles: SETTLE_CYCLES.into(),
            embedding_finish_cycles: matrix.embedding_finish_cycles().into(),
        },
        pass: {
            let stages = PassStages { functions: machine.functions };
            PassDepths::new(stages, machine.elements, machine.radix, machine.key_value_digits)
                .latency()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pretty_assertions::assert_eq;
    use weights::config::{Design, Form, Target};
    use weights::numeric::Radix;
    use weights::sample;

    #[test]
    fn the_cycle_model_has_the_latencies_of_the_blocks() {
        let program = firmware::lower::lower(&sample::network(1), &Design::bundled());
        let machine = program.expect("the sample fits").parameters;
        for (elements, [lanes, slots], planes, digits, radix) in [
            (2, [1, 1], 1, 2, Radix::Bitwise),
            (2, [4, 2], 3, 5, Radix::Unary),
            (4, [1, 3], 2, 4, Radix::Bitwise),
            (4, [2, 5], 5, 3, Radix::Unary),
            (8, [1, 1], 4, 4, Radix::Bitwise),
            (8, [2, 8], 2, 2, Radix::Bitwise),
            (16, [1, 2], 8, 6, Radix::Unary),
            (16, [4, 4], 7, 3, Radix::Bitwise),
        ] {
            let (lanes, slots) = (lanes * elements, slots * elements);
            let key_value_digits = digits;
            let machine = MachineParameters {
                functions: digits % 2 == 0,
                elements,
                lanes,
                slots,
                planes,
                key_value_digits,
                radix,
                ..machine
            };
            for target in [Target::Portable, Target::Ecp5] {
                for (plane_depth, form) in [(0, Form::Dense), (3, Form::Dense), (0, Form::Event)] {
                    let machine = MachineParameters { target, plane_depth, form, ..machine };
                    assert_eq!(MachineLatency::of(&machine), latency(&machine), "{machine:?}");
                }
            }
        }
    }
}
