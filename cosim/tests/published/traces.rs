//! Traced values by the names of both sides. Every traced value must have one of ours, or be named
//! here as one that the executor does not show.

use super::golden::Golden;
use cosim::reference::float::{Part, Recording};

/// Relative error of a value that a golden holds as a 32-bit float, with room for the order of sums.
const ERROR_MAX: f64 = 2e-5;

/// Compares one tensor `[positions, .., channels]`, at every position and step, with what several of
/// our values say one after the other; yields how many numbers were compared.
fn compare(recording: &Recording, golden: &Golden, theirs: &str, ours: &[(String, Part)]) -> usize {
    let shape = golden.tensor(theirs).shape.clone();
    let (positions, steps) = (shape[0], if shape.len() > 2 { shape[1] } else { 1 });
    let exact = ours.iter().all(|(_, part)| *part == Part::Spikes);
    let mut count = 0;
    for position in 0..positions {
        for step in 0..steps {
            let index = if shape.len() > 2 { vec![position, step] } else { vec![position] };
            let expected = golden.rows(theirs, &index).concat();
            let found: Vec<f64> = ours
                .iter()
                .flat_map(|(name, part)| {
                    let at = recording.at(name, *part, position, step);
                    at.unwrap_or_else(|| panic!("{name} {part:?} is not shown")).to_vec()
                })
                .collect();
            assert_eq!(found.len(), expected.len(), "{theirs}");
            for (channel, (found, expected)) in found.iter().zip(&expected).enumerate() {
                let error = (found - expected).abs() / expected.abs().max(1.0);
                let fits = if exact { error == 0.0 } else { error < ERROR_MAX };
                assert!(fits, "{theirs} at {position}, {step}, {channel}: {found}, not {expected}");
            }
            count += found.len();
        }
    }
    count
}

fn output(name: String) -> Vec<(String, Part)> {
    vec![(name, Part::Output)]
}

/// Holds a trace of SpikeGPT to its golden.
pub(crate) fn spikegpt(recording: &Recording, golden: &Golden) {
    let mut count = 0;
    for theirs in golden.names().filter_map(|name| name.strip_prefix("trace.")) {
        // The four exponentials live inside the recurrence.
        if theirs.contains(".exp_") {
            continue;
        }
        let ours = match theirs {
            "embedding" => output("embedding.row".to_owned()),
            "ln_out" => output("norm.out".to_owned()),
            _ => spikegpt_block(theirs),
        };
        count += compare(recording, golden, &format!("trace.{theirs}"), &ours);
    }
    println!("{count} traced numbers of SpikeGPT are as published");
}

fn spikegpt_block(theirs: &str) -> Vec<(String, Part)> {
    let mut pieces = theirs.splitn(3, '.');
    let mut piece = || pieces.next().expect("a traced value is of a block");
    let (_, block, what) = (piece(), piece(), piece());
    let neurons = [
        ("att.lif_k", "attention.key"),
        ("att.lif_v", "attention.value"),
        ("att.lif_r", "attention.receptance"),
        ("att.lif_o", "attention.output"),
        ("ffn.lif_k", "ffn.key"),
        ("ffn.lif_r", "ffn.receptance"),
        ("ffn.lif_v", "ffn.value"),
        ("lif1", "attention"),
        ("lif2", "ffn"),
    ];
    for (name, ours) in neurons {
        let neuron = format!("blocks.{block}.{ours}.neuron");
        match what.strip_prefix(name) {
            Some(".membrane") => return vec![(neuron, Part::Membrane)],
            Some(".spikes") => return vec![(neuron, Part::Spikes)],
            _ => {}
        }
    }
    let wkv = format!("blocks.{block}.attention.wkv");
    let ours = match what {
        "att.p" => return vec![(wkv, Part::Numerator)],
        "att.q" => return vec![(wkv, Part::Denominator)],
        "att.o" => return vec![(wkv, Part::Exponent)],
        "ln0" => return output("embedding.norm.out".to_owned()),
        "ln1" => "attention.norm.out",
        "ln2" => "ffn.norm.out",
        "att.xk" => "attention.key.shifted",
        "att.xv" => "attention.value.shifted",
        "att.xr" => "attention.receptance.shifted",
        "att.k" => "attention.key.out",
        "att.v" => "attention.value.out",
        "att.r_in" => "attention.receptance.out",
        "att.r" => "attention.gate",
        "att.wkv" => "attention.wkv.out",
        "att.gated" => "attention.gated",
        "att.out" => "attention.output.out",
        "residual_att" => "attention.residual",
        "ffn.xk" => "ffn.key.shifted",
        "ffn.xr" => "ffn.receptance.shifted",
        "ffn.k" => "ffn.key.out",
        "ffn.k2" => "ffn.hidden",
        "ffn.v" => "ffn.value.out",
        "ffn.r" => "ffn.gate",
        "ffn.out" => "ffn.gated",
        "residual_ffn" => "ffn.residual",
        other => panic!("no value of ours is {other}"),
    };
    output(format!("blocks.{block}.{ours}"))
}

/// Holds a trace of NeurTransformer to its golden.
pub(crate) fn neurtransformer(recording: &Recording, golden: &Golden) {
    let mut count = 0;
    for theirs in golden.names().filter_map(|name| name.strip_prefix("trace.")) {
        let ours = match theirs {
            "embedding" => output("embedding.sum".to_owned()),
            "logits" => output("logits".to_owned()),
            "pooled" => output("mean".to_owned()),
            "transformer.ln_f" => output("norm.out".to_owned()),
            _ if theirs.ends_with("attn.scores") => {
                count += compare_scores(recording, golden, theirs);
                continue;
            }
            _ => neurtransformer_block(theirs),
        };
        count += compare(recording, golden, &format!("trace.{theirs}"), &ours);
    }
    println!("{count} traced numbers of NeurTransformer are as published");
}

fn block_of(theirs: &str) -> (&str, &str) {
    let rest = theirs.strip_prefix("transformer.h.").expect("a traced value is of a block");
    rest.split_once('.').expect("a block is named by its number")
}

fn neurtransformer_block(theirs: &str) -> Vec<(String, Part)> {
    let (block, what) = block_of(theirs);
    let name = |ours: &str| format!("blocks.{block}.{ours}");
    let thirds = |end: &str, part| {
        let third = |third: &str| (name(&format!("attention.{third}.{end}")), part);
        ["query", "key", "value"].map(third).to_vec()
    };
    match what {
        "ln_1" => output(name("attention.norm.out")),
        "ln_2" => output(name("ffn.norm.out")),
        "attn.qkv_current" => thirds("biased", Part::Output),
        "attn.qkv_lif.membrane" => thirds("neuron", Part::Membrane),
        "attn.qkv_lif.spikes" => thirds("neuron", Part::Spikes),
        "attn.mixed" => output(name("attention.context")),
        "attn.out_lif.membrane" => vec![(name("attention.context.neuron"), Part::Membrane)],
        "attn.out_lif.spikes" => vec![(name("attention.context.neuron"), Part::Spikes)],
        "residual_attn" => output(name("attention.residual")),
        "mlp.current" => output(name("ffn.up.biased")),
        "mlp.if.membrane" => vec![(name("ffn.hidden.neuron"), Part::Membrane)],
        "mlp.if.spikes" => vec![(name("ffn.hidden.neuron"), Part::Spikes)],
        "residual_mlp" => output(name("ffn.residual")),
        other => panic!("no value of ours is {other}"),
    }
}

/// Scores are padded with zeros beyond the position; they are counts, hence equal.
fn compare_scores(recording: &Recording, golden: &Golden, theirs: &str) -> usize {
    let (block, _) = block_of(theirs);
    let ours = format!("blocks.{block}.attention");
    let traced = format!("trace.{theirs}");
    let shape = golden.tensor(&traced).shape.clone();
    let mut count = 0;
    for position in 0..shape[0] {
        for step in 0..shape[1] {
            let found =
                recording.at(&ours, Part::Scores, position, step).expect("scores are shown");
            let heads = golden.rows(&traced, &[position, step]);
            for (expected, found) in heads.iter().zip(found.chunks_exact(position + 1)) {
                assert_eq!(expected[..=position], *found, "{theirs} at {position}, {step}");
                assert!(expected[position + 1..].iter().all(|&padding| padding == 0.0));
                count += found.len();
            }
        }
    }
    count
}
