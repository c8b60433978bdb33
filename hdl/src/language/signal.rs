//! Signals and their operators.
//!
//! A [`Signal`] is a copyable handle to a node of the module under construction. Operators check
//! types at once, so that a wrong width fails in the generator, on the generator's line.

use crate::language::bits::Bits;
use crate::language::expression::{Binary, Compare, Kind, NodeId, Reduce, Unary};
use crate::language::signal_type::{Type, sint, uint};
use crate::language::state::State;
use std::cell::RefCell;
use std::ops;

/// Bits of a shift amount that Verilator takes.
const SHIFT_WIDTH_MAX: u32 = 32;

/// A value in the module that a [`Builder`](crate::language::builder::Builder) is making.
#[derive(Clone, Copy)]
pub struct Signal<'m> {
    pub(crate) state: &'m RefCell<State>,
    pub(crate) node: NodeId,
    pub(crate) ty: Type,
}

impl<'m> Signal<'m> {
    /// Width and sign.
    pub fn ty(self) -> Type {
        self.ty
    }

    /// Width in bits.
    pub fn width(self) -> u32 {
        self.ty.width
    }

    fn make(self, kind: Kind, ty: Type) -> Signal<'m> {
        let node = self.state.borrow_mut().intern(kind, ty);
        Signal { node, ty, ..self }
    }

    /// A constant of this signal's type.
    #[track_caller]
    pub fn same(self, value: i128) -> Signal<'m> {
        self.make(Kind::Constant(Bits::new(value, self.ty)), self.ty)
    }

    #[track_caller]
    fn check_same(self, other: Signal<'m>, operator: &str) {
        assert!(std::ptr::eq(self.state, other.state), "signals of two modules cannot meet");
        assert!(
            self.ty == other.ty,
            "`{}` is {}, `{}` is {}: {operator} needs equal types; extend or cast one of them",
            self.state.borrow().describe(self.node),
            self.ty,
            other.state.borrow().describe(other.node),
            other.ty,
        );
    }

    #[track_caller]
    fn check_named(self, operator: &str) {
        assert!(
            self.state.borrow().is_named(self.node),
            "{operator} needs a named signal, `{}` is an expression: give it a name with wire()",
            self.state.borrow().describe(self.node),
        );
    }

    #[track_caller]
    fn check_bit(self, role: &str) {
        assert!(
            self.ty == uint(1),
            "`{}` is {}: a {role} must be uint(1)",
            self.state.borrow().describe(self.node),
            self.ty
        );
    }

    #[track_caller]
    fn binary(self, operator: Binary, symbol: &str, other: Signal<'m>) -> Signal<'m> {
        self.check_same(other, symbol);
        self.make(Kind::Binary(operator, self.node, other.node), self.ty)
    }

    #[track_caller]
    fn compare(self, operator: Compare, symbol: &str, other: Signal<'m>) -> Signal<'m> {
        self.check_same(other, symbol);
        self.make(Kind::Compare(operator, self.node, other.node), uint(1))
    }

    /// Whether both are equal.
    #[track_caller]
    pub fn eq(self, other: Signal<'m>) -> Signal<'m> {
        self.compare(Compare::Equal, "==", other)
    }

    /// Whether they differ.
    #[track_caller]
    pub fn ne(self, other: Signal<'m>) -> Signal<'m> {
        self.compare(Compare::NotEqual, "!=", other)
    }

    /// Whether this is less.
    #[track_caller]
    pub fn lt(self, other: Signal<'m>) -> Signal<'m> {
        self.compare(Compare::Less, "<", other)
    }

    /// Whether this is less or equal.
    #[track_caller]
    pub fn le(self, other: Signal<'m>) -> Signal<'m> {
        self.compare(Compare::LessEqual, "<=", other)
    }

    /// Whether this equals a constant.
    #[track_caller]
    pub fn is(self, value: i128) -> Signal<'m> {
        self.eq(self.same(value))
    }

    /// `self ? yes : no`.
    #[track_caller]
    pub fn select(self, yes: Signal<'m>, no: Signal<'m>) -> Signal<'m> {
        self.check_bit("condition");
        yes.check_same(no, "?:");
        self.make(Kind::Select(self.node, yes.node, no.node), yes.ty)
    }

    /// Bit `index`, from the least significant.
    #[track_caller]
    pub fn bit(self, index: u32) -> Signal<'m> {
        self.bits(index, 1)
    }

    /// The top bit: the sign of a signed signal.
    #[track_caller]
    pub fn top_bit(self) -> Signal<'m> {
        self.bit(self.width() - 1)
    }

    /// `width` bits from bit `low` upwards, unsigned.
    #[track_caller]
    pub fn bits(self, low: u32, width: u32) -> Signal<'m> {
        assert!(
            width > 0 && low + width <= self.width(),
            "bits {low}+{width} are outside `{}`, which is {}",
            self.state.borrow().describe(self.node),
            self.ty
        );
        if low == 0 && width == self.width() {
            return self.as_uint();
        }
        self.check_named("a slice");
        self.make(Kind::Slice(self.node, low), uint(width))
    }

    /// The low `width` bits, with this signal's sign.
    #[track_caller]
    pub fn truncate(self, width: u32) -> Signal<'m> {
        let low = self.bits(0, width);
        if self.ty.signed { low.as_sint() } else { low }
    }

    /// Wider by this signal's own rule: zeros or copies of the sign.
    #[track_caller]
    pub fn extend(self, width: u32) -> Signal<'m> {
        assert!(width >= self.width(), "extend to {width} would shorten {}", self.ty);
        let ty = Type { width, ..self.ty };
        if width == self.width() {
            return self;
        }
        let constant = self.state.borrow().constant_value(self.node);
        if let Some(value) = constant {
            return self.make(Kind::Constant(value.extend(ty)), ty);
        }
        self.check_named("an extension");
        self.make(Kind::Extend(self.node), ty)
    }

    /// The same bits as unsigned.
    pub fn as_uint(self) -> Signal<'m> {
        self.cast(uint(self.width()))
    }

    /// The same bits as two's complement.
    pub fn as_sint(self) -> Signal<'m> {
        self.cast(sint(self.width()))
    }

    fn cast(self, ty: Type) -> Signal<'m> {
        if ty == self.ty {
            return self;
        }
        let operand = self.state.borrow().cast_operand(self.node);
        match operand {
            Some(inner) => Signal { node: inner, ..self }.retyped(ty),
            None => self.make(Kind::Cast(self.node), ty),
        }
    }

    /// The operand of a cast, seen as `ty`: two casts in a row are one or none.
    fn retyped(self, ty: Type) -> Signal<'m> {
        let own = self.state.borrow().type_of(self.node);
        if own == ty { Signal { ty, ..self } } else { self.make(Kind::Cast(self.node), ty) }
    }

    /// Shifted right by a constant below the width, by this signal's own sign rule.
    #[track_caller]
    pub fn shift_right(self, by: u32) -> Signal<'m> {
        assert!(by < self.width(), "a shift by {by} leaves nothing of {}", self.ty);
        self.check_named("a shift");
        if by == 0 { self } else { self.make(Kind::ShiftRight(self.node, by), self.ty) }
    }

    /// Shifted left by a constant below the width; the top bits are lost.
    #[track_caller]
    pub fn shift_left(self, by: u32) -> Signal<'m> {
        assert!(by < self.width(), "a shift by {by} leaves nothing of {}", self.ty);
        self.check_named("a shift");
        if by == 0 { self } else { self.make(Kind::ShiftLeft(self.node, by), self.ty) }
    }

    #[track_caller]
    fn check_amount(self, amount: Signal<'m>) {
        assert!(std::ptr::eq(self.state, amount.state), "signals of two modules cannot meet");
        let constant = self.state.borrow().constant_value(self.node);
        if constant.is_none() {
            self.check_named("a shift");
        }
        assert!(
            !amount.ty.signed && amount.ty.width <= SHIFT_WIDTH_MAX,
            "`{}` is {}: a shift amount is unsigned, of at most {SHIFT_WIDTH_MAX} bits",
            self.state.borrow().describe(amount.node),
            amount.ty
        );
    }

    /// Shifted right by a signal, by this signal's own sign rule. From the width on, only zeros or
    /// copies of the sign are left.
    #[track_caller]
    pub fn shift_right_by(self, amount: Signal<'m>) -> Signal<'m> {
        self.check_amount(amount);
        self.make(Kind::ShiftRightBy(self.node, amount.node), self.ty)
    }

    /// Shifted left by a signal: zeros in, the top bits are lost. From the width on, zero is left.
    #[track_caller]
    pub fn shift_left_by(self, amount: Signal<'m>) -> Signal<'m> {
        self.check_amount(amount);
        self.make(Kind::ShiftLeftBy(self.node, amount.node), self.ty)
    }

    /// `count` copies side by side, unsigned.
    #[track_caller]
    pub fn repeat(self, count: u32) -> Signal<'m> {
        assert!(count > 0, "a signal cannot be repeated zero times");
        if count == 1 {
            return self.as_uint();
        }
        self.make(Kind::Repeat(self.node, count), uint(self.width() * count))
    }

    fn reduce(self, operator: Reduce) -> Signal<'m> {
        if self.ty == uint(1) {
            return self;
        }
        self.make(Kind::Reduce(operator, self.node), uint(1))
    }

    /// Whether any bit is one.
    pub fn any(self) -> Signal<'m> {
        self.reduce(Reduce::Or)
    }

    /// Whether all bits are one.
    pub fn all(self) -> Signal<'m> {
        self.reduce(Reduce::And)
    }

    /// Whether the number of ones is odd.
    pub fn parity(self) -> Signal<'m> {
        self.reduce(Reduce::Xor)
    }

    /// Negative of a signed signal, modulo 2^width.
    pub fn negate(self) -> Signal<'m> {
        self.make(Kind::Unary(Unary::Negate, self.node), self.ty)
    }
}

impl<'m> ops::Not for Signal<'m> {
    type Output = Signal<'m>;
    fn not(self) -> Signal<'m> {
        self.make(Kind::Unary(Unary::Not, self.node), self.ty)
    }
}

macro_rules! binary_operator {
    ($trait:ident, $method:ident, $operator:ident, $symbol:literal) => {
        impl<'m> ops::$trait for Signal<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, other: Signal<'m>) -> Signal<'m> {
                self.binary(Binary::$operator, $symbol, other)
            }
        }

        impl<'m> ops::$trait<i128> for Signal<'m> {
            type Output = Signal<'m>;
            #[track_caller]
            fn $method(self, value: i128) -> Signal<'m> {
                self.binary(Binary::$operator, $symbol, self.same(value))
            }
        }
    };
}

binary_operator!(Add, add, Add, "+");
binary_operator!(Sub, sub, Subtract, "-");
binary_operator!(Mul, mul, Multiply, "*");
binary_operator!(BitAnd, bitand, And, "&");
binary_operator!(BitOr, bitor, Or, "|");
binary_operator!(BitXor, bitxor, Xor, "^");
