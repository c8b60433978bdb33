//! The families of models, by the `model_type` of `config.json`: one file a family.

use super::model::Model;
use super::{
    Dimensions, ImportError, bert, bitnet, gpt2, llama, neurtransformer, rwkv, spikegpt, spikelm,
    spikingbert,
};
use crate::network::Network;

/// Imports what `model_type` says. A family asks for fields in `model.config`, declares those
/// without effect, then takes tensors from `model.weights()`; both are held to be complete.
type Import = fn(&mut Model<'_>) -> Result<Network, ImportError>;

/// Asks for fields in `model.config` and for nothing else.
type Measure = fn(&mut Model<'_>) -> Result<Dimensions, ImportError>;

/// In the order of the alphabet.
const FAMILIES: [(&str, Import, Measure); 9] = [
    ("bert", bert::import, bert::dimensions),
    ("bitnet", bitnet::import, bitnet::dimensions),
    ("gpt2", gpt2::import, gpt2::dimensions),
    ("llama", llama::import, llama::dimensions),
    ("neurtransformer", neurtransformer::import, neurtransformer::dimensions),
    ("rwkv", rwkv::import, rwkv::dimensions),
    ("spikegpt", spikegpt::import, spikegpt::dimensions),
    ("spikelm", spikelm::import, spikelm::dimensions),
    ("spikingbert", spikingbert::import, spikingbert::dimensions),
];

/// What a model does by its family.
fn family(model: &Model<'_>) -> Result<(Import, Measure), ImportError> {
    let model_type = model.config.text("model_type")?;
    let found = FAMILIES.iter().find(|(name, ..)| *name == model_type);
    found.map(|&(_, import, measure)| (import, measure)).ok_or_else(|| {
        let names: Vec<_> = FAMILIES.iter().map(|(name, ..)| format!("\"{name}\"")).collect();
        model.config.wrong("model_type", names.join(" or "))
    })
}

/// Families whose matrices may be floats that are quantised, all of them alike.
const MATERIAL: [&str; 3] = ["bert", "gpt2", "rwkv"];

/// Refuses a family whose models are no material.
pub(super) fn require_material(model: &Model<'_>) -> Result<(), ImportError> {
    let model_type = model.config.text("model_type")?;
    if MATERIAL.contains(&model_type) {
        return Ok(());
    }
    let names: Vec<_> = MATERIAL.iter().map(|name| format!("\"{name}\"")).collect();
    let expected = format!("\"llama\", {}, whose matrices are quantised", names.join(", "));
    Err(model.config.wrong("model_type", expected))
}

/// The dimensions of a model by its family.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    let (_, measure) = family(model)?;
    measure(model)
}

/// Imports a model by its family.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let (import, _) = family(model)?;
    let network = import(model)?;
    model.finish()?;
    Ok(network)
}
