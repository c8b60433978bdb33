//! `model_type: bert`: BERT in the layout of transformers, with ternary matrices; and what it shares
//! with [`spikelm`](super::spikelm) and [`spikingbert`](super::spikingbert).
//!
//! Every matrix of the encoder holds −g, 0 and +g only, or −b and +b; embeddings, norms, biases,
//! pooler and heads are in full precision.

mod config;
mod names;
mod source;

pub(super) use config::{Kind, Outline, pooler, steps};

use super::model::Model;
use super::{Dimensions, ImportError};
use crate::network::{BertPooler, BertSpiking, Network, bert_network};
use source::Source;

/// Imports a plain BERT.
pub(super) fn import(model: &mut Model<'_>) -> Result<Network, ImportError> {
    let description = read(model)?;
    let network = finish(model, description)?;
    Ok(model.matrices.coded(network))
}

/// The dimensions of a plain BERT.
pub(super) fn dimensions(model: &mut Model<'_>) -> Result<Dimensions, ImportError> {
    let dimensions = measure(read(model)?);
    Ok(Dimensions { digits: model.matrices.digits(), ..dimensions })
}

fn read(model: &mut Model<'_>) -> Result<Description, ImportError> {
    model.matrices.configure(&model.config)?;
    let kind = Kind { steps: 1, spiking: BertSpiking::Plain, pooler: BertPooler::Tanh };
    Ok((outline(model)?, kind))
}

/// What the configuration of an encoder says.
pub(super) type Description = (Outline, Kind);

/// The dimensions of an encoder. Where only its tensors say which head it has, that of classes is
/// the smaller one.
pub(super) fn measure((outline, kind): Description) -> Dimensions {
    let shape = outline.shape(kind, Some(config::Head::Classifier));
    Dimensions::of_bert(&shape.expect("a head is given"))
}

/// What every family here says of itself in the same words.
pub(super) fn outline(model: &Model<'_>) -> Result<Outline, ImportError> {
    config::read(&model.config)
}

/// Takes the weights.
pub(super) fn finish(
    model: &mut Model<'_>,
    (outline, kind): Description,
) -> Result<Network, ImportError> {
    let name = model.name.clone();
    let architectures = model.config.wrong("architectures", config::ARCHITECTURES);
    let mut source = Source::new(model.parts()?);
    let shape = outline.shape(kind, source.head()).ok_or(architectures)?;
    source.declare_unread(&shape);
    let network = bert_network(&name, &shape, &mut source)?;
    if let Some(note) = source.note() {
        model.notes.push(note);
    }
    Ok(network)
}
