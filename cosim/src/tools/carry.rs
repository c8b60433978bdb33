//! The ends of carry chains in a netlist for nextpnr-ecp5.
//!
//! nextpnr gives every chain whose carry-in or carry-out is connected two cells that only bring the
//! carry to or from the fabric, even where the carry-in is a constant or nobody reads the
//! carry-out. Yosys connects both always. Where no carry can come in or none is read, the pins are
//! left open here, as a pin with an undefined value is; that changes no output.

use std::collections::BTreeMap;

use serde_json::Value;

/// The pins of the lower half's LUT, in the order of its truth table.
const PINS: [&str; 4] = ["A0", "B0", "C0", "D0"];

/// The netlist, Yosys' JSON, with the ends of its `CCU2C` chains open; none if it is no netlist.
pub(super) fn open_chain_ends(netlist: &str) -> Option<String> {
    let mut netlist: Value = serde_json::from_str(netlist).ok()?;
    for module in netlist.get_mut("modules")?.as_object_mut()?.values_mut() {
        let readers = connections(module);
        let single = |net: &Value| readers.get(&net.to_string()).is_none_or(|&count| count < 2);
        let Some(cells) = module.get_mut("cells").and_then(Value::as_object_mut) else { continue };
        for cell in cells.values_mut().filter(|cell| cell["type"] == "CCU2C") {
            let dangles = |pin: &str| single(&cell["connections"][pin][0]);
            let open_out = dangles("COUT");
            let open_in = constant(&cell["connections"]["CIN"][0]) && dangles("S0") && cuts(cell);
            for (pin, _) in [("COUT", open_out), ("CIN", open_in)].iter().filter(|(_, open)| *open)
            {
                cell["connections"][*pin] = serde_json::json!(["x"]);
            }
        }
    }
    serde_json::to_string(&netlist).ok()
}

/// How many pins of cells and bits of ports each net reaches.
fn connections(module: &Value) -> BTreeMap<String, usize> {
    let objects = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let cells = objects(&module["cells"]);
    let pins = cells.values().flat_map(|cell| objects(&cell["connections"]).into_values());
    let ports = objects(&module["ports"]).into_values().map(|port| port["bits"].clone());
    let mut counts = BTreeMap::new();
    for bit in pins.chain(ports).flat_map(|bits| bits.as_array().cloned().unwrap_or_default()) {
        *counts.entry(bit.to_string()).or_default() += 1;
    }
    counts
}

fn constant(net: &Value) -> bool {
    net.as_str().is_some()
}

/// Whether the lower half never propagates its carry, whatever its pins may be.
fn cuts(cell: &Value) -> bool {
    let table = cell["parameters"]["INIT0"].as_str();
    let Some(table) = table.and_then(|bits| u16::from_str_radix(bits, 2).ok()) else {
        return false;
    };
    let nets = PINS.map(|pin| &cell["connections"][pin][0]);
    let possible = |index: usize| {
        let value = |pin: usize| index >> pin & 1;
        (0..4).all(|pin| match nets[pin].as_str() {
            Some("0") => value(pin) == 0,
            Some("1") => value(pin) == 1,
            _ => (0..pin).all(|other| nets[other] != nets[pin] || value(other) == value(pin)),
        })
    };
    !(0..16).any(|index| table >> index & 1 == 1 && possible(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Two cells: the first carries into the second, whose carry nobody reads.
    fn chain(table: &str, pins: [Value; 4], carry_in: Value, sum: Value) -> Value {
        let lower = json!({ "type": "CCU2C", "parameters": { "INIT0": table }, "connections": {
            "A0": [pins[0]], "B0": [pins[1]], "C0": [pins[2]], "D0": [pins[3]],
            "CIN": [carry_in], "S0": [sum], "COUT": [20] } });
        let upper = json!({ "type": "CCU2C", "parameters": { "INIT0": table }, "connections": {
            "CIN": [20], "S0": [22], "COUT": [21] } });
        json!({ "modules": { "top": {
            "ports": { "sum_o": { "bits": [22, 30] } },
            "cells": { "lower": lower, "upper": upper } } } })
    }

    fn ends(netlist: &Value) -> [Value; 3] {
        let opened = open_chain_ends(&netlist.to_string()).unwrap();
        let opened: Value = serde_json::from_str(&opened).unwrap();
        let pin = |cell: &str, pin: &str| {
            opened["modules"]["top"]["cells"][cell]["connections"][pin][0].clone()
        };
        [pin("lower", "CIN"), pin("lower", "COUT"), pin("upper", "COUT")]
    }

    #[test]
    fn what_nobody_reads_is_open_and_what_carries_is_not() {
        let (carry_in, add) = ("0000000010101010", "1001011010101010");
        let pins = |a: Value, b: Value| [a, b, json!("0"), json!("1")];
        let open = json!("x");
        let cases = [
            // Never propagates, its sum unread.
            (chain(carry_in, pins(json!(2), json!("0")), json!("0"), json!(9)), open.clone()),
            // Its sum is a port.
            (chain(carry_in, pins(json!(2), json!("0")), json!("0"), json!(30)), json!("0")),
            // The same net twice never differs from itself.
            (chain(add, pins(json!(2), json!(2)), json!("0"), json!(9)), open),
            // Two nets may differ.
            (chain(add, pins(json!(2), json!(3)), json!("0"), json!(9)), json!("0")),
            // The carry is a net.
            (chain(carry_in, pins(json!(2), json!("0")), json!(5), json!(9)), json!(5)),
        ];
        for (netlist, carry) in cases {
            assert_eq!(ends(&netlist), [carry, json!(20), json!("x")], "{netlist}");
        }
        assert_eq!(open_chain_ends("no netlist"), None);
    }
}
