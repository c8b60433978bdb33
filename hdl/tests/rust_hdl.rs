//! Every module as a block of rust-hdl: it runs there as here, and prints what we print.
//!
//! `cargo test --release -p hdl --features rust-hdl --test rust_hdl`

#[path = "../examples/embed_in_rust_hdl.rs"]
mod embed_in_rust_hdl;

use hdl::blocks::array::lane::Lane;
use hdl::blocks::array::ternary_dot::TernaryDot;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulation::{Direction as Way, Port, PortIndex, Simulation as _};
use hdl::language::simulator::NativeSimulation;
use hdl::rust_hdl::core::prelude::*;
use hdl::rust_hdl::{EmbedError, EmbeddedBlock};
use pretty_assertions::assert_eq;
use weights::config::{Design, Target};
use weights::numeric::Radix;
use weights::sample;

/// What rust-hdl prints of the example; the ring `tools` has Verilator and Yosys read it.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/rust_hdl/top.v");

#[test]
fn the_example_runs_and_prints() {
    embed_in_rust_hdl::main();
    let text = embed_in_rust_hdl::verilog();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(GOLDEN).expect("the golden is committed"), text);
}

fn lane(slots: u32) -> std::sync::Arc<hdl::language::module::Module> {
    let (planes, radix, target) = (3, Radix::Bitwise, Target::Portable);
    Lane {
        slots,
        planes,
        radix,
        acc_width: 14,
        digits: true,
        digit_passes: false,
        vectors: false,
        target,
    }
    .module()
}

/// The next of some numbers that look random.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 16
}

/// A parent that has nothing but a block of one of our modules.
struct Around {
    block: EmbeddedBlock,
}

impl Logic for Around {
    fn update(&mut self) {}

    fn connect(&mut self) {
        self.block.connect_inputs();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(String::new())
    }
}

impl Block for Around {
    fn connect_all(&mut self) {
        self.connect();
        self.block.connect_all();
    }

    fn update_all(&mut self) {
        self.block.update_all();
    }

    fn has_changed(&self) -> bool {
        self.block.has_changed()
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        self.block.accept("block", probe);
        probe.visit_end_scope(name, self);
    }
}

/// Numbers into every input, cycle by cycle, of a block by name and of the module itself.
#[test]
fn a_block_runs_as_its_module() {
    let module = lane(5);
    let mut native = NativeSimulation::new(&check(&module).unwrap());
    let ports: Vec<Port> = native.ports().to_vec();
    let mut around = Around { block: EmbeddedBlock::new(&module, "").unwrap() };
    around.connect_all();
    assert_eq!(check_all(&around), Ok(()));
    let mut state = 1;
    for _ in 0..300 {
        for (index, port) in
            ports.iter().enumerate().filter(|(_, port)| port.direction == Way::Input)
        {
            let value = random(&mut state) & ((1 << port.ty.width) - 1);
            native.write_u64(PortIndex(index), value);
            match port.ty.width {
                1 => around.block.set(&port.name, value == 1),
                5 => around.block.set::<Bits<5>>(&port.name, value.into()),
                15 => around.block.set::<Bits<15>>(&port.name, value.into()),
                width => panic!("`{}` has {width} bits", port.name),
            }
        }
        for level in [false, true] {
            around.block.set("clk_i", Clock::from(level));
            assert!(simulate(&mut around, 10), "it settles");
        }
        native.tick();
        let sum = around.block.get::<Signed<14>>("sum_o").bigint();
        assert_eq!(i64::try_from(sum).unwrap(), native.read_i64(native.port("sum_o")));
    }
}

/// Every module of a whole machine can be embedded, checked and printed by rust-hdl.
#[test]
fn every_module_of_a_machine_is_a_block() {
    let program = firmware::lower::lower(&sample::network(1), &Design::bundled()).unwrap();
    let design = check(&Machine::observed(&program).module()).unwrap();
    for module in design.modules() {
        let mut around = Around { block: EmbeddedBlock::new(module, "").unwrap() };
        around.connect_all();
        let text = generate_verilog(&around);
        let instance = format!("    {} embedded (", module.name);
        assert!(text.contains(&instance) && text.contains(&format!("\nmodule {} (", module.name)));
        assert!(simulate(&mut around, 10), "{} settles", module.name);
    }
    println!("{} modules", design.modules().len());
}

hdl::rust_hdl_block! {
    struct Dot {
        clk_i: In<Clock>,
        active_i: In<Bits<4>>,
        negative_i: In<Bits<4>>,
        high_i: In<Bits<4>>,
        low_i: In<Bits<4>>,
        dot_o: Out<Signed<4>>,
    }
}

#[test]
fn ports_that_are_not_the_modules_are_refused() {
    let dot =
        |slots| Dot::new(&TernaryDot { slots, target: Target::Portable }.module(), "").map(|_| ());
    assert_eq!(dot(4), Ok(()));
    let message = dot(5).unwrap_err().to_string();
    let begin = "`ternary_dot` has no input `active_i` of 4 bits; it has input `clk_i` of 1, ";
    assert!(message.starts_with(begin), "{message}");
    hdl::rust_hdl_block! {
        struct Deaf {
            clk_i: In<Clock>,
            dot_o: Out<Signed<4>>,
        }
    }
    let refused = Deaf::new(&TernaryDot { slots: 4, target: Target::Portable }.module(), "")
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(refused, EmbedError::Missing { .. }), "{refused}");
}

/// Alike blocks share their modules; different ones are told apart by a prefix.
#[test]
fn modules_are_defined_once() {
    let text = |blocks: [(u32, &str); 2]| {
        let mut blocks: Vec<EmbeddedBlock> = blocks
            .iter()
            .map(|&(slots, prefix)| EmbeddedBlock::new(&lane(slots), prefix).unwrap())
            .collect();
        blocks.iter_mut().for_each(EmbeddedBlock::connect_inputs);
        let mut around = TopWrap::new(blocks);
        around.connect_all();
        generate_verilog(&around)
    };
    let guards = |text: &str, name: &str| {
        let begin = format!("`define SPIKEWRIGHT_{name}_");
        let lines = text.lines().filter(|line| line.starts_with(&begin));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        lines.dedup();
        lines.len()
    };
    let alike = text([(4, ""), (4, "")]);
    assert_eq!((guards(&alike, "LANE"), guards(&alike, "OTHER_LANE")), (1, 0));
    let different = text([(4, ""), (5, "other_")]);
    assert_eq!((guards(&different, "LANE"), guards(&different, "OTHER_LANE")), (1, 1));
    assert!(
        different.contains("    other_lane embedded (") && different.contains("other_ternary_dot")
    );
}
