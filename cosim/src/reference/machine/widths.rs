//! Watches that every value fits the width that the hardware gives it.

use super::{Facts, Observer, Write};
use firmware::machine::{MachineParameters, Program};
use weights::numeric::fixed_point::{Scale, saturate};

/// An observer that collects what does not fit: proofs of lowering that do not hold.
#[derive(Clone, Debug)]
pub struct Widths {
    parameters: MachineParameters,
    remarks: Vec<String>,
    instruction: usize,
    violations: Vec<String>,
}

impl Widths {
    /// Watches the machine of a program.
    pub fn new(program: &Program) -> Widths {
        Widths {
            parameters: program.parameters,
            remarks: program.remarks.clone(),
            instruction: 0,
            violations: Vec::new(),
        }
    }

    /// What did not fit, one line each, in the order of execution.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    fn tell(&mut self, what: &str) {
        let index = self.instruction;
        let remark = self.remarks.get(index).map_or("", String::as_str);
        self.violations.push(format!("instruction {index} ({remark}): {what}"));
    }

    fn require(&mut self, fits: bool, name: &str, value: i64, limit: &str, width: i64) {
        if !fits {
            self.tell(&format!("{name} {value} does not fit, {limit} is {width}"));
        }
    }

    fn values(&mut self, name: &str, values: &[i64]) {
        let width = self.parameters.value_width;
        let worst = values.iter().copied().max_by_key(|value| value.unsigned_abs());
        let worst = worst.unwrap_or(0);
        self.require(!saturate(worst, width).1, name, worst, "value_width", width.into());
    }

    fn scale(&mut self, scale: Scale) {
        let Scale { mantissa, shift, exponent } = scale;
        self.require((0..1 << 16).contains(&mantissa), "mantissa", mantissa, "its width", 16);
        self.require(shift < 64, "shift", shift.into(), "its width", 6);
        self.require(!saturate(exponent, 8).1, "exponent", exponent, "its width", 8);
    }
}

impl Observer for Widths {
    const WRITES: bool = true;

    fn issue(&mut self, instruction: usize) {
        self.instruction = instruction;
    }

    fn write(&mut self, write: Write) {
        match write {
            Write::Results { values, .. } => self.values("result", &values),
            Write::Temporaries { values, .. } => self.values("temporary", &values),
            Write::State { values, .. } => self.values("state", &values),
            Write::Level { value, .. } => self.values("level", &[value]),
            Write::Maximum { value, .. } => self.values("maximum", &[value]),
            Write::Train { counts, .. } => {
                let width = self.parameters.count_width;
                let worst = counts.iter().map(|count| count.unsigned_abs()).max().unwrap_or(0);
                let fits = u32::from(worst) >> width == 0;
                self.require(fits, "count", worst.into(), "count_width", width.into());
            }
            Write::Scalar { scale, .. } => self.scale(scale),
            Write::Plane { .. }
            | Write::Descriptor { .. }
            | Write::Key { .. }
            | Write::Value { .. } => {}
        }
    }

    fn finish(&mut self, _instruction: usize, facts: &Facts) {
        if let Facts::Matrix(facts) = facts {
            let width = self.parameters.acc_width;
            let sum = i64::try_from(facts.sum_max).unwrap_or(i64::MAX);
            self.require(!saturate(sum, width).1, "sum", sum, "acc_width", width.into());
        }
    }
}
