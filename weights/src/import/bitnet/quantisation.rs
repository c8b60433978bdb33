//! How stored weights become ternary: `quantization_config`, with transformers' defaults.

use crate::import::ImportError;
use crate::import::fields::Fields;
use serde_json::json;

/// What the stored matrices are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantisation {
    /// Nothing is said: floats that are the values.
    Unsaid,
    /// Ternary, with a stored scale.
    Offline {
        /// Whether the scale divides (`BitLinear`) or multiplies (`AutoBitLinear`).
        divides: bool,
    },
    /// Latent floats that every use rounds, to the mean magnitude of the matrix.
    Online,
}

/// Reads `quantization_config`.
pub(super) fn read(fields: &Fields) -> Result<Quantisation, ImportError> {
    let Some(section) = fields.object("quantization_config")? else {
        return Ok(Quantisation::Unsaid);
    };
    if section.text("quant_method")? != "bitnet" {
        let expected = "\"bitnet\": the layouts of other quantisers are not read";
        return Err(section.wrong("quant_method", expected));
    }
    section.neutral("use_rms_norm", &json!(false))?;
    section.without_effect(&["rms_norm_eps"]);
    unconverted(&section)?;
    let divides = match section.optional_text("linear_class")? {
        None | Some("bitlinear") => true,
        Some("autobitlinear") => false,
        Some(_) => {
            return Err(section.wrong("linear_class", "\"autobitlinear\" or \"bitlinear\""));
        }
    };
    let quantisation = match section.optional_text("quantization_mode")? {
        None | Some("offline") => Quantisation::Offline { divides },
        // transformers' BitLinear knows no mode: only AutoBitLinear rounds what is stored.
        Some("online") if divides => Quantisation::Offline { divides },
        Some("online") => Quantisation::Online,
        Some(_) => return Err(section.wrong("quantization_mode", "\"offline\" or \"online\"")),
    };
    section.finish()?;
    Ok(quantisation)
}

/// Requires that exactly the head stays dense, as it does where nothing is said. A list takes the
/// place of that default, so one without the head would make the head ternary.
fn unconverted(section: &Fields) -> Result<(), ImportError> {
    const FIELD: &str = "modules_to_not_convert";
    /// Modules that hold no ternary matrix anyway.
    const DENSE: [&str; 6] =
        ["lm_head", "lm_head.weight", "model.embed_tokens", "embed_tokens", "model.norm", "norm"];
    if !section.has(FIELD) {
        section.without_effect(&[FIELD]);
        return Ok(());
    }
    let modules = section.texts(FIELD)?;
    let head = modules.iter().any(|module| module.starts_with("lm_head"));
    if head && modules.iter().all(|module| DENSE.contains(module)) {
        return Ok(());
    }
    let expected = "null or [\"lm_head\"]: all other matrices are ternary, and only those";
    Err(section.wrong(FIELD, expected))
}
