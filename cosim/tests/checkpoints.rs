//! The lowered machine against the float reference, after every addition to the residual.
//!
//! With `SPIKEWRIGHT_SHARED` set to a folder of real models, the real one is compared too.

use cosim::reference::machine::{Facts, MachineReference, Observer, Widths, Write};
use cosim::reference::{Activation, Reference, seeded_ids};
use firmware::lower::lower;
use firmware::machine::Program;
use std::collections::BTreeMap;
use std::path::PathBuf;
use weights::config::Design;
use weights::import::import;
use weights::network::{Network, Operation};
use weights::sample;

/// A machine whose every choice is as fine as it goes: what is left is what the tables lose.
fn fine(mut design: Design, network: &Network) -> Design {
    design.array.planes = 8;
    design.array.acc_width = 48;
    design.encoder.mean_count = 64;
    let machine = &mut design.machine;
    machine.context = network.context;
    machine.value_width = 20;
    machine.count_width = 15;
    machine.attention_bits = 8;
    machine.head_bits = 8;
    machine.key_value_digits = 6;
    machine.embedding_digits = 7;
    design
}

/// Keeps the residual: the rows of the embedding, and what the passes write that add to it.
struct Checkpoints<'a> {
    program: &'a Program,
    instruction: usize,
    kept: BTreeMap<String, Vec<i64>>,
    widths: Widths,
}

impl Observer for Checkpoints<'_> {
    const WRITES: bool = true;

    fn issue(&mut self, instruction: usize) {
        self.instruction = instruction;
        self.widths.issue(instruction);
    }

    fn write(&mut self, write: Write) {
        let remark = &self.program.remarks[self.instruction];
        let of = |what: &str| remark.split_once(what).map(|(name, _)| name.to_owned());
        let kept = match &write {
            Write::Results { values, .. } => of(": the token's row").zip(Some(values)),
            Write::Temporaries { values, .. } => of(": sum").zip(Some(values)),
            _ => None,
        };
        if let Some((name, values)) = kept {
            self.kept.entry(name).or_default().extend(values);
        }
        self.widths.write(write);
    }

    fn finish(&mut self, instruction: usize, facts: &Facts) {
        self.widths.finish(instruction, facts);
    }
}

/// The largest relative error of the residual, of the embedding and after each addition, and of the logits.
fn errors(network: &Network, design: &Design, ids: &[u32]) -> (Vec<f64>, f64) {
    let program = lower(network, design).unwrap_or_else(|error| panic!("{error}"));
    let mut machine = MachineReference::new(&program);
    let mut float = Reference::new(network, Activation::Float).unwrap();
    // What remarks call it, and the network.
    let names: Vec<(&str, &str)> = network
        .operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::Embed { table, output, .. } => Some((table.as_str(), output.as_str())),
            Operation::Add { output, .. } => Some((output.as_str(), output.as_str())),
            _ => None,
        })
        .collect();
    let (mut worst, mut worst_logits) = (vec![0f64; names.len()], 0f64);
    for &id in ids {
        let mut observer = Checkpoints {
            program: &program,
            instruction: 0,
            kept: BTreeMap::new(),
            widths: Widths::new(&program),
        };
        let prediction = machine.step_observed(id, true, &mut observer).unwrap().unwrap();
        let unit = prediction.unit;
        let logits: Vec<f64> = prediction.logits.iter().map(|&x| x as f64 * unit).collect();
        let expected = float.step(id).unwrap().to_vec();
        worst_logits = worst_logits.max(distance(&logits, &expected));
        assert_eq!(observer.widths.violations(), &[] as &[String]);
        for (&(remark, name), worst) in names.iter().zip(&mut worst) {
            let kept =
                observer.kept.get(remark).unwrap_or_else(|| panic!("nothing writes {remark}"));
            let value = float.value(name).unwrap();
            // Its unit is a power of two.
            let fraction = ratio(kept, value).log2().round();
            let real = |&x: &i64| x as f64 * (-fraction).exp2();
            let residual: Vec<f64> = kept[..value.len()].iter().map(real).collect();
            *worst = worst.max(distance(&residual, value));
        }
    }
    assert_eq!(machine.saturations(), 0);
    (worst, worst_logits)
}

fn ratio(mantissas: &[i64], values: &[f32]) -> f64 {
    let sum = mantissas.iter().map(|x| x.abs() as f64).sum::<f64>();
    sum / values.iter().map(|x| f64::from(x.abs())).sum::<f64>()
}

/// ‖a − b‖ / ‖b‖.
fn distance(a: &[f64], b: &[f32]) -> f64 {
    let squares: f64 = a.iter().zip(b).map(|(a, &b)| (a - f64::from(b)).powi(2)).sum();
    (squares / b.iter().map(|&b| f64::from(b).powi(2)).sum::<f64>()).sqrt()
}

#[test]
fn a_fine_machine_is_the_sample_network() {
    for seed in [1, 2, 3] {
        let network = sample::network(seed);
        let design = fine(Design::bundled(), &network);
        let ids = seeded_ids(&network, seed, network.context);
        let (residual, logits) = errors(&network, &design, &ids);
        println!("sample {seed}: residual {residual:.5?}, logits {logits:.5}");
        // Its random weights make scores of ±10, which multiply what queries and keys lose.
        assert!(residual[0] < 1e-3, "the embedding is off by {}", residual[0]);
        assert!(residual.iter().all(|&error| error < 0.08), "{residual:?}");
        assert!(logits < 0.08, "{logits}");
    }
}

#[test]
fn a_fine_machine_is_the_real_network() {
    let Some(shared) = std::env::var_os("SPIKEWRIGHT_SHARED") else { return };
    let network = import(&PathBuf::from(shared).join("models/tinystories-bitnet-1m")).unwrap();
    let design = fine(Design::tinystories(), &network);
    let ids = seeded_ids(&network, 7, 40);
    let (residual, logits) = errors(&network, &design, &ids);
    println!("residual {residual:.5?}, logits {logits:.5}");
    assert!(residual.iter().all(|&error| error < 0.02), "{residual:?}");
    assert!(logits < 0.02, "{logits}");
}
