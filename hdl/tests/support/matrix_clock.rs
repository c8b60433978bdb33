//! When a matrix instruction is done, as the documentation of the unit says.

use crate::matrix::{Effect, Order};
use hdl::blocks::array::matrix_unit::{ACCEPT_CYCLES, EMBEDDING_CYCLES, MatrixUnit};

/// When instructions are done, from when they were accepted.
#[derive(Default)]
pub(crate) struct Clock {
    /// Last entry of the last tile, and how far the next tile must stay away.
    previous: Option<(u64, u64)>,
    last_done: Option<u64>,
    pub(crate) entries: u64,
    pub(crate) waits: u64,
}

impl Clock {
    /// The cycle of `done_o`.
    pub(crate) fn done(
        &mut self,
        unit: &MatrixUnit,
        order: &Order,
        effect: &Effect,
        accepted: u64,
    ) -> u64 {
        let embedding = order.embedding();
        let mut start = accepted + u64::from(ACCEPT_CYCLES);
        if embedding {
            start += u64::from(EMBEDDING_CYCLES);
            start = start.max(self.last_done.map_or(0, |done| done + 2));
        }
        start = start.max(self.previous.map_or(0, |(last, _)| last + 1));
        if !embedding {
            start += u64::from(unit.event_cycles());
        }
        let tile_groups = u64::from(unit.tile_groups());
        let groups = if embedding { 1 } else { tile_groups * effect.vectors.max(1) };
        let mut next = start;
        for tile in 0..effect.tiles {
            let free = next + effect.entries - 1;
            let last = free.max(self.previous.map_or(0, |(last, gap)| last + gap));
            self.waits += last - free;
            let lag = if embedding { unit.embedding_lag() } else { 0 };
            let gap = if tile + 1 == effect.tiles { unit.instruction_gap() + lag } else { 0 };
            let gap = u64::from(gap);
            self.previous = Some((last, groups + gap));
            next = last + 1;
        }
        self.entries += if embedding { 0 } else { effect.tiles * effect.entries };
        let finish = match effect.vectors {
            _ if embedding => unit.embedding_finish_cycles(),
            0 => unit.finish_cycles(),
            vectors => unit.vector_finish_cycles() + (vectors as u32 - 1) * unit.tile_groups(),
        };
        let search = if order.matrix.search == 0 { 0 } else { unit.search_cycles() };
        let done = next - 1 + u64::from(finish + search);
        self.last_done = Some(done);
        done
    }
}
