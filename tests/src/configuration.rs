//! One structural configuration: an engine, and a matrix that fits it.

use crate::rules::NamedRule;
use firmware::engine::{EngineParameters, memory_depth};
use firmware::tiling::Tiling;
use std::collections::BTreeSet;
use std::fmt;
use weights::config::limits::ACC_WIDTH_MIN;
use weights::config::{Form, Target};
use weights::neuron::{Leak, SpikeRange, Threshold};
use weights::numeric::Radix;
use weights::packing::Packing;

/// An engine and the matrix that is put on it.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The engine.
    pub engine: EngineParameters,
    /// Name of its neuron rule.
    pub rule: &'static str,
    /// Rows of the matrix.
    pub rows: usize,
    /// Columns of the matrix.
    pub columns: usize,
    /// Most planes of a train.
    pub planes_max: usize,
    /// Vectors of a token.
    pub steps: u32,
}

/// Lanes, slots, planes and neurons.
pub type Shape = [usize; 4];

impl Configuration {
    /// A configuration whose memories, rows and accumulators are as small as its work allows.
    pub fn new(
        [lanes, slots, planes, neurons]: Shape,
        (rows, columns): (usize, usize),
        radix: Radix,
        packing: Packing,
        (name, rule): NamedRule,
    ) -> Configuration {
        let engine = EngineParameters {
            lanes,
            slots,
            planes,
            radix,
            form: Form::Dense,
            acc_width: ACC_WIDTH_MIN,
            target: Target::Portable,
            packing,
            weight_depth: 2,
            spike_depth: 2,
            skip_empty: false,
            neurons,
            rows_max: rows,
            rule,
        };
        let planes_max = 2 * planes + 1;
        let fresh = Configuration { engine, rule: name, rows, columns, planes_max, steps: 3 };
        fresh.fitted()
    }

    /// Sizes accumulators and memories to the matrix.
    fn fitted(mut self) -> Configuration {
        let count_max = match self.engine.radix {
            Radix::Unary => self.planes_max as u64,
            Radix::Bitwise => (1 << self.planes_max) - 1,
        };
        let sum_max = self.columns as u64 * count_max;
        self.engine.acc_width = (u64::BITS - sum_max.leading_zeros() + 1).max(ACC_WIDTH_MIN);
        let tiling = self.tiling();
        self.engine.weight_depth = memory_depth(tiling.words());
        self.engine.spike_depth = memory_depth(tiling.entries(self.planes_max, self.engine.planes));
        self
    }

    /// Leaves beats without a spike out.
    pub fn skip_empty(mut self) -> Configuration {
        self.engine.skip_empty = true;
        self
    }

    /// Builds the dots of an ECP5's carry cells.
    pub fn on_ecp5(mut self) -> Configuration {
        self.engine.target = Target::Ecp5;
        self
    }

    /// The same on every family.
    pub fn portable(mut self) -> Configuration {
        self.engine.target = Target::Portable;
        self
    }

    /// Builds the matrix in another form.
    pub fn form(mut self, form: Form) -> Configuration {
        self.engine.form = form;
        self.fitted()
    }

    /// Makes a token of `steps` vectors.
    pub fn steps(mut self, steps: u32) -> Configuration {
        self.steps = steps;
        self
    }

    /// Sends trains of up to `planes_max` planes.
    pub fn planes_max(mut self, planes_max: usize) -> Configuration {
        self.planes_max = planes_max;
        self.fitted()
    }

    /// Leaves room: memories four times as deep, more rows, wider accumulators.
    pub fn roomy(mut self) -> Configuration {
        self.engine.weight_depth *= 4;
        self.engine.spike_depth *= 4;
        self.engine.rows_max = 4 * self.rows + 3;
        self.engine.acc_width += 5;
        self
    }

    /// The matrix on this engine's array.
    ///
    /// # Panics
    /// If it cannot be tiled: the table is wrong then.
    pub fn tiling(&self) -> Tiling {
        let tiling = self.engine.tiling(self.rows, self.columns);
        tiling.unwrap_or_else(|error| panic!("{self}: {error}"))
    }

    /// Synapses that a simulator evaluates per cycle: what a run costs.
    pub fn cost(&self) -> usize {
        self.engine.synapses_per_cycle()
    }

    /// What makes this configuration worth testing, as short texts.
    pub fn features(&self) -> BTreeSet<String> {
        let (engine, rule) = (&self.engine, &self.engine.rule);
        let word = |value: &dyn fmt::Debug| {
            let text = format!("{value:?}");
            text.split('(').next().unwrap_or_default().to_string()
        };
        let leak = match rule.leak {
            Leak::None => "leak None".into(),
            leak => format!("leak {}", word(&leak)),
        };
        let mut features = BTreeSet::from([
            format!("packing {:?}", engine.packing),
            format!("radix {:?}", engine.radix),
            format!("planes {}", engine.planes),
            format!("skip_empty {}", engine.skip_empty),
            format!("target {:?}", engine.target),
            format!("form {}", engine.form.name()),
            format!("quantise {:?}", rule.quantise),
            format!("range {}", word(&rule.range)),
            format!("reset {:?}", rule.reset),
            format!("state {:?}", rule.state),
            format!("threshold {}", word(&rule.threshold)),
            format!("last step {:?}", rule.last_step),
            leak,
        ]);
        let tiling = self.tiling();
        let entries = tiling.entries(self.planes_max, engine.planes);
        for (feature, holds) in [
            ("one lane", engine.lanes == 1),
            ("one slot", engine.slots == 1),
            ("one row", self.rows == 1),
            ("one column", self.columns == 1),
            ("several row tiles", tiling.row_tiles > 1),
            ("several column tiles", tiling.column_tiles > 1),
            ("ragged rows", !self.rows.is_multiple_of(engine.lanes)),
            ("ragged columns", !self.columns.is_multiple_of(engine.slots)),
            ("lanes no power of two", !engine.lanes.is_power_of_two()),
            ("slots no power of two", !engine.slots.is_power_of_two()),
            ("neurons no power of two", !engine.neurons.is_power_of_two()),
            ("as many neurons as lanes", engine.neurons == engine.lanes && engine.lanes > 1),
            ("one neuron for several lanes", engine.neurons == 1 && engine.lanes > 1),
            ("weight store full", tiling.words() == engine.weight_depth),
            ("spike buffer full", entries == engine.spike_depth),
            ("several banks", engine.banks() > 1),
            ("ternary spikes", rule.range == SpikeRange::Signed(1)),
            ("binary spikes", rule.range == SpikeRange::Unsigned(1)),
            ("threshold 1", rule.threshold == Threshold::PowerOfTwo(0)),
        ] {
            if holds {
                features.insert(feature.into());
            }
        }
        features
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EngineParameters { lanes, slots, planes, neurons, radix, packing, .. } = self.engine;
        let radix = match radix {
            Radix::Unary => "unary",
            Radix::Bitwise => "bitwise",
        };
        let (rows, columns, rule) = (self.rows, self.columns, self.rule);
        write!(out, "{lanes}x{slots}x{planes}/{neurons} {rows}x{columns} {radix} ")?;
        write!(out, "{} {rule}", packing.name())?;
        if self.engine.form != Form::Dense {
            write!(out, " {}", self.engine.form.name())?;
        }
        out.write_str(if self.engine.skip_empty { " skip" } else { "" })?;
        out.write_str(if self.engine.target == Target::Ecp5 { " ecp5" } else { "" })
    }
}
