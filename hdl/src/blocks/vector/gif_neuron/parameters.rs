//! Parameters of the neuron.

use weights::neuron::NeuronRule;

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct GifNeuron {
    /// The rule; see [`NeuronRule`].
    pub rule: NeuronRule,
    /// Bits of `current_i`, two's complement.
    pub current_width: u32,
    /// Whether sums beyond the membrane saturate and are reported. Leave it out only where the
    /// widths are proven: the sum then never leaves the membrane's range.
    pub saturates: bool,
}
