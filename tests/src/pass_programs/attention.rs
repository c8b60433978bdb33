//! Causal attention of two heads, a loop over them: norms, keys, values, softmax.

use super::assembly::{ALL, Assembly, BITS, FREE, MATRICES, VECTORS, WIDTH};
use firmware::isa::{
    Destination, Emit, Extent, Finish, Follow, Function, Join, Length, Matrix, Multiply, Pass,
    Reduce, Space,
};
use firmware::machine::{MachineParameters, Program};
use weights::numeric::Radix;
use weights::numeric::fixed_point::CountTarget;
use weights::numeric::pass::FunctionTable;

const HEADS: u32 = 2;
const HEAD: u32 = WIDTH / HEADS;

/// The program.
pub(super) fn program(seed: u64, radix: Radix) -> Program {
    let context = 10;
    let mut it = Assembly::new(seed, context);
    let MachineParameters { lanes, slots, elements, key_value_digits: digits, .. } = it.parameters;
    it.parameters = MachineParameters {
        // Products of several digits take trains of one pass.
        planes: BITS,
        radix,
        key_depth: HEADS * context.div_ceil(lanes) * digits * HEAD.div_ceil(slots),
        value_depth: HEADS * HEAD.div_ceil(lanes) * digits * context.div_ceil(slots),
        result_depth: 25,
        temporary_depth: 10,
        train_depth: 16,
        train_count: 8,
        scalar_count: 6,
        level_count: 3,
        ..it.parameters
    };
    it.take_residual(1);
    let exponential = |x: f64| x.exp();
    let table = FunctionTable::new("exp", (-512, 9), 1.0 / 64.0, 12, exponential);
    it.tables.push(table.expect("it fits"));
    it.embed(0);
    norm(&mut it);
    let product = it.product("query, key, value", 3 * WIDTH, (0, 0), 0);
    it.multiply(VECTORS, product, &[], "query, key, value");

    let words = HEAD / elements;
    let keys = context.div_ceil(lanes) * digits;
    let values = digits * context.div_ceil(slots);
    it.begin(Extent::Count, HEADS, &[words, keys, values, 1, 2]);
    head(&mut it, context);
    it.next();

    let peak = Pass {
        channels: WIDTH,
        a_space: Space::Results,
        a: 16,
        reduce: Reduce::Peak,
        finish: Finish::PeakScale,
        factor: BITS,
        output: 4,
        ..Pass::default()
    };
    it.pass(ALL, peak, &[], "peak of the attention");
    let counts = Pass {
        channels: WIDTH,
        a_space: Space::Results,
        a: 16,
        follow: Follow::Shift,
        scalar: 4,
        emit: Emit::Train,
        bits: BITS,
        train: 5,
        words: 8,
        ..Pass::default()
    };
    it.pass(ALL, counts, &[], "counts of the attention");
    let output = it.product("output", WIDTH, (5, 8), 0);
    it.add(output, 0);
    let last = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        a: it.residual,
        shift: 10,
        emit: Emit::Train,
        bits: BITS,
        train: 6,
        words: 10,
        ..Pass::default()
    };
    it.pass(ALL, last, &[], "counts of the residual");
    it.head((6, 10), 20);
    it.finish("attention", 20)
}

/// The residual without its mean, over its root mean square, as counts of train 0.
fn norm(it: &mut Assembly) {
    let gain = it.constants(WIDTH / it.parameters.elements, (200, 300));
    let of_temporaries = Pass { channels: WIDTH, a_space: Space::Temporaries, ..Pass::default() };
    let of_residual = Pass { a: it.residual, ..of_temporaries };
    let mean = Pass {
        reduce: Reduce::Sum,
        finish: Finish::Level,
        factor: 4096,
        finish_shift: 16,
        output: 2,
        ..of_residual
    };
    it.pass(ALL, mean, &[], "mean");
    let centred = Pass {
        b_space: Space::Level,
        b: 2,
        join: Join::Subtract,
        reduce: Reduce::Squares,
        finish: Finish::InverseRoot,
        factor: 1,
        finish_shift: 4,
        output: 0,
        ..of_residual
    };
    it.pass(ALL, Pass { destination: Destination::Temporaries, ..centred }, &[], "centred");
    let normed = Pass {
        b_space: Space::Constants,
        b: gain,
        join: Join::Multiply,
        join_shift: 8,
        multiply: Multiply::Scalar,
        shift: 6,
        follow: Follow::Exponent,
        scalar: 0,
        destination: Destination::Temporaries,
        write: 4,
        reduce: Reduce::Magnitudes,
        finish: Finish::CountScale,
        factor: CountTarget::new(3.0, WIDTH as usize).mantissa as u32,
        finish_shift: CountTarget::new(3.0, WIDTH as usize).exponent as i32,
        output: 1,
        ..of_temporaries
    };
    it.pass(ALL, normed, &[], "normed");
    let counts = Pass {
        a: 4,
        follow: Follow::Shift,
        scalar: 1,
        emit: Emit::Train,
        bits: BITS,
        ..of_temporaries
    };
    it.pass(ALL, counts, &[], "counts of the norm");
}

/// One head: pointers 1 words of a head, 2 keys, 3 values, 4 heads, 5 words of the weights' train.
fn head(it: &mut Assembly, context: u32) {
    let MachineParameters { lanes, slots, key_value_digits: digits, .. } = it.parameters;
    let of_results = Pass { channels: HEAD, a_space: Space::Results, shift: 8, ..Pass::default() };
    let key = Pass { a: 4, emit: Emit::Keys, columns: HEAD.div_ceil(slots), ..of_results };
    it.pass(MATRICES, key, &[("a", 1), ("words", 2)], "key");
    let columns = context.div_ceil(slots);
    let value = Pass { a: 8, emit: Emit::Values, columns, ..of_results };
    it.pass(MATRICES, value, &[("a", 1), ("words", 3)], "value");
    let query = Pass { emit: Emit::Train, bits: BITS, train: 1, words: 2, ..of_results };
    it.pass(FREE, query, &[("a", 1), ("train", 4), ("words", 4)], "query");
    let scores = Matrix {
        store: 1,
        tiles: 1,
        stride: HEAD.div_ceil(slots),
        digits,
        train: 1,
        source: 2,
        address: 12,
        multiplier: 1,
        shift: 2,
        last_rows: lanes,
        search: 1,
        ..Matrix::default()
    };
    let moved = [("base", 2), ("train", 4), ("source", 4), ("maximum", 4)];
    it.multiply(VECTORS, scores, &moved, "scores");
    let weights = Pass {
        length: Length::Attended,
        a_space: Space::Results,
        a: 12,
        b_space: Space::Maximum,
        join: Join::Subtract,
        function: Function::Table0,
        destination: Destination::Temporaries,
        reduce: Reduce::Sum,
        finish: Finish::Reciprocal,
        output: 2,
        ..Pass::default()
    };
    it.pass(ALL, weights, &[("b", 4), ("output", 4)], "exponentials");
    let counts = Pass {
        length: Length::Attended,
        a_space: Space::Temporaries,
        shift: 8,
        emit: Emit::Train,
        bits: BITS,
        train: 3,
        words: 4,
        ..Pass::default()
    };
    it.pass(ALL, counts, &[("train", 4), ("words", 5)], "weights");
    let mixed = Matrix {
        store: 2,
        tiles: HEAD.div_ceil(lanes),
        stride: columns,
        digits,
        train: 3,
        source: 4,
        address: 16,
        shift: 2,
        scaling: 2,
        scalar: 2,
        last_rows: HEAD,
        ..Matrix::default()
    };
    let moved = [("base", 3), ("train", 4), ("source", 5), ("scalar", 4), ("address", 1)];
    it.multiply(VECTORS, mixed, &moved, "attention");
}
