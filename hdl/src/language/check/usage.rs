//! Every bit is read by something; what exists for properties only may read, and not be read.

use super::error::CheckError;
use super::order::{declared, roots};
use crate::language::expression::{Kind, NodeId};
use crate::language::module::{Driver, Module, PortEntry};

pub(super) fn check(module: &Module) -> Result<(), CheckError> {
    let mut used: Vec<Vec<bool>> =
        module.names.iter().map(|name| vec![false; name.ty.width as usize]).collect();
    let mut seen = vec![false; module.nodes.len()];
    let (hardware, properties) = module.parts();
    let mut open: Vec<NodeId> = hardware.iter().flat_map(|item| roots(module, item)).collect();
    open.extend(module.ports.iter().filter_map(|entry| match entry {
        PortEntry::Output { driver, .. } => Some(*driver),
        _ => None,
    }));
    open.extend(module.reset);
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut seen[id.0 as usize], true) {
            continue;
        }
        let node = module.node(id);
        match &node.kind {
            Kind::Named(name) => used[name.0 as usize].fill(true),
            Kind::Slice(of, low) => match module.node(*of).kind {
                Kind::Named(name) => {
                    let bits = *low as usize..(*low + node.ty.width) as usize;
                    used[name.0 as usize][bits].fill(true);
                }
                _ => open.push(*of),
            },
            kind => open.extend(kind.operands()),
        }
    }
    for id in properties.iter().flat_map(declared) {
        used[id.0 as usize].fill(true);
    }
    for (name, bits) in module.names.iter().zip(&used) {
        if name.driver == Driver::Output || bits.iter().all(|&bit| bit) {
            continue;
        }
        let range = match bits.iter().any(|&bit| bit) {
            false => String::new(),
            true => range_of_unused(bits),
        };
        let (module, name) = (module.name.clone(), name.text.clone());
        return Err(CheckError::Unused { module, name, bits: range });
    }
    Ok(())
}

/// The first run of unused bits.
fn range_of_unused(bits: &[bool]) -> String {
    let low = bits.iter().position(|&bit| !bit).unwrap_or(0);
    let count = bits[low..].iter().take_while(|&&bit| !bit).count();
    if count == 1 { format!("[{low}]") } else { format!("[{}:{low}]", low + count - 1) }
}
