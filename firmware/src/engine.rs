//! What one `layer_engine` is: the parameters that generate it, and the limits they set.
//!
//! The hardware is generated from an [`EngineParameters`], and the driver compares the parameters
//! it finds in the registers with the ones it expects; both use [`EngineParameters::constants`].

use crate::registers::{Field, Register};
use crate::tiling::{Tiling, TilingError, passes};
use serde::{Deserialize, Serialize};
use weights::config::limits::{
    ACC_WIDTH_MAX, ACC_WIDTH_MIN, DEPTH_MAX, LANES_MAX, PLANES_MAX, ROWS_MAX, SLOTS_MAX,
};
use weights::config::{Design, Form, Target};
use weights::neuron::{
    LastStep, Leak, MEMBRANE_WIDTH_MAX, NeuronRule, Quantise, Reset, RuleError, SpikeRange, State,
    Threshold,
};
use weights::numeric::Radix;
use weights::packing::{Packing, word_banks};

/// Most weights of a matrix that becomes wires: more take minutes to build.
pub const BAKED_WEIGHTS_MAX: usize = 16_384;
/// Widest stored threshold: one register write.
pub const THRESHOLD_WIDTH_MAX: u32 = 32;

/// The parameters of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EngineParameters {
    /// Rows of weights that the array covers at once.
    pub lanes: usize,
    /// Columns of weights that the array covers at once.
    pub slots: usize,
    /// Planes of a train that share one weight word.
    pub planes: usize,
    /// How the planes of a train add up.
    pub radix: Radix,
    /// How the matrix becomes hardware.
    pub form: Form,
    /// Bits of an accumulated current, two's complement.
    pub acc_width: u32,
    /// What the dots are built of.
    pub target: Target,
    /// Code of the trits in the weight memory.
    pub packing: Packing,
    /// Words of the weight memory, each of lanes × slots trits; a power of two, at least 2.
    pub weight_depth: usize,
    /// Entries that the train of one vector may take; a power of two, at least 2.
    pub spike_depth: usize,
    /// Whether beats without a spike take no entry, and no cycle of the array.
    pub skip_empty: bool,
    /// Results in one output beat; divides `lanes`.
    pub neurons: usize,
    /// Rows for which the engine keeps membranes.
    pub rows_max: usize,
    /// The neuron rule that is built in.
    pub rule: NeuronRule,
}

/// Why an engine cannot be built, or a layer not run on it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A parameter is outside its limits.
    #[error("{name} {value} is outside {min}..={max}; choose a value in that range")]
    Range {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: usize,
        /// Smallest legal value.
        min: usize,
        /// Largest legal value.
        max: usize,
    },
    /// A memory whose addresses would not all exist.
    #[error("{name} {depth} is no power of two from 2 on; choose {built}")]
    Depth {
        /// The parameter.
        name: &'static str,
        /// Its value.
        depth: usize,
        /// The next depth that can be built.
        built: usize,
    },
    /// The output groups do not tile the lanes.
    #[error("neurons {neurons} does not divide lanes {lanes}; choose a divisor of lanes")]
    Neurons {
        /// Results in one output beat.
        neurons: usize,
        /// Rows of the array.
        lanes: usize,
    },
    /// The neuron rule does not hold together.
    #[error("neuron rule: {0}")]
    Rule(#[from] RuleError),
    /// A layer was tiled for another array.
    #[error(
        "the layer is tiled for {layer_lanes} x {layer_slots} lanes x slots, the engine has \
         {lanes} x {slots}; tile it for this engine"
    )]
    Array {
        /// Lanes of the tiling.
        layer_lanes: usize,
        /// Slots of the tiling.
        layer_slots: usize,
        /// Lanes of the engine.
        lanes: usize,
        /// Slots of the engine.
        slots: usize,
    },
    /// A layer needs more of something than the engine has.
    #[error("the layer needs {needed} {what}, {parameter} holds {limit}; raise it to {needed}")]
    Capacity {
        /// What is counted.
        what: &'static str,
        /// The parameter that limits it.
        parameter: &'static str,
        /// How many the layer needs.
        needed: usize,
        /// How many there are.
        limit: usize,
    },
    /// A matrix is too large to become wires.
    #[error(
        "a baked matrix has {limit} {what} at most, this one has {needed}; choose form dense or event"
    )]
    Baked {
        /// What is counted.
        what: &'static str,
        /// How many the matrix has.
        needed: usize,
        /// How many a baked one may have.
        limit: usize,
    },
}

/// The depth that a memory of at least `words` words is built with: every address exists.
pub const fn memory_depth(words: usize) -> usize {
    if words < 2 { 2 } else { words.next_power_of_two() }
}

impl From<&Design> for EngineParameters {
    fn from(design: &Design) -> Self {
        let (array, neuron) = (&design.array, &design.neuron);
        EngineParameters {
            lanes: array.lanes,
            slots: array.slots,
            planes: array.planes,
            radix: array.radix,
            form: array.form,
            acc_width: array.acc_width,
            target: array.target,
            packing: design.weight_store.packing,
            weight_depth: memory_depth(design.weight_store.depth),
            spike_depth: memory_depth(design.spike_buffer.depth),
            skip_empty: design.spike_buffer.skip_empty,
            neurons: neuron.neurons,
            rows_max: neuron.rows_max,
            rule: neuron.rule,
        }
    }
}

impl EngineParameters {
    /// Checks every parameter against its limits and against the others. What comes from a
    /// [`Design`] has been checked with the lines of its file in hand.
    ///
    /// # Errors
    /// The first parameter that is out of range, with its limits.
    pub fn check(&self) -> Result<(), EngineError> {
        let acc_width = self.acc_width as usize;
        let ranges = [
            ("lanes", self.lanes, 1, LANES_MAX),
            ("slots", self.slots, 1, SLOTS_MAX),
            ("planes", self.planes, 1, PLANES_MAX),
            ("acc_width", acc_width, ACC_WIDTH_MIN as usize, ACC_WIDTH_MAX as usize),
            ("weight_depth", self.weight_depth, 1, DEPTH_MAX),
            ("spike_depth", self.spike_depth, 1, DEPTH_MAX),
            ("neurons", self.neurons, 1, LANES_MAX),
            ("rows_max", self.rows_max, 1, ROWS_MAX),
        ];
        for (name, value, min, max) in ranges {
            if !(min..=max).contains(&value) {
                return Err(EngineError::Range { name, value, min, max });
            }
        }
        for (name, depth) in
            [("weight_depth", self.weight_depth), ("spike_depth", self.spike_depth)]
        {
            if memory_depth(depth) != depth {
                return Err(EngineError::Depth { name, depth, built: memory_depth(depth) });
            }
        }
        if !self.lanes.is_multiple_of(self.neurons) {
            return Err(EngineError::Neurons { neurons: self.neurons, lanes: self.lanes });
        }
        Ok(self.rule.check()?)
    }

    /// Checks that a layer of `plane_count` planes fits the memories.
    ///
    /// # Errors
    /// The first memory that is too small, with the size it would need.
    pub fn check_layer(&self, tiling: &Tiling, plane_count: usize) -> Result<(), EngineError> {
        let (lanes, slots) = (self.lanes, self.word_slots());
        if (tiling.lanes, tiling.slots) != (lanes, slots) {
            let (layer_lanes, layer_slots) = (tiling.lanes, tiling.slots);
            return Err(EngineError::Array { layer_lanes, layer_slots, lanes, slots });
        }
        let entries = tiling.entries(plane_count, self.planes);
        let needs = [
            ("rows", "rows_max", tiling.rows, self.rows_max),
            ("weight words", "weight_depth", tiling.words(), self.weight_depth),
            ("beats a frame", "spike_depth", entries, self.spike_depth),
        ];
        let single = [
            ("rows at once", "lanes", tiling.rows, self.lanes),
            ("columns at once", "slots", tiling.columns, self.slots),
        ];
        let single = single.into_iter().filter(|_| self.form == Form::Baked);
        for (what, parameter, needed, limit) in single.chain(needs) {
            if needed > limit {
                return Err(EngineError::Capacity { what, parameter, needed, limit });
            }
        }
        Ok(())
    }

    /// The engine of one matrix: a baked one is as large as its matrix, the others are what they are.
    ///
    /// # Errors
    /// If the matrix is too large to be baked.
    pub fn for_matrix(&self, rows: usize, columns: usize) -> Result<Self, EngineError> {
        if self.form != Form::Baked {
            return Ok(*self);
        }
        let lanes = rows.next_multiple_of(self.neurons);
        for (what, needed, limit) in [
            ("weights", rows * columns, BAKED_WEIGHTS_MAX),
            ("rows in whole beats", lanes, LANES_MAX),
            ("columns", columns, SLOTS_MAX),
        ] {
            if needed > limit {
                return Err(EngineError::Baked { what, needed, limit });
            }
        }
        Ok(EngineParameters { lanes, slots: columns, ..*self })
    }

    /// Columns of a weight word: the slots, or the one column of an event.
    pub const fn word_slots(&self) -> usize {
        match self.form {
            Form::Dense | Form::Baked => self.slots,
            Form::Event => 1,
        }
    }

    /// A matrix cut into the weight words of this engine.
    ///
    /// # Errors
    /// As [`Tiling::new`].
    pub fn tiling(&self, rows: usize, columns: usize) -> Result<Tiling, TilingError> {
        Tiling::new(rows, columns, self.lanes, self.word_slots())
    }

    /// Beats of a frame: passes × the beats of all columns.
    pub const fn frame_beats(&self, columns: usize, plane_count: usize) -> usize {
        passes(plane_count, self.planes) * columns.div_ceil(self.slots)
    }

    /// Synapses that the array evaluates in a cycle, at most: lanes × columns of a word × planes.
    pub const fn synapses_per_cycle(&self) -> usize {
        self.lanes * self.word_slots() * self.planes
    }

    /// 32-bit banks of one weight word.
    pub const fn banks(&self) -> usize {
        word_banks(self.lanes, self.word_slots(), self.packing)
    }

    /// Bytes of one input beat: slots × planes trits of two bits, padded to whole bytes.
    pub const fn spike_beat_bytes(&self) -> usize {
        (2 * self.slots * self.planes).div_ceil(8)
    }

    /// Bytes of one result in an output beat: the wider of current and spike.
    pub fn value_bytes(&self) -> usize {
        self.acc_width.max(self.rule.spike_width()).div_ceil(8) as usize
    }

    /// Bytes of one output beat.
    pub fn result_beat_bytes(&self) -> usize {
        self.neurons * self.value_bytes()
    }

    /// Bits of a stored threshold, unsigned; 0 where the rule fixes a power of two.
    ///
    /// A threshold beyond the membrane could never be reached, so its sign bit is enough to spare.
    pub fn threshold_width(&self) -> u32 {
        match self.rule.threshold {
            Threshold::PowerOfTwo(_) => 0,
            Threshold::PerChannel => (self.rule.membrane_width - 1).min(THRESHOLD_WIDTH_MAX),
        }
    }

    /// What the constant registers of this engine read.
    ///
    /// The parameters must have passed [`check`](Self::check).
    ///
    /// # Panics
    /// If a parameter does not fit its field.
    pub fn constants(&self) -> impl Iterator<Item = (Register, u32)> {
        let constant = Register::all().filter(|register| register.is_constant());
        constant.map(|register| (register, self.constant(register)))
    }

    /// What one constant register of this engine reads; zero for the others.
    ///
    /// # Panics
    /// If a parameter does not fit its field.
    pub fn constant(&self, register: Register) -> u32 {
        match register.is_constant() {
            false => 0,
            true => register.fields().fold(0, |word, spec| {
                word | spec.field.place(self.parameter(spec.field).unwrap_or(spec.reset))
            }),
        }
    }

    /// The value of a parameter field, or nothing if the field is no parameter.
    fn parameter(&self, field: Field) -> Option<u32> {
        let value = match field {
            Field::Lanes => self.lanes as u32,
            Field::Slots => self.slots as u32,
            Field::Planes => self.planes as u32,
            Field::Neurons => self.neurons as u32,
            Field::ValueBytes => self.value_bytes() as u32,
            Field::Radix => u32::from(self.radix == Radix::Bitwise),
            Field::Packing => u32::from(self.packing == Packing::Base3),
            Field::Form => self.form as u32,
            Field::AccWidth => self.acc_width,
            Field::MembraneWidth => self.rule.membrane_width,
            Field::SpikeWidth => self.rule.spike_width(),
            Field::ThresholdWidth => self.threshold_width(),
            Field::RowsMax => self.rows_max as u32,
            Field::SpikeDepth => self.spike_depth as u32,
            Field::WeightDepth => self.weight_depth as u32,
            _ => return rule_parameter(&self.rule, field),
        };
        Some(value)
    }
}

/// The value of a field of register `rule`. Every shift is below [`MEMBRANE_WIDTH_MAX`].
fn rule_parameter(rule: &NeuronRule, field: Field) -> Option<u32> {
    const { assert!(MEMBRANE_WIDTH_MAX <= 63, "shifts have fields of 6 bits") };
    let (leak_kind, leak_shift) = match rule.leak {
        Leak::None => (0, 0),
        Leak::Shift(k) => (1, k),
        Leak::Decay(k) => (2, k),
    };
    let (range_kind, range_bits) = match rule.range {
        SpikeRange::Unsigned(bits) => (0, bits),
        SpikeRange::Signed(bits) => (1, bits),
        SpikeRange::Unbounded => (2, 0),
    };
    let (threshold_kind, threshold_exponent) = match rule.threshold {
        Threshold::PowerOfTwo(n) => (0, n),
        Threshold::PerChannel => (1, 0),
    };
    let value = match field {
        Field::LeakKind => leak_kind,
        Field::LeakShift => leak_shift,
        Field::Quantise => u32::from(rule.quantise == Quantise::NearestEven),
        Field::RangeKind => range_kind,
        Field::RangeBits => range_bits,
        Field::ResetKind => match rule.reset {
            Reset::Soft => 0,
            Reset::Hard => 1,
            Reset::SpikelmCode => 2,
        },
        Field::State => u32::from(rule.state == State::PerToken),
        Field::ThresholdKind => threshold_kind,
        Field::ThresholdExponent => threshold_exponent,
        Field::LastStep => u32::from(rule.last_step == LastStep::Remainder),
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
pub(crate) mod tests;
