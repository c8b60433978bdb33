//! Combinational loops, found module by module.
//!
//! Each module is summarised by which of its outputs follow which of its inputs within a cycle;
//! a parent sees its instances through that summary only.

use super::error::CheckError;
use super::order::names_below;
use crate::language::expression::{NameId, NodeId};
use crate::language::module::{Driver, Module, PortEntry};
use std::collections::{BTreeMap, BTreeSet};

/// Output port → input ports that it follows without a register.
pub(super) type Paths = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(module: &Module, known: &BTreeMap<String, Paths>) -> Result<Paths, CheckError> {
    let mut walk = Walk {
        module,
        known,
        inputs: vec![None; module.names.len()],
        open: vec![false; module.names.len()],
    };
    for index in 0..module.names.len() {
        walk.inputs_of(NameId(index as u32), &mut vec![])?;
    }
    let mut paths = Paths::new();
    for entry in &module.ports {
        if let PortEntry::Output { name, driver, .. } = entry {
            let mut inputs = BTreeSet::new();
            for below in names_below(module, *driver) {
                inputs.extend(walk.inputs_of(below, &mut vec![])?);
            }
            paths.insert(module.name(*name).text.clone(), inputs);
        }
    }
    Ok(paths)
}

struct Walk<'a> {
    module: &'a Module,
    known: &'a BTreeMap<String, Paths>,
    /// Inputs that a name follows, once known.
    inputs: Vec<Option<BTreeSet<String>>>,
    /// Names on the path that is being followed.
    open: Vec<bool>,
}

impl Walk<'_> {
    fn inputs_of(
        &mut self,
        id: NameId,
        path: &mut Vec<NameId>,
    ) -> Result<BTreeSet<String>, CheckError> {
        let index = id.0 as usize;
        if let Some(known) = &self.inputs[index] {
            return Ok(known.clone());
        }
        path.push(id);
        if self.open[index] {
            let start = path.iter().position(|&name| name == id).unwrap_or(0);
            let names: Vec<&str> =
                path[start..].iter().map(|&name| self.module.name(name).text.as_str()).collect();
            let (module, path) = (self.module.name.clone(), names.join(" → "));
            return Err(CheckError::Loop { module, path });
        }
        self.open[index] = true;
        let mut inputs = BTreeSet::new();
        if self.module.name(id).driver == Driver::Input {
            inputs.insert(self.module.name(id).text.clone());
        }
        for root in self.drivers(id) {
            for below in names_below(self.module, root) {
                inputs.extend(self.inputs_of(below, path)?);
            }
        }
        self.open[index] = false;
        path.pop();
        self.inputs[index] = Some(inputs.clone());
        Ok(inputs)
    }

    /// The expressions that a name follows within a cycle.
    fn drivers(&self, id: NameId) -> Vec<NodeId> {
        match &self.module.name(id).driver {
            Driver::Wire(node) => node.iter().copied().collect(),
            Driver::Case(table) => {
                let results = table.arms.iter().map(|(_, node, _)| *node);
                results.chain([table.selector, table.default]).collect()
            }
            Driver::Instance(position, port) => {
                let instance = &self.module.instances[*position];
                let followed = self.known.get(&instance.module.name).and_then(|p| p.get(port));
                let inputs = instance.inputs.iter();
                inputs
                    .filter(|(name, _)| followed.is_some_and(|names| names.contains(name)))
                    .map(|(_, node)| *node)
                    .collect()
            }
            Driver::Input
            | Driver::Constant(_)
            | Driver::Register(_)
            | Driver::MemoryRead { .. }
            | Driver::Output => vec![],
        }
    }
}
