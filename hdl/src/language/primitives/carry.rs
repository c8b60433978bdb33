//! Carry chains of an ECP5.
//!
//! ```text
//!  A B C D ─► LUT4 ─► propagate ─┬──(^)──► S
//!  A B ─────► LUT2 ─► generate ─┐│   ▲
//!                        CIN ───┴┴───┴───► COUT = propagate ? CIN : generate
//! ```
//!
//! A `CCU2C` is two such bits. The LUT2 is the LUT4 where C = D = 0.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::primitive::{ClockPins, Parameter, Primitive};
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// The Verilog of a `CCU2C`, for simulation.
pub const CCU2C_MODEL: &str = include_str!("CCU2C.v");

/// A `CCU2C` whose two bits have these truth tables, bit `8·D + 4·C + 2·B + A` of each.
pub fn ccu2c(tables: [u16; 2]) -> Arc<Module> {
    let [lower, upper] = tables;
    let b = Builder::new(
        &format!("ccu2c_{lower:04x}_{upper:04x}"),
        file!(),
        "two bits of an ECP5's carry chain.",
    );
    let table = |value: u16| Parameter::Bits { width: 16, value: value.into() };
    let handed_on = || Parameter::Text("NO".into());
    b.primitive(Primitive {
        cell: "CCU2C",
        parameters: vec![
            ("INIT0", table(lower)),
            ("INIT1", table(upper)),
            ("INJECT1_0", handed_on()),
            ("INJECT1_1", handed_on()),
        ],
        ties: vec![],
        clock: ClockPins::default(),
        model: CCU2C_MODEL,
    });
    let pin = |name: &str| b.input(name, uint(1), "input of a LUT");
    let carry = b.input("CIN", uint(1), "carry in");
    let half = |index: usize, table: u16, carry| {
        let pins = ["A", "B", "C", "D"].map(|name| pin(&format!("{name}{index}")));
        let propagate = lookup(&b, &format!("propagate_{index}"), &pins, table);
        let generate = lookup(&b, &format!("generate_{index}"), &pins[..2], table);
        (propagate ^ carry, propagate.select(carry, generate))
    };
    let (sum_0, carry) = half(0, lower, carry);
    let (sum_1, carry) = half(1, upper, carry);
    b.output("S0", sum_0, "sum of the lower bit");
    b.output("S1", sum_1, "sum of the upper bit");
    b.output("COUT", carry, "carry out of the upper bit");
    b.finish()
}

/// The bit of a truth table at these inputs, the lowest first.
fn lookup<'m>(b: &'m Builder, name: &str, pins: &[Signal<'m>], table: u16) -> Signal<'m> {
    let inputs: Vec<Signal> = pins.iter().rev().copied().collect();
    let ones: Vec<(i128, Signal)> = (0..1i128 << pins.len())
        .filter(|&index| table >> index & 1 == 1)
        .map(|index| (index, b.flag(true)))
        .collect();
    b.case(name, b.concat(&inputs), &ones, b.flag(false))
}
