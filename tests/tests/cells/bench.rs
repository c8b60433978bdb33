//! A cell, or several of them, between ports: what every test of a cell drives.

use cosim::gates::CellModel;
use cosim::tools::{Design, Family};
use cosim::verilated::{BuildOptions, Optimisation, Toolchain, VerilatedModel};
use hdl::language::signal_type::uint;
use hdl::language::simulation::{Direction, Port, PortIndex, Simulation};

/// A simulation of instances of cells.
pub(crate) struct Bench {
    simulation: VerilatedModel,
}

impl Bench {
    /// A module `bench` of these ports, name and width, with `body` inside; `cell` names the models
    /// that it uses.
    pub(crate) fn new(
        (family, cell): (Family, &str),
        inputs: &[(&str, u32)],
        outputs: &[(&str, u32)],
        body: &str,
    ) -> Bench {
        let port = |direction, &(name, width): &(&str, u32)| Port {
            name: name.to_owned(),
            direction,
            ty: uint(width),
            meaning: String::new(),
        };
        let mut ports: Vec<Port> = inputs.iter().map(|p| port(Direction::Input, p)).collect();
        ports.extend(outputs.iter().map(|p| port(Direction::Output, p)));
        let declare = |port: &Port| {
            let direction = match port.direction {
                Direction::Input => "input",
                Direction::Output => "output",
            };
            format!("{direction} [{}:0] {}", port.ty.width - 1, port.name)
        };
        let mut table = vec!["input clk_i".to_owned()];
        table.extend(ports.iter().map(declare));
        let text = format!("module bench ({});\n{body}\nendmodule\n", table.join(", "));
        let model = CellModel::of(family, cell).unwrap_or_else(|| panic!("{cell} has no model"));
        let sources = [("bench.v".to_owned(), text), model.source()];
        let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
        let options =
            BuildOptions { optimisation: Optimisation::Normal, ..BuildOptions::default() };
        let design = Design { top: "bench", sources: &sources };
        let model = toolchain.build(&design, &ports, options);
        let model = model.unwrap_or_else(|error| panic!("{cell}: {error}"));
        let simulation = model.simulate().unwrap_or_else(|error| panic!("{cell}: {error}"));
        Bench { simulation }
    }

    pub(crate) fn port(&self, name: &str) -> PortIndex {
        self.simulation.port(name)
    }

    pub(crate) fn set(&mut self, port: PortIndex, value: u64) {
        self.simulation.write_u64(port, value);
    }

    pub(crate) fn settle(&mut self) {
        self.simulation.settle();
    }

    pub(crate) fn tick(&mut self) {
        self.simulation.tick();
    }

    pub(crate) fn get(&self, port: PortIndex) -> u64 {
        self.simulation.read_u64(port)
    }
}

/// The bits of vectors as the pins of a cell: `.A1(a[1]), .A0(a[0])`.
pub(crate) fn pins(pin: &str, count: u32, vector: &str) -> String {
    let pins: Vec<String> = (0..count).map(|i| format!(".{pin}{i}({vector}[{i}])")).collect();
    pins.join(", ")
}
