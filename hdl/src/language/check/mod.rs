//! The check pass. Its result, [`Checked`], is the only thing that prints or simulates.
//!
//! A design that passes has legal unique names, one driver for every signal, no name read before
//! its line, no bit left unread without a reason, and no combinational loop across its modules.

mod error;
mod loops;
mod names;
mod order;
mod usage;

pub use error::CheckError;

use crate::language::module::Module;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A design in which every module passed.
#[derive(Clone, Debug)]
pub struct Checked {
    modules: Vec<Arc<Module>>,
}

/// Checks a design from its top module.
///
/// # Errors
/// The first mistake found, children before their parents.
pub fn check(top: &Arc<Module>) -> Result<Checked, CheckError> {
    let mut modules = vec![];
    collect(top, &mut modules, &mut BTreeMap::new())?;
    let mut paths = BTreeMap::new();
    for module in &modules {
        names::check(module)?;
        order::check(module)?;
        usage::check(module)?;
        let through = loops::check(module, &paths)?;
        paths.insert(module.name.clone(), through);
    }
    Ok(Checked { modules })
}

fn collect(
    module: &Arc<Module>,
    modules: &mut Vec<Arc<Module>>,
    seen: &mut BTreeMap<String, Arc<Module>>,
) -> Result<(), CheckError> {
    if let Some(known) = seen.get(&module.name) {
        let same = Arc::ptr_eq(known, module) || known == module;
        return match same {
            true => Ok(()),
            false => Err(CheckError::DuplicateModule(module.name.clone())),
        };
    }
    seen.insert(module.name.clone(), module.clone());
    for instance in &module.instances {
        collect(&instance.module, modules, seen)?;
    }
    modules.push(module.clone());
    Ok(())
}

impl Checked {
    /// Every module once, children before their parents; the top is the last.
    pub fn modules(&self) -> &[Arc<Module>] {
        &self.modules
    }

    /// The top module.
    pub fn top(&self) -> &Arc<Module> {
        &self.modules[self.modules.len() - 1]
    }
}
