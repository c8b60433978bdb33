//! Ring `uart`: language models on boards, loaded with the bitstream, answer over a serial line
//! what the integer reference answers.

use cosim::pipeline::machine::Arrivals;
use cosim::reference::machine::MachineReference;
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::machine::Program;
use firmware::pass_choices::PassChoices;
use firmware::vector_stream::VectorStream;
use hdl::blocks::board::machine_uart::MachineUart;
use hdl::blocks::board::{BoardTop, Level, Pll, PllCell};
use hdl::blocks::host::uart_bridge::CLEAR_ID;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use rayon::prelude::*;
use tests::machines::{MachineCase, machine_case};
use tests::serial::SerialHost;
use tests::streams::arrivals;
use tests::systems;
use weights::sample;

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

fn machine(case: &MachineCase, program: &Program) -> MachineUart {
    MachineUart {
        parameters: program.parameters,
        contents: MachineImage::new(program).unwrap_or_else(|error| panic!("{error}")),
        choices: PassChoices::of(program),
        divisor: DIVISOR,
        generate_count: case.generate as u32,
        end_token: None,
    }
}

fn run(index: u64) -> u64 {
    let case = machine_case(index);
    let program = lower(&case.network, &case.design).unwrap_or_else(|error| panic!("{error}"));
    let machine = machine(&case, &program);
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

/// Cycles in which a board ends its reset: two registers, the counter, the reset itself.
const WAKING: u64 = 260;

/// Lamps of a board as `leds_o` has them.
const LAMPS: [&str; 4] = ["life", "bad", "ready", "full"];

/// A board of four lamps: it wakes without a reset, answers, shows its state, and its button begins
/// anew; whatever the levels of its pins, with a PLL or without.
fn wake(index: u64, button: Level, lit: Level, pll: Option<Pll>) -> Result<(), String> {
    let case = machine_case(index);
    let program = lower(&case.network, &case.design).unwrap_or_else(|error| panic!("{error}"));
    let top = BoardTop {
        board: "test board".to_owned(),
        machine: machine(&case, &program),
        pll,
        button,
        leds: LAMPS.len() as u32,
        lit,
        beat_width: 6,
    };
    let checked = check(&top.module()).unwrap_or_else(|error| panic!("{error}"));
    let mut host = SerialHost::new(NativeSimulation::new(&checked), DIVISOR as usize);
    let (expected, full) = answer(&mut MachineReference::new(&program), &case);
    let lamp = |host: &SerialHost<NativeSimulation>, name: &str| {
        let place = LAMPS.iter().position(|&lamp| lamp == name).expect("a lamp");
        (host.shown("leds_o") >> place & 1 == 1) == (lit == Level::High)
    };
    let pressed = u64::from(button == Level::High);
    host.set("button_i", 1 - pressed);
    for text in 0..2 {
        host.pause(WAKING);
        let last = case.prompt.len() - 1;
        for (index, &token) in case.prompt.iter().enumerate() {
            host.send(token, index == last);
        }
        for &token in &expected {
            let found = host.wait(LIMIT)?.0;
            assert_eq!(found, token, "text {text}");
        }
        host.pause(100);
        let state = LAMPS[1..].iter().map(|name| lamp(&host, name)).collect::<Vec<_>>();
        assert_eq!(state, [false, true, full], "text {text}: bad, ready, full");
        let beats: Vec<bool> = (0..64)
            .map(|_| {
                host.pause(1);
                lamp(&host, "life")
            })
            .collect();
        assert_eq!(beats.iter().filter(|&&lit| lit).count(), 32, "a lamp that blinks");
        host.set("button_i", pressed);
        host.pause(5);
        host.set("button_i", 1 - pressed);
    }
    Ok(())
}

#[test]
fn boards_wake_by_themselves_and_their_button_begins_anew() {
    let pll = Pll::find(PllCell::Ecp5, 25.0, 50.0);
    assert!(pll.is_some());
    for (button, lit, pll) in [(Level::High, Level::High, None), (Level::Low, Level::Low, pll)] {
        wake(INDICES[0], button, lit, pll).unwrap_or_else(|what| panic!("{what}"));
    }
}

#[test]
fn boards_answer_as_the_reference_does() {
    let cycles: u64 = INDICES.into_par_iter().map(run).sum();
    println!("{} boards, {cycles} cycles", INDICES.len());
}

/// The bytes of the beats of a vector, or of an id.
fn bytes_of(stream: Option<VectorStream>, elements: u32, words: &[i64], id: u32) -> Vec<u8> {
    let Some(stream) = stream else { return (id as u16).to_le_bytes().to_vec() };
    let bytes = (stream.beat_width(elements) / 8) as usize;
    let beat = |beat: &Vec<u64>| -> Vec<u8> {
        let all = beat.iter().flat_map(|word| word.to_le_bytes());
        all.take(bytes).collect()
    };
    stream.beats(elements, words).iter().flat_map(beat).collect()
}

/// Networks of neurons on boards: vectors and ids go in and out as bytes; a break begins a new text, and
/// what was sent of a vector before it is forgotten.
#[test]
fn vectors_go_over_the_line() {
    let run = |seed: u64| {
        let network = sample::recurrent(seed, &sample::stream_shape(seed));
        let program = lower(&network, &systems::design(seed)).unwrap_or_else(|it| panic!("{it}"));
        let parameters = program.parameters;
        let machine = MachineUart {
            parameters,
            contents: MachineImage::new(&program).unwrap_or_else(|error| panic!("{error}")),
            choices: PassChoices::of(&program),
            divisor: DIVISOR,
            generate_count: 7,
            end_token: None,
        };
        let checked = check(&machine.module()).unwrap_or_else(|error| panic!("{error}"));
        let mut host = SerialHost::new(NativeSimulation::new(&checked), DIVISOR as usize);
        let mut reference = MachineReference::new(&program);
        let sent = arrivals(&network, seed, 4);
        for text in 0..3 {
            reference.reset();
            for index in 0..sent.count() {
                let (words, id) = match &sent {
                    Arrivals::Ids(ids) => (vec![], ids[index]),
                    Arrivals::Vectors(vectors) => {
                        reference.present(&vectors[index]).expect("a vector");
                        let map = program.input.as_ref().zip(parameters.input);
                        let (map, stream) = map.expect("it takes vectors");
                        (map.words(&stream, parameters.elements, &vectors[index]), 0)
                    }
                };
                host.send_bytes(&bytes_of(parameters.input, parameters.elements, &words, id));
                let prediction = reference.step(id, true).expect("a token").expect("asked for");
                let predicted = prediction.token;
                let words = reference.output_words().unwrap_or_default();
                let wanted = bytes_of(parameters.output, parameters.elements, words, predicted);
                let found = host.bytes(wanted.len(), LIMIT);
                assert_eq!(found.as_deref(), Ok(&wanted[..]), "seed {seed}, text {text}");
            }
            host.pause(100);
            assert!(!host.is("busy_o") && !host.is("error_o"), "seed {seed}");
            // The second text is cut off in the middle of a vector.
            if text == 0 && parameters.input.is_some_and(|it| it.words > 1) {
                host.send_bytes(&[1, 0, 1]);
            }
            host.send_break();
            host.pause(50 * u64::from(DIVISOR));
        }
        host.cycles()
    };
    let cycles: Vec<u64> = (0..8u64).into_par_iter().map(run).collect();
    println!("{cycles:?} cycles");
}
