//! How time and memory of quantising grow with the width of a model: four blocks of LLaMA's
//! structure, seeded. Small by default; with `SPIKEWRIGHT_FULL` up to ten million weights.

use weights::calibration::{memory_bound, quantise_model};
use weights::llama::{Llama, LlamaShape};
use weights::network::{AttentionShape, Function};
use weights::quantise::Recipe;
use weights::sample;

const TEXTS: usize = 16;
const LENGTH: usize = 256;

fn model(width: usize) -> Llama {
    let shape = LlamaShape {
        width,
        hidden: width * 8 / 3,
        blocks: 4,
        attention: AttentionShape {
            heads: width / 8,
            key_value_heads: width / 8,
            head_width: 8,
            causal: true,
        },
        gate: Function::Silu,
        vocabulary: 512,
        context: LENGTH,
        epsilon: 1e-5,
        rotary_base: 10000.0,
        begin_token: None,
        end_tokens: Default::default(),
    };
    sample::llama(1, &shape)
}

/// Seconds of all processors that the process has had: what others do at the same time is not in it.
fn processor_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").expect("Linux says it");
    let (_, fields) = status.rsplit_once(')').expect("a name in brackets");
    // User and system time, in hundredths.
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
}

/// From here on the peak is that of what is to come.
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux lets a process reset its peak");
}

/// The most bytes that the process held.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

#[test]
fn memory_stays_within_its_bound() {
    let widths: &[usize] = match std::env::var_os("SPIKEWRIGHT_FULL") {
        Some(_) => &[160, 232, 320, 456],
        None => &[48, 96],
    };
    let texts: Vec<Vec<u32>> = (0..TEXTS)
        .map(|text| (0..LENGTH).map(|at| ((at * 7919 + text * 31) % 512) as u32).collect())
        .collect();
    for &width in widths {
        let model = model(width);
        reset_peak();
        let (before, begin) = (peak_bytes(), processor_seconds());
        let quantised = quantise_model(&model, &texts, &Recipe::gptq(3), || ()).unwrap();
        let seconds = processor_seconds() - begin;
        assert!(quantised.is_quantised());
        let (weights, grown) = (model.shape.weight_count(), peak_bytes() - before);
        let bound = memory_bound(&model.shape, TEXTS * LENGTH);
        println!(
            "width {width}: {weights} weights, {seconds:.1} s of a processor, {:.1} MB beside the model, bound {:.1} MB",
            grown as f64 / 1e6,
            bound as f64 / 1e6
        );
        assert!(grown <= bound, "{grown} {bound}");
    }
}
