//! What an evaluation says, as a table and as JSON.

use super::{Corpus, Costs, MachineRow};
use crate::reference::Score;
use crate::report::grouped;
use serde::Serialize;
use std::fmt;
use weights::numeric::Radix;

/// Everything that was found out.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The network.
    pub network: String,
    /// The text.
    pub corpus: Corpus,
    /// Radices of the columns.
    pub radices: Vec<Radix>,
    /// One row a model.
    pub rows: Vec<Row>,
    /// How fast it went.
    pub speed: Speed,
}

/// One model and encoder.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What predicts: `float` or `machine`, and its encoder.
    pub model: String,
    /// The mean count that its encoder aims at.
    pub mean_count: Option<u32>,
    /// `exp` of the mean of −ln p.
    pub perplexity: f64,
    /// Its part above int8's, in percent.
    pub above_int8_percent: f64,
    /// Σ −log2 p over the characters of the text.
    pub bits_per_character: f64,
    /// By radix, as in the evaluation.
    pub costs: Vec<RadixCost>,
}

/// What a row costs in one radix.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RadixCost {
    /// Mean planes of a train.
    pub planes: Option<f64>,
    /// Mean spikes of a synapse.
    pub spikes_per_synapse: Option<f64>,
    /// Mean cycles of a token, as the cycle model has them.
    pub cycles_per_token: Option<f64>,
    /// Part of those cycles in which the array works.
    pub array_utilisation: Option<f64>,
    /// Why there is no machine of this radix.
    pub refused: Option<String>,
}

/// Tokens per second on all threads.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Speed {
    /// Threads.
    pub threads: usize,
    /// The machine's integer reference, planes, spikes and cycles included.
    pub machine: f64,
    /// The float reference with counts.
    pub float: f64,
    /// One multiplication a synapse, the ternary matrices alone.
    pub naive: f64,
}

impl Row {
    /// A row of the float reference.
    pub fn float(model: &str, score: Score, costs: &Costs, corpus: &Corpus, of: &[Radix]) -> Row {
        let costs = of.iter().map(|&radix| RadixCost::new(costs, radix)).collect();
        Row {
            model: format!("float, {model}"),
            mean_count: None,
            perplexity: score.perplexity(),
            above_int8_percent: 0.0,
            bits_per_character: score.nats / std::f64::consts::LN_2 / corpus.characters as f64,
            costs,
        }
    }

    /// A row of the machine.
    pub fn machine(row: &MachineRow, corpus: &Corpus) -> Row {
        let radices: Vec<Radix> = row.cycles.iter().map(|(radix, _)| *radix).collect();
        let mut result = Row::float("", row.score, &row.costs, corpus, &radices);
        result.model = format!("machine, mean count {}", row.mean_count);
        result.mean_count = Some(row.mean_count);
        for (cost, (_, cycles)) in result.costs.iter_mut().zip(&row.cycles) {
            match cycles {
                Ok((cycles, utilisation)) => {
                    cost.cycles_per_token = Some(*cycles);
                    cost.array_utilisation = Some(*utilisation);
                }
                Err(refusal) => cost.refused = Some(refusal.to_string()),
            }
        }
        result
    }
}

impl RadixCost {
    fn new(costs: &Costs, radix: Radix) -> RadixCost {
        RadixCost {
            planes: costs.planes(radix),
            spikes_per_synapse: costs.spikes(radix),
            ..RadixCost::default()
        }
    }
}

impl Evaluation {
    /// Compares every row with the one of int8.
    pub fn relate(&mut self, int8: f64) {
        for row in &mut self.rows {
            row.above_int8_percent = 100.0 * (row.perplexity / int8 - 1.0);
        }
    }

    /// The table as JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and strings serialise");
        text.push('\n');
        text
    }
}

fn name(radix: Radix) -> &'static str {
    match radix {
        Radix::Bitwise => "bitwise",
        Radix::Unary => "unary",
    }
}

fn cell(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Corpus { stories, scored, characters, cut, .. } = &self.corpus;
        writeln!(
            f,
            "{}: {} stories ({cut} cut to the context), {} ids and {} characters scored",
            self.network,
            stories.len(),
            grouped(*scored as f64),
            grouped(*characters as f64),
        )?;
        write!(f, "{:<28}{:>10}{:>9}{:>11}", "", "", "above", "bits per")?;
        for &radix in &self.radices {
            write!(f, "   {:>8}{:>9}{:>10}", name(radix), "spikes/", "cycles/")?;
        }
        write!(f, "\n{:<28}{:>10}{:>9}{:>11}", "", "perplexity", "int8", "character")?;
        for _ in &self.radices {
            write!(f, "   {:>8}{:>9}{:>10}", "planes", "synapse", "token")?;
        }
        writeln!(f)?;
        for row in &self.rows {
            let above = format!("{:+.2} %", row.above_int8_percent);
            write!(f, "{:<28}{:>10.4}", row.model, row.perplexity)?;
            write!(f, "{above:>9}{:>11.4}", row.bits_per_character)?;
            for cost in &row.costs {
                let fixed = |value: f64| format!("{value:.2}");
                let (planes, spikes) = (cost.planes, cost.spikes_per_synapse);
                let cycles = cell(cost.cycles_per_token, grouped);
                write!(f, "   {:>8}{:>9}{cycles:>10}", cell(planes, fixed), cell(spikes, fixed))?;
            }
            writeln!(f)?;
        }
        let mut refusals: Vec<String> = Vec::new();
        for (row, (&radix, cost)) in self
            .rows
            .iter()
            .flat_map(|row| self.radices.iter().zip(&row.costs).map(move |it| (row, it)))
        {
            let Some(refused) = &cost.refused else { continue };
            let reason = refused.lines().next().unwrap_or_default();
            let line = format!("no {} machine: {reason}", name(radix));
            if row.mean_count.is_some() && !refusals.contains(&line) {
                refusals.push(line);
            }
        }
        refusals.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        let Speed { threads, machine, float, naive } = self.speed;
        write!(
            f,
            "tokens/s on {threads} threads: machine {}, float with counts {}; \
             one multiplication a synapse, matrices alone {}",
            grouped(machine),
            grouped(float),
            grouped(naive),
        )
    }
}
