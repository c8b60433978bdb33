//! The memories of one machine.

use super::cache::Cache;
use super::image::Image;
use super::kept::{Kept, Region};
use super::train::Train;
use weights::numeric::fixed_point::Scale;

/// What the machine says about one position of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PositionAnswer {
    /// The likeliest id, the lowest on ties.
    pub token: u32,
    /// One integer a token id, in the unit of the prediction.
    pub logits: Vec<i64>,
}

/// What a text has left behind. Memories of values are flat: word a begins at `a · elements`.
#[derive(Clone)]
pub(super) struct State {
    pub(super) position: usize,
    pub(super) token: usize,
    pub(super) prediction: u32,
    /// The first words of C, where the host sends vectors.
    pub(super) input: Vec<i64>,
    /// What each position's prediction is, where every one has some.
    pub(super) positions: Vec<PositionAnswer>,
    pub(super) saturations: u64,
    pub(super) residual: Vec<i64>,
    pub(super) results: Vec<i64>,
    pub(super) temporaries: Vec<i64>,
    pub(super) state: Vec<i64>,
    pub(super) trains: Vec<Train>,
    /// The train that wrote each word of the train store last.
    pub(super) train_owners: Vec<u32>,
    /// The trits of each plane of the plane store.
    pub(super) planes: Vec<Vec<i16>>,
    pub(super) scalars: Vec<Scale>,
    pub(super) levels: Vec<i64>,
    pub(super) maxima: Vec<i64>,
    /// Keys of a program of passes.
    pub(super) key_words: Cache,
    /// Values of a program of passes.
    pub(super) value_words: Cache,
    /// Keys by region of the image.
    pub(super) keys: Vec<Kept>,
    /// Values by region of the image.
    pub(super) values: Vec<Kept>,
    pub(super) key_deficits: Vec<u8>,
    pub(super) value_deficits: Vec<u8>,
    /// Sums of the rows of one instruction.
    pub(super) sums: Vec<i64>,
}

/// Maximum registers: as many as an instruction can name.
const MAXIMUM_COUNT: usize = 32;

impl State {
    pub(super) fn new(image: &Image) -> State {
        let parameters = &image.program.parameters;
        let values = |depth: u32| vec![0; depth as usize * parameters.elements as usize];
        let context = parameters.context as usize;
        let kept = |regions: &[Region]| {
            regions.iter().map(|region| Kept::new(region.channels, context)).collect()
        };
        let cache = |depth: u32| {
            let depth = if parameters.has_passes() { depth } else { 0 };
            Cache::new(parameters.lanes, parameters.slots, depth)
        };
        let deficits = vec![0; parameters.deficit_depth as usize * parameters.elements as usize];
        State {
            position: 0,
            token: 0,
            prediction: 0,
            input: values(parameters.input.map_or(0, |stream| stream.words)),
            positions: Vec::new(),
            saturations: 0,
            residual: values(parameters.residual_depth),
            results: values(parameters.result_depth),
            temporaries: values(parameters.temporary_depth),
            state: values(parameters.state_depth),
            trains: vec![Train::default(); parameters.train_count as usize],
            train_owners: vec![u32::MAX; parameters.train_depth as usize],
            planes: vec![
                vec![0; (parameters.plane_depth * parameters.slots) as usize];
                parameters.planes as usize
            ],
            scalars: vec![Scale::default(); parameters.scalar_count as usize],
            levels: vec![0; parameters.level_count as usize],
            maxima: vec![0; MAXIMUM_COUNT],
            key_words: cache(parameters.key_depth),
            value_words: cache(parameters.value_depth),
            keys: kept(&image.key_regions),
            values: kept(&image.value_regions),
            key_deficits: deficits.clone(),
            value_deficits: deficits,
            sums: Vec::new(),
        }
    }

    /// The memory of a `space` field.
    pub(super) fn space(&self, space: u32) -> &[i64] {
        match space {
            0 => &self.residual,
            1 => &self.results,
            2 => &self.temporaries,
            _ => panic!("space {space} is no memory"),
        }
    }
}
