//! What a model takes of a machine, from its configuration and the design alone: what cannot fit is
//! refused before its weights are read.
//!
//! ```text
//!  Dimensions + Design ─► Demand ─► addresses │ block RAM of a part
//! ```
//!
//! A bound from below: padding and what else the machine keeps only make it more. Whatever passes
//! here is counted exactly when it is lowered.

mod demand;
mod memory;
#[cfg(test)]
mod tests;

pub use demand::Demand;
pub use memory::{Supply, require_memory};

use super::PipelineError;
use demand::millions;
use firmware::isa::Pass;
use firmware::lower::STORE_WORDS_MAX;
use weights::config::limits::{LANES_MAX, SLOTS_MAX, SYNAPSES_MAX};
use weights::config::{Design, Form};
use weights::import::Dimensions;

/// Who says how many positions a text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positions {
    /// The design.
    OfDesign,
    /// The texts, which are read later.
    OfTexts,
}

/// Refuses a model that the memories of a machine have no addresses for.
///
/// # Errors
/// What the model takes, the limit, and the setting that lifts it, or that none does.
pub fn require_addresses(
    name: &str,
    model: &Dimensions,
    design: &Design,
    positions: Positions,
) -> Result<(), PipelineError> {
    // What is no machine is refused for that.
    let no_machine = match design.array.form {
        Form::Dense => false,
        Form::Event => !model.kept.is_empty(),
        Form::Baked => true,
    };
    if no_machine {
        return Ok(());
    }
    let demand = Demand::of(model, design);
    let ids = model.vocabulary as u64;
    if ids > STORE_WORDS_MAX {
        let reason = format!("{name} has {ids} token ids, at most {STORE_WORDS_MAX} have numbers");
        let remedy = "no setting lifts this: take a model of fewer token ids".to_owned();
        return Err(PipelineError::Capacity { reason, remedy });
    }
    let needed = demand.weight_words();
    if needed > STORE_WORDS_MAX {
        let reason = format!(
            "{name} has {}: {needed} words of {} x {} in the weight store, at most \
             {STORE_WORDS_MAX} have addresses",
            demand.described(),
            demand.lanes,
            demand.slots,
        );
        let fits = |demand: Demand| demand.weight_words() <= STORE_WORDS_MAX;
        let remedy = wider(demand, design, fits).unwrap_or_else(|| {
            let widest = SYNAPSES_MAX.min(LANES_MAX * SLOTS_MAX) as u64;
            format!(
                "no setting lifts this: the widest array, {LANES_MAX} x {SLOTS_MAX}, holds {} \
                 trits; take a smaller model",
                millions(STORE_WORDS_MAX * widest)
            )
        });
        return Err(PipelineError::Capacity { reason, remedy });
    }
    match positions {
        Positions::OfDesign => require_positions(name, demand, design),
        Positions::OfTexts => Ok(()),
    }
}

/// The smallest array, nearest to a square, on which a model fits, as settings; with as many planes
/// as the design has, or else as many as leave room for it.
fn wider(demand: Demand, design: &Design, fits: impl Fn(Demand) -> bool) -> Option<String> {
    let sizes = |max: usize| {
        let powers = (0..63).map(|power| 1u64 << power);
        powers.filter(move |size| (demand.elements..=max as u64).contains(size))
    };
    let of_planes = |planes: u64| {
        sizes(LANES_MAX)
            .flat_map(|lanes| sizes(SLOTS_MAX).map(move |slots| (lanes, slots)))
            .filter(|(lanes, slots)| lanes * slots * planes <= SYNAPSES_MAX as u64)
            .filter(|&(lanes, slots)| fits(Demand { lanes, slots, ..demand }))
            .min_by_key(|&(lanes, slots)| (lanes * slots, lanes.abs_diff(slots)))
    };
    let given = design.array.planes as u64;
    let (planes, (lanes, slots)) =
        (1..=given).rev().find_map(|planes| Some((planes, of_planes(planes)?)))?;
    let mut settings = String::new();
    if design.array.form == Form::Event {
        settings.push_str("array.form = \"dense\", ");
    }
    if planes < given {
        settings.push_str(&format!("array.planes = {planes}, "));
    }
    Some(format!(
        "set {settings}array.lanes = {lanes} and array.slots = {slots}, the smallest that do"
    ))
}

/// Words of a memory that a model takes.
type Words = fn(Demand) -> u64;

/// Refuses a text that is too long for what a model keeps of every position.
fn require_positions(name: &str, demand: Demand, design: &Design) -> Result<(), PipelineError> {
    let constants = 1u64 << Pass::FORMAT.field("a").width;
    let memories: [(&str, Words, u64); 3] = [
        ("key store", |it| it.key_words(), STORE_WORDS_MAX),
        ("value store", |it| it.value_words(), STORE_WORDS_MAX),
        ("constant memory", |it| it.constant_words(), constants),
    ];
    for (memory, words, limit) in memories {
        let needed = words(demand);
        if needed <= limit {
            continue;
        }
        let reason = format!(
            "{name} takes {needed} words of the {memory} for {} positions, at most {limit} have \
             addresses",
            demand.context
        );
        let fits = |demand: Demand| words(demand) <= limit;
        let longest = longest(demand, fits)
            .map(|context| format!("set machine.context = {context}, the longest that does"));
        let remedy = longest.or_else(|| wider(demand, design, fits)).unwrap_or_else(|| {
            "no setting lifts this: take a narrower model, or one of fewer heads".to_owned()
        });
        return Err(PipelineError::Capacity { reason, remedy });
    }
    Ok(())
}

/// The longest context, shorter than the given one, with which a model fits.
fn longest(demand: Demand, fits: impl Fn(Demand) -> bool) -> Option<u64> {
    let with = |context| fits(Demand { context, ..demand });
    // What is kept never becomes less with more positions.
    let (mut held, mut beyond) = (0, demand.context);
    while held + 1 < beyond {
        let middle = held + (beyond - held) / 2;
        if with(middle) { held = middle } else { beyond = middle }
    }
    (held > 0).then_some(held)
}
