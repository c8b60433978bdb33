//! Designs after synthesis, as Verilated models: whole, or with one bit of one LUT wrong.

use crate::verilog;
use cosim::gates::Gates;
use cosim::tools::{Cache, Design, Family, ToolError};
use cosim::verilated::{BuildOptions, CompiledModel, Optimisation, PowerUp, Toolchain};
use hdl::language::check::Checked;

/// The netlist of a design.
///
/// # Panics
/// If it cannot be synthesised, or a cell has no model.
pub fn synthesise(design: &Checked, family: Family) -> Gates {
    let sources = verilog::sources(design);
    let (top, cache) = (design.top().name.as_str(), Cache::of_user());
    cache
        .and_then(|cache| Gates::of(&Design { top, sources: &sources }, family, &cache))
        .unwrap_or_else(|error| panic!("{top}: {error}"))
}

/// A model of a netlist, whose simulations may begin from a seed.
///
/// # Errors
/// If Verilator or the compiler refuses it.
pub fn compile(
    toolchain: &Toolchain,
    design: &Checked,
    sources: &[(String, String)],
) -> Result<CompiledModel, ToolError> {
    let options = BuildOptions {
        trace: false,
        optimisation: Optimisation::Normal,
        power_up: PowerUp::Seeded,
    };
    let ports = design.top().ports();
    toolchain.build(&Design { top: &design.top().name, sources }, &ports, options)
}

/// How contents of a LUT begin in a netlist of either family.
const CONTENTS: [&str; 2] = [".INIT(16'h", ".LUT_INIT(16'h"];

/// The LUTs of a netlist: where the four digits of their contents stand, and what they drive.
pub fn luts(gates: &Gates) -> Vec<(usize, &str)> {
    luts_in(&gates.sources[0].1)
}

fn luts_in(text: &str) -> Vec<(usize, &str)> {
    let mut luts = vec![];
    for begin in CONTENTS {
        for (place, _) in text.match_indices(begin) {
            let place = place + begin.len();
            let driven = text[place..].lines().nth(1).unwrap_or_default();
            luts.push((place, driven.trim_matches([' ', ')', '(', '\\'])));
        }
    }
    luts
}

/// The netlist with another bit in the contents of a LUT: the one for inputs that are all 0, which
/// exists whatever inputs the LUT uses.
///
/// # Panics
/// If there is no LUT at that place.
pub fn with_wrong_bit(gates: &Gates, place: usize) -> Vec<(String, String)> {
    let mut sources = gates.sources.clone();
    flip(&mut sources[0].1, place);
    sources
}

fn flip(text: &mut String, place: usize) {
    let contents = u16::from_str_radix(&text[place..place + 4], 16).expect("four digits");
    text.replace_range(place..place + 4, &format!("{:04x}", contents ^ 1));
}

/// The same in the text of a netlist, in the LUT of that index.
///
/// # Panics
/// If the netlist has fewer LUTs.
pub fn wrong_bit(text: &mut String, lut: usize) {
    let place = luts_in(text)[lut].0;
    flip(text, place);
}
