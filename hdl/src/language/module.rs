//! A finished module: what the checker reads, and after it the printer and the simulator.

use crate::language::bits::Bits;
use crate::language::expression::{MemoryId, NameId, Node, NodeId};
use crate::language::primitive::Primitive;
use crate::language::property::Property;
use crate::language::signal_type::Type;
use crate::language::simulation::{Direction, Port};
use std::sync::Arc;

/// One module, complete but unchecked.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// Name in Verilog, and of its file.
    pub name: String,
    /// Path of the generator in this repository, for the header.
    pub source: &'static str,
    /// Header text: purpose first, then what a user must know.
    pub summary: String,
    /// Register stages between data input and data output.
    pub latency: u32,
    /// Ports in order, without clock and reset.
    pub(crate) ports: Vec<PortEntry>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) names: Vec<Name>,
    pub(crate) registers: Vec<Register>,
    pub(crate) memories: Vec<Memory>,
    pub(crate) instances: Vec<Instance>,
    pub(crate) items: Vec<Item>,
    pub(crate) has_clock: bool,
    pub(crate) has_reset: bool,
    pub(crate) keep_hierarchy: bool,
    /// What makes this a vendor's cell.
    pub(crate) primitive: Option<Primitive>,
    /// The wire of the cell that makes the clock here; else the clock comes in by `clk_i`.
    pub(crate) clock: Option<String>,
    /// What resets everything here; else the reset comes in by `rst_i`.
    pub(crate) reset: Option<NodeId>,
}

/// A line of the port table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PortEntry {
    /// A comment above the ports that follow.
    Group(String),
    /// An input and its name.
    Input(NameId, String),
    /// An output, driven by a node.
    Output { name: NameId, driver: NodeId, meaning: String },
}

/// A named signal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) ty: Type,
    pub(crate) driver: Driver,
}

/// Who drives a named signal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Driver {
    /// The surroundings.
    Input,
    /// A named constant.
    Constant(Bits),
    /// An expression; `None` while a forward wire waits for it.
    Wire(Option<NodeId>),
    /// A case table.
    Case(CaseTable),
    /// A register, by its position in `registers`.
    Register(usize),
    /// The clocked output of a memory.
    MemoryRead { memory: MemoryId, enable: NodeId, address: NodeId },
    /// An output of an instance: instance position, port name.
    Instance(usize, String),
    /// An output port's own name; its driver stands in the port entry.
    Output,
}

/// A register and its updates: the first whose condition holds wins, else it keeps its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Register {
    pub(crate) name: NameId,
    pub(crate) reset: Option<Bits>,
    /// Its value when the device is configured.
    pub(crate) initial: Option<Bits>,
    pub(crate) updates: Vec<(Option<NodeId>, NodeId)>,
}

/// A table from selector values to results.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CaseTable {
    pub(crate) selector: NodeId,
    /// Value, result, and a remark for the reader, which may be empty.
    pub(crate) arms: Vec<(Bits, NodeId, String)>,
    pub(crate) default: NodeId,
}

/// A memory of `depth` words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Memory {
    pub(crate) text: String,
    pub(crate) ty: Type,
    pub(crate) depth: u32,
    /// Whether nobody looks at a word that was read in the cycle that wrote it.
    pub(crate) exclusive: bool,
    /// Whether synthesis makes it of LUTs.
    pub(crate) distributed: bool,
    pub(crate) contents: Vec<Bits>,
    pub(crate) write: Option<MemoryWrite>,
}

/// The write port of a memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MemoryWrite {
    pub(crate) enable: NodeId,
    /// One bit for each of the equal parts of a word: which of them are written. All without it.
    pub(crate) mask: Option<NodeId>,
    pub(crate) address: NodeId,
    pub(crate) data: NodeId,
}

/// An instance of another module. Clock and reset connect by themselves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instance {
    pub(crate) text: String,
    pub(crate) module: Arc<Module>,
    pub(crate) inputs: Vec<(String, NodeId)>,
    /// Port, wire, and whether the wire was declared further up.
    pub(crate) outputs: Vec<(String, NameId, bool)>,
}

/// What stands in the body, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// A banner with a title.
    Section(String),
    /// Sentences above the next item.
    Comment(String),
    /// `localparam`.
    Constant(NameId, String),
    /// A wire with its expression.
    Wire(NameId),
    /// A wire that is driven further down.
    Declare(NameId),
    /// The driver of a declared wire.
    Assign(NameId),
    /// A case table.
    Case(NameId),
    /// Declaration of a register.
    Register(NameId),
    /// Declaration of a memory and its contents.
    Memory(MemoryId),
    /// Declaration of a memory's clocked output.
    MemoryRead(NameId),
    /// An instance, by position.
    Instance(usize),
    /// The `always` blocks of the registers and memory ports since the last such item.
    Clocked { registers: Vec<usize>, writes: Vec<MemoryId>, reads: Vec<NameId> },
    /// Bits that are deliberately not read, with the reason.
    Unused(String, NodeId, String),
    /// What follows exists for the properties only.
    Properties,
    /// What holds at every clock.
    Property(Property),
}

impl Module {
    /// The ports as the surroundings see them: reset first, then in order, without the clock.
    pub fn ports(&self) -> Vec<Port> {
        let reset = self.has_reset.then(|| Port {
            name: "rst_i".into(),
            direction: Direction::Input,
            ty: crate::language::signal_type::uint(1),
            meaning: "synchronous reset, active high".into(),
        });
        let own = self.ports.iter().filter_map(|entry| {
            let (name, direction, meaning) = match entry {
                PortEntry::Group(_) => return None,
                PortEntry::Input(name, meaning) => (name, Direction::Input, meaning),
                PortEntry::Output { name, meaning, .. } => (name, Direction::Output, meaning),
            };
            let Name { text, ty, .. } = &self.names[name.0 as usize];
            Some(Port { name: text.clone(), direction, ty: *ty, meaning: meaning.clone() })
        });
        reset.into_iter().chain(own).collect()
    }

    /// The type of a port, if there is one of that name.
    pub fn port_type(&self, name: &str) -> Option<Type> {
        self.ports().into_iter().find(|port| port.name == name).map(|port| port.ty)
    }

    /// What makes the module a vendor's cell, if it is one.
    pub fn primitive(&self) -> Option<&Primitive> {
        self.primitive.as_ref()
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub(crate) fn name(&self, id: NameId) -> &Name {
        &self.names[id.0 as usize]
    }

    /// Whether the module, or one below it, has a clock.
    pub fn has_clock(&self) -> bool {
        self.has_clock
    }

    /// Whether the module, or one below it, takes a reset from outside.
    pub fn has_reset(&self) -> bool {
        self.has_reset
    }

    /// What the module and its surroundings keep.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.items.iter().filter_map(|item| match item {
            Item::Property(property) => Some(property),
            _ => None,
        })
    }

    /// The instances, by name.
    pub fn parts_below(&self) -> impl Iterator<Item = (&str, &Module)> {
        self.instances.iter().map(|instance| (instance.text.as_str(), &*instance.module))
    }

    /// The items of the hardware, and those that exist for the properties only.
    pub(crate) fn parts(&self) -> (&[Item], &[Item]) {
        let begin = self.items.iter().position(|item| matches!(item, Item::Properties));
        match begin {
            Some(begin) => (&self.items[..begin], &self.items[begin + 1..]),
            None => (&self.items, &[]),
        }
    }
}
