//! The layer engine: one ternary matrix, spikes in, currents or spikes out.
//!
//! ```text
//!  s_axis ─► spike_buffer ─► tile_sequencer ─► accumulator_array ─► result_queue ─► neuron_group ─► m_axis
//!                                 │                 ▲
//!  s_axil ─► register_file        └► weight_store ──┘
//! ```
//!
//! Wires blocks; nothing else. Bit-exact, vector by vector, to
//! [`numeric::accumulate`](weights::numeric::accumulate) and
//! [`numeric::neuron_token`](weights::numeric::neuron_token).

use super::accumulator_array::AccumulatorArray;
use super::engine_control::EngineControl;
use super::gif_neuron::GifNeuron;
use super::lane::Lane;
use super::neuron_group::NeuronGroup;
use super::register_file::{port_name, register_file};
use super::result_queue::ResultQueue;
use super::spike_buffer::SpikeBuffer;
use super::tile_sequencer::{FETCH_CYCLES, TileSequencer};
use super::weight_store::WeightStore;
use crate::builder::Builder;
use crate::instance::Outputs;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::uint;
use crate::storage::address_width;
use firmware::engine::EngineParameters;
use firmware::registers::{ADDRESS_WIDTH, Access, FIELDS, Field};
use std::collections::BTreeMap;
use std::sync::Arc;
use weights::neuron::Threshold;
use weights::numeric::Radix;

/// The engine and its image.
#[derive(Clone, Debug)]
pub struct LayerEngine {
    /// What the engine is.
    pub parameters: EngineParameters,
    /// Bank words that the weight store starts with; may be empty, the host loads it then.
    pub image: Vec<u32>,
}

/// The blocks of an engine, each with its parameters.
struct Blocks {
    buffer: SpikeBuffer,
    sequencer: TileSequencer,
    store: WeightStore,
    array: AccumulatorArray,
    queue: ResultQueue,
    neurons: NeuronGroup,
    control: EngineControl,
}

impl LayerEngine {
    fn blocks(&self) -> Blocks {
        let p = &self.parameters;
        let (lanes, slots, planes) = (p.lanes as u32, p.slots as u32, p.planes as u32);
        let index_width = address_width(p.spike_depth as u32);
        let buffer = SpikeBuffer {
            slots,
            planes,
            depth: p.spike_depth as u32,
            column_width: index_width,
            skip_empty: p.skip_empty,
        };
        let store = WeightStore {
            lanes,
            slots,
            depth: p.weight_depth as u32,
            packing: p.packing,
            image: self.image.clone(),
        };
        let (radix, acc_width, target) = (p.radix, p.acc_width, p.target);
        let lane = Lane { slots, planes, radix, acc_width, target, digits: false };
        let array = AccumulatorArray { lanes, lane };
        let latency = FETCH_CYCLES + array.module().latency;
        let queue = ResultQueue::new(lanes, p.neurons as u32, p.acc_width, latency);
        let sequencer = TileSequencer {
            lanes,
            entry_trits: slots * planes,
            rows_width: Field::Rows.spec().width,
            tile_rows_width: queue.rows_width(),
            word_width: address_width(p.weight_depth as u32),
            column_width: index_width,
            index_width,
            passes: p.radix == Radix::Bitwise,
        };
        let neurons = NeuronGroup {
            neurons: p.neurons as u32,
            neuron: GifNeuron { rule: p.rule, current_width: p.acc_width, saturates: true },
            rows_max: p.rows_max as u32,
            value_bytes: p.value_bytes() as u32,
            threshold_width: p.threshold_width(),
            steps_width: Field::Steps.spec().width,
        };
        let control =
            EngineControl { rows_max: p.rows_max as u32, column_tiles_max: p.spike_depth as u32 };
        Blocks { buffer, sequencer, store, array, queue, neurons, control }
    }

    /// The module `layer_engine`.
    pub fn module(&self) -> Arc<Module> {
        let p = &self.parameters;
        let blocks = self.blocks();
        let b = Builder::new("layer_engine", file!(), &self.summary());
        let bus = bus_ports(&b);
        b.port_group("AXI4-Stream of spikes: a frame is the train of one vector.");
        let data_type = uint(8 * blocks.buffer.beat_bytes());
        let stream = [
            ("s_axis_tdata", b.input("s_axis_tdata", data_type, "active bits below negative bits")),
            ("s_axis_tvalid", b.input("s_axis_tvalid", uint(1), "a beat is there")),
            ("s_axis_tlast", b.input("s_axis_tlast", uint(1), "last beat of a vector")),
        ];
        b.port_group("AXI4-Stream of results, flow control.");
        let ready = b.input("m_axis_tready", uint(1), "the beat is taken");

        b.section("Wires that lead back.");
        let status: BTreeMap<Field, Signal> = FIELDS
            .iter()
            .filter(|spec| spec.access == Access::ReadOnly)
            .map(|spec| (spec.field, b.forward(&port_name(spec), uint(spec.width))))
            .collect();
        let back = |name: &str| b.forward(name, uint(1));
        let (accept, clear) = (back("accept"), back("clear"));
        let (fetch, release, room, take) =
            (back("fetch"), back("vector_read"), back("room"), back("take"));
        let index = b.forward("entry_index", uint(blocks.buffer.index_width()));

        b.section("Registers.");
        let registers = registers(&b, p, &bus, &status);
        let field = |field: Field| registers.get(&format!("{}_o", port_name(field.spec())));
        let tiles = field(Field::ColumnTiles);

        b.section("Spikes.");
        let column_width = blocks.buffer.column_width;
        let last_column = b.wire("last_column", tiles - 1);
        let above = last_column.bits(column_width, last_column.width() - column_width);
        b.unused("last_column", above, "A vector is refused if it has more tiles than entries.");
        let mut inputs = stream.to_vec();
        inputs.extend([
            ("accept_i", accept),
            ("last_column_i", last_column.bits(0, column_width)),
            ("read_i", fetch),
            ("index_i", index),
            ("release_i", release),
        ]);
        let buffer = b.instance("buffer", &blocks.buffer.module(), &inputs);

        b.section("Tiles.");
        let back = [("fetch_o", fetch), ("index_o", index), ("release_o", release)];
        let sequencer = blocks.sequence(&b, &field, &buffer, room, &back);

        b.section("Weights.");
        let data = registers.get("weight_data_o");
        let inputs = [
            ("write_i", registers.get("weight_data_write_o")),
            ("write_bank_i", field(Field::WeightBank)),
            ("write_word_i", field(Field::WeightWord)),
            ("data_i", data),
            ("read_i", sequencer.get("read_o")),
            ("read_word_i", sequencer.get("word_o")),
        ];
        let store = b.instance("weights", &blocks.store.module(), &inputs);

        b.section("Array.");
        let array = blocks.accumulate(&b, &store, &sequencer);

        b.section("Results.");
        let inputs = [
            ("note_i", sequencer.get("note_o")),
            ("note_rows_i", sequencer.get("note_rows_o")),
            ("note_last_i", sequencer.get("note_last_o")),
            ("arrive_i", array.get("done_o")),
            ("sums_i", array.get("sums_o")),
            ("take_i", take),
        ];
        let back = [("room_o", room)];
        let queue = b.instance_driving("queue", &blocks.queue.module(), &inputs, &back);

        b.section("Neurons.");
        let neurons = blocks.fire(&b, &registers, &field, &queue, (clear, ready, take));

        b.section("Control.");
        let sent = b.wire("sent", neurons.get("m_axis_tvalid") & ready);
        let inside = [
            buffer.get("filling_o"),
            buffer.get("valid_o"),
            sequencer.get("busy_o"),
            !queue.get("empty_o"),
            neurons.get("busy_o"),
        ];
        let inside = b.wire("any_inside", b.concat(&inside).any());
        let inputs = [
            ("run_i", field(Field::Run)),
            ("clear_i", field(Field::Clear)),
            ("rows_i", field(Field::Rows)),
            ("column_tiles_i", tiles),
            ("steps_i", field(Field::Steps)),
            ("offered_i", stream[1].1),
            ("busy_i", inside),
            ("bad_code_i", store.get("bad_code_o")),
            ("bad_frame_i", buffer.get("bad_frame_o")),
            ("beyond_i", sequencer.get("beyond_o")),
            ("saturated_i", neurons.get("saturated_o")),
            ("array_i", sequencer.get("fetch_o")),
            ("stall_i", sequencer.get("waits_o")),
            ("result_i", sent),
            ("result_last_i", neurons.get("m_axis_tlast")),
        ];
        let names: Vec<(String, Signal)> = status
            .iter()
            .map(|(field, wire)| (format!("{}_o", field.spec().name), *wire))
            .collect();
        let mut drives = vec![("accept_o", accept), ("clear_o", clear)];
        drives.extend(names.iter().map(|(name, wire)| (name.as_str(), *wire)));
        b.instance_driving("control", &blocks.control.module(), &inputs, &drives);

        outputs(&b, &registers, &buffer, &neurons);
        b.finish()
    }

    fn summary(&self) -> String {
        let p = &self.parameters;
        format!(
            "one ternary matrix, spikes in, currents or spikes out.\n\n\
             {} lanes, {} slots, {} planes: {} synapses per cycle. Weights are loaded through the \
             registers, {} words of {} trits.",
            p.lanes,
            p.slots,
            p.planes,
            p.synapses_per_cycle(),
            p.weight_depth,
            p.lanes * p.slots
        )
    }
}

impl Blocks {
    fn sequence<'m>(
        &self,
        b: &'m Builder,
        field: &dyn Fn(Field) -> Signal<'m>,
        buffer: &Outputs<'m>,
        room: Signal<'m>,
        drives: &[(&str, Signal<'m>)],
    ) -> Outputs<'m> {
        let tiles = field(Field::ColumnTiles);
        let mut inputs = vec![
            ("rows_i", field(Field::Rows)),
            ("column_tiles_i", tiles.bits(0, self.sequencer.column_width + 1)),
            ("vector_valid_i", buffer.get("valid_o")),
            ("vector_count_i", buffer.get("count_o")),
            ("active_i", buffer.get("active_o")),
            ("negative_i", buffer.get("negative_o")),
            ("column_i", buffer.get("column_o")),
            ("room_i", room),
        ];
        match self.sequencer.passes {
            true => inputs.push(("pass_i", buffer.get("pass_o"))),
            false => b.unused("pass", buffer.get("pass_o"), "A unary train adds all passes alike."),
        }
        b.instance_driving("sequencer", &self.sequencer.module(), &inputs, drives)
    }

    fn accumulate<'m>(
        &self,
        b: &'m Builder,
        store: &Outputs<'m>,
        sequencer: &Outputs<'m>,
    ) -> Outputs<'m> {
        let mut inputs = vec![
            ("high_i", store.get("high_o")),
            ("low_i", store.get("low_o")),
            ("active_i", sequencer.get("active_o")),
            ("negative_i", sequencer.get("negative_o")),
            ("valid_i", sequencer.get("valid_o")),
            ("first_i", sequencer.get("first_o")),
            ("last_i", sequencer.get("last_o")),
        ];
        if self.sequencer.passes {
            inputs.push(("pass_i", sequencer.get("pass_o")));
        }
        b.instance("array", &self.array.module(), &inputs)
    }

    fn fire<'m>(
        &self,
        b: &'m Builder,
        registers: &Outputs<'m>,
        field: &dyn Fn(Field) -> Signal<'m>,
        queue: &Outputs<'m>,
        (clear, ready, take): (Signal<'m>, Signal<'m>, Signal<'m>),
    ) -> Outputs<'m> {
        let mut inputs = vec![
            ("valid_i", queue.get("valid_o")),
            ("rows_i", queue.get("rows_o")),
            ("keep_i", queue.get("keep_o")),
            ("last_i", queue.get("last_o")),
            ("clear_i", clear),
            ("send_spikes_i", field(Field::OutputMode)),
            ("m_axis_tready", ready),
        ];
        if self.neurons.counts_steps() {
            inputs.push(("steps_i", field(Field::Steps)));
        }
        let (write, data) =
            (registers.get("threshold_data_write_o"), registers.get("threshold_data_o"));
        let (place, group) = (field(Field::ThresholdPlace), field(Field::ThresholdGroup));
        if self.neurons.neuron.rule.threshold == Threshold::PerChannel {
            inputs.extend([
                ("threshold_write_i", write),
                ("threshold_place_i", place),
                ("threshold_group_i", group),
                ("threshold_i", data.bits(0, self.neurons.threshold_width)),
            ]);
            if data.width() > self.neurons.threshold_width {
                let width = self.neurons.threshold_width;
                let above = data.bits(width, data.width() - width);
                b.unused("threshold", above, "The driver refuses a threshold that is too wide.");
            }
        } else {
            let port = b.concat(&[write, place, group, data]);
            b.unused("threshold", port, "The rule has a threshold of its own.");
        }
        b.instance_driving("neurons", &self.neurons.module(), &inputs, &[("take_o", take)])
    }
}

/// The AXI4-Lite inputs, as the register file names them.
fn bus_ports(b: &Builder) -> Vec<(&'static str, Signal<'_>)> {
    b.port_group("AXI4-Lite.");
    let address = uint(ADDRESS_WIDTH);
    [
        ("s_axil_awaddr", address, "byte address"),
        ("s_axil_awvalid", uint(1), "an address is there"),
        ("s_axil_wdata", uint(32), "word to write"),
        ("s_axil_wstrb", uint(4), "bytes to write; all or none"),
        ("s_axil_wvalid", uint(1), "a word is there"),
        ("s_axil_bready", uint(1), "the answer is taken"),
        ("s_axil_araddr", address, "byte address"),
        ("s_axil_arvalid", uint(1), "an address is there"),
        ("s_axil_rready", uint(1), "the word is taken"),
    ]
    .map(|(name, ty, meaning)| (name, b.input(name, ty, meaning)))
    .to_vec()
}

fn registers<'m>(
    b: &'m Builder,
    parameters: &EngineParameters,
    bus: &[(&'static str, Signal<'m>)],
    status: &BTreeMap<Field, Signal<'m>>,
) -> Outputs<'m> {
    let names: Vec<(String, Signal)> = status
        .iter()
        .map(|(field, signal)| (format!("{}_i", port_name(field.spec())), *signal))
        .collect();
    let mut inputs = bus.to_vec();
    inputs.extend(names.iter().map(|(name, signal)| (name.as_str(), *signal)));
    inputs.push(("locked_i", status[&Field::Busy]));
    b.instance("registers", &register_file(parameters), &inputs)
}

fn outputs<'m>(
    b: &'m Builder,
    registers: &Outputs<'m>,
    buffer: &Outputs<'m>,
    neurons: &Outputs<'m>,
) {
    b.port_group("AXI4-Lite, flow control and answers.");
    for (name, meaning) in [
        ("s_axil_awready", "the address is taken"),
        ("s_axil_wready", "the word is taken"),
        ("s_axil_bresp", "0: done, 2: refused"),
        ("s_axil_bvalid", "an answer is there"),
        ("s_axil_arready", "the address is taken"),
        ("s_axil_rdata", "the register's value"),
        ("s_axil_rresp", "0: always done"),
        ("s_axil_rvalid", "a word is there"),
    ] {
        b.output(name, registers.get(name), meaning);
    }
    b.port_group("AXI4-Stream of spikes, flow control.");
    b.output("s_axis_tready", buffer.get("s_axis_tready"), "the beat is taken");
    b.port_group("AXI4-Stream of results: values of the rows in order, little-endian.");
    for (name, meaning) in [
        ("m_axis_tdata", "one value per neuron, sign-extended"),
        ("m_axis_tkeep", "bytes of existing rows"),
        ("m_axis_tvalid", "a beat is there"),
        ("m_axis_tlast", "last beat of a vector"),
    ] {
        b.output(name, neurons.get(name), meaning);
    }
}
