//! Why a network is none.

/// Why a network is not one. `operation` is the kind and the output of the operation at fault.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum NetworkError {
    /// A value is read that no earlier operation writes.
    #[error(
        "{operation}: reads value `{value}`, which no earlier operation writes\n  \
         = move its producer before it, or correct the name"
    )]
    Unwritten { operation: String, value: String },
    /// A value of the token before is taken behind the operation that writes it.
    #[error(
        "{operation}: value `{value}` is written already\n  = take the value of the token before in front of the operation that writes it"
    )]
    Late { operation: String, value: String },
    /// Two operations write one value.
    #[error(
        "{operation}: value `{value}` is already written\n  = every value is written once: give this one its own name"
    )]
    WrittenTwice { operation: String, value: String },
    /// A value, table or parameter has another shape than the operation needs.
    #[error(
        "{operation}: {what} is {found}, but must be {expected}\n  = shapes follow from the operations before it: correct the first that differs"
    )]
    Mismatch { operation: String, what: String, found: String, expected: String },
    /// A table is named that the network does not hold.
    #[error(
        "{operation}: the network has no table `{table}`\n  = add it to the tables, or correct the name"
    )]
    MissingTable { operation: String, table: String },
    /// A stored number is outside what it may be.
    #[error(
        "{operation}: {what} is {value}, but must be {expected}\n  = the weights are damaged: import them again"
    )]
    Number { operation: String, what: String, value: String, expected: &'static str },
    /// A dimension is zero or does not divide.
    #[error("{operation}: {what} {value} must {expected}\n  = correct the shape of the model")]
    Dimension { operation: String, what: &'static str, value: usize, expected: String },
    /// Two matrices share a name.
    #[error(
        "{operation}: the matrix name `{name}` is taken\n  = name each matrix once: traces and reports go by it"
    )]
    MatrixName { operation: String, name: String },
}
