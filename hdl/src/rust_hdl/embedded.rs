//! Any module as a block, with ports by name.

use super::atom::PortAtom;
use super::engine::{EmbedError, Engine};
use super::value::Value;
use crate::language::module::Module;
use crate::language::simulation::Direction;
use rust_hdl_core::prelude::{Block, Logic, Probe, Verilog};
use std::sync::Arc;

/// A module in a rust-hdl design.
///
/// Its ports have the module's names and widths, and `clk_i` comes first if there is a clock. The
/// parent drives the inputs with [`set`](EmbeddedBlock::set) in its `update`, and prints the same
/// connections: rust-hdl calls a port of a field `array` `array$high_i`.
#[derive(Clone, Debug)]
pub struct EmbeddedBlock {
    engine: Engine,
    atoms: Vec<PortAtom>,
}

impl EmbeddedBlock {
    /// A block of a module. `prefix` stands before the names of its modules in Verilog; empty is
    /// best, but for two different modules of one name in one design.
    ///
    /// # Errors
    /// If the module does not pass its check.
    pub fn new(module: &Arc<Module>, prefix: &str) -> Result<EmbeddedBlock, EmbedError> {
        let engine = Engine::new(module, prefix)?;
        let atoms = engine.ports().iter().cloned().map(PortAtom::new).collect();
        Ok(EmbeddedBlock { engine, atoms })
    }

    #[track_caller]
    fn place(&self, port: &str) -> usize {
        let found = self.atoms.iter().position(|atom| atom.port.name == port);
        found.unwrap_or_else(|| panic!("no port `{port}` in this module"))
    }

    /// Drives an input.
    ///
    /// # Panics
    /// If there is no such input, or its width is another.
    #[track_caller]
    pub fn set<T: Value>(&mut self, port: &str, value: T) {
        let place = self.place(port);
        let atom = &mut self.atoms[place];
        let found = (atom.port.direction, atom.port.ty.width as usize);
        assert_eq!(found, (Direction::Input, T::BITS), "`{port}` and what drives it");
        atom.next = value.to_words();
    }

    /// What a port carries.
    ///
    /// # Panics
    /// If there is no such port, or its width is another.
    #[track_caller]
    pub fn get<T: Value>(&self, port: &str) -> T {
        let atom = &self.atoms[self.place(port)];
        assert_eq!(atom.port.ty.width as usize, T::BITS, "`{port}` and what reads it");
        match atom.port.direction {
            Direction::Input => T::from_words(&atom.value),
            Direction::Output => T::from_words(&atom.next),
        }
    }

    /// Says that the parent drives every input; the parent's `connect` calls it.
    pub fn connect_inputs(&mut self) {
        self.claim(Direction::Input);
    }

    fn claim(&mut self, direction: Direction) {
        let atoms = self.atoms.iter_mut().filter(|atom| atom.port.direction == direction);
        atoms.for_each(|atom| atom.driven = true);
    }
}

impl Logic for EmbeddedBlock {
    fn update(&mut self) {
        for (place, atom) in self.atoms.iter().enumerate() {
            if atom.port.direction == Direction::Input {
                self.engine.set(place, &atom.value);
            }
        }
        self.engine.step();
        for (place, atom) in self.atoms.iter_mut().enumerate() {
            if atom.port.direction == Direction::Output {
                atom.next = self.engine.get(place);
            }
        }
    }

    fn connect(&mut self) {
        self.claim(Direction::Output);
    }

    fn hdl(&self) -> Verilog {
        self.engine.hdl()
    }
}

impl Block for EmbeddedBlock {
    fn connect_all(&mut self) {
        self.connect();
    }

    fn update_all(&mut self) {
        self.update();
        self.atoms.iter_mut().for_each(PortAtom::update);
    }

    fn has_changed(&self) -> bool {
        self.atoms.iter().any(|atom| atom.changed)
    }

    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        for atom in &self.atoms {
            probe.visit_atom(&atom.port.name, atom);
        }
        probe.visit_end_scope(name, self);
    }
}
