//! The vector unit of passes: a stream of words through the stages that a program chooses.
//!
//! ```text
//!  instruction ─► pass_control ─► pass_reads ─► operands ─► elements ─┬─► T, S
//!                                                                     ├─► trains, planes
//!                                                                     ├─► keys, values
//!                                    levels, scalars ◄─ pass_finish ◄─┴─ pass_reduce
//! ```
//!
//! Executes `Pass` of [`firmware::isa`] as [`numeric::pass`](weights::numeric::pass) says, one pass
//! after the other: each finds all that the one before has written. Every word of a pass takes as
//! many cycles as the pass has phases, and leaves the stages where nothing more is done to it.
//!
//! Where the program has streams, a pass is taken while the one before is still under way: a turn of a
//! loop that is the same pass at once, one cycle behind the last read of the turn before, another when
//! it finds what the ones before have written (`lead`). Fields and addresses travel beside the words. A
//! pass is never taken in the three cycles in which the registers of the one before are read.
//!
//! Cycles from the acceptance to `done_o`, where `n` is the number of words times the phases, D the
//! digits, and tree = ⌈log2(elements) / 2⌉; what a pass does last decides:
//!
//! | it writes | cycles |
//! |---|---|
//! | T, S or nothing | n + 23 |
//! | a vector in its plane | n + 24 |
//! | a train | n + 25, unary n + 26 |
//! | a key or value | n + 25 + D, and waits where words of the store are complete less than D cycles apart |
//! | a level or scalar | n + 31 + tree |
//!
//! These are of a pass with neurons; one without takes 4 less, one that only joins 13.

mod beside;
mod carried;
mod elements;
mod exits;
mod operands;
mod tag;
mod writers;

use super::choice::Chosen;
use super::pass_control::{DEPTH_WIDTH, INDEX_WIDTH, PHASE_WIDTH, PassControl, depth};
use super::pass_cycles::{PassDepths, PassStages};
use super::pass_fields::PassFields;
use super::widths::POSITION_WIDTH;
use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use carried::Carried;
use exits::Exits;
use firmware::isa::{Destination, Emit, LONG_WIDTH, Length, Reduce};
use firmware::machine::MachineParameters;
use firmware::pass_choices::PassChoices;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use tag::Tag;
use weights::numeric::Radix;

/// Emissions that keep a key or a value.
const KEPT: [Emit; 2] = [Emit::Keys, Emit::Values];
/// Reductions that gather something.
const GATHERS: [Reduce; 5] =
    [Reduce::Sum, Reduce::Squares, Reduce::Magnitudes, Reduce::Peak, Reduce::Largest];

/// Parameters of the block; what they mean stands at [`MachineParameters`].
#[derive(Clone, Debug)]
pub struct PassUnit {
    /// Elements of a word, 2..=16.
    pub elements: u32,
    /// Rows of the array, a multiple of `elements`.
    pub lanes: u32,
    /// Columns of the array, a multiple of `elements`.
    pub slots: u32,
    /// Bits of a value, 16..=24.
    pub value_width: u32,
    /// Bits of a count's magnitude.
    pub count_width: u32,
    /// Balanced ternary digits of a kept key or value.
    pub digits: u32,
    /// How the planes of a train add up.
    pub radix: Radix,
    /// Whether passes may be under way one behind the other.
    pub streams: bool,
    /// What the passes choose.
    pub choices: PassChoices,
}

/// The unit under construction.
struct Unit<'a, 'm> {
    unit: &'a PassUnit,
    b: &'m Builder,
    fields: PassFields<'m>,
    control: Outputs<'m>,
    emit: Chosen<'m, Emit>,
    reduce: Chosen<'m, Reduce>,
    /// The same of the pass whose results are there, where another may be behind it.
    result_emit: OnceCell<Chosen<'m, Emit>>,
    result_reduce: OnceCell<Chosen<'m, Reduce>>,
    /// The pass is taken; the cycle after that.
    accept: Signal<'m>,
    start: Signal<'m>,
    position: Signal<'m>,
    /// The state begins anew.
    restarts: Signal<'m>,
    last_element: Signal<'m>,
    /// Fields that travel beside the words, by name and cycle.
    beside: RefCell<BTreeMap<(String, u32), Signal<'m>>>,
    /// Those of them that go in lines, by their cycles.
    carried: RefCell<BTreeMap<u32, Vec<Carried<'m>>>>,
    exits: Exits<'m>,
    /// What is known of a word of results.
    tag: Tag<'m>,
    /// Whether the word that becomes results in the next cycle is the last.
    last_next: Signal<'m>,
}

impl PassUnit {
    /// The unit of a machine for a program that makes these choices.
    ///
    /// # Panics
    /// If the machine knows no functions and they have some, or the other way round.
    pub fn new(machine: &MachineParameters, choices: PassChoices) -> PassUnit {
        assert_eq!(machine.functions, choices.has_functions(), "the stage of functions");
        PassUnit {
            elements: machine.elements,
            lanes: machine.lanes,
            slots: machine.slots,
            value_width: machine.value_width,
            count_width: machine.count_width,
            digits: machine.key_value_digits,
            radix: machine.radix,
            streams: machine.streams,
            choices,
        }
    }

    /// How long its passes take.
    pub fn depths(&self) -> PassDepths {
        PassDepths::new(self.stages(), self.elements, self.radix, self.digits)
    }

    /// The stages that its passes need.
    fn stages(&self) -> PassStages {
        PassStages { functions: self.choices.has_functions() }
    }

    /// The module `pass_unit`.
    ///
    /// # Panics
    /// If `elements` is no power of two from 2 to 16, or `value_width` outside 16..=24.
    pub fn module(&self) -> Arc<Module> {
        let elements = self.elements;
        assert!(matches!(elements, 2 | 4 | 8 | 16), "{elements} elements are not 2, 4, 8 or 16");
        let width = self.value_width;
        assert!((16..=24).contains(&width), "a value of {width} bits is not 16..=24 wide");
        let b = Builder::new("pass_unit", file!(), &self.summary());
        let unit = self.control(&b);
        let operands = unit.operands();
        let results = unit.elements(&operands);
        unit.writers(&results);
        unit.carry();
        unit.fields.finish();
        b.finish()
    }

    fn summary(&self) -> String {
        let order = match self.streams {
            false => "One pass after the other; each finds all that the one before has written.",
            true => {
                "A pass is taken while others are under way, as early as its lead says: it finds all \
                 that they write."
            }
        };
        format!(
            "{} elements per cycle through join, function, multiply, neuron, reduction.\n\n\
             {order} A result is written at most {} cycles after the last read of its word, a cycle behind \
             the last stage that does something to it.",
            self.elements,
            self.stages().result()
        )
    }

    /// Whether something happens with the last word of a pass.
    fn closes(&self) -> bool {
        self.choices.gathers() || self.choices.emits.iter().any(|emit| *emit != Emit::Nothing)
    }

    /// Whether results go anywhere.
    fn writes_results(&self) -> bool {
        let mut destinations = self.choices.destinations.iter();
        self.closes() || destinations.any(|to| *to != Destination::Nothing)
    }

    fn word(&self) -> Type {
        uint(self.elements * self.value_width)
    }

    /// The instruction, and its walk.
    fn control<'a, 'm>(&'a self, b: &'m Builder) -> Unit<'a, 'm> {
        let bit = uint(1);
        b.port_group("Instruction, its pointers added; what stands beside it is taken with it.");
        let valid = b.input("instruction_valid_i", bit, "an instruction waits");
        let instruction = b.input("instruction_i", uint(LONG_WIDTH), "its bits");
        let position = b.input("position_i", uint(POSITION_WIDTH), "position p");
        let attended = b.input("attended_i", uint(POSITION_WIDTH), "the last attended position");
        let restarts = b.input("restarts_i", bit, "its state begins anew");
        b.section("The pass that is under way.");
        let accept = b.forward("accept", bit);
        let fields = PassFields::of(b, instruction, accept, &self.choices.alike);
        let position = match self.choices.keeps() {
            true => b.delay("position_q", accept, position),
            false => {
                b.unused("position", position, "Nothing is kept for a position.");
                position
            }
        };
        let follows = self.streams.then(|| {
            let meaning = "it is the pass under way, at other addresses";
            b.input("instruction_follows_i", bit, meaning)
        });
        let restarts = match self.choices.begins_anew() {
            true => b.delay("restarts_q", accept, restarts),
            false => {
                b.unused("restarts", restarts, "No state begins anew.");
                restarts
            }
        };
        let channels = fields.now("channels").extend(INDEX_WIDTH) - 1;
        let all = b.constant(
            "ATTENDED",
            Length::Attended as i128,
            fields.now("length").ty(),
            "as many elements as positions",
        );
        let last_element = fields.now("length").eq(all).select(attended, channels);
        let last_element = b.delay("last_element_q", accept, last_element);
        let last_phase = last_phase(b, &fields);
        debug_assert_eq!(last_phase.width(), PHASE_WIDTH);
        let emit = Chosen::of(b, "emit", &self.choices.emits, || fields.held("emit"));
        let reduce = Chosen::of(b, "reduce", &self.choices.reduces, || fields.held("reduce"));
        let gathers = reduce.ever(&GATHERS);
        let (keeps, values) = (emit.ever(&KEPT), emit.ever(&[Emit::Values]));
        debug_assert!(self.depths().finish < 1 << DEPTH_WIDTH);
        let (vector, train) = (emit.ever(&[Emit::Vector]), emit.ever(&[Emit::Train]));
        let mut exits = Exits::of(b, self.stages(), self.streams, &self.choices, &fields);
        let deepest = depth(b, &self.depths(), [vector, train, keeps, gathers]);
        let depth = exits.depth(b, deepest);
        let digits = if keeps.is_some() { self.digits } else { 0 };
        let PassUnit { elements, lanes, slots, .. } = *self;
        let stream = follows.map(|_| self.depths().most());
        let control = PassControl { elements, lanes, slots, digits, stream }.module();
        let mut inputs = vec![
            ("instruction_valid_i", valid),
            ("last_element_i", last_element),
            ("last_phase_i", last_phase),
            ("depth_i", depth),
        ];
        if let Some(follows) = follows {
            inputs.extend([("follows_i", follows), ("lead_i", fields.now("lead"))]);
        }
        let nothing = b.flag(false);
        if let Some(keeps) = keeps {
            inputs.push(("keeps_i", keeps));
            inputs.push(("values_i", values.unwrap_or(nothing)));
        }
        let inputs = fitting(&control, &inputs);
        let control = b.instance_driving("control", &control, &inputs, &[("accept_o", accept)]);
        let output = |port: &str, from: &str, meaning: &str| {
            b.output(port, control.get(from), meaning);
        };
        output("instruction_ready_o", "instruction_ready_o", "it is taken if it is valid");
        output("done_o", "done_o", "the oldest pass is finished, its last write happens");
        output("vector_busy_o", "busy_o", "a pass is under way");
        b.section("Where the words are, and where they leave.");
        let (tag, last_next) = exits.tags(b, &control, self.closes());
        let start = control.get("start_o");
        Unit {
            unit: self,
            b,
            fields,
            control,
            emit,
            reduce,
            result_emit: OnceCell::new(),
            result_reduce: OnceCell::new(),
            accept,
            start,
            position,
            restarts,
            last_element,
            beside: RefCell::default(),
            carried: RefCell::default(),
            exits,
            tag,
            last_next,
        }
    }
}

/// The last phase of a word: the largest that a pass has. A constant of zero never is, one of all ones
/// always, and of several constants one is compared.
fn last_phase<'m>(b: &'m Builder, fields: &PassFields<'m>) -> Signal<'m> {
    const LARGEST: i64 = (1 << PHASE_WIDTH) - 1;
    let (known, open): (Vec<&str>, Vec<&str>) = ["b_phase", "c_phase", "membrane_phase"]
        .iter()
        .partition(|name| fields.alike(name).is_some());
    let greatest = known.into_iter().max_by_key(|name| fields.alike(name));
    let compared: Vec<&str> = match greatest.and_then(|name| fields.alike(name)) {
        Some(LARGEST) => greatest.into_iter().collect(),
        Some(0) if !open.is_empty() => open,
        _ => greatest.into_iter().chain(open).collect(),
    };
    let mut names = ["larger_phase", "last_phase"].into_iter().skip(3 - compared.len());
    let larger = |left: Signal<'m>, right: Signal<'m>| {
        let name =
            names.next().unwrap_or_else(|| unreachable!("three phases have two comparisons"));
        b.wire(name, left.lt(right).select(right, left))
    };
    let last = compared.into_iter().map(|name| fields.held(name)).reduce(larger);
    last.unwrap_or_else(|| unreachable!("a word has at least one phase"))
}

/// The inputs that a module has: it has none for what there is no choice about.
fn fitting<'m>(
    module: &Module,
    inputs: &[(&'static str, Signal<'m>)],
) -> Vec<(&'static str, Signal<'m>)> {
    inputs.iter().copied().filter(|(port, _)| module.port_type(port).is_some()).collect()
}
