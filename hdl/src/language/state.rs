//! A module under construction, as signals see it.

use crate::language::bits::Bits;
use crate::language::expression::{Kind, MemoryId, NameId, Node, NodeId};
use crate::language::module::{Item, Module};
use crate::language::signal_type::Type;
use crate::language::verilog;
use std::collections::HashMap;

/// The module so far, and what only construction needs.
pub(crate) struct State {
    pub(crate) module: Module,
    interned: HashMap<Node, NodeId>,
    /// Clocked parts of the current section, printed at its end.
    pub(crate) clocked_registers: Vec<usize>,
    pub(crate) clocked_writes: Vec<MemoryId>,
    pub(crate) clocked_reads: Vec<NameId>,
    /// Bits of the current section that are deliberately not read.
    pub(crate) unused: Vec<Item>,
}

impl State {
    pub(crate) fn new(module: Module) -> State {
        State {
            module,
            interned: HashMap::new(),
            clocked_registers: vec![],
            clocked_writes: vec![],
            clocked_reads: vec![],
            unused: vec![],
        }
    }

    /// The node of an expression: equal ones are one.
    pub(crate) fn intern(&mut self, kind: Kind, ty: Type) -> NodeId {
        let node = Node { kind, ty };
        let next = NodeId(self.module.nodes.len() as u32);
        let id = *self.interned.entry(node.clone()).or_insert(next);
        if id == next {
            self.module.nodes.push(node);
        }
        id
    }

    pub(crate) fn describe(&self, node: NodeId) -> String {
        verilog::describe(&self.module, node)
    }

    pub(crate) fn is_named(&self, node: NodeId) -> bool {
        matches!(self.module.node(node).kind, Kind::Named(_))
    }

    pub(crate) fn constant_value(&self, node: NodeId) -> Option<Bits> {
        match &self.module.node(node).kind {
            Kind::Constant(bits) => Some(bits.clone()),
            _ => None,
        }
    }

    /// What a cast was made from, if the node is one.
    pub(crate) fn cast_operand(&self, node: NodeId) -> Option<NodeId> {
        match self.module.node(node).kind {
            Kind::Cast(inner) => Some(inner),
            _ => None,
        }
    }

    pub(crate) fn type_of(&self, node: NodeId) -> Type {
        self.module.node(node).ty
    }
}
