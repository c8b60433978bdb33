//! Functions of one number.

use serde::Serialize;
use std::f64::consts::{PI, SQRT_2};

/// A function of one number, applied to every channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// `x · σ(x)` (LLaMA's gate).
    Silu,
    /// `x · Φ(x)` with the normal distribution function (BERT).
    Gelu,
    /// GELU by its approximation `x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))` (GPT-2).
    GeluTanh,
    /// `x · min(max(x + 3, 0), 6) / 6` (MobileNetV3).
    HardSwish,
    /// `max(x, 0)`.
    Relu,
    /// The hyperbolic tangent (BERT's pooler).
    Tanh,
    /// `max(x, 0)²` (RWKV's channel mix, BitNet b1.58 2B).
    SquaredRelu,
    /// `σ(x) = 1 / (1 + e^−x)` (RWKV's receptance).
    Sigmoid,
}

impl Function {
    /// What it makes of a number.
    pub fn value(self, x: f64) -> f64 {
        match self {
            Function::Silu => x * sigmoid(x),
            Function::Gelu => x * normal(x),
            Function::GeluTanh => x * tanh_gate(x),
            Function::HardSwish => x * hard_sigmoid(x),
            Function::Relu => x.max(0.0),
            Function::Tanh => x.tanh(),
            Function::SquaredRelu => x.max(0.0) * x.max(0.0),
            Function::Sigmoid => sigmoid(x),
        }
    }

    /// Of a function `x · g(x)`: g, which goes from 0 to 1.
    pub fn gate(self) -> Option<Gate> {
        let (name, reach, value): (_, _, fn(f64) -> f64) = match self {
            Function::Silu => ("sigmoid", 16, sigmoid),
            Function::Gelu => ("normal", 8, normal),
            Function::GeluTanh => ("gelu_gate", 8, tanh_gate),
            Function::HardSwish => ("hard_sigmoid", 4, hard_sigmoid),
            _ => return None,
        };
        Some(Gate { name, reach, value })
    }
}

/// What a function multiplies its argument with.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    /// Its name, for tables.
    pub name: &'static str,
    /// Beyond this magnitude it is 0 or 1 to the last bit of a table.
    pub reach: i64,
    /// Its value.
    pub value: fn(f64) -> f64,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The normal distribution function.
fn normal(x: f64) -> f64 {
    0.5 * (1.0 + erf(x / SQRT_2))
}

fn tanh_gate(x: f64) -> f64 {
    0.5 * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
}

fn hard_sigmoid(x: f64) -> f64 {
    (x + 3.0).clamp(0.0, 6.0) / 6.0
}

/// The error function by `2/√π · e^(−x²) · Σ 2^n x^(2n+1) / (1·3·…·(2n+1))`, whose terms all have
/// one sign, so that nothing cancels (Abramowitz and Stegun, 7.1.6).
fn erf(x: f64) -> f64 {
    // Beyond it the complement is below half a unit in the last place of 1.
    if x.abs() > 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term.abs() > sum.abs() * 1e-17 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_function_at_known_points() {
        // Table 7.1 of Abramowitz and Stegun, and tails beyond it.
        let table = [(0.5, 0.5204998778), (1.0, 0.8427007929), (2.0, 0.9953222650)];
        for (x, expected) in table {
            assert!((erf(x) - expected).abs() < 1e-10, "erf({x}) = {}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
        assert_eq!(erf(0.0), 0.0);
        assert!((erf(5.9) - 1.0).abs() < 1e-14 && (erf(6.1) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn the_two_gelus_are_near_and_differ() {
        for step in -40..=40 {
            let x = f64::from(step) / 10.0;
            let distance = (Function::Gelu.value(x) - Function::GeluTanh.value(x)).abs();
            assert!(distance < 5e-4, "{distance} at {x}");
        }
        assert!((Function::Gelu.value(1.0) - 0.8413447460685429).abs() < 1e-14);
        assert!((Function::GeluTanh.value(1.0) - 0.8411919906082768).abs() < 1e-14);
    }
}
