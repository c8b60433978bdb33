//! The nodes of an expression.
//!
//! Operators keep the width of their operands; only slices, concatenations, extensions,
//! comparisons and reductions change it. Because of this rule an expression means the same to us
//! and to Verilog, whose context-dependent widths never come into play.

use crate::language::bits::Bits;
use crate::language::signal_type::Type;

/// A node of one module's expression table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

/// An entry of one module's table of named signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub(crate) u32);

/// One operand, same width out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// Every bit inverted.
    Not,
    /// Two's complement negation.
    Negate,
}

/// All bits of one operand into a single bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduce {
    /// All ones.
    And,
    /// Any one.
    Or,
    /// Odd number of ones.
    Xor,
}

/// Two operands of equal type, same type out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// Sum modulo 2^width.
    Add,
    /// Difference modulo 2^width.
    Subtract,
    /// Product modulo 2^width.
    Multiply,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

/// Two operands of equal type, one bit out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Equal.
    Equal,
    /// Different.
    NotEqual,
    /// Less, by the operands' sign.
    Less,
    /// Less or equal, by the operands' sign.
    LessEqual,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A constant.
    Constant(Bits),
    /// A port, wire, register or memory output.
    Named(NameId),
    /// See [`Unary`].
    Unary(Unary, NodeId),
    /// See [`Reduce`].
    Reduce(Reduce, NodeId),
    /// See [`Binary`].
    Binary(Binary, NodeId, NodeId),
    /// See [`Compare`].
    Compare(Compare, NodeId, NodeId),
    /// `condition ? yes : no`.
    Select(NodeId, NodeId, NodeId),
    /// The bits of a named signal from `low` upwards; the width is the node's.
    Slice(NodeId, u32),
    /// Operands side by side, most significant first.
    Concat(Vec<NodeId>),
    /// `count` copies side by side.
    Repeat(NodeId, u32),
    /// A named signal made wider by its own sign rule.
    Extend(NodeId),
    /// The same bits read with the other sign.
    Cast(NodeId),
    /// A named signal shifted right by a constant, by its own sign rule.
    ShiftRight(NodeId, u32),
    /// Shifted left by a constant, zeros in, top bits lost.
    ShiftLeft(NodeId, u32),
    /// A named signal or constant shifted right by an unsigned amount, by its own sign rule.
    ShiftRightBy(NodeId, NodeId),
    /// Shifted left by an unsigned amount, zeros in, top bits lost.
    ShiftLeftBy(NodeId, NodeId),
    /// The word of a small memory at an address, without a clock.
    MemoryWord(MemoryId, NodeId),
}

/// A memory of one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemoryId(pub(crate) u32);

/// A node with its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// What it computes.
    pub kind: Kind,
    /// Width and sign of its value.
    pub ty: Type,
}

impl Kind {
    /// The nodes this one reads.
    pub fn operands(&self) -> Vec<NodeId> {
        match self {
            Kind::Constant(_) | Kind::Named(_) => vec![],
            Kind::Unary(_, a)
            | Kind::Reduce(_, a)
            | Kind::Slice(a, _)
            | Kind::Repeat(a, _)
            | Kind::Extend(a)
            | Kind::Cast(a)
            | Kind::ShiftRight(a, _)
            | Kind::ShiftLeft(a, _)
            | Kind::MemoryWord(_, a) => vec![*a],
            Kind::Binary(_, a, b)
            | Kind::Compare(_, a, b)
            | Kind::ShiftRightBy(a, b)
            | Kind::ShiftLeftBy(a, b) => vec![*a, *b],
            Kind::Select(c, a, b) => vec![*c, *a, *b],
            Kind::Concat(parts) => parts.clone(),
        }
    }
}
