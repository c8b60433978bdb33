//! The part of an engine that knows the matrix: from the stream of spikes to the sums of a tile.
//!
//! ```text
//!  dense   spike_buffer ─► tile_sequencer ─► accumulator_array
//!  event   event_buffer ─► tile_sequencer ─► event_array
//!                               └► weight_store ──┘
//!  baked   spike_buffer ─► tile_sequencer ─► baked_array
//! ```
//!
//! The rest of the engine sees the same signals, whatever the form.

use crate::blocks::array::accumulator_array::AccumulatorArray;
use crate::blocks::array::baked_array::BakedArray;
use crate::blocks::array::baked_dots::BakedMatrix;
use crate::blocks::array::event_array::EventArray;
use crate::blocks::array::event_finder::EventFinder;
use crate::blocks::array::lane::Lane;
use crate::blocks::engine::event_buffer::EventBuffer;
use crate::blocks::engine::result_tile::rows_width;
use crate::blocks::engine::spike_buffer::SpikeBuffer;
use crate::blocks::engine::tile_sequencer::{FETCH_CYCLES, TileSequencer};
use crate::blocks::memory::weight_store::WeightStore;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::engine::EngineParameters;
use firmware::registers::Field;
use std::sync::Arc;
use weights::config::Form;
use weights::numeric::Radix;

/// The blocks of a matrix.
pub(super) struct Matrix {
    form: Form,
    buffer: Arc<Module>,
    beat_bytes: u32,
    sequencer: TileSequencer,
    /// None where the weights are wires.
    store: Option<WeightStore>,
    array: Arc<Module>,
    /// Cycles from one entry to the next, at least.
    entry_cycles: u32,
}

/// Wires that lead from the tile sequencer back to the spikes.
pub(super) struct Loops<'m> {
    fetch: Signal<'m>,
    release: Signal<'m>,
    index: Signal<'m>,
}

/// What the matrix is given.
pub(super) struct MatrixInputs<'m, 'a> {
    pub(super) registers: &'a Outputs<'m>,
    pub(super) field: &'a dyn Fn(Field) -> Signal<'m>,
    /// Data, valid and last of the stream of spikes.
    pub(super) stream: [(&'static str, Signal<'m>); 3],
    /// New vectors are taken.
    pub(super) accept: Signal<'m>,
    /// The result queue has room for the sums of another tile.
    pub(super) room: Signal<'m>,
}

/// What the rest of the engine sees of the matrix.
pub(super) struct MatrixOutputs<'m> {
    /// A beat of spikes is taken.
    pub(super) ready: Signal<'m>,
    /// What is inside: a vector that arrives, one that waits, one under way.
    pub(super) inside: [Signal<'m>; 3],
    pub(super) bad_code: Signal<'m>,
    pub(super) bad_frame: Signal<'m>,
    /// The matrix reaches beyond the weights.
    pub(super) beyond: Signal<'m>,
    /// The array takes an entry.
    pub(super) works: Signal<'m>,
    /// The array waits for room.
    pub(super) waits: Signal<'m>,
    /// A tile is on its way; its rows; whether it is the last of its vector.
    pub(super) note: [Signal<'m>; 3],
    /// The sums of the next noted tile.
    pub(super) sums: Signal<'m>,
    /// They are there, for this cycle.
    pub(super) done: Signal<'m>,
}

impl Matrix {
    /// The blocks of an engine's matrix, whose weight memory starts with `image`.
    ///
    /// # Panics
    /// If the form is baked and there is no matrix.
    pub(super) fn new(p: &EngineParameters, image: &[u32], baked: Option<&BakedMatrix>) -> Matrix {
        let (lanes, slots, planes) = (p.lanes as u32, p.slots as u32, p.planes as u32);
        let (depth, acc_width) = (p.spike_depth as u32, p.acc_width);
        let index_width = address_width(depth);
        let word_slots = p.word_slots() as u32;
        let mut entry_cycles = 1;
        let (buffer, beat_bytes, array) = match p.form {
            Form::Event => {
                let finder = EventFinder { slots, planes, column_width: index_width };
                let buffer = EventBuffer { finder, radix: p.radix, depth };
                let array = EventArray { lanes, planes, radix: p.radix, acc_width };
                (buffer.module(), finder.beat_bytes(), array.module())
            }
            Form::Dense | Form::Baked => {
                let (column_width, skip_empty) = (index_width, p.skip_empty);
                let buffer = SpikeBuffer { slots, planes, depth, column_width, skip_empty };
                let (radix, target) = (p.radix, p.target);
                let lane = Lane {
                    slots,
                    planes,
                    radix,
                    acc_width,
                    target,
                    digits: false,
                    digit_passes: false,
                    vectors: false,
                };
                let array = match (p.form, baked) {
                    (Form::Baked, Some(matrix)) => {
                        let array = BakedArray { lanes, lane, matrix };
                        entry_cycles = array.entry_cycles();
                        array.module()
                    }
                    (Form::Baked, None) => panic!("a baked engine is made of its matrix"),
                    _ => AccumulatorArray { lanes, lane }.module(),
                };
                (buffer.module(), buffer.beat_bytes(), array)
            }
        };
        let sequencer = TileSequencer {
            lanes,
            entry_trits: word_slots * planes,
            rows_width: Field::Rows.spec().width,
            tile_rows_width: rows_width(lanes),
            word_width: address_width(p.weight_depth as u32),
            column_width: index_width,
            index_width,
            passes: p.radix == Radix::Bitwise,
        };
        let store = (p.form != Form::Baked).then(|| WeightStore {
            lanes,
            slots: word_slots,
            depth: p.weight_depth as u32,
            packing: p.packing,
            image: image.to_vec(),
        });
        Matrix { form: p.form, buffer, beat_bytes, sequencer, store, array, entry_cycles }
    }

    /// Bytes of `s_axis_tdata`.
    pub(super) fn beat_bytes(&self) -> u32 {
        self.beat_bytes
    }

    /// Cycles from the fetch of a tile's last entry to its sums.
    pub(super) fn latency(&self) -> u32 {
        FETCH_CYCLES + self.array.latency
    }

    /// Cycles from one entry to the next, at least.
    pub(super) fn entry_cycles(&self) -> u32 {
        self.entry_cycles
    }

    /// Declares the wires that lead back.
    pub(super) fn loops<'m>(&self, b: &'m Builder) -> Loops<'m> {
        let back = |name: &str| b.forward(name, uint(1));
        let (fetch, release) = (back("fetch"), back("vector_read"));
        Loops { fetch, release, index: b.forward("entry_index", uint(self.sequencer.index_width)) }
    }

    /// Instances and wires.
    pub(super) fn build<'m>(
        &self,
        b: &'m Builder,
        loops: &Loops<'m>,
        given: &MatrixInputs<'m, '_>,
    ) -> MatrixOutputs<'m> {
        b.section("Spikes.");
        let buffer = self.spikes(b, loops, given);
        b.section("Tiles.");
        let valid = self.paced(b, loops, buffer.get("valid_o"));
        let sequencer = self.sequence(b, loops, given, &buffer, valid);

        let store = self.weights(b, given, &sequencer);
        b.section("Array.");
        let array = self.accumulate(b, store.as_ref(), &sequencer);
        MatrixOutputs {
            ready: buffer.get("s_axis_tready"),
            inside: [buffer.get("filling_o"), buffer.get("valid_o"), sequencer.get("busy_o")],
            bad_code: store.map_or(b.flag(false), |store| store.get("bad_code_o")),
            bad_frame: buffer.get("bad_frame_o"),
            beyond: sequencer.get("beyond_o"),
            works: sequencer.get("fetch_o"),
            waits: sequencer.get("waits_o"),
            note: ["note_o", "note_rows_o", "note_last_o"].map(|port| sequencer.get(port)),
            sums: array.get("sums_o"),
            done: array.get("done_o"),
        }
    }

    fn spikes<'m>(
        &self,
        b: &'m Builder,
        loops: &Loops<'m>,
        given: &MatrixInputs<'m, '_>,
    ) -> Outputs<'m> {
        let tiles = (given.field)(Field::ColumnTiles);
        let width = self.sequencer.column_width;
        let mut inputs = given.stream.to_vec();
        inputs.push(("accept_i", given.accept));
        match self.form {
            Form::Event => inputs.push(("columns_i", tiles.bits(0, width + 1))),
            Form::Dense | Form::Baked => {
                let last = b.wire("last_column", tiles - 1);
                let above = last.bits(width, last.width() - width);
                let reason = "A vector is refused if it has more tiles than entries.";
                b.unused("last_column", above, reason);
                inputs.push(("last_column_i", last.bits(0, width)));
            }
        }
        inputs.extend([
            ("read_i", loops.fetch),
            ("index_i", loops.index),
            ("release_i", loops.release),
        ]);
        b.instance("buffer", &self.buffer, &inputs)
    }

    /// The waiting vector, seen only when the entry before has passed the array.
    fn paced<'m>(&self, b: &'m Builder, loops: &Loops<'m>, valid: Signal<'m>) -> Signal<'m> {
        let Some(wait) = self.entry_cycles.checked_sub(1).filter(|&wait| wait > 0) else {
            return valid;
        };
        b.comment("Bits of an entry are still passing the matrix.");
        let left = b.register_reset("passing_q", uint(u32::BITS - wait.leading_zeros()), 0);
        let passing = b.wire("passing", left.signal().any());
        left.when(loops.fetch, left.signal().same(wait.into())).when(passing, left.signal() - 1);
        b.wire("vector_valid", valid & !passing)
    }

    fn sequence<'m>(
        &self,
        b: &'m Builder,
        loops: &Loops<'m>,
        given: &MatrixInputs<'m, '_>,
        buffer: &Outputs<'m>,
        valid: Signal<'m>,
    ) -> Outputs<'m> {
        let tiles = (given.field)(Field::ColumnTiles);
        let mut inputs = vec![
            ("rows_i", (given.field)(Field::Rows)),
            ("column_tiles_i", tiles.bits(0, self.sequencer.column_width + 1)),
            ("vector_valid_i", valid),
            ("vector_count_i", buffer.get("count_o")),
            ("active_i", buffer.get("active_o")),
            ("negative_i", buffer.get("negative_o")),
            ("column_i", buffer.get("column_o")),
            ("room_i", given.room),
        ];
        match self.sequencer.passes {
            true => inputs.push(("pass_i", buffer.get("pass_o"))),
            false => b.unused("pass", buffer.get("pass_o"), "A unary train adds all passes alike."),
        }
        let drives =
            [("fetch_o", loops.fetch), ("index_o", loops.index), ("release_o", loops.release)];
        b.instance_driving("sequencer", &self.sequencer.module(), &inputs, &drives)
    }

    fn weights<'m>(
        &self,
        b: &'m Builder,
        given: &MatrixInputs<'m, '_>,
        sequencer: &Outputs<'m>,
    ) -> Option<Outputs<'m>> {
        b.section("Weights.");
        let registers = given.registers;
        let inputs = [
            ("write_i", registers.get("weight_data_write_o")),
            ("write_bank_i", (given.field)(Field::WeightBank)),
            ("write_word_i", (given.field)(Field::WeightWord)),
            ("data_i", registers.get("weight_data_o")),
            ("read_i", sequencer.get("read_o")),
            ("read_word_i", sequencer.get("word_o")),
        ];
        if let Some(store) = &self.store {
            return Some(b.instance("weights", &store.module(), &inputs));
        }
        let ports: Vec<Signal> = inputs.iter().map(|(_, signal)| *signal).collect();
        b.unused("weights", b.concat(&ports), "There is no weight memory: the weights are wires.");
        None
    }

    fn accumulate<'m>(
        &self,
        b: &'m Builder,
        store: Option<&Outputs<'m>>,
        sequencer: &Outputs<'m>,
    ) -> Outputs<'m> {
        let mut inputs = match store {
            Some(store) => vec![("high_i", store.get("high_o")), ("low_i", store.get("low_o"))],
            None => vec![],
        };
        inputs.extend([
            ("active_i", sequencer.get("active_o")),
            ("negative_i", sequencer.get("negative_o")),
            ("valid_i", sequencer.get("valid_o")),
            ("first_i", sequencer.get("first_o")),
            ("last_i", sequencer.get("last_o")),
        ]);
        if self.sequencer.passes {
            inputs.push(("pass_i", sequencer.get("pass_o")));
        }
        b.instance("array", &self.array, &inputs)
    }
}
