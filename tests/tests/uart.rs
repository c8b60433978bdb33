//! Ring `uart`: language models on boards, loaded with the bitstream, answer over a serial line
//! what the integer reference answers.

use cosim::reference::machine::MachineReference;
use firmware::image::MachineImage;
use firmware::lower::lower;
use hdl::blocks::machine::machine_uart::MachineUart;
use hdl::blocks::machine::uart_bridge::CLEAR_ID;
use hdl::check::check;
use hdl::simulator::NativeSimulation;
use rayon::prelude::*;
use tests::machines::{MachineCase, machine_case};
use tests::serial::SerialHost;

/// Cases that this ring looks at.
const INDICES: [u64; 2] = [1, 8];

/// Cycles of a bit.
const DIVISOR: u32 = 5;

/// Far more cycles than a token of a small model takes.
const LIMIT: u64 = 200_000;

/// The answer to a prompt, and whether it fills the context.
fn answer(reference: &mut MachineReference, case: &MachineCase) -> (Vec<u32>, bool) {
    reference.reset();
    let (last, first) = case.prompt.split_last().expect("a prompt");
    for &token in first {
        reference.step(token, false).expect("a token of the vocabulary");
    }
    let (mut token, mut answer) = (*last, vec![]);
    while answer.len() < case.generate && reference.position() < case.network.context {
        let prediction = reference.step(token, true).expect("there is room");
        token = prediction.expect("asked for").token;
        answer.push(token);
    }
    (answer, reference.position() == case.network.context)
}

fn run(index: u64) -> u64 {
    let case = machine_case(index);
    let program = lower(&case.network, &case.design).unwrap_or_else(|error| panic!("{error}"));
    let machine = MachineUart {
        parameters: program.parameters,
        contents: MachineImage::new(&program).unwrap_or_else(|error| panic!("{error}")),
        divisor: DIVISOR,
        generate_count: case.generate as u32,
        end_token: None,
    };
    let checked = check(&machine.module()).unwrap_or_else(|error| panic!("{error}"));
    let mut host = SerialHost::new(NativeSimulation::new(&checked), DIVISOR as usize);
    let (expected, full) = answer(&mut MachineReference::new(&program), &case);
    // The same text twice, with a new text between: what the first leaves behind does not matter.
    for text in 0..2 {
        let last = case.prompt.len() - 1;
        for (index, &token) in case.prompt.iter().enumerate() {
            host.send(token, index == last);
        }
        for (index, &token) in expected.iter().enumerate() {
            let found = host.receive(LIMIT);
            let end = index + 1 == expected.len();
            assert_eq!(found, (token, end), "{}: text {text}, answer {index}", case.name);
        }
        host.pause(100);
        assert_eq!(host.is("context_full_o"), full, "{}", case.name);
        assert!(!host.is("busy_o") && !host.is("error_o"), "{}", case.name);
        host.send(CLEAR_ID, false);
    }
    host.cycles()
}

#[test]
fn boards_answer_as_the_reference_does() {
    let cycles: u64 = INDICES.into_par_iter().map(run).sum();
    println!("{} boards, {cycles} cycles", INDICES.len());
}
