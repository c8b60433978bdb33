//! Flattening: from a hierarchy of modules to gates and boxes.
//!
//! Constants and equal gates meet across modules, as they do in synthesis, which flattens too. A
//! module that keeps its hierarchy stands between walls.

use super::graph::{Graph, Kind as BoxKind, Literal, ONE, ZERO};
use super::memory::{LUT_RAM_WORDS, Made, Shape};
use super::operators::{Hints, Operators, RegisterBit, Same, Word};
use crate::bits::Bits;
use crate::check::Checked;
use crate::expression::{Binary, Compare, Kind, MemoryId, NameId, Node, NodeId, Reduce, Unary};
use crate::module::{Driver, Memory, Module, Name, PortEntry};
use std::collections::HashMap;
use std::sync::Arc;

/// One module in its place in the hierarchy.
struct Scope {
    module: Arc<Module>,
    parent: Option<(usize, usize)>,
    children: Vec<usize>,
    nodes: Vec<Option<Word>>,
    names: Vec<Option<Word>>,
    /// What each memory becomes.
    memories: Vec<Made>,
}

/// Registers and memory ports whose inputs are still to be connected.
enum Pending {
    Register { scope: usize, name: NameId },
    Read { scope: usize, name: NameId, boxes: Vec<usize> },
}

struct Elaboration {
    operators: Operators,
    scopes: Vec<Scope>,
    pending: Vec<Pending>,
    registers: Vec<RegisterInput>,
    register_bits: HashMap<RegisterBit, Literal>,
    /// Bits of registers and their boxes, whose inputs are still to come.
    unconnected: HashMap<(usize, u32), Vec<(usize, usize)>>,
}

/// A bit of a register, what it takes, when, and its value at reset.
pub(super) type RegisterInput = (RegisterBit, Literal, Literal, Option<bool>);

/// A design as gates, with what the next pass wants to know of it.
pub(super) struct Elaborated {
    pub(super) graph: Graph,
    /// What each memory of each scope becomes.
    pub(super) memories: Vec<Vec<Made>>,
    pub(super) registers: Vec<RegisterInput>,
}

fn constant(bits: &Bits) -> Word {
    (0..bits.width()).map(|at| if bits.bit(at) { ONE } else { ZERO }).collect()
}

/// The gates of a design, with what an earlier pass found out, and the read ports of its memories.
pub(super) fn elaborate(design: &Checked, hints: Hints) -> Elaborated {
    let operators = Operators::new(hints);
    let mut flat = Elaboration {
        operators,
        scopes: vec![],
        pending: vec![],
        registers: vec![],
        register_bits: HashMap::new(),
        unconnected: HashMap::new(),
    };
    flat.add_scope(design.top(), None);
    let top = design.top().clone();
    let outputs: Vec<NodeId> = top
        .ports
        .iter()
        .filter_map(|entry| match entry {
            PortEntry::Output { driver, .. } => Some(*driver),
            _ => None,
        })
        .collect();
    for output in outputs {
        let word = flat.word(0, output);
        flat.operators.graph.outputs.extend(word);
    }
    while let Some(pending) = flat.pending.pop() {
        flat.connect(pending);
    }
    let memories = flat.scopes.into_iter().map(|scope| scope.memories).collect();
    Elaborated { graph: flat.operators.graph, memories, registers: flat.registers }
}

impl Elaboration {
    fn graph(&mut self) -> &mut Graph {
        &mut self.operators.graph
    }

    fn add_scope(&mut self, module: &Arc<Module>, parent: Option<(usize, usize)>) -> usize {
        let index = self.scopes.len();
        let memories =
            (0..module.memories.len()).map(|id| shape(module, id).made()).collect();
        self.scopes.push(Scope {
            module: module.clone(),
            parent,
            children: vec![],
            nodes: vec![None; module.nodes.len()],
            names: vec![None; module.names.len()],
            memories,
        });
        for (position, instance) in module.instances.iter().enumerate() {
            let child = self.add_scope(&instance.module, Some((index, position)));
            self.scopes[index].children.push(child);
        }
        index
    }

    /// A word behind a wall if the module is kept whole.
    fn wall(&mut self, module: &Module, word: Word) -> Word {
        if !module.keep_hierarchy {
            return word;
        }
        let through = |bit: Literal| {
            let (_, outputs) = self.operators.graph.add_box(BoxKind::Wall, vec![bit], 1);
            outputs[0]
        };
        word.into_iter().map(through).collect()
    }

    fn name(&mut self, scope: usize, name: NameId) -> Word {
        let index = name.0 as usize;
        if let Some(word) = &self.scopes[scope].names[index] {
            return word.clone();
        }
        let module = self.scopes[scope].module.clone();
        let entry = module.name(name);
        let width = entry.ty.width as usize;
        let word = match &entry.driver {
            Driver::Wire(Some(node)) => self.word(scope, *node),
            Driver::Constant(bits) => constant(bits),
            Driver::Input => match self.scopes[scope].parent {
                Some((parent, position)) => {
                    let outer = self.scopes[parent].module.clone();
                    let inputs = &outer.instances[position].inputs;
                    match inputs.iter().find(|(port, _)| *port == entry.text) {
                        Some((_, node)) => {
                            let word = self.word(parent, *node);
                            self.wall(&module, word)
                        }
                        None => unreachable!("the builder connects every input"),
                    }
                }
                None => (0..width).map(|_| self.graph().port()).collect(),
            },
            Driver::Instance(position, port) => {
                let child = self.scopes[scope].children[*position];
                let inner = self.scopes[child].module.clone();
                let driver = inner.ports.iter().find_map(|entry| match entry {
                    PortEntry::Output { name, driver, .. } if inner.name(*name).text == *port => {
                        Some(*driver)
                    }
                    _ => None,
                });
                match driver {
                    Some(node) => {
                        let word = self.word(child, node);
                        self.wall(&inner, word)
                    }
                    None => unreachable!("instance outputs come from the port table"),
                }
            }
            Driver::Case(table) => {
                let selector = self.word(scope, table.selector);
                let default = self.word(scope, table.default);
                let arms: Vec<(u64, Word)> = table
                    .arms
                    .iter()
                    .map(|(value, node, _)| (value.words()[0], self.word(scope, *node)))
                    .collect();
                self.operators.cases(&selector, &arms, &default)
            }
            Driver::Register(_) => {
                (0..width).map(|at| self.register_bit((scope, name.0, at))).collect()
            }
            Driver::MemoryRead { memory, .. } => self.clocked_read(scope, name, *memory, width),
            Driver::Wire(None) | Driver::Output => unreachable!("checked designs drive all"),
        };
        self.scopes[scope].names[index] = Some(word.clone());
        word
    }

    fn flip_flops(&mut self, width: usize) -> (Vec<usize>, Word) {
        let flip_flop = |_| {
            let (index, outputs) = self.operators.graph.add_box(BoxKind::FlipFlop, vec![], 1);
            (index, outputs[0])
        };
        (0..width).map(flip_flop).unzip()
    }

    /// A bit of a register: a flip-flop, or what it always equals.
    fn register_bit(&mut self, key: RegisterBit) -> Literal {
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
    fn clocked_read(&mut self, scope: usize, name: NameId, memory: MemoryId, width: usize) -> Word {
        let id = memory.0 as usize;
        let (boxes, word) = match self.scopes[scope].memories[id] {
            Made::Block { .. } => {
                let kind = BoxKind::BlockRam { scope, memory: id };
                let (index, word) = self.graph().add_box(kind, vec![], width);
                (vec![index], word)
            }
            Made::LutRam | Made::Logic => self.flip_flops(width),
        };
        self.pending.push(Pending::Read { scope, name, boxes });
        word
    }

    fn connect(&mut self, pending: Pending) {
        match pending {
            Pending::Register { scope, name } => {
                // All bits of a register are connected with the first.
                let Some(boxes) = self.unconnected.remove(&(scope, name.0)) else { return };
                let module = self.scopes[scope].module.clone();
                let Driver::Register(register) = module.name(name).driver else {
                    unreachable!("only a register waits like one")
                };
                let register = &module.registers[register];
                let mut updates = register.updates.iter().rev();
                let Some(&(condition, value)) = updates.next() else { return };
                let mut word = self.word(scope, value);
                let mut enable = condition.map_or(ONE, |node| self.word(scope, node)[0]);
                for &(condition, value) in updates {
                    let condition = condition.map_or(ONE, |node| self.word(scope, node)[0]);
                    let value = self.word(scope, value);
                    word = self.operators.select(condition, &value, &word);
                    enable = self.graph().or(enable, condition);
                }
                let reset = register.reset.as_ref().map(constant);
                for (at, index) in boxes {
                    self.graph().boxes[index].inputs = vec![word[at], enable];
                    let reset = reset.as_ref().map(|reset| reset[at] == ONE);
                    let key = (scope, register.name.0, at);
                    self.registers.push((key, word[at], enable, reset));
                }
            }
            Pending::Read { scope, name, boxes } => {
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
                for (index, bit) in boxes.into_iter().zip(word) {
                    self.graph().boxes[index].inputs = vec![bit, enable];
                }
            }
        }
    }

    /// What a memory's write port reads.
    fn write_port(&mut self, scope: usize, memory: MemoryId) -> Word {
        let module = self.scopes[scope].module.clone();
        let Some(write) = module.memories[memory.0 as usize].write else { return vec![] };
        let mut inputs = self.word(scope, write.enable);
        inputs.extend(self.word(scope, write.address));
        inputs.extend(self.word(scope, write.data));
        inputs
    }

    /// The word of LUT RAMs, or of logic, at an address.
    fn read_at_once(&mut self, scope: usize, memory: MemoryId, address: &[Literal]) -> Word {
        let module = self.scopes[scope].module.clone();
        let held = &module.memories[memory.0 as usize];
        let width = held.ty.width as usize;
        if held.write.is_none() {
            let words = (0..u64::from(held.depth)).map(|at| (at, content(held, at)));
            let words: Vec<(u64, Word)> = words.collect();
            return self.operators.table(address, &words, &vec![ZERO; width]);
        }
        match self.scopes[scope].memories[memory.0 as usize] {
            Made::LutRam => self.lut_rams(scope, memory, address),
            _ => self.registers(scope, memory, address),
        }
    }

    fn lut_rams(&mut self, scope: usize, memory: MemoryId, address: &[Literal]) -> Word {
        let module = self.scopes[scope].module.clone();
        let banks_count = module.memories[memory.0 as usize].depth.div_ceil(LUT_RAM_WORDS);
        let Some(write) = module.memories[memory.0 as usize].write else { return vec![] };
        let enable = self.word(scope, write.enable)[0];
        let at = self.word(scope, write.address);
        let data = self.word(scope, write.data);
        let low = address.len().min(LUT_RAM_WORDS.ilog2() as usize);
        let mut banks: Vec<(u64, Word)> = vec![];
        for bank in 0..u64::from(banks_count) {
            let chosen = self.operators.decoded(&at[low..], bank);
            let enabled = self.graph().and(chosen, enable);
            let mut word = vec![ZERO; data.len()];
            for (first, part) in data.chunks(4).enumerate().map(|(at, part)| (4 * at, part)) {
                let shared = at[..low].iter().chain(&address[..low]);
                let inputs = part.iter().chain(shared).copied().chain([enabled]).collect();
                let (_, outputs) = self.graph().add_box(BoxKind::LutRam, inputs, part.len());
                word[first..first + part.len()].copy_from_slice(&outputs);
            }
            banks.push((bank, word));
        }
        let default = banks[0].1.clone();
        self.operators.table(&address[low..], &banks, &default)
    }

    /// A memory so small that it is made of registers.
    fn registers(&mut self, scope: usize, memory: MemoryId, address: &[Literal]) -> Word {
        let module = self.scopes[scope].module.clone();
        let held = &module.memories[memory.0 as usize];
        let Some(write) = held.write else { return vec![] };
        let enable = self.word(scope, write.enable)[0];
        let at = self.word(scope, write.address);
        let data = self.word(scope, write.data);
        let mut words: Vec<(u64, Word)> = vec![];
        for word in 0..u64::from(held.depth) {
            let chosen = self.operators.decoded(&at, word);
            let enabled = self.graph().and(chosen, enable);
            let (boxes, outputs) = self.flip_flops(data.len());
            for (index, &bit) in boxes.into_iter().zip(&data) {
                self.graph().boxes[index].inputs = vec![bit, enabled];
            }
            words.push((word, outputs));
        }
        let default = words[0].1.clone();
        self.operators.table(address, &words, &default)
    }

    fn word(&mut self, scope: usize, node: NodeId) -> Word {
        if let Some(word) = &self.scopes[scope].nodes[node.0 as usize] {
            return word.clone();
        }
        let module = self.scopes[scope].module.clone();
        let word = match &module.node(node).kind {
            Kind::Constant(bits) => constant(bits),
            Kind::Named(name) => self.name(scope, *name),
            Kind::MemoryWord(memory, address) => {
                let address = self.word(scope, *address);
                self.read_at_once(scope, *memory, &address)
            }
            kind => {
                let operands: Vec<Word> =
                    kind.operands().iter().map(|operand| self.word(scope, *operand)).collect();
                let width = module.node(node).ty.width as usize;
                self.operators.adder = (scope, node.0, 0);
                self.operation(&module, kind, &operands, width)
            }
        };
        self.scopes[scope].nodes[node.0 as usize] = Some(word.clone());
        word
    }

    fn operation(&mut self, module: &Module, kind: &Kind, of: &[Word], width: usize) -> Word {
        let signed = |node: &NodeId| module.node(*node).ty.signed;
        let fill = |word: &Word, signed: bool| if signed { word[word.len() - 1] } else { ZERO };
        let operators = &mut self.operators;
        match kind {
            Kind::Unary(Unary::Not, _) => of[0].iter().map(|bit| bit.not()).collect(),
            Kind::Unary(Unary::Negate, _) => operators.add(&vec![ZERO; width], &of[0], true),
            Kind::Reduce(Reduce::And, _) => vec![operators.graph.all(&of[0])],
            Kind::Reduce(Reduce::Or, _) => vec![operators.graph.any(&of[0])],
            Kind::Reduce(Reduce::Xor, _) => vec![operators.graph.tree(&of[0], ZERO, Graph::xor)],
            Kind::Binary(Binary::Add, ..) => operators.add(&of[0], &of[1], false),
            Kind::Binary(Binary::Subtract, ..) => operators.add(&of[0], &of[1], true),
            Kind::Binary(Binary::Multiply, ..) => operators.multiply(&of[0], &of[1]),
            Kind::Binary(Binary::And, ..) => operators.bitwise(&of[0], &of[1], Graph::and),
            Kind::Binary(Binary::Or, ..) => operators.bitwise(&of[0], &of[1], Graph::or),
            Kind::Binary(Binary::Xor, ..) => operators.bitwise(&of[0], &of[1], Graph::xor),
            Kind::Compare(compare, a, _) => {
                let (a, b, signed) = (&of[0], &of[1], signed(a));
                vec![match compare {
                    Compare::Equal => operators.equal(a, b),
                    Compare::NotEqual => operators.equal(a, b).not(),
                    Compare::Less => operators.less(a, b, signed),
                    Compare::LessEqual => operators.less(b, a, signed).not(),
                }]
            }
            Kind::Select(..) => operators.select(of[0][0], &of[1], &of[2]),
            Kind::Slice(_, low) => of[0][*low as usize..][..width].to_vec(),
            Kind::Extend(a) => extended(&of[0], width, fill(&of[0], signed(a))),
            Kind::ShiftRight(a, by) => {
                extended(&of[0][*by as usize..], width, fill(&of[0], signed(a)))
            }
            Kind::ShiftLeft(_, by) => {
                let zeros = std::iter::repeat_n(ZERO, *by as usize);
                zeros.chain(of[0].iter().copied()).take(width).collect()
            }
            Kind::ShiftRightBy(a, _) => {
                let fill = fill(&of[0], signed(a));
                operators.shift(&of[0], &of[1], false, fill)
            }
            Kind::ShiftLeftBy(..) => operators.shift(&of[0], &of[1], true, ZERO),
            Kind::Concat(_) => of.iter().rev().flatten().copied().collect(),
            Kind::Repeat(_, count) => vec![of[0].clone(); *count as usize].concat(),
            Kind::Cast(_) => of[0].clone(),
            Kind::Constant(_) | Kind::Named(_) | Kind::MemoryWord(..) => {
                unreachable!("these are no operation")
            }
        }
    }
}

fn extended(word: &[Literal], width: usize, fill: Literal) -> Word {
    let mut word = word.to_vec();
    word.resize(width, fill);
    word
}

/// A word of a table of constants; missing ones are zero.
fn content(memory: &Memory, at: u64) -> Word {
    match memory.contents.get(at as usize) {
        Some(bits) => constant(bits),
        None => vec![ZERO; memory.ty.width as usize],
    }
}

/// A memory as synthesis sees it: what its module reads of it, whoever reads the module.
fn shape(module: &Module, index: usize) -> Shape {
    let id = MemoryId(index as u32);
    let clocked =
        |name: &&Name| matches!(name.driver, Driver::MemoryRead { memory, .. } if memory == id);
    let at_once = |node: &&Node| matches!(node.kind, Kind::MemoryWord(memory, _) if memory == id);
    let memory = &module.memories[index];
    Shape {
        depth: memory.depth,
        width: memory.ty.width,
        clocked_reads: module.names.iter().filter(clocked).count() as u32,
        reads_at_once: module.nodes.iter().filter(at_once).count() as u32,
        written: memory.write.is_some(),
        exclusive: memory.exclusive,
        distributed: memory.distributed,
    }
}
