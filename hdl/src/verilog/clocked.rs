//! `always` blocks: what a section's registers and memories do at the clock.

use super::expression::{flat, literal, statement};
use super::layout::INDENT;
use crate::expression::{Kind, MemoryId, NameId, NodeId};
use crate::module::{Driver, Module, Register};

/// One assignment: the conditions under which it happens, and its text.
struct Assignment {
    condition: Option<String>,
    text: String,
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
    let mut text = String::new();
    if !(data.is_empty() && writes.is_empty() && reads.is_empty()) {
        let mut body = memory_lines(module, writes, reads);
        body.push_str(&update_lines(module, &data, 2 * INDENT));
        text.push_str(&format!("    always @(posedge clk_i) begin\n{body}    end\n"));
    }
    if !control.is_empty() {
        let resets: String = control.iter().map(|register| reset_line(module, register)).collect();
        let updates = update_lines(module, &control, 3 * INDENT);
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!(
            "    always @(posedge clk_i) begin\n        if (rst_i) begin\n{resets}        \
             end else begin\n{updates}        end\n    end\n"
        ));
    }
    text
}

fn reset_line(module: &Module, register: &Register) -> String {
    let name = module.name(register.name);
    let value = register.reset.as_ref().map_or(String::new(), |bits| literal(bits, name.ty));
    format!("            {} <= {value};\n", name.text)
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
        let left = format!("{}[{}]", memory.text, flat(module, write.address));
        assignments.push(Assignment {
            condition: (!always(module, write.enable))
                .then(|| condition_text(module, write.enable, 2 * INDENT)),
            text: assign(module, &left, write.data, 3 * INDENT),
        });
    }
    for id in reads {
        let name = module.name(*id);
        let Driver::MemoryRead { memory, enable, address } = &name.driver else { continue };
        let word =
            format!("{}[{}]", module.memories[memory.0 as usize].text, flat(module, *address));
        assignments.push(Assignment {
            condition: (!always(module, *enable))
                .then(|| condition_text(module, *enable, 2 * INDENT)),
            text: format!("{} <= {word};", name.text),
        });
    }
    grouped(&assignments, 2 * INDENT)
}

fn assign(module: &Module, left: &str, value: NodeId, indent: usize) -> String {
    let right = statement(module, value, indent + left.len() + 4, indent);
    format!("{left} <= {right};")
}

fn update_lines(module: &Module, registers: &[&Register], indent: usize) -> String {
    let mut text = String::new();
    let mut pending: Vec<Assignment> = vec![];
    for register in registers {
        let name = &module.name(register.name).text;
        if let [(condition, value)] = register.updates.as_slice() {
            let condition = condition.filter(|&condition| !always(module, condition));
            pending.push(Assignment {
                condition: condition.map(|condition| condition_text(module, condition, indent)),
                text: assign(module, name, *value, indent + INDENT),
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
            (None, group) => {
                for assignment in group {
                    text.push_str(&format!("{pad}{}\n", assignment.text));
                }
            }
            (Some(condition), [only]) => {
                let line = format!("{pad}if ({condition}) {}", only.text);
                if line.len() <= super::layout::LINE_WIDTH {
                    text.push_str(&format!("{line}\n"));
                } else {
                    text.push_str(&format!("{pad}if ({condition})\n{pad}    {}\n", only.text));
                }
            }
            (Some(condition), group) => {
                text.push_str(&format!("{pad}if ({condition}) begin\n"));
                for assignment in group {
                    text.push_str(&format!("{pad}    {}\n", assignment.text));
                }
                text.push_str(&format!("{pad}end\n"));
            }
        }
    }
    text
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
        let word = if index == 0 { "if" } else { "else if" };
        let lead = match condition {
            Some(condition) => {
                format!("{pad}{word} ({})", condition_text(module, *condition, indent))
            }
            None => format!("{pad}else"),
        };
        text.push_str(&format!(
            "{lead}\n{pad}    {}\n",
            assign(module, name, *value, indent + INDENT)
        ));
    }
    text
}
