//! The matrix unit: the `Matrix` instruction, stored trits × a train, drained to R.
//!
//! ```text
//!  instruction ─► walker ─► fetcher ─┬─► array ──────┬─► drain ─► R, maxima
//!                            ▲       └─► row reader ─┘
//!     trains, weights, keys, values
//! ```
//!
//! Bit-exact to the table of [`firmware::isa`]. An instruction of T tiles with E entries each (its
//! digits × passes × visited train words), G = lanes / elements, g = [`instruction_gap`]:
//!
//! | what | cycle |
//! |---|---|
//! | accepted, with `instruction_ready_o` | 0 |
//! | first entry goes | s = [`ACCEPT_CYCLES`], or the cycle after the last entry of the one before, if that is later |
//! | last entry of tile t goes | e(t) = max(e(t − 1) + E, e(t − 1) + G); e(0) = max(s + E − 1, e of the tile before + its G + g) |
//! | `done_o` | e(T − 1) + [`finish_cycles`], and [`search_cycles`] more with a search |
//! | the next one's first entry may go | e(T − 1) + 1 |
//!
//! One with V vectors visits all words of its columns in one pass, has V · G groups in the place of G,
//! and is done with the last of them: [`vector_finish_cycles`] of one, G more for each further one.
//!
//! In an array of events an entry is a column that spikes: an instruction's digits × the columns of its
//! train that count something, at least one. Its first leaves [`event_cycles`] later than a dense array's,
//! behind the instruction before too; behind an embedding g is [`embedding_lag`] larger.
//!
//! An embedding of C column words is C times its columns / elements tiles of E = digits entries and G = 1. Its
//! first entry goes in s = [`ACCEPT_CYCLES`] + [`EMBEDDING_CYCLES`], or [`SETTLE_CYCLES`] after
//! `done_o` of the last instruction before it, if that is later; it is done [`embedding_finish_cycles`] after its
//! last entry.
//!
//! [`instruction_gap`]: MatrixUnit::instruction_gap
//! [`finish_cycles`]: MatrixUnit::finish_cycles
//! [`vector_finish_cycles`]: MatrixUnit::vector_finish_cycles
//! [`search_cycles`]: MatrixUnit::search_cycles
//! [`event_cycles`]: MatrixUnit::event_cycles
//! [`embedding_lag`]: MatrixUnit::embedding_lag
//! [`embedding_finish_cycles`]: MatrixUnit::embedding_finish_cycles

mod ports;
mod wiring;

use super::accumulator_array::AccumulatorArray;
use super::drain::{DRAIN_CYCLES, Drain};
use super::event_fetcher::{EMBEDDING_LAG, EVENT_FETCH_CYCLES, EventFetcher};
use super::event_lanes::EventLanes;
use super::lane::Lane;
use super::matrix_fetcher::{FETCH_CYCLES, MatrixFetcher};
use super::matrix_walker::MatrixWalker;
pub use super::matrix_walker::{ACCEPT_CYCLES, EMBEDDING_CYCLES, SETTLE_CYCLES};
use super::plane_selector::PlaneSelector;
use super::row_reader::{READ_CYCLES, RowReader};
use super::train_events::{EVENT_CYCLES, TrainEvents};
use crate::blocks::memory::baked_store::BakedStore;
use crate::blocks::memory::weight_store::WeightStore;
use firmware::machine::{MachineParameters, WordShape};
use std::collections::BTreeMap;
use weights::config::Target;
use weights::numeric::Radix;
use weights::packing::Packing;

/// Parameters of the block; see [`MachineParameters`].
#[derive(Clone, Debug)]
pub struct MatrixUnit {
    /// Rows of a tile, at most 256.
    pub lanes: u32,
    /// Columns of a train word.
    pub slots: u32,
    /// What store words of matrices cover.
    pub matrix_word: WordShape,
    /// What store words of an embedding cover.
    pub table_word: WordShape,
    /// Whether columns that spike go through the array one by one.
    pub events: bool,
    /// Planes of a train in parallel.
    pub planes: u32,
    /// Whether counts in several passes meet weights of several digits.
    pub digit_passes: bool,
    /// How planes add up.
    pub radix: Radix,
    /// Bits of an accumulated sum.
    pub acc_width: u32,
    /// What the dots are built of.
    pub target: Target,
    /// How weights are packed.
    pub packing: Packing,
    /// Values of a word of R.
    pub elements: u32,
    /// Bits of a value.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// Digits of an embedding.
    pub embedding_digits: u32,
    /// Words of the weight store.
    pub weight_depth: u32,
    /// Whether planes may be vectors of their own, with a result each.
    pub vectors: bool,
    /// Whether it says when a prediction is a new one.
    pub announces: bool,
    /// Whether it looks for maxima.
    pub searches: bool,
    /// Whether it looks up rows of tables.
    pub rows: bool,
    /// Whether it reads kept keys.
    pub keys: bool,
    /// Fields that are the same in every instruction, and what they are.
    pub same: BTreeMap<&'static str, i64>,
    /// Whether the weights are wires.
    pub baked: bool,
    /// Bank words of the weights that are wires, or that the weight store starts with; it may have none.
    pub image: Vec<u32>,
}

impl MatrixUnit {
    /// The unit of a machine, its weights those of an image; a weight store may have none.
    pub fn new(machine: &MachineParameters, image: Vec<u32>) -> MatrixUnit {
        MatrixUnit {
            lanes: machine.lanes,
            slots: machine.slots,
            matrix_word: machine.matrix_word(),
            table_word: machine.table_word(),
            events: machine.has_events(),
            planes: machine.planes,
            digit_passes: machine.digit_passes,
            radix: machine.radix,
            acc_width: machine.acc_width,
            target: machine.target,
            packing: machine.packing,
            elements: machine.elements,
            value_width: machine.value_width,
            count_width: machine.count_width,
            embedding_digits: machine.embedding_digits,
            weight_depth: machine.weight_depth,
            vectors: machine.has_vectors(),
            announces: machine.answers_positions,
            searches: true,
            rows: true,
            keys: true,
            same: BTreeMap::new(),
            baked: machine.is_baked(),
            image,
        }
    }

    fn selector(&self) -> PlaneSelector {
        let Self { radix, count_width, .. } = *self;
        // An event is a whole count: one pass takes all of its planes.
        let (planes, radix) = match self.events {
            true => (count_width, Radix::Bitwise),
            false => (self.planes, radix),
        };
        PlaneSelector { planes, radix, count_width }
    }

    fn walker(&self) -> MatrixWalker {
        let Self { lanes, table_word, elements, vectors, events, .. } = *self;
        let (selector, embedding_lag) = (self.selector(), self.embedding_lag());
        MatrixWalker { lanes, table_word, elements, selector, vectors, events, embedding_lag }
    }

    fn fetcher(&self) -> MatrixFetcher {
        let Self { lanes, slots, vectors, .. } = *self;
        let group_type = self.walker().group_type();
        MatrixFetcher { lanes, slots, selector: self.selector(), group_type, vectors }
    }

    fn event_fetcher(&self) -> EventFetcher {
        let Self { lanes, slots, count_width, .. } = *self;
        let events = TrainEvents { slots, count_width };
        EventFetcher { lanes, events, group_type: self.walker().group_type() }
    }

    fn event_lanes(&self) -> EventLanes {
        let Self { lanes, acc_width, .. } = *self;
        let value_width = self.event_fetcher().value_type().width.min(acc_width);
        EventLanes { lanes, value_width, acc_width }
    }

    fn array(&self) -> AccumulatorArray {
        let Self { lanes, slots, planes, radix, acc_width, target, digit_passes, vectors, .. } =
            *self;
        let digits = true;
        let lane = Lane { slots, planes, radix, acc_width, target, digits, digit_passes, vectors };
        AccumulatorArray { lanes, lane }
    }

    fn row_reader(&self) -> RowReader {
        let WordShape { rows: lanes, columns: slots } = self.table_word;
        let Self { elements, embedding_digits: digits, .. } = *self;
        RowReader { lanes, slots, elements, digits }
    }

    fn drain(&self) -> Drain {
        let Self { lanes, elements, acc_width, value_width, announces, searches, .. } = *self;
        let read_width = self.row_reader().value_type().width;
        let vectors = self.vectors.then_some(self.planes);
        let same = Drain::same(&self.same, [self.keys, self.vectors]);
        Drain {
            lanes,
            elements,
            acc_width,
            value_width,
            read_width,
            vectors,
            announces,
            searches,
            same,
        }
    }

    /// The weight store inside.
    pub fn weight_store(&self) -> WeightStore {
        let WordShape { rows: lanes, columns: slots } = self.matrix_word;
        let Self { packing, .. } = *self;
        WeightStore { lanes, slots, depth: self.weight_depth, packing, image: self.image.clone() }
    }

    /// What stands in its place where the weights are wires.
    fn baked_store(&self) -> BakedStore {
        let Self { packing, weight_depth: depth, .. } = *self;
        let trits = self.matrix_word.rows * self.matrix_word.columns;
        BakedStore { trits, depth, packing, image: self.image.clone() }
    }

    /// Groups of rows in a tile: the fewest cycles between the last entries of two tiles.
    pub fn tile_groups(&self) -> u32 {
        self.walker().tile_groups()
    }

    /// Cycles that are added to them from an instruction to the next.
    pub fn instruction_gap(&self) -> u32 {
        self.walker().instruction_gap()
    }

    /// Cycles from the last entry of an instruction to its `done_o`.
    pub fn finish_cycles(&self) -> u32 {
        let array = match self.events {
            true => EVENT_FETCH_CYCLES + self.event_lanes().module().latency,
            false => FETCH_CYCLES + self.array().module().latency,
        };
        array + DRAIN_CYCLES + self.tile_groups() - 1
    }

    /// The same of an instruction with one vector; each further one adds the groups of a tile.
    pub fn vector_finish_cycles(&self) -> u32 {
        FETCH_CYCLES + self.array().vector_cycles() + DRAIN_CYCLES + self.tile_groups() - 1
    }

    /// Cycles from a train word to its first event, which follow the last entry of the instruction
    /// before too; none where words are entries.
    pub fn event_cycles(&self) -> u32 {
        if self.events { EVENT_CYCLES } else { 0 }
    }

    /// Cycles that are added to the gap behind an embedding.
    pub fn embedding_lag(&self) -> u32 {
        if self.events { EMBEDDING_LAG } else { 0 }
    }

    /// Cycles that a search takes more.
    pub fn search_cycles(&self) -> u32 {
        self.drain().search().cycles() - 1
    }

    /// Cycles from the last entry of an embedding to its `done_o`.
    pub fn embedding_finish_cycles(&self) -> u32 {
        FETCH_CYCLES - 1 + READ_CYCLES + DRAIN_CYCLES
    }
}
