//! Lock-step: the writes that the hardware makes, memory by memory, against those of the reference.
//!
//! ```text
//!  reference ─► expect ─► one queue a memory ─┐
//!  hardware  ─► observe ──────────────────────┴─► equal, or the first difference
//! ```
//!
//! The two units of the machine overlap, so only the order within one memory is defined; in it,
//! every write must come, and nothing else.

use crate::reference::machine::{Record, Write};
use firmware::machine::Program;
use serde::Serialize;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// A memory whose writes are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "named after the memories of the machine")]
pub enum Memory {
    Results,
    Temporaries,
    State,
    Trains,
    Planes,
    Descriptors,
    Scalars,
    Levels,
    Maxima,
    Keys,
    Values,
}

impl Memory {
    /// All of them.
    pub const ALL: [Memory; 11] = [
        Memory::Results,
        Memory::Temporaries,
        Memory::State,
        Memory::Trains,
        Memory::Planes,
        Memory::Descriptors,
        Memory::Scalars,
        Memory::Levels,
        Memory::Maxima,
        Memory::Keys,
        Memory::Values,
    ];

    /// The memory of a write.
    pub const fn of(write: &Write) -> Memory {
        match write {
            Write::Results { .. } => Memory::Results,
            Write::Temporaries { .. } => Memory::Temporaries,
            Write::State { .. } => Memory::State,
            Write::Level { .. } => Memory::Levels,
            Write::Train { .. } => Memory::Trains,
            Write::Plane { .. } => Memory::Planes,
            Write::Descriptor { .. } => Memory::Descriptors,
            Write::Scalar { .. } => Memory::Scalars,
            Write::Maximum { .. } => Memory::Maxima,
            Write::Key { .. } => Memory::Keys,
            Write::Value { .. } => Memory::Values,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Memory::Results => "results",
            Memory::Temporaries => "temporaries",
            Memory::State => "state",
            Memory::Levels => "levels",
            Memory::Trains => "trains",
            Memory::Planes => "planes",
            Memory::Descriptors => "descriptors",
            Memory::Scalars => "scalars",
            Memory::Maxima => "maxima",
            Memory::Keys => "keys",
            Memory::Values => "values",
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A write that the hardware must make.
#[derive(Clone, Debug)]
struct Expected {
    /// Position of the token.
    position: usize,
    /// Index of the instruction in the program.
    instruction: usize,
    write: Write,
}

/// The first write that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WriteDifference {
    /// Position of the token.
    pub position: usize,
    /// Index of the instruction in the program, where one is known.
    pub instruction: Option<usize>,
    /// What the instruction is for.
    pub remark: String,
    /// The memory.
    pub memory: Memory,
    /// What the reference writes: the element that differs, or the whole write.
    pub reference: String,
    /// What the hardware writes.
    pub rtl: String,
    /// Where: the word, and the element if one differs.
    pub place: String,
    /// Cycle of the simulation.
    pub cycle: u64,
}

/// Compares the writes of one machine.
pub struct Lockstep {
    program: Arc<Program>,
    queues: [VecDeque<Expected>; Memory::ALL.len()],
    compared: [Compared; Memory::ALL.len()],
}

/// What was compared of one memory, and equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Writes.
    pub writes: u64,
    /// Values in them.
    pub values: u64,
}

impl Lockstep {
    /// Compares with the execution of `program`.
    pub fn new(program: Arc<Program>) -> Lockstep {
        Lockstep {
            program,
            queues: std::array::from_fn(|_| VecDeque::new()),
            compared: Default::default(),
        }
    }

    /// Writes that were equal.
    pub fn compared_writes(&self) -> u64 {
        self.compared.iter().map(|memory| memory.writes).sum()
    }

    /// Values in the writes that were equal.
    pub fn compared_values(&self) -> u64 {
        self.compared.iter().map(|memory| memory.values).sum()
    }

    /// The same memory by memory, in the order of [`Memory::ALL`].
    pub fn compared(&self) -> &[Compared; Memory::ALL.len()] {
        &self.compared
    }

    /// Writes that are still to come.
    pub fn pending(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }

    /// The hardware was told to execute what these records of one token hold.
    pub fn expect(&mut self, position: usize, records: Vec<Record>) {
        for record in records {
            let instruction = record.instruction;
            for write in record.writes {
                let queue = &mut self.queues[Memory::of(&write) as usize];
                queue.push_back(Expected { position, instruction, write });
            }
        }
    }

    /// Forgets what was expected: the machine was reset.
    pub fn clear(&mut self) {
        self.queues.iter_mut().for_each(VecDeque::clear);
    }

    /// The hardware wrote.
    ///
    /// # Errors
    /// If the reference writes something else here, or nothing.
    pub fn observe(&mut self, cycle: u64, found: &Write) -> Result<(), Box<WriteDifference>> {
        let memory = Memory::of(found);
        let Some(expected) = self.queues[memory as usize].pop_front() else {
            return Err(Box::new(WriteDifference {
                position: 0,
                instruction: None,
                remark: "after the last instruction".to_owned(),
                memory,
                reference: "no write".to_owned(),
                rtl: format!("{found:?}"),
                place: String::new(),
                cycle,
            }));
        };
        let wanted = self.as_watched(&expected.write);
        match first_difference(&wanted, &self.as_watched(found)) {
            None => {
                let compared = &mut self.compared[memory as usize];
                compared.writes += 1;
                compared.values += value_count(&expected.write);
                Ok(())
            }
            Some((place, reference, rtl)) => Err(Box::new(WriteDifference {
                position: expected.position,
                instruction: Some(expected.instruction),
                remark: self.remark(expected.instruction),
                memory,
                reference,
                rtl,
                place,
                cycle,
            })),
        }
    }

    /// A write as it can be seen from outside: of a kept position only the lane or slot.
    fn as_watched(&self, write: &Write) -> Write {
        let parameters = &self.program.parameters;
        let mut write = write.clone();
        match &mut write {
            Write::Key { position, .. } => *position %= parameters.lanes,
            Write::Value { position, .. } => *position %= parameters.slots,
            _ => {}
        }
        write
    }

    /// What should have been written by now, if anything: the machine says that it is done.
    pub fn missing(&self, cycle: u64) -> Option<WriteDifference> {
        let oldest = self.queues.iter().filter_map(VecDeque::front);
        let expected = oldest.min_by_key(|expected| (expected.position, expected.instruction))?;
        Some(WriteDifference {
            position: expected.position,
            instruction: Some(expected.instruction),
            remark: self.remark(expected.instruction),
            memory: Memory::of(&expected.write),
            reference: format!("{:?}", expected.write),
            rtl: "no write".to_owned(),
            place: String::new(),
            cycle,
        })
    }

    fn remark(&self, instruction: usize) -> String {
        self.program.remarks.get(instruction).cloned().unwrap_or_default()
    }
}

/// Values of a write: elements, counts, trits; one of the rest.
fn value_count(write: &Write) -> u64 {
    match write {
        Write::Results { values, .. }
        | Write::Temporaries { values, .. }
        | Write::State { values, .. } => values.len() as u64,
        Write::Train { counts, .. } => counts.len() as u64,
        Write::Plane { trits, .. } | Write::Key { trits, .. } | Write::Value { trits, .. } => {
            trits.len() as u64
        }
        Write::Descriptor { .. }
        | Write::Scalar { .. }
        | Write::Level { .. }
        | Write::Maximum { .. } => 1,
    }
}

/// Where two writes of one memory differ: the place, what must be there, what is.
fn first_difference(expected: &Write, found: &Write) -> Option<(String, String, String)> {
    let elements = |address: u32, other: u32, left: &[i64], right: &[i64]| {
        if address != other {
            return Some(("address".to_owned(), address.to_string(), other.to_string()));
        }
        // The hardware writes whole words; what the reference leaves out is unspecified.
        let element = left.iter().zip(right).position(|(left, right)| left != right)?;
        let place = format!("word {address}, element {element}");
        Some((place, left[element].to_string(), right[element].to_string()))
    };
    match (expected, found) {
        (Write::Results { address, values }, Write::Results { address: other, values: found })
        | (
            Write::Temporaries { address, values },
            Write::Temporaries { address: other, values: found },
        )
        | (Write::State { address, values }, Write::State { address: other, values: found }) => {
            elements(*address, *other, values, found)
        }
        _ if expected == found => None,
        _ => Some((String::new(), format!("{expected:?}"), format!("{found:?}"))),
    }
}

impl fmt::Display for WriteDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WriteDifference { position, memory, place, reference, rtl, remark, cycle, .. } = self;
        write!(f, "mismatch at token {position}, {remark}, {memory}")?;
        if !place.is_empty() {
            write!(f, " {place}")?;
        }
        write!(f, "\n  reference   {reference:<8} rtl  {rtl}")?;
        if let Some(instruction) = self.instruction {
            write!(f, "\n  program     {instruction:#06x}   {remark}")?;
        }
        write!(f, "\n  cycle       {cycle}")
    }
}
