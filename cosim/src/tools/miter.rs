//! A miter: two designs side by side on the same inputs, and a solver that looks for a difference.

use std::fmt::Write as _;
use std::time::Duration;

use super::cache::Cache;
use super::check::{read_command, yosys_step};
use super::design::Design;
use super::error::{AtPath, ToolError};
use super::locate::Tool;

/// What the first line of the solver's verdict begins with.
const PROVED: &str = "SAT proof finished - no model found: SUCCESS!";
/// The same, of a difference.
const REFUTED: &str = "SAT proof finished - model found: FAIL!";

/// Whether the assertions of `miter` hold in its last cycle, from any state before the first.
///
/// `sides` are the designs that the miter names `left` and `right`.
///
/// # Errors
/// [`ToolError::Failed`] if Yosys fails, [`ToolError::Answer`] if it gives no verdict.
pub fn equal(
    yosys: &Tool,
    cache: &Cache,
    sides: [&Design<'_>; 2],
    miter: &str,
    cycles: u32,
) -> Result<bool, ToolError> {
    let [left, right] = sides.map(|side| side.top);
    let mut sources = vec![("miter.v".to_owned(), miter.to_owned())];
    let mut script = String::new();
    for (name, side) in ["left", "right"].into_iter().zip(sides) {
        side.check_names()?;
        let files: Vec<(String, String)> = side
            .sources
            .iter()
            .map(|(file, text)| (format!("{name}_{}", file.replace('/', "_")), text.clone()))
            .collect();
        let design = Design { top: side.top, sources: &files };
        script += &read_command(design.verilog_names());
        // What synthesis keeps apart, the solver need not.
        let _ = writeln!(
            script,
            "hierarchy -check -top {}\nproc\nsetattr -mod -unset keep_hierarchy *\nflatten\nopt -full",
            side.top
        );
        let _ = writeln!(script, "rename {} {name}\ndesign -stash {name}", side.top);
        sources.extend(files);
    }
    let _ = writeln!(script, "design -copy-from left left\ndesign -copy-from right right");
    let _ = writeln!(script, "read_verilog -formal miter.v\nhierarchy -check -top miter\nproc");
    let _ = writeln!(
        script,
        "flatten\nasync2sync\nchformal -lower\nopt -full\ntee -q -o proof.log sat -prove-asserts \
         -set-assumes -seq {cycles} -prove-skip {} miter",
        cycles - 1
    );
    let staged = Design { top: "miter", sources: &sources };
    let folder = staged.staged()?;
    let doing = format!("compare {left} with {right}");
    yosys_step(yosys, folder.path(), &script, doing.clone())?
        .limit(Duration::from_secs(1800))
        .progress(doing)
        .remedy("read the log; a proof that takes too long needs fewer slots")
        .require(cache)?;
    let path = folder.path().join("proof.log");
    let log = std::fs::read_to_string(&path).at("read", &path)?;
    verdict(&log).ok_or_else(|| ToolError::Answer {
        tool: yosys.name.name().to_owned(),
        expected: "proof",
        got: log.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect(),
    })
}

/// What the solver's log says; nothing if no assertion was looked at.
fn verdict(log: &str) -> Option<bool> {
    if !log.contains("Import proof for assert") {
        return None;
    }
    (log.contains(PROVED) || log.contains(REFUTED)).then(|| log.contains(PROVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_read() {
        let log = |end: &str| format!("Import proof for assert: x\n{end}\n");
        assert_eq!(verdict(&log(PROVED)), Some(true));
        assert_eq!(verdict(&log(REFUTED)), Some(false));
        assert_eq!(verdict(&log("Interrupted SAT solver: TIMEOUT!")), None);
        assert_eq!(verdict(PROVED), None);
    }
}
