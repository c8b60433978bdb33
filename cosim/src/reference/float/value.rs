//! A value over the positions of a block and their steps.

/// Vectors by position and step. A value that is the same at every step has one step, and one that
/// is the same at every position one position.
pub(super) struct Value {
    positions: usize,
    steps: usize,
    rows: Vec<Vec<f64>>,
}

impl Value {
    /// A value that is the same at every step.
    pub(super) fn of_positions(rows: Vec<Vec<f64>>) -> Value {
        Value { positions: rows.len(), steps: 1, rows }
    }

    /// The vectors in the order of positions, and of steps within each.
    pub(super) fn of_steps(steps: usize, rows: Vec<Vec<f64>>) -> Value {
        Value { positions: rows.len() / steps, steps, rows }
    }

    /// What `vector` makes of the position and the inputs at each position and step.
    pub(super) fn map(
        inputs: &[&Value],
        mut vector: impl FnMut(usize, &[&[f64]]) -> Vec<f64>,
    ) -> Value {
        let positions = inputs.iter().map(|input| input.positions).max().unwrap_or(0);
        let steps = inputs.iter().map(|input| input.steps).max().unwrap_or(1);
        let mut rows = Vec::with_capacity(positions * steps);
        let mut at = Vec::with_capacity(inputs.len());
        for position in 0..positions {
            for step in 0..steps {
                at.clear();
                at.extend(inputs.iter().map(|input| input.at(position, step)));
                rows.push(vector(position, &at));
            }
        }
        Value { positions, steps, rows }
    }

    pub(super) fn positions(&self) -> usize {
        self.positions
    }

    /// Steps that differ.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    pub(super) fn at(&self, position: usize, step: usize) -> &[f64] {
        let position = if self.positions == 1 { 0 } else { position };
        let step = if self.steps == 1 { 0 } else { step };
        &self.rows[position * self.steps + step]
    }

    /// Position, step and vector of each.
    pub(super) fn rows(&self) -> impl Iterator<Item = (usize, usize, &[f64])> {
        let place = |(index, row)| (index / self.steps, index % self.steps, Vec::as_slice(row));
        self.rows.iter().enumerate().map(place)
    }

    pub(super) fn step_mean(&self) -> Value {
        let mean = |steps: &[Vec<f64>]| {
            let mut sum = steps[0].clone();
            for row in &steps[1..] {
                sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            sum.iter_mut().for_each(|sum| *sum /= self.steps as f64);
            sum
        };
        Value::of_positions(self.rows.chunks_exact(self.steps).map(mean).collect())
    }

    pub(super) fn first_position(&self) -> Value {
        Value { positions: 1, steps: self.steps, rows: self.rows[..self.steps].to_vec() }
    }
}
