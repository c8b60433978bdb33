//! Registers and memories, as flip-flops, LUT RAMs and block RAMs.

use super::contents::{constant, content, stuck};
use super::elaborate::{Elaboration, Held, Pending};
use super::graph::{Kind as BoxKind, Literal, ONE, ZERO};
use super::operators::{RegisterBit, Same, Word};
use crate::language::expression::{Kind, MemoryId, NameId, NodeId};
use crate::language::module::{Driver, MemoryWrite, Module};
use firmware::block_ram::{LUT_RAM_WORDS, Made};

impl Elaboration {
    fn flip_flops(&mut self, width: usize) -> (Vec<usize>, Word) {
        let flip_flop = |_| {
            let (index, outputs) = self.operators.graph.add_box(BoxKind::FlipFlop, vec![], 1);
            (index, outputs[0])
        };
        (0..width).map(flip_flop).unzip()
    }

    /// A bit of a register: a flip-flop, or what it always equals.
    pub(super) fn register_bit(&mut self, key: RegisterBit) -> Literal {
        if let Some(&bit) = self.register_bits.get(&key) {
            return bit;
        }
        let bit = match self.operators.hints.same.get(&key).copied() {
            Some(Same::Constant(value)) => {
                if value {
                    ONE
                } else {
                    ZERO
                }
            }
            Some(Same::Register(other)) => self.register_bit(other),
            None => {
                let (index, outputs) = self.graph().add_box(BoxKind::FlipFlop, vec![], 1);
                let (scope, name, at) = key;
                self.unconnected.entry((scope, name)).or_default().push((at, index));
                self.pending.push(Pending::Register { scope, name: NameId(name) });
                outputs[0]
            }
        };
        self.register_bits.insert(key, bit);
        bit
    }

    /// A clocked read port: an output of block RAMs, or registers behind LUTs.
    pub(super) fn clocked_read(
        &mut self,
        scope: usize,
        name: NameId,
        memory: MemoryId,
        width: usize,
    ) -> Word {
        let id = memory.0 as usize;
        let (boxes, word) = match self.scopes[scope].memories[id] {
            Made::Block { .. } => {
                let kind = BoxKind::BlockRam { scope, memory: id };
                let stuck = match self.unwritten_before(scope, memory) {
                    true => stuck(&self.scopes[scope].module.memories[id]),
                    false => vec![None; width],
                };
                let held = stuck.iter().filter(|bit| bit.is_none()).count();
                let (index, outputs) = self.graph().add_box(kind, vec![], held);
                let mut outputs = outputs.into_iter();
                let bit = |bit: Option<Literal>| bit.or_else(|| outputs.next()).unwrap_or(ZERO);
                (vec![index], stuck.into_iter().map(bit).collect())
            }
            Made::LutRam | Made::Logic => self.flip_flops(width),
        };
        self.pending.push(Pending::Read { scope, name, boxes });
        word
    }

    /// What a register takes, and when; all its bits are connected with the first.
    pub(super) fn connect_register(&mut self, scope: usize, name: NameId) {
        let Some(boxes) = self.unconnected.remove(&(scope, name.0)) else { return };
        let module = self.scopes[scope].module.clone();
        let Driver::Register(register) = module.name(name).driver else {
            unreachable!("only a register waits like one")
        };
        let register = &module.registers[register];
        let mut updates = vec![];
        for &(condition, value) in &register.updates {
            let condition = condition.map_or(ONE, |node| self.word(scope, node)[0]);
            self.expand(scope, condition, value, &mut updates);
        }
        let reset = register.reset.as_ref().map(constant);
        let (cleared, updates) = match (&reset, only_value(&updates)) {
            // What only ever takes one value is that value, whenever it takes it.
            (None, Some(value)) => (ZERO, vec![(ONE, value)]),
            _ => self.clearing(reset, updates),
        };
        let mut updates = updates.into_iter().rev();
        let (mut enable, mut word) =
            updates.next().unwrap_or_else(|| (ZERO, vec![ZERO; register_width(&module, name)]));
        for (condition, value) in updates {
            word = self.operators.select(condition, &value, &word);
            enable = self.graph().or(enable, condition);
        }
        // A value at configuration or reset keeps a register from being a constant.
        let start = register.reset.as_ref().or(register.initial.as_ref()).map(constant);
        for (at, index) in boxes {
            self.graph().boxes[index].inputs = vec![word[at], enable, cleared];
            let start = start.as_ref().map(|start| start[at] == ONE);
            let taken = (word[at], enable, cleared, start);
            self.registers.push(((scope, register.name.0, at), taken));
        }
    }

    /// The updates that an expression is: one of a choice between a constant and something else.
    fn expand(
        &mut self,
        scope: usize,
        condition: Literal,
        node: NodeId,
        updates: &mut Vec<(Literal, Word)>,
    ) {
        let module = self.scopes[scope].module.clone();
        match &module.node(node).kind {
            Kind::Named(name) => {
                if let Driver::Wire(Some(inner)) = module.name(*name).driver {
                    return self.expand(scope, condition, inner, updates);
                }
            }
            Kind::Select(choice, yes, no) => {
                let choice = self.word(scope, *choice)[0];
                if let Some(chosen) = choice.constant() {
                    let only = if chosen { *yes } else { *no };
                    return self.expand(scope, condition, only, updates);
                }
                for (chosen, here, there) in [(choice, *yes, *no), (choice.not(), *no, *yes)] {
                    let word = self.word(scope, here);
                    if is_known(&word) {
                        let chosen = self.graph().and(condition, chosen);
                        updates.push((chosen, word));
                        return self.expand(scope, condition, there, updates);
                    }
                }
            }
            _ => {}
        }
        let word = self.word(scope, node);
        updates.push((condition, word));
    }

    /// First updates to one constant, that of the reset if there is one, become the clearing of the
    /// flip-flops, which takes no LUT a bit.
    fn clearing(
        &mut self,
        reset: Option<Word>,
        updates: Vec<(Literal, Word)>,
    ) -> (Literal, Vec<(Literal, Word)>) {
        let mut cleared = if reset.is_some() { self.reset() } else { ZERO };
        let mut value = reset;
        let mut left = updates.into_iter().peekable();
        while let Some((condition, word)) = left
            .next_if(|(_, word)| is_known(word) && value.as_ref().is_none_or(|value| value == word))
        {
            cleared = self.graph().or(cleared, condition);
            value = Some(word);
        }
        (cleared, left.collect())
    }

    /// What a clocked read port reads.
    pub(super) fn connect_read(&mut self, scope: usize, name: NameId, boxes: &[usize]) {
        let module = self.scopes[scope].module.clone();
        let Driver::MemoryRead { memory, enable, address } = module.name(name).driver else {
            unreachable!("only a read port waits like one")
        };
        let enable = self.word(scope, enable)[0];
        let address = self.word(scope, address);
        if let Made::Block { .. } = self.scopes[scope].memories[memory.0 as usize] {
            let mut inputs = address;
            inputs.push(enable);
            inputs.extend(self.write_port(scope, memory));
            self.graph().boxes[boxes[0]].inputs = inputs;
            return;
        }
        let word = self.read_at_once(scope, memory, &address);
        for (&index, bit) in boxes.iter().zip(word) {
            self.graph().boxes[index].inputs = vec![bit, enable];
        }
    }

    /// Whether an earlier pass found that nothing ever writes a memory.
    fn unwritten_before(&self, scope: usize, memory: MemoryId) -> bool {
        self.operators.hints.unwritten.contains(&(scope, memory.0 as usize))
    }

    /// The write port of a memory, if anything ever writes it.
    fn written(&mut self, scope: usize, memory: MemoryId) -> Option<MemoryWrite> {
        let write = self.scopes[scope].module.memories[memory.0 as usize].write?;
        let never = self.word(scope, write.enable)[0] == ZERO;
        if never {
            self.unwritten.insert((scope, memory.0 as usize));
        }
        (!never).then_some(write)
    }

    /// What a memory's write port reads.
    fn write_port(&mut self, scope: usize, memory: MemoryId) -> Word {
        let Some(write) = self.written(scope, memory) else { return vec![] };
        let mut inputs = self.word(scope, write.enable);
        inputs.extend(self.word(scope, write.address));
        inputs.extend(self.word(scope, write.data));
        inputs.extend(write.mask.map_or(vec![], |mask| self.word(scope, mask)));
        inputs
    }

    /// The word of LUT RAMs, or of logic, at an address.
    pub(super) fn read_at_once(
        &mut self,
        scope: usize,
        memory: MemoryId,
        address: &[Literal],
    ) -> Word {
        let module = self.scopes[scope].module.clone();
        let held = &module.memories[memory.0 as usize];
        let width = held.ty.width as usize;
        if held.write.is_none() || self.unwritten_before(scope, memory) {
            let words = (0..u64::from(held.depth)).map(|at| (at, content(held, at)));
            let words: Vec<(u64, Word)> = words.collect();
            return self.operators.table(address, &words, &vec![ZERO; width]);
        }
        match self.scopes[scope].memories[memory.0 as usize] {
            Made::LutRam => self.lut_rams(scope, memory, address),
            _ => self.registers(scope, memory, address),
        }
    }

    /// Boxes whose write port comes later: what is written may follow what is read.
    fn lut_rams(&mut self, scope: usize, memory: MemoryId, address: &[Literal]) -> Word {
        let module = self.scopes[scope].module.clone();
        let held = &module.memories[memory.0 as usize];
        let Some(write) = held.write else { return vec![] };
        let (width, low) = (held.ty.width as usize, low_bits(address));
        let parts = write.mask.map_or(1, |mask| module.node(mask).ty.width as usize);
        let part_width = width / parts;
        let mut banks: Vec<(u64, Word)> = vec![];
        let mut boxes = vec![];
        for bank in 0..u64::from(held.depth.div_ceil(LUT_RAM_WORDS)) {
            let mut word = vec![];
            for part in (0..width).step_by(part_width) {
                let group = self.graph().boxes.len();
                for at in part..part + part_width {
                    let (index, outputs) = self.graph().add_box(BoxKind::LutRam(group), vec![], 1);
                    word.extend(outputs);
                    boxes.push(Held { index, place: bank, bits: at..at + 1 });
                }
            }
            banks.push((bank, word));
        }
        let read = address[..low].to_vec();
        self.pending.push(Pending::Held { scope, memory, read, boxes });
        let default = banks[0].1.clone();
        self.operators.table(&address[low..], &banks, &default)
    }

    /// A memory so small that it is made of registers.
    fn registers(&mut self, scope: usize, memory: MemoryId, address: &[Literal]) -> Word {
        let module = self.scopes[scope].module.clone();
        let held = &module.memories[memory.0 as usize];
        let mut words: Vec<(u64, Word)> = vec![];
        let mut boxes = vec![];
        for place in 0..u64::from(held.depth) {
            let (indices, outputs) = self.flip_flops(held.ty.width as usize);
            let each = indices.into_iter().enumerate();
            boxes.extend(each.map(|(at, index)| Held { index, place, bits: at..at + 1 }));
            words.push((place, outputs));
        }
        self.pending.push(Pending::Held { scope, memory, read: vec![], boxes });
        let default = words[0].1.clone();
        self.operators.table(address, &words, &default)
    }

    /// What is written to LUT RAMs, whose boxes also take the address that is read, or to registers.
    pub(super) fn connect_held(
        &mut self,
        scope: usize,
        memory: MemoryId,
        read: &[Literal],
        boxes: Vec<Held>,
    ) {
        // The next pass knows if nothing is.
        self.written(scope, memory);
        let module = self.scopes[scope].module.clone();
        let Some(write) = module.memories[memory.0 as usize].write else { return };
        let enable = self.word(scope, write.enable)[0];
        let at = self.word(scope, write.address);
        let data = self.word(scope, write.data);
        let mask = write.mask.map_or(vec![ONE], |mask| self.word(scope, mask));
        let part_width = data.len() / mask.len();
        for Held { index, place, bits } in boxes {
            let chosen = self.operators.decoded(&at[read.len()..], place);
            let enabled = self.graph().and(chosen, enable);
            let enabled = self.graph().and(enabled, mask[bits.start / part_width]);
            let shared = at[..read.len()].iter().chain(read);
            let inputs = data[bits].iter().chain(shared).copied().chain([enabled]).collect();
            self.graph().boxes[index].inputs = inputs;
        }
    }
}

/// How many bits of an address choose a word of a LUT RAM.
fn low_bits(address: &[Literal]) -> usize {
    address.len().min(LUT_RAM_WORDS.ilog2() as usize)
}

/// The constant that all updates of a register give it, if there is one.
fn only_value(updates: &[(Literal, Word)]) -> Option<Word> {
    let (_, value) = updates.first()?;
    (is_known(value) && updates.iter().all(|(_, word)| word == value)).then(|| value.clone())
}

fn is_known(word: &[Literal]) -> bool {
    word.iter().all(|bit| bit.constant().is_some())
}

fn register_width(module: &Module, name: NameId) -> usize {
    module.name(name).ty.width as usize
}
