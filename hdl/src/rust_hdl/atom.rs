//! A port of an embedded module: a signal of rust-hdl whose width is known when it is made.

use crate::language::simulation::{Direction, Port};
use rust_hdl_core::prelude::{Atom, AtomKind, TypeDescriptor, TypeKind, VCDValue, VerilogLiteral};
use rust_hdl_core::signal::get_signal_id;

/// A port with its value, which changes in two steps as that of every signal of rust-hdl: what
/// drives it sets what comes next, an update takes it over.
#[derive(Clone, Debug)]
pub(super) struct PortAtom {
    pub(super) port: Port,
    pub(super) next: Vec<u64>,
    pub(super) value: Vec<u64>,
    pub(super) changed: bool,
    pub(super) driven: bool,
    id: usize,
}

impl PortAtom {
    /// A port whose bits are zero.
    pub(super) fn new(port: Port) -> PortAtom {
        let zero = vec![0; port.ty.words()];
        let id = get_signal_id();
        PortAtom { port, next: zero.clone(), value: zero, changed: false, driven: false, id }
    }

    /// Takes over what comes next.
    pub(super) fn update(&mut self) {
        self.changed = self.value != self.next;
        self.value.clone_from(&self.next);
    }

    fn bit(&self, index: usize) -> bool {
        self.value[index / 64] >> (index % 64) & 1 == 1
    }
}

impl Atom for PortAtom {
    fn bits(&self) -> usize {
        self.port.ty.width as usize
    }

    fn connected(&self) -> bool {
        self.driven
    }

    fn changed(&self) -> bool {
        self.changed
    }

    fn kind(&self) -> AtomKind {
        match self.port.direction {
            Direction::Input => AtomKind::InputParameter,
            Direction::Output => AtomKind::OutputParameter,
        }
    }

    fn descriptor(&self) -> TypeDescriptor {
        let (width, signed) = (self.bits(), self.port.ty.signed);
        let kind = if signed { TypeKind::Signed(width) } else { TypeKind::Bits(width) };
        TypeDescriptor { name: self.port.ty.to_string(), kind }
    }

    fn vcd(&self) -> VCDValue {
        let bits = (0..self.bits()).rev().filter_map(|index| match self.bit(index).into() {
            VCDValue::Single(value) => Some(value),
            _ => None,
        });
        VCDValue::Vector(bits.collect())
    }

    fn id(&self) -> usize {
        self.id
    }

    /// Only constants are printed by their value; a port is none.
    fn verilog(&self) -> VerilogLiteral {
        self.value[0].into()
    }

    fn constraints(&self) -> Vec<rust_hdl_core::prelude::PinConstraint> {
        Vec::new()
    }
}
