//! Everything is driven, and declared above the line that reads it.

use super::error::CheckError;
use crate::language::expression::{Kind, NameId, NodeId};
use crate::language::module::{Driver, Item, Module, PortEntry};
use std::collections::BTreeSet;

pub(super) fn check(module: &Module) -> Result<(), CheckError> {
    let undriven = |name: &str| {
        Err(CheckError::Undriven { module: module.name.clone(), name: name.to_string() })
    };
    for name in &module.names {
        if name.driver == Driver::Wire(None) {
            return undriven(&name.text);
        }
    }
    if let Some(register) = module.registers.iter().find(|register| register.updates.is_empty()) {
        return undriven(&module.name(register.name).text);
    }
    for memory in &module.memories {
        if memory.write.is_none() && memory.contents.is_empty() {
            return undriven(&memory.text);
        }
    }
    declared_first(module)
}

fn declared_first(module: &Module) -> Result<(), CheckError> {
    let mut declared_names: BTreeSet<NameId> = BTreeSet::new();
    for entry in &module.ports {
        if let PortEntry::Input(id, _) = entry {
            declared_names.insert(*id);
        }
    }
    for item in &module.items {
        for root in roots(module, item) {
            for id in names_below(module, root) {
                if !declared_names.contains(&id) {
                    let name = module.name(id).text.clone();
                    return Err(CheckError::ReadEarly { module: module.name.clone(), name });
                }
            }
        }
        declared_names.extend(declared(item));
        if let Item::Instance(position) = item {
            let outputs = &module.instances[*position].outputs;
            declared_names.extend(outputs.iter().map(|(_, id, _)| *id));
        }
    }
    Ok(())
}

/// The name that an item declares, but for an instance, which declares its outputs.
pub(super) fn declared(item: &Item) -> Option<NameId> {
    match item {
        Item::Constant(id, _)
        | Item::Wire(id)
        | Item::Declare(id)
        | Item::Case(id)
        | Item::Register(id)
        | Item::MemoryRead(id) => Some(*id),
        _ => None,
    }
}

/// The expressions that an item prints.
pub(super) fn roots(module: &Module, item: &Item) -> Vec<NodeId> {
    match item {
        Item::Wire(id) | Item::Assign(id) | Item::Case(id) => match &module.name(*id).driver {
            Driver::Wire(Some(node)) => vec![*node],
            Driver::Case(table) => {
                let results = table.arms.iter().map(|(_, node, _)| *node);
                results.chain([table.selector, table.default]).collect()
            }
            _ => vec![],
        },
        Item::Instance(position) => {
            let instance = &module.instances[*position];
            let reset = module.reset.filter(|_| instance.module.has_reset());
            instance.inputs.iter().map(|(_, node)| *node).chain(reset).collect()
        }
        Item::Clocked { registers, writes, reads } => {
            let updates = registers.iter().flat_map(|&position| {
                let updates = &module.registers[position].updates;
                updates
                    .iter()
                    .flat_map(|(condition, value)| condition.iter().copied().chain([*value]))
            });
            let writes = writes.iter().flat_map(|id| {
                let write = &module.memories[id.0 as usize].write;
                write.iter().flat_map(|write| {
                    [write.enable, write.address, write.data].into_iter().chain(write.mask)
                })
            });
            let reads = reads.iter().flat_map(|id| match module.name(*id).driver {
                Driver::MemoryRead { enable, address, .. } => vec![enable, address],
                _ => vec![],
            });
            let reset_here = |&&position: &&usize| module.registers[position].reset.is_some();
            let reset = registers.iter().find(reset_here).and(module.reset);
            updates.chain(writes).chain(reads).chain(reset).collect()
        }
        Item::Unused(_, node, _) => vec![*node],
        Item::Property(property) => vec![property.node],
        _ => vec![],
    }
}

/// The named signals that an expression reads, each once.
pub(super) fn names_below(module: &Module, root: NodeId) -> BTreeSet<NameId> {
    let (mut names, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![root]);
    while let Some(node) = open.pop() {
        if !seen.insert(node) {
            continue;
        }
        match &module.node(node).kind {
            Kind::Named(id) => {
                names.insert(*id);
            }
            kind => open.extend(kind.operands()),
        }
    }
    names
}
