//! Every property of a module, and what came of it.

use crate::tools::{Cache, Design, Induction, Tool, ToolError, induct};
use hdl::language::module::Module;
use hdl::language::property::Claim;
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Arc;
use std::time::Instant;

/// What came of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds at all times: by induction over so many cycles, together with its module's others.
    Proven {
        /// Cycles of the induction step.
        cycles: u32,
    },
    /// It does not hold in that cycle after the first of a reset, for some inputs.
    Refuted {
        /// The first such cycle.
        cycle: u32,
    },
    /// It holds in the first cycles, but the induction step has no proof.
    Open {
        /// How many were tried.
        cycles: u32,
    },
}

/// A property, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PropertyProof {
    /// Its name, with the place of its part in the module.
    pub name: String,
    /// What it says.
    pub meaning: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// A module, and what came of its properties.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleProof {
    /// Its name.
    pub module: String,
    /// One entry a property, those of its parts behind its own.
    pub properties: Vec<PropertyProof>,
    /// Wall time.
    pub seconds: f64,
}

impl ModuleProof {
    /// Whether all of it is proven.
    pub fn is_proven(&self) -> bool {
        let proven = |one: &PropertyProof| matches!(one.verdict, Verdict::Proven { .. });
        self.properties.iter().all(proven)
    }
}

/// The most cycles of an induction; every proof of ours takes far fewer.
const CYCLES_MAX: u32 = 12;

/// Proves every property of every module, as many at once as there are cores.
///
/// # Errors
/// If the prover is missing or fails. That a property does not hold is a result, not an error.
pub fn prove_all(
    yosys: &Tool,
    cache: &Cache,
    modules: &[Arc<Module>],
) -> Result<Vec<ModuleProof>, ToolError> {
    let one = |module: &Arc<Module>| prove(yosys, cache, module, &sources(module)?);
    modules.par_iter().with_max_len(1).map(one).collect()
}

/// The printed files of a module and its parts.
pub(super) fn sources(module: &Arc<Module>) -> Result<Vec<(String, String)>, ToolError> {
    let checked = hdl::language::check::check(module).map_err(|error| ToolError::Design {
        top: module.name.clone(),
        reason: format!("{error}\n  = this is a defect: report it"),
    })?;
    let files = hdl::language::verilog::print(&checked);
    Ok(files.into_iter().map(|file| (file.name, file.text)).collect())
}

/// Proves the properties of a module in its Verilog, which may differ from what was printed.
///
/// # Errors
/// As [`prove_all`].
pub fn prove(
    yosys: &Tool,
    cache: &Cache,
    module: &Module,
    sources: &[(String, String)],
) -> Result<ModuleProof, ToolError> {
    let begin = Instant::now();
    let design = Design { top: &module.name, sources };
    let together = induct(yosys, cache, &design, None, CYCLES_MAX)?;
    let mut properties = vec![];
    for (name, meaning) in claims(module, "", Claim::Asserted) {
        let verdict = match together {
            Induction::Proven { cycles } => Verdict::Proven { cycles },
            // Which of them it is, each alone shows.
            _ => match induct(yosys, cache, &design, Some(&name), CYCLES_MAX)? {
                Induction::Refuted { cycle } => Verdict::Refuted { cycle },
                _ => Verdict::Open { cycles: CYCLES_MAX },
            },
        };
        properties.push(PropertyProof { name, meaning, verdict });
    }
    let seconds = begin.elapsed().as_secs_f64();
    Ok(ModuleProof { module: module.name.clone(), properties, seconds })
}

/// What a module and its parts assert, by the place of each in the flattened module. What the parts
/// assume, the module asserts.
fn claims(module: &Module, path: &str, assumed: Claim) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = module
        .properties()
        .filter(|property| property.claim == Claim::Asserted || property.claim == assumed)
        .map(|property| (format!("{path}{}", property.name), property.meaning.clone()))
        .collect();
    for (name, part) in module.parts_below() {
        found.extend(claims(part, &format!("{path}{name}."), Claim::Assumed));
    }
    found
}
