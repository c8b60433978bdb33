//! What a model takes of a machine, from its configuration and the design alone: what cannot fit is
//! refused before its weights are read.
//!
//! A bound from below: padding and what else the machine keeps only make it more. Whatever passes
//! here is counted exactly when it is lowered.

use super::PipelineError;
use firmware::lower::STORE_WORDS_MAX;
use weights::config::limits::{LANES_MAX, SLOTS_MAX};
use weights::config::{Design, Form};
use weights::import::Dimensions;
use weights::network::BitnetShape;

/// Information of a trit, in bits, times a thousand, rounded down: no packing takes less.
const MILLIBITS_A_TRIT: u64 = 1584;
/// Bytes that a trit takes in external memory, five in a byte, times a thousand.
const MILLIBYTES_A_TRIT: u64 = 200;
/// Fewest digits of an embedding.
const DIGITS_MIN: u64 = 2;

/// Rows and columns of every matrix, and how many there are of each.
fn matrices(shape: &BitnetShape) -> [(u64, u64, u64); 4] {
    let BitnetShape { width, hidden, blocks, attention, .. } = shape;
    let [width, hidden, blocks] = [*width, *hidden, *blocks].map(|size| size as u64);
    let queries = (attention.heads * attention.head_width) as u64;
    let kept = (attention.key_value_heads * attention.head_width) as u64;
    // Queries and what attention puts out; keys and values; gate and up; down.
    [
        (queries, width, 2 * blocks),
        (kept, width, 2 * blocks),
        (hidden, width, 2 * blocks),
        (width, hidden, blocks),
    ]
}

/// What a model takes at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Weights of the matrices.
    pub weights: u64,
    /// Trits of each of these, at least.
    pub weight_digits: u64,
    /// Numbers of the embedding.
    pub embedding: u64,
    /// Trits of each of these.
    pub digits: u64,
}

impl Demand {
    /// What a model of these dimensions takes on a machine of a design.
    pub fn of(model: &Dimensions, design: &Design) -> Demand {
        let shape = &model.shape;
        let matrices = matrices(shape);
        Demand {
            weight_digits: u64::from(model.digits),
            weights: matrices.iter().map(|(rows, columns, count)| rows * columns * count).sum(),
            embedding: shape.vocabulary as u64 * shape.width as u64,
            digits: u64::from(design.machine.embedding_digits),
        }
    }

    fn trits(self) -> u64 {
        self.weights * self.weight_digits + self.embedding * self.digits
    }

    fn described(self) -> String {
        let weights = match self.weight_digits {
            1 => format!("{} ternary weights", millions(self.weights)),
            digits => {
                let trits = millions(self.weights * digits);
                format!("{trits} trits of {} weights of {digits} digits", millions(self.weights))
            }
        };
        format!(
            "{weights}, and {} trits of an embedding of {} digits",
            millions(self.embedding * self.digits),
            self.digits,
        )
    }
}

/// Words of a weight store of that many lanes and slots.
fn words(model: &Dimensions, digits: u64, lanes: u64, slots: u64) -> u64 {
    let tiles = |(rows, columns, count): (u64, u64, u64)| {
        rows.div_ceil(lanes) * columns.div_ceil(slots) * count
    };
    let Dimensions { shape, digits: weight_digits, .. } = model;
    let of_matrices: u64 = matrices(shape).into_iter().map(tiles).sum();
    let of_table = tiles((shape.vocabulary as u64, shape.width as u64, digits));
    of_matrices * u64::from(*weight_digits) + of_table
}

/// Refuses a model that the weight store of a machine has no addresses for.
///
/// # Errors
/// What the model takes, the limit, and the setting that lifts it, or that none does.
pub fn require_addresses(
    name: &str,
    model: &Dimensions,
    design: &Design,
) -> Result<(), PipelineError> {
    // What is no machine is refused for that.
    if design.array.form != Form::Dense {
        return Ok(());
    }
    let demand = Demand::of(model, design);
    let (lanes, slots) = (design.array.lanes as u64, design.array.slots as u64);
    let needed = words(model, demand.digits, lanes, slots);
    if needed <= STORE_WORDS_MAX {
        return Ok(());
    }
    let reason = format!(
        "{name} has {}: {needed} words of {lanes} x {slots} in the weight store, at most \
         {STORE_WORDS_MAX} have addresses",
        demand.described(),
    );
    let remedy = match wider(model, design) {
        Some((lanes, slots)) => {
            format!("set array.lanes = {lanes} and array.slots = {slots}, the smallest that do")
        }
        None => format!(
            "no setting lifts this: the widest array, {LANES_MAX} x {SLOTS_MAX}, holds {} trits; \
             take a smaller model",
            millions(STORE_WORDS_MAX * (LANES_MAX * SLOTS_MAX) as u64)
        ),
    };
    Err(PipelineError::Capacity { reason, remedy })
}

/// The smallest array, nearest to a square, whose words have addresses.
fn wider(model: &Dimensions, design: &Design) -> Option<(u64, u64)> {
    let digits = u64::from(design.machine.embedding_digits);
    let sizes = |max: usize| {
        let least = design.machine.elements as u64;
        let powers = (0..63).map(|power| 1u64 << power);
        powers.filter(move |size| (least..=max as u64).contains(size))
    };
    sizes(LANES_MAX)
        .flat_map(|lanes| sizes(SLOTS_MAX).map(move |slots| (lanes, slots)))
        .filter(|&(lanes, slots)| words(model, digits, lanes, slots) <= STORE_WORDS_MAX)
        .min_by_key(|&(lanes, slots)| (lanes * slots, lanes.abs_diff(slots)))
}

/// Refuses a model whose trits the block RAM of a part cannot hold, however they are packed.
///
/// # Errors
/// What the model takes, what the part holds, and what helps.
pub fn require_memory(
    name: &str,
    model: &Dimensions,
    design: &Design,
    (part, bits): (&str, u64),
) -> Result<(), PipelineError> {
    let demand = Demand::of(model, design);
    let fits = |demand: Demand| demand.trits().saturating_mul(MILLIBITS_A_TRIT) / 1000 <= bits;
    if fits(demand) {
        return Ok(());
    }
    let reason = format!(
        "{name} has {}; the {part} holds {} trits in {} kbit of block RAM",
        demand.described(),
        millions(bits.saturating_mul(1000) / (8 * MILLIBYTES_A_TRIT)),
        bits >> 10,
    );
    let fewer = (DIGITS_MIN..demand.digits).rev().find(|&digits| fits(Demand { digits, ..demand }));
    let remedy = match fewer {
        Some(digits) => format!("lower machine.embedding_digits to {digits} or less"),
        None => format!(
            "no setting of the design lifts this: take a smaller model or a larger part; in \
             external memory the model would take {} bytes",
            millions(demand.trits().saturating_mul(MILLIBYTES_A_TRIT) / 1000)
        ),
    };
    Err(PipelineError::Capacity { reason, remedy })
}

/// A count in millions, as people say it.
fn millions(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        _ => format!("{:.1} M", count as f64 * 1e-6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::config::DesignFile;
    use weights::sample::shape_of;

    fn shape(width: usize, hidden: usize, blocks: usize, vocabulary: usize) -> Dimensions {
        let mut shape = shape_of(&DesignFile::bundled().design.sample);
        (shape.width, shape.hidden, shape.blocks, shape.vocabulary) =
            (width, hidden, blocks, vocabulary);
        (shape.attention.heads, shape.attention.key_value_heads) = (16, 16);
        shape.attention.head_width = width / 16;
        Dimensions { shape, digits: 1, in_passes: false }
    }

    #[test]
    fn a_model_is_counted_by_its_dimensions() {
        let design = DesignFile::tinystories().design;
        let large = shape(2048, 5632, 6, 32_000);
        let demand = Demand::of(&large, &design);
        assert_eq!(demand.weights, 6 * (4 * 2048 * 2048 + 3 * 2048 * 5632));
        let error = require_addresses("large", &large, &design).unwrap_err().to_string();
        assert!(error.contains("308.3 M ternary weights") && error.contains("65536"), "{error}");
        let part = ("LFE5U-85F", (208 * 18) << 10);
        let error = require_memory("large", &large, &design, part).unwrap_err().to_string();
        assert!(error.contains("the LFE5U-85F holds 2.4 M trits"), "{error}");
        assert!(error.contains("no setting of the design lifts this"), "{error}");
        let three = Dimensions { digits: 3, ..large };
        let error = require_addresses("three", &three, &design).unwrap_err().to_string();
        assert!(error.contains("924.8 M trits of 308.3 M weights of 3 digits"), "{error}");
        // Where fewer digits are enough, the number that is named is.
        let mut design = design;
        design.machine.embedding_digits = 7;
        let wordy = shape(256, 256, 1, 1500);
        let error = require_memory("wordy", &wordy, &design, part).unwrap_err().to_string();
        let digits =
            error.split("embedding_digits to ").nth(1).and_then(|rest| rest.split(' ').next());
        design.machine.embedding_digits = digits.unwrap().parse().unwrap();
        assert!(require_memory("wordy", &wordy, &design, part).is_ok(), "{error}");
    }

    #[test]
    fn the_setting_that_is_named_lifts_the_limit() {
        let mut design = DesignFile::tinystories().design;
        let small = shape(256, 512, 4, 512);
        assert!(require_addresses("small", &small, &design).is_ok());
        let middle = shape(1024, 2048, 4, 8192);
        let error = require_addresses("middle", &middle, &design).unwrap_err().to_string();
        let (lanes, slots) = wider(&middle, &design).expect("there is one");
        assert!(error.contains(&format!("array.lanes = {lanes} and array.slots = {slots}")));
        (design.array.lanes, design.array.slots) = (lanes as usize, slots as usize);
        assert!(require_addresses("middle", &middle, &design).is_ok());
        let huge = shape(1 << 15, 1 << 16, 64, 60_000);
        let error = require_addresses("huge", &huge, &design).unwrap_err().to_string();
        assert!(error.contains("no setting lifts this"), "{error}");
    }
}
