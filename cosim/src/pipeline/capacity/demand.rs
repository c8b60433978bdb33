//! How much of a machine a model takes, in words and in bits.

use firmware::machine_memories::{Material, MemoryUse};
use weights::config::{Design, Form};
use weights::import::{Dimensions, KeptHeads, Size};
use weights::packing::{Packing, packed_len};

/// Information of a trit, in bits, times a thousand, rounded down: no packing takes less.
const MILLIBITS_A_TRIT: u64 = 1584;
/// Bytes that a trit takes in external memory, five in a byte, times a thousand.
const MILLIBYTES_A_TRIT: u64 = 200;

/// What a model takes at least of a machine with some settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand<'a> {
    /// The model.
    pub model: &'a Dimensions,
    /// Lanes of the array.
    pub lanes: u64,
    /// Its slots.
    pub slots: u64,
    /// Values of a word of the vector unit.
    pub elements: u64,
    /// Bits of each of these.
    pub value_width: u64,
    /// Trits of a number of a float table.
    pub table_digits: u64,
    /// Trits of a number of a key or a value.
    pub kept_digits: u64,
    /// Positions of a text.
    pub context: u64,
    /// The code of the weights; none for any array and any code, of which only the information of
    /// the trits counts.
    pub packing: Option<Packing>,
}

impl<'a> Demand<'a> {
    /// What a model of these dimensions takes on a machine of a design.
    pub fn of(model: &'a Dimensions, design: &Design) -> Demand<'a> {
        let machine = &design.machine;
        Demand {
            model,
            lanes: design.array.lanes as u64,
            // A word of events is one column.
            slots: if design.array.form == Form::Event { 1 } else { design.array.slots as u64 },
            elements: machine.elements as u64,
            value_width: machine.value_width.into(),
            table_digits: machine.embedding_digits.into(),
            kept_digits: if model.keeps_spikes { 1 } else { machine.key_value_digits.into() },
            context: machine.context.min(model.context) as u64,
            packing: Some(design.weight_store.packing),
        }
    }

    /// Weights of the matrices.
    pub fn weights(self) -> u64 {
        let of = |(size, &count): (&Size, &usize)| numbers(*size) * count as u64;
        self.model.matrices.iter().map(of).sum()
    }

    /// Numbers of the float tables.
    fn table_numbers(self) -> u64 {
        self.model.tables.values().map(|&size| numbers(size)).sum()
    }

    /// Trits of matrices and tables.
    pub fn trits(self) -> u64 {
        self.weights() * u64::from(self.model.digits) + self.table_numbers() * self.table_digits
    }

    /// Bytes of matrices and tables in external memory.
    pub fn external_bytes(self) -> u64 {
        self.trits().saturating_mul(MILLIBYTES_A_TRIT) / 1000
    }

    /// Words of the weight store.
    pub fn weight_words(self) -> u64 {
        let tiles = |size: &Size| {
            (size.rows as u64).div_ceil(self.lanes) * (size.columns as u64).div_ceil(self.slots)
        };
        let matrices: u64 =
            self.model.matrices.iter().map(|(size, &count)| tiles(size) * count as u64).sum();
        let tables: u64 = self.model.tables.values().map(tiles).sum();
        matrices * u64::from(self.model.digits) + tables * self.table_digits
    }

    /// Words of the key store.
    pub fn key_words(self) -> u64 {
        let tiles = self.context.div_ceil(self.lanes);
        self.kept_words(|channels| tiles * channels.div_ceil(self.slots))
    }

    /// Words of the value store.
    pub fn value_words(self) -> u64 {
        let columns = self.context.div_ceil(self.slots);
        self.kept_words(|channels| channels.div_ceil(self.lanes) * columns)
    }

    /// Words of all heads, of which one of so many channels takes `of_head` for a digit.
    fn kept_words(self, of_head: impl Fn(u64) -> u64) -> u64 {
        let of = |(kept, &count): (&KeptHeads, &usize)| {
            let channels = (kept.head_width as u64).next_multiple_of(self.elements);
            (kept.heads * count) as u64 * of_head(channels)
        };
        let words: u64 = self.model.kept.iter().map(of).sum();
        words * self.kept_digits * self.model.kept_steps as u64
    }

    /// Words of the constants: what every position has of its own.
    pub fn constant_words(self) -> u64 {
        let words = |channels: usize| (channels as u64).div_ceil(self.elements);
        let positions = self.model.positions.map_or(0, |table| words(table.columns));
        // Cosines and sines.
        let rotated: u64 = self.model.rotated.iter().map(|&width| 2 * words(width)).sum();
        self.context * (positions + rotated)
    }

    /// Bits of block RAM.
    pub fn bits(self) -> u64 {
        let Some(packing) = self.packing else {
            return self.trits().saturating_mul(MILLIBITS_A_TRIT) / 1000;
        };
        let word = packed_len((self.lanes * self.slots) as usize, packing) as u64;
        let weights = self.weight_words().saturating_mul(8 * word);
        let memories = [
            (self.lanes, self.key_words(), 2 * self.slots, 1),
            (self.slots, self.value_words(), 2 * self.lanes, 1),
            (1, self.constant_words(), self.elements * self.value_width, self.elements),
        ];
        memories.into_iter().map(in_block_ram).fold(weights, u64::saturating_add)
    }

    /// What the model holds, in words.
    pub fn described(self) -> String {
        let weights = match self.model.digits {
            1 => format!("{} ternary weights", millions(self.weights())),
            digits => format!(
                "{} trits of {} weights of {digits} digits",
                millions(self.weights() * u64::from(digits)),
                millions(self.weights()),
            ),
        };
        let names: Vec<&str> = self.model.tables.keys().map(String::as_str).collect();
        format!(
            "{weights}, and {} trits of {} in {} digits",
            millions(self.table_numbers() * self.table_digits),
            names.join(" and "),
            self.table_digits,
        )
    }
}

fn numbers(size: Size) -> u64 {
    size.rows as u64 * size.columns as u64
}

/// Bits of memories that are so many, of so many words, bits and parts each; none if LUTs hold them.
fn in_block_ram((copies, depth, width, parts): (u64, u64, u64, u64)) -> u64 {
    // The configuration keeps all but the depth small; what has more words than numbers is no
    // memory, and too large in any case.
    let Ok(words) = u32::try_from(depth) else { return u64::MAX };
    let memory = MemoryUse {
        name: "",
        copies: copies as u32,
        depth: words,
        width: width as u32,
        last_width: width as u32,
        reads: 1,
        parts: parts as u32,
        material: Material::Block,
    };
    if words > 0 && memory.blocks() > 0 { copies * depth * width } else { 0 }
}

/// A count in millions, as people say it.
pub(super) fn millions(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        _ => format!("{:.1} M", count as f64 * 1e-6),
    }
}
