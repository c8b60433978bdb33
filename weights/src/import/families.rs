//! The families of models, by the `model_type` of `config.json`: one file a family.

use super::model::Model;
use super::{
    ImportError, bert, bitnet, gpt2, llama, neurtransformer, rwkv, spikegpt, spikelm, spikingbert,
};
use crate::network::Network;

/// Imports what `model_type` says. A family asks for fields in `model.config`, declares those
/// without effect, then takes tensors from `model.weights()`; both are held to be complete.
type Import = fn(&mut Model<'_>) -> Result<Network, ImportError>;

/// In the order of the alphabet.
const FAMILIES: [(&str, Import); 9] = [
    ("bert", bert::import),
    ("bitnet", bitnet::import),
    ("gpt2", gpt2::import),
    ("llama", llama::import),
    ("neurtransformer", neurtransformer::import),
    ("rwkv", rwkv::import),
    ("spikegpt", spikegpt::import),
    ("spikelm", spikelm::import),
    ("spikingbert", spikingbert::import),
];

/// Imports a model by its family.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let model_type = model.config.text("model_type")?;
    let Some((_, import)) = FAMILIES.iter().find(|(name, _)| *name == model_type) else {
        let names: Vec<_> = FAMILIES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        return Err(model.config.wrong("model_type", names.join(" or ")));
    };
    let network = import(model)?;
    model.finish()?;
    Ok(network)
}
