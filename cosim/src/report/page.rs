//! The page around its sections.

use super::error::ReportError;
use super::{COSIM, machine};
use crate::synth::SynthReport;
use serde::Deserialize;
use serde_json::Value;

/// The page of a run, from the text of its `5-cosim.json` and what boards became of its machine.
///
/// # Errors
/// If the text is not what a run of this version writes.
pub fn page(cosim: &str, boards: &[SynthReport]) -> Result<String, ReportError> {
    let wrong = |error: serde_json::Error| ReportError::Content {
        file: COSIM.to_owned(),
        reason: error.to_string(),
    };
    let mut value: Value = serde_json::from_str(cosim).map_err(wrong)?;
    clean(&mut value);
    require_sensible(&value, "")
        .map_err(|reason| ReportError::Content { file: COSIM.to_owned(), reason })?;
    let report = Deserialize::deserialize(&value).map_err(wrong)?;
    Ok(machine::page(&report, boards).into_string())
}

/// Replaces control characters of texts, but for the ends of lines: no page needs them.
fn clean(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::String(text) => {
            let hostile = |c: char| c.is_control() && c != '\n';
            if text.contains(hostile) {
                *text = text.replace(hostile, "\u{fffd}");
            }
        }
        _ => {}
    }
}

/// Largest whole number and largest number of a run: what is computed of many of them still fits.
const COUNT_MAX: u64 = 1 << 44;
const NUMBER_MAX: f64 = 1e18;

/// Refuses numbers that no run has.
fn require_sensible(value: &Value, place: &str) -> Result<(), String> {
    let inside = |name: &str| match place {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    };
    match value {
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.try_for_each(|(name, value)| require_sensible(value, &inside(name)))
        }
        Value::Array(values) => {
            let mut values = values.iter().enumerate();
            values
                .try_for_each(|(index, value)| require_sensible(value, &inside(&index.to_string())))
        }
        Value::Number(number) => {
            let sensible = match number.as_u64() {
                Some(count) => count <= COUNT_MAX,
                None => number.as_f64().is_some_and(|number| number.abs() <= NUMBER_MAX),
            };
            let place = weights::shown::shown(place);
            if sensible { Ok(()) } else { Err(format!("`{place}` is {number}, beyond any run")) }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}
