//! Sequencer and token loop with stand-in units: what the rings of both share.
#![allow(dead_code)] // each ring uses a part of it

use super::support::{Bench, Random};
use firmware::isa::{ANY, Action, Encoded, End, Instruction, LONG_WORDS, Matrix, Pass, Wait};
use firmware::program_bits::ProgramBits;
use hdl::blocks::control::sequencer::Sequencer;
use hdl::blocks::control::token_loop::{TOKEN_WIDTH, TokenLoop};
use hdl::language::builder::Builder;
use hdl::language::module::Module;
use hdl::language::signal::Signal;
use hdl::language::signal_type::{Type, uint};
use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) const CONTEXT: u32 = 6;
pub(crate) const VOCABULARY: u32 = 50;

/// A sequencer without loops.
pub(crate) fn plain_sequencer() -> Sequencer {
    Sequencer {
        program_depth: 13,
        loop_depth: 0,
        context: CONTEXT,
        chunks: false,
        streams: false,
        bits: ProgramBits::all(LONG_WORDS),
        program: vec![],
    }
}

/// A sequencer with loops so deep.
pub(crate) fn looping_sequencer(loop_depth: u32, context: u32) -> Sequencer {
    Sequencer {
        program_depth: 40,
        loop_depth,
        context,
        chunks: loop_depth > 0,
        streams: false,
        bits: ProgramBits::all(LONG_WORDS),
        program: vec![],
    }
}

/// Both blocks, wired as in the machine.
pub(crate) fn module(sequencer: &Sequencer) -> Arc<Module> {
    let b = Builder::new("control_under_test", file!(), "sequencer and token loop.");
    let context = sequencer.context;
    let sequencer = sequencer.module();
    let tokens = TokenLoop { context, vocabulary: VOCABULARY }.module();
    let between = [
        ("start", uint(1), "tokens"),
        ("stop", uint(1), "tokens"),
        ("asked", uint(1), "tokens"),
        ("finished", uint(1), "sequencer"),
        ("position", uint(TOKEN_WIDTH), "tokens"),
    ];
    let wire = |&(name, ty, _): &(&str, Type, &str)| (format!("{name}_i"), b.forward(name, ty));
    let wires: Vec<(String, Signal)> = between.iter().map(wire).collect();
    let connect = |module: &Arc<Module>| -> Vec<(String, Signal)> {
        let inputs = module.ports().into_iter().filter(|port| port.name.ends_with("_i"));
        inputs
            .filter(|port| port.name != "rst_i")
            .map(|port| {
                let known = wires.iter().find(|(name, _)| *name == port.name);
                let signal = known.map(|(_, wire)| *wire);
                let signal = signal.unwrap_or_else(|| b.input(&port.name, port.ty, "as inside"));
                (port.name, signal)
            })
            .collect()
    };
    for (name, module) in [("sequencer", &sequencer), ("tokens", &tokens)] {
        let inputs = connect(module);
        let inputs: Vec<(&str, Signal)> =
            inputs.iter().map(|(name, signal)| (name.as_str(), *signal)).collect();
        let drives: Vec<(String, Signal)> = module
            .ports()
            .into_iter()
            .filter_map(|port| {
                let base = port.name.trim_end_matches("_o");
                let from = |wire: &(&str, Type, &str)| wire.0 == base && wire.2 == name;
                let at = between.iter().position(from)?;
                port.name.ends_with("_o").then(|| (port.name.clone(), wires[at].1))
            })
            .collect();
        let driven: Vec<(&str, Signal)> =
            drives.iter().map(|(name, signal)| (name.as_str(), *signal)).collect();
        let outputs = b.instance_driving(name, module, &inputs, &driven);
        for port in module.ports().iter().filter(|port| port.name.ends_with("_o")) {
            let name = match (name, port.name.as_str()) {
                ("sequencer", "busy_o") => "running_o",
                (_, other) => other,
            };
            b.output(name, outputs.get(&port.name), "as inside");
        }
    }
    b.finish()
}

pub(crate) fn matrix(wait: (u8, u8), base: u32) -> Instruction {
    let action = Action::Matrix(Matrix { base, ..Matrix::default() });
    Instruction::new(Wait { matrix: wait.0, vector: wait.1 }, action)
}

pub(crate) fn vector(wait: (u8, u8), a: u32) -> Instruction {
    let action = Action::Pass(Pass { a, ..Pass::default() });
    Instruction::new(Wait { matrix: wait.0, vector: wait.1 }, action)
}

pub(crate) fn end(wait: (u8, u8), unasked: u32) -> Instruction {
    let action = Action::End(End { unasked });
    Instruction::new(Wait { matrix: wait.0, vector: wait.1 }, action)
}

/// A unit that takes up to `room` instructions and finishes them in order after random times.
pub(crate) struct Unit {
    pub(crate) inside: VecDeque<u64>,
    pub(crate) room: usize,
    pub(crate) slow: u64,
    pub(crate) done: bool,
    /// How many are issued to it and not finished, those in its station among them.
    pub(crate) unfinished: usize,
    /// What it was sent, and when the last of that.
    pub(crate) sent: Vec<Sent>,
    pub(crate) taken: Option<u64>,
}

/// Cycles in which a vector unit reads the registers of a pass.
const REGISTER_CYCLES: u64 = 3;

/// An issue that was seen: where, when, and how many of each unit were unfinished behind its cycle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Issue {
    pub(crate) cycle: u64,
    pub(crate) address: u64,
    pub(crate) unfinished: [usize; 2],
}

/// An instruction that a unit gets; p and whether its state begins anew if it is a pass.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) instruction: Vec<bool>,
    pub(crate) position: Option<u32>,
    pub(crate) attended: u32,
    pub(crate) restarts: Option<bool>,
}

pub(crate) struct Machine {
    pub(crate) bench: Bench,
    pub(crate) units: [Unit; 2],
    pub(crate) random: Random,
    pub(crate) cycle: u64,
    pub(crate) issues: Vec<Issue>,
    pub(crate) finishes: Vec<u64>,
    pub(crate) answers: Vec<(u64, bool)>,
    program: Vec<Instruction>,
    pub(crate) slow_reader: u64,
    /// How often an instruction had no meaning.
    pub(crate) bad: usize,
}

impl Machine {
    pub(crate) fn new(program: &[Instruction], room: usize, slow: u64) -> Machine {
        Machine::with(&plain_sequencer(), program, room, slow)
    }

    pub(crate) fn with(
        sequencer: &Sequencer,
        program: &[Instruction],
        room: usize,
        slow: u64,
    ) -> Machine {
        let mut bench = Bench::new(&module(sequencer));
        for (name, value) in [("run_i", 1), ("generate_count_i", 1), ("prediction_ready_i", 1)] {
            bench.set(name, value);
        }
        let unit = || Unit {
            inside: VecDeque::new(),
            room,
            slow,
            done: false,
            unfinished: 0,
            sent: vec![],
            taken: None,
        };
        let mut machine = Machine {
            bench,
            units: [unit(), unit()],
            random: Random(7),
            cycle: 0,
            issues: vec![],
            finishes: vec![],
            answers: vec![],
            program: program.to_vec(),
            slow_reader: 1,
            bad: 0,
        };
        for (address, instruction) in program.iter().enumerate() {
            machine.load(address as u64, &instruction.encode().unwrap());
        }
        machine
    }

    /// Writes an instruction into the program memory.
    pub(crate) fn load(&mut self, address: u64, encoded: &Encoded) {
        self.bench.set("program_write_i", 1);
        self.bench.set("program_address_i", address);
        for (part, &word) in encoded.iter().enumerate() {
            self.bench.set("program_part_i", part as u64);
            self.bench.set("program_data_i", word.into());
            self.bench.tick();
        }
        self.bench.set("program_write_i", 0);
    }

    /// One cycle: units say what they can, and what is issued is noted.
    pub(crate) fn step(&mut self) {
        let names = [("matrix_ready_i", "matrix_done_i"), ("vector_ready_i", "vector_done_i")];
        for (unit, (ready, done)) in self.units.iter_mut().zip(names) {
            unit.done = unit.inside.front().is_some_and(|&time| time <= self.cycle);
            self.bench.set(ready, (unit.inside.len() < unit.room).into());
            self.bench.set(done, unit.done.into());
        }
        let takes = self.random.once_in(self.slow_reader);
        self.bench.set("prediction_ready_i", takes.into());
        self.bench.settle();
        let to = ["matrix_valid_o", "vector_valid_o"].map(|name| self.bench.is(name));
        for unit in self.units.iter_mut().filter(|unit| unit.done) {
            unit.unfinished -= 1;
        }
        let unfinished = [0, 1].map(|index: usize| self.units[index].unfinished);
        self.bad += usize::from(self.bench.is("bad_instruction_o"));
        if self.bench.is("issued_o") {
            let address = self.bench.get("issued_address_o");
            self.issues.push(Issue { cycle: self.cycle, address, unfinished });
            match self.program[address as usize].action {
                Action::Matrix(_) => self.units[0].unfinished += 1,
                Action::Pass(_) => self.units[1].unfinished += 1,
                _ => {}
            }
        }
        if takes && self.bench.is("prediction_valid_o") {
            let answer = self.bench.get("prediction_o");
            self.answers.push((answer, self.bench.is("prediction_last_o")));
        }
        for (which, valid) in to.into_iter().enumerate() {
            let unit = &mut self.units[which];
            if valid && unit.inside.len() < unit.room {
                let [instruction, attended] = [
                    ["matrix_instruction_o", "matrix_attended_o"],
                    ["vector_instruction_o", "vector_attended_o"],
                ][which];
                let is_pass = which == 1;
                unit.sent.push(Sent {
                    instruction: self.bench.bits(instruction),
                    position: is_pass.then(|| self.bench.get("vector_position_o") as u32),
                    attended: self.bench.get(attended) as u32,
                    restarts: is_pass.then(|| self.bench.is("vector_restarts_o")),
                });
                let before = unit.taken.replace(self.cycle).filter(|_| is_pass);
                let gap = before.map_or(REGISTER_CYCLES, |before| self.cycle - before);
                assert!(gap >= REGISTER_CYCLES, "two passes within {gap} cycles");
                let delay = 1 + if unit.slow == 0 { 0 } else { self.random.below(unit.slow) };
                unit.inside.push_back(self.cycle + delay);
            }
            if unit.done {
                unit.inside.pop_front();
                self.finishes.push(self.cycle);
            }
        }
        self.bench.tick();
        self.cycle += 1;
    }

    /// Offers a token until it is taken; the cycle in which it was, or `None` after `limit`.
    pub(crate) fn send(&mut self, token: u64, asked: bool, limit: u64) -> Option<u64> {
        self.bench.set("token_valid_i", 1);
        self.bench.set("token_i", token);
        self.bench.set("token_asked_i", asked.into());
        for _ in 0..limit {
            self.bench.settle();
            let taken = self.bench.is("token_ready_o");
            self.step();
            if taken {
                self.bench.set("token_valid_i", 0);
                return Some(self.cycle - 1);
            }
        }
        self.bench.set("token_valid_i", 0);
        None
    }

    /// Goes on until no token is under way.
    pub(crate) fn finish(&mut self) {
        for _ in 0..200_000 {
            self.step();
            if !self.bench.is("busy_o") && !self.bench.is("prediction_valid_o") {
                return;
            }
        }
        panic!("a token does not end");
    }

    pub(crate) fn addresses(&self) -> Vec<u64> {
        self.issues.iter().map(|issue| issue.address).collect()
    }
}

pub(crate) fn short() -> [Instruction; 2] {
    [matrix((ANY, ANY), 0), end((0, 0), 0)]
}
