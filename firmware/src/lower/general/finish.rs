//! From instructions to a program: waits, depths, memories.

use super::super::LowerError;
use super::super::accesses::Accesses;
use super::super::pass_accesses::{Reach, spread_accesses};
use super::super::waits::waits;
use super::composer::Composer;
use super::streams::{Turns, strides, turns, turns_max};
use crate::isa::{Action, End, Extent, Instruction, LONG_WORDS, POINTER_COUNT, Wait};
use crate::machine::{MachineParameters, Program};

impl Composer<'_> {
    /// The whole program, once all operations are lowered.
    pub(super) fn program(mut self, logits_scalar: u32) -> Result<Program, LowerError> {
        let end = Action::End(End { unasked: 0 });
        self.push(end, &[], "the token is done".to_owned())?;
        let Some(logits) = self.logits.take() else {
            self.index = self.network.operations.len() - 1;
            return Err(self.refuse(
                "its output is no product of a table",
                "end the network with its head, or its classifier and bias",
            ));
        };
        let elements = self.machine.elements as usize;
        let [key_depth, value_depth] = self.cache_words.map(|words| words as u32);
        self.machine = MachineParameters {
            weight_depth: self.weight_words as u32,
            key_depth,
            value_depth,
            deficit_depth: 0,
            residual_depth: 0,
            result_depth: self.pools.results.depth(),
            temporary_depth: self.pools.temporaries.depth().max(1),
            state_depth: self.pools.state.depth(),
            constant_depth: (self.constants.len() / elements).max(1) as u32,
            train_depth: self.pools.trains.depth(),
            train_count: self.pools.descriptors.depth(),
            scalar_count: self.pools.scalars.depth(),
            level_count: self.pools.levels.depth(),
            program_depth: self.instructions.len() as u32,
            instruction_words: LONG_WORDS,
            loop_depth: self.loop_depth,
            plane_depth: self.pools.planes.depth(),
            ..self.machine
        };
        self.wait();
        for (instruction, remark) in self.instructions.iter().zip(&self.remarks) {
            let error = |error| LowerError::Instruction { remark: remark.clone(), error };
            instruction.encode().map_err(error)?;
        }
        Ok(Program {
            name: self.network.name.clone(),
            parameters: self.machine,
            instructions: self.instructions,
            remarks: self.remarks,
            matrices: self.matrices,
            constants: self.constants,
            tables: self.tables,
            logits_address: logits.address,
            logits_count: logits.count,
            logits_unit: logits.unit,
            logits_scalar,
            begin_token: self.network.begin_token,
            end_tokens: self.network.end_tokens.clone(),
            widths: self.widths,
            areas: self.areas,
            orders: Vec::new(),
        })
    }

    /// Finds what each instruction waits for, over loops that run once and loops that run twice: in
    /// longer ones as many instructions lie between two or more, so their waits are met by these.
    fn wait(&mut self) {
        let reaches = self.reaches();
        let sets: Vec<Accesses> = self
            .instructions
            .iter()
            .zip(&reaches)
            .map(|(instruction, reach)| spread_accesses(instruction, &self.machine, reach))
            .collect();
        for turns in [[1, 1], [2, 1], [1, 2], [2, 2]] {
            let trace = trace(&self.instructions, turns);
            let actions: Vec<Action> =
                trace.iter().map(|&at| self.instructions[at].action).collect();
            let traced: Vec<Accesses> = trace.iter().map(|&at| sets[at].clone()).collect();
            for (&at, wait) in trace.iter().zip(waits(&actions, &traced)) {
                let own = &mut self.instructions[at].wait;
                *own = Wait {
                    matrix: own.matrix.min(wait.matrix),
                    vector: own.vector.min(wait.vector),
                };
            }
        }
        for at in 0..self.instructions.len() {
            match turns(&self.instructions, &self.machine, at) {
                Turns::Apart => {}
                Turns::Wait => self.instructions[at].wait.vector = 0,
                Turns::Stream => self.machine.streams = true,
            }
        }
    }

    /// How far the pointers can be where each instruction stands.
    fn reaches(&self) -> Vec<Reach> {
        let context = self.machine.context;
        let mut open: Vec<Reach> = Vec::new();
        let mut reaches = Vec::new();
        for instruction in &self.instructions {
            let mut reach = [0; POINTER_COUNT as usize];
            for turn in &open {
                reach.iter_mut().zip(turn).for_each(|(sum, own)| *sum += own);
            }
            reaches.push(reach);
            match &instruction.action {
                Action::Loop(turn) => {
                    let last = match turn.extent {
                        Extent::Here => context.saturating_sub(1),
                        _ => turns_max(turn, context) - 1,
                    };
                    open.push(strides(turn).map(|stride| stride * last));
                }
                Action::Next(_) => drop(open.pop()),
                _ => {}
            }
        }
        reaches
    }
}

/// The instructions that the units see, in their order, where loops within a chunk of positions run as
/// often as the second of `turns` says, and all others as the first does: they may end each by itself.
fn trace(instructions: &[Instruction], turns: [usize; 2]) -> Vec<usize> {
    let mut trace = Vec::new();
    let mut stack: Vec<(usize, usize, usize)> = Vec::new();
    let mut at = 0;
    while at < instructions.len() {
        match instructions[at].action {
            Action::Loop(turn) => {
                let turns = turns[usize::from(turn.extent == Extent::Within)];
                stack.push((at + 1, 1, turns));
            }
            Action::Next(_) => {
                let (body, done, turns) = stack.pop().expect("loops are closed");
                if done < turns {
                    stack.push((body, done + 1, turns));
                    at = body;
                    continue;
                }
            }
            _ => trace.push(at),
        }
        at += 1;
    }
    trace
}
