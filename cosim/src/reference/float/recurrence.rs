//! What RWKV remembers: the token before, and the sums of WKV.

use super::Part;
use super::value::Value;

/// Vectors that one token leaves to the next, by step.
#[derive(Clone, Default)]
pub(super) struct Recurrence {
    steps: Vec<[Vec<f64>; 3]>,
}

impl Recurrence {
    /// The state of each of `steps`, begun with `initial` where the text begins.
    fn of(&mut self, steps: usize, initial: [f64; 3], width: usize) -> &mut [[Vec<f64>; 3]] {
        self.steps.resize_with(steps, || initial.map(|value| vec![value; width]));
        &mut self.steps
    }

    /// What the token before has left; zeros at the first.
    pub(super) fn previous(&mut self, width: usize) -> Value {
        Value::of_positions(vec![self.of(1, [0.0; 3], width)[0][0].clone()])
    }

    /// Leaves a vector to the next token.
    pub(super) fn leave(&mut self, x: &[f64]) {
        self.of(1, [0.0; 3], x.len())[0][0].copy_from_slice(x);
    }
}

/// `mix · x_t + (1 − mix) · x_{t−1}`, with zeros before the text.
pub(super) fn token_shift(input: &Value, mix: &[f32], state: &mut Recurrence) -> Value {
    let steps = input.steps();
    let state = state.of(steps, [0.0; 3], mix.len());
    let mut rows = Vec::with_capacity(input.positions() * steps);
    for (_, step, x) in input.rows() {
        let before = &mut state[step][0];
        let mixed = mix.iter().zip(x).zip(before.iter()).map(|((&mix, x), before)| {
            let mix = f64::from(mix);
            mix * x + (1.0 - mix) * before
        });
        rows.push(mixed.collect());
        before.copy_from_slice(x);
    }
    Value::of_steps(steps, rows)
}

/// RWKV-4's weighted mean in the numerically safe form, whose exponents are never positive.
pub(super) fn wkv(
    key: &Value,
    value: &Value,
    decay: &[f32],
    bonus: &[f32],
    state: &mut Recurrence,
    mut show: impl FnMut(Part, usize, usize, &[f64]),
) -> Value {
    let steps = key.steps().max(value.steps());
    let state = state.of(steps, [0.0, 0.0, f64::NEG_INFINITY], decay.len());
    let mut rows = Vec::with_capacity(key.positions() * steps);
    for position in 0..key.positions() {
        for (step, [p, q, o]) in state.iter_mut().enumerate() {
            let (key, value) = (key.at(position, step), value.at(position, step));
            let mut row = Vec::with_capacity(decay.len());
            for channel in 0..decay.len() {
                let (k, v) = (key[channel], value[channel]);
                let (w, u) = (-f64::from(decay[channel]), f64::from(bonus[channel]));
                let (p, q, o) = (&mut p[channel], &mut q[channel], &mut o[channel]);
                let n = o.max(u + k);
                let (a, b) = ((*o - n).exp(), (u + k - n).exp());
                row.push((a * *p + b * v) / (a * *q + b));
                let n = (w + *o).max(k);
                let (a, b) = ((w + *o - n).exp(), (k - n).exp());
                (*p, *q, *o) = (a * *p + b * v, a * *q + b, n);
            }
            rows.push(row);
            show(Part::Numerator, position, step, p);
            show(Part::Denominator, position, step, q);
            show(Part::Exponent, position, step, o);
        }
    }
    Value::of_steps(steps, rows)
}
