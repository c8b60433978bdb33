//! Instances as text: of our modules, and of vendors' cells.

use super::clocked::{clock_of, reset_of};
use super::expression::statement;
use super::layout::{INDENT, align, lines, range};
use crate::language::expression::{Kind, NodeId};
use crate::language::module::{Instance, Module};

/// An expression at a pin. Its width is the port's and a pin has no sign of its own; so a cast to
/// signed is left out, which Yosys 0.23 would not accept here.
fn pin(module: &Module, node: NodeId) -> String {
    let text = |node| statement(module, node, 40, 2 * INDENT);
    match &module.node(node).kind {
        Kind::Cast(inner) => pin(module, *inner),
        Kind::Named(_) => text(node),
        _ if module.node(node).ty.signed => format!("$unsigned({})", text(node)),
        _ => text(node),
    }
}

pub(super) fn instance(module: &Module, instance: &Instance) -> String {
    let made = instance.module.primitive().and_then(|primitive| primitive.clock.makes);
    let clock = made.map(|_| vec!["wire".into(), String::new(), format!("{};", clock_of(module))]);
    let wires: Vec<Vec<String>> = instance
        .outputs
        .iter()
        .filter(|(.., declared)| !declared)
        .map(|(_, id, _)| {
            let name = module.name(*id);
            vec!["wire".into(), range(name.ty), format!("{};", name.text)]
        })
        .chain(clock)
        .collect();
    let pins = pins(module, instance);
    let last = pins.len().saturating_sub(1);
    let rows: Vec<Vec<String>> = pins
        .into_iter()
        .enumerate()
        .map(|(index, (pin, value))| vec![pin, value + if index == last { "" } else { "," }])
        .collect();
    let head = format!("    {} {}", shape(instance), instance.text);
    let cells: Vec<String> = rows.iter().map(|row| row.concat()).collect();
    let one_line = format!("{head} ({});", cells.join(" "));
    let declared = lines(&align(&wires, INDENT));
    if one_line.len() <= 100 {
        return format!("\n{declared}{one_line}\n\n");
    }
    format!("\n{declared}{head} (\n{}    );\n\n", lines(&align(&rows, 2 * INDENT)))
}

/// What is instantiated: a module by its name, a cell with its parameters.
fn shape(instance: &Instance) -> String {
    let Some(primitive) = instance.module.primitive() else { return instance.module.name.clone() };
    let parameter = |(name, value): &(&str, _)| format!(".{name}({value})");
    let parameters: Vec<String> = primitive.parameters.iter().map(parameter).collect();
    let one_line = format!("{} #({})", primitive.cell, parameters.join(", "));
    match parameters.is_empty() {
        true => primitive.cell.into(),
        false if one_line.len() <= 80 => one_line,
        false => {
            let pad = format!("\n{}", " ".repeat(2 * INDENT));
            let parameters = parameters.join(&format!(",{pad}"));
            format!("{} #({pad}{parameters}\n{})", primitive.cell, " ".repeat(INDENT))
        }
    }
}

/// Every pin with what it is connected to: clock and reset first, then in the order of the ports.
fn pins(module: &Module, instance: &Instance) -> Vec<(String, String)> {
    let below = &instance.module;
    let connect = |pin: &str, to: &str| (format!(".{pin}"), format!("({to})"));
    let mut pins: Vec<(String, String)> = vec![];
    match below.primitive().map(|primitive| &primitive.clock) {
        Some(clock) => {
            let entering = if clock.makes.is_some() { "clk_i" } else { clock_of(module) };
            pins.extend(clock.takes.iter().map(|pin| connect(pin, entering)));
            pins.extend(
                clock.feedback.iter().chain(&clock.makes).map(|pin| connect(pin, clock_of(module))),
            );
        }
        None if below.has_clock => pins.push(connect("clk_i", clock_of(module))),
        None => {}
    }
    for (pin, value) in below.primitive().iter().flat_map(|primitive| &primitive.ties) {
        pins.push(connect(pin, &value.to_string()));
    }
    if below.has_reset {
        pins.push(connect("rst_i", &reset_of(module)));
    }
    for port in below.ports().iter().filter(|port| port.name != "rst_i") {
        let input = instance.inputs.iter().find(|(name, _)| *name == port.name);
        let output = instance.outputs.iter().find(|(name, ..)| *name == port.name);
        let value = match (input, output) {
            (Some((_, node)), _) => pin(module, *node),
            (_, Some((_, id, _))) => module.name(*id).text.clone(),
            _ => String::new(),
        };
        pins.push(connect(&port.name, &value));
    }
    pins
}
