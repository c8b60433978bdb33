//! The memories that synthesis found, from the cells of its netlist.

use super::names;
use super::report::MemoryFound;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The cells that are memory, of every family.
const MEMORY_CELLS: [&str; 17] = [
    "DP16KD",
    "PDPW16KD",
    "TRELLIS_DPR16X4",
    "SB_RAM40_4K",
    "SB_SPRAM256KA",
    "SP",
    "SPX9",
    "SDPB",
    "SDPX9B",
    "DPB",
    "DPX9B",
    "pROM",
    "pROMX9",
    "RAM16SDP1",
    "RAM16SDP2",
    "RAM16SDP4",
    "RAM16S4",
];

/// A netlist of Yosys, as far as it is of interest here.
#[derive(Deserialize)]
struct Netlist {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    cells: BTreeMap<String, Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(rename = "type")]
    kind: String,
}

/// The memories of a module, alike ones together, in the order of their names; nothing if the
/// netlist is none.
pub(super) fn memories(netlist: &str, top: &str) -> Option<Vec<MemoryFound>> {
    let netlist: Netlist = serde_json::from_str(netlist).ok()?;
    let cells = &netlist.modules.get(top)?.cells;
    let mut found: BTreeMap<(String, &str), (BTreeSet<String>, u64)> = BTreeMap::new();
    for (name, cell) in cells {
        let Some(kind) = MEMORY_CELLS.iter().find(|&&kind| kind == cell.kind) else { continue };
        let memory = names::memory(name);
        let (copies, count) = found.entry((names::alike(&memory), kind)).or_default();
        copies.insert(memory);
        *count += 1;
    }
    let row = |((name, cell), (copies, cells)): ((String, &str), (BTreeSet<String>, u64))| {
        MemoryFound { name, cell: cell.to_owned(), copies: copies.len() as u64, cells }
    };
    Some(found.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_alike_memories_are_counted_together() {
        let netlist = r#"{ "modules": {
            "other": { "cells": { "x": { "type": "DP16KD" } } },
            "board": { "ports": {}, "cells": {
              "machine.bank_0.words.0.0": { "type": "DP16KD", "attributes": {} },
              "machine.bank_0.words.0.1": { "type": "DP16KD" },
              "machine.bank_11.words.0.0": { "type": "DP16KD" },
              "machine.trains.words.0.0": { "type": "TRELLIS_DPR16X4" },
              "machine.sum_q_TRELLIS_FF_Q": { "type": "TRELLIS_FF" } } } } }"#;
        let row = |name: &str, cell: &str, copies, cells| MemoryFound {
            name: name.into(),
            cell: cell.into(),
            copies,
            cells,
        };
        assert_eq!(
            memories(netlist, "board").unwrap(),
            [
                row("machine.bank_*.words", "DP16KD", 2, 3),
                row("machine.trains.words", "TRELLIS_DPR16X4", 1, 1)
            ]
        );
        assert_eq!(memories("{}", "board"), None);
    }
}
