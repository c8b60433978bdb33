//! Lowering of sample networks: sizes, layouts, frames, refusals.

mod order;
mod widths;

use super::*;
use crate::machine::StoredMatrix;
use crate::machine_cycles::{MachineLatency, dense, token_cycles};
use pretty_assertions::assert_eq;
use weights::config::{DesignFile, Form, Machine, WeightStore};
use weights::network::{AttentionShape, BitnetShape, Function, Operation, RotaryPairing, Table};
use weights::numeric::{Radix, Trit};
use weights::packing::Packing;
use weights::sample;

/// Shapes with ragged edges: odd widths, grouped heads, heads wider than a tile, one position.
fn shapes() -> Vec<(BitnetShape, Design)> {
    let design = Design::bundled();
    let shape = sample::shape();
    let heads = |heads, key_value_heads, head_width| {
        let attention = AttentionShape { heads, key_value_heads, head_width, causal: true };
        BitnetShape { attention, width: 23, hidden: 37, vocabulary: 41, ..shape.clone() }
    };
    let array = |lanes, slots, elements| {
        let mut design = design.clone();
        (design.array.lanes, design.array.slots) = (lanes, slots);
        design.machine.elements = elements;
        design
    };
    let mut unary = design.clone();
    (unary.array.radix, unary.array.planes) = (Radix::Unary, 8);
    (unary.machine.attention_bits, unary.machine.head_bits) = (3, 3);
    vec![
        (shape.clone(), design.clone()),
        (heads(3, 1, 6), array(4, 8, 4)),
        (heads(2, 2, 18), array(8, 4, 2)),
        (heads(5, 5, 2), array(16, 16, 16)),
        (BitnetShape { context: 1, tied: false, ..heads(1, 1, 4) }, array(8, 8, 8)),
        (BitnetShape { context: 37, blocks: 1, ..heads(4, 2, 12) }, unary),
    ]
}

#[test]
fn ragged_networks_become_programs() {
    for (seed, (shape, design)) in shapes().into_iter().enumerate() {
        let network = sample::network_of(seed as u64, &shape);
        let program = lower(&network, &design).unwrap_or_else(|error| panic!("{seed}: {error}"));
        assert_eq!(program.instructions.len(), program.remarks.len());
        let machine = &program.parameters;
        assert_eq!(machine.program_depth as usize, program.instructions.len());
        assert_eq!(machine.context as usize, shape.context.min(64));
        let words: usize = program.matrices.iter().map(|matrix| words(matrix, &design)).sum();
        assert_eq!(machine.weight_depth as usize, words, "no word is left over");
        assert_eq!(program.constants.len(), (machine.constant_depth * machine.elements) as usize);
        let logits = program.logits_address + machine.vocabulary.div_ceil(machine.elements);
        assert!(logits <= machine.result_depth);
        for width in &program.widths {
            assert!(width.needed <= width.given, "{width:?}");
        }
        for (at, area) in program.areas.iter().enumerate() {
            let meets = |other: &&crate::machine::MemoryArea| {
                other.memory == area.memory
                    && other.first < area.first + area.words
                    && area.first < other.first + other.words
            };
            assert_eq!(program.areas[..at].iter().find(meets), None, "{area:?}");
        }
    }
}

fn words(matrix: &StoredMatrix, design: &Design) -> usize {
    assert_eq!((matrix.rows % design.array.lanes, matrix.columns % design.array.slots), (0, 0));
    matrix.digits.len() * matrix.rows * matrix.columns / (design.array.lanes * design.array.slots)
}

/// The row of a stored matrix.
fn stored_row(matrix: &StoredMatrix, digit: usize, row: usize) -> &[Trit] {
    &matrix.digits[digit][row * matrix.columns..][..matrix.columns]
}

#[test]
fn rotary_pairs_are_neighbours_and_heads_are_whole_words() {
    let network = sample::network(3);
    let program = lower(&network, &Design::bundled()).unwrap();
    let stored = |name: &str| program.matrices.iter().find(|m| m.name == name).unwrap();
    let source = |name: &str| network.ternary_matrices().find(|m| m.name == name).unwrap();
    // Four heads of ten channels take two words of eight each.
    let (q, from) = (stored("blocks.1.attention.q"), source("blocks.1.attention.q"));
    assert_eq!(q.rows, 64);
    for (channel, place) in [(0, 0), (5, 1), (1, 2), (9, 9), (10, 16), (15, 17), (39, 57)] {
        assert_eq!(&stored_row(q, 0, place)[..40], from.row(channel), "channel {channel}");
    }
    assert!(stored_row(q, 0, 10).iter().all(|&trit| trit == 0), "padding is zero");
    let (v, from) = (stored("blocks.1.attention.v"), source("blocks.1.attention.v"));
    assert_eq!(&stored_row(v, 0, 16 + 3)[..40], from.row(13));
    let (o, from) = (stored("blocks.1.attention.output"), source("blocks.1.attention.output"));
    assert_eq!((o.rows, o.columns), (40, 64));
    for (channel, place) in [(0, 0), (9, 9), (10, 16), (39, 57)] {
        assert_eq!(stored_row(o, 0, 7)[place], from.row(7)[channel], "channel {channel}");
    }
    let layout = layout::Layout::heads(1, 6, 4, RotaryPairing::Neighbours);
    assert_eq!((layout.places, layout.width), ((0..6).collect(), 8));
}

#[test]
fn tables_are_digits_within_half_a_unit() {
    let network = sample::network(5);
    let design = Design::bundled();
    let program = lower(&network, &design).unwrap();
    let (stored, table) = (&program.matrices[0], &network.tables["embedding"]);
    assert_eq!((stored.digits.len(), stored.rows, stored.columns), (5, 80, 48));
    let quantised = quantised::Quantised::new(table, 5);
    for row in 0..table.rows {
        for (column, &value) in table.row(row).iter().enumerate() {
            let digit = |sum: i64, digit: usize| {
                3 * sum + i64::from(stored_row(stored, digit, row)[column])
            };
            let integer = (0..5).fold(0, digit);
            assert!(integer.abs() <= 121);
            let error = integer as f64 * quantised.unit - f64::from(value);
            assert!(error.abs() <= quantised.unit * 0.5001, "row {row}, column {column}");
        }
    }
    let zeros = Table { rows: 2, columns: 2, values: vec![0.0; 4] };
    assert_eq!(quantised::Quantised::new(&zeros, 5).integers, [0; 4]);
}

#[test]
fn what_a_machine_cannot_do_is_refused_by_name() {
    let network = sample::network(1);
    let refused = |change: &dyn Fn(&mut Network)| {
        let mut changed = network.clone();
        change(&mut changed);
        lower(&changed, &Design::bundled()).unwrap_err().to_string()
    };
    let no_head = refused(&|network| {
        network.operations.pop();
        network.output = "norm.out".to_owned();
        network.vocabulary = 40;
        network.tables.get_mut("embedding").unwrap().rows = 40;
        network.tables.get_mut("embedding").unwrap().values.truncate(1600);
    });
    assert_eq!(
        no_head,
        "rms_norm `norm.out`: its output is no product of a table; end the network with its head, \
         or its classifier and bias"
    );
    // Blocks are no unit of lowering: other functions and other inputs become programs too.
    let mut gelu = network.clone();
    for operation in &mut gelu.operations {
        if let Operation::Apply { function, .. } = operation {
            *function = Function::Gelu;
        }
    }
    assert!(lower(&gelu, &Design::bundled()).is_ok());
    let mut unturned = network.clone();
    for operation in &mut unturned.operations {
        if let Operation::AttentionScores { query, .. } = operation {
            *query = query.replace(".q.rotary", ".q.out");
        }
    }
    assert!(lower(&unturned, &Design::bundled()).is_ok());
}

#[test]
fn designs_that_are_no_machine_are_refused_by_key() {
    let refused = |change: &dyn Fn(&mut Design)| {
        let mut design = Design::bundled();
        change(&mut design);
        let error = lower(&sample::network(1), &design).unwrap_err();
        (error.key(), error.to_string())
    };
    let (key, message) = refused(&|design| design.array.lanes = 12);
    assert_eq!(key, Some("array.lanes"));
    assert_eq!(message, "lanes 12 is no power of two that elements 8 divides; choose 16");
    let (_, message) = refused(&|design| design.array.form = Form::Event);
    assert_eq!(
        message,
        "attention_scores `blocks.0.attention.scores`: an array of events has no keys and values; \
         write array.form = \"dense\""
    );
    let (_, message) = refused(&|design| design.machine.key_value_digits = 1);
    assert!(message.starts_with("key_value_digits 1 holds no magnitude"), "{message}");
}

#[test]
fn what_has_no_addresses_is_refused() {
    let mut design = Design::bundled();
    (design.machine.context, design.array.acc_width) = (4096, 24);
    let refused = |design: &Design, shape: BitnetShape| {
        lower(&sample::network_of(1, &shape), design).unwrap_err().to_string()
    };
    let base =
        BitnetShape { context: 4096, width: 24, hidden: 16, vocabulary: 8, ..sample::shape() };
    let heads = |heads, head_width| AttentionShape {
        heads,
        key_value_heads: heads,
        head_width,
        causal: true,
    };
    assert_eq!(
        refused(&design, BitnetShape { attention: heads(2, 64), ..base.clone() }),
        "the constant memory takes 65623 words, at most 65536 have addresses; raise \
         machine.elements, or shorten machine.context"
    );
    assert_eq!(
        refused(&design, BitnetShape { attention: heads(20, 8), blocks: 2, ..base.clone() }),
        "the key store takes 81920 words, at most 65536 have addresses; shorten \
         machine.context, or raise array.lanes"
    );
    (design.array.slots, design.machine.elements) = (4, 4);
    let trains = refused(&design, BitnetShape { attention: heads(1, 8), ..base });
    assert!(trains.starts_with("the train store takes 1"), "{trains}");
    assert!(trains.ends_with("raise array.slots, or shorten machine.context"), "{trains}");
}

#[test]
fn the_real_model_becomes_a_program() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let folder = std::path::PathBuf::from(shared).join("models/tinystories-bitnet-1m");
    let network = weights::import::import(&folder).unwrap();
    let design = Design::tinystories();
    let program = lower(&network, &design).unwrap_or_else(|error| panic!("{error}"));
    let machine = &program.parameters;
    assert_eq!((machine.weight_depth, machine.key_depth, machine.value_depth), (5888, 512, 512));
    assert!(machine.program_depth <= 1024, "{} instructions", machine.program_depth);
    let cycles =
        token_cycles(&program, &MachineLatency::of(&program.parameters), 63, true, dense(&program));
    assert!(cycles.total < 11_200, "{} cycles", cycles.total);
    let board = DesignFile::named("ulx3s-85f").unwrap().on_part(208).design;
    assert_eq!(lower(&network, &board).unwrap().block_rams(), 205, "of 208 on an LFE5U-85F");
    // Every design that holds the weights has its packing in words of whole banks.
    let two_bit = WeightStore { packing: Packing::TwoBit };
    let wide = Machine { elements: 16, ..design.machine.clone() };
    let design = Design { weight_store: two_bit, machine: wide, ..design };
    assert_eq!(lower(&network, &design).unwrap().parameters.weight_depth, 5888);
}
