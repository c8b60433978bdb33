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

mod matrix;
mod ports;

use super::engine_control::EngineControl;
use super::gif_neuron::GifNeuron;
use super::neuron_group::NeuronGroup;
use super::register_file::port_name;
use super::result_queue::ResultQueue;
use super::result_register::ResultRegister;
use super::result_tile::ResultTile;
use crate::blocks::array::baked_dots::BakedMatrix;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::engine::EngineParameters;
use firmware::form_cycles::FormTiming;
use firmware::registers::{Access, FIELDS, Field};
use matrix::{Matrix, MatrixInputs};
use ports::{bus_ports, outputs, registers};
use std::collections::BTreeMap;
use std::sync::Arc;
use weights::config::Form;
use weights::neuron::Threshold;

/// The engine and its image.
#[derive(Clone, Debug)]
pub struct LayerEngine {
    /// What the engine is.
    pub parameters: EngineParameters,
    /// Bank words that the weight store starts with; may be empty, the host loads it then.
    pub image: Vec<u32>,
    /// The matrix of an engine of the baked form, and of no other.
    pub baked: Option<BakedMatrix>,
}

/// The blocks of an engine, each with its parameters.
struct Blocks {
    matrix: Matrix,
    queue: Arc<Module>,
    tiles_held: u32,
    neurons: NeuronGroup,
    control: EngineControl,
}

impl LayerEngine {
    fn blocks(&self) -> Blocks {
        let p = &self.parameters;
        let matrix = Matrix::new(p, &self.image, self.baked.as_ref());
        let (lanes, neurons) = (p.lanes as u32, p.neurons as u32);
        let tile = ResultTile { lanes, neurons, acc_width: p.acc_width };
        let (queue, tiles_held) = match p.form {
            Form::Dense => {
                let queue = ResultQueue::new(tile, matrix.latency());
                (queue.module(), queue.depth)
            }
            Form::Event | Form::Baked => (ResultRegister { tile }.module(), 1),
        };
        let neurons = NeuronGroup {
            neurons: p.neurons as u32,
            neuron: GifNeuron { rule: p.rule, current_width: p.acc_width, saturates: true },
            rows_max: p.rows_max as u32,
            value_bytes: p.value_bytes() as u32,
            threshold_width: p.threshold_width(),
            steps_width: Field::Steps.spec().width,
        };
        let (rows, tiles) = (p.rows_max as u32, p.spike_depth as u32);
        let control = match p.form {
            Form::Baked => EngineControl { rows_max: rows.min(lanes), column_tiles_max: 1 },
            _ => EngineControl { rows_max: rows, column_tiles_max: tiles },
        };
        Blocks { matrix, queue, tiles_held, neurons, control }
    }

    /// What the cycle model needs to know of the generated hardware.
    pub fn timing(&self) -> FormTiming {
        let blocks = self.blocks();
        let neuron = blocks.neurons.neuron.module().latency;
        let event = self.parameters.form == Form::Event;
        FormTiming {
            receive_latency: if event { 2 } else { 0 },
            sums_latency: u64::from(blocks.matrix.latency()) + 1,
            drain_latency: u64::from(blocks.neurons.module().latency),
            group_spacing: u64::from(neuron) + 1,
            entry_cycles: u64::from(blocks.matrix.entry_cycles()),
            tiles_held: blocks.tiles_held as usize,
        }
    }

    /// The module `layer_engine`.
    pub fn module(&self) -> Arc<Module> {
        let p = &self.parameters;
        let blocks = self.blocks();
        let b = Builder::new("layer_engine", file!(), &self.summary());
        let bus = bus_ports(&b);
        b.port_group("AXI4-Stream of spikes: a frame is the train of one vector.");
        let data_type = uint(8 * blocks.matrix.beat_bytes());
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
        let loops = blocks.matrix.loops(&b);
        let (room, take) = (back("room"), back("take"));

        b.section("Registers.");
        let registers = registers(&b, p, &bus, &status);
        let field = |field: Field| registers.get(&format!("{}_o", port_name(field.spec())));
        let offered = stream[1].1;
        let given = MatrixInputs { registers: &registers, field: &field, stream, accept, room };
        let matrix = blocks.matrix.build(&b, &loops, &given);

        b.section("Results.");
        let inputs = [
            ("note_i", matrix.note[0]),
            ("note_rows_i", matrix.note[1]),
            ("note_last_i", matrix.note[2]),
            ("arrive_i", matrix.done),
            ("sums_i", matrix.sums),
            ("take_i", take),
        ];
        let back = [("room_o", room)];
        let queue = b.instance_driving("queue", &blocks.queue, &inputs, &back);

        b.section("Neurons.");
        let neurons = blocks.fire(&b, &registers, &field, &queue, (clear, ready, take));

        b.section("Control.");
        let sent = b.wire("sent", neurons.get("m_axis_tvalid") & ready);
        let [filling, waiting, walking] = matrix.inside;
        let inside = [filling, waiting, walking, !queue.get("empty_o"), neurons.get("busy_o")];
        let inside = b.wire("any_inside", b.concat(&inside).any());
        let inputs = [
            ("run_i", field(Field::Run)),
            ("clear_i", field(Field::Clear)),
            ("rows_i", field(Field::Rows)),
            ("column_tiles_i", field(Field::ColumnTiles)),
            ("steps_i", field(Field::Steps)),
            ("offered_i", offered),
            ("busy_i", inside),
            ("bad_code_i", matrix.bad_code),
            ("bad_frame_i", matrix.bad_frame),
            ("beyond_i", matrix.beyond),
            ("saturated_i", neurons.get("saturated_o")),
            ("array_i", matrix.works),
            ("stall_i", matrix.waits),
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

        outputs(&b, &registers, matrix.ready, &neurons);
        b.finish()
    }

    fn summary(&self) -> String {
        let p = &self.parameters;
        let (lanes, slots) = (p.lanes, p.word_slots());
        let weights = match p.form {
            Form::Baked => "Weights are wires.".to_owned(),
            Form::Dense | Form::Event => format!(
                "Weights are loaded through the registers, {} words of {} trits.",
                p.weight_depth,
                lanes * slots
            ),
        };
        format!(
            "one ternary matrix, spikes in, currents or spikes out.\n\n\
             {lanes} lanes, {slots} slots, {} planes: {} synapses per cycle. {weights}",
            p.planes,
            p.synapses_per_cycle()
        )
    }
}

impl Blocks {
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
