//! The running design.

use super::operation::Operation;
use super::state::{MemoryState, PropertyState, RegisterState, Slot, WritePort};
use crate::language::simulation::{Direction, Port, PortIndex, Simulation};

/// A running design.
#[derive(Clone, Debug)]
pub struct NativeSimulation {
    pub(super) ports: Vec<Port>,
    pub(super) port_slots: Vec<Slot>,
    pub(super) state: Vec<u64>,
    pub(super) operations: Vec<Operation>,
    pub(super) registers: Vec<RegisterState>,
    pub(super) memories: Vec<MemoryState>,
    pub(super) properties: Vec<PropertyState>,
    /// Register values on their way to the clock edge.
    pub(super) shadow: Vec<u64>,
    pub(super) dirty: bool,
}

impl NativeSimulation {
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
                let meets = written.is_some_and(|port| address_of(port.address) == address);
                let word = match memory.exclusive && meets {
                    true => memory.spoiled(address),
                    false => memory.word(address).to_vec(),
                };
                results.push((destination, word));
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
