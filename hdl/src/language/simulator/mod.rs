//! The native two-state simulator.
//!
//! The hierarchy is flattened into a list of operations in dependency order over one vector of
//! 64-bit words; wires, ports and instances cost nothing. Registers and memories start at zero.

mod elaborate;
mod operation;
mod property;

use crate::language::check::Checked;
use crate::language::simulation::{Direction, Port, PortIndex, Simulation};
use operation::{Operation, Slot};
use property::PropertyState;

/// A running design.
#[derive(Clone, Debug)]
pub struct NativeSimulation {
    ports: Vec<Port>,
    port_slots: Vec<Slot>,
    state: Vec<u64>,
    operations: Vec<Operation>,
    registers: Vec<RegisterState>,
    memories: Vec<MemoryState>,
    properties: Vec<PropertyState>,
    /// Register values on their way to the clock edge.
    shadow: Vec<u64>,
    dirty: bool,
}

/// A flattened register.
#[derive(Clone, Debug)]
struct RegisterState {
    slot: Slot,
    /// Where its reset lives, and what it resets to.
    reset: Option<(Slot, Vec<u64>)>,
    updates: Vec<(Option<Slot>, Slot)>,
}

/// A flattened memory.
#[derive(Clone, Debug)]
struct MemoryState {
    path: String,
    words: usize,
    depth: usize,
    contents: Vec<u64>,
    exclusive: bool,
    write: Option<WritePort>,
    /// Destination, enable, address.
    reads: Vec<(Slot, Slot, Slot)>,
}

/// Where the signals of a write port live.
#[derive(Clone, Copy, Debug)]
struct WritePort {
    enable: Slot,
    /// Which of the equal parts of a word are written; all without it.
    mask: Option<Slot>,
    address: Slot,
    data: Slot,
}

impl MemoryState {
    /// The word at an address, which must exist.
    fn word(&self, address: usize) -> &[u64] {
        let MemoryState { path, words, depth, .. } = self;
        assert!(address < *depth, "memory `{path}` reads word {address}, it has {depth}");
        &self.contents[address * words..(address + 1) * words]
    }
}

impl NativeSimulation {
    /// Flattens a checked design.
    pub fn new(design: &Checked) -> NativeSimulation {
        let mut simulation = elaborate::elaborate(design);
        simulation.settle();
        simulation
    }

    fn bit(&self, slot: Slot) -> bool {
        self.state[slot.offset] & 1 == 1
    }

    fn evaluate(&mut self) {
        for operation in &self.operations {
            operation.run(&mut self.state, &self.memories);
        }
        self.dirty = false;
    }

    fn next_registers(&mut self) {
        let mut position = 0;
        for register in &self.registers {
            let words = register.slot.words;
            let source = register.updates.iter().find(|(condition, _)| match condition {
                Some(slot) => self.state[slot.offset] & 1 == 1,
                None => true,
            });
            let value = match (&register.reset, source) {
                (Some((reset, value)), _) if self.bit(*reset) => value.as_slice(),
                (_, Some((_, slot))) => &self.state[slot.offset..slot.offset + words],
                _ => &self.state[register.slot.offset..register.slot.offset + words],
            };
            self.shadow[position..position + words].copy_from_slice(value);
            position += words;
        }
    }

    fn commit_registers(&mut self) {
        let mut position = 0;
        for register in &self.registers {
            let words = register.slot.words;
            self.state[register.slot.offset..register.slot.offset + words]
                .copy_from_slice(&self.shadow[position..position + words]);
            position += words;
        }
    }

    /// Clocked reads take the old word, then the write happens.
    fn clock_memories(&mut self) -> Vec<(Slot, Vec<u64>)> {
        let mut results = vec![];
        for memory in &mut self.memories {
            let enabled = |slot: Slot| self.state[slot.offset] & 1 == 1;
            let address_of = |slot: Slot| self.state[slot.offset] as usize;
            let written = memory.write.filter(|port| enabled(port.enable));
            for &(destination, enable, address) in &memory.reads {
                if !enabled(enable) {
                    continue;
                }
                let address = address_of(address);
                assert!(
                    !memory.exclusive
                        || written.is_none_or(|port| address_of(port.address) != address),
                    "memory `{}` reads word {address} in the cycle that writes it",
                    memory.path
                );
                results.push((destination, memory.word(address).to_vec()));
            }
            if let Some(WritePort { mask, address, data, .. }) = written {
                let address = address_of(address);
                assert!(
                    address < memory.depth,
                    "memory `{}` writes word {address}, it has {}",
                    memory.path,
                    memory.depth
                );
                let start = address * memory.words;
                let word = &mut memory.contents[start..start + memory.words];
                let data_words = &self.state[data.offset..data.offset + memory.words];
                match mask {
                    None => word.copy_from_slice(data_words),
                    Some(mask) => {
                        let part = data.width / mask.width;
                        for bit in 0..data.width as usize {
                            let chosen = bit as u32 / part;
                            let at = mask.offset + chosen as usize / 64;
                            if self.state[at] >> (chosen % 64) & 1 == 1 {
                                let one = 1 << (bit % 64);
                                word[bit / 64] &= !one;
                                word[bit / 64] |= data_words[bit / 64] & one;
                            }
                        }
                    }
                }
            }
        }
        results
    }
}

impl Simulation for NativeSimulation {
    fn ports(&self) -> &[Port] {
        &self.ports
    }

    fn write(&mut self, port: PortIndex, words: &[u64]) {
        let (slot, port) = (self.port_slots[port.0], &self.ports[port.0]);
        assert!(port.direction == Direction::Input, "`{}` is an output", port.name);
        assert!(words.len() == slot.words, "`{}` takes {} words", port.name, slot.words);
        let target = &mut self.state[slot.offset..slot.offset + slot.words];
        if target != words {
            target.copy_from_slice(words);
            self.dirty = true;
        }
    }

    fn read(&self, port: PortIndex, words: &mut [u64]) {
        let slot = self.port_slots[port.0];
        words.copy_from_slice(&self.state[slot.offset..slot.offset + slot.words]);
    }

    fn settle(&mut self) {
        if self.dirty {
            self.evaluate();
        }
    }

    fn tick(&mut self) {
        self.settle();
        self.check_properties();
        self.next_registers();
        let reads = self.clock_memories();
        self.commit_registers();
        for (slot, words) in reads {
            self.state[slot.offset..slot.offset + slot.words].copy_from_slice(&words);
        }
        self.evaluate();
    }
}
