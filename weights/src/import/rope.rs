//! Rotary angles: what a configuration says of them, old and new.
//!
//! Transformers 4 writes `rope_theta` and `rope_scaling`, transformers 5 an object
//! `rope_parameters`. `rope_scaling`, if it says anything, takes the place of `rope_parameters`,
//! and a base inside the object counts before `rope_theta` beside it (`modeling_rope_utils.py`,
//! `convert_rope_params_to_dict`).

use super::ImportError;
use super::container::Container;
use super::fields::Fields;
use super::tensors;
use serde_json::json;

const EXPECTED: &str = "a number from 1 to 1e12";
/// How far a stored angle may be from ours, relative: half a unit in the last place of BF16.
const STORED_ERROR_MAX: f32 = 0.004;

fn valid(base: f64) -> bool {
    (1.0..=1e12).contains(&base)
}

/// The base of the angles; `default` is that of the family, where no field says one.
pub(super) fn base(fields: &Fields, default: f32) -> Result<f32, ImportError> {
    fields.neutral("partial_rotary_factor", &json!(1.0))?;
    let beside = fields.optional_number("rope_theta", EXPECTED, valid)?;
    let scaling = fields.object("rope_scaling")?.filter(|scaling| !scaling.is_empty());
    let parameters = fields.object("rope_parameters")?;
    let inside = match scaling.or(parameters) {
        Some(parameters) => unscaled(&parameters)?,
        None => None,
    };
    Ok(inside.or(beside).unwrap_or(default))
}

/// The base that an object without scaling says.
fn unscaled(parameters: &Fields) -> Result<Option<f32>, ImportError> {
    for kind in ["rope_type", "type"] {
        match parameters.optional_text(kind)? {
            None | Some("default") => {}
            Some("linear") => {
                let expected = "1: linear scaling of rotary angles is not executed";
                parameters.number("factor", expected, |factor| factor == 1.0)?;
            }
            Some(_) => {
                let expected = "\"default\": scaled rotary angles are not executed";
                return Err(parameters.wrong(kind, expected));
            }
        }
    }
    parameters.neutral("factor", &json!(1.0))?;
    parameters.neutral("partial_rotary_factor", &json!(1.0))?;
    let base = parameters.optional_number("rope_theta", EXPECTED, valid)?;
    parameters.finish()?;
    Ok(base)
}

/// Accounts for the angles that older files store: without effect if they are those of `base`.
pub(super) fn account_stored(
    container: &mut Container,
    base: f32,
    head_width: usize,
) -> Result<(), ImportError> {
    let stored = |name: &&str| name.ends_with("rotary_emb.inv_freq");
    let names: Vec<String> = container.names().filter(stored).map(str::to_owned).collect();
    for name in names {
        let tensor = container.take(&name)?;
        let angles = tensors::floats(&tensor, &[head_width / 2])?;
        for (index, &angle) in angles.iter().enumerate() {
            let ours = f64::from(base).powf(-2.0 * index as f64 / head_width as f64) as f32;
            if (angle - ours).abs() > STORED_ERROR_MAX * ours {
                let (file, tensor) = (tensor.file.to_owned(), name);
                return Err(ImportError::Angle { file, tensor, index, angle, ours });
            }
        }
    }
    Ok(())
}
