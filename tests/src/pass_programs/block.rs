//! Attention in both directions over the positions of the text so far: loops over positions, a
//! loop over steps within, and what happens only here.

use super::assembly::{ALL, Assembly, BITS, MATRICES, VECTORS, WIDTH};
use firmware::isa::{
    Destination, Emit, Extent, Finish, Function, Join, Length, Matrix, Pass, Reduce, Restart,
    RestartAt, Space,
};
use firmware::machine::{MachineParameters, Program};
use weights::numeric::pass::FunctionTable;

const CONTEXT: u32 = 5;
const STEPS: u32 = 2;

/// The program.
pub(super) fn program(seed: u64) -> Program {
    let mut it = Assembly::new(seed, CONTEXT);
    let MachineParameters { lanes, slots, elements, key_value_digits: digits, .. } = it.parameters;
    let words = WIDTH / elements;
    it.parameters = MachineParameters {
        // Products of several digits take trains of one pass.
        planes: BITS,
        key_depth: CONTEXT.div_ceil(lanes) * digits * WIDTH.div_ceil(slots),
        value_depth: WIDTH.div_ceil(lanes) * digits * CONTEXT.div_ceil(slots),
        result_depth: 8 + 2 + 4 + 5,
        temporary_depth: 4,
        state_depth: CONTEXT * words,
        train_depth: 6 + 2 * CONTEXT * STEPS,
        train_count: 3 + CONTEXT * STEPS,
        scalar_count: 2,
        level_count: 2,
        ..it.parameters
    };
    it.take_residual(CONTEXT);
    let exponential = |x: f64| x.exp2();
    let table = FunctionTable::new("exp2", (-512, 9), 1.0 / 32.0, 12, exponential);
    it.tables.push(table.expect("it fits"));

    // Pointer 1: words of the residual and of S of a position.
    it.begin(Extent::Here, 0, &[words]);
    it.embed(1);
    it.next();
    it.begin(Extent::Positions, 0, &[words]);
    keep(&mut it);
    it.next();
    it.begin(Extent::Positions, 0, &[words, STEPS, 2 * STEPS]);
    attend(&mut it);
    it.next();
    it.begin(Extent::Here, 0, &[words]);
    let last = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        a: it.residual,
        shift: 10,
        emit: Emit::Train,
        bits: BITS,
        train: 2,
        words: 4,
        ..Pass::default()
    };
    it.pass(ALL, last, &[("a", 1)], "counts of the last position");
    it.next();
    it.head((2, 4), 14);
    it.finish("block", 14)
}

/// Key and value of a position.
fn keep(it: &mut Assembly) {
    let MachineParameters { slots, .. } = it.parameters;
    let counts = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        a: it.residual,
        shift: 9,
        emit: Emit::Train,
        bits: BITS,
        ..Pass::default()
    };
    it.pass(ALL, counts, &[("a", 1)], "counts of a position");
    let product = it.product("key, value", 2 * WIDTH, (0, 0), 0);
    it.multiply(VECTORS, product, &[], "key, value");
    let of_results = Pass { channels: WIDTH, a_space: Space::Results, shift: 8, ..Pass::default() };
    let columns = WIDTH.div_ceil(slots);
    it.pass(MATRICES, Pass { emit: Emit::Keys, columns, ..of_results }, &[], "key");
    let columns = CONTEXT.div_ceil(slots);
    let value = Pass { a: 4, emit: Emit::Values, columns, ..of_results };
    it.pass(MATRICES, value, &[], "value");
}

/// A position attends all of the text, in two steps that add up. Pointer 1: its words; 2: its
/// trains; 3: their words.
fn attend(it: &mut Assembly) {
    let MachineParameters { lanes, slots, key_value_digits: digits, .. } = it.parameters;
    it.begin(Extent::Count, STEPS, &[0, 1, 2]);
    let query = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        a: it.residual,
        shift: 9,
        emit: Emit::Train,
        bits: BITS,
        train: 3,
        words: 6,
        ..Pass::default()
    };
    it.pass(ALL, query, &[("a", 1), ("train", 2), ("words", 3)], "query");
    let scores = Matrix {
        store: 1,
        tiles: 1,
        stride: WIDTH.div_ceil(slots),
        digits,
        train: 3,
        source: 6,
        address: 8,
        multiplier: 1,
        shift: 3,
        last_rows: lanes,
        search: 1,
        maximum: 1,
        ..Matrix::default()
    };
    it.multiply(VECTORS, scores, &[("train", 2), ("source", 3)], "scores");
    it.attends_all();
    let weights = Pass {
        length: Length::Attended,
        a_space: Space::Results,
        a: 8,
        b_space: Space::Maximum,
        b: 1,
        join: Join::Subtract,
        function: Function::Table0,
        shift: 8,
        emit: Emit::Train,
        bits: BITS,
        train: 1,
        words: 2,
        reduce: Reduce::Sum,
        finish: Finish::Reciprocal,
        output: 1,
        ..Pass::default()
    };
    it.pass(ALL, weights, &[], "weights");
    it.attends_all();
    let mixed = Matrix {
        store: 2,
        tiles: WIDTH.div_ceil(lanes),
        stride: CONTEXT.div_ceil(slots),
        digits,
        train: 1,
        source: 2,
        address: 10,
        scaling: 2,
        scalar: 1,
        last_rows: lanes,
        ..Matrix::default()
    };
    it.multiply(VECTORS, mixed, &[], "attention");
    it.attends_all();
    // The state of a position begins anew in the first iteration over steps.
    let summed = Pass {
        channels: WIDTH,
        a_space: Space::Results,
        a: 10,
        b_space: Space::State,
        b_restart: Restart::Zero,
        restart_at: RestartAt::Loop1,
        join: Join::Add,
        destination: Destination::State,
        ..Pass::default()
    };
    it.pass(ALL, summed, &[("b", 1), ("write", 1)], "sum of the steps");
    let counts = Pass {
        channels: WIDTH / 2,
        a_space: Space::State,
        emit: Emit::Train,
        bits: BITS,
        ..Pass::default()
    };
    it.pass(ALL, counts, &[("a", 1)], "counts of the attention");
    let output = it.product("output", WIDTH, (0, 0), 0);
    it.add(output, 1);
    it.next();
}
