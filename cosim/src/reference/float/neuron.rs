//! Neuron layers in real numbers.

use super::Part;
use super::value::Value;
use weights::network::NeuronLayer;
use weights::neuron::{LastStep, Quantise, Reset, SpikeRange, State};

/// The spikes of a layer times their amplitude, at every step of every position. `membranes` are
/// those that a text leaves behind: empty at its start.
pub(super) fn spikes(
    layer: &NeuronLayer,
    input: &Value,
    steps: usize,
    membranes: &mut Vec<f64>,
    mut show: impl FnMut(Part, usize, usize, &[f64]),
) -> Value {
    let width = input.at(0, 0).len();
    let time_constant = layer.time_constant();
    let mut rows = Vec::with_capacity(input.positions() * steps);
    for position in 0..input.positions() {
        if layer.state == State::PerStep || membranes.is_empty() {
            *membranes = vec![0.0; width];
        }
        for step in 0..steps {
            let (leak, threshold, amplitude) = layer.at(step);
            let (leak, threshold) = (as_written(leak), as_written(threshold));
            let current = input.at(position, step);
            for (u, &x) in membranes.iter_mut().zip(current) {
                *u = match time_constant {
                    // As published: the product with a rounded 1 / τ would blur ties.
                    Some(tau) => *u + (x - *u) / tau,
                    None => leak * *u + f64::from(layer.gain) * x,
                };
            }
            show(Part::Membrane, position, step, membranes);
            let last = step + 1 == steps;
            let spikes: Vec<f64> =
                membranes.iter().map(|&v| spike(layer, v / threshold, last)).collect();
            show(Part::Spikes, position, step, &spikes);
            for (v, s) in membranes.iter_mut().zip(&spikes) {
                *v = match layer.reset {
                    Reset::Soft => *v - threshold * s,
                    Reset::Hard if *s != 0.0 => 0.0,
                    Reset::Hard => *v,
                    Reset::SpikelmCode => *v * (1.0 - s),
                };
            }
            rows.push(spikes.iter().map(|s| f64::from(amplitude) * s).collect());
        }
    }
    Value::of_steps(steps, rows)
}

/// A parameter as somebody wrote it: the decimal of at most four digits that these 32 bits stand for,
/// such as 0.99; trained ones have more, and mean their bits. Rounded to 32 bits, a leak of 0.95 and
/// a threshold of 0.9 moved a spike in 1 of 64 texts at 32 steps.
fn as_written(value: f32) -> f64 {
    const DIGITS_MAX: usize = 4;
    let text = format!("{value:e}");
    let digits = text.split('e').next().unwrap_or("").bytes().filter(u8::is_ascii_digit).count();
    match text.parse() {
        Ok(decimal) if digits <= DIGITS_MAX => decimal,
        _ => value.into(),
    }
}

fn spike(layer: &NeuronLayer, ratio: f64, last: bool) -> f64 {
    let level = match layer.quantise {
        Quantise::Floor => ratio.floor(),
        Quantise::NearestEven => ratio.round_ties_even(),
    };
    if last && layer.last_step == LastStep::Remainder {
        return level;
    }
    let top = |bits: u32| 2f64.powi(bits as i32) - 1.0;
    match layer.range {
        SpikeRange::Unsigned(bits) => level.clamp(0.0, top(bits)),
        SpikeRange::Signed(bits) => level.clamp(-top(bits), top(bits)),
        SpikeRange::Unbounded => level,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_decimals_are_meant_exactly() {
        let written = [0.99f32, 0.7, 1.0, 0.25, 1e-3, 2.125].map(as_written);
        assert_eq!(written, [0.99, 0.7, 1.0, 0.25, 1e-3, 2.125]);
        let trained = 1.578_231_5f32;
        assert_eq!(as_written(trained), f64::from(trained));
    }
}
