//! The two parts of a block.

use super::{LifPlacement, RwkvShape};
use crate::network::named::{Builder, NamedSource};
use crate::network::{Function, Operation};

impl<S: NamedSource> Builder<'_, S> {
    pub(super) fn time_mix(
        &mut self,
        shape: &RwkvShape,
        prefix: &str,
        residual: &str,
    ) -> Result<String, S::Error> {
        let (width, inner) = (shape.width, shape.attention_width);
        let normed = self.norm(&format!("{prefix}.norm"), residual, width)?;
        let part = |part: &str| format!("{prefix}.{part}");
        let key = self.shifted_linear(shape, &part("key"), &normed, inner)?;
        let value = self.shifted_linear(shape, &part("value"), &normed, inner)?;
        let receptance = self.shifted_linear(shape, &part("receptance"), &normed, inner)?;
        let name = part("wkv");
        let decay = self.source.parameters(&format!("{name}.decay"), inner)?.into();
        let bonus = self.source.parameters(&format!("{name}.bonus"), inner)?.into();
        let output = format!("{name}.out");
        let wkv = self.push(Operation::Wkv { name, key, value, output, decay, bonus });
        let gated = self.gated(prefix, receptance, wkv);
        let matrix = part("output");
        let input = self.before(shape, &matrix, gated);
        let output = self.linear(&matrix, input, width, inner)?;
        let output = self.behind(shape, prefix, output);
        Ok(self.residual(prefix, residual, output))
    }

    pub(super) fn channel_mix(
        &mut self,
        shape: &RwkvShape,
        prefix: &str,
        residual: &str,
    ) -> Result<String, S::Error> {
        let (width, hidden) = (shape.width, shape.hidden);
        let normed = self.norm(&format!("{prefix}.norm"), residual, width)?;
        let part = |part: &str| format!("{prefix}.{part}");
        let input = self.shifted_linear(shape, &part("key"), &normed, hidden)?;
        let receptance = self.shifted_linear(shape, &part("receptance"), &normed, width)?;
        let (function, output) = (Function::SquaredRelu, part("hidden"));
        let inside = self.push(Operation::Apply { function, input, output });
        let matrix = part("value");
        let input = self.before(shape, &matrix, inside);
        let value = self.linear(&matrix, input, width, hidden)?;
        let gated = self.gated(prefix, receptance, value);
        let gated = self.behind(shape, prefix, gated);
        Ok(self.residual(prefix, residual, gated))
    }

    /// A matrix over the mixture of this token and the one before.
    fn shifted_linear(
        &mut self,
        shape: &RwkvShape,
        matrix: &str,
        input: &str,
        rows: usize,
    ) -> Result<String, S::Error> {
        let mix = self.source.parameters(&format!("{matrix}.mix"), shape.width)?.into();
        let shifted = self.push(Operation::TokenShift {
            name: format!("{matrix}.shift"),
            input: input.to_owned(),
            output: format!("{matrix}.shifted"),
            mix,
        });
        let input = self.before(shape, matrix, shifted);
        self.linear(matrix, input, rows, shape.width)
    }

    /// `σ(receptance) · value`.
    fn gated(&mut self, prefix: &str, receptance: String, right: String) -> String {
        let (function, output) = (Function::Sigmoid, format!("{prefix}.gate"));
        let left = self.push(Operation::Apply { function, input: receptance, output });
        self.push(Operation::Multiply { left, right, output: format!("{prefix}.gated") })
    }

    /// The neurons before a matrix.
    fn before(&mut self, shape: &RwkvShape, matrix: &str, input: String) -> String {
        self.neuron(shape, LifPlacement::BeforeMatrices, matrix, input)
    }

    /// The neurons behind a part.
    fn behind(&mut self, shape: &RwkvShape, prefix: &str, input: String) -> String {
        self.neuron(shape, LifPlacement::BehindParts, prefix, input)
    }

    fn neuron(
        &mut self,
        shape: &RwkvShape,
        at: LifPlacement,
        prefix: &str,
        input: String,
    ) -> String {
        match &shape.spiking {
            Some(spiking) if spiking.placement == at => {
                let (name, output) = (format!("{prefix}.neuron"), format!("{prefix}.spikes"));
                let neuron = spiking.neuron.clone();
                self.push(Operation::Neuron { name, input, output, neuron })
            }
            _ => input,
        }
    }
}
