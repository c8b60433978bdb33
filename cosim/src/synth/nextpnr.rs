//! What nextpnr says: its report, and the table of its log when a design does not fit.

use super::names;
use super::report::{CriticalPath, PathStep, Utilisation};
use crate::tools::Family;
use serde_json::Value;

/// What a placed design is and how fast it goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Routed {
    /// What it uses of the part, in the order of the report.
    pub utilisation: Vec<Utilisation>,
    /// The highest clock after routing, MHz.
    pub megahertz: f64,
    /// The slowest path from register to register.
    pub critical_path: CriticalPath,
}

/// Reads a report of nextpnr; nothing if it is none, or has no clock.
pub(super) fn routed(family: Family, report: &str) -> Option<Routed> {
    let report: Value = serde_json::from_str(report).ok()?;
    let clocks = report.get("fmax")?.as_object()?;
    let achieved = |clock: &Value| clock.get("achieved")?.as_f64();
    let megahertz = clocks.values().filter_map(achieved).reduce(f64::min)?;
    let rows = report.get("utilization")?.as_object()?;
    let row = |(cell, row): (&String, &Value)| {
        let count = |what: &str| row.get(what).and_then(Value::as_u64).unwrap_or(0);
        named(family, cell, count("used"), count("available"))
    };
    let mut utilisation: Vec<Utilisation> = rows.iter().filter_map(row).collect();
    utilisation.sort_by_key(|row| order(&row.what));
    Some(Routed { utilisation, megahertz, critical_path: critical_path(&report) })
}

/// The table that nextpnr logs before it places: what is used of the part, whether it fits or not.
pub(super) fn table(family: Family, log: &str) -> Vec<Utilisation> {
    // Info:   TRELLIS_COMB:   30000/ 24288   123%
    let row = |line: &str| {
        let (name, counts) = line.trim().rsplit_once(':')?;
        let (used, rest) = counts.split_once('/')?;
        let available = rest.split_whitespace().next()?;
        rest.trim_end().strip_suffix('%')?;
        let cell = name.split_whitespace().next_back()?;
        named(family, cell, used.trim().parse().ok()?, available.parse().ok()?)
    };
    let mut rows: Vec<Utilisation> = vec![];
    for row in log.lines().filter_map(row) {
        // Some placers print the table twice.
        if rows.iter().all(|known| known.cell != row.cell) {
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| order(&row.what));
    rows
}

fn named(family: Family, cell: &str, used: u64, available: u64) -> Option<Utilisation> {
    let what = family.meaning(cell)?.to_owned();
    (available > 0).then(|| Utilisation { what, cell: cell.to_owned(), used, available })
}

/// The order in which people ask.
fn order(what: &str) -> usize {
    const ORDER: [&str; 4] = ["LUT4", "flip-flop", "block RAM", "multiplier"];
    ORDER.iter().position(|&next| next == what).unwrap_or(ORDER.len())
}

/// The slowest of the paths that begin and end at a clock edge.
fn critical_path(report: &Value) -> CriticalPath {
    let clocked = |path: &&Value| {
        ["from", "to"].iter().all(|end| {
            path.get(end).and_then(Value::as_str).is_some_and(|text| text.contains("edge "))
        })
    };
    let paths = report.get("critical_paths").and_then(Value::as_array);
    let paths = paths.into_iter().flatten().filter(clocked).map(path_of);
    paths.max_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds)).unwrap_or_default()
}

fn path_of(path: &Value) -> CriticalPath {
    let stages: Vec<&Value> =
        path.get("path").and_then(Value::as_array).into_iter().flatten().collect();
    let text = |stage: &Value, pointer: &str| -> Option<String> {
        stage.pointer(pointer).and_then(Value::as_str).and_then(names::signal)
    };
    let steps: Vec<PathStep> = stages
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            // A cell drives the wire behind it; the last one is named after itself.
            let behind = stages.get(index + 1).and_then(|next| text(next, "/net"));
            let own = text(stage, "/net");
            let cell = text(stage, "/to/cell");
            PathStep {
                kind: stage.get("type").and_then(Value::as_str).unwrap_or_default().to_owned(),
                nanoseconds: stage.get("delay").and_then(Value::as_f64).unwrap_or(0.0),
                signal: own.or(behind).or(cell).unwrap_or_default(),
            }
        })
        .collect();
    let sum = |keep: fn(&PathStep) -> bool| {
        let all = steps.iter().filter(|step| keep(step)).map(|step| step.nanoseconds).sum::<f64>();
        // nextpnr counts picoseconds.
        (all * 1000.0).round() / 1000.0
    };
    CriticalPath {
        nanoseconds: sum(|_| true),
        routing_nanoseconds: sum(|step| step.kind == "routing"),
        steps,
    }
}

impl CriticalPath {
    /// The signals on the path, each once, from its beginning to its end.
    pub fn signals(&self) -> Vec<&str> {
        let mut signals: Vec<&str> = vec![];
        for step in self.steps.iter().filter(|step| !step.signal.is_empty()) {
            if signals.last().is_none_or(|last| names::base(last) != names::base(&step.signal)) {
                signals.push(&step.signal);
            }
        }
        signals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{
      "critical_paths": [
        { "from": "<async>", "to": "posedge clk_i", "path": [{ "delay": 99.0, "type": "routing" }] },
        { "from": "posedge clk_i", "to": "posedge clk_i", "path": [
          { "delay": 0.5, "type": "clk-to-q",
            "from": { "cell": "core.count_q_TRELLIS_FF_Q_1", "port": "CLK" },
            "to": { "cell": "core.count_q_TRELLIS_FF_Q_1", "port": "Q" } },
          { "delay": 1.25, "type": "routing", "net": "core.count_q[1]",
            "from": { "cell": "core.count_q_TRELLIS_FF_Q_1" }, "to": { "cell": "core.full_LUT4_Z" } },
          { "delay": 0.25, "type": "logic",
            "from": { "cell": "core.full_LUT4_Z" }, "to": { "cell": "core.full_LUT4_Z" } },
          { "delay": 1.0, "type": "routing", "net": "core.full_LUT4_Z_B",
            "from": { "cell": "core.full_LUT4_Z" }, "to": { "cell": "core.state_q_TRELLIS_FF_Q" } },
          { "delay": 0.0, "type": "setup",
            "from": { "cell": "core.state_q_TRELLIS_FF_Q" },
            "to": { "cell": "core.state_q_TRELLIS_FF_Q" } } ] } ],
      "fmax": { "$glbnet$clk_i": { "achieved": 33.25, "constraint": 25.0 } },
      "utilization": {
        "DP16KD": { "available": 208, "used": 201 },
        "GSR": { "available": 1, "used": 0 },
        "TRELLIS_COMB": { "available": 83640, "used": 40000 } } }"#;

    #[test]
    fn a_report_yields_use_clock_and_path() {
        let found = routed(Family::Ecp5, REPORT).unwrap();
        let row = |what: &str, cell: &str, used, available| Utilisation {
            what: what.into(),
            cell: cell.into(),
            used,
            available,
        };
        assert_eq!(
            found.utilisation,
            [row("LUT4", "TRELLIS_COMB", 40000, 83640), row("block RAM", "DP16KD", 201, 208)]
        );
        assert_eq!(found.megahertz, 33.25);
        let path = &found.critical_path;
        assert_eq!((path.nanoseconds, path.routing_nanoseconds), (3.0, 2.25));
        assert_eq!(path.signals(), ["core.count_q[1]", "near core.full", "core.state_q"]);
        assert_eq!(routed(Family::Ecp5, "{}"), None);
        assert_eq!(routed(Family::Ecp5, "no report"), None);
    }

    #[test]
    fn the_table_of_a_log_shows_what_does_not_fit() {
        let log = "Info: Device utilisation:\n\
                   Info: \t          TRELLIS_IO:      11/    197     5%\n\
                   Info: \t              DP16KD:     201/     56   358%\n\
                   Info: \t        TRELLIS_COMB:   30000/  24288   123%\n\
                   Info: at 10:11:12/13\nERROR: Unable to place cell `x', no BELs remaining\n";
        let rows = table(Family::Ecp5, log);
        let short: Vec<(&str, u64, u64)> =
            rows.iter().map(|row| (row.what.as_str(), row.used, row.available)).collect();
        assert_eq!(short, [("LUT4", 30000, 24288), ("block RAM", 201, 56), ("pin", 11, 197)]);
    }
}
