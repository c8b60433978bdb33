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
    /// Matrix unit: stored trits × a train, drained to R or added to X.
    ///
    /// `word(tile, digit, column) = base + (tile · digits + digit) · stride + column`;
    /// `acc = Σ_digit 3^place Σ_column trits · counts`, `y = saturate(round_shift(acc · factor, shift))`,
    /// with the shift after all that is added to it [limited](weights::numeric::fixed_point::limited_shift)
    /// to 0..=63. The last word of the destination ends in zeros, but for keys, where it ends in anything.
    ///
    /// In an array of events a word is `lanes` rows of one column, in an embedding `lanes` columns of
    /// one row; of a train, the columns that count something are visited, at least one.
    ///
    /// Instead of a train it may read *vectors* of one plane each, which lie side by side in the words
    /// of the plane store: they share every weight word, and each has a result of its own. It visits
    /// all of their `stride` words, from word `source` on, and writes tile by tile, in it vector by vector.
    Matrix = 1 {
        /// 0 weights, 1 keys (p / lanes + 1 tiles; shift += deficit of the row's position), 2 values (p / slots + 1 columns), 3 embedding (row `token` itself instead of a product; its digits combined).
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
        /// 0: R, 1: X = y, 2: X = saturate(X + y).
        destination: u32 = 2,
        /// First word of the destination.
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
        /// Keys: first word of the deficits. Vectors: words from one result to the next.
        deficits: u32 = 14,
        /// Vectors in planes 0, 1 …, at most the machine's planes; 0: a train.
        vectors: u32 = 4,
        /// 1: they are a power of two of positions, of which there are p mod vectors + 1.
        within: u32 = 1,
    }
    /// Vector unit: sums of a vector, and from them the scale of its norm's counts.
    ///
    /// `y = weighted(x)`; `scalar = mean_scale(Σ x² + ε, Σ |y|, target)`, or `peak_norm_scale(Σ x² + ε, |y|, bits)`.
    Norm = 2 {
        /// 0: X, 1: R, 2: T.
        space: u32 = 2,
        /// First word of x.
        address: u32 = 14,
        /// Words of x.
        words: u32 = 12,
        /// 1: y = x · weight; 0: y = x.
        weighted: u32 = 1,
        /// First word of the weights in C.
        weight: u32 = 14,
        /// 0: mean_scale, otherwise the bits of peak_norm_scale.
        bits: u32 = 4,
        /// Target's mantissa.
        target: u32 = 16,
        /// Target's exponent.
        target_exponent: i32 = 6,
        /// ε in units of x², as a mantissa; see [`epsilon`](weights::numeric::fixed_point::epsilon).
        epsilon: u32 = 16,
        /// Its left shift, to the right if negative; four times f of `input` more if `follows`.
        epsilon_shift: i32 = 8,
        /// 1: ε follows f of `input`.
        follows: u32 = 1,
        /// Scalar that ε follows.
        input: u32 = 8,
        /// Scalar to write.
        output: u32 = 8,
    }
    /// Vector unit: values to trains, one train a group.
    ///
    /// `count = scaled_count(weighted(x), scalar[scalar + group], bits)`.
    Encode = 3 {
        /// 0: X, 1: R, 2: T.
        space: u32 = 2,
        /// First word of x.
        address: u32 = 14,
        /// Words of one group; for softmax weights taken from p.
        words: u32 = 12,
        /// Groups.
        groups: u32 = 8,
        /// 1: words = p / elements + 1.
        positions: u32 = 1,
        /// 1: x · weight; 0: x.
        weighted: u32 = 1,
        /// First word of the weights in C, for all groups one after the other.
        weight: u32 = 14,
        /// Scalar of the first group.
        scalar: u32 = 8,
        /// Bits of a magnitude.
        bits: u32 = 4,
        /// Train of the first group.
        train: u32 = 7,
        /// First word of the first train.
        destination: u32 = 10,
        /// Words from train to train.
        stride: u32 = 10,
    }
    /// Vector unit: turns pairs of channels by the angle of p, R to T, and finds each head's scale.
    ///
    /// Channels 2j and 2j + 1 of a word are a pair; a head's cosines for p start at
    /// `table + p · 2 · words`, alternating with words of sines (negative in even channels).
    /// `scalar[output + head] = peak_scale(|y| of the head, bits, f of input)`.
    Rotate = 4 {
        /// First word of x in R.
        address: u32 = 14,
        /// Words of one head.
        words: u32 = 8,
        /// Heads.
        heads: u32 = 8,
        /// First word of position 0 in C.
        table: u32 = 14,
        /// Right shift of the products.
        shift: u32 = 6,
        /// First word of y in T.
        destination: u32 = 14,
        /// Bits of the largest magnitude.
        bits: u32 = 4,
        /// Scalar whose f the vector has.
        input: u32 = 8,
        /// Scalar of the first head.
        output: u32 = 8,
    }
    /// Vector unit: finds each head's scale: `scalar[output + head] = peak_scale(|x|, bits, f of input)`.
    Measure = 5 {
        /// 0: X, 1: R, 2: T.
        space: u32 = 2,
        /// First word of x.
        address: u32 = 14,
        /// Words of one head.
        words: u32 = 8,
        /// Heads.
        heads: u32 = 8,
        /// Bits of the largest magnitude.
        bits: u32 = 4,
        /// Scalar whose f the vector has.
        input: u32 = 8,
        /// Scalar of the first head.
        output: u32 = 8,
    }
    /// Vector unit: keeps a key or a value for position p as balanced ternary digits.
    ///
    /// `digits of round_shift(x, shift of scalar)`; deficit of p = `deficit(top, scalar)`.
    Store = 6 {
        /// 0: X, 1: R, 2: T.
        space: u32 = 2,
        /// First word of x.
        address: u32 = 14,
        /// Words of one head.
        words: u32 = 8,
        /// Heads.
        heads: u32 = 8,
        /// 0: keys (row p of the head's words), 1: values (column p).
        values: u32 = 1,
        /// First word of head 0 in the store.
        base: u32 = 16,
        /// Words of one digit of one tile: keys ⌈words·elements / slots⌉, values ⌈context / slots⌉.
        columns: u32 = 10,
        /// Words from head to head.
        stride: u32 = 16,
        /// Scalar of the first head.
        scalar: u32 = 8,
        /// Top of the frame.
        top: i32 = 8,
        /// First deficit word of head 0.
        deficits: u32 = 14,
        /// Deficit words from head to head.
        deficit_stride: u32 = 12,
    }
    /// Vector unit: softmax weights of positions 0..=p, R to T.
    ///
    /// `e = softmax_weight(maximum, x, multiplier, shift + f of input)`, `w = e >> deficit`, both 0
    /// beyond p in the last word;
    /// `scalar[output] = peak_scale(|w|, bits, 0)`; `scalar[output + 1]` = reciprocal of Σ e as the
    /// mantissa, its length minus the shift of `scalar[output]` as f.
    Softmax = 7 {
        /// First word of the scores in R.
        address: u32 = 14,
        /// Maximum register of the scores.
        maximum: u32 = 5,
        /// Factor of a score's distance from the maximum.
        multiplier: u32 = 16,
        /// Right shift of the product, towards zero.
        shift: u32 = 6,
        /// Scalar whose f the scores have.
        input: u32 = 8,
        /// First word of the value deficits.
        deficits: u32 = 14,
        /// First word of w in T.
        destination: u32 = 14,
        /// Bits of the largest magnitude.
        bits: u32 = 4,
        /// First of the two scalars to write.
        output: u32 = 8,
    }
    /// Vector unit: `y = gated(gate, up, multiplier, shift + f of input, product_shift)`, R to T.
    Gate = 8 {
        /// First word of the gates in R.
        gate: u32 = 14,
        /// First word of the ups in R.
        up: u32 = 14,
        /// Words.
        words: u32 = 12,
        /// Factor of the sigmoid's argument.
        multiplier: u32 = 16,
        /// Right shift of the sigmoid's argument.
        shift: u32 = 6,
        /// Right shift of gate times up.
        product_shift: u32 = 6,
        /// Scalar whose f the gates have.
        input: u32 = 8,
        /// First word of y in T.
        destination: u32 = 14,
    }
    /// Vector unit: a stream of words through the stages of [`numeric::pass`](weights::numeric::pass).
    ///
    /// `y = multiply(function(join(a, b, c)))`, through a neuron if it is spiking; beyond the last
    /// element y is 0. Operands that share a memory are read one after the other, in their phases.
    Pass = 9 {
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
    Loop = 10 {
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
    Next = 11 {
        /// Depth of the loop, 0 for the outermost.
        level: u32 = 2,
    }
}
