//! Random programs: one attention block with every instruction and every option, whose numbers mean
//! nothing.

use crate::parameters::*;
use firmware::isa::{
    Action, Encode, End, Gate, Instruction, Matrix, Measure, Norm, Rotate, Softmax, Store, Wait,
};
use firmware::machine::{Program, StoredMatrix, WordShape};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;

const HEADS: u32 = 4;
/// Words of a head.
const HEAD_WORDS: u32 = 3;
/// Words of the residual.
const WIDTH_WORDS: u32 = 6;
/// Scalars: 0 a norm, 1.. keys, 4.. values, 8.. queries, 12.. softmax, 20 a second norm.
const QUERY_SCALAR: u32 = 8;
const VALUE_SCALAR: u32 = 4;
const SOFTMAX_SCALAR: u32 = 12;

struct Seeded {
    stream: ChaCha8Rng,
}

impl Seeded {
    /// In `from..to`.
    fn range(&mut self, from: i64, to: i64) -> i64 {
        from + (self.stream.next_u64() % (to - from) as u64) as i64
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.stream.next_u32() % limit
    }

    fn matrix(
        &mut self,
        matrices: &mut Vec<StoredMatrix>,
        slots: u32,
        name: &str,
        [rows, columns, digits]: [u32; 3],
    ) -> (u32, u32) {
        let stride = columns.div_ceil(slots);
        let (all_rows, all_columns) = (rows.next_multiple_of(LANES), stride * slots);
        let base = matrices.last().map_or(0, |last| {
            let columns = last.columns as u32 / slots;
            last.base + last.rows as u32 / LANES * last.digits.len() as u32 * columns
        });
        let mut trit = |index: u32| match (index / all_columns, index % all_columns) {
            (row, column) if row < rows && column < columns => self.below(3) as i8 - 1,
            _ => 0,
        };
        let digits =
            (0..digits).map(|_| (0..all_rows * all_columns).map(&mut trit).collect()).collect();
        matrices.push(StoredMatrix {
            name: name.to_owned(),
            base,
            word: WordShape { rows: LANES, columns: slots },
            rows: all_rows as usize,
            columns: all_columns as usize,
            digits,
        });
        (base, stride)
    }
}

/// The program of a seed.
pub(crate) fn program(seed: u64) -> Program {
    let mut random = Seeded { stream: ChaCha8Rng::seed_from_u64(seed) };
    let slots = [8, 16][(seed % 2) as usize];
    let mut matrices = Vec::new();
    let width = WIDTH_WORDS * ELEMENTS;
    let head = HEAD_WORDS * ELEMENTS;
    let (queries, keys) = (HEADS * head, KEY_VALUE_HEADS * head);
    let s = &mut random;
    let embedding =
        s.matrix(&mut matrices, slots, "embedding", [VOCABULARY, width, EMBEDDING_DIGITS]);
    let project = s.matrix(&mut matrices, slots, "qkv", [queries + 2 * keys, width, 1]);
    let digits = s.matrix(&mut matrices, slots, "digits", [20, width, 2]);
    let output = s.matrix(&mut matrices, slots, "output", [width - 2, queries, 1]);
    let table = 2 * WIDTH_WORDS;
    let constants = (table + CONTEXT * 2 * HEAD_WORDS) * ELEMENTS;
    let one = 1i64 << (VALUE_WIDTH - 2);
    let constants = (0..constants).map(|_| s.range(-one, one + 1)).collect();
    let mut actions = block(s, slots, [embedding, project, digits, output]);
    actions.extend(end(s, embedding));
    let instruction = |action| Instruction::new(Wait { matrix: 0, vector: 0 }, action);
    let instructions: Vec<Instruction> = actions.into_iter().map(instruction).collect();
    let parameters = parameters(seed, slots);
    Program {
        name: format!("random-{seed}"),
        parameters,
        remarks: vec![String::new(); instructions.len()],
        instructions,
        matrices,
        constants,
        tables: Vec::new(),
        logits_address: 0,
        logits_count: parameters.vocabulary,
        logits_unit: 1.0,
        logits_scalar: 20,
        input: None,
        output: None,
        begin_token: None,
        end_tokens: BTreeSet::new(),
        widths: Vec::new(),
        areas: Vec::new(),
        orders: Vec::new(),
    }
}

/// Where in R: queries, keys and values, then scores; where in T: the same, then weights.
const SCORES: u32 = 30;
const MIXED: u32 = 60;
const WEIGHTS: u32 = 24;

fn block(s: &mut Seeded, slots: u32, matrices: [(u32, u32); 4]) -> Vec<Action> {
    let [embedding, project, digits, output] = matrices;
    let head = HEAD_WORDS * ELEMENTS;
    let rows = (HEADS + 2 * KEY_VALUE_HEADS) * head;
    let key_columns = head.div_ceil(slots);
    let key_stride = CONTEXT.div_ceil(LANES) * DIGITS * key_columns;
    let value_columns = CONTEXT.div_ceil(slots);
    let value_stride = head.div_ceil(LANES) * DIGITS * value_columns;
    let kept_bits = 3;
    let weighted = s.below(2);
    let keys_at = HEADS * HEAD_WORDS;
    let values_at = keys_at + KEY_VALUE_HEADS * HEAD_WORDS;
    let mut actions = vec![
        Action::Matrix(Matrix {
            store: 3,
            base: embedding.0,
            tiles: 1,
            stride: embedding.1,
            digits: EMBEDDING_DIGITS,
            destination: 1,
            multiplier: 1 + s.below(60000),
            shift: s.below(12),
            last_rows: LANES,
            ..Matrix::default()
        }),
        norm(s, 0, 0, WIDTH_WORDS, weighted, 0),
        Action::Encode(Encode {
            words: WIDTH_WORDS,
            groups: 1,
            weighted,
            bits: 4 + s.below(8),
            ..Encode::default()
        }),
        Action::Matrix(Matrix {
            base: project.0,
            tiles: rows.div_ceil(LANES),
            stride: project.1,
            digits: 1,
            multiplier: 1 + s.below(2000),
            last_rows: LANES,
            ..Matrix::default()
        }),
        // one tile of a matrix of two digits, with fewer rows than lanes, into the residual
        Action::Matrix(Matrix {
            base: digits.0 + 2 * 2 * digits.1,
            tiles: 1,
            stride: digits.1,
            digits: 2,
            destination: 2,
            address: 1,
            multiplier: 1 + s.below(60000),
            shift: s.below(4),
            scaling: 1,
            last_rows: 4,
            search: 1,
            maximum: 7,
            ..Matrix::default()
        }),
        Action::Rotate(Rotate {
            words: HEAD_WORDS,
            heads: HEADS + KEY_VALUE_HEADS,
            table: 2 * WIDTH_WORDS,
            shift: VALUE_WIDTH - 2 - s.below(2),
            bits: kept_bits,
            output: QUERY_SCALAR,
            ..Rotate::default()
        }),
        Action::Store(Store {
            space: 2,
            address: keys_at,
            words: HEAD_WORDS,
            heads: KEY_VALUE_HEADS,
            base: 3,
            columns: key_columns,
            stride: key_stride,
            scalar: QUERY_SCALAR + HEADS,
            top: s.range(0, 20) as i32,
            deficit_stride: 6,
            ..Store::default()
        }),
        Action::Measure(Measure {
            space: 1,
            address: values_at,
            words: HEAD_WORDS,
            heads: KEY_VALUE_HEADS,
            bits: kept_bits,
            output: VALUE_SCALAR,
            ..Measure::default()
        }),
        Action::Store(Store {
            space: 1,
            address: values_at,
            words: HEAD_WORDS,
            heads: KEY_VALUE_HEADS,
            values: 1,
            base: 1,
            columns: value_columns,
            stride: value_stride,
            scalar: VALUE_SCALAR,
            top: s.range(-10, 10) as i32,
            deficit_stride: 6,
            ..Store::default()
        }),
        Action::Encode(Encode {
            space: 2,
            words: HEAD_WORDS,
            groups: HEADS,
            scalar: QUERY_SCALAR,
            bits: 5,
            train: 1,
            destination: 10,
            stride: key_columns,
            ..Encode::default()
        }),
    ];
    for query in 0..HEADS {
        let kept = query / (HEADS / KEY_VALUE_HEADS);
        let scalar = SOFTMAX_SCALAR + 2 * (query % 2);
        actions.extend([
            Action::Matrix(Matrix {
                store: 1,
                base: 3 + kept * key_stride,
                stride: key_columns,
                digits: DIGITS,
                train: 1 + query,
                source: 10 + query * key_columns,
                address: SCORES,
                multiplier: 1 + s.below(9),
                search: 1,
                maximum: query,
                deficits: 6 * kept,
                ..Matrix::default()
            }),
            Action::Softmax(Softmax {
                address: SCORES,
                maximum: query,
                multiplier: 1 + s.below(65535),
                shift: 6 + s.below(8),
                input: 30,
                deficits: 6 * kept,
                destination: WEIGHTS,
                bits: 5,
                output: scalar,
            }),
            Action::Encode(Encode {
                space: 2,
                address: WEIGHTS,
                groups: 1,
                positions: 1,
                scalar,
                bits: 5,
                train: 8,
                destination: 40,
                ..Encode::default()
            }),
            Action::Matrix(Matrix {
                store: 2,
                base: 1 + kept * value_stride,
                tiles: head.div_ceil(LANES),
                stride: value_columns,
                digits: DIGITS,
                train: 8,
                source: 40,
                address: MIXED + query * HEAD_WORDS,
                shift: 10 + s.below(4),
                scaling: 2,
                scalar: scalar + 1,
                last_rows: head - head / LANES * LANES,
                ..Matrix::default()
            }),
        ]);
    }
    let product_shift = 8 + s.below(8);
    actions.extend([
        Action::Gate(Gate {
            gate: MIXED,
            up: keys_at,
            words: HEADS * HEAD_WORDS,
            multiplier: 1 + s.below(65535),
            shift: 10 + s.below(10),
            product_shift,
            input: 0,
            destination: 0,
        }),
        norm(s, 2, 0, HEADS * HEAD_WORDS, 0, 20),
        Action::Encode(Encode {
            space: 2,
            words: HEADS * HEAD_WORDS,
            groups: 1,
            scalar: 20,
            bits: 10,
            train: 9,
            destination: 50,
            ..Encode::default()
        }),
        Action::Matrix(Matrix {
            base: output.0,
            tiles: 3,
            stride: output.1,
            digits: 1,
            train: 9,
            source: 50,
            destination: 2,
            multiplier: 1 + s.below(65535),
            shift: 4 + s.below(8),
            last_rows: 6,
            ..Matrix::default()
        }),
    ]);
    actions
}

fn norm(
    s: &mut Seeded,
    space: u32,
    address: u32,
    words: u32,
    weighted: u32,
    output: u32,
) -> Action {
    Action::Norm(Norm {
        space,
        address,
        words,
        weighted,
        weight: 0,
        bits: 0,
        target: 32768 + s.below(32768),
        target_exponent: 2 + s.below(7) as i32,
        epsilon: s.below(65536),
        epsilon_shift: s.range(-20, 20) as i32,
        follows: s.below(2),
        input: VALUE_SCALAR,
        output,
    })
}

fn end(s: &mut Seeded, embedding: (u32, u32)) -> Vec<Action> {
    let mut peak = norm(s, 0, 0, WIDTH_WORDS, 0, 20);
    if let Action::Norm(norm) = &mut peak {
        norm.bits = 4;
    }
    vec![
        Action::End(End { unasked: 1 }),
        peak,
        Action::Encode(Encode {
            words: WIDTH_WORDS,
            groups: 1,
            scalar: 20,
            bits: 4,
            train: 10,
            destination: 60,
            ..Encode::default()
        }),
        Action::Matrix(Matrix {
            base: embedding.0,
            tiles: VOCABULARY.div_ceil(LANES),
            stride: embedding.1,
            digits: EMBEDDING_DIGITS,
            train: 10,
            source: 60,
            multiplier: 1,
            shift: s.below(6),
            last_rows: VOCABULARY % LANES,
            search: 2,
            maximum: 31,
            ..Matrix::default()
        }),
        Action::End(End { unasked: 0 }),
    ]
}
