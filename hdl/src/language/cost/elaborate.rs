//! Flattening: from a hierarchy of modules to gates and boxes.
//!
//! Constants and equal gates meet across modules, as they do in synthesis, which flattens too. A
//! module that keeps its hierarchy stands between walls.

use super::contents::{constant, shape};
use super::graph::{Graph, Kind as BoxKind, Literal, ZERO};
use super::operators::{Hints, Operators, RegisterBit, Word};
use crate::language::check::Checked;
use crate::language::expression::{Binary, Compare, Kind, MemoryId, NameId, NodeId, Reduce, Unary};
use crate::language::module::{Driver, Module, PortEntry};
use crate::language::simulation::Direction;
use firmware::block_ram::Made;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// One module in its place in the hierarchy.
pub(super) struct Scope {
    pub(super) module: Arc<Module>,
    parent: Option<(usize, usize)>,
    children: Vec<usize>,
    nodes: Vec<Option<Word>>,
    names: Vec<Option<Word>>,
    /// What each memory becomes.
    pub(super) memories: Vec<Made>,
}

/// A box of a memory that is read at once: its place in the memory, a bank or a word, and its bits.
pub(super) struct Held {
    pub(super) index: usize,
    pub(super) place: u64,
    pub(super) bits: Range<usize>,
}

/// Registers and memory ports whose inputs are still to be connected.
pub(super) enum Pending {
    Register { scope: usize, name: NameId },
    Read { scope: usize, name: NameId, boxes: Vec<usize> },
    Held { scope: usize, memory: MemoryId, read: Word, boxes: Vec<Held> },
    Cell { scope: usize, position: usize, index: usize },
}

pub(super) struct Elaboration {
    pub(super) operators: Operators,
    pub(super) scopes: Vec<Scope>,
    pub(super) pending: Vec<Pending>,
    pub(super) registers: Vec<RegisterInput>,
    /// Memories whose write enable is never set.
    pub(super) unwritten: HashSet<(usize, usize)>,
    pub(super) register_bits: HashMap<RegisterBit, Literal>,
    /// Bits of registers and their boxes, whose inputs are still to come.
    pub(super) unconnected: HashMap<(usize, u32), Vec<(usize, usize)>>,
    /// The reset, once something needs it.
    reset: Option<Literal>,
    /// Outputs of vendors' cells, by scope and instance.
    cells: HashMap<(usize, usize), Vec<(String, Word)>>,
}

/// A bit of a register, and what it takes: value, enable, clear, and what it starts with.
pub(super) type RegisterInput = (RegisterBit, (Literal, Literal, Literal, Option<bool>));

/// A design as gates, with what the next pass wants to know of it.
pub(super) struct Elaborated {
    pub(super) graph: Graph,
    /// What each memory of each scope becomes.
    pub(super) memories: Vec<Vec<Made>>,
    pub(super) registers: Vec<RegisterInput>,
    /// Memories whose write enable is never set.
    pub(super) unwritten: HashSet<(usize, usize)>,
}

/// The gates of a design, with what an earlier pass found out, and the read ports of its memories.
pub(super) fn elaborate(design: &Checked, hints: Hints) -> Elaborated {
    let operators = Operators::new(hints);
    let mut flat = Elaboration {
        operators,
        scopes: vec![],
        pending: vec![],
        registers: vec![],
        unwritten: HashSet::new(),
        register_bits: HashMap::new(),
        unconnected: HashMap::new(),
        reset: None,
        cells: HashMap::new(),
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
    let Elaboration { registers, unwritten, .. } = flat;
    Elaborated { graph: flat.operators.graph, memories, registers, unwritten }
}

impl Elaboration {
    pub(super) fn graph(&mut self) -> &mut Graph {
        &mut self.operators.graph
    }

    fn add_scope(&mut self, module: &Arc<Module>, parent: Option<(usize, usize)>) -> usize {
        let index = self.scopes.len();
        let memories = (0..module.memories.len()).map(|id| self.made(index, module, id)).collect();
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

    fn made(&self, scope: usize, module: &Module, memory: usize) -> Made {
        let unwritten = self.operators.hints.unwritten.contains(&(scope, memory));
        shape(module, memory, unwritten).made()
    }

    /// The reset of all registers.
    pub(super) fn reset(&mut self) -> Literal {
        if self.reset.is_none() {
            self.reset = Some(self.graph().port());
        }
        self.reset.unwrap_or(ZERO)
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

    /// What stands at an input of a module; a port of its own for the top.
    fn input(&mut self, scope: usize, port: &str, width: usize) -> Word {
        let Some((parent, position)) = self.scopes[scope].parent else {
            return (0..width).map(|_| self.graph().port()).collect();
        };
        let outer = self.scopes[parent].module.clone();
        let inputs = &outer.instances[position].inputs;
        let Some((_, node)) = inputs.iter().find(|(given, _)| given == port) else {
            unreachable!("the builder connects every input")
        };
        let module = self.scopes[scope].module.clone();
        let word = self.word(parent, *node);
        self.wall(&module, word)
    }

    /// An output of an instance.
    fn instance(&mut self, scope: usize, position: usize, port: &str) -> Word {
        let child = self.scopes[scope].children[position];
        let inner = self.scopes[child].module.clone();
        if inner.primitive().is_some() {
            return self.vendor_cell(scope, position, port);
        }
        let driver = inner.ports.iter().find_map(|entry| match entry {
            PortEntry::Output { name, driver, .. } if inner.name(*name).text == port => {
                Some(*driver)
            }
            _ => None,
        });
        let Some(node) = driver else { unreachable!("instance outputs come from the port table") };
        let word = self.word(child, node);
        self.wall(&inner, word)
    }

    /// An output of a vendor's cell, which synthesis leaves as it is.
    fn vendor_cell(&mut self, scope: usize, position: usize, port: &str) -> Word {
        let outer = self.scopes[scope].module.clone();
        let instance = &outer.instances[position];
        let cell = instance.module.primitive().map_or("", |primitive| primitive.cell);
        let known = self.cells.get(&(scope, position)).cloned();
        let outputs = known.unwrap_or_else(|| {
            let ports = instance.module.ports();
            let ports = ports.into_iter().filter(|port| port.direction == Direction::Output);
            let ports: Vec<(String, usize)> =
                ports.map(|port| (port.name, port.ty.width as usize)).collect();
            let width = ports.iter().map(|(_, width)| width).sum();
            let kind = if cell == "CCU2C" { BoxKind::CarrySlice } else { BoxKind::Wall };
            let (index, mut bits) = self.graph().add_box(kind, vec![], width);
            self.pending.push(Pending::Cell { scope, position, index });
            let split = |(name, width)| (name, bits.drain(..width).collect());
            let outputs: Vec<(String, Word)> = ports.into_iter().map(split).collect();
            self.cells.insert((scope, position), outputs.clone());
            outputs
        });
        let found = outputs.into_iter().find(|(name, _)| name == port);
        found.map_or_else(|| unreachable!("a cell has the port it is read by"), |(_, word)| word)
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
            Driver::Input => self.input(scope, &entry.text, width),
            Driver::Instance(position, port) => self.instance(scope, *position, port),
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

    fn connect(&mut self, pending: Pending) {
        match pending {
            Pending::Register { scope, name } => self.connect_register(scope, name),
            Pending::Read { scope, name, boxes } => self.connect_read(scope, name, &boxes),
            Pending::Held { scope, memory, read, boxes } => {
                self.connect_held(scope, memory, &read, boxes);
            }
            Pending::Cell { scope, position, index } => {
                let outer = self.scopes[scope].module.clone();
                let inputs = outer.instances[position].inputs.iter();
                let inputs = inputs.flat_map(|(_, node)| self.word(scope, *node)).collect();
                self.graph().boxes[index].inputs = inputs;
            }
        }
    }

    pub(super) fn word(&mut self, scope: usize, node: NodeId) -> Word {
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
