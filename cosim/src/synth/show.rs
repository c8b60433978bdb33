//! The report for people.

use super::report::{CriticalPath, SynthReport};
use std::fmt;

/// Signals of the critical path that are shown.
const SIGNALS_SHOWN: usize = 8;

impl SynthReport {
    /// What is used of the part, on one line.
    pub fn describe_use(&self) -> String {
        let shown = self.utilisation.iter().filter(|row| row.what != "pin" && row.used > 0);
        let row = |row: &super::Utilisation| {
            format!("{} {} of {} ({:.0} %)", row.what, row.used, row.available, row.percent())
        };
        shown.map(row).collect::<Vec<_>>().join(", ")
    }

    /// The clocks, on one line.
    pub fn describe_clock(&self) -> String {
        let spread = self.megahertz;
        let over = match self.seeds.len() {
            1 => "1 seed".to_owned(),
            seeds => {
                format!("{seeds} seeds: median {:.1}, worst {:.1}", spread.median, spread.worst)
            }
        };
        format!(
            "{:.1} MHz routed, clock {:.1} MHz: {}; {over}",
            spread.best,
            self.clock.machine_mhz,
            if self.timing_met { "met" } else { "missed" },
        )
    }

    /// What a token takes, on one line.
    pub fn describe_token(&self) -> String {
        let (token, noun) = (self.token, self.machine.arrival());
        format!(
            "{:.0} {noun}s/s by the cycle model: {} to {} cycles a {noun}, mean {:.0}",
            token.tokens_per_second, token.cycles_first, token.cycles_last, token.cycles_mean
        )
    }

    /// The memories, the largest in cells first, one a line.
    pub fn describe_memories(&self) -> Vec<String> {
        let mut rows: Vec<_> = self.memories.iter().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.cells));
        let line = |row: &&super::MemoryFound| {
            format!("  {:<52} {:>3} x {:>5} {}", row.name, row.copies, row.cells, row.cell)
        };
        rows.iter().map(line).collect()
    }
}

impl fmt::Display for CriticalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signals = self.signals();
        write!(f, "{:.1} ns, {:.1} of it wires: ", self.nanoseconds, self.routing_nanoseconds)?;
        let half = SIGNALS_SHOWN / 2;
        match signals.len() <= SIGNALS_SHOWN {
            true => f.write_str(&signals.join(" -> ")),
            false => {
                let (first, last) = (&signals[..half], &signals[signals.len() - half..]);
                let left = signals.len() - SIGNALS_SHOWN;
                write!(f, "{} -> ({left} more) -> {}", first.join(" -> "), last.join(" -> "))
            }
        }
    }
}
