//! A program in its last form: order, words, waits.
//!
//! ```text
//!  instructions ─► values apart ─► order ─► words by lifetimes ─► waits, turns, leads
//!                                             └ fewer where block RAMs are counted
//! ```

use super::super::LowerError;
use super::super::ranges::{Accesses, Range};
use super::super::schedule::order;
use super::super::sizes::limit_depths;
use super::super::spread::{reaches, spread_accesses};
use super::super::waits::waits;
use super::leads::lead;
use super::lifetimes::Values;
use super::position_order::PositionOrder;
use super::streams::{Turns, turns};
use super::trace::{TURNS, trace};
use crate::isa::{Action, Destination, Instruction, Wait};
use crate::machine::{MachineParameters, Memory, Program};
use crate::machine_cycles::MachineLatency;

/// Instructions between the last that finds a value and the first that may write its words. So many may
/// be under way, and would be waited for; a program that needs fewer words has them follow more closely.
const RESTS: [usize; 5] = [16, 8, 4, 2, 0];

/// Gives a program its order, its words and its waits; block RAMs up to `block_ram_max`, if that says any.
///
/// # Errors
/// If an instruction has no room for one of its fields, or a memory is deeper than they reach.
pub(super) fn placed(
    mut program: Program,
    order: PositionOrder,
    block_ram_max: u32,
) -> Result<Program, LowerError> {
    // Places are sought as if passes had their leads; those follow from the places.
    program.parameters.streams = order.leads;
    if !order.scheduled {
        return finished(program, order);
    }
    let behind = read_behind(&program);
    let mut values = Values::of(&program.instructions, &program.parameters, &behind);
    values.apart(&mut program.instructions);
    let places = places(&program.instructions, &program.parameters);
    program.instructions = places.iter().map(|&at| program.instructions[at]).collect();
    program.remarks = places.iter().map(|&at| program.remarks[at].clone()).collect();
    values.follow(&places);
    let fits = |it: &Result<Program, LowerError>| match it {
        Ok(program) => block_ram_max == 0 || program.block_rams() <= block_ram_max,
        Err(_) => false,
    };
    let packed = |rest: usize| finished(packed(program.clone(), values.clone(), rest), order);
    let mut found = packed(RESTS[0]);
    for &rest in &RESTS[1..] {
        if fits(&found) {
            break;
        }
        found = packed(rest);
    }
    found
}

/// The program with words by the lifetimes of its values.
fn packed(mut program: Program, mut values: Values, rest: usize) -> Program {
    let depths = values.pack(&mut program.instructions, rest);
    let depth = |memory| depths.get(&memory).copied().unwrap_or(0);
    program.parameters = MachineParameters {
        result_depth: depth(Memory::Results),
        temporary_depth: depth(Memory::Temporaries).max(1),
        train_depth: depth(Memory::Trains),
        train_count: depth(Memory::Descriptors).max(1),
        scalar_count: depth(Memory::Scalars).max(1),
        level_count: depth(Memory::Levels),
        ..program.parameters
    };
    program.logits_address = values.behind(Memory::Results, program.logits_address);
    program.logits_scalar = values.behind(Memory::Scalars, program.logits_scalar);
    if let Some(output) = &mut program.parameters.output {
        output.first = values.behind(Memory::Temporaries, output.first);
    }
    let temporaries = program.areas.iter_mut().filter(|it| it.memory == Memory::Temporaries);
    temporaries.for_each(|it| it.first = values.behind(it.memory, it.first));
    program
}

/// What the host reads once the program is over: logits, their scalar, and the words of the stream.
fn read_behind(program: &Program) -> Vec<Range> {
    let range = |memory, first, words| Range { memory, first, words };
    let mut read = vec![];
    if program.logits_count > 0 {
        let words = program.logits_count.div_ceil(program.parameters.elements);
        read.push(range(Memory::Results, program.logits_address, words));
        read.push(range(Memory::Scalars, program.logits_scalar, 1));
    }
    let output = program.parameters.output;
    read.extend(output.map(|it| range(Memory::Temporaries, it.first, it.words)));
    read
}

/// Finds waits and leads of a program whose instructions have their places and words.
fn finished(mut program: Program, order: PositionOrder) -> Result<Program, LowerError> {
    limit_depths(&program.parameters, program.maximum_count())?;
    let Program { instructions, parameters: machine, .. } = &mut program;
    let sets = all_accesses(instructions, machine);
    wait(instructions, &sets);
    let follow = order.apart && streams(instructions, machine);
    let lead = order.leads && lead(instructions, &sets, machine);
    machine.streams = follow || lead;
    for (instruction, remark) in program.instructions.iter().zip(&program.remarks) {
        if let Action::Pass(pass) = &instruction.action {
            // Membranes take all writes of S.
            let both = pass.spiking == 1 && pass.destination == Destination::State;
            assert!(!both, "{remark}: a neuron writes to S");
        }
        let error = |error| LowerError::Instruction { remark: remark.clone(), error };
        instruction.encode().map_err(error)?;
    }
    Ok(program)
}

/// What each instruction reads and writes, wherever its pointers stand.
fn all_accesses(instructions: &[Instruction], machine: &MachineParameters) -> Vec<Accesses> {
    let reaches = reaches(instructions, machine.context);
    let both = instructions.iter().zip(&reaches);
    both.map(|(instruction, reach)| spread_accesses(instruction, machine, reach)).collect()
}

/// A better order of the instructions between loops and ends.
fn places(instructions: &[Instruction], machine: &MachineParameters) -> Vec<usize> {
    let actions: Vec<Action> = instructions.iter().map(|it| it.action).collect();
    let sets = all_accesses(instructions, machine);
    order(&actions, &sets, machine, MachineLatency::of(machine))
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
