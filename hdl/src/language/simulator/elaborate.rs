//! Flattening: from a hierarchy of modules to operations in dependency order.

use super::native::NativeSimulation;
use super::operation::Operation;
use super::state::{MemoryState, PropertyState, RegisterState, Slot, WritePort};
use crate::language::bits::Bits;
use crate::language::check::Checked;
use crate::language::expression::{Kind, NameId, NodeId, Unary};
use crate::language::module::{Driver, Module, PortEntry};
use crate::language::property::Claim;
use crate::language::signal_type::Type;
use crate::language::simulation::Simulation;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One module in its place in the hierarchy.
struct Scope {
    module: Arc<Module>,
    path: String,
    parent: Option<(usize, usize)>,
    children: Vec<usize>,
    nodes: Vec<Option<Slot>>,
    names: Vec<Option<Slot>>,
    first_memory: usize,
}

#[derive(Default)]
struct Elaboration {
    scopes: Vec<Scope>,
    state: Vec<u64>,
    operations: Vec<Operation>,
    constants: BTreeMap<(u32, Vec<u64>), usize>,
    /// The reset of the top.
    reset: Option<Slot>,
}

impl NativeSimulation {
    /// Flattens a checked design.
    pub fn new(design: &Checked) -> NativeSimulation {
        let mut simulation = elaborate(design);
        simulation.settle();
        simulation
    }
}

fn elaborate(design: &Checked) -> NativeSimulation {
    let mut flat = Elaboration::default();
    let mut memories = vec![];
    flat.add_scope(design.top(), "", None, &mut memories);
    let top = design.top().clone();
    flat.reset = top.has_reset().then(|| flat.allocate(1));
    let port_slots: Vec<Slot> = flat
        .reset
        .into_iter()
        .chain(top.ports.iter().filter_map(|entry| match entry {
            PortEntry::Group(_) => None,
            PortEntry::Input(name, _) => Some(flat.name_slot(0, *name)),
            PortEntry::Output { driver, .. } => Some(flat.slot(0, *driver)),
        }))
        .collect();
    let (mut registers, mut properties) = (vec![], vec![]);
    for scope in 0..flat.scopes.len() {
        flat.add_registers(scope, &mut registers);
        flat.add_memory_ports(scope, &mut memories);
        properties.extend(flat.properties(scope));
    }
    let shadow = registers.iter().map(|register: &RegisterState| register.slot.words).sum();
    NativeSimulation {
        ports: top.ports(),
        port_slots,
        state: flat.state,
        operations: flat.operations,
        registers,
        memories,
        properties,
        shadow: vec![0; shadow],
        dirty: true,
    }
}

impl Elaboration {
    fn add_scope(
        &mut self,
        module: &Arc<Module>,
        path: &str,
        parent: Option<(usize, usize)>,
        memories: &mut Vec<MemoryState>,
    ) -> usize {
        let index = self.scopes.len();
        self.scopes.push(Scope {
            module: module.clone(),
            path: format!("{path}{}", module.name),
            parent,
            children: vec![],
            nodes: vec![None; module.nodes.len()],
            names: vec![None; module.names.len()],
            first_memory: memories.len(),
        });
        for memory in &module.memories {
            let words = memory.ty.words();
            let mut contents: Vec<u64> =
                memory.contents.iter().flat_map(|word| word.words().to_vec()).collect();
            contents.resize(words * memory.depth as usize, 0);
            memories.push(MemoryState {
                path: format!("{path}{}", memory.text),
                width: memory.ty.width,
                words,
                depth: memory.depth as usize,
                contents,
                exclusive: memory.exclusive,
                write: None,
                reads: vec![],
            });
        }
        for (position, instance) in module.instances.iter().enumerate() {
            let below = format!("{path}{}.", instance.text);
            let child = self.add_scope(&instance.module, &below, Some((index, position)), memories);
            self.scopes[index].children.push(child);
        }
        index
    }

    fn allocate(&mut self, width: u32) -> Slot {
        let words = (width as usize).div_ceil(64);
        let offset = self.state.len();
        self.state.resize(offset + words, 0);
        Slot { offset, words, width }
    }

    fn constant(&mut self, bits: &Bits) -> Slot {
        let key = (bits.width(), bits.words().to_vec());
        if let Some(&offset) = self.constants.get(&key) {
            return Slot { offset, words: bits.words().len(), width: bits.width() };
        }
        let slot = self.allocate(bits.width());
        self.state[slot.offset..slot.offset + slot.words].copy_from_slice(bits.words());
        self.constants.insert(key, slot.offset);
        slot
    }

    /// Where a named signal lives; wires, ports and instance pins share their driver's place.
    fn name_slot(&mut self, scope: usize, name: NameId) -> Slot {
        let index = name.0 as usize;
        if let Some(slot) = self.scopes[scope].names[index] {
            return slot;
        }
        let module = self.scopes[scope].module.clone();
        let entry = module.name(name);
        let slot = match &entry.driver {
            Driver::Wire(Some(node)) => self.slot(scope, *node),
            Driver::Constant(bits) => self.constant(bits),
            Driver::Input => match self.scopes[scope].parent {
                Some((parent, position)) => {
                    let parent_module = self.scopes[parent].module.clone();
                    let inputs = &parent_module.instances[position].inputs;
                    match inputs.iter().find(|(port, _)| *port == entry.text) {
                        Some((_, node)) => self.slot(parent, *node),
                        None => unreachable!("the builder connects every input"),
                    }
                }
                None => self.allocate(entry.ty.width),
            },
            Driver::Instance(position, port) => {
                let child = self.scopes[scope].children[*position];
                let child_module = self.scopes[child].module.clone();
                let driver = child_module.ports.iter().find_map(|entry| match entry {
                    PortEntry::Output { name, driver, .. }
                        if child_module.name(*name).text == *port =>
                    {
                        Some(*driver)
                    }
                    _ => None,
                });
                match driver {
                    Some(node) => self.slot(child, node),
                    None => unreachable!("instance outputs come from the port table"),
                }
            }
            Driver::Case(table) => self.case(scope, entry.ty, table),
            Driver::Register(_) | Driver::MemoryRead { .. } => self.allocate(entry.ty.width),
            Driver::Wire(None) | Driver::Output => unreachable!("checked designs drive all"),
        };
        self.scopes[scope].names[index] = Some(slot);
        slot
    }

    fn case(&mut self, scope: usize, ty: Type, table: &crate::language::module::CaseTable) -> Slot {
        let selector = self.slot(scope, table.selector);
        assert!(selector.width <= 16, "a case selector of more than 16 bits is no table");
        let default = self.slot(scope, table.default);
        let mut results = vec![default; 1 << selector.width];
        for (value, node, _) in table.arms.iter().rev() {
            results[value.words()[0] as usize] = self.slot(scope, *node);
        }
        let out = self.allocate(ty.width);
        self.operations.push(Operation::Case { out, selector, results: results.into() });
        out
    }

    /// Where a node's value lives; emits the operations that compute it on first use.
    fn slot(&mut self, scope: usize, node: NodeId) -> Slot {
        if let Some(slot) = self.scopes[scope].nodes[node.0 as usize] {
            return slot;
        }
        let module = self.scopes[scope].module.clone();
        let ty = module.node(node).ty;
        let slot = match &module.node(node).kind {
            Kind::Constant(bits) => self.constant(bits),
            Kind::Named(name) => self.name_slot(scope, *name),
            Kind::Cast(a) => self.slot(scope, *a),
            kind => {
                let operands: Vec<Slot> =
                    kind.operands().iter().map(|operand| self.slot(scope, *operand)).collect();
                let out = self.allocate(ty.width);
                let operation = self.operation(&module, scope, kind, out, &operands);
                self.operations.push(operation);
                out
            }
        };
        self.scopes[scope].nodes[node.0 as usize] = Some(slot);
        slot
    }

    fn operation(
        &self,
        module: &Module,
        scope: usize,
        kind: &Kind,
        out: Slot,
        operands: &[Slot],
    ) -> Operation {
        let signed = |node: &NodeId| module.node(*node).ty.signed;
        match kind {
            Kind::Unary(Unary::Not, _) => Operation::Not(out, operands[0]),
            Kind::Unary(Unary::Negate, _) => Operation::Negate(out, operands[0]),
            Kind::Reduce(operator, _) => Operation::Reduce(*operator, out, operands[0]),
            Kind::Binary(operator, ..) => {
                Operation::Binary(*operator, out, operands[0], operands[1])
            }
            Kind::Compare(operator, a, _) => Operation::Compare {
                operator: *operator,
                signed: signed(a),
                out,
                a: operands[0],
                b: operands[1],
            },
            Kind::Select(..) => Operation::Select(out, operands[0], operands[1], operands[2]),
            Kind::Slice(_, low) => {
                Operation::Window { out, source: operands[0], low: *low, signed: false }
            }
            Kind::Extend(a) => {
                Operation::Window { out, source: operands[0], low: 0, signed: signed(a) }
            }
            Kind::ShiftRight(a, by) => {
                Operation::Window { out, source: operands[0], low: *by, signed: signed(a) }
            }
            Kind::ShiftLeft(_, by) => Operation::ShiftLeft(out, operands[0], *by),
            Kind::ShiftRightBy(a, _) => Operation::ShiftRightBy {
                out,
                source: operands[0],
                by: operands[1],
                signed: signed(a),
            },
            Kind::ShiftLeftBy(..) => Operation::ShiftLeftBy(out, operands[0], operands[1]),
            Kind::Concat(_) => Operation::Concat(out, operands.iter().rev().copied().collect()),
            Kind::Repeat(_, count) => {
                Operation::Concat(out, vec![operands[0]; *count as usize].into())
            }
            Kind::MemoryWord(memory, _) => Operation::MemoryWord {
                out,
                memory: self.scopes[scope].first_memory + memory.0 as usize,
                address: operands[0],
            },
            Kind::Constant(_) | Kind::Named(_) | Kind::Cast(_) => {
                unreachable!("these share a place and need no operation")
            }
        }
    }

    fn add_registers(&mut self, scope: usize, registers: &mut Vec<RegisterState>) {
        let module = self.scopes[scope].module.clone();
        for register in &module.registers {
            let slot = self.name_slot(scope, register.name);
            let updates = register.updates.iter().map(|(condition, value)| {
                let condition = condition.map(|node| self.slot(scope, node));
                (condition, self.slot(scope, *value))
            });
            let updates = updates.collect();
            let reset = register.reset.as_ref();
            let reset = reset.map(|bits| (self.reset_slot(scope), bits.words().to_vec()));
            if let Some(initial) = &register.initial {
                self.state[slot.offset..slot.offset + slot.words].copy_from_slice(initial.words());
            }
            registers.push(RegisterState { slot, reset, updates });
        }
    }

    /// Where the reset of a module lives: made there, or in the nearest module above, or a port.
    fn reset_slot(&mut self, scope: usize) -> Slot {
        match (self.scopes[scope].module.reset, self.scopes[scope].parent) {
            (Some(node), _) => self.slot(scope, node),
            (None, Some((parent, _))) => self.reset_slot(parent),
            (None, None) => match self.reset {
                Some(slot) => slot,
                None => unreachable!("a top with registers to reset has a port or makes a reset"),
            },
        }
    }

    /// The properties of a module, if it has any.
    fn properties(&mut self, scope: usize) -> Option<PropertyState> {
        let module = self.scopes[scope].module.clone();
        module.properties().next()?;
        let (mut assumed, mut asserted) = (vec![], vec![]);
        for property in module.properties() {
            let slot = self.slot(scope, property.node);
            match property.claim {
                Claim::Assumed => assumed.push(slot),
                Claim::Asserted => asserted.push((property.name.clone(), slot)),
            }
        }
        let (path, reset) = (self.scopes[scope].path.clone(), self.reset_slot(scope));
        Some(PropertyState { path, reset, assumed, asserted, armed: false })
    }

    fn add_memory_ports(&mut self, scope: usize, memories: &mut [MemoryState]) {
        let module = self.scopes[scope].module.clone();
        let first = self.scopes[scope].first_memory;
        for (index, memory) in module.memories.iter().enumerate() {
            if let Some(write) = &memory.write {
                let port = WritePort {
                    enable: self.slot(scope, write.enable),
                    mask: write.mask.map(|mask| self.slot(scope, mask)),
                    address: self.slot(scope, write.address),
                    data: self.slot(scope, write.data),
                };
                memories[first + index].write = Some(port);
            }
        }
        for (index, name) in module.names.iter().enumerate() {
            if let Driver::MemoryRead { memory, enable, address } = name.driver {
                let destination = self.name_slot(scope, NameId(index as u32));
                let slots = (destination, self.slot(scope, enable), self.slot(scope, address));
                memories[first + memory.0 as usize].reads.push(slots);
            }
        }
    }
}
