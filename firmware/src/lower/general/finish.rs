//! From instructions to a program: loops, pointers, depths, memories.

use super::super::LowerError;
use super::composer::Composer;
use super::distribute::distribute;
use super::fuse::fuse;
use super::placing::placed;
use super::pointers::assign;
use super::unroll::unroll;
use crate::isa::{Action, End, Function, Instruction, POINTER_COUNT};
use crate::machine::{MachineParameters, Memory, Program};
use std::collections::BTreeMap;

impl Composer<'_> {
    /// The whole program, once all operations are lowered.
    pub(super) fn program(mut self, logits_scalar: u32) -> Result<Program, LowerError> {
        let end = Action::End(End { unasked: 0 });
        self.push(end, &[], "the token is done".to_owned())?;
        let (logits_address, logits_count, logits_unit) = match self.logits.take() {
            Some(logits) => (logits.address, logits.count, logits.unit),
            None if self.output_map.is_some() => (0, 0, 1.0),
            None => {
                self.index = self.network.operations.len() - 1;
                return Err(self.refuse(
                    "its output is no product of a table",
                    "end the network with its head, or its classifier and bias",
                ));
            }
        };
        let elements = self.machine.elements as usize;
        let [key_depth, value_depth] = self.cache_words.map(|words| words as u32);
        let mut depths = self.depths();
        let mut lines = std::mem::take(&mut self.lines);
        if self.order.apart {
            let fused = fuse(&lines, &self.machine);
            lines = distribute(fused, &self.machine, self.order.steps_together, &mut depths);
        }
        if self.order.unrolled {
            lines = unroll(lines, self.order.steps_together);
        }
        let (instructions, remarks) = assign(lines).map_err(|remark| LowerError::Operation {
            operation: remark,
            reason: format!("its addresses need more than {} pointers", POINTER_COUNT - 1),
            remedy: "choose machine.elements so that heads and channels have equal words",
        })?;
        self.machine = MachineParameters {
            weight_depth: (self.weight_words as u32).max(2),
            key_depth,
            value_depth,
            result_depth: depths[&Memory::Results],
            temporary_depth: depths[&Memory::Temporaries].max(1),
            state_depth: self.pools.state.depth(),
            constant_depth: (self.constants.len() / elements).max(1) as u32,
            train_depth: depths[&Memory::Trains],
            train_count: depths[&Memory::Descriptors].max(1),
            scalar_count: depths[&Memory::Scalars].max(1),
            level_count: depths[&Memory::Levels],
            program_depth: instructions.len() as u32,
            loop_depth: loop_depth(&instructions),
            plane_depth: self.pools.planes.depth(),
            chunks: self.order.chunk > 0,
            functions: instructions.iter().any(has_function),
            ..self.machine
        };
        let program = Program {
            name: self.network.name.clone(),
            parameters: self.machine,
            instructions,
            remarks,
            matrices: self.matrices,
            constants: self.constants,
            tables: self.tables,
            logits_address,
            logits_count,
            logits_unit,
            logits_scalar,
            input: self.input_map,
            output: self.output_map,
            begin_token: self.network.begin_token,
            end_tokens: self.network.end_tokens.clone(),
            widths: self.widths,
            areas: self.areas,
            orders: Vec::new(),
        };
        placed(program, self.order, self.design.machine.block_ram_max)
    }

    /// Words of each memory that values have taken.
    fn depths(&self) -> BTreeMap<Memory, u32> {
        let pools = &self.pools;
        [
            (Memory::Results, &pools.results),
            (Memory::Temporaries, &pools.temporaries),
            (Memory::Trains, &pools.trains),
            (Memory::Descriptors, &pools.descriptors),
            (Memory::Scalars, &pools.scalars),
            (Memory::Levels, &pools.levels),
            (Memory::Maxima, &pools.maxima),
        ]
        .map(|(memory, pool)| (memory, pool.depth()))
        .into()
    }
}

/// How deep loops nest.
fn loop_depth(instructions: &[Instruction]) -> u32 {
    let level = |it: &Instruction| match it.action {
        Action::Next(next) => next.level + 1,
        _ => 0,
    };
    instructions.iter().map(level).max().unwrap_or(0)
}

/// Whether an instruction is a pass with a function.
fn has_function(instruction: &Instruction) -> bool {
    matches!(&instruction.action, Action::Pass(pass) if pass.function != Function::Nothing)
}
