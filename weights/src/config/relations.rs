//! Checks that relate values to each other, which a schema cannot say.

use super::limits::{NAME_LENGTH_MAX, SYNAPSES_MAX};
use super::{ConfigError, DesignFile, SampleNetwork};

/// Checks the name, the sizes of the whole, and the seeded network.
pub(super) fn check(file: &DesignFile) -> Result<(), ConfigError> {
    name(file)?;
    sizes(file)?;
    elements(file)?;
    heads(file)?;
    layers(file)
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
    let synapses = file.design.synapses_per_cycle();
    if synapses <= SYNAPSES_MAX {
        return Ok(());
    }
    let message =
        format!("lanes × slots × planes = {synapses} is above the limit of {SYNAPSES_MAX}");
    Err(file.point_at("array.lanes", &message, "lower lanes, slots or planes"))
}

/// Words of the vector unit are found by shifts. What else a machine asks of the array is checked
/// when a network is lowered to one.
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
