//! What a run found and how fast it was, `5-cosim.json`.

use super::{Job, Lowered, MatrixRun, Planted, Rtl, Verified};
use crate::gates::GatesReport;
use crate::lockstep::Difference;
use crate::pipeline::{Source, ToolVersion};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The content of `5-cosim.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CosimReport {
    /// Name of the design.
    pub design: String,
    /// Name of the network.
    pub network: String,
    /// Values that differ from the reference, or never came. 0: RTL = reference.
    pub mismatches: u64,
    /// The first difference, in the order of the run.
    pub first_mismatch: Option<Difference>,
    /// The first matrix on which the engine did not finish, and why.
    pub fault: Option<String>,
    /// The fault that was planted on purpose.
    pub planted: Option<Planted>,
    /// Verilog modules, of all engines.
    pub modules: usize,
    /// Lines of Verilog.
    pub verilog_lines: usize,
    /// Ternary matrices.
    pub matrices: usize,
    /// Tokens.
    pub tokens: usize,
    /// Input vectors: tokens × matrices. Each went through the engine once for its currents and
    /// once for its spikes.
    pub vectors: u64,
    /// Values that were compared: a current and a spike for every row of every vector.
    pub values: u64,
    /// Trits times spikes that the vectors ask for: rows × columns × planes, in one mode.
    pub synapses: u64,
    /// Weights times counts: rows × columns, what a multiplying engine would count.
    pub products: u64,
    /// Clock cycles of the runs that emit spikes, from the first beat in to the last spike out.
    pub cycles: u64,
    /// synapses / cycles.
    pub synapses_per_cycle: f64,
    /// lanes × slots × planes; where weights are wires, of the largest matrix, over the cycles from
    /// entry to entry.
    pub peak_synapses_per_cycle: usize,
    /// Part of the cycles in which the array worked.
    pub array_utilisation: f64,
    /// Cycles in which the array waited for results to leave.
    pub stall_cycles: u64,
    /// Clock cycles of one token through all matrices.
    pub cycles_per_token: f64,
    /// Membranes that reached the limit of their width, in groups.
    pub saturations: u64,
    /// Spikes that are not zero, as a part of all.
    pub spike_density: f64,
    /// Cycles simulated: weight loading and both runs.
    pub simulated_cycles: u64,
    /// simulated_cycles over the wall time of the co-simulation, all threads together.
    pub simulated_cycles_per_second: f64,
    /// Threads that simulated.
    pub threads: usize,
    /// Synapses of both modes over the wall time of the co-simulation.
    pub rtl_synapses_per_second: f64,
    /// Synapses over the wall time of the reference, which runs the rest of the network too.
    pub reference_synapses_per_second: f64,
    /// Ternary weights.
    pub weights: u64,
    /// Bits that their words take in the weight memory.
    pub weight_bits_stored: u64,
    /// weight_bits_stored / weights.
    pub bits_per_weight: f64,
    /// Wall time of each stage.
    pub seconds: BTreeMap<String, f64>,
    /// The netlist that was simulated in place of the RTL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<GatesReport>,
    /// Tools that took part.
    pub tools: Vec<ToolVersion>,
    /// One row a matrix.
    pub per_matrix: Vec<MatrixReport>,
}

/// One matrix in `5-cosim.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MatrixReport {
    /// Its name.
    pub name: String,
    /// Outputs.
    pub rows: usize,
    /// Inputs.
    pub columns: usize,
    /// Words of the weight memory; 0 where the weights are wires.
    pub words: usize,
    /// Planes of its longest train.
    pub planes_max: usize,
    /// Largest sum that its weights and trains can reach.
    pub current_max: u64,
    /// Bits of an accumulator that hold it.
    pub required_acc_width: u32,
    /// Values that differ.
    pub mismatches: u64,
    /// Synapses of all vectors.
    pub synapses: u64,
    /// Cycles of all vectors.
    pub cycles: u64,
    /// Cycles in which the array worked.
    pub array_cycles: u32,
    /// Cycles in which the array waited for results to leave.
    pub stall_cycles: u32,
    /// Groups of neurons in which a membrane saturated.
    pub saturations: u32,
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl CosimReport {
    /// Sums a run up; stage times and the planted fault are the caller's to add.
    pub fn new(
        source: &Source,
        lowered: &Lowered,
        rtls: &[Rtl],
        verified: &Verified,
        tools: Vec<ToolVersion>,
    ) -> CosimReport {
        let rows: Vec<MatrixReport> =
            lowered.jobs.iter().zip(&verified.runs).map(MatrixReport::new).collect();
        let sum = |value: fn(&MatrixReport) -> u64| rows.iter().map(value).sum::<u64>();
        let (synapses, cycles) = (sum(|row| row.synapses), sum(|row| row.cycles));
        let spikes = || verified.runs.iter().flat_map(|run| run.spikes.iter().flatten());
        let nonzero = spikes().filter(|&&spike| spike != 0).count();
        let simulated_cycles = verified.runs.iter().map(|run| run.simulated_cycles).sum();
        let seconds = verified.elapsed.as_secs_f64();
        let tokens = lowered.tokens as u64;
        let peak = lowered.jobs.iter().map(Job::synapses_per_cycle).max();
        let (weights, bits) = (lowered.weight_count(), lowered.weight_bits_stored());
        CosimReport {
            design: source.file.design.name.clone(),
            network: source.network.name.clone(),
            mismatches: verified.mismatches(),
            first_mismatch: verified.first().cloned(),
            fault: verified.fault().map(|(_, fault)| fault.to_owned()),
            planted: None,
            modules: rtls.iter().map(|rtl| rtl.sources.len()).sum(),
            verilog_lines: rtls.iter().map(Rtl::lines).sum(),
            matrices: lowered.jobs.len(),
            tokens: lowered.tokens,
            vectors: tokens * lowered.jobs.len() as u64,
            values: verified.runs.iter().map(|run| run.equal + run.mismatches).sum(),
            synapses,
            products: tokens * weights,
            cycles,
            synapses_per_cycle: ratio(synapses as f64, cycles as f64),
            peak_synapses_per_cycle: peak.unwrap_or(0),
            array_utilisation: ratio(sum(|row| row.array_cycles.into()) as f64, cycles as f64),
            stall_cycles: sum(|row| row.stall_cycles.into()),
            cycles_per_token: ratio(cycles as f64, tokens as f64),
            saturations: sum(|row| row.saturations.into()),
            spike_density: ratio(nonzero as f64, spikes().count() as f64),
            simulated_cycles,
            simulated_cycles_per_second: ratio(simulated_cycles as f64, seconds),
            threads: rayon::current_num_threads().min(lowered.jobs.len()),
            rtl_synapses_per_second: ratio(2.0 * synapses as f64, seconds),
            reference_synapses_per_second: ratio(
                synapses as f64,
                lowered.reference_time.as_secs_f64(),
            ),
            weights,
            weight_bits_stored: bits,
            bits_per_weight: ratio(bits as f64, weights as f64),
            seconds: BTreeMap::new(),
            gates: None,
            tools,
            per_matrix: rows,
        }
    }

    /// The text of `5-cosim.json`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("strings, integers and finite floats always serialise");
        text.push('\n');
        text
    }
}

impl MatrixReport {
    fn new((job, run): (&Job, &MatrixRun)) -> MatrixReport {
        let tiling = &job.layer.tiling;
        MatrixReport {
            name: job.name.clone(),
            rows: tiling.rows,
            columns: tiling.columns,
            words: job.layer.words(),
            planes_max: job.plane_count_max,
            current_max: job.proof.worst.current_max,
            required_acc_width: job.proof.required_acc_width,
            mismatches: run.mismatches,
            synapses: job.synapses(),
            cycles: run.cycles,
            // The counter counts entries.
            array_cycles: run.counters.array_cycles * job.layer.entry_cycles() as u32,
            stall_cycles: run.counters.stall_cycles,
            saturations: run.counters.saturations,
        }
    }
}
