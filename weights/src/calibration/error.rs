//! Why a model cannot be executed or calibrated.

use crate::quantise::QuantiseError;

/// Why a model cannot be executed or calibrated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum CalibrationError {
    /// A token id outside the vocabulary.
    #[error(
        "token id {id} at position {position} is outside the vocabulary of {vocabulary}\n  = tokenizer and model must belong together"
    )]
    TokenId { id: u32, position: usize, vocabulary: usize },
    /// A text is longer than the context.
    #[error(
        "position {position} is outside the context of {context} tokens\n  = shorten the text, or choose a model with a longer context"
    )]
    ContextFull { position: usize, context: usize },
    /// A value is no longer a finite number.
    #[error(
        "value `{value}` is not finite at token {position}\n  = the weights are damaged or overflow: check the scales of the model"
    )]
    NotFinite { value: String, position: usize },
    /// There is nothing to calibrate on.
    #[error(
        "the calibration text has {ids} ids, at least {least} are needed\n  = give a longer text, or take more samples of the model"
    )]
    TooFewIds { ids: usize, least: usize },
    /// A matrix that cannot be quantised.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
}
