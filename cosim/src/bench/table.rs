//! The tables that a person reads.

use std::fmt;

use super::area::bounds;
use super::fabrics;
use super::{AreaReport, AreaRow, BenchReport, SpeedReport, Spread, Verdict};

impl fmt::Display for BenchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(area) = &self.area {
            writeln!(f, "{area}")?;
        }
        if let Some(speed) = &self.speed {
            writeln!(f, "{speed}")?;
        }
        if let Some(cost) = &self.cost {
            writeln!(f, "{cost}")?;
        }
        if let Some(forms) = &self.forms {
            writeln!(f, "{forms}")?;
        }
        if let Some(spikes) = &self.spikes {
            writeln!(f, "{spikes}")?;
        }
        if self.area.is_none() && self.speed.is_none() {
            return Ok(());
        }
        writeln!(f, "Targets")?;
        self.verdicts().try_for_each(|verdict| writeln!(f, "  {verdict}"))?;
        match self.missed().len() {
            0 => write!(f, "  all reached"),
            missed => write!(f, "  {missed} missed"),
        }
    }
}

impl fmt::Display for AreaReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Area and clock on ECP5, speed grade 6, out of context")?;
        writeln!(
            f,
            "  {:<40}{:>6}{:>12}{:>25}{:>15}  target",
            "block", "cells", "flip-flops", "MHz (least..most)", "cells/synapse"
        )?;
        self.rows.iter().try_for_each(|row| writeln!(f, "  {row}"))?;
        writeln!(f, "  cells: TRELLIS_COMB, one LUT4 each, the ends of carry chains included.")?;
        writeln!(
            f,
            "  Inputs are registered, and the outputs of every block but base3_decoder are its own \
             registers.\n  MHz: median of {} seeds of the placer. A synapse of a lane or an array \
             counts once a plane.\n  Beyond its dots a lane has one carry chain for each two \
             planes, one to accumulate, and a choice\n  a bit of what to add to; an array delays \
             its commands until the sums arrive.",
            self.seeds
        )?;
        writeln!(f, "  Bounds in cells:")?;
        for (what, bound) in bounds(&self.rows) {
            writeln!(f, "    {what:<40}{bound}")?;
        }
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))?;
        if self.fabrics.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nThe portable blocks on other fabrics, by Yosys alone")?;
        writeln!(f, "  {}", fabrics::heading())?;
        self.fabrics.iter().try_for_each(|row| writeln!(f, "  {row}"))?;
        writeln!(
            f,
            "  cells: on iCE40 LUTs, each with its carry beside it; on Gowin LUTs and adder cells."
        )
    }
}

impl fmt::Display for AreaRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = self.megahertz.map_or_else(
            || "-".to_owned(),
            |Spread { median, min, max }| format!("{median:.0} ({min:.0}..{max:.0})"),
        );
        let density = self.cells_per_synapse.map_or("-".to_owned(), |value| format!("{value:.2}"));
        let (cells, flip_flops) = (self.cells, self.flip_flops);
        let targets: Vec<String> = self.targets.iter().map(target).collect();
        let line = format!(
            "{:<40}{cells:>6}{flip_flops:>12}{clock:>25}{density:>15}  {}",
            self.what,
            targets.join(", ")
        );
        f.write_str(line.trim_end())
    }
}

fn target(verdict: &Verdict) -> String {
    let Verdict { quantity, limit, met, .. } = verdict;
    let word = if *met { "" } else { " MISSED" };
    format!("{limit} {quantity}{word}")
}

impl fmt::Display for SpeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cosim, reference) = (&self.cosimulation, &self.reference);
        writeln!(f, "Speed, one thread, median of {} rounds (least..most)", self.rounds)?;
        writeln!(f, "  Co-simulation of {}, {} cycles a round", cosim.what, cosim.cycles)?;
        line(f, "our loop, one call a cycle", "M cycles/s", cosim.driven, 1e6)?;
        line(f, "bare C++ loop, same checksum", "M cycles/s", cosim.bare, 1e6)?;
        line(f, "ours over bare", "x", cosim.relative, 1.0)?;
        writeln!(f, "  Reference, {}", reference.what)?;
        line(f, "bit-packed kernel", "M synapses/s", reference.packed, 1e6)?;
        line(f, "one multiplication a synapse", "M synapses/s", reference.naive, 1e6)?;
        line(f, "reference of the machine", "tokens/s", reference.tokens, 1.0)?;
        line(f, "Verilated machine, compared", "tokens/s", reference.rtl_tokens, 1.0)?;
        line(f, "that machine", "M cycles/s", reference.rtl_cycles, 1e6)?;
        line(f, "its array, never idle", "M synapses/s", reference.rtl_peak, 1e6)?;
        line(f, "reference over machine", "x", reference.over_rtl, 1.0)?;
        line(f, "kernel over array, never idle", "x", reference.over_peak, 1.0)?;
        line(f, "kernel over naive loop", "x", reference.over_naive, 1.0)?;
        self.conditions.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// One figure in units of `scale`.
fn line(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    unit: &str,
    spread: Spread,
    scale: f64,
) -> fmt::Result {
    let [median, min, max] = [spread.median, spread.min, spread.max].map(|value| value / scale);
    let range = format!("({min:.3}..{max:.3})");
    writeln!(f, "    {what:<34}{median:>9.3} {unit:<14}{range}")
}
