//! Bits per character and rates over the published slice of held-out text.

use super::golden::folder;
use cosim::evaluation::{
    LayerTally, MachineWidths, WindowEvaluation, WindowRule, Windows, evaluate_machine_windows,
    evaluate_windows,
};
use cosim::reference::Tokens;
use cosim::reference::machine::MachineReference;
use firmware::lower::lower;
use indicatif::ProgressBar;
use serde_json::Value;
use weights::config::Design;
use weights::import::import;
use weights::network::Network;

/// A model with its held-out text and golden.
struct HeldOut {
    network: Network,
    tokens: Tokens,
    text: String,
    golden: Value,
}

fn held_out(model: &str) -> Option<HeldOut> {
    let model = folder(&format!("models/{model}"))?;
    let text = folder("text/tinyshakespeare-head.txt")?;
    let network = import(&model).unwrap();
    let tokens = Tokens::open(&model, &network).unwrap();
    let golden = std::fs::read_to_string(model.join("golden.json")).unwrap();
    Some(HeldOut {
        network,
        tokens,
        text: std::fs::read_to_string(text).unwrap(),
        golden: serde_json::from_str(&golden).unwrap(),
    })
}

impl HeldOut {
    fn evaluate(&self, network: &Network, rule: WindowRule) -> WindowEvaluation {
        let windows = Windows::new(&self.text, &self.tokens, network.begin_token, rule).unwrap();
        assert_eq!(windows.first_character, 179_995);
        assert_eq!(windows.windows.len(), rule.windows);
        let (score, tally) = evaluate_windows(network, &windows, &ProgressBar::hidden()).unwrap();
        assert_eq!(score.scored, rule.windows * (rule.window - 1 - rule.skip));
        WindowEvaluation::new(network, &windows, score, tally)
    }

    fn compare_bits(&self, found: &WindowEvaluation, field: &str) {
        let (bits, golden) =
            (found.rows[0].bits_per_character, self.golden[field].as_f64().unwrap());
        assert!((bits - golden).abs() < 1e-4, "{field}: {bits}, not {golden}");
        println!("{}, {field}: {bits:.6}", self.network.name);
    }

    /// Rates are published with four digits.
    fn compare_rate(&self, layer: &str, rate: f64) {
        let golden = self.golden["spike_rates"][layer].as_f64().expect(layer);
        assert!((rate - golden).abs() < 6e-5, "{layer}: {rate}, not {golden}");
    }
}

#[test]
fn spikegpt_predicts_as_published() {
    let rule = WindowRule { from: 0.9, window: 256, skip: 32, windows: 76 };
    for placement in ["published", "spike-input"] {
        let Some(it) = held_out(&format!("spikegpt-tiny/{placement}")) else { return };
        let found = it.evaluate(&it.network, rule);
        it.compare_bits(&found, "held_out_bits_per_character");
        let published = it.golden["spike_rates"].as_object().unwrap().len();
        assert_eq!(found.layers.len(), published);
        for layer in &found.layers {
            let theirs = layer
                .name
                .replace("attention.neuron", "lif1")
                .replace("ffn.neuron", "lif2")
                .replace("attention.key.neuron", "att.lif_k")
                .replace("attention.value.neuron", "att.lif_v")
                .replace("attention.receptance.neuron", "att.lif_r")
                .replace("attention.output.neuron", "att.lif_o")
                .replace("ffn.key.neuron", "ffn.lif_k")
                .replace("ffn.receptance.neuron", "ffn.lif_r")
                .replace("ffn.value.neuron", "ffn.lif_v");
            it.compare_rate(&theirs, layer.rate());
        }
    }
}

/// Most that bits per character of the integer machine may be above those of the float network.
const MACHINE_LOSS: f64 = 0.02;

impl HeldOut {
    /// The machine of the design for spiking models, at narrow and wide values.
    fn judge_machine(&self, found: &mut WindowEvaluation, network: &Network, rule: WindowRule) {
        let windows = Windows::new(&self.text, &self.tokens, network.begin_token, rule).unwrap();
        for value_width in [18, 24] {
            let mut design = Design::spiking();
            design.machine.value_width = value_width;
            let machine = MachineReference::new(&lower(network, &design).unwrap());
            let bar = ProgressBar::hidden();
            let (score, saturations) = evaluate_machine_windows(&machine, &windows, &bar).unwrap();
            let (head_bits, embedding_digits) =
                (design.machine.head_bits, design.machine.embedding_digits);
            let widths = MachineWidths { value_width, head_bits, embedding_digits, saturations };
            found.add_machine(network.steps, score, widths);
            let [float, .., machine] = found.rows.as_slice() else { panic!("two rows") };
            let loss = machine.bits_per_character / float.bits_per_character - 1.0;
            println!("{}, {value_width} bits: {:+.2} %", network.name, 100.0 * loss);
            assert!(loss < MACHINE_LOSS, "{} at {value_width} bits: {loss}", network.name);
            assert_eq!(saturations, 0, "{} at {value_width} bits", network.name);
        }
    }
}

#[test]
fn machines_predict_as_their_float_networks() {
    let rule = WindowRule { from: 0.9, window: 256, skip: 32, windows: 20 };
    for placement in ["published", "spike-input"] {
        let Some(it) = held_out(&format!("spikegpt-tiny/{placement}")) else { return };
        let mut found = it.evaluate(&it.network, rule);
        it.judge_machine(&mut found, &it.network, rule);
    }
    let it = held_out("neurtransformer-tiny").expect("it is beside the others");
    let rule = WindowRule { window: 64, skip: 16, windows: 40, ..rule };
    for steps in [1, 4] {
        let network = it.network.clone().with_steps(steps).unwrap();
        let mut found = it.evaluate(&network, rule);
        it.judge_machine(&mut found, &network, rule);
    }
}

#[test]
fn neurtransformer_predicts_as_published() {
    let Some(it) = held_out("neurtransformer-tiny") else { return };
    let rule = WindowRule { from: 0.9, window: 64, skip: 16, windows: 160 };
    for steps in [1, 2, 4] {
        let network = it.network.clone().with_steps(steps).unwrap();
        let found = it.evaluate(&network, rule);
        it.compare_bits(&found, &format!("held_out_bits_per_character_T{steps}"));
    }
    let found = it.evaluate(&it.network, WindowRule { windows: 40, ..rule });
    let layer = |name: String| -> &LayerTally {
        found.layers.iter().find(|layer| layer.name == name).expect("the layer is counted")
    };
    for block in 0..2 {
        let ours = |part: &str| layer(format!("blocks.{block}.{part}.neuron")).rate();
        let theirs = |part: &str| format!("transformer.h.{block}.{part}");
        let thirds = ["query", "key", "value"].map(|part| ours(&format!("attention.{part}")));
        it.compare_rate(&theirs("attn.qkv_lif"), thirds.iter().sum::<f64>() / 3.0);
        it.compare_rate(&theirs("attn.out_lif"), ours("attention.context"));
        it.compare_rate(&theirs("mlp.if"), ours("ffn.hidden"));
    }
}
