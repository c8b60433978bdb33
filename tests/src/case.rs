//! A configuration with random numbers in it: matrix, thresholds, vectors, and what must come out.

use crate::configuration::Configuration;
use cosim::harness::{Layer, LayerVector};
use firmware::driver::OutputMode;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weights::config::Form;
use weights::neuron::State;
use weights::numeric::{self, Radix, Trit};

/// Random stimuli of a configuration, at least; rounded up to whole tokens.
pub const VECTORS_MIN: usize = 52;

/// Everything that a simulation is given, and everything it must answer.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is a case of.
    pub configuration: Configuration,
    /// The matrix on the engine.
    pub layer: Layer,
    /// The stimuli.
    pub vectors: Vec<LayerVector>,
    /// Current of each row, vector by vector.
    pub currents: Vec<Vec<i64>>,
    /// Spike of each row, vector by vector.
    pub spikes: Vec<Vec<i64>>,
    /// Groups of neurons in which a membrane saturates.
    pub saturations: u32,
    /// Entries that the array takes.
    pub array_cycles: u32,
    /// Seed of the stalls.
    pub seed: u64,
}

impl Case {
    /// Draws matrix, thresholds and vectors, and asks `numeric` for the answers.
    ///
    /// # Panics
    /// If the configuration does not hold together: the table is wrong then.
    pub fn new(configuration: &Configuration, seed: u64) -> Case {
        let Configuration { engine, rows, columns, steps, .. } = *configuration;
        engine.check().unwrap_or_else(|error| panic!("{configuration}: {error}"));
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let trits = matrix(&mut random, rows, columns);
        let threshold_max = (1i64 << engine.threshold_width()) - 1;
        let mut threshold = || match random.random_range(0..4) {
            0 => 1,
            1 => threshold_max.max(1),
            2 => random.random_range(1..=threshold_max.max(1)),
            _ => random.random_range(1..=threshold_max.clamp(1, 2 * columns as i64)),
        };
        let thresholds: Vec<i64> = (0..rows).map(|_| threshold()).collect();
        let layer = Layer::new(&engine, (rows, columns), &trits, thresholds, steps)
            .unwrap_or_else(|error| panic!("{configuration}: {error}"));
        let count = VECTORS_MIN.next_multiple_of(steps as usize);
        let vectors: Vec<LayerVector> =
            (0..count).map(|index| vector(&mut random, configuration, &trits, index)).collect();
        let currents: Vec<Vec<i64>> = vectors
            .iter()
            .map(|train| {
                let row = |row| numeric::accumulate(row, train, engine.radix);
                trits.chunks(columns).map(row).collect()
            })
            .collect();
        let (spikes, saturations) = spikes(&layer, &currents);
        let configuration = configuration.clone();
        let array_cycles = array_cycles(&configuration, &vectors);
        Case { configuration, layer, vectors, currents, spikes, saturations, array_cycles, seed }
    }

    /// What must leave the engine in a mode.
    pub fn expected(&self, mode: OutputMode) -> &[Vec<i64>] {
        match mode {
            OutputMode::Currents => &self.currents,
            OutputMode::Spikes => &self.spikes,
        }
    }
}

/// Random trits; a matrix of several rows has one of +1 only, one of −1 only and one of zeros.
fn matrix(random: &mut ChaCha8Rng, rows: usize, columns: usize) -> Vec<Trit> {
    let mut trits = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let fixed = match row {
            0 if rows > 3 => Some(1),
            1 if rows > 3 => Some(-1),
            2 if rows > 3 => Some(0),
            _ => None,
        };
        trits.extend((0..columns).map(|_| fixed.unwrap_or_else(|| random.random_range(-1..=1))));
    }
    trits
}

/// The extremes first, then random planes of random density.
fn vector(
    random: &mut ChaCha8Rng,
    configuration: &Configuration,
    trits: &[Trit],
    index: usize,
) -> LayerVector {
    let Configuration { columns, planes_max, .. } = *configuration;
    let all = |value: Trit| vec![vec![value; columns]; planes_max];
    match index {
        0 => return all(1),
        1 => return all(-1),
        2 => return all(0),
        3 => return vec![vec![0; columns]],
        // The largest and the smallest sum that a random row can have.
        4 | 5 => {
            let rows: Vec<&[Trit]> = trits.chunks(columns).collect();
            let row = rows.choose(random).copied().unwrap_or_default();
            let sign = if index == 4 { 1 } else { -1 };
            return vec![row.iter().map(|&trit| sign * trit).collect(); planes_max];
        }
        // One spike in all.
        6 => {
            let mut train = all(0);
            let plane = random.random_range(0..planes_max);
            train[plane][random.random_range(0..columns)] = 1;
            return train;
        }
        _ => {}
    }
    let plane_count = random.random_range(1..=planes_max);
    let density = *[0.05, 0.3, 0.7, 1.0].choose(random).unwrap_or(&0.5);
    let signed = random.random_bool(0.7);
    let mut trit = || match random.random_bool(density) {
        false => 0,
        true if signed && random.random_bool(0.5) => -1,
        true => 1,
    };
    (0..plane_count).map(|_| (0..columns).map(|_| trit()).collect()).collect()
}

/// Spikes of each row and vector, and the groups in which a membrane saturates.
fn spikes(layer: &Layer, currents: &[Vec<i64>]) -> (Vec<Vec<i64>>, u32) {
    let (rule, neurons) = (&layer.engine.rule, layer.engine.neurons);
    let mut membranes = vec![0; layer.tiling.rows];
    let (mut spikes, mut saturations) = (vec![], 0);
    for (index, currents) in currents.iter().enumerate() {
        let step = index as u32 % layer.steps;
        if step == 0 && rule.state == State::PerStep {
            membranes.fill(0);
        }
        let mut emitted = vec![];
        for group in 0..layer.tiling.rows.div_ceil(neurons) {
            let mut saturated = false;
            for row in group * neurons..((group + 1) * neurons).min(layer.tiling.rows) {
                let theta = numeric::threshold(rule, layer.thresholds[row]);
                let last = step + 1 == layer.steps;
                let result = numeric::neuron_step(rule, theta, membranes[row], currents[row], last);
                membranes[row] = result.membrane;
                saturated |= result.saturated;
                emitted.push(result.spike);
            }
            saturations += u32::from(saturated);
        }
        spikes.push(emitted);
    }
    (spikes, saturations)
}

/// Entries of all vectors, times the row tiles that each of them goes through.
fn array_cycles(configuration: &Configuration, vectors: &[LayerVector]) -> u32 {
    let tiling = configuration.tiling();
    let engine = &configuration.engine;
    let entries = |train: &LayerVector| -> usize {
        if engine.form == Form::Event {
            return events(train, engine.planes, engine.radix);
        }
        if !engine.skip_empty {
            return tiling.entries(train.len(), engine.planes);
        }
        let frame = firmware::stream::frame(train, engine.slots, engine.planes);
        let opens_pass = |beat: usize| beat.is_multiple_of(tiling.column_tiles);
        let kept = frame.iter().enumerate();
        kept.filter(|(beat, data)| opens_pass(*beat) || data.iter().any(|&word| word != 0)).count()
    };
    vectors.iter().map(|train| (entries(train) * tiling.row_tiles) as u32).sum()
}

/// Columns that spike in a pass, over all passes; a silent pass counts as one, of a unary train
/// only a silent vector.
fn events(train: &LayerVector, planes: usize, radix: Radix) -> usize {
    let columns = train[0].len();
    // The last pass is full, the first holds what is left.
    let passes = train.rchunks(planes).map(|pass| {
        (0..columns).filter(|&column| pass.iter().any(|plane| plane[column] != 0)).count()
    });
    match radix {
        Radix::Bitwise => passes.map(|events| events.max(1)).sum(),
        Radix::Unary => passes.sum::<usize>().max(1),
    }
}
