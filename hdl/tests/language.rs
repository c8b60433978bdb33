//! The language itself: what products, shifts and memories compute, and how they print.

mod support;

use hdl::language::bits::Bits;
use hdl::language::builder::Builder;
use hdl::language::check::check;
use hdl::language::module::Module;
use hdl::language::signal_type::{Type, sint, uint};
use hdl::language::simulation::Simulation;
use pretty_assertions::assert_eq;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use support::{Bench, Random};

fn module(body: impl FnOnce(&Builder)) -> Arc<Module> {
    let b = Builder::new("subject", file!(), "a part of the language.");
    body(&b);
    b.finish()
}

/// The printed lines that contain `part`, without their indentation.
fn lines(module: &Arc<Module>, part: &str) -> Vec<String> {
    let checked = check(module).unwrap_or_else(|error| panic!("{error}"));
    let text = &hdl::language::verilog::print(&checked)[0].text;
    text.lines().filter(|line| line.contains(part)).map(|line| line.trim().to_string()).collect()
}

/// Widths around one and two words, each with both signs.
fn types() -> Vec<Type> {
    [1, 2, 18, 63, 64, 65, 100, 127, 128].iter().flat_map(|&w| [uint(w), sint(w)]).collect()
}

fn mask(width: u32) -> u128 {
    u128::MAX >> (128 - width)
}

/// Random bits, every other time an extreme: zero, one, all ones, the least or the greatest.
fn value(random: &mut Random, width: u32) -> u128 {
    let top = 1u128 << (width - 1);
    match random.below(10) {
        0 => 0,
        1 => 1,
        2 => mask(width),
        3 => top,
        4 => top - 1,
        _ => (u128::from(random.next()) << 64 | u128::from(random.next())) & mask(width),
    }
}

/// The value of some bits by their type, as far as 128 bits hold it.
fn number(bits: u128, ty: Type) -> i128 {
    let unused = 128 - ty.width;
    if ty.signed { ((bits << unused) as i128) >> unused } else { bits as i128 }
}

fn write(bench: &mut Bench, name: &str, value: u128) {
    bench.set_bits(name, (0..128).map(|bit| value >> bit & 1 == 1).take(width(bench, name)));
}

fn width(bench: &Bench, name: &str) -> usize {
    bench.simulation.ports()[bench.simulation.port(name).0].ty.width as usize
}

fn read(bench: &Bench, name: &str) -> u128 {
    bench.bits(name).iter().rev().fold(0, |value, &bit| value << 1 | u128::from(bit))
}

/// The message of the panic that a tick or a settle must end in.
fn panic_of(run: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(run)).expect_err("it must be refused");
    payload.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// A product is Rust's, modulo 2^width.
#[test]
fn products() {
    let mut random = Random(1);
    for ty in types() {
        let product = module(|b| {
            let (x, y) = (b.input("x_i", ty, "x"), b.input("y_i", ty, "y"));
            b.output("product_o", x * y, "x");
        });
        assert_eq!(lines(&product, "assign"), ["assign product_o = x_i * y_i;"]);
        let mut bench = Bench::new(&product);
        for _ in 0..500 {
            let (x, y) = (value(&mut random, ty.width), value(&mut random, ty.width));
            write(&mut bench, "x_i", x);
            write(&mut bench, "y_i", y);
            bench.settle();
            let expected = x.wrapping_mul(y) & mask(ty.width);
            assert_eq!(read(&bench, "product_o"), expected, "{ty}: {x:#x} * {y:#x}");
        }
    }
}

/// Of extended operands the product is whole, and prints as the narrow multiply that it is.
#[test]
fn whole_products() {
    let mut random = Random(2);
    let extended = [
        (uint(18), "assign product_o = {18'd0, x_i} * {18'd0, y_i};"),
        (
            sint(18),
            "assign product_o = $signed({{18{x_i[17]}}, x_i}) * $signed({{18{y_i[17]}}, y_i});",
        ),
    ];
    for (ty, printed) in extended {
        let product = module(|b| {
            let (x, y) = (b.input("x_i", ty, "x"), b.input("y_i", ty, "y"));
            b.output("product_o", x.extend(36) * y.extend(36), "x");
        });
        assert_eq!(lines(&product, "assign"), [printed]);
        let mut bench = Bench::new(&product);
        for _ in 0..1000 {
            let (x, y) = (value(&mut random, 18), value(&mut random, 18));
            write(&mut bench, "x_i", x);
            write(&mut bench, "y_i", y);
            bench.settle();
            let found = number(read(&bench, "product_o"), Type { width: 36, ..ty });
            assert_eq!(found, number(x, ty) * number(y, ty), "{ty}: {x:#x} * {y:#x}");
        }
    }
}

/// Shifts by a signal are Rust's up to the width, and leave the fill alone from there on.
#[test]
fn shifts_by_a_signal() {
    let mut random = Random(3);
    for ty in types() {
        for amount in [uint(1), uint(5), uint(8), uint(32)] {
            let shifts = module(|b| {
                let (x, by) = (b.input("x_i", ty, "x"), b.input("by_i", amount, "y"));
                b.output("left_o", x.shift_left_by(by), "x");
                b.output("right_o", x.shift_right_by(by), "x");
            });
            let symbol = if ty.signed { ">>>" } else { ">>" };
            assert_eq!(
                lines(&shifts, "assign"),
                [
                    "assign left_o  = x_i << by_i;".into(),
                    format!("assign right_o = x_i {symbol} by_i;")
                ]
            );
            let mut bench = Bench::new(&shifts);
            for _ in 0..200 {
                let x = value(&mut random, ty.width);
                // Half the time around the width, where the fill begins.
                let near = u128::from(random.below(4) + u64::from(ty.width) - 1);
                let by = match random.below(2) {
                    0 => near & mask(amount.width),
                    _ => value(&mut random, amount.width),
                };
                write(&mut bench, "x_i", x);
                write(&mut bench, "by_i", by);
                bench.settle();
                let by = by as u32;
                let left = x.checked_shl(by).unwrap_or(0) & mask(ty.width);
                let right = match ty.signed {
                    true => (number(x, ty) >> by.min(127)) as u128 & mask(ty.width),
                    false => x.checked_shr(by).unwrap_or(0),
                };
                assert_eq!(read(&bench, "left_o"), left, "{ty}: {x:#x} << {by}");
                assert_eq!(read(&bench, "right_o"), right, "{ty}: {x:#x} >> {by}");
            }
        }
    }
}

/// The amount may be an expression, and the shifted a constant.
#[test]
fn shifts_inside_expressions() {
    let one_hot = module(|b| {
        let (x, y) = (b.input("x_i", uint(3), "x"), b.input("y_i", uint(3), "y"));
        b.output("mark_o", !b.literal(1, uint(8)).shift_left_by(x + y), "x");
    });
    assert_eq!(lines(&one_hot, "assign"), ["assign mark_o = ~(8'd1 << (x_i + y_i));"]);
    let mut bench = Bench::new(&one_hot);
    bench.set("x_i", 7);
    bench.set("y_i", 6);
    bench.settle();
    assert_eq!(bench.get("mark_o"), 0b1101_1111);
}

/// A memory of `depth` words with a clocked write port and two clocked read ports.
fn two_readers(depth: u32) -> Arc<Module> {
    module(|b| {
        let address = uint(hdl::language::storage::address_width(depth));
        let on = b.input("write_i", uint(1), "x");
        let at = b.input("at_i", address, "x");
        let data = b.input("data_i", uint(70), "x");
        let read = b.input("read_i", uint(1), "x");
        let (first, second) = (b.input("first_i", address, "x"), b.input("second_i", address, "x"));
        let words = b.memory("words", depth, uint(70), &[]);
        words.write(on, at, data);
        b.output("first_o", words.read("first_q", read, first), "x");
        b.output("second_o", words.read("second_q", b.flag(true), second), "x");
    })
}

/// Memories of any depth with two read ports hold what was written; reads take the old word.
#[test]
fn memories_of_any_depth() {
    let mut random = Random(4);
    for depth in [2, 3, 5, 8, 11, 100] {
        let memory = two_readers(depth);
        assert_eq!(
            lines(&memory, "reg [69:0] words"),
            [format!("reg [69:0] words [0:{}];", depth - 1)]
        );
        let mut bench = Bench::new(&memory);
        let mut words = vec![0; depth as usize];
        let mut held = 0;
        for _ in 0..500 {
            let addresses = [(); 3].map(|()| random.below(u64::from(depth)));
            let [at, first, second] = addresses;
            let (on, reads, data) = (random.once_in(2), random.once_in(2), value(&mut random, 70));
            bench.set("write_i", on.into());
            bench.set("read_i", reads.into());
            bench.set("at_i", at);
            bench.set("first_i", first);
            bench.set("second_i", second);
            write(&mut bench, "data_i", data);
            bench.tick();
            held = if reads { words[first as usize] } else { held };
            assert_eq!(read(&bench, "first_o"), held);
            assert_eq!(read(&bench, "second_o"), words[second as usize]);
            if on {
                words[at as usize] = data;
            }
        }
    }
}

/// The native simulator sees an access beyond the last word, if it is enabled.
#[test]
fn accesses_beyond_the_depth_are_seen() {
    let bench = |name: &str, address: u64, enable: &str| {
        let mut bench = Bench::new(&two_readers(5));
        bench.set(name, address);
        bench.set(enable, 1);
        bench
    };
    bench("first_i", 4, "read_i").tick();
    bench("first_i", 5, "write_i").tick();
    bench("at_i", 5, "read_i").tick();
    let read = panic_of(|| bench("first_i", 5, "read_i").tick());
    assert_eq!(read, "memory `words` reads word 5, it has 5");
    let write = panic_of(|| bench("at_i", 7, "write_i").tick());
    assert_eq!(write, "memory `words` writes word 7, it has 5");
    let table = table(false);
    let mut bench = Bench::new(&table);
    bench.set("address_i", 3);
    let word = panic_of(|| bench.settle());
    assert_eq!(word, "memory `table_words` reads word 3, it has 3");
}

/// A table of three constants, read in the same cycle.
fn table(distributed: bool) -> Arc<Module> {
    module(|b| {
        let address = b.input("address_i", uint(2), "x");
        let contents = [7, -2, 31].map(|word| Bits::new(word, sint(6)));
        let words = b.memory("table_words", 3, sint(6), &contents);
        let words = if distributed { words.distributed() } else { words };
        b.output("word_o", words.word(address), "x");
    })
}

/// A memory without a write port is a table of its contents.
#[test]
fn tables() {
    let table = table(true);
    assert_eq!(
        lines(&table, "table_words"),
        [
            "(* rom_style = \"logic\" *) reg signed [5:0] table_words [0:2];",
            "table_words[0] = 6'sd7;",
            "table_words[1] = -6'sd2;",
            "table_words[2] = 6'sd31;",
            "assign word_o = table_words[address_i];",
        ]
    );
    let mut bench = Bench::new(&table);
    for (address, expected) in [(1, -2), (0, 7), (2, 31)] {
        bench.set("address_i", address);
        bench.settle();
        assert_eq!(bench.get_signed("word_o"), expected);
    }
}

/// A memory of LUTs says so, next to its other attribute; one that does not is left to synthesis.
#[test]
fn memories_of_luts() {
    let declared = |exclusive: bool, distributed: bool| {
        let memory = module(|b| {
            let (on, address) = (b.flag(true), b.input("address_i", uint(4), "x"));
            let mut words = b.memory("words", 16, uint(4), &[]);
            words = if exclusive { words.exclusive() } else { words };
            words = if distributed { words.distributed() } else { words };
            words.write(on, address, !address);
            b.output("data_o", words.word(address), "x");
        });
        lines(&memory, "reg [3:0] words").concat()
    };
    let plain = "reg [3:0] words [0:15];";
    assert_eq!(declared(false, false), plain);
    assert_eq!(declared(true, false), format!("(* no_rw_check *) {plain}"));
    assert_eq!(declared(false, true), format!("(* ram_style = \"distributed\" *) {plain}"));
    assert_eq!(
        declared(true, true),
        format!("(* no_rw_check, ram_style = \"distributed\" *) {plain}")
    );
}
