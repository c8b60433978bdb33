//! BitNet b1.58, in the layouts of transformers and of 1bitLLM, and LLaMA with BitNet's matrices.
//!
//! | stored | scheme | a weight is |
//! |---|---|---|
//! | packed uint8, four rows a byte | offline | trit · scale, or trit / scale |
//! | −s, 0, +s, as floats or int8 | offline | the same, with s as one more factor |
//! | floats | online | round(w / m) · m within ±m, where m is the mean magnitude |

pub(super) mod config;
pub(super) mod names;
mod quantisation;

use super::container::{Container, Tensor};
use super::fields::Fields;
use super::model::Model;
use super::{Dimensions, Execution, ImportError, rope, tensors};
use crate::network::{
    BitnetShape, BitnetSource, Function, Network, Table, TernaryMatrix, bitnet_network,
};
use config::Config;
use quantisation::Quantisation;

/// Imports a model of `model_type` `bitnet`.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let config = config::read(model, &config::BITNET)?;
    build(model, config)
}

/// Whether a configuration of `model_type` `llama` says that its matrices are ternary.
pub(super) fn is_ternary_llama(fields: &Fields) -> bool {
    config::is_ternary(fields)
}

/// Imports a model of `model_type` `llama` whose matrices are ternary.
pub(super) fn import_llama(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let defaults = config::llama_defaults(&model.config);
    let config = config::read(model, defaults)?;
    build(model, config)
}

/// The dimensions of a model of `model_type` `bitnet`.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    Ok(measure(&config::read(model, &config::BITNET)?.shape))
}

/// The dimensions of a model of `model_type` `llama` whose matrices are ternary.
pub(super) fn dimensions_of_llama(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    let defaults = config::llama_defaults(&model.config);
    Ok(measure(&config::read(model, defaults)?.shape))
}

fn measure(shape: &BitnetShape) -> Dimensions {
    let execution = match shape.gate {
        Function::Silu => Execution::Blocks,
        _ => Execution::Passes,
    };
    Dimensions::of_bitnet(shape, 1, execution)
}

fn build(model: &mut Model<'_>, mut config: Config) -> Result<Network, ImportError> {
    let name = model.name.clone();
    let container = model.weights()?;
    let untied = tie(container, &mut config)?;
    let shape = &config.shape;
    let (quantisation, tied) = (config.quantisation, shape.tied);
    let mut source = Source { container, quantisation, tied };
    let network = bitnet_network(&name, shape, &mut source)?;
    rope::account_stored(container, shape.rotary_base, shape.attention.head_width)?;
    if untied {
        let note = "`tie_word_embeddings` is true, but a head of other values is stored: that \
                    head is taken, as transformers does";
        model.notes.push(note.to_owned());
    }
    Ok(network)
}

/// Where the head is said to be the embedding, a file may still store both. Yields whether the
/// stored head is another, and then unties them.
fn tie(container: &mut Container, config: &mut Config) -> Result<bool, ImportError> {
    let head = names::weight("head");
    let embedding = find(container, "embedding");
    if !(config.shape.tied && container.has(&head) && container.has(&embedding)) {
        return Ok(false);
    }
    let shape = [config.shape.vocabulary, config.shape.width];
    let stored = tensors::floats(&container.take(&head)?, &shape)?;
    if stored == tensors::floats(&container.take(&embedding)?, &shape)? {
        return Ok(false);
    }
    config.shape.tied = false;
    Ok(true)
}

/// The tensor that holds the weights of our `name`: the first of its names that is there.
fn find(container: &Container, name: &str) -> String {
    let names = names::weights(name);
    names.iter().find(|name| container.has(name)).unwrap_or(&names[0]).clone()
}

/// Takes tensors out of weight files.
struct Source<'container> {
    container: &'container mut Container,
    quantisation: Quantisation,
    tied: bool,
}

impl Source<'_> {
    fn take(&mut self, name: &str) -> Result<Tensor<'_>, ImportError> {
        let tensor = find(self.container, name);
        self.container.take(&tensor)
    }
}

impl BitnetSource for Source<'_> {
    type Error = ImportError;

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, ImportError> {
        // Tied weights may be stored once, under either name.
        let mut tensor = find(self.container, name);
        let head = names::weight("head");
        if self.tied && !self.container.has(&tensor) && self.container.has(&head) {
            tensor = head;
        }
        let values = tensors::floats(&self.container.take(&tensor)?, &[rows, columns])?;
        Ok(Table { rows, columns, values })
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<Vec<f32>, ImportError> {
        tensors::floats(&self.take(name)?, &[width])
    }

    fn matrix(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<TernaryMatrix, ImportError> {
        let quantisation = self.quantisation;
        let weight = self.take(name)?;
        let is_packed = tensors::is_packed(&weight);
        let tensor = weight.name.clone();
        let (trits, unit) = match quantisation {
            Quantisation::Online => tensors::absmean(&weight, rows, columns)?,
            Quantisation::Unsaid if is_packed => {
                return Err(ImportError::FieldMissing {
                    file: "config.json".to_owned(),
                    field: "quantization_config".to_owned(),
                    expected: format!(
                        "an object, since `{tensor}` is packed: it says whether the scale \
                         multiplies or divides"
                    ),
                });
            }
            _ if is_packed => (tensors::packed_trits(&weight, rows, columns)?, 1.0),
            _ => tensors::ternary_floats(&weight, rows, columns)?,
        };
        let scale_name = names::scale(&tensor);
        let scale = match quantisation {
            Quantisation::Offline { divides } if is_packed || self.container.has(&scale_name) => {
                unit * tensors::scale(&self.container.take(&scale_name)?, divides)?
            }
            _ => unit,
        };
        Ok(TernaryMatrix { name: name.to_owned(), rows, columns, trits, scale })
    }
}
