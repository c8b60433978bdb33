//! The two parts of a block.

use super::{GptInside, GptShape};
use crate::network::named::{Builder, NamedSource};
use crate::network::{AttentionShape, NeuronLayer, Operation, SpikingHeads};

impl<S: NamedSource> Builder<'_, S> {
    pub(super) fn attention(
        &mut self,
        shape: &GptShape,
        prefix: &str,
        residual: &str,
    ) -> Result<String, S::Error> {
        let width = shape.width;
        let normed = self.norm(&format!("{prefix}.norm"), residual, width)?;
        let mut outputs = Vec::new();
        for part in ["query", "key", "value"] {
            let name = format!("{prefix}.{part}");
            let output = self.biased(&name, normed.clone(), width, width)?;
            outputs.push(match &shape.inside {
                GptInside::Plain(_) => output,
                GptInside::Spiking(spiking) => self.layer(&name, output, &spiking.attention),
            });
        }
        let parts = <[String; 3]>::try_from(outputs).expect("three parts give three outputs");
        let context = match &shape.inside {
            GptInside::Plain(_) => self.softmax_attention(shape, prefix, parts),
            GptInside::Spiking(spiking) => {
                let [query, key, value] = parts;
                let heads = SpikingHeads {
                    heads: shape.heads,
                    head_width: width / shape.heads,
                    scale_shift: spiking.scale_shift,
                    causal: true,
                };
                let (name, output) = (prefix.to_owned(), format!("{prefix}.context"));
                let shape = heads;
                let attention =
                    Operation::SpikingAttention { name, query, key, value, output, shape };
                let context = self.push(attention);
                self.layer(&format!("{prefix}.context"), context, &spiking.attention)
            }
        };
        let output = self.biased(&format!("{prefix}.output"), context, width, width)?;
        Ok(self.residual(prefix, residual, output))
    }

    fn softmax_attention(
        &mut self,
        shape: &GptShape,
        prefix: &str,
        [query, key, value]: [String; 3],
    ) -> String {
        let (heads, head_width) = (shape.heads, shape.width / shape.heads);
        let shape = AttentionShape { heads, key_value_heads: heads, head_width, causal: true };
        let (name, output) = (prefix.to_owned(), format!("{prefix}.scores"));
        let input = self.push(Operation::AttentionScores { name, query, key, output, shape });
        let output = format!("{prefix}.probabilities");
        let probabilities = self.push(Operation::Softmax { input, output });
        let (name, output) = (prefix.to_owned(), format!("{prefix}.context"));
        self.push(Operation::WeightedValues { name, probabilities, value, output, shape })
    }

    pub(super) fn feed_forward(
        &mut self,
        shape: &GptShape,
        prefix: &str,
        residual: &str,
    ) -> Result<String, S::Error> {
        let (width, hidden) = (shape.width, shape.hidden);
        let normed = self.norm(&format!("{prefix}.norm"), residual, width)?;
        let input = self.biased(&format!("{prefix}.up"), normed, hidden, width)?;
        let name = format!("{prefix}.hidden");
        let inside = match &shape.inside {
            GptInside::Plain(function) => {
                self.push(Operation::Apply { function: *function, input, output: name })
            }
            GptInside::Spiking(spiking) => self.layer(&name, input, &spiking.feed_forward),
        };
        let output = self.biased(&format!("{prefix}.down"), inside, width, hidden)?;
        Ok(self.residual(prefix, residual, output))
    }

    fn layer(&mut self, prefix: &str, input: String, neuron: &NeuronLayer) -> String {
        let (name, output) = (format!("{prefix}.neuron"), format!("{prefix}.spikes"));
        self.push(Operation::Neuron { name, input, output, neuron: neuron.clone() })
    }
}
