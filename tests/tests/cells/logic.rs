//! LUTs, the multiplexers that join them, carry chains, multipliers: every input, or corners.

use crate::bench::{Bench, pins};
use cosim::tools::Family;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Contents of LUTs: each single bit, and a random draw.
fn contents() -> Vec<u16> {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let single = (0..16).map(|bit| 1 << bit);
    single.chain((0..32).map(|_| random.random())).collect()
}

/// Bit {d, c, b, a} of the contents.
fn lut(contents: u16, inputs: u64) -> u64 {
    u64::from(contents) >> (inputs & 15) & 1
}

#[test]
fn lut4_of_both_families() {
    let cells = [
        (Family::Ecp5, "LUT4", "INIT", ["A", "B", "C", "D", "Z"]),
        (Family::Ice40, "SB_LUT4", "LUT_INIT", ["I0", "I1", "I2", "I3", "O"]),
    ];
    for (family, cell, parameter, [a, b, c, d, z]) in cells {
        let contents = contents();
        let instance = |(index, word): (usize, &u16)| {
            format!(
                "{cell} #(.{parameter}(16'h{word:04x})) cell_{index} \
                 (.{a}(x[0]), .{b}(x[1]), .{c}(x[2]), .{d}(x[3]), .{z}(y[{index}]));\n"
            )
        };
        let body: String = contents.iter().enumerate().map(instance).collect();
        let mut bench = Bench::new((family, cell), &[("x", 4)], &[("y", 48)], &body);
        let (x, y) = (bench.port("x"), bench.port("y"));
        for inputs in 0..16 {
            bench.set(x, inputs);
            bench.settle();
            let expected = contents.iter().rev().fold(0, |all, &word| all << 1 | lut(word, inputs));
            assert_eq!(bench.get(y), expected, "{cell}, inputs {inputs:04b}");
        }
    }
}

/// All 512 inputs of a pair of bits. In each, the LUT adds without carry; the carry goes on where
/// it is 1, and is the lower LUT's where it is 0.
#[test]
fn ccu2c() {
    let mut variants =
        vec![(0x96aa, 0x96aa, true), (0x6aaa, 0x0088, true), (0x6996, 0x1234, false)];
    let mut random = ChaCha8Rng::seed_from_u64(5);
    variants.extend((0..13).map(|_| (random.random(), random.random(), random.random())));
    let instance = |(index, (low, high, chained)): (usize, &(u16, u16, bool))| {
        let inject = if *chained { "NO" } else { "YES" };
        format!(
            "CCU2C #(.INIT0(16'h{low:04x}), .INIT1(16'h{high:04x}), .INJECT1_0(\"{inject}\"), \
             .INJECT1_1(\"{inject}\")) cell_{index} (.CIN(x[8]), .A0(x[0]), .B0(x[1]), .C0(x[2]), \
             .D0(x[3]), .A1(x[4]), .B1(x[5]), .C1(x[6]), .D1(x[7]), .S0(y[{0}]), .S1(y[{1}]), \
             .COUT(y[{2}]));\n",
            3 * index,
            3 * index + 1,
            3 * index + 2
        )
    };
    let body: String = variants.iter().enumerate().map(instance).collect();
    let mut bench = Bench::new((Family::Ecp5, "CCU2C"), &[("x", 9)], &[("y", 48)], &body);
    let (x, y) = (bench.port("x"), bench.port("y"));
    for inputs in 0..512u64 {
        bench.set(x, inputs);
        bench.settle();
        let found = bench.get(y);
        for (index, &(low, high, chained)) in variants.iter().enumerate() {
            let (mut carry, mut expected) = (inputs >> 8, 0);
            for (bit, contents) in [low, high].into_iter().enumerate() {
                let inputs = inputs >> (4 * bit) & 15;
                let whole = lut(contents, inputs);
                expected |= (whole ^ if chained { carry } else { 0 }) << bit;
                let other = if chained { lut(contents, inputs & 3) } else { 0 };
                carry = if whole == 1 { carry } else { other };
            }
            expected |= carry << 2;
            let found = found >> (3 * index) & 7;
            assert_eq!(found, expected, "{:?}, inputs {inputs:09b}", variants[index]);
        }
    }
}

#[test]
fn joins_and_carries() {
    // Cell, its pins from input bit 0 on, its output, what it must be.
    type Case = (Family, &'static str, [&'static str; 4], fn(u64, u64, u64) -> u64);
    let cases: [Case; 3] = [
        (Family::Ecp5, "PFUMX", ["BLUT", "ALUT", "C0", "Z"], |b, a, c| if c == 1 { a } else { b }),
        (Family::Ecp5, "L6MUX21", ["D0", "D1", "SD", "Z"], |a, b, s| if s == 1 { b } else { a }),
        (Family::Ice40, "SB_CARRY", ["I0", "I1", "CI", "CO"], |a, b, c| (a + b + c) / 2),
    ];
    for (family, cell, [p, q, r, out], expected) in cases {
        let body = format!("{cell} cell_0 (.{p}(x[0]), .{q}(x[1]), .{r}(x[2]), .{out}(y));\n");
        let mut bench = Bench::new((family, cell), &[("x", 3)], &[("y", 1)], &body);
        let (x, y) = (bench.port("x"), bench.port("y"));
        for inputs in 0..8 {
            bench.set(x, inputs);
            bench.settle();
            let value = expected(inputs & 1, inputs >> 1 & 1, inputs >> 2);
            assert_eq!(bench.get(y), value, "{cell}, inputs {inputs:03b}");
        }
    }
}

#[test]
fn mult18x18d() {
    let mut body = String::new();
    for (index, (a, b)) in [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().enumerate() {
        body.push_str(&format!(
            "MULT18X18D cell_{index} ({}, {}, {}, .SIGNEDA(1'b{a}), .SIGNEDB(1'b{b}), \
             .SOURCEA(1'b0), .SOURCEB(1'b0));\n",
            pins("A", 18, "a"),
            pins("B", 18, "b"),
            pins("P", 36, &format!("y{index}"))
        ));
    }
    let outputs = [("y0", 36), ("y1", 36), ("y2", 36), ("y3", 36)];
    let inputs = [("a", 18), ("b", 18)];
    let mut bench = Bench::new((Family::Ecp5, "MULT18X18D"), &inputs, &outputs, &body);
    let ports = ["a", "b", "y0", "y1", "y2", "y3"].map(|name| bench.port(name));
    let corners = [0, 1, 2, 0x1ffff, 0x20000, 0x20001, 0x3fffe, 0x3ffff];
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut pairs: Vec<(u64, u64)> =
        corners.iter().flat_map(|&a| corners.map(|b| (a, b))).collect();
    pairs.extend(
        (0..2000).map(|_| (random.random_range(0..1 << 18), random.random_range(0..1 << 18))),
    );
    let valued = |word: u64, signed: bool| match signed && word >> 17 == 1 {
        true => word as i64 - (1 << 18),
        false => word as i64,
    };
    for (a, b) in pairs {
        bench.set(ports[0], a);
        bench.set(ports[1], b);
        bench.settle();
        for (index, signs) in
            [(false, false), (false, true), (true, false), (true, true)].iter().enumerate()
        {
            let product = valued(a, signs.0) * valued(b, signs.1);
            let expected = product as u64 & ((1 << 36) - 1);
            assert_eq!(bench.get(ports[2 + index]), expected, "{a:#x} * {b:#x}, signs {signs:?}");
        }
    }
}
