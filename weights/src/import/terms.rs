//! The terms of a matrix of several digits.

use super::ImportError;
use super::fields::Fields;
use crate::network::DIGITS_MAX;
use serde_json::json;

/// Most terms of a matrix: a byte a weight says which it is in.
const TERMS_MAX: usize = 256;

/// The digits of each term of a matrix.
pub(super) fn terms(weights: &Fields) -> Result<Vec<u32>, ImportError> {
    let digits = weights.whole("digits", 1, DIGITS_MAX.into())? as u32;
    weights.neutral("radix", &json!(3))?;
    weights.neutral("digit_values", &json!([-1, 0, 1]))?;
    // Sentences for a reader.
    weights.without_effect(&["layout", "scale", "tensors"]);
    let terms = match weights.value("terms") {
        None => vec![digits],
        Some(value) => {
            let wrong = || {
                let expected = format!("a list of up to {TERMS_MAX} numbers of digits");
                weights.wrong("terms", expected)
            };
            let elements = value.as_array().ok_or_else(wrong)?;
            let valid = |digits: &u64| (1..=u64::from(DIGITS_MAX)).contains(digits);
            let digits: Option<Vec<u32>> = elements
                .iter()
                .map(|element| element.as_u64().filter(valid).map(|digits| digits as u32))
                .collect();
            match digits {
                Some(terms) if (1..=TERMS_MAX).contains(&terms.len()) => terms,
                _ => return Err(wrong()),
            }
        }
    };
    weights.finish()?;
    Ok(terms)
}
