//! The neuron group: neurons side by side behind the result queue, and the way out.
//!
//! ```text
//!  group ─► take ─► gif_neuron × neurons ─► leave ─► m_axis
//!             ▲           │
//!  thresholds ┤           ▼
//!             └──── membrane banks
//! ```
//!
//! Bit-exact to [`numeric::neuron_token`](weights::numeric::neuron_token), channel by channel.
//!
//! The stages move together, whenever the output beat is free or taken. A vector may begin only
//! when the membranes of the one before it have been written back; only vectors with fewer groups
//! than the pipeline has stages ever wait for that.

use super::gif_neuron::GifNeuron;
use super::neuron_stages::{Stages, Tag};
use crate::blocks::memory::ram::Ram;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use std::sync::Arc;
use weights::neuron::{State, Threshold};

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct NeuronGroup {
    /// Neurons side by side.
    pub neurons: u32,
    /// What one neuron is.
    pub neuron: GifNeuron,
    /// Rows with a membrane.
    pub rows_max: u32,
    /// Bytes of a value of the output.
    pub value_bytes: u32,
    /// Bits of a stored threshold; unused with a threshold of the rule's own.
    pub threshold_width: u32,
    /// Bits of the number of steps.
    pub steps_width: u32,
}

/// Bits of the place, and of the group, that the host gives.
const HOST_ADDRESS_WIDTH: u32 = 16;

/// The write port of the thresholds.
#[derive(Clone, Copy)]
struct ThresholdWrite<'m> {
    write: Signal<'m>,
    place: Signal<'m>,
    group: Signal<'m>,
    data: Signal<'m>,
}

/// What a group needs from the memories, and when.
#[derive(Clone, Copy)]
struct Fetch<'m> {
    advance: Signal<'m>,
    take: Signal<'m>,
    address: Signal<'m>,
    fresh: Signal<'m>,
    last_step: Option<Signal<'m>>,
}

impl NeuronGroup {
    /// Groups with a membrane, as many as there are addresses.
    fn groups(&self) -> u32 {
        self.rows_max.div_ceil(self.neurons).next_power_of_two().max(2)
    }

    /// Bits of a group's number.
    pub fn group_width(&self) -> u32 {
        address_width(self.groups())
    }

    /// Whether the rule asks which step of a token it is.
    pub fn counts_steps(&self) -> bool {
        self.neuron.rule.state == State::PerStep || self.neuron.asks_for_last_step()
    }

    /// The module `neuron_group`.
    pub fn module(&self) -> Arc<Module> {
        let acc_width = self.neuron.current_width;
        let latency = self.neuron.module().latency;
        let b = Builder::new("neuron_group", file!(), &self.summary());
        b.port_group("Group of rows.");
        let waiting = b.input("valid_i", uint(1), "a group waits");
        let rows = b.input("rows_i", uint(self.neurons * acc_width), "its currents");
        let keep = b.input("keep_i", uint(self.neurons), "which of them are rows of the matrix");
        let last = b.input("last_i", uint(1), "last group of its vector");
        b.port_group("Control.");
        let clear = b.input("clear_i", uint(1), "forget all membranes and the step");
        let steps_type = uint(self.steps_width);
        let steps = self
            .counts_steps()
            .then(|| b.input("steps_i", steps_type, "vectors of a token, at least 1"));
        let send_spikes = b.input("send_spikes_i", uint(1), "1: send spikes, 0: currents");
        let thresholds = self.threshold_ports(&b);
        b.port_group("Values out, flow control.");
        let ready = b.input("m_axis_tready", uint(1), "the beat is taken");

        b.section("All stages move when the output beat is free or taken.");
        let sent = b.forward("sent", uint(1));
        let advance = b.wire("advance", !sent | ready);
        let spaced = b.forward("spaced", uint(1));
        let take = b.wire("take", waiting & advance & spaced);
        b.comment("While currents are sent, membranes and steps rest.");
        let vector_done = b.wire("vector_done", take & last & send_spikes);
        let (fresh, last_step) = self.steps(&b, vector_done, clear, steps);
        let address = self.addresses(&b, take, last, advance, spaced, latency);

        b.stage("take: the memories fetch meanwhile.");
        let tag = Tag {
            valid: b.register_reset("taken_q", uint(1), 0).when(advance, take).signal(),
            last: b.delay("last_q", advance, last),
            keep: b.delay("keep_q", advance, keep),
            address: b.delay("address_q", advance, address),
        };
        let rows = b.delay("rows_q", advance, rows);
        let fetch = Fetch {
            advance,
            take,
            address,
            fresh: b.delay("fresh_q", advance, fresh),
            last_step: last_step.map(|signal| b.delay("last_step_q", advance, signal)),
        };

        b.section("What accompanies a group waits for its neurons.");
        let line = |name: &str, signal| shift(&b, name, signal, latency, advance).1;
        let (lasts, last_late) = shift(&b, "last", tag.last, latency, advance);
        let valid = valid_line(&b, tag.valid, latency, advance);
        let late = Tag {
            valid: valid.top_bit(),
            last: last_late,
            keep: line("keep", tag.keep),
            address: line("address", tag.address),
        };
        let late_rows = line("rows", rows);
        let write_back = b.wire("write_back", late.valid & advance & send_spikes);

        b.section("Neurons.");
        b.add_latency(latency);
        let current = |place: u32| rows.bits(place * acc_width, acc_width).as_sint();
        let (spikes, saturated): (Vec<_>, Vec<_>) = (0..self.neurons)
            .map(|place| self.one(&b, place, current(place), fetch, &late, write_back, thresholds))
            .unzip();

        b.stage("leave.");
        let values = self.values(&b, late_rows, &spikes, send_spikes);
        let out_valid =
            b.register_reset("out_valid_q", uint(1), 0).when(advance, late.valid).signal();
        let out_values = b.delay("out_values_q", advance, values);
        let out_keep = b.delay("out_keep_q", advance, late.keep);
        let out_last = b.delay("out_last_q", advance, late.last);
        b.assign(sent, out_valid);

        b.port_group("Group of rows, flow control.");
        b.output("take_o", take, "the group is taken");
        b.port_group("Values out.");
        b.output("m_axis_tdata", out_values, "one value per neuron, sign-extended");
        let keeps =
            (0..self.neurons).rev().map(|place| out_keep.bit(place).repeat(self.value_bytes));
        b.output("m_axis_tkeep", b.concat(&keeps.collect::<Vec<_>>()), "bytes of existing rows");
        b.output("m_axis_tvalid", out_valid, "a beat is there");
        b.output("m_axis_tlast", out_last, "last beat of a vector");
        b.port_group("Status.");
        b.output("busy_o", tag.valid | valid.any() | out_valid, "a group is on its way");
        if self.neuron.saturates {
            let saturated = b.wire("saturated", b.concat(&saturated));
            b.output(
                "saturated_o",
                write_back & saturated.any(),
                "a membrane of this group was clamped",
            );
        }

        let stages = Stages { tag, valid, lasts, out_valid, out_last };
        let data = [out_values, out_keep, out_last];
        stages.properties(&b, (take, last), ready, &data);
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "{} neurons side by side, their membranes, and the output stream.\n\n\
             A vector begins only when the membranes of the one before it are written back.",
            self.neurons
        )
    }

    fn threshold_ports<'m>(&self, b: &'m Builder) -> Option<ThresholdWrite<'m>> {
        if self.neuron.rule.threshold != Threshold::PerChannel {
            return None;
        }
        b.port_group("Thresholds, written while nothing runs.");
        let write = b.input("threshold_write_i", uint(1), "store a threshold");
        let address = uint(HOST_ADDRESS_WIDTH);
        let place = b.input("threshold_place_i", address, "neuron of its row");
        let group = b.input("threshold_group_i", address, "group of its row");
        let data = b.input("threshold_i", uint(self.threshold_width), "threshold, at least 1");
        b.section("Beyond the last group no threshold is stored.");
        let width = self.group_width();
        let inside = match group.width() > width {
            true => !group.bits(width, group.width() - width).any(),
            false => b.flag(true),
        };
        let write = b.wire("threshold_inside", write & inside);
        Some(ThresholdWrite { write, place, group: group.bits(0, width), data })
    }

    /// Whether membranes start at zero, and whether this is the last step of a token.
    fn steps<'m>(
        &self,
        b: &'m Builder,
        vector_done: Signal<'m>,
        clear: Signal<'m>,
        steps: Option<Signal<'m>>,
    ) -> (Signal<'m>, Option<Signal<'m>>) {
        let rule = &self.neuron.rule;
        let (step, last_step) = match steps {
            None => (None, None),
            Some(steps) => {
                let step = b.register_reset("step_q", steps.ty(), 0);
                let next = b.wire("next_step", step.signal() + 1);
                let last = b.wire("last_step", next.eq(steps));
                let zero = step.signal().same(0);
                step.when(clear | (vector_done & last), zero).when(vector_done, next);
                (Some(step.signal()), Some(last))
            }
        };
        let fresh = match (rule.state, step) {
            (State::PerStep, Some(step)) => step.is(0),
            _ => {
                let untouched = b.register_reset("untouched_q", uint(1), 1);
                untouched.when(clear, b.flag(true)).when(vector_done, b.flag(false)).signal()
            }
        };
        let last_step = last_step.filter(|_| self.neuron.asks_for_last_step());
        (b.wire("fresh", fresh), last_step)
    }

    /// Number of the group in its vector; holds back a vector until membranes are written back.
    fn addresses<'m>(
        &self,
        b: &'m Builder,
        take: Signal<'m>,
        last: Signal<'m>,
        advance: Signal<'m>,
        spaced: Signal<'m>,
        latency: u32,
    ) -> Signal<'m> {
        let address = b.register_reset("group_q", uint(self.group_width()), 0);
        let zero = address.signal().same(0);
        address.when(take & last, zero).when(take, address.signal() + 1);
        let begins = b.wire("begins", address.signal().is(0));
        let spacing = latency + 1;
        let wait_type = uint(address_width(spacing + 1));
        let wait = b.register_reset("wait_q", wait_type, 0);
        let waiting = wait.signal().any();
        b.comment(
            "Within a vector only its groups count: the next one may come as close to this one's \
             last group as its first group is away.",
        );
        let counts = b.wire("counts", advance & waiting & (take | begins));
        wait.when(take & begins, wait.signal().same(spacing.into()))
            .when(counts, wait.signal() - 1);
        b.assign(spaced, !(begins & waiting));
        address.signal()
    }

    /// One neuron with its memories: its spike, and whether its membrane was clamped.
    #[allow(clippy::too_many_arguments)]
    fn one<'m>(
        &self,
        b: &'m Builder,
        place: u32,
        current: Signal<'m>,
        fetch: Fetch<'m>,
        late: &Tag<'m>,
        write_back: Signal<'m>,
        thresholds: Option<ThresholdWrite<'m>>,
    ) -> (Signal<'m>, Signal<'m>) {
        let membrane_width = self.neuron.rule.membrane_width;
        let membrane = b.forward(&format!("membrane_{place}"), uint(membrane_width));
        let threshold = thresholds.map(|port| self.threshold(b, place, port, fetch));
        let mut inputs = vec![
            ("advance_i", fetch.advance),
            ("current_i", current),
            ("membrane_i", membrane.as_sint()),
            ("fresh_i", fetch.fresh),
        ];
        inputs.extend(threshold.map(|threshold| ("threshold_i", threshold)));
        inputs.extend(fetch.last_step.map(|last_step| ("last_i", last_step)));
        let neuron = b.instance(&format!("neuron_{place}"), &self.neuron.module(), &inputs);

        let kept = late.keep.bit(place);
        let ports = [
            ("write_i", write_back & kept),
            ("write_address_i", late.address),
            ("data_i", neuron.get("membrane_o").as_uint()),
            ("read_i", fetch.take),
            ("read_address_i", fetch.address),
        ];
        let bank = self.ram("membrane_bank", "membranes of one neuron's rows", membrane_width);
        b.instance_driving(&format!("membranes_{place}"), &bank, &ports, &[("data_o", membrane)]);
        let saturated = match self.neuron.saturates {
            true => neuron.get("saturated_o") & kept,
            false => b.flag(false),
        };
        (neuron.get("spike_o"), saturated)
    }

    fn threshold<'m>(
        &self,
        b: &'m Builder,
        place: u32,
        port: ThresholdWrite<'m>,
        fetch: Fetch<'m>,
    ) -> Signal<'m> {
        let bank =
            self.ram("threshold_bank", "thresholds of one neuron's rows", self.threshold_width);
        let ports = [
            ("write_i", port.write & port.place.is(place.into())),
            ("write_address_i", port.group),
            ("data_i", port.data),
            ("read_i", fetch.take),
            ("read_address_i", fetch.address),
        ];
        let bank = b.instance(&format!("thresholds_{place}"), &bank, &ports);
        bank.get("data_o").extend(self.neuron.rule.membrane_width - 1)
    }

    fn ram(&self, name: &str, holds: &str, width: u32) -> Arc<Module> {
        Ram { name, source: file!(), holds, width, depth: self.groups() }.module()
    }

    /// Spikes or currents, each sign-extended to whole bytes.
    fn values<'m>(
        &self,
        b: &'m Builder,
        rows: Signal<'m>,
        spikes: &[Signal<'m>],
        send_spikes: Signal<'m>,
    ) -> Signal<'m> {
        let acc_width = self.neuron.current_width;
        let value = |(place, spike): (usize, &Signal<'m>)| {
            let width = 8 * self.value_bytes;
            let current = rows.bits(place as u32 * acc_width, acc_width).as_sint();
            let current = b.wire(&format!("current_{place}"), current);
            let value = send_spikes.select(spike.extend(width), current.extend(width));
            b.wire(&format!("value_{place}"), value.as_uint())
        };
        let mut values: Vec<Signal> = spikes.iter().enumerate().map(value).collect();
        values.reverse();
        b.concat(&values)
    }
}

/// Whether each stage behind the first holds a group, the oldest in the top bit.
fn valid_line<'m>(
    b: &'m Builder,
    valid: Signal<'m>,
    cycles: u32,
    advance: Signal<'m>,
) -> Signal<'m> {
    let line = b.register_reset("valid_late_q", uint(cycles), 0);
    let next = match cycles {
        1 => valid,
        _ => b.concat(&[line.signal().bits(0, cycles - 1), valid]),
    };
    line.when(advance, next).signal()
}

/// `signal` some advancing cycles later: after each of them, and after the last.
fn shift<'m>(
    b: &'m Builder,
    name: &str,
    signal: Signal<'m>,
    cycles: u32,
    advance: Signal<'m>,
) -> (Vec<Signal<'m>>, Signal<'m>) {
    let mut stages = vec![];
    let last = (1..=cycles).fold(signal, |signal, cycle| {
        stages.push(b.delay(&format!("{name}_late_{cycle}_q"), advance, signal));
        stages[stages.len() - 1]
    });
    (stages, last)
}
