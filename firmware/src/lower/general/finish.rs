//! From instructions to a program: order, waits, depths, memories.

use super::super::LowerError;
use super::super::ranges::Accesses;
use super::super::schedule::order;
use super::super::sizes::limit_depths;
use super::super::spread::{reaches, spread_accesses};
use super::super::waits::waits;
use super::composer::Composer;
use super::distribute::distribute;
use super::fuse::fuse;
use super::leads::lead;
use super::pointers::assign;
use super::streams::{Turns, turns};
use super::trace::{TURNS, trace};
use super::unroll::unroll;
use crate::isa::{Action, Destination, End, Function, Instruction, POINTER_COUNT, Wait};
use crate::machine::{MachineParameters, Memory, Program};
use crate::machine_cycles::MachineLatency;
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
        let (mut instructions, mut remarks) =
            assign(lines).map_err(|remark| LowerError::Operation {
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
        limit_depths(&self.machine, depths[&Memory::Maxima])?;
        let order = self.order;
        // Places are sought as if passes had their leads; those follow from the places.
        self.machine.streams = order.leads;
        if order.scheduled {
            (instructions, remarks) = scheduled((instructions, remarks), &self.machine);
        }
        let sets = all_accesses(&instructions, &self.machine);
        wait(&mut instructions, &sets);
        let follow = order.apart && streams(&mut instructions, &self.machine);
        let lead = order.leads && lead(&mut instructions, &sets, &self.machine);
        self.machine.streams = follow || lead;
        for (instruction, remark) in instructions.iter().zip(&remarks) {
            if let Action::Pass(pass) = &instruction.action {
                // Membranes take all writes of S.
                let both = pass.spiking == 1 && pass.destination == Destination::State;
                assert!(!both, "{remark}: a neuron writes to S");
            }
            let error = |error| LowerError::Instruction { remark: remark.clone(), error };
            instruction.encode().map_err(error)?;
        }
        Ok(Program {
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
        })
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

/// What each instruction reads and writes, wherever its pointers stand.
fn all_accesses(instructions: &[Instruction], machine: &MachineParameters) -> Vec<Accesses> {
    let reaches = reaches(instructions, machine.context);
    let both = instructions.iter().zip(&reaches);
    both.map(|(instruction, reach)| spread_accesses(instruction, machine, reach)).collect()
}

/// The instructions between loops and ends in a better order.
fn scheduled(
    (instructions, remarks): (Vec<Instruction>, Vec<String>),
    machine: &MachineParameters,
) -> (Vec<Instruction>, Vec<String>) {
    let actions: Vec<Action> = instructions.iter().map(|it| it.action).collect();
    let sets = all_accesses(&instructions, machine);
    let order = order(&actions, &sets, machine, MachineLatency::of(machine));
    order.into_iter().map(|at| (instructions[at], remarks[at].clone())).unzip()
}

/// Finds what each instruction waits for, over loops that run once and loops that run twice: in longer
/// ones as many instructions lie between two or more, so their waits are met by these.
fn wait(instructions: &mut [Instruction], sets: &[Accesses]) {
    for turns in TURNS {
        let trace = trace(instructions, turns);
        let actions: Vec<Action> = trace.iter().map(|it| instructions[it.at].action).collect();
        let traced: Vec<Accesses> = trace.iter().map(|it| sets[it.at].clone()).collect();
        for (visit, wait) in trace.iter().zip(waits(&actions, &traced)) {
            let own = &mut instructions[visit.at].wait;
            *own =
                Wait { matrix: own.matrix.min(wait.matrix), vector: own.vector.min(wait.vector) };
        }
    }
}

/// Lets passes follow themselves where their turns find nothing of each other, and wait where they do.
/// Yields whether any may.
fn streams(instructions: &mut [Instruction], machine: &MachineParameters) -> bool {
    let mut streams = false;
    for at in 0..instructions.len() {
        match turns(instructions, machine, at) {
            Turns::Apart => {}
            Turns::Wait => instructions[at].wait.vector = 0,
            Turns::Stream => streams = true,
        }
    }
    streams
}
