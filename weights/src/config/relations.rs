//! Checks that relate values to each other, which a schema cannot say.

use super::limits::{MEMORY_TRITS_MAX, NAME_LENGTH_MAX, SYNAPSES_MAX};
use super::{ConfigError, DesignFile, SampleNetwork};
use crate::neuron::RuleError;

/// Checks the name, the sizes of the whole, and the neuron rule.
pub(super) fn check(file: &DesignFile) -> Result<(), ConfigError> {
    name(file)?;
    sizes(file)?;
    elements(file)?;
    heads(file)?;
    layers(file)?;
    let rule_error = |error: RuleError| {
        let text = error.to_string();
        let (message, remedy) = text.split_once("; ").unwrap_or((&text, "change it"));
        file.point_at(&format!("neuron.rule.{}", rule_key(&error)), message, remedy)
    };
    file.design.neuron.rule.check().map_err(rule_error)
}

/// A network of neurons needs a matrix, which stands between two layers.
fn layers(file: &DesignFile) -> Result<(), ConfigError> {
    let sample = &file.design.sample;
    if sample.network != SampleNetwork::Bitnet && sample.blocks < 2 {
        let message = "a single layer of neurons has no matrix";
        return Err(file.point_at("sample.blocks", message, "choose 2 or more"));
    }
    Ok(())
}

/// The name becomes a folder of `build`, so it must not lead out of it.
fn name(file: &DesignFile) -> Result<(), ConfigError> {
    let name = &file.design.name;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let message = if name.len() > NAME_LENGTH_MAX {
        format!("name has {} bytes, above the limit of {NAME_LENGTH_MAX}", name.len())
    } else if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.chars().all(plain) {
        "name is no plain file name".into()
    } else {
        return Ok(());
    };
    let remedy = "use letters, digits, _, - and ., the first a letter or digit";
    Err(file.point_at("name", &message, remedy))
}

fn sizes(file: &DesignFile) -> Result<(), ConfigError> {
    let design = &file.design;
    let product = |key: &str, what: &str, value: usize, limit: usize, remedy: &str| {
        if value <= limit {
            return Ok(());
        }
        Err(file.point_at(key, &format!("{what} = {value} is above the limit of {limit}"), remedy))
    };
    product(
        "array.lanes",
        "lanes × slots × planes",
        design.synapses_per_cycle(),
        SYNAPSES_MAX,
        "lower lanes, slots or planes",
    )?;
    product(
        "weight_store.depth",
        "depth × lanes × slots",
        design.weight_store.depth * design.word_trits(),
        MEMORY_TRITS_MAX,
        "lower depth, lanes or slots",
    )?;
    product(
        "spike_buffer.depth",
        "depth × slots × planes",
        design.spike_buffer.depth * design.entry_trits(),
        MEMORY_TRITS_MAX,
        "lower depth, slots or planes",
    )?;
    let (lanes, neurons) = (design.array.lanes, design.neuron.neurons);
    if lanes % neurons != 0 {
        let divisors = (1..=lanes).filter(|divisor| lanes % divisor == 0);
        let divisors: Vec<String> = divisors.map(|divisor| divisor.to_string()).collect();
        let message = format!("neurons {neurons} does not divide lanes {lanes}");
        let remedy = format!("choose {}", super::schema::alternatives(divisors));
        return Err(file.point_at("neuron.neurons", &message, &remedy));
    }
    Ok(())
}

/// Words of the vector unit are found by shifts. What else a machine asks of the array is checked
/// when a network is lowered to one: a design of a single layer need not be a machine.
fn elements(file: &DesignFile) -> Result<(), ConfigError> {
    let elements = file.design.machine.elements;
    if elements.is_power_of_two() {
        return Ok(());
    }
    let message = format!("elements {elements} is no power of two");
    let remedy =
        format!("choose {} or {}", elements.next_power_of_two() / 2, elements.next_power_of_two());
    Err(file.point_at("machine.elements", &message, &remedy))
}

/// Heads of queries share heads of keys evenly, and rotary turns channels in pairs.
fn heads(file: &DesignFile) -> Result<(), ConfigError> {
    let sample = &file.design.sample;
    let (heads, shared, width) = (sample.heads, sample.key_value_heads, sample.head_width);
    if heads % shared != 0 {
        let message = format!("key_value_heads {shared} does not divide heads {heads}");
        return Err(file.point_at("sample.key_value_heads", &message, "choose a divisor of heads"));
    }
    if width % 2 != 0 {
        let message = format!("head_width {width} is odd");
        let remedy = format!("choose {} or {}", width - 1, width + 1);
        return Err(file.point_at("sample.head_width", &message, &remedy));
    }
    Ok(())
}

/// The key of `[neuron.rule]` that an error is about.
fn rule_key(error: &RuleError) -> &'static str {
    match error {
        RuleError::MembraneWidth(_) => "membrane_width",
        RuleError::Shift { what: "leak shift", .. } => "leak",
        RuleError::Shift { what: "spike bits", .. } => "range",
        RuleError::Shift { .. } => "threshold",
        RuleError::Combination(first, ..) => first.split(' ').next().unwrap_or_default(),
    }
}
