//! A program while it is written, and what all of them share.

use firmware::isa::{
    ANY, Action, Destination, End, Extent, Instruction, Join, Loop, Matrix, Next, POINTER_COUNT,
    Pass, Pointers, Space, Wait,
};
use firmware::machine::{MachineParameters, Program, StoredMatrix};
use firmware::pass_choices::PassChoices;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use weights::config::{Form, Target};
use weights::numeric::pass::FunctionTable;
use weights::numeric::{Radix, Trit};
use weights::packing::Packing;

/// Channels of the residual of every program.
pub const WIDTH: u32 = 16;
/// Token ids of every program.
pub const VOCABULARY: u32 = 20;
/// Bits of a count's magnitude in every program.
pub(super) const BITS: u32 = 4;
/// Balanced ternary digits of an embedding.
pub(super) const EMBEDDING_DIGITS: u32 = 3;

/// Issued whatever is unfinished.
pub(super) const FREE: Wait = Wait { matrix: ANY, vector: ANY };
/// Issued when both units are idle.
pub(super) const ALL: Wait = Wait { matrix: 0, vector: 0 };
/// Issued when the vector unit is idle.
pub(super) const VECTORS: Wait = Wait { matrix: ANY, vector: 0 };
/// Issued when the matrix unit is idle.
pub(super) const MATRICES: Wait = Wait { matrix: 0, vector: ANY };

/// A program while it is written.
pub(super) struct Assembly {
    pub(super) random: ChaCha8Rng,
    pub(super) parameters: MachineParameters,
    pub(super) instructions: Vec<Instruction>,
    pub(super) remarks: Vec<String>,
    pub(super) matrices: Vec<StoredMatrix>,
    pub(super) constants: Vec<i64>,
    pub(super) tables: Vec<FunctionTable>,
    /// First word of the residual in T.
    pub(super) residual: u32,
    /// First word in R of what is added to it.
    added: u32,
    /// Loops that are open.
    level: u32,
}

impl Assembly {
    pub(super) fn new(seed: u64, context: u32) -> Assembly {
        let parameters = MachineParameters {
            form: Form::Dense,
            digit_passes: false,
            streams: false,
            chunks: false,
            lanes: 8,
            slots: 8,
            planes: 2,
            radix: Radix::Bitwise,
            acc_width: 24,
            target: Target::Portable,
            packing: Packing::TwoBit,
            elements: 4,
            value_width: 18,
            count_width: BITS + 1,
            key_value_digits: 3,
            embedding_digits: EMBEDDING_DIGITS,
            context,
            vocabulary: VOCABULARY,
            weight_depth: 0,
            key_depth: 0,
            value_depth: 0,
            result_depth: 0,
            temporary_depth: 0,
            constant_depth: 2,
            train_depth: 0,
            train_count: 0,
            scalar_count: 0,
            program_depth: 0,
            state_depth: 0,
            level_count: 0,
            loop_depth: 0,
            plane_depth: 0,
            answers_positions: false,
            functions: true,
            input: None,
            output: None,
            fingerprint: 0,
        };
        Assembly {
            random: ChaCha8Rng::seed_from_u64(seed),
            parameters,
            instructions: vec![],
            remarks: vec![],
            matrices: vec![],
            constants: vec![],
            tables: vec![],
            residual: 0,
            added: 0,
            level: 0,
        }
    }

    /// Words of a residual for so many positions, behind the other words of T and R.
    pub(super) fn take_residual(&mut self, positions: u32) {
        let words = WIDTH / self.parameters.elements;
        (self.residual, self.added) =
            (self.parameters.temporary_depth, self.parameters.result_depth);
        self.parameters.temporary_depth += positions * words;
        self.parameters.result_depth += words;
    }

    /// A random matrix in the weight store; yields its first word.
    pub(super) fn matrix(&mut self, name: &str, (rows, columns): (u32, u32), digits: u32) -> u32 {
        let MachineParameters { lanes, slots, .. } = self.parameters;
        let (rows, columns) = (rows.next_multiple_of(lanes), columns.next_multiple_of(slots));
        let base = self.parameters.weight_depth;
        let random = &mut self.random;
        let mut digit =
            || (0..rows * columns).map(|_| random.random_range(-1..=1)).collect::<Vec<Trit>>();
        let digits: Vec<Vec<Trit>> = (0..digits).map(|_| digit()).collect();
        self.parameters.weight_depth += rows / lanes * columns / slots * digits.len() as u32;
        self.matrices.push(StoredMatrix {
            name: name.into(),
            base,
            word: self.parameters.matrix_word(),
            rows: rows as usize,
            columns: columns as usize,
            digits,
        });
        base
    }

    /// Random constants; yields their first word.
    pub(super) fn constants(&mut self, words: u32, (low, high): (i64, i64)) -> u32 {
        let elements = self.parameters.elements;
        let first = self.constants.len() as u32 / elements;
        for _ in 0..words * elements {
            self.constants.push(self.random.random_range(low..=high));
        }
        first
    }

    pub(super) fn push(&mut self, wait: Wait, action: Action, moved: &[(&str, u8)], remark: &str) {
        let action = match action {
            Action::Pass(pass) => Action::Pass(pass.phased()),
            other => other,
        };
        let mut pointers = Pointers::default();
        for &(field, pointer) in moved {
            pointers = pointers.with(&action, field, pointer);
        }
        self.instructions.push(Instruction { wait, action, pointers });
        self.remarks.push(remark.into());
    }

    /// The last instruction attends all positions of the text so far.
    pub(super) fn attends_all(&mut self) {
        let last = self.instructions.last_mut().expect("an instruction");
        last.pointers.all = true;
    }

    pub(super) fn pass(&mut self, wait: Wait, pass: Pass, moved: &[(&str, u8)], remark: &str) {
        self.push(wait, Action::Pass(pass), moved, remark);
    }

    pub(super) fn multiply(
        &mut self,
        wait: Wait,
        matrix: Matrix,
        moved: &[(&str, u8)],
        remark: &str,
    ) {
        self.push(wait, Action::Matrix(matrix), moved, remark);
    }

    /// Begins a loop; strides of pointers 1 on.
    pub(super) fn begin(&mut self, extent: Extent, count: u32, strides: &[u32]) {
        let mut all = [0; POINTER_COUNT as usize - 1];
        all[..strides.len()].copy_from_slice(strides);
        let [stride_1, stride_2, stride_3, stride_4, stride_5, stride_6, stride_7] = all;
        let action = Action::Loop(Loop {
            extent,
            count,
            stride_1,
            stride_2,
            stride_3,
            stride_4,
            stride_5,
            stride_6,
            stride_7,
        });
        self.push(FREE, action, &[], "loop");
        self.level += 1;
        self.parameters.loop_depth = self.parameters.loop_depth.max(self.level);
    }

    pub(super) fn next(&mut self) {
        self.level -= 1;
        self.push(FREE, Action::Next(Next { level: self.level }), &[], "next");
    }

    /// The embedding of the token becomes the residual, moved by a pointer.
    pub(super) fn embed(&mut self, pointer: u8) {
        let base = self.matrix("embedding", (VOCABULARY, WIDTH), EMBEDDING_DIGITS);
        let embedding = Matrix {
            store: 3,
            base,
            tiles: 1,
            stride: WIDTH / self.parameters.slots,
            digits: EMBEDDING_DIGITS,
            address: self.added,
            multiplier: 1500,
            shift: 2,
            last_rows: 1,
            ..Matrix::default()
        };
        self.multiply(ALL, embedding, &[], "embedding");
        let taken = Pass {
            channels: WIDTH,
            a_space: Space::Results,
            a: self.added,
            destination: Destination::Temporaries,
            write: self.residual,
            ..Pass::default()
        };
        self.pass(MATRICES, taken, &[("write", pointer)], "the residual");
    }

    /// Adds a product to the residual, moved by a pointer.
    pub(super) fn add(&mut self, product: Matrix, pointer: u8) {
        let product = Matrix { address: self.added, ..product };
        self.multiply(VECTORS, product, &[], "output");
        let sum = Pass {
            channels: WIDTH,
            a_space: Space::Temporaries,
            a: self.residual,
            b_space: Space::Results,
            b: self.added,
            join: Join::Add,
            destination: Destination::Temporaries,
            write: self.residual,
            ..Pass::default()
        };
        self.pass(MATRICES, sum, &[("a", pointer), ("write", pointer)], "added to the residual");
    }

    /// A product of a ternary matrix with 16 columns, to be completed.
    pub(super) fn product(
        &mut self,
        name: &str,
        rows: u32,
        train: (u32, u32),
        address: u32,
    ) -> Matrix {
        let MachineParameters { lanes, slots, .. } = self.parameters;
        let base = self.matrix(name, (rows, WIDTH), 1);
        Matrix {
            base,
            tiles: rows.div_ceil(lanes),
            stride: WIDTH / slots,
            digits: 1,
            train: train.0,
            source: train.1,
            address,
            multiplier: 40,
            shift: 1,
            last_rows: (rows - 1) % lanes + 1,
            ..Matrix::default()
        }
    }

    /// Logits of a train, to R, and the end.
    pub(super) fn head(&mut self, train: (u32, u32), address: u32) {
        self.push(
            ALL,
            Action::End(End { unasked: 1 }),
            &[],
            "end, unless a prediction is asked for",
        );
        let head = self.product("head", VOCABULARY, train, address);
        self.multiply(FREE, Matrix { search: 2, maximum: 31, ..head }, &[], "logits");
        self.push(ALL, Action::End(End { unasked: 0 }), &[], "end");
    }

    pub(super) fn finish(mut self, name: &str, logits_address: u32) -> Program {
        assert_eq!(self.level, 0, "every loop ends");
        let parameters = &mut self.parameters;
        parameters.program_depth = self.instructions.len() as u32;
        let constants = self.constants.len() as u32 / parameters.elements;
        parameters.constant_depth = constants.max(2);
        let mut program = Program {
            name: name.into(),
            parameters: *parameters,
            instructions: self.instructions,
            remarks: self.remarks,
            matrices: self.matrices,
            constants: self.constants,
            tables: self.tables,
            logits_address,
            logits_count: parameters.vocabulary,
            logits_unit: 1.0,
            logits_scalar: 0,
            input: None,
            output: None,
            begin_token: None,
            end_tokens: BTreeSet::new(),
            widths: vec![],
            areas: vec![],
            orders: vec![],
        };
        program.parameters.functions = PassChoices::of(&program).has_functions();
        program
    }
}
