//! `config.json`: the dimensions of the model, each checked against its range.

use super::json::{Object, shown};
use super::{ImportError, Limits, folder};
use crate::network::{AttentionShape, BitnetShape, Function};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const FILE: &str = "config.json";

/// Largest values of the dimensions: far beyond any model, small enough that no product of two
/// leaves 64 bits.
const WIDTH_MAX: u64 = 1 << 18;
const BLOCKS_MAX: u64 = 4096;
const HEADS_MAX: u64 = 1 << 12;
const IDS_MAX: u64 = 1 << 24;

/// What the configuration says.
pub(super) struct Config {
    pub(super) shape: BitnetShape,
    /// Whether `weight_scale` divides, as transformers' older `bitlinear` class has it.
    pub(super) inverse_scale: bool,
}

pub(super) fn read(folder: &Path, limits: &Limits) -> Result<Config, ImportError> {
    let bytes = folder::read(folder, FILE, limits.json_bytes)?;
    let Object(values) = serde_json::from_slice::<Object<Value>>(&bytes).map_err(|error| {
        ImportError::Json { place: FILE.to_owned(), reason: shown(&error.to_string()) }
    })?;
    let fields = Fields { values };
    fields.require_supported()?;
    Ok(Config { shape: fields.shape()?, inverse_scale: fields.inverse_scale()? })
}

struct Fields {
    values: BTreeMap<String, Value>,
}

impl Fields {
    fn shape(&self) -> Result<BitnetShape, ImportError> {
        let width = self.whole("hidden_size", 1, WIDTH_MAX)?;
        let vocabulary = self.whole("vocab_size", 1, IDS_MAX)?;
        Ok(BitnetShape {
            width,
            hidden: self.whole("intermediate_size", 1, WIDTH_MAX)?,
            blocks: self.whole("num_hidden_layers", 1, BLOCKS_MAX)?,
            attention: self.attention(width)?,
            gate: self.gate()?,
            vocabulary,
            context: self.whole("max_position_embeddings", 1, IDS_MAX)?,
            epsilon: self
                .number("rms_norm_eps", "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?,
            rotary_base: self.rotary_base()?,
            tied: self.flag("tie_word_embeddings")?.unwrap_or(false),
            begin_token: self.token("bos_token_id", vocabulary)?,
            end_token: self.token("eos_token_id", vocabulary)?,
        })
    }

    fn attention(&self, width: usize) -> Result<AttentionShape, ImportError> {
        let heads = self.whole("num_attention_heads", 1, HEADS_MAX)?;
        let key_value_heads = match self.value("num_key_value_heads") {
            None => heads,
            Some(_) => self.whole("num_key_value_heads", 1, HEADS_MAX)?,
        };
        if heads % key_value_heads != 0 {
            let expected = format!("a divisor of num_attention_heads, {heads}");
            return Err(self.wrong("num_key_value_heads", expected));
        }
        let head_width = match self.value("head_dim") {
            Some(_) => self.whole("head_dim", 1, WIDTH_MAX)?,
            None if width.is_multiple_of(heads) => width / heads,
            None => {
                let expected = format!("a divisor of hidden_size, {width}");
                return Err(self.wrong("num_attention_heads", expected));
            }
        };
        if head_width % 2 != 0 {
            let field = if self.value("head_dim").is_some() { "head_dim" } else { "hidden_size" };
            let expected = "such that the width of a head is even: rotary turns pairs";
            return Err(self.wrong(field, expected.to_owned()));
        }
        Ok(AttentionShape { heads, key_value_heads, head_width, causal: true })
    }

    fn gate(&self) -> Result<Function, ImportError> {
        match self.text("hidden_act")? {
            "silu" => Ok(Function::Silu),
            "relu2" => Ok(Function::SquaredRelu),
            _ => Err(self.wrong("hidden_act", "\"silu\" or \"relu2\"".to_owned())),
        }
    }

    /// Transformers 4 writes `rope_theta`, transformers 5 an object `rope_parameters`.
    fn rotary_base(&self) -> Result<f32, ImportError> {
        let expected = "a number from 1 to 1e12";
        let valid = |x: f64| (1.0..=1e12).contains(&x);
        let Some(parameters) = self.value("rope_parameters") else {
            return self.number("rope_theta", expected, valid);
        };
        let kind = parameters.get("rope_type").and_then(Value::as_str).unwrap_or("default");
        if kind != "default" {
            return Err(self.wrong("rope_parameters", "of rope_type \"default\"".to_owned()));
        }
        match parameters.get("rope_theta").and_then(Value::as_f64) {
            Some(base) if valid(base) => Ok(base as f32),
            _ => {
                Err(self.wrong("rope_parameters", format!("an object with rope_theta, {expected}")))
            }
        }
    }

    /// Refuses what this importer would otherwise silently leave out.
    fn require_supported(&self) -> Result<(), ImportError> {
        if self.text("model_type")? != "bitnet" {
            return Err(self.wrong("model_type", "\"bitnet\"".to_owned()));
        }
        if self.flag("attention_bias")? == Some(true) {
            return Err(self.wrong("attention_bias", "false: biases are not supported".to_owned()));
        }
        if self.value("rope_scaling").is_some() {
            return Err(
                self.wrong("rope_scaling", "null: scaled angles are not supported".to_owned())
            );
        }
        Ok(())
    }

    fn inverse_scale(&self) -> Result<bool, ImportError> {
        let Some(quantisation) = self.value("quantization_config") else { return Ok(false) };
        match quantisation.get("linear_class").map(Value::as_str) {
            None | Some(Some("autobitlinear")) => Ok(false),
            Some(Some("bitlinear")) => Ok(true),
            Some(_) => {
                let expected = "an object with linear_class \"autobitlinear\" or \"bitlinear\"";
                Err(self.wrong("quantization_config", expected.to_owned()))
            }
        }
    }

    /// A field that is present and not null.
    fn value(&self, field: &str) -> Option<&Value> {
        self.values.get(field).filter(|value| !value.is_null())
    }

    fn required(&self, field: &str, expected: &str) -> Result<&Value, ImportError> {
        let (field, expected) = (field.to_owned(), expected.to_owned());
        self.value(&field).ok_or(ImportError::FieldMissing { field, expected })
    }

    fn whole(&self, field: &str, min: u64, max: u64) -> Result<usize, ImportError> {
        let expected = format!("a whole number in {min}..={max}");
        match self.required(field, &expected)?.as_u64() {
            Some(value) if (min..=max).contains(&value) => Ok(value as usize),
            _ => Err(self.wrong(field, expected)),
        }
    }

    fn number(
        &self,
        field: &str,
        expected: &str,
        valid: impl Fn(f64) -> bool,
    ) -> Result<f32, ImportError> {
        match self.required(field, expected)?.as_f64() {
            Some(value) if valid(value) => Ok(value as f32),
            _ => Err(self.wrong(field, expected.to_owned())),
        }
    }

    fn text(&self, field: &str) -> Result<&str, ImportError> {
        let value = self.required(field, "a text")?;
        value.as_str().ok_or_else(|| self.wrong(field, "a text".to_owned()))
    }

    fn flag(&self, field: &str) -> Result<Option<bool>, ImportError> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(field, "true or false".to_owned())),
        }
    }

    fn token(&self, field: &str, vocabulary: usize) -> Result<Option<u32>, ImportError> {
        if self.value(field).is_none() {
            return Ok(None);
        }
        Ok(Some(self.whole(field, 0, vocabulary as u64 - 1)? as u32))
    }

    fn wrong(&self, field: &str, expected: String) -> ImportError {
        let found =
            self.values.get(field).map_or("missing".to_owned(), |value| shown(&value.to_string()));
        ImportError::Field { field: field.to_owned(), found, expected }
    }
}
