//! What a run of a machine found and how fast it was, `5-cosim.json`.

use super::{Conversation, MachineRtl, SpikeWork, Timeline};
use crate::gates::GatesReport;
use crate::machine::Memory;
use crate::pipeline::{Source, ToolVersion};
use crate::spikes::SpikeRecord;
use firmware::machine::{MachineParameters, Program};
use firmware::machine_memories::MemoryUse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The content of `5-cosim.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MachineReport {
    /// Name of the design.
    pub design: String,
    /// Name of the network.
    pub network: String,
    /// Conversations that ended with a difference or a fault. 0: RTL = reference.
    pub mismatches: usize,
    /// The first difference or fault, as it was printed.
    pub first_mismatch: Option<String>,
    /// The fault that was planted on purpose.
    pub planted: Option<String>,
    /// What the machine is.
    pub machine: MachineParameters,
    /// Instructions of the program.
    pub instructions: usize,
    /// Widths that were proven to hold their worst case.
    pub width_proofs: usize,
    /// Verilog modules.
    pub modules: usize,
    /// Lines of Verilog.
    pub verilog_lines: usize,
    /// Ternary weights.
    pub weights: usize,
    /// Writes of all memories that were compared and equal.
    pub writes: u64,
    /// Values in those writes.
    pub values: u64,
    /// Predictions of the hardware.
    pub predictions: usize,
    /// Cycles of a token whose prediction is asked for, on average.
    pub cycles_per_token: f64,
    /// Largest |predicted − measured| / measured of the cycles of a token.
    pub cycle_model_error: f64,
    /// Part of those cycles in which the array took an entry.
    pub array_utilisation: f64,
    /// weights / (lanes × slots): the cycles of a token in which the weights pass the array once.
    pub weight_cycles: f64,
    /// Result words in which a value saturated.
    pub saturations: u64,
    /// Cycles simulated: loading and tokens.
    pub simulated_cycles: u64,
    /// simulated_cycles over the wall time of the co-simulation, all threads together.
    pub simulated_cycles_per_second: f64,
    /// Predictions over the wall time of the co-simulation.
    pub simulated_tokens_per_second: f64,
    /// Wall time of each stage.
    pub seconds: BTreeMap<String, f64>,
    /// The netlist that was simulated in place of the RTL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gates: Option<GatesReport>,
    /// Tools that took part.
    pub tools: Vec<ToolVersion>,
    /// Every memory of the machine.
    pub memories: Vec<MemoryReport>,
    /// What was compared and equal, memory by memory.
    pub checkpoints: Vec<CheckpointReport>,
    /// One entry a prompt.
    pub conversations: Vec<ConversationReport>,
    /// What the spikes of a predicted token cost.
    #[serde(default)]
    pub work: SpikeWork,
    /// Spikes of the first conversation's first tokens, for a network with neurons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spikes: Option<SpikeRecord>,
    /// The predicted token whose cycles are nearest to the mean, if one was predicted.
    pub timeline: Option<Timeline>,
}

/// One memory in `5-cosim.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemoryReport {
    /// What it holds.
    pub name: String,
    /// How many alike stand side by side.
    pub copies: u32,
    /// Words of one.
    pub words: u32,
    /// Bits of a word of one.
    pub width: u32,
    /// Block RAMs of 18 kbit that all copies take; none if they are made of LUTs.
    pub block_rams: u32,
}

/// What was compared of one memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckpointReport {
    /// The memory.
    pub memory: String,
    /// Writes.
    pub writes: u64,
    /// Values in them.
    pub values: u64,
}

/// One prompt in `5-cosim.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConversationReport {
    /// The prompt.
    pub prompt: String,
    /// What the hardware wrote.
    pub text: String,
    /// Token ids of the prompt.
    pub prompt_ids: Vec<u32>,
    /// Token ids that the hardware predicted.
    pub ids: Vec<u32>,
    /// Vectors that came in the place of prompt ids, channel by channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vectors: Vec<String>,
    /// Vectors that the hardware gave in the place of ids, channel by channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// One row a prediction.
    pub tokens: Vec<TokenReport>,
}

/// One predicted token: what the hardware's counters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenReport {
    /// Position of the token that was fed.
    pub position: usize,
    /// Cycles under way.
    pub cycles: u32,
    /// What the cycle model says of them.
    pub predicted_cycles: u64,
    /// Cycles in which the array took an entry.
    pub array: u32,
    /// Cycles in which the vector unit was busy.
    pub vector: u32,
    /// Cycles in which the array waited for results to drain.
    pub drain_waits: u32,
    /// Cycles in which an instruction waited for results of the matrix unit.
    pub matrix_waits: u32,
    /// Cycles in which an instruction waited for results of the vector unit.
    pub vector_waits: u32,
}

impl TokenReport {
    fn model_error(&self) -> f64 {
        let measured = f64::from(self.cycles);
        ratio((self.predicted_cycles as f64 - measured).abs(), measured)
    }
}

/// The numbers of a vector as `--vectors` takes them.
fn in_line(vector: &[i64]) -> String {
    vector.iter().map(i64::to_string).collect::<Vec<_>>().join(" ")
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

impl MachineReport {
    /// Sums the conversations up; stage times are the caller's to add.
    pub fn new(
        source: &Source,
        program: &Program,
        rtl: &MachineRtl,
        conversations: &[Conversation],
        texts: Vec<(String, String)>,
        elapsed: Duration,
    ) -> MachineReport {
        let reports: Vec<ConversationReport> = conversations
            .iter()
            .zip(texts)
            .map(|pair| ConversationReport::new(program, pair))
            .collect();
        let tokens = || reports.iter().flat_map(|report| &report.tokens);
        let sum = |value: fn(&TokenReport) -> u32| tokens().map(|row| f64::from(value(row))).sum();
        let (cycles, array): (f64, f64) = (sum(|row| row.cycles), sum(|row| row.array));
        let predictions = tokens().count();
        let total = |value: fn(&Conversation) -> u64| conversations.iter().map(value).sum::<u64>();
        let failures = || conversations.iter().filter_map(|next| next.failure.as_ref());
        let seconds = elapsed.as_secs_f64();
        let weights = source.network.weight_count();
        let parameters = program.parameters;
        let simulated_cycles = total(|next| next.simulated_cycles);
        MachineReport {
            design: source.file.design.name.clone(),
            network: source.network.name.clone(),
            mismatches: failures().count(),
            first_mismatch: failures().next().map(ToString::to_string),
            planted: None,
            machine: parameters,
            instructions: program.instructions.len(),
            width_proofs: program.widths.len(),
            modules: rtl.sources.len(),
            verilog_lines: rtl.lines(),
            weights,
            writes: total(Conversation::compared_writes),
            values: total(Conversation::compared_values),
            predictions,
            cycles_per_token: ratio(cycles, predictions as f64),
            cycle_model_error: tokens().map(TokenReport::model_error).fold(0.0, f64::max),
            array_utilisation: ratio(array, cycles),
            weight_cycles: weights as f64 / f64::from(parameters.word_trits()),
            saturations: total(|next| next.saturations),
            simulated_cycles,
            simulated_cycles_per_second: ratio(simulated_cycles as f64, seconds),
            simulated_tokens_per_second: ratio(predictions as f64, seconds),
            seconds: BTreeMap::new(),
            gates: None,
            tools: Vec::new(),
            memories: program.memories().iter().map(MemoryReport::from).collect(),
            checkpoints: checkpoints(conversations),
            work: SpikeWork::of(conversations, parameters.radix),
            spikes: None,
            timeline: Timeline::nearest(program, conversations, ratio(cycles, predictions as f64)),
            conversations: reports,
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

impl From<&MemoryUse> for MemoryReport {
    fn from(memory: &MemoryUse) -> MemoryReport {
        let MemoryUse { name, copies, depth, width, .. } = *memory;
        MemoryReport {
            name: name.to_owned(),
            copies,
            words: depth,
            width,
            block_rams: memory.blocks(),
        }
    }
}

fn checkpoints(conversations: &[Conversation]) -> Vec<CheckpointReport> {
    let compared = |memory: Memory| {
        let all = || conversations.iter().map(move |next| next.compared[memory as usize]);
        CheckpointReport {
            memory: memory.to_string(),
            writes: all().map(|compared| compared.writes).sum(),
            values: all().map(|compared| compared.values).sum(),
        }
    };
    Memory::ALL.map(compared).into()
}

impl ConversationReport {
    fn new(
        program: &Program,
        (conversation, (prompt, text)): (&Conversation, (String, String)),
    ) -> Self {
        let tokens = conversation.tokens.iter().map(|run| {
            let counters = &run.counters;
            TokenReport {
                position: run.position,
                cycles: counters.cycles,
                predicted_cycles: run.predicted(program).total,
                array: counters.array_cycles,
                vector: counters.vector_cycles,
                drain_waits: counters.drain_waits,
                matrix_waits: counters.matrix_waits,
                vector_waits: counters.vector_waits,
            }
        });
        ConversationReport {
            prompt,
            text,
            prompt_ids: conversation.prompt.clone(),
            ids: conversation.answer.clone(),
            vectors: conversation.vectors.iter().map(|vector| in_line(vector)).collect(),
            outputs: conversation.outputs.iter().map(|vector| in_line(vector)).collect(),
            tokens: tokens.collect(),
        }
    }
}
