//! A register file: the AXI4-Lite side of a piece of hardware, printed from its register map.
//!
//! ```text
//!  s_axil ─► write decode ─► fields out, pulses
//!  s_axil ◄─ read mux     ◄─ fields in, constants
//! ```
//!
//! Every register, field, offset and reset value comes from the map; this file only says how each
//! kind of access is built.
//!
//! One write and one read can be under way. A write to no register, of part of a word, or to a
//! locked memory does nothing and answers SLVERR.

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::property::Claim;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::registers::{Access, FieldSpec, RegisterMap};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A data register that moves its address on: low field first, carrying into the high field. One
/// that can be read moves with reads, any other with writes.
#[derive(Clone, Copy, Debug)]
pub struct Stepping<R, F> {
    /// The data register.
    pub data: R,
    /// The field of the address that moves first.
    pub low: F,
    /// The field that it carries into.
    pub high: F,
    /// Values of the low field.
    pub low_count: u32,
}

/// Parameters of the block.
#[derive(Clone, Copy)]
pub struct AxiRegisters<'a, R: 'static, F: 'static> {
    /// Name of the module.
    pub name: &'a str,
    /// Path of the block that uses it.
    pub source: &'static str,
    /// The header's text.
    pub summary: &'a str,
    /// Whose registers they are.
    pub owner: &'a str,
    /// The registers.
    pub map: RegisterMap<R, F>,
    /// What the constant registers read.
    pub constant: &'a dyn Fn(R) -> u32,
    /// Data registers that move an address on.
    pub stepping: &'a [Stepping<R, F>],
    /// Data registers that are refused while `locked_i` is 1.
    pub locked: &'a [R],
}

/// Answer of a refused access.
const SLVERR: i128 = 2;

/// The AXI4-Lite write side, as far as the registers need it.
struct Write<'m, R> {
    /// A write is accepted in this cycle.
    accepted: Signal<'m>,
    data: Signal<'m>,
    /// Whether the write is to a register.
    chosen: BTreeMap<R, Signal<'m>>,
    exchange: Exchange<'m>,
}

/// A request and its answer.
#[derive(Clone, Copy)]
struct Exchange<'m> {
    taken: Signal<'m>,
    answering: Signal<'m>,
    ready: Signal<'m>,
    answer: Signal<'m>,
}

/// The AXI4-Lite read side: the word that is asked for, and when.
struct Read<'m> {
    taken: Signal<'m>,
    word: Signal<'m>,
    reading: Signal<'m>,
    ready: Signal<'m>,
}

impl<R: Copy + Ord, F: Copy + Ord> AxiRegisters<'_, R, F> {
    /// The module.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(self.name, self.source, self.summary);
        let write = self.write_side(&b);
        let read = self.read_request(&b);

        b.port_group(&format!("From the {}.", self.owner));
        let inputs: BTreeMap<F, Signal> = self
            .fields(|spec| spec.access == Access::ReadOnly)
            .map(|spec| {
                let name = format!("{}_i", port_name(&self.map, spec));
                (spec.field, b.input(&name, uint(spec.width), &port_meaning(spec)))
            })
            .collect();

        b.section("Fields that the host writes.");
        let (mut held, mut wraps) = (BTreeMap::new(), None);
        for spec in self.fields(|spec| spec.access == Access::ReadWrite) {
            held.insert(spec.field, self.held_field(&b, (&write, &read), spec, &mut wraps));
        }

        b.section("What a read finds.");
        let readable = self.map.registers.iter().filter(|spec| self.map.is_readable(spec.register));
        let values: Vec<(i128, Signal, &str)> = readable
            .map(|spec| {
                let value = self.register_value(&b, spec.register, &inputs, &held);
                (i128::from(spec.offset / 4), value, spec.name)
            })
            .collect();
        let read_value = b.case_remarked("read_value", read.word, &values, b.literal(0, uint(32)));
        let answer = read_answer(&b, &read, read_value);
        let Read { taken, reading: answering, ready, .. } = read;
        let reads = Exchange { taken, answering, ready, answer };

        b.port_group(&format!("To the {}.", self.owner));
        for spec in self.fields(|spec| spec.access == Access::ReadWrite) {
            let name = format!("{}_o", port_name(&self.map, spec));
            b.output(&name, held[&spec.field], &port_meaning(spec));
        }
        for spec in self.fields(|spec| matches!(spec.access, Access::Pulse | Access::WriteOnly)) {
            let chosen = write.accepted & write.chosen[&spec.register];
            let bits = write.data.bits(spec.low, spec.width);
            let name = port_name(&self.map, spec);
            if spec.access == Access::Pulse {
                b.output(&format!("{name}_o"), chosen & bits, &port_meaning(spec));
            } else {
                b.output(&format!("{name}_write_o"), chosen, "its register is being written");
                b.output(&format!("{name}_o"), bits, &port_meaning(spec));
            }
        }

        b.properties();
        answered_once(&b, "write", write.exchange);
        answered_once(&b, "read", reads);
        b.finish()
    }

    fn fields(
        &self,
        choose: impl Fn(&FieldSpec<R, F>) -> bool,
    ) -> impl Iterator<Item = &'static FieldSpec<R, F>> {
        self.map.fields.iter().filter(move |spec| choose(spec))
    }

    fn write_side<'m>(&self, b: &'m Builder) -> Write<'m, R> {
        let address_type = uint(self.map.address_width);
        b.port_group("AXI4-Lite, write.");
        let address = b.input("s_axil_awaddr", address_type, "byte address");
        let address_valid = b.input("s_axil_awvalid", uint(1), "an address is there");
        let data = b.input("s_axil_wdata", uint(32), "word to write");
        let strobe = b.input("s_axil_wstrb", uint(4), "bytes to write; all or none");
        let data_valid = b.input("s_axil_wvalid", uint(1), "a word is there");
        let answer_ready = b.input("s_axil_bready", uint(1), "the answer is taken");
        let locked = b.input("locked_i", uint(1), "the memories must not be written now");

        b.section("Write: address and word are taken together, answered in the next cycle.");
        b.unused("awaddr", address.bits(0, 2), "Registers are whole words.");
        let word = b.wire("write_word", address.bits(2, address.width() - 2));
        let answering = b.register_reset("answering_q", uint(1), 0);
        let taken = b.wire("write_taken", address_valid & data_valid & !answering.signal());
        answering.when(taken, b.flag(true)).when(answer_ready, b.flag(false));
        let chosen = self.choose_register(b, word);
        let memories = self.locked.iter().map(|register| chosen[register]);
        let memory = memories.reduce(|any, one| any | one).unwrap_or(b.flag(false));
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
        let exchange =
            Exchange { taken, answering: answering.signal(), ready: answer_ready, answer };
        Write { accepted: b.wire("accepted", taken & legal), data, chosen, exchange }
    }

    /// Whether a write is to a register, for each that can be written.
    fn choose_register<'m>(&self, b: &'m Builder, word: Signal<'m>) -> BTreeMap<R, Signal<'m>> {
        let numbers: Vec<_> = self
            .map
            .registers
            .iter()
            .filter(|spec| self.map.is_writable(spec.register))
            .map(|spec| {
                let (name, number) = (spec.name.to_uppercase(), i128::from(spec.offset / 4));
                (spec, b.constant(&name, number, word.ty(), "its byte offset / 4"))
            })
            .collect();
        let choose = numbers.into_iter().map(|(spec, number)| {
            (spec.register, b.wire(&format!("to_{}", spec.name), word.eq(number)))
        });
        choose.collect()
    }

    fn read_request<'m>(&self, b: &'m Builder) -> Read<'m> {
        b.port_group("AXI4-Lite, read.");
        let address = b.input("s_axil_araddr", uint(self.map.address_width), "byte address");
        let address_valid = b.input("s_axil_arvalid", uint(1), "an address is there");
        let data_ready = b.input("s_axil_rready", uint(1), "the word is taken");
        b.section("Read: the word is there in the next cycle.");
        b.unused("araddr", address.bits(0, 2), "Registers are whole words.");
        let word = b.wire("read_word", address.bits(2, address.width() - 2));
        let reading = b.register_reset("reading_q", uint(1), 0);
        let taken = b.wire("read_taken", address_valid & !reading.signal());
        reading.when(taken, b.flag(true)).when(data_ready, b.flag(false));
        Read { taken, word, reading: reading.signal(), ready: data_ready }
    }

    /// A field that keeps what was written, and steps on if it is part of a stepping address.
    fn held_field<'m>(
        &self,
        b: &'m Builder,
        (write, read): (&Write<'m, R>, &Read<'m>),
        spec: &FieldSpec<R, F>,
        low_wraps: &mut Option<Signal<'m>>,
    ) -> Signal<'m> {
        let name = format!("{}_q", port_name(&self.map, spec));
        let field = b.register_reset(&name, uint(spec.width), spec.reset.into());
        let value = field.signal();
        let chosen = write.accepted & write.chosen[&spec.register];
        let field = field.when(chosen, write.data.bits(spec.low, spec.width));
        for step in self.stepping {
            let moves = || match self.map.is_readable(step.data) {
                true => read.taken & read.word.is((self.offset(step.data) / 4).into()),
                false => write.accepted & write.chosen[&step.data],
            };
            if spec.field == step.low {
                let wraps = value.is((step.low_count - 1).into());
                let wraps = b.wire(&format!("{}_wraps", self.register_name(spec.register)), wraps);
                field.when(moves(), wraps.select(value.same(0), value + 1));
                *low_wraps = Some(wraps);
            } else if spec.field == step.high
                && let Some(wraps) = low_wraps
            {
                field.when(moves() & *wraps, value + 1);
            }
        }
        value
    }

    fn offset(&self, register: R) -> u32 {
        let found = self.map.registers.iter().find(|spec| spec.register == register);
        found.map_or(0, |spec| spec.offset)
    }

    fn register_name(&self, register: R) -> &'static str {
        let found = self.map.registers.iter().find(|spec| spec.register == register);
        found.map_or("", |spec| spec.name)
    }

    /// What a register reads: its fields in their places, zeros elsewhere.
    fn register_value<'m>(
        &self,
        b: &'m Builder,
        register: R,
        inputs: &BTreeMap<F, Signal<'m>>,
        held: &BTreeMap<F, Signal<'m>>,
    ) -> Signal<'m> {
        if self.map.is_constant(register) {
            return b.literal((self.constant)(register).into(), uint(32));
        }
        let (mut parts, mut next) = (vec![], 0);
        for spec in self.map.fields_of(register).filter(|spec| spec.access.is_readable()) {
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
}

/// Names of fields that tell nothing without their register's.
const PARTS: [&str; 10] = [
    "bank",
    "word",
    "place",
    "group",
    "part",
    "instruction",
    "element",
    "mantissa",
    "shift",
    "exponent",
];

/// Port of a field: its own name, with its register's where that alone would not tell.
pub fn port_name<R: Copy + Eq, F>(map: &RegisterMap<R, F>, spec: &FieldSpec<R, F>) -> String {
    let alone = map.fields.iter().filter(|other| other.name == spec.name).count() == 1;
    if alone && !PARTS.contains(&spec.name) {
        return spec.name.to_string();
    }
    let register = map.registers.iter().find(|register| register.register == spec.register);
    format!("{}_{}", register.map_or("", |register| register.name), spec.name)
}

/// Meaning of a field in the tone of a port table.
pub(in crate::blocks) fn port_meaning<R, F>(spec: &FieldSpec<R, F>) -> String {
    let mut letters = spec.meaning.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// States that each request has one answer, which stays until it is taken.
fn answered_once<'m>(b: &'m Builder, name: &str, exchange: Exchange<'m>) {
    let Exchange { taken, answering, ready, answer } = exchange;
    let meaning = format!("The answer of a {name} stays until it is taken.");
    let kept = format!("{name}_answer_kept");
    b.kept(Claim::Asserted, &kept, (answering, ready), &[answer], &meaning);
    let requests = b.tally(&format!("{name}_requests_q"), 2, taken);
    let answers = b.tally(&format!("{name}_answers_q"), 2, answering & ready);
    let meaning = format!("Each {name} is answered once.");
    let open = (requests - answers).eq(answering.extend(2));
    b.assert_property(&format!("{name}_answered_once"), open, &meaning);
    let meaning = format!("No {name} is taken before the one ahead of it is answered.");
    b.assert_property(&format!("{name}_waits_its_turn"), !(taken & answering), &meaning);
}

fn read_answer<'m>(b: &'m Builder, read: &Read<'m>, value: Signal<'m>) -> Signal<'m> {
    let data = b.delay("read_data_q", read.taken, value);
    b.port_group("AXI4-Lite, read, flow control and answer.");
    b.output("s_axil_arready", read.taken, "the address is taken");
    b.output("s_axil_rdata", data, "the register's value");
    b.output("s_axil_rresp", b.literal(0, uint(2)), "0: always done");
    b.output("s_axil_rvalid", read.reading, "a word is there");
    data
}
