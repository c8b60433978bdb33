//! Phase-locked loops: a cell that makes the clock of the module it stands in.
//!
//! ```text
//!  clk_i ──► EHXPLLL pll ──► pll_clkop ──► every register and instance of this module
//!                        └─► pll_LOCK, 1: the clock is good
//! ```
//!
//! The caller gives the parameters, which are frequencies. Their meaning and their limits are in
//! the vendors' manuals: ECP5 sysCLOCK (TN1263), iCE40 sysCLOCK (TN1251), Gowin UG286.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::primitive::{ClockPins, Parameter, Primitive};
use std::sync::Arc;

/// The parameters of an instance, as they print.
pub type Parameters = Vec<(&'static str, Parameter)>;

/// `EHXPLLL` of an ECP5: its first output, fed back from itself.
pub fn ehxplll(parameters: Parameters) -> Arc<Module> {
    let clock = ClockPins { takes: vec!["CLKI"], makes: Some("CLKOP"), feedback: vec!["CLKFB"] };
    let ties = vec![("RST", bits(1, 0)), ("STDBY", bits(1, 0))];
    let model = include_str!("EHXPLLL.v");
    pll("ehxplll", Primitive { cell: "EHXPLLL", parameters, ties, clock, model })
}

/// `SB_PLL40_CORE` of an iCE40, whose reference comes from inside the device.
pub fn sb_pll40_core(parameters: Parameters) -> Arc<Module> {
    let model = include_str!("SB_PLL40_CORE.v");
    ice40("sb_pll40_core", "SB_PLL40_CORE", "REFERENCECLK", parameters, model)
}

/// `SB_PLL40_PAD` of an iCE40, whose reference is the pin beside it.
pub fn sb_pll40_pad(parameters: Parameters) -> Arc<Module> {
    let model = include_str!("SB_PLL40_PAD.v");
    ice40("sb_pll40_pad", "SB_PLL40_PAD", "PACKAGEPIN", parameters, model)
}

/// `rPLL` of a Gowin device, fed back inside.
pub fn rpll(parameters: Parameters) -> Arc<Module> {
    let clock = ClockPins { takes: vec!["CLKIN"], makes: Some("CLKOUT"), feedback: vec![] };
    let single = ["CLKFB", "RESET", "RESET_P"].map(|pin| (pin, bits(1, 0)));
    let selects = ["FBDSEL", "IDSEL", "ODSEL"].map(|pin| (pin, bits(6, 0)));
    let tunings = ["PSDA", "FDLY", "DUTYDA"].map(|pin| (pin, bits(4, 0)));
    let ties = single.into_iter().chain(selects).chain(tunings).collect();
    let model = include_str!("rPLL.v");
    pll("rpll", Primitive { cell: "rPLL", parameters, ties, clock, model })
}

fn ice40(
    name: &str,
    cell: &'static str,
    reference: &'static str,
    parameters: Parameters,
    model: &'static str,
) -> Arc<Module> {
    let clock = ClockPins { takes: vec![reference], makes: Some("PLLOUTGLOBAL"), feedback: vec![] };
    let ties = vec![("RESETB", bits(1, 1)), ("BYPASS", bits(1, 0))];
    pll(name, Primitive { cell, parameters, ties, clock, model })
}

fn bits(width: u32, value: u64) -> Parameter {
    Parameter::Bits { width, value }
}

fn pll(name: &str, primitive: Primitive) -> Arc<Module> {
    let b = Builder::new(name, file!(), "phase-locked loop; passes the clock in simulation.");
    b.primitive(primitive);
    b.output("LOCK", b.flag(true), "1: the clock is good");
    b.finish()
}
