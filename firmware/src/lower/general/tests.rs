//! Networks of every family become programs.

use super::super::lower;
use super::orders::orders;
use super::position_order::PositionOrder;
use crate::isa::Instruction;
use crate::machine::Program;
use crate::machine_cycles::{MachineLatency, dense, token_cycles};
use weights::config::Design;
use weights::llama::{Coding, LlamaShape};
use weights::network::{AttentionShape, Network, Operation, Readout};
use weights::sample;

fn design() -> Design {
    let mut design = Design::bundled();
    design.array.acc_width = 24;
    design.machine.value_width = 24;
    design
}

fn lowers(network: &Network) {
    let program = lower(network, &design()).unwrap_or_else(|error| {
        panic!("{}: {error}", network.name);
    });
    for (instruction, remark) in program.instructions.iter().zip(&program.remarks) {
        let decoded = Instruction::decode(&instruction.encode().unwrap()).unwrap();
        assert_eq!(&decoded, instruction, "{remark}");
    }
    assert_eq!(program.parameters.answers_positions, network.readout == Readout::MaskedToken);
}

#[test]
fn an_output_that_no_table_makes_is_refused() {
    let mut network = sample::spikegpt(1, &sample::spikegpt_shape(1));
    network.operations.pop();
    network.output = network.operations.last().unwrap().output().to_owned();
    let width = network.check().err().map(|error| error.to_string()).unwrap_or_default();
    assert!(width.contains("but must be"), "{width}");
    let classes = network.tables["embedding"].columns;
    network.readout = Readout::Classes((0..classes).map(|class| class.to_string()).collect());
    let error = lower(&network, &design()).unwrap_err().to_string();
    assert!(error.contains("its output is no product of a table"), "{error}");
    assert!(
        error.ends_with("end the network with its head, or its classifier and bias"),
        "{error}"
    );
}

#[test]
fn encoders_become_programs() {
    for seed in 0..12 {
        lowers(&sample::spikelm(seed, &sample::spikelm_shape(seed)));
        lowers(&sample::spikingbert(seed, &sample::spikingbert_shape(seed)));
    }
}

#[test]
fn llamas_become_programs() {
    for seed in 0..24 {
        let model = sample::spikellm(seed, &sample::spikellm_shape(seed));
        lowers(&model.network().expect("its matrices are integers"));
    }
}

#[test]
fn codes_that_do_not_fit_are_refused() {
    let model = sample::spikellm(1, &sample::spikellm_shape(1));
    let network = model.network_with(Coding::Counts).unwrap();
    let mut design = design();
    design.machine.count_width = 4;
    let error = lower(&network, &design).unwrap_err();
    assert!(error.to_string().contains("a count can reach"), "{error}");
    assert_eq!(error.key(), Some("machine.count_width"));
    let mut fine = network.clone();
    for operation in &mut fine.operations {
        if let Operation::DigitLinear { matrix, .. } = operation {
            matrix.digits = 8;
        }
    }
    design.machine.count_width = 12;
    let error = lower(&fine, &design).unwrap_err().to_string();
    let reason = "its weights have 8 digits, an instruction takes 7; quantise it to fewer digits";
    assert!(error.contains(reason), "{error}");
    // Spikes are read by matrices alone.
    let mut read = network;
    let spikes = read.operations.iter().find(|it| it.kind() == "encode").unwrap();
    let (spikes, input) = (spikes.output().to_owned(), spikes.inputs()[0].to_owned());
    let at = read.operations.iter().position(|it| it.kind() == "encode").unwrap();
    let (left, right) = (spikes, input);
    read.operations.insert(at + 1, Operation::Add { left, right, output: "sum".to_owned() });
    let error = lower(&read, &design).unwrap_err().to_string();
    assert!(error.contains("is the spikes of a code, not a vector"), "{error}");
}

#[test]
fn decoders_become_programs() {
    for seed in 0..12 {
        lowers(&sample::spikegpt(seed, &sample::spikegpt_shape(seed)));
        lowers(&sample::neurtransformer(seed, &sample::neurtransformer_shape(seed)));
    }
}

/// Heads and positions are turns of loops: as many instructions, however many there are. Where heads are
/// written out, programs grow up to sixteen of them.
#[test]
fn programs_grow_with_blocks_and_a_few_heads() {
    let mut design = design();
    design.machine.elements = 4;
    println!("blocks heads context: instructions, with heads written out");
    for blocks in [1, 2, 4] {
        let mut lengths: [Vec<Vec<usize>>; 2] = Default::default();
        for (key_value_heads, heads) in [(2, 4), (4, 8), (4, 16), (6, 24)] {
            let mut in_contexts = vec![];
            for context in [16, 64, 256] {
                let attention = AttentionShape { heads, key_value_heads, ..shape_of(8) };
                let model = sample::spikellm_shape(1);
                let model = LlamaShape { blocks, attention, context, width: 16, ..model };
                let network = sample::spikellm(1, &model).network().unwrap();
                design.machine.context = context;
                let programs = orders(&network, &design).unwrap();
                in_contexts.push([false, true].map(|unrolled| {
                    let of_kind = programs.iter().filter(|(order, _)| order.unrolled == unrolled);
                    let length = |it: &(PositionOrder, Program)| it.1.instructions.len();
                    of_kind.map(length).collect::<Vec<_>>()
                }));
            }
            let [first, others @ ..] = &in_contexts[..] else { unreachable!() };
            assert!(others.iter().all(|other| other == first), "{blocks} {heads}: {in_contexts:?}");
            println!("{blocks:6} {heads:5} 16 to 256: {:?} {:?}", first[0], first[1]);
            lengths.iter_mut().zip(first).for_each(|(all, length)| all.push(length.clone()));
        }
        let [loops, unrolled] = lengths;
        for (first, more) in loops.iter().flat_map(|more| loops[0].iter().zip(more)) {
            assert_eq!(first, more, "{blocks}: {loops:?}");
        }
        for order in 0..unrolled[0].len() {
            let [four, eight, sixteen, more] = [0, 1, 2, 3].map(|heads| unrolled[heads][order]);
            assert!(four < eight && eight < sixteen, "{blocks}: {unrolled:?}");
            assert!(more < sixteen, "{blocks}: {unrolled:?}");
        }
    }
}

/// The fewer block RAMs there are, the slower the program; where none fits, it is the smallest.
#[test]
fn the_fastest_program_that_fits_is_taken() {
    let network = sample::spikingbert(3, &sample::spikingbert_shape(3));
    let with = |most: u32| {
        let mut design = design();
        design.machine.block_ram_max = most;
        let program = lower(&network, &design).unwrap();
        let blocks = program.block_rams();
        let latency = MachineLatency::of(&program.parameters);
        let last = program.parameters.context - 1;
        let cycles = token_cycles(&program, &latency, last, true, dense(&program)).total;
        println!("of {most}: {blocks} block RAMs, {cycles} cycles");
        (blocks, cycles)
    };
    let any = with(0);
    let mut found = vec![with(any.0)];
    assert!(found[0].0 <= any.0 && found[0].1 <= any.1, "{any:?}, {found:?}");
    let smallest = with(1).0;
    while let Some(&(blocks, _)) = found.last()
        && blocks > smallest
    {
        let next = with(blocks - 1);
        assert!(next.0 < blocks, "{next:?}, {found:?}");
        found.push(next);
    }
    assert!(found.len() > 1, "{found:?}");
    assert!(found.last().unwrap().1 > found[0].1, "{found:?}");
    assert_eq!(with(1), *found.last().unwrap());
}

fn shape_of(head_width: usize) -> AttentionShape {
    AttentionShape { heads: 1, key_value_heads: 1, head_width, causal: true }
}

#[test]
fn recurrences_become_programs_or_are_refused() {
    for seed in 0..24 {
        lowers(&sample::recurrent(seed, &sample::recurrent_shape(seed)));
    }
    let mut network = sample::recurrent(1, &sample::recurrent_shape(1));
    let mut recurs = network.operations.iter_mut().filter(|it| it.kind() == "previous");
    let Some(Operation::Previous { input, .. }) = recurs.next() else { panic!("one recurs") };
    *input = input.replace("spikes", "currents");
    let error = lower(&network, &design()).unwrap_err().to_string();
    assert!(error.contains("is no spike of a neuron"), "{error}");
    assert!(error.contains("put a neuron behind what enters a matrix again"), "{error}");
}
