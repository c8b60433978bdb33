//! The design as gates of two inputs, and what stands between them: adders, registers, memories.
//!
//! ```text
//!  inputs, outputs of boxes ─► and, xor gates ─► inputs of boxes, outputs
//! ```
//!
//! Equal gates are one gate, gates of constants are constants, and what no output needs is dead.

use std::collections::HashMap;

/// A gate's output, or its inverse: twice the gate, plus one for the inverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Literal(pub(super) u32);

/// Constant zero.
pub(super) const ZERO: Literal = Literal(0);
/// Constant one.
pub(super) const ONE: Literal = Literal(1);

impl Literal {
    /// The gate.
    pub(super) fn gate(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether it is the inverse of the gate.
    pub(super) fn inverted(self) -> bool {
        self.0 & 1 == 1
    }

    /// The other polarity.
    pub(super) fn not(self) -> Literal {
        Literal(self.0 ^ 1)
    }

    /// Its value, if it is a constant.
    pub(super) fn constant(self) -> Option<bool> {
        (self.0 < 2).then_some(self == ONE)
    }
}

/// What drives a gate's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Constant zero: gate 0 alone.
    Zero,
    /// An input of the design.
    Port,
    /// An output of a box.
    Box(u32),
    /// Both inputs.
    And(Literal, Literal),
    /// Exactly one of them.
    Xor(Literal, Literal),
}

/// An adder: scope and node of its operator, and which of that operator's adders.
pub(super) type AdderId = (usize, u32, u32);

/// What is not made of LUTs alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A carry chain that adds.
    Adder(AdderId),
    /// A vendor's cell of two bits of a carry chain.
    CarrySlice,
    /// One bit of a register.
    FlipFlop,
    /// A read port of a memory in block RAMs.
    BlockRam { scope: usize, memory: usize },
    /// A bit of LUT RAMs of 16 words of 4 bits, which bits of a group share.
    LutRam(usize),
    /// So many multipliers of 18 × 18 bits.
    Multiplier(u32),
    /// A wall that synthesis does not look through, at the border of a kept module.
    Wall,
}

/// A box with its connections.
#[derive(Clone, Debug)]
pub(super) struct Boxed {
    pub(super) kind: Kind,
    pub(super) inputs: Vec<Literal>,
    /// Gates of its outputs.
    pub(super) outputs: Vec<u32>,
}

/// Gates and boxes.
#[derive(Debug)]
pub(super) struct Graph {
    pub(super) gates: Vec<Gate>,
    pub(super) boxes: Vec<Boxed>,
    pub(super) outputs: Vec<Literal>,
    known: HashMap<(bool, Literal, Literal), Literal>,
}

impl Graph {
    pub(super) fn new() -> Graph {
        Graph { gates: vec![Gate::Zero], boxes: vec![], outputs: vec![], known: HashMap::new() }
    }

    fn push(&mut self, gate: Gate) -> Literal {
        self.gates.push(gate);
        Literal(2 * (self.gates.len() as u32 - 1))
    }

    /// An input of the design.
    pub(super) fn port(&mut self) -> Literal {
        self.push(Gate::Port)
    }

    /// A box whose inputs may come later; its outputs.
    pub(super) fn add_box(
        &mut self,
        kind: Kind,
        inputs: Vec<Literal>,
        output_count: usize,
    ) -> (usize, Vec<Literal>) {
        let index = self.boxes.len();
        let outputs: Vec<Literal> =
            (0..output_count).map(|_| self.push(Gate::Box(index as u32))).collect();
        let gates = outputs.iter().map(|output| output.gate() as u32).collect();
        self.boxes.push(Boxed { kind, inputs, outputs: gates });
        (index, outputs)
    }

    pub(super) fn and(&mut self, a: Literal, b: Literal) -> Literal {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        match (a, b) {
            (ZERO, _) => ZERO,
            (ONE, b) => b,
            _ if a == b => a,
            _ if a == b.not() => ZERO,
            _ => self.find(false, a, b),
        }
    }

    pub(super) fn or(&mut self, a: Literal, b: Literal) -> Literal {
        self.and(a.not(), b.not()).not()
    }

    pub(super) fn xor(&mut self, a: Literal, b: Literal) -> Literal {
        let flip = (a.0 ^ b.0) & 1;
        let (a, b) = (Literal(a.0 & !1), Literal(b.0 & !1));
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        let plain = match (a, b) {
            (ZERO, b) => b,
            _ if a == b => ZERO,
            _ => self.find(true, a, b),
        };
        Literal(plain.0 ^ flip)
    }

    /// `condition ? yes : no`.
    pub(super) fn select(&mut self, condition: Literal, yes: Literal, no: Literal) -> Literal {
        if yes == no {
            return yes;
        }
        if yes == no.not() {
            return self.xor(condition, no);
        }
        let yes = self.and(condition, yes);
        let no = self.and(condition.not(), no);
        self.or(yes, no)
    }

    /// At least two of three.
    pub(super) fn majority(&mut self, a: Literal, b: Literal, c: Literal) -> Literal {
        let both = self.and(a, b);
        let any = self.or(a, b);
        let rest = self.and(c, any);
        self.or(both, rest)
    }

    /// All of them, as a balanced tree.
    pub(super) fn all(&mut self, literals: &[Literal]) -> Literal {
        self.tree(literals, ONE, Graph::and)
    }

    /// Any of them.
    pub(super) fn any(&mut self, literals: &[Literal]) -> Literal {
        self.tree(literals, ZERO, Graph::or)
    }

    /// A balanced tree of one operator; `empty` of nothing.
    pub(super) fn tree(
        &mut self,
        literals: &[Literal],
        empty: Literal,
        operator: fn(&mut Graph, Literal, Literal) -> Literal,
    ) -> Literal {
        match literals {
            [] => empty,
            [one] => *one,
            _ => {
                let (left, right) = literals.split_at(literals.len() / 2);
                let left = self.tree(left, empty, operator);
                let right = self.tree(right, empty, operator);
                operator(self, left, right)
            }
        }
    }

    fn find(&mut self, xor: bool, a: Literal, b: Literal) -> Literal {
        if let Some(&known) = self.known.get(&(xor, a, b)) {
            return known;
        }
        let literal = self.push(if xor { Gate::Xor(a, b) } else { Gate::And(a, b) });
        self.known.insert((xor, a, b), literal);
        literal
    }

    /// Which gates an output of the design needs, through boxes.
    pub(super) fn live(&self) -> Live {
        let mut live =
            Live { gates: vec![false; self.gates.len()], boxes: vec![false; self.boxes.len()] };
        let mut open: Vec<usize> = self.outputs.iter().map(|output| output.gate()).collect();
        while let Some(gate) = open.pop() {
            if std::mem::replace(&mut live.gates[gate], true) {
                continue;
            }
            match self.gates[gate] {
                Gate::Zero | Gate::Port => {}
                Gate::And(a, b) | Gate::Xor(a, b) => open.extend([a.gate(), b.gate()]),
                Gate::Box(index) => {
                    if !std::mem::replace(&mut live.boxes[index as usize], true) {
                        let inputs = &self.boxes[index as usize].inputs;
                        open.extend(inputs.iter().map(|input| input.gate()));
                    }
                }
            }
        }
        live
    }
}

/// What is needed.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) gates: Vec<bool>,
    pub(super) boxes: Vec<bool>,
}
