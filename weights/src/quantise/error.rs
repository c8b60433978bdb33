//! Why a matrix cannot be quantised.

/// Why a matrix cannot be quantised as asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum QuantiseError {
    /// The inputs of calibration leave a direction without curvature.
    #[error(
        "the inputs of `{matrix}` leave column {column} without curvature\n  = calibrate with more text, or raise the damping above {damping}"
    )]
    NotPositive { matrix: String, column: usize, damping: f64 },
    /// A recipe asks for something that does not exist.
    #[error("{what} is {value}, but must be {expected}\n  = correct the recipe")]
    Recipe { what: &'static str, value: String, expected: String },
    /// A count has more digits than a machine takes.
    #[error(
        "`{matrix}`: row {row} needs a count of {count}, the limit is {limit}\n  = one weight is far above the mean of its row: use digits, which clip, or a smaller mean count"
    )]
    Count { matrix: String, row: usize, count: f64, limit: i64 },
}
