//! The table of a classification.

use super::{Activity, Published, RtlCheck};
use crate::report::grouped;
use firmware::energy::{ADD_32, ADD_FLOAT, MULTIPLY_8, MULTIPLY_ADD};
use serde::Serialize;
use std::fmt;

/// One executor over all texts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Column {
    /// What scored the texts.
    pub executor: String,
    /// The share of right answers.
    pub accuracy: f64,
    /// The class that it gave each text.
    #[serde(skip)]
    pub predicted: Vec<usize>,
    /// Texts to which it gave another class than the float network.
    pub differ: usize,
}

/// One step count.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRow {
    /// Time steps of a token.
    pub steps: usize,
    /// Executors, the float network first.
    pub columns: Vec<Column>,
    /// What the neurons of the float network did with all texts.
    pub activity: Activity,
    /// What the RTL did with the first texts, if it read some.
    pub rtl: Option<RtlCheck>,
}

impl StepRow {
    /// A row of executors, the float network first.
    pub fn new(
        steps: usize,
        mut columns: Vec<Column>,
        activity: Activity,
        rtl: Option<RtlCheck>,
    ) -> StepRow {
        let float = columns.first().map_or_else(Vec::new, |float| float.predicted.clone());
        for column in &mut columns {
            let pairs = column.predicted.iter().zip(&float);
            column.differ = pairs.filter(|(class, float)| class != float).count();
        }
        StepRow { steps, columns, activity, rtl }
    }
}

/// All of a classification.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Classification {
    /// Name of the network.
    pub network: String,
    /// Names of the classes.
    pub labels: Vec<String>,
    /// Texts.
    pub texts: usize,
    /// Mean tokens of a text.
    pub mean_tokens: f64,
    /// Texts that fill the context.
    pub full: usize,
    /// The share of the most frequent class.
    pub majority: f64,
    /// The class of each text.
    #[serde(skip)]
    pub answers: Vec<usize>,
    /// By step count.
    pub rows: Vec<StepRow>,
    /// What is published of the system.
    #[serde(skip)]
    pub published: &'static [Published],
}

/// Millijoules of a text under the three conventions that the field compares.
struct Energy {
    /// Float additions where spikes meet weights; what remains are float multiplications.
    spiking: f64,
    /// The same additions of 32-bit integers, what remains 8-bit multiplications.
    spiking_integer: f64,
    /// Ternary weights and 8-bit activations: additions, and 8-bit multiplications in the attention.
    ternary: f64,
    /// Dense weights in floats.
    dense: f64,
}

impl Energy {
    fn of(activity: &Activity, texts: usize) -> Energy {
        let millijoules = |adds: u64, add: f64, multiplies: u64, multiply: f64| {
            (adds as f64 * add + multiplies as f64 * multiply) * 1e-9 / texts.max(1) as f64
        };
        let Activity { adds, multiplies, silent_adds, silent_multiplies, dense_multiplies, .. } =
            *activity;
        let (add, integer) = (ADD_FLOAT.picojoules, ADD_32.picojoules);
        let multiply_8 = MULTIPLY_8.picojoules + integer;
        Energy {
            spiking: millijoules(adds, add, multiplies, MULTIPLY_ADD.picojoules),
            spiking_integer: millijoules(adds, integer, multiplies, multiply_8),
            ternary: millijoules(silent_adds, integer, silent_multiplies, multiply_8),
            dense: millijoules(0, 0.0, dense_multiplies, MULTIPLY_ADD.picojoules),
        }
    }
}

impl Classification {
    /// The table as JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and strings serialise");
        text.push('\n');
        text
    }

    /// Energy of a text at a step count, as the publications count it.
    pub(super) fn millijoules(&self, row: &StepRow) -> f64 {
        Energy::of(&row.activity, self.texts).spiking
    }

    fn accuracies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.rows.first() else { return Ok(()) };
        write!(f, "{:>5}", "steps")?;
        for column in &first.columns {
            write!(f, "{:>22}", column.executor)?;
        }
        writeln!(
            f,
            "{:>14}{:>14}{:>12}{:>14}",
            "spikes/neuron", "adds/text", "mJ/text", "integer mJ"
        )?;
        for row in &self.rows {
            write!(f, "{:>5}", row.steps)?;
            for column in &row.columns {
                let differ = match column.differ {
                    0 => String::new(),
                    count => format!(" ({count} differ)"),
                };
                let cell = format!("{:.1} %{differ}", 100.0 * column.accuracy);
                write!(f, "{cell:>22}")?;
            }
            let energy = Energy::of(&row.activity, self.texts);
            let adds = grouped(row.activity.adds as f64 / self.texts.max(1) as f64);
            let (rate, spiking) = (row.activity.rate(), energy.spiking);
            writeln!(f, "{rate:>14.3}{adds:>14}{spiking:>12.4}{:>14.4}", energy.spiking_integer)?;
        }
        Ok(())
    }

    /// What the columns are, and what the RTL was compared in.
    fn remarks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "float has the model's own ternary weights: float ternary is the same column")?;
        for row in &self.rows {
            let Some(rtl) = &row.rtl else { continue };
            writeln!(f, "{} steps: {rtl}", row.steps)?;
            let alike = |column: &Column| column.predicted.len() > rtl.texts;
            for column in row.columns.iter().filter(|column| alike(column)) {
                let share = 100.0 * self.accuracy_of_first(column, rtl.texts);
                writeln!(f, "  {} on these texts {share:.1} %", column.executor)?;
            }
        }
        Ok(())
    }

    /// The share of right answers to the first texts.
    fn accuracy_of_first(&self, column: &Column, texts: usize) -> f64 {
        let pairs = column.predicted.iter().zip(&self.answers).take(texts);
        pairs.filter(|(a, b)| a == b).count() as f64 / texts.max(1) as f64
    }

    /// What the same network costs without neurons.
    fn comparison(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(row) = self.rows.last() else { return Ok(()) };
        let energy = Energy::of(&row.activity, self.texts);
        let texts = self.texts.max(1) as f64;
        let mean = |count: u64| grouped(count as f64 / texts);
        writeln!(
            f,
            "without neurons: dense float {} multiply-adds a text, {:.4} mJ; ternary x int8 {} adds \
             and {} multiplies, {:.4} mJ",
            mean(row.activity.dense_multiplies),
            energy.dense,
            mean(row.activity.silent_adds),
            mean(row.activity.silent_multiplies),
            energy.ternary,
        )?;
        writeln!(
            f,
            "prices in pJ at 45 nm: float add {}, float multiply-add {}, integer add {}, 8-bit \
             multiply {}; norms, softmax and functions not counted",
            ADD_FLOAT.picojoules, MULTIPLY_ADD.picojoules, ADD_32.picojoules, MULTIPLY_8.picojoules,
        )
    }

    fn rates(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(row) = self.rows.last().filter(|row| !row.activity.layers.is_empty()) else {
            return Ok(());
        };
        writeln!(f, "spikes a neuron and step at {} steps (positive alone):", row.steps)?;
        for layer in &row.activity.layers {
            let (rate, positive) = (layer.rate(), layer.positive_rate());
            writeln!(f, "  {:<40}{rate:>7.3}  ({positive:.3})", layer.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} texts of {:.1} tokens ({} fill the context), {} classes, majority {:.1} %",
            self.network,
            self.texts,
            self.mean_tokens,
            self.full,
            self.labels.len(),
            100.0 * self.majority,
        )?;
        self.accuracies(f)?;
        self.remarks(f)?;
        self.comparison(f)?;
        self.rates(f)?;
        if let Some(first) = self.published.first() {
            writeln!(f, "published ({}):", first.source)?;
        }
        for line in self.published {
            let energy = line.millijoules.map_or(String::new(), |mj| format!(", {mj} mJ"));
            writeln!(f, "  {:<18}{}{energy}", line.model, line.result)?;
        }
        Ok(())
    }
}
