//! The table of instructions. All sizes that divide p or a token id are powers of two.

use super::format::{Field, Format, HEADER_WIDTH, POINTERS_LOW, instructions};
use super::{Coded, Destination, Emit, Extent, Function, Length, Restart, RestartAt, Space};
use serde::Serialize;
use weights::numeric::pass::{
    Finish, Follow, Join, Multiply, Quantiser, Reduce, RuleReset, SpikeLevels, Theta,
};

instructions! {
    /// Ends the token: always, or only if nobody asked for its prediction.
    End = 0 {
        /// 1: end only if no prediction is asked for; 0: end, and send the prediction if one is.
        unasked: u32 = 1,
    }
    /// Matrix unit: stored trits × a train, drained to R.
    ///
    /// `word(tile, digit, column) = base + (tile · digits + digit) · stride + column`;
    /// `acc = Σ_digit 3^place Σ_column trits · counts`, `y = saturate(round_shift(acc · factor, shift))`,
    /// with the shift after all that is added to it [limited](weights::numeric::fixed_point::limited_shift)
    /// to 0..=63. The last word of the results ends in zeros, but for keys, where it ends in anything.
    ///
    /// In an array of events a word is `lanes` rows of one column, in an embedding `lanes` columns of
    /// one row; of a train, the columns that count something are visited, at least one.
    ///
    /// Instead of a train it may read *vectors* of one plane each, which lie side by side in the words
    /// of the plane store: they share every weight word, and each has a result of its own. It visits
    /// all of their `stride` words, from word `source` on, and writes tile by tile, in it vector by vector.
    Matrix = 1 {
        /// 0 weights, 1 keys (p / lanes + 1 tiles), 2 values (p / slots + 1 columns), 3 embedding (row `token` itself instead of a product; its digits combined).
        store: u32 = 2,
        /// First word in the store.
        base: u32 = 16,
        /// Tiles of `lanes` rows; for keys taken from p. Embedding: 1.
        tiles: u32 = 12,
        /// Words of one digit of one tile.
        stride: u32 = 10,
        /// Balanced ternary digits, most significant first.
        digits: u32 = 3,
        /// Train to read. Its non-empty words are visited, at least one.
        train: u32 = 7,
        /// First word of the train.
        source: u32 = 10,
        /// First word of the results in R.
        address: u32 = 14,
        /// Factor, unless the scalar's mantissa is taken.
        multiplier: u32 = 16,
        /// Right shift, to nearest, ties up.
        shift: u32 = 6,
        /// 0: none; 1: shift += f; 2: shift += f and the factor is the scalar's mantissa.
        scaling: u32 = 2,
        /// Scalar that `scaling` reads.
        scalar: u32 = 8,
        /// Valid rows of the last tile, 1..=lanes; for keys taken from p.
        last_rows: u32 = 9,
        /// 0: nothing; 1: keep the largest y of the valid rows in `maximum`; 2: also the lowest row that has it, as the prediction.
        search: u32 = 2,
        /// Maximum register to write.
        maximum: u32 = 5,
        /// Vectors: words from one result to the next.
        apart: u32 = 14,
        /// Vectors in planes 0, 1 …, at most the machine's planes; 0: a train.
        vectors: u32 = 4,
        /// 1: they are a power of two of positions, of which there are p mod vectors + 1.
        within: u32 = 1,
    }
    /// Vector unit: a stream of words through the stages of [`numeric::pass`](weights::numeric::pass).
    ///
    /// `y = multiply(function(join(a, b, c)))`, through a neuron if it is spiking; beyond the last
    /// element y is 0. Operands that share a memory are read one after the other, in their phases.
    Pass = 2 {
        /// How many elements.
        length: Length = 2,
        /// Their number, if it is fixed.
        channels: u32 = 14,
        /// Where a is read.
        a_space: Space = 3,
        /// Its first word.
        a: u32 = 16,
        /// 1: each pair of neighbours of a changes places.
        a_swap: u32 = 1,
        /// What a is where the state begins anew.
        a_restart: Restart = 2,
        /// Where b is read.
        b_space: Space = 3,
        /// Its first word, or its register.
        b: u32 = 16,
        /// What b is where the state begins anew.
        b_restart: Restart = 2,
        /// Where c is read.
        c_space: Space = 3,
        /// Its first word, or its register.
        c: u32 = 16,
        /// What c is where the state begins anew.
        c_restart: Restart = 2,
        /// Phase of b's reads, 0..=3.
        b_phase: u32 = 2,
        /// Phase of c's reads.
        c_phase: u32 = 2,
        /// Phase of the membrane's reads.
        membrane_phase: u32 = 2,
        /// When the state begins anew.
        restart_at: RestartAt = 3,
        /// How the operands are joined.
        join: Join = 3,
        /// Right shift of the join.
        join_shift: u32 = 5,
        /// The function.
        function: Function = 4,
        /// The second factor.
        multiply: Multiply = 3,
        /// Right shift of the product.
        shift: u32 = 6,
        /// What the scalar adds to it.
        follow: Follow = 2,
        /// The scalar that is read.
        scalar: u32 = 8,
        /// 1: y is the current of a neuron, and becomes its spike.
        spiking: u32 = 1,
        /// Leak, times 2^16.
        leak: u32 = 18,
        /// Rounding of v / θ.
        quantiser: Quantiser = 1,
        /// The spikes.
        levels: SpikeLevels = 3,
        /// Bits of their levels.
        level_bits: u32 = 4,
        /// The reset.
        reset: RuleReset = 2,
        /// The form of the threshold.
        theta: Theta = 2,
        /// θ, or its exponent.
        threshold: u32 = 23,
        /// 1: all that is left is emitted.
        remainder: u32 = 1,
        /// First word of the membranes in S.
        membrane: u32 = 16,
        /// 1: membranes are zero where the state begins anew.
        membrane_restart: u32 = 1,
        /// Where y is written.
        destination: Destination = 2,
        /// First word.
        write: u32 = 16,
        /// What else becomes of y.
        emit: Emit = 3,
        /// Train: bits of a count's magnitude; y is clipped to them.
        bits: u32 = 4,
        /// Train: its number. Vector: its plane.
        train: u32 = 7,
        /// Train, vector, keys, values: first word.
        words: u32 = 16,
        /// Keys, values: words of one digit of one tile.
        columns: u32 = 10,
        /// What is gathered over all y.
        reduce: Reduce = 3,
        /// What becomes of it.
        finish: Finish = 3,
        /// Factor of a level, mantissa of ε or of a target, or bits of a peak.
        factor: u32 = 16,
        /// Shift of a level, of ε, or exponent of a target.
        finish_shift: i32 = 8,
        /// Level or scalar to write.
        output: u32 = 8,
        /// How many cycles before the done of the pass before it may be taken.
        lead: u32 = 6,
    }
    /// Sequencer: the instructions up to its `Next` are repeated; loops nest up to four deep.
    ///
    /// Each iteration but the first moves every pointer by its stride; behind the loop they are what
    /// they were.
    Loop = 3 {
        /// How often.
        extent: Extent = 3,
        /// How often, if it is fixed; at least once. Chunks: their positions, a power of two.
        count: u32 = 14,
        /// How far pointer 1 moves.
        stride_1: u32 = 16,
        /// How far pointer 2 moves.
        stride_2: u32 = 16,
        /// How far pointer 3 moves.
        stride_3: u32 = 16,
        /// How far pointer 4 moves.
        stride_4: u32 = 16,
        /// How far pointer 5 moves.
        stride_5: u32 = 16,
        /// How far pointer 6 moves.
        stride_6: u32 = 16,
        /// How far pointer 7 moves.
        stride_7: u32 = 16,
    }
    /// Sequencer: the innermost loop goes on with its first instruction, or ends.
    Next = 4 {
        /// Depth of the loop, 0 for the outermost.
        level: u32 = 2,
    }
}
