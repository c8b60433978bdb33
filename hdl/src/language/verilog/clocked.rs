//! `always` blocks: what a section's registers and memories do at the clock.

use super::expression::{flat, literal, statement};
use super::layout::{INDENT, LINE_WIDTH, align};
use crate::language::expression::{Kind, MemoryId, NameId, NodeId};
use crate::language::module::{Driver, Module, Register};

/// One assignment: the condition under which it happens, its target and its value.
struct Assignment {
    condition: Option<String>,
    target: String,
    value: String,
}

/// The `always` blocks of one section: data registers and memories first, control registers,
/// which have a reset, after them.
pub(super) fn print(
    module: &Module,
    registers: &[usize],
    writes: &[MemoryId],
    reads: &[NameId],
) -> String {
    let all = registers.iter().map(|&position| &module.registers[position]);
    let (control, data): (Vec<&Register>, Vec<&Register>) =
        all.partition(|register| register.reset.is_some());
    let (clock, reset) = (clock_of(module), reset_of(module));
    let mut text = String::new();
    if !(data.is_empty() && writes.is_empty() && reads.is_empty()) {
        let mut body = memory_lines(module, writes, reads);
        body.push_str(&update_lines(module, &data, 2 * INDENT));
        text.push_str(&format!("    always @(posedge {clock}) begin\n{body}    end\n"));
    }
    if !control.is_empty() {
        let resets: Vec<Assignment> =
            control.iter().map(|register| reset_line(module, register)).collect();
        let resets = aligned(&resets, 3 * INDENT);
        let updates = update_lines(module, &control, 3 * INDENT);
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!(
            "    always @(posedge {clock}) begin\n        if ({reset}) begin\n{resets}        \
             end else begin\n{updates}        end\n    end\n"
        ));
    }
    text
}

/// The clock of everything in a module, but for the cell that makes it.
pub(super) fn clock_of(module: &Module) -> &str {
    module.clock.as_deref().unwrap_or("clk_i")
}

/// The reset of everything in a module.
pub(super) fn reset_of(module: &Module) -> String {
    module.reset.map_or_else(|| "rst_i".into(), |node| statement(module, node, 20, 2 * INDENT))
}

fn reset_line(module: &Module, register: &Register) -> Assignment {
    let name = module.name(register.name);
    let value = register.reset.as_ref().map_or(String::new(), |bits| literal(bits, name.ty));
    Assignment { condition: None, target: name.text.clone(), value }
}

/// Whether a condition always holds.
fn always(module: &Module, condition: NodeId) -> bool {
    matches!(&module.node(condition).kind, Kind::Constant(bits) if bits.words()[0] == 1)
}

fn condition_text(module: &Module, condition: NodeId, indent: usize) -> String {
    statement(module, condition, indent + "else if () begin".len(), indent)
}

fn memory_lines(module: &Module, writes: &[MemoryId], reads: &[NameId]) -> String {
    let mut assignments = vec![];
    for id in writes {
        let memory = &module.memories[id.0 as usize];
        let Some(write) = &memory.write else { continue };
        let word = format!("{}[{}]", memory.text, flat(module, write.address));
        let condition = condition_of(module, write.enable, 2 * INDENT);
        let Some(mask) = write.mask else {
            let value = value_of(module, &word, write.data, 3 * INDENT);
            assignments.push(Assignment { condition, target: word, value });
            continue;
        };
        let (mask, data) = (flat(module, mask), flat(module, write.data));
        let parts = module.node(write.mask.unwrap_or(write.data)).ty.width;
        for part in 0..parts {
            let width = memory.ty.width / parts;
            let bits = format!("[{}:{}]", (part + 1) * width - 1, part * width);
            let chosen = format!("{mask}[{part}]");
            assignments.push(Assignment {
                condition: Some(match &condition {
                    Some(enable) if enable.contains(' ') => format!("({enable}) & {chosen}"),
                    Some(enable) => format!("{enable} & {chosen}"),
                    None => chosen,
                }),
                target: format!("{word}{bits}"),
                value: format!("{data}{bits}"),
            });
        }
    }
    for id in reads {
        let name = module.name(*id);
        let Driver::MemoryRead { memory, enable, address } = &name.driver else { continue };
        let memory = &module.memories[memory.0 as usize];
        assignments.push(Assignment {
            condition: condition_of(module, *enable, 2 * INDENT),
            target: name.text.clone(),
            value: format!("{}[{}]", memory.text, flat(module, *address)),
        });
    }
    grouped(&assignments, 2 * INDENT)
}

fn condition_of(module: &Module, condition: NodeId, indent: usize) -> Option<String> {
    (!always(module, condition)).then(|| condition_text(module, condition, indent))
}

fn value_of(module: &Module, target: &str, value: NodeId, indent: usize) -> String {
    statement(module, value, indent + target.len() + " <= ;".len(), indent)
}

fn update_lines(module: &Module, registers: &[&Register], indent: usize) -> String {
    let mut text = String::new();
    let mut pending: Vec<Assignment> = vec![];
    for register in registers {
        let name = &module.name(register.name).text;
        if let [(condition, value)] = register.updates.as_slice() {
            pending.push(Assignment {
                condition: condition.and_then(|node| condition_of(module, node, indent)),
                target: name.clone(),
                value: value_of(module, name, *value, indent + INDENT),
            });
            continue;
        }
        text.push_str(&grouped(&pending, indent));
        pending.clear();
        text.push_str(&priority(module, name, &register.updates, indent));
    }
    text.push_str(&grouped(&pending, indent));
    text
}

/// Runs of assignments under one condition share one `if`.
fn grouped(assignments: &[Assignment], indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = String::new();
    for group in assignments.chunk_by(|a, b| a.condition == b.condition) {
        match (&group[0].condition, group) {
            (None, group) => text.push_str(&aligned(group, indent)),
            (Some(condition), [only]) => {
                let assignment = format!("{} <= {};", only.target, only.value);
                let line = format!("{pad}if ({condition}) {assignment}");
                text.push_str(&match line.len() <= LINE_WIDTH {
                    true => format!("{line}\n"),
                    false => format!("{pad}if ({condition})\n{pad}    {assignment}\n"),
                });
            }
            (Some(condition), group) => {
                let body = aligned(group, indent + INDENT);
                text.push_str(&format!("{pad}if ({condition}) begin\n{body}{pad}end\n"));
            }
        }
    }
    text
}

/// Assignments below each other, their arrows in one column.
fn aligned(assignments: &[Assignment], indent: usize) -> String {
    let rows: Vec<Vec<String>> = assignments
        .iter()
        .map(|assignment| vec![assignment.target.clone(), format!("<= {};", assignment.value)])
        .collect();
    align(&rows, indent).iter().map(|line| format!("{line}\n")).collect()
}

/// Several updates of one register: the first condition that holds wins.
fn priority(
    module: &Module,
    name: &str,
    updates: &[(Option<NodeId>, NodeId)],
    indent: usize,
) -> String {
    let pad = " ".repeat(indent);
    let mut text = String::new();
    for (index, (condition, value)) in updates.iter().enumerate() {
        let lead = match (index, condition) {
            (0, Some(condition)) => format!("if ({})", condition_text(module, *condition, indent)),
            (_, Some(condition)) => {
                format!("else if ({})", condition_text(module, *condition, indent))
            }
            (_, None) => "else".into(),
        };
        let value = value_of(module, name, *value, indent + INDENT);
        text.push_str(&format!("{pad}{lead}\n{pad}    {name} <= {value};\n"));
    }
    text
}
