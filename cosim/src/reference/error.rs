//! Why a reference cannot be built or cannot go on.

use weights::import::ImportError;
use weights::network::NetworkError;

/// Errors of the reference and of its tokens.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum ReferenceError {
    /// The network is no valid network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// An operation that the reference does not execute.
    #[error(
        "`{operation}`{detail} is no operation of BitNet networks, whose matrices are executed one by one\n  --> network `{network}`, value `{output}`\n  = `run` and `eval` execute the network as a whole"
    )]
    NotExecutable { network: String, operation: &'static str, detail: String, output: String },
    /// An encoder that makes no sense.
    #[error("{what} is {value}, but must be {expected}\n  = choose another encoder")]
    Encoder { what: &'static str, value: String, expected: &'static str },
    /// A token id outside the vocabulary.
    #[error(
        "token id {id} at position {position} is outside the vocabulary of {vocabulary}\n  = tokenizer and model must belong together"
    )]
    TokenId { id: u32, position: usize, vocabulary: usize },
    /// The text is longer than the context.
    #[error(
        "position {position} is outside the context of {context} tokens\n  = shorten the text, or choose a model with a longer context"
    )]
    ContextFull { position: usize, context: usize },
    /// A value is no longer a finite number.
    #[error(
        "value `{value}` is not finite at token {position}\n  = the weights overflow 32-bit floats: check the scales of the model"
    )]
    NotFinite { value: String, position: usize },
    /// A network that does not continue texts.
    #[error(
        "network `{network}` reads whole texts and does not continue them\n  = choose a causal network, whose readout is the next token"
    )]
    NotCausal { network: String },
    /// A vector that is none of the network's.
    #[error(
        "the vector at position {position} is none of the network's: {reason}\n  = it takes {width} whole numbers from -{most} to {most}"
    )]
    Vector { position: usize, reason: String, width: usize, most: i64 },
    /// A network that takes token ids, or one that takes vectors, and was given the other.
    #[error("network `{network}` takes {takes}\n  = give it these")]
    Arrival { network: String, takes: &'static str },
    /// The tokenizer's files cannot be read.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A text cannot be encoded, or ids not decoded.
    #[error(
        "the tokenizer refuses the {what}: {reason}\n  = tokenizer and model must belong together"
    )]
    Text { what: &'static str, reason: String },
}
