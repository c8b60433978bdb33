//! Two forms of one function: equal for all inputs at all times.
//!
//! ```text
//!  inputs ─┬─► one form ──────► delay ─┐
//!          └─► the other, slower ──────┴─► equal in cycle L + 1, from any state before the first
//! ```
//!
//! The state that the first cycle begins with is free, so whatever cycle of a run it is, what holds
//! L cycles behind it holds L cycles behind that. This is a proof for all times from cycle L on,
//! L the latency of the slower form; before that a pipeline holds what it powered up with.

use super::properties::{ModuleProof, PropertyProof, Verdict, sources};
use crate::gates::Gates;
use crate::tools::{Cache, Design, Family, Tool, ToolError, equal};
use hdl::blocks::array::ternary_dot::TernaryDot;
use hdl::language::module::Module;
use hdl::language::simulation::Direction;
use rayon::prelude::*;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;
use weights::config::Target;

/// Two forms of one module to be proven equal.
#[derive(Clone, Debug)]
pub struct Equivalence {
    /// The module whose ports both have.
    pub module: Arc<Module>,
    /// Which forms they are.
    pub name: String,
    /// What is said of them.
    pub meaning: String,
    /// Name and text of each file of either form, and its latency.
    pub sides: [(Vec<(String, String)>, u32); 2],
    /// What inputs keep, in Verilog.
    pub assumed: Option<&'static str>,
}

/// No spike is negative but not there, and no weight has the code 10, which means nothing.
const CODES: &str = "((negative_i & ~active_i) == 0) && ((high_i & ~low_i) == 0)";

/// Slots of the forms that are proven equal: the trees differ, which a solver holds while small.
const FORM_SLOTS: [u32; 7] = [1, 2, 3, 5, 8, 16, 24];
/// Slots of the dots whose netlists are proven.
const NETLIST_SLOTS: u32 = 64;

/// Every pair that is proven: both forms of the dot, and each form with its netlists.
///
/// # Errors
/// If the synthesiser is missing or fails.
pub fn equivalences(cache: &Cache) -> Result<Vec<Equivalence>, ToolError> {
    let mut pairs = vec![];
    for slots in FORM_SLOTS {
        pairs.push(forms_of_dot(slots)?);
    }
    for (target, family) in [
        (Target::Portable, Family::Ecp5),
        (Target::Portable, Family::Ice40),
        (Target::Ecp5, Family::Ecp5),
    ] {
        pairs.push(netlist_of_dot(NETLIST_SLOTS, target, family, cache)?);
    }
    Ok(pairs)
}

/// The portable form of the dot and the one in an ECP5's carry cells.
///
/// # Errors
/// If a form cannot be printed.
pub fn forms_of_dot(slots: u32) -> Result<Equivalence, ToolError> {
    let [portable, carry] =
        [Target::Portable, Target::Ecp5].map(|target| TernaryDot { slots, target }.module());
    Ok(Equivalence {
        name: format!("{slots} slots: portable = carry cells"),
        meaning: "Both forms give the same dot for all weights and spikes.".to_owned(),
        sides: [(sources(&portable)?, portable.latency), (sources(&carry)?, carry.latency)],
        module: portable,
        assumed: Some(CODES),
    })
}

/// A form of the dot and its netlist.
///
/// # Errors
/// If the synthesiser is missing or fails.
pub fn netlist_of_dot(
    slots: u32,
    target: Target,
    family: Family,
    cache: &Cache,
) -> Result<Equivalence, ToolError> {
    let module = TernaryDot { slots, target }.module();
    let files = sources(&module)?;
    let gates = Gates::of(&Design { top: &module.name, sources: &files }, family, cache)?;
    let form = match target {
        Target::Portable => "portable",
        Target::Ecp5 => "carry cells",
    };
    Ok(Equivalence {
        name: format!("{slots} slots: {form} = {} netlist", family.name()),
        meaning: "The netlist gives the same dot for all inputs.".to_owned(),
        sides: [(files, module.latency), (gates.sources, module.latency)],
        module,
        assumed: None,
    })
}

/// Proves pairs, as many at once as there are cores.
///
/// # Errors
/// If the prover fails. That two forms differ is a result, not an error.
pub fn prove_equal(
    yosys: &Tool,
    cache: &Cache,
    pairs: &[Equivalence],
) -> Result<Vec<ModuleProof>, ToolError> {
    pairs.par_iter().with_max_len(1).map(|pair| prove_pair(yosys, cache, pair)).collect()
}

fn prove_pair(yosys: &Tool, cache: &Cache, pair: &Equivalence) -> Result<ModuleProof, ToolError> {
    let begin = Instant::now();
    let top = pair.module.name.as_str();
    let [left, right] = pair.sides.each_ref().map(|(sources, _)| Design { top, sources });
    let latency = pair.sides.iter().map(|(_, latency)| *latency).max().unwrap_or(0);
    let is_equal = equal(yosys, cache, [&left, &right], &miter(pair, latency), latency + 1)?;
    let verdict = match is_equal {
        true => Verdict::Proven { cycles: latency },
        false => Verdict::Refuted { cycle: latency },
    };
    let property =
        PropertyProof { name: pair.name.clone(), meaning: pair.meaning.clone(), verdict };
    let seconds = begin.elapsed().as_secs_f64();
    Ok(ModuleProof { module: top.to_owned(), properties: vec![property], seconds })
}

/// The Verilog that holds both forms, delays the faster one, and asserts that they are equal.
fn miter(pair: &Equivalence, latency: u32) -> String {
    let mut text = "`default_nettype none\nmodule miter (\n    input wire clk_i".to_owned();
    let ports = pair.module.ports();
    let (inputs, outputs): (Vec<_>, Vec<_>) =
        ports.iter().partition(|port| port.direction == Direction::Input);
    for port in &inputs {
        let _ = write!(text, ",\n    input wire [{}:0] {}", port.ty.width - 1, port.name);
    }
    text.push_str("\n);\n");
    for (side, (_, own)) in ["left", "right"].into_iter().zip(&pair.sides) {
        let mut pins = vec![".clk_i(clk_i)".to_owned()];
        pins.extend(inputs.iter().map(|port| format!(".{0}({0})", port.name)));
        for port in &outputs {
            let (name, top) = (format!("{side}_{}", port.name), port.ty.width - 1);
            pins.push(format!(".{}({name}_0)", port.name));
            let _ = writeln!(text, "    wire [{top}:0] {name}_0;");
            for late in 1..=latency - own {
                let _ = writeln!(text, "    reg [{top}:0] {name}_{late};");
                let before = late - 1;
                let _ =
                    writeln!(text, "    always @(posedge clk_i) {name}_{late} <= {name}_{before};");
            }
        }
        let _ = writeln!(text, "    {side} the_{side} ({});", pins.join(", "));
    }
    let delay = pair.sides.each_ref().map(|(_, own)| latency - own);
    text.push_str("    always @* begin\n");
    if let Some(assumed) = pair.assumed {
        let _ = writeln!(text, "        assume ({assumed});");
    }
    for port in &outputs {
        let ([left, right], name) = (delay, &port.name);
        let _ = writeln!(text, "        assert (left_{name}_{left} == right_{name}_{right});");
    }
    text.push_str("    end\nendmodule\n");
    text
}
