//! Where the operands of a pass are read: which memory, in which phase, which word.
//!
//! ```text
//!  first words ─► one counter an operand ─► one address a memory ─► *_read_o, *_address_o
//! ```
//!
//! No memory is read twice in one phase: the lowering places operands that share a memory in phases
//! of their own.

use super::choice::Chosen;
use super::pass_control::PHASE_WIDTH;
use super::pass_operand::MEMORIES;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{Pass, Space};
use firmware::pass_choices::PassChoices;
use std::collections::BTreeSet;
use std::sync::Arc;
use weights::numeric::pass::Choice;

/// Operands by name, the membrane the last.
pub const OPERANDS: [&str; 4] = ["a", "b", "c", "membrane"];

/// Where an operand is read, membranes in S.
pub(super) fn spaces(choices: &PassChoices, operand: usize) -> BTreeSet<Space> {
    match choices.spaces.get(operand) {
        Some(spaces) => spaces.clone(),
        None if choices.spiking => BTreeSet::from([Space::State]),
        None => BTreeSet::new(),
    }
}

/// Whether a space is a memory.
pub(super) fn is_memory(space: Space) -> bool {
    MEMORIES.iter().any(|(memory, _)| *memory == space)
}

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct PassReads {
    /// What the passes choose.
    pub choices: PassChoices,
}

/// An operand that is read from memories.
struct Operand<'m> {
    space: Chosen<'m, Space>,
    /// It is read in this cycle.
    fires: Signal<'m>,
    address: Signal<'m>,
}

impl PassReads {
    /// The module `pass_reads`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "the reads of the operands of a pass.\n\n\
             A word comes a cycle after its read; the operand takes it then.";
        let b = Builder::new("pass_reads", file!(), summary);
        b.port_group("Flow.");
        let accept = b.input("accept_i", uint(1), "a pass is taken");
        let step = b.input("step_i", uint(1), "words are read");
        let phase = b.input("phase_i", uint(PHASE_WIDTH), "in this phase");
        let moves = b.input("moves_i", uint(1), "it is the last of a word");
        let operand = |index: usize| self.operand(&b, index, [accept, step, phase, moves]);
        let operands: Vec<Operand> = (0..OPERANDS.len()).filter_map(operand).collect();
        if operands.is_empty() {
            let ports = [("accept", accept), ("step", step), ("phase", phase), ("moves", moves)];
            for (name, port) in ports {
                b.unused(name, port, "No operand is in a memory.");
            }
        }
        b.section("One address a memory.");
        for (memory, name) in MEMORIES {
            let mut read: Option<Signal> = None;
            let mut address: Option<Signal> = None;
            for operand in operands.iter().rev() {
                if !operand.space.makes(&[memory]) {
                    continue;
                }
                let fires = match operand.space.makes_only(&[memory]) {
                    true => operand.fires,
                    false => operand.fires & operand.space.is(&[memory]),
                };
                address = Some(match address {
                    None => operand.address,
                    Some(other) => fires.select(operand.address, other),
                });
                read = Some(read.map_or(fires, |read| fires | read));
            }
            if let (Some(read), Some(address)) = (read, address) {
                b.port_group(&format!("Memory {}.", memory.name()));
                b.output(&format!("{name}_read_o"), read, "read a word");
                b.output(&format!("{name}_address_o"), address, "which one");
            }
        }
        b.finish()
    }

    fn operand<'m>(
        &self,
        b: &'m Builder,
        index: usize,
        [accept, step, phase, moves]: [Signal<'m>; 4],
    ) -> Option<Operand<'m>> {
        let (name, spaces) = (OPERANDS[index], spaces(&self.choices, index));
        if !spaces.iter().any(|space| is_memory(*space)) {
            return None;
        }
        b.port_group(&format!("Operand {name}."));
        let address_type = uint(Pass::FORMAT.field("a").width);
        let first = b.input(&format!("{name}_i"), address_type, "first word, as it is taken");
        let space = Chosen::input(b, &format!("{name}_space"), &spaces, "its memory");
        b.section(&format!("Operand {name}."));
        let address = b.register(&format!("{name}_address_q"), address_type);
        let address = address.when(accept, first).when(moves, address.signal() + 1).signal();
        let own_phase = match index {
            0 => phase.is(0),
            _ => {
                let meaning = "phase of its reads";
                phase.eq(b.input(&format!("{name}_phase_i"), uint(PHASE_WIDTH), meaning))
            }
        };
        let fires = b.wire(&format!("{name}_fires"), step & own_phase);
        let taken = b.delay(&format!("{name}_taken_q"), b.flag(true), fires);
        b.output(&format!("{name}_taken_o"), taken, "its word is there");
        let fires = match index {
            3 => {
                let spiking = b.input("spiking_i", uint(1), "there is a neuron");
                b.wire("membrane_reads", fires & spiking)
            }
            _ => fires,
        };
        Some(Operand { space, fires, address })
    }
}
