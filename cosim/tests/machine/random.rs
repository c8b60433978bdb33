//! Random programs: one attention block with matrices of every store and option, whose numbers mean
//! nothing, and passes between them.

use crate::parameters::*;
use firmware::isa::{
    Action, Destination, Emit, End, Finish, Follow, Instruction, Join, Length, Matrix, Multiply,
    Pass, Reduce, Space, Wait,
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
/// Scalars: 0 the token's row, 8.. queries, 12.. weights, 20 what is mixed, 21 the last counts.
const QUERY_SCALAR: u32 = 8;
const WEIGHT_SCALAR: u32 = 12;

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
    let one = 1i64 << (VALUE_WIDTH - 2);
    let constants = (0..WIDTH_WORDS * ELEMENTS).map(|_| s.range(-one, one + 1)).collect();
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

/// Where in R: queries, keys and values from 0, then scores, mixed values, the token's row, the output.
const SCORES: u32 = 30;
const MIXED: u32 = 60;
const ROW: u32 = 80;
const OUTPUT: u32 = 90;
/// Where in T: the weights of a query.
const WEIGHTS: u32 = 24;

/// The scale of so many words of R, and their counts of so many bits.
fn counts(
    from: u32,
    words: u32,
    scalar: u32,
    bits: u32,
    (train, first): (u32, u32),
) -> [Action; 2] {
    let of_results =
        Pass { channels: words * ELEMENTS, a_space: Space::Results, a: from, ..Pass::default() };
    let peak = Pass {
        reduce: Reduce::Peak,
        finish: Finish::PeakScale,
        factor: bits,
        output: scalar,
        ..of_results
    };
    let counts = Pass {
        follow: Follow::Shift,
        scalar,
        emit: Emit::Train,
        bits,
        train,
        words: first,
        ..of_results
    };
    [peak, counts].map(|pass| Action::Pass(pass.phased()))
}

fn block(s: &mut Seeded, slots: u32, matrices: [(u32, u32); 4]) -> Vec<Action> {
    let [embedding, project, digits, output] = matrices;
    let head = HEAD_WORDS * ELEMENTS;
    let rows = (HEADS + 2 * KEY_VALUE_HEADS) * head;
    let key_columns = head.div_ceil(slots);
    let key_stride = CONTEXT.div_ceil(LANES) * DIGITS * key_columns;
    let value_columns = CONTEXT.div_ceil(slots);
    let value_stride = head.div_ceil(LANES) * DIGITS * value_columns;
    let keys_at = HEADS * HEAD_WORDS;
    let values_at = keys_at + KEY_VALUE_HEADS * HEAD_WORDS;
    let mut actions = vec![Action::Matrix(Matrix {
        store: 3,
        base: embedding.0,
        tiles: 1,
        stride: embedding.1,
        digits: EMBEDDING_DIGITS,
        address: ROW,
        multiplier: 1 + s.below(60000),
        shift: s.below(12),
        last_rows: LANES,
        ..Matrix::default()
    })];
    actions.extend(counts(ROW, WIDTH_WORDS, 0, 4 + s.below(8), (0, 0)));
    actions.extend([
        Action::Matrix(Matrix {
            base: project.0,
            tiles: rows.div_ceil(LANES),
            stride: project.1,
            digits: 1,
            multiplier: 1 + s.below(2000),
            last_rows: LANES,
            ..Matrix::default()
        }),
        // One tile of a matrix of two digits, with fewer rows than lanes, over words of the row.
        Action::Matrix(Matrix {
            base: digits.0 + 2 * 2 * digits.1,
            tiles: 1,
            stride: digits.1,
            digits: 2,
            address: ROW + 1,
            multiplier: 1 + s.below(60000),
            shift: 20 + s.below(4),
            scaling: 1,
            last_rows: 4,
            search: 1,
            maximum: 7,
            ..Matrix::default()
        }),
    ]);
    let shift = s.below(16);
    for kept in 0..KEY_VALUE_HEADS {
        let of_results = Pass { channels: head, a_space: Space::Results, shift, ..Pass::default() };
        let key = Pass {
            a: keys_at + kept * HEAD_WORDS,
            emit: Emit::Keys,
            words: 3 + kept * key_stride,
            columns: key_columns,
            ..of_results
        };
        let value = Pass {
            a: values_at + kept * HEAD_WORDS,
            emit: Emit::Values,
            words: 1 + kept * value_stride,
            columns: value_columns,
            ..of_results
        };
        actions.extend([key, value].map(|pass| Action::Pass(pass.phased())));
    }
    for query in 0..HEADS {
        let train = (1 + query, 10 + query * key_columns);
        actions.extend(counts(query * HEAD_WORDS, HEAD_WORDS, QUERY_SCALAR + query, 5, train));
    }
    for query in 0..HEADS {
        let kept = query / (HEADS / KEY_VALUE_HEADS);
        let scalar = WEIGHT_SCALAR + query % 2;
        let scores = Matrix {
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
            ..Matrix::default()
        };
        let weights = Pass {
            length: Length::Attended,
            a_space: Space::Maximum,
            a: query,
            b_space: Space::Results,
            b: SCORES,
            join: Join::Subtract,
            destination: Destination::Temporaries,
            write: WEIGHTS,
            reduce: Reduce::Sum,
            finish: Finish::Reciprocal,
            output: scalar,
            ..Pass::default()
        };
        let train = Pass {
            length: Length::Attended,
            a_space: Space::Temporaries,
            a: WEIGHTS,
            shift: s.below(8),
            emit: Emit::Train,
            bits: 5,
            train: 8,
            words: 40,
            ..Pass::default()
        };
        let mixed = Matrix {
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
            scalar,
            last_rows: head - head / LANES * LANES,
            ..Matrix::default()
        };
        let passes = [weights, train].map(|pass| Action::Pass(pass.phased()));
        actions.push(Action::Matrix(scores));
        actions.extend(passes);
        actions.push(Action::Matrix(mixed));
    }
    actions.extend(counts(MIXED, HEADS * HEAD_WORDS, 20, 10, (9, 50)));
    actions.push(Action::Matrix(Matrix {
        base: output.0,
        tiles: 3,
        stride: output.1,
        digits: 1,
        train: 9,
        source: 50,
        address: OUTPUT,
        multiplier: 1 + s.below(65535),
        shift: 4 + s.below(8),
        last_rows: 6,
        ..Matrix::default()
    }));
    // Weighted by constants, and with the row.
    actions.push(Action::Pass(
        Pass {
            channels: WIDTH_WORDS * ELEMENTS,
            a_space: Space::Results,
            a: OUTPUT,
            b_space: Space::Constants,
            c_space: Space::Results,
            c: ROW,
            join: Join::MultiplyAdd,
            join_shift: VALUE_WIDTH - 2,
            multiply: Multiply::One,
            destination: Destination::Temporaries,
            ..Pass::default()
        }
        .phased(),
    ));
    actions
}

fn end(s: &mut Seeded, embedding: (u32, u32)) -> Vec<Action> {
    let mut actions = vec![Action::End(End { unasked: 1 })];
    actions.extend(counts(OUTPUT, WIDTH_WORDS, 21, 4, (10, 60)));
    actions.extend([
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
    ]);
    actions
}
