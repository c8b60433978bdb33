//! Induction over time with the solver inside Yosys: what it is told, and what it says.

use std::fmt::Write as _;
use std::time::Duration;

use super::cache::Cache;
use super::check::{read_command, yosys_step};
use super::design::Design;
use super::error::{AtPath, ToolError};
use super::locate::Tool;

/// What came of an induction over all properties of a design, or over one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Induction {
    /// It is a proof.
    Proven {
        /// Cycles in which the step assumes what it shows of the next.
        cycles: u32,
    },
    /// A property fails.
    Refuted {
        /// In which cycle after the first of a reset.
        cycle: u32,
    },
    /// Nothing fails in as many cycles as were tried, and there is no proof.
    Open,
}

/// Proves the assertions of a design, all together or one alone, from its assumptions.
///
/// What parts of it assume becomes an assertion too. Registers begin with any value, and the first
/// cycle is a reset. `only` is the place of an assertion in the flattened design; then only the
/// base of the induction is looked at.
///
/// # Errors
/// [`ToolError::Failed`] if Yosys fails, [`ToolError::Answer`] if it proves nothing at all.
pub fn induct(
    yosys: &Tool,
    cache: &Cache,
    design: &Design<'_>,
    only: Option<&str>,
    cycles_max: u32,
) -> Result<Induction, ToolError> {
    let folder = design.staged()?;
    let script = script(design, only, cycles_max);
    yosys_step(yosys, folder.path(), &script, format!("prove {}", design.top))?
        .limit(Duration::from_secs(1800))
        .progress(format!("prove {}", design.top))
        .remedy("read the log; a proof that takes too long needs narrower data")
        .require(cache)?;
    let path = folder.path().join("proof.log");
    let log = std::fs::read_to_string(&path).at("read", &path)?;
    verdict(&log).ok_or_else(|| ToolError::Answer {
        tool: yosys.name.name().to_owned(),
        expected: "proof",
        got: log.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect(),
    })
}

fn script(design: &Design<'_>, only: Option<&str>, cycles_max: u32) -> String {
    let top = design.top;
    let mut script =
        read_command(design.verilog_names()).replace("read_verilog", "read_verilog -formal");
    let _ = writeln!(script, "hierarchy -check -top {top}\nproc");
    if design.sources.len() > 1 {
        let _ = writeln!(script, "chformal -assume -assume2assert * {top} %d");
    }
    let _ = writeln!(script, "flatten\nmemory_map\nasync2sync\nchformal -lower\nopt_clean");
    if let Some(only) = only {
        let _ = writeln!(script, "chformal -assert -remove {top}/* {top}/{only} %d");
    }
    let base = if only.is_some() { "-tempinduct-baseonly " } else { "" };
    let _ = writeln!(
        script,
        "tee -q -o proof.log sat -tempinduct {base}-prove-asserts -set-assumes -set-at 1 rst_i 1 \
         -seq 1 -maxsteps {cycles_max} {top}"
    );
    script
}

/// What the solver's log says; nothing if no assertion was looked at.
fn verdict(log: &str) -> Option<Induction> {
    let last = |begin: &str| {
        let digits = log.rsplit_once(begin)?.1.split(']').next()?;
        digits.parse::<u32>().ok()
    };
    if !log.contains("Import proof for assert") {
        return None;
    }
    if log.contains("Induction step proven: SUCCESS!") {
        return Some(Induction::Proven { cycles: last("[induction step ")? });
    }
    if log.contains("model found for base case: FAIL!") {
        return Some(Induction::Refuted { cycle: last("[base case ")? - 1 });
    }
    log.contains("Reached maximum number of time steps").then_some(Induction::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read() {
        let log = |end: &str| format!("Import proof for assert: x\n[base case 4] Solving\n{end}");
        let proven = log("[induction step 4] Solving\nInduction step proven: SUCCESS!\n");
        assert_eq!(verdict(&proven), Some(Induction::Proven { cycles: 4 }));
        let refuted = log("model found for base case: FAIL!\n");
        assert_eq!(verdict(&refuted), Some(Induction::Refuted { cycle: 3 }));
        let open = log("Reached maximum number of time steps -> proof failed.\n");
        assert_eq!(verdict(&open), Some(Induction::Open));
        assert_eq!(verdict("Induction step proven: SUCCESS!\n[induction step 1] "), None);
    }
}
