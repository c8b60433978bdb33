//! Decoder of the base-3 packing: a byte into five trits.
//!
//! ```text
//!  code_i = {c1 c0, p2 p1 p0, q2 q1 q0} ─► high_o, low_o (trits A B C D E)
//! ```
//!
//! Bit-exact to [`packing::base3_decode`](weights::packing::base3_decode), where the code is
//! explained. 243 of 256 bytes are codes; [`base3_check`] tells them apart.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// The module `base3_decoder`.
pub fn base3_decoder() -> Arc<Module> {
    let b = Builder::new(
        "base3_decoder",
        file!(),
        "five trits from a byte {c[1:0], p[2:0], q[2:0]}.\n\n\
         c is the middle trit C, p the pair (A, B), q the pair (D, E). Three bits name a pair that \
         is not (0, 0): with the top bit low both are nonzero and the others are their signs; with \
         it high the middle bit tells which one is zero, the lowest the sign of the other. When c \
         is 10, which no trit is, a pair is (0, 0) and C has moved into its place.",
    );
    let code = b.input("code_i", uint(8), "one of 243 codes");
    let (c, p, q) = (code.bits(6, 2), code.bits(3, 3), code.bits(0, 3));
    let (c, p, q) = (b.wire("c", c), b.wire("p", p), b.wire("q", q));
    let escape = b.wire("escape", c.bit(1) & !c.bit(0));
    let p_zero = b.wire("p_zero", escape & !p.bit(2));
    let q_zero = b.wire("q_zero", escape & (p.bit(2) | (p.bit(1) & !p.bit(0))));
    b.comment("A moved C takes two bits of its pair; p then finds its top bit in q.");
    let p_top = b.wire("p_top", escape.select(q.bit(2), p.bit(2)));
    let moved = b.wire("moved", q_zero.select(q.bits(0, 2), p.bits(0, 2)));
    let middle = b.wire("middle", escape.select(moved, c));
    let (ab_high, ab_low) = pair(&b, "ab", p_zero, p_top, p);
    let (de_high, de_low) = pair(&b, "de", q_zero, q.bit(2), q);
    b.port_group("Trits, A in the lowest bit.");
    b.output("high_o", b.concat(&[de_high, middle.bit(1), ab_high]), "upper bits");
    b.output("low_o", b.concat(&[de_low, middle.bit(0), ab_low]), "lower bits");
    b.finish()
}

/// Upper and lower bits of the two trits of a pair, the first trit in the lowest bit.
fn pair<'m>(
    b: &'m Builder,
    name: &str,
    zero: Signal<'m>,
    single: Signal<'m>,
    code: Signal<'m>,
) -> (Signal<'m>, Signal<'m>) {
    let (which, sign) = (code.bit(1), code.bit(0));
    let none = b.literal(0, uint(2));
    let both = b.literal(3, uint(2));
    let off = b.flag(false);
    let on = b.flag(true);
    let one_high = which.select(b.concat(&[sign, off]), b.concat(&[off, sign]));
    let one_low = which.select(b.concat(&[sign, on]), b.concat(&[on, sign]));
    let signs = b.concat(&[sign, which]);
    let high = zero.select(none, single.select(one_high, signs));
    let low = zero.select(both, single.select(one_low, signs));
    (b.wire(&format!("{name}_high"), high), b.wire(&format!("{name}_low"), low))
}

/// The module `base3_check`: tells the 243 codes from the 13 other bytes.
pub fn base3_check() -> Arc<Module> {
    let b = Builder::new(
        "base3_check",
        file!(),
        "whether a byte {c[1:0], p[2:0], q[2:0]} is one of the 243 codes.\n\n\
         Only a byte with c = 10 can be none: where C should have moved to, there is no trit.",
    );
    let code = b.input("code_i", uint(8), "any byte");
    let ten = |high: u32| code.bit(high) & !code.bit(high - 1);
    let escape = b.wire("escape", ten(7));
    b.comment("With p = 1xx C stands in q[1:0]; with p = 010 both pairs are (0, 0), q = 0tt.");
    let q_is_none = b.wire("q_is_none", ten(1));
    let both_bad = b.wire("both_bad", ten(4) & (code.bit(2) | q_is_none));
    let bad = escape & code.bit(5).select(q_is_none, both_bad);
    b.output("ok_o", !bad, "it is a code");
    b.finish()
}
