//! What the windows say, as a table and as JSON.

use super::{AttentionOnHardware, Energies, LayerTally, MatrixTally, Tally, WindowRule, Windows};
use crate::reference::Score;
use crate::report::grouped;
use serde::Serialize;
use std::fmt;
use weights::network::Network;

/// Everything that was found out.
#[derive(Clone, Debug, Serialize)]
pub struct WindowEvaluation {
    /// The network.
    pub network: String,
    /// Steps of a token.
    pub steps: usize,
    /// Which part of the text is scored.
    pub rule: WindowRule,
    /// The character of the text with which the first window begins.
    pub first_character: usize,
    /// Windows that were scored.
    pub windows: usize,
    /// Ids that were scored.
    pub scored: usize,
    /// Characters that they stand for.
    pub characters: usize,
    /// What predicts, and its bits per character.
    pub rows: Vec<WindowRow>,
    /// Neuron layers, in the order of execution.
    pub layers: Vec<LayerTally>,
    /// Mean rate of the neuron layers.
    pub mean_rate: Option<f64>,
    /// Ternary matrices, in the order of execution.
    pub matrices: Vec<MatrixTally>,
    /// Spikes a token, all layers together.
    pub spikes_per_token: f64,
    /// Active synapses of a token over synapses and steps, of the matrices that see spikes.
    pub spikes_per_synapse: Option<f64>,
    /// Energies of a token.
    pub energies: Energies,
    /// What attention in spikes takes on its machine, beside softmax of the same shape.
    pub attention: Option<AttentionOnHardware>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowRow {
    /// What predicts.
    pub model: String,
    /// Mean of −log2 p over characters.
    pub bits_per_character: f64,
    /// What its values are made of, for a machine.
    pub machine: Option<MachineWidths>,
}

/// What decides how exact a machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MachineWidths {
    /// Bits of a value.
    pub value_width: u32,
    /// Bits of a count before the head.
    pub head_bits: u32,
    /// Balanced ternary digits of embedding and head.
    pub embedding_digits: u32,
    /// Writes that saturated.
    pub saturations: u64,
}

/// Bits a character, of characters.
fn bits(score: Score, characters: usize) -> f64 {
    score.nats / std::f64::consts::LN_2 / characters.max(1) as f64
}

impl WindowEvaluation {
    /// What the float executor has found.
    pub fn new(network: &Network, windows: &Windows, score: Score, tally: Tally) -> Self {
        let energies = Energies::new(&tally);
        let Tally { tokens, layers, matrices, .. } = tally;
        let rates: Vec<f64> = layers.iter().map(LayerTally::rate).collect();
        let mean_rate = (!rates.is_empty()).then(|| rates.iter().sum::<f64>() / rates.len() as f64);
        let spiking = || matrices.iter().filter(|matrix| matrix.spiking);
        let active: u64 = spiking().map(|matrix| matrix.active).sum();
        let passed: u64 = spiking().map(|matrix| matrix.synapses * matrix.products).sum();
        let spikes: u64 = layers.iter().map(|layer| layer.spikes).sum();
        let bits_per_character = bits(score, windows.characters);
        let model = match network.steps {
            1 => "float, ternary weights".to_owned(),
            steps => format!("float, ternary weights, {steps} steps"),
        };
        WindowEvaluation {
            network: network.name.clone(),
            steps: network.steps,
            rule: windows.rule,
            first_character: windows.first_character,
            windows: windows.windows.len(),
            scored: score.scored,
            characters: windows.characters,
            rows: vec![WindowRow { model, bits_per_character, machine: None }],
            mean_rate,
            spikes_per_token: spikes as f64 / tokens.max(1) as f64,
            spikes_per_synapse: (passed > 0).then(|| active as f64 / passed as f64),
            energies,
            attention: None,
            layers,
            matrices,
        }
    }

    /// Adds what an integer machine has found.
    pub fn add_machine(&mut self, steps: usize, score: Score, widths: MachineWidths) {
        let model = match steps {
            1 => "integer machine".to_owned(),
            steps => format!("integer machine, {steps} steps"),
        };
        let bits_per_character = bits(score, self.characters);
        self.rows.push(WindowRow { model, bits_per_character, machine: Some(widths) });
    }

    /// The table as JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("numbers and strings serialise");
        text.push('\n');
        text
    }
}

impl fmt::Display for WindowEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} windows of {} from character {}, the first {} positions of each not scored; {} \
             characters scored",
            self.network,
            self.windows,
            self.rule.window,
            grouped(self.first_character as f64),
            self.rule.skip,
            grouped(self.characters as f64),
        )?;
        // Machines stand behind the float network that they are beside.
        let mut reference = f64::NAN;
        for row in &self.rows {
            write!(f, "{:<40}{:>9.4} bits per character", row.model, row.bits_per_character)?;
            if let Some(widths) = row.machine {
                let MachineWidths { value_width, head_bits, embedding_digits, saturations } =
                    widths;
                let more = 100.0 * (row.bits_per_character / reference - 1.0);
                write!(
                    f,
                    ", {more:+.2} %: values of {value_width} bits, {embedding_digits} digits and \
                     {head_bits} bits at the head, {saturations} saturations"
                )?;
            } else {
                reference = row.bits_per_character;
            }
            writeln!(f)?;
        }
        if let Some(mean) = self.mean_rate {
            let steps = if self.steps == 1 { "" } else { " and step" };
            writeln!(f, "\n{:<40}{:>9}{:>9}", "neuron layer", "neurons", "rate")?;
            for layer in &self.layers {
                writeln!(f, "{:<40}{:>9}{:>9.4}", layer.name, layer.neurons, layer.rate())?;
            }
            writeln!(
                f,
                "mean rate {mean:.4} a token{steps}; the papers assume 0.15 (SpikeGPT); {} spikes a \
                 token",
                grouped(self.spikes_per_token),
            )?;
        }
        if let Some(spikes) = self.spikes_per_synapse {
            writeln!(f, "{spikes:.4} spikes a synapse and step, of the matrices that see spikes")?;
        }
        let valued = self.matrices.iter().filter(|matrix| !matrix.spiking).count();
        if valued > 0 && !self.layers.is_empty() {
            writeln!(
                f,
                "{valued} of {} matrices see no spikes but values: there the neurons save no addition",
                self.matrices.len(),
            )?;
        }
        let tables =
            [("matrices", &self.energies.matrices), ("attention", &self.energies.attention)];
        for (what, energies) in tables.into_iter().filter(|(_, energies)| !energies.is_empty()) {
            writeln!(f, "\n{what}, a token: {:>65}{:>14}", "operations", "nJ")?;
            for energy in energies {
                let (operations, nanojoules) =
                    (grouped(energy.operations), energy.picojoules / 1000.0);
                writeln!(f, "  {:<84}{operations:>12}{nanojoules:>10.1}", energy.name)?;
            }
        }
        if let Some(attention) = &self.attention {
            writeln!(f, "{attention}")?;
        }
        write!(
            f,
            "\npJ: FP32 multiply-accumulate 4.6, addition 0.9; int8 product 0.2, addition 0.03; int32 \
             addition 0.1; memories not counted"
        )
    }
}
