//! The memories of one machine.

use super::cache::Cache;
use super::train::Train;
use firmware::machine::MachineParameters;
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
    pub(super) keys: Cache,
    pub(super) values: Cache,
    /// Sums of the rows of one instruction.
    pub(super) sums: Vec<i64>,
}

/// Maximum registers: as many as an instruction can name.
const MAXIMUM_COUNT: usize = 32;

impl State {
    pub(super) fn new(parameters: &MachineParameters) -> State {
        let values = |depth: u32| vec![0; depth as usize * parameters.elements as usize];
        let cache = |depth: u32| Cache::new(parameters.lanes, parameters.slots, depth);
        State {
            position: 0,
            token: 0,
            prediction: 0,
            input: values(parameters.input.map_or(0, |stream| stream.words)),
            positions: Vec::new(),
            saturations: 0,
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
            keys: cache(parameters.key_depth),
            values: cache(parameters.value_depth),
            sums: Vec::new(),
        }
    }
}
