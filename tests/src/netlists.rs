//! Designs after synthesis, as Verilated models, whole or with one bit of one LUT wrong.

use crate::verilog;
use cosim::gates::Gates;
use cosim::tools::{Cache, Design, Family, ToolError};
use cosim::verilated::{BuildOptions, CompiledModel, Optimisation, PowerUp, Toolchain};
use hdl::check::Checked;

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

/// A fault on purpose: one bit of the contents of one LUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongBit {
    /// Which of the LUTs, in the order of the netlist.
    pub lut: usize,
    /// Which bit.
    pub bit: u32,
}

/// How contents of a LUT begin in a netlist of either family.
const CONTENTS: [&str; 2] = [".INIT(16'h", ".LUT_INIT(16'h"];

impl WrongBit {
    /// Puts the fault into a netlist, and says which LUT that is.
    ///
    /// # Panics
    /// If there is no such LUT.
    pub fn into_netlist(self, gates: &Gates) -> (Vec<(String, String)>, String) {
        let mut sources = gates.sources.clone();
        let text = &mut sources[0].1;
        let places = CONTENTS.iter().flat_map(|begin| {
            text.match_indices(begin).map(|(place, _)| place + begin.len()).collect::<Vec<_>>()
        });
        let place = places.collect::<Vec<_>>()[self.lut];
        let word = u16::from_str_radix(&text[place..place + 4], 16).expect("four digits");
        text.replace_range(place..place + 4, &format!("{:04x}", word ^ 1 << self.bit));
        let name = text[place..].lines().nth(1).unwrap_or_default();
        let name = name.trim_matches([' ', ')', '(', '\\']).to_owned();
        (sources, name)
    }
}

/// LUTs of a netlist that [`WrongBit`] counts.
pub fn lut_count(gates: &Gates) -> usize {
    CONTENTS.iter().map(|begin| gates.sources[0].1.matches(begin).count()).sum()
}
