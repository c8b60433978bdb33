//! The register file: the AXI4-Lite side of the engine, printed from the one register table.
//!
//! ```text
//!  s_axil ─► write decode ─► fields out, pulses
//!  s_axil ◄─ read mux     ◄─ fields in, constants
//! ```
//!
//! Every register, field, offset and reset value comes from
//! [`firmware::registers`]; this file only says how each kind of access is built.
//!
//! One write and one read can be under way. A write to no register, of part of a word, or to a
//! memory while the engine is busy does nothing and answers SLVERR.

use crate::builder::Builder;
use crate::module::Module;
use crate::signal::Signal;
use crate::signal_type::uint;
use firmware::engine::EngineParameters;
use firmware::registers::{ADDRESS_WIDTH, Access, FIELDS, Field, FieldSpec, Register};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A data register that moves its address on: low field first, carrying into the high field.
struct Stepping {
    data: Register,
    low: Field,
    high: Field,
    low_count: u32,
}

/// Answer of a refused access.
const SLVERR: i128 = 2;

/// The AXI4-Lite write side, as far as the registers need it.
struct Write<'m> {
    /// A write is accepted in this cycle.
    accepted: Signal<'m>,
    data: Signal<'m>,
    /// Whether the write is to a register.
    chosen: BTreeMap<Register, Signal<'m>>,
}

/// The module `register_file` of an engine.
pub fn register_file(engine: &EngineParameters) -> Arc<Module> {
    let b = Builder::new(
        "register_file",
        file!(),
        "AXI4-Lite registers of the engine.\n\n\
         One write and one read at a time. A write to no register, of part of a word, or to a \
         memory while the engine is busy does nothing and answers SLVERR.",
    );
    let write = write_side(&b);
    let read = read_request(&b);

    b.port_group("From the engine.");
    let inputs: BTreeMap<Field, Signal> = fields(|spec| spec.access == Access::ReadOnly)
        .map(|spec| {
            let name = format!("{}_i", port_name(spec));
            (spec.field, b.input(&name, uint(spec.width), &port_meaning(spec)))
        })
        .collect();

    b.section("Fields that the host writes.");
    let stepping = [
        Stepping {
            data: Register::WeightData,
            low: Field::WeightBank,
            high: Field::WeightWord,
            low_count: engine.banks() as u32,
        },
        Stepping {
            data: Register::ThresholdData,
            low: Field::ThresholdPlace,
            high: Field::ThresholdGroup,
            low_count: engine.neurons as u32,
        },
    ];
    let (mut held, mut wraps) = (BTreeMap::new(), None);
    for spec in fields(|spec| spec.access == Access::ReadWrite) {
        held.insert(spec.field, held_field(&b, &write, spec, &stepping, &mut wraps));
    }

    b.section("What a read finds.");
    let values: Vec<(i128, Signal, &str)> = Register::all()
        .filter(|register| register.is_readable())
        .map(|register| {
            let word = i128::from(register.offset() / 4);
            (word, register_value(&b, engine, register, &inputs, &held), register.name())
        })
        .collect();
    let read_value = b.case_remarked("read_value", read.word, &values, b.literal(0, uint(32)));
    read_answer(&b, &read, read_value);

    b.port_group("To the engine.");
    for (field, value) in &held {
        b.output(&format!("{}_o", port_name(field.spec())), *value, &port_meaning(field.spec()));
    }
    for spec in fields(|spec| matches!(spec.access, Access::Pulse | Access::WriteOnly)) {
        let chosen = selected(&write, spec.register);
        let bits = write.data.bits(spec.low, spec.width);
        let name = port_name(spec);
        if spec.access == Access::Pulse {
            b.output(&format!("{name}_o"), chosen & bits, &port_meaning(spec));
        } else {
            b.output(&format!("{name}_write_o"), chosen, "its register is being written");
            b.output(&format!("{name}_o"), bits, &port_meaning(spec));
        }
    }
    b.finish()
}

/// Port of a field: its own name, with its register's where that alone would not tell.
pub fn port_name(spec: &FieldSpec) -> String {
    let alone = FIELDS.iter().filter(|other| other.name == spec.name).count() == 1;
    match alone && !matches!(spec.name, "bank" | "word" | "place" | "group") {
        true => spec.name.to_string(),
        false => format!("{}_{}", spec.register.name(), spec.name),
    }
}

/// Meaning of a field in the tone of a port table.
pub(super) fn port_meaning(spec: &FieldSpec) -> String {
    let mut letters = spec.meaning.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn fields(choose: impl Fn(&FieldSpec) -> bool) -> impl Iterator<Item = &'static FieldSpec> {
    FIELDS.iter().filter(move |spec| choose(spec))
}

fn selected<'m>(write: &Write<'m>, register: Register) -> Signal<'m> {
    write.accepted & write.chosen[&register]
}

fn write_side(b: &Builder) -> Write<'_> {
    b.port_group("AXI4-Lite, write.");
    let address = b.input("s_axil_awaddr", uint(ADDRESS_WIDTH), "byte address");
    let address_valid = b.input("s_axil_awvalid", uint(1), "an address is there");
    let data = b.input("s_axil_wdata", uint(32), "word to write");
    let strobe = b.input("s_axil_wstrb", uint(4), "bytes to write; all or none");
    let data_valid = b.input("s_axil_wvalid", uint(1), "a word is there");
    let answer_ready = b.input("s_axil_bready", uint(1), "the answer is taken");
    let locked = b.input("locked_i", uint(1), "the memories must not be written now");

    b.section("Write: address and word are taken together, answered in the next cycle.");
    b.unused("awaddr", address.bits(0, 2), "Registers are whole words.");
    let word = b.wire("write_word", address.bits(2, ADDRESS_WIDTH - 2));
    let answering = b.register_reset("answering_q", uint(1), 0);
    let taken = b.wire("write_taken", address_valid & data_valid & !answering.signal());
    answering.when(taken, b.flag(true)).when(answer_ready, b.flag(false));
    let choose = |register: Register| {
        let number = i128::from(register.offset() / 4);
        let name = register.name().to_uppercase();
        let number = b.constant(&name, number, word.ty(), "its byte offset / 4");
        (register, number)
    };
    let numbers: Vec<(Register, Signal)> =
        Register::all().filter(|register| register.is_writable()).map(choose).collect();
    let chosen: BTreeMap<Register, Signal> = numbers
        .into_iter()
        .map(|(register, number)| {
            (register, b.wire(&format!("to_{}", register.name()), word.eq(number)))
        })
        .collect();
    let memory = chosen[&Register::WeightData] | chosen[&Register::ThresholdData];
    let memory = b.wire("writes_memory", memory);
    let known =
        b.wire("write_known", b.concat(&chosen.values().copied().collect::<Vec<_>>()).any());
    let legal = b.wire("write_legal", known & strobe.all() & !(memory & locked));
    let answer = legal.select(b.literal(0, uint(2)), b.literal(SLVERR, uint(2)));
    let answer = b.delay("write_answer_q", taken, answer);

    b.port_group("AXI4-Lite, write, flow control and answer.");
    b.output("s_axil_awready", taken, "the address is taken");
    b.output("s_axil_wready", taken, "the word is taken");
    b.output("s_axil_bresp", answer, "0: done, 2: refused");
    b.output("s_axil_bvalid", answering.signal(), "an answer is there");
    Write { accepted: b.wire("accepted", taken & legal), data, chosen }
}

/// The AXI4-Lite read side: the word that is asked for, and when.
struct Read<'m> {
    taken: Signal<'m>,
    word: Signal<'m>,
    reading: Signal<'m>,
}

fn read_request(b: &Builder) -> Read<'_> {
    b.port_group("AXI4-Lite, read.");
    let address = b.input("s_axil_araddr", uint(ADDRESS_WIDTH), "byte address");
    let address_valid = b.input("s_axil_arvalid", uint(1), "an address is there");
    let data_ready = b.input("s_axil_rready", uint(1), "the word is taken");
    b.section("Read: the word is there in the next cycle.");
    b.unused("araddr", address.bits(0, 2), "Registers are whole words.");
    let word = b.wire("read_word", address.bits(2, ADDRESS_WIDTH - 2));
    let reading = b.register_reset("reading_q", uint(1), 0);
    let taken = b.wire("read_taken", address_valid & !reading.signal());
    reading.when(taken, b.flag(true)).when(data_ready, b.flag(false));
    Read { taken, word, reading: reading.signal() }
}

fn read_answer<'m>(b: &'m Builder, read: &Read<'m>, value: Signal<'m>) {
    let data = b.delay("read_data_q", read.taken, value);
    b.port_group("AXI4-Lite, read, flow control and answer.");
    b.output("s_axil_arready", read.taken, "the address is taken");
    b.output("s_axil_rdata", data, "the register's value");
    b.output("s_axil_rresp", b.literal(0, uint(2)), "0: always done");
    b.output("s_axil_rvalid", read.reading, "a word is there");
}

/// A field that keeps what was written, and steps on if it is part of a stepping address.
fn held_field<'m>(
    b: &'m Builder,
    write: &Write<'m>,
    spec: &FieldSpec,
    stepping: &[Stepping],
    low_wraps: &mut Option<Signal<'m>>,
) -> Signal<'m> {
    let name = format!("{}_q", port_name(spec));
    let field = b.register_reset(&name, uint(spec.width), spec.reset.into());
    let value = field.signal();
    let field = field.when(selected(write, spec.register), write.data.bits(spec.low, spec.width));
    for step in stepping {
        let moves = selected(write, step.data);
        if spec.field == step.low {
            let wraps = value.is((step.low_count - 1).into());
            let wraps = b.wire(&format!("{}_wraps", spec.register.name()), wraps);
            field.when(moves, wraps.select(value.same(0), value + 1));
            *low_wraps = Some(wraps);
        } else if spec.field == step.high
            && let Some(wraps) = low_wraps
        {
            field.when(moves & *wraps, value + 1);
        }
    }
    value
}

/// What a register reads: its fields in their places, zeros elsewhere.
fn register_value<'m>(
    b: &'m Builder,
    engine: &EngineParameters,
    register: Register,
    inputs: &BTreeMap<Field, Signal<'m>>,
    held: &BTreeMap<Field, Signal<'m>>,
) -> Signal<'m> {
    if register.is_constant() {
        return b.literal(engine.constant(register).into(), uint(32));
    }
    let (mut parts, mut next) = (vec![], 0);
    for spec in register.fields().filter(|spec| spec.access.is_readable()) {
        if spec.low > next {
            parts.push(b.literal(0, uint(spec.low - next)));
        }
        let value = inputs.get(&spec.field).or(held.get(&spec.field));
        parts.push(match value {
            Some(value) => *value,
            None => unreachable!("every readable field is an input or held"),
        });
        next = spec.low + spec.width;
    }
    if next < 32 {
        parts.push(b.literal(0, uint(32 - next)));
    }
    parts.reverse();
    b.concat(&parts)
}
