//! The block RAM of a part against what a model takes of it.

use super::demand::{Demand, millions};
use super::{PipelineError, longest};
use weights::config::limits::DIGITS_MIN;
use weights::packing::Packing;

/// The block RAM of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supply<'a> {
    /// The part, as its vendor writes it.
    pub part: &'a str,
    /// How many block RAMs.
    pub blocks: u64,
    /// Bits of each, in units of 1024.
    pub kbit: u64,
}

impl Supply<'_> {
    fn bits(self) -> u64 {
        (self.blocks * self.kbit) << 10
    }
}

/// Refuses a model that the block RAM of a part cannot hold.
///
/// # Errors
/// What the model takes, what the part holds, and what helps.
pub fn require_memory(name: &str, demand: Demand, supply: Supply) -> Result<(), PipelineError> {
    let fits = |demand: Demand| demand.bits() <= supply.bits();
    if fits(demand) {
        return Ok(());
    }
    let Supply { part, blocks, kbit } = supply;
    let kept = match demand.packing {
        None => String::new(),
        Some(_) => format!(" with what it keeps of {} positions", demand.context),
    };
    let reason = format!(
        "{name} has {}: at least {} block RAMs of {kbit} kbit{kept}; the {part} holds {} trits in \
         its {blocks}",
        demand.described(),
        demand.bits().div_ceil(kbit << 10),
        // Five in a byte.
        millions(supply.bits() / 8 * 5),
    );
    let remedy = one_setting(demand, fits).or_else(|| all_settings(demand, fits));
    let remedy = remedy.unwrap_or_else(|| {
        format!(
            "no setting of the design lifts this: take a smaller model or a larger part; in \
             external memory the model would take {} bytes",
            millions(demand.external_bytes())
        )
    });
    Err(PipelineError::Capacity { reason, remedy })
}

/// The setting that is enough by itself: one that changes no value first.
fn one_setting(demand: Demand, fits: impl Fn(Demand) -> bool) -> Option<String> {
    let packed = Demand { packing: demand.packing.map(|_| Packing::Base3), ..demand };
    if fits(packed) {
        return Some("set weight_store.packing = \"base3\"".to_owned());
    }
    if let Some(context) = longest(demand, &fits) {
        return Some(format!("lower machine.context to {context} or less"));
    }
    let fewer = |digits: u64| (u64::from(DIGITS_MIN)..digits).rev();
    let tables = fewer(demand.table_digits)
        .find(|&table_digits| fits(Demand { table_digits, ..demand }))
        .map(|digits| format!("lower machine.embedding_digits to {digits} or less"));
    tables.or_else(|| {
        fewer(demand.kept_digits)
            .find(|&kept_digits| fits(Demand { kept_digits, ..demand }))
            .map(|digits| format!("lower machine.key_value_digits to {digits} or less"))
    })
}

/// All settings together, where that is enough.
fn all_settings(demand: Demand, fits: impl Fn(Demand) -> bool) -> Option<String> {
    let packing = demand.packing.map(|_| Packing::Base3);
    let least = u64::from(DIGITS_MIN);
    let (table_digits, kept_digits) =
        (demand.table_digits.min(least), demand.kept_digits.min(least));
    let context = demand.context.min(1);
    let smallest = Demand { packing, table_digits, kept_digits, context, ..demand };
    if !fits(smallest) {
        return None;
    }
    // As many digits, and then as many positions, as there is room for.
    let mut chosen = smallest;
    for table_digits in least..=demand.table_digits {
        let more = Demand { table_digits, ..chosen };
        chosen = if fits(more) { more } else { chosen };
    }
    for kept_digits in least..=demand.kept_digits {
        let more = Demand { kept_digits, ..chosen };
        chosen = if fits(more) { more } else { chosen };
    }
    let context = longest(Demand { context: demand.context + 1, ..chosen }, &fits)?;
    let mut settings = Vec::new();
    if packing != demand.packing {
        settings.push("weight_store.packing = \"base3\"".to_owned());
    }
    for (key, given, value) in [
        ("embedding_digits", demand.table_digits, chosen.table_digits),
        ("key_value_digits", demand.kept_digits, chosen.kept_digits),
        ("context", demand.context, context),
    ] {
        if value < given {
            settings.push(format!("machine.{key} = {value}"));
        }
    }
    Some(format!("set {} together", settings.join(", ")))
}
