//! What both kinds of blocks have inside: the simulation of a module, and its text.

use super::text;
use crate::language::check::{CheckError, Checked, check};
use crate::language::module::Module;
use crate::language::signal_type::uint;
use crate::language::simulation::{Direction, Port, PortIndex, Simulation};
use crate::language::simulator::NativeSimulation;
use rust_hdl_core::prelude::{Verilog, Wrapper};
use std::sync::Arc;

/// The port of the clock.
pub(super) const CLOCK: &str = "clk_i";

/// Why a module cannot be embedded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The module does not pass its check.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The block has a port that is not the module's.
    #[error("`{module}` has no {direction} `{port}` of {width} bits; it has {ports}")]
    Port {
        /// The module.
        module: String,
        /// What was asked for.
        port: String,
        /// Input or output.
        direction: &'static str,
        /// Its width.
        width: usize,
        /// What there is.
        ports: String,
    },
    /// A port of the module is missing in the block.
    #[error("the block leaves out `{port}` of `{module}`; give it every port")]
    Missing {
        /// The module.
        module: String,
        /// Its port.
        port: String,
    },
}

/// A module that runs and prints; ports by their position in [`ports`](Engine::ports).
#[derive(Clone, Debug)]
pub struct Engine {
    module: String,
    ports: Vec<Port>,
    /// Where the clock stands, and where it stood; none without a clock.
    clock: Option<(bool, bool)>,
    simulation: NativeSimulation,
    text: Wrapper,
}

impl Engine {
    /// An engine of a module; `prefix` stands before the names of all modules in the text, so that
    /// two designs with different modules of one name fit side by side.
    ///
    /// # Errors
    /// If the module does not pass its check.
    pub fn new(module: &Arc<Module>, prefix: &str) -> Result<Engine, EmbedError> {
        let design = check(&text::renamed(module, prefix))?;
        let simulation = NativeSimulation::new(&design);
        let clock = design.top().has_clock().then_some((false, false));
        let clock_port = clock.map(|_| Port {
            name: CLOCK.to_owned(),
            direction: Direction::Input,
            ty: uint(1),
            meaning: "clock".to_owned(),
        });
        let ports: Vec<Port> =
            clock_port.into_iter().chain(simulation.ports().iter().cloned()).collect();
        let module = design.top().name.clone();
        let text = Engine::wrapper(&design, &ports);
        Ok(Engine { module, ports, clock, simulation, text })
    }

    fn wrapper(design: &Checked, ports: &[Port]) -> Wrapper {
        let code = text::instance(&design.top().name, ports);
        Wrapper { code, cores: text::modules(design) }
    }

    /// The ports, the clock first if there is one.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Where the ports of a block stand among those of the module.
    ///
    /// # Errors
    /// If one is not the module's, or one of the module's is missing.
    pub fn places(&self, wanted: &[(&str, Direction, usize)]) -> Result<Vec<usize>, EmbedError> {
        let place = |&(name, direction, width): &(&str, Direction, usize)| {
            let same = |port: &Port| {
                (port.name.as_str(), port.direction, port.ty.width as usize)
                    == (name, direction, width)
            };
            self.ports.iter().position(same).ok_or_else(|| EmbedError::Port {
                module: self.module.clone(),
                port: name.to_owned(),
                direction: word(direction),
                width,
                ports: self.describe(),
            })
        };
        let places = wanted.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        match self.ports.iter().enumerate().find(|(index, _)| !places.contains(index)) {
            None => Ok(places),
            Some((_, port)) => {
                Err(EmbedError::Missing { module: self.module.clone(), port: port.name.clone() })
            }
        }
    }

    fn describe(&self) -> String {
        let ports = self.ports.iter();
        let words = ports
            .map(|port| format!("{} `{}` of {}", word(port.direction), port.name, port.ty.width));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The index in the simulation, which does not count the clock; none for the clock itself.
    fn index(&self, port: usize) -> Option<PortIndex> {
        match self.clock {
            Some(_) => port.checked_sub(1).map(PortIndex),
            None => Some(PortIndex(port)),
        }
    }

    /// Sets an input; nothing moves yet.
    pub fn set(&mut self, port: usize, words: &[u64]) {
        match (self.index(port), &mut self.clock) {
            (Some(index), _) => self.simulation.write(index, words),
            (None, Some((level, _))) => *level = words[0] & 1 == 1,
            (None, None) => {}
        }
    }

    /// What a port carries.
    pub fn get(&self, port: usize) -> Vec<u64> {
        let mut words = vec![0; self.ports[port].ty.words()];
        match self.index(port) {
            Some(index) => self.simulation.read(index, &mut words),
            None => words[0] = u64::from(self.clock.is_some_and(|(level, _)| level)),
        }
        words
    }

    /// Lets the outputs follow the inputs; if the clock has risen, registers take theirs first.
    pub fn step(&mut self) {
        match &mut self.clock {
            Some((true, before @ false)) => {
                *before = true;
                self.simulation.tick();
            }
            clock => {
                if let Some((level, before)) = clock {
                    *before = *level;
                }
                self.simulation.settle();
            }
        }
    }

    /// What rust-hdl prints of it.
    pub fn hdl(&self) -> Verilog {
        Verilog::Wrapper(self.text.clone())
    }
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Input => "input",
        Direction::Output => "output",
    }
}
