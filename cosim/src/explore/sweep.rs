//! The designs of a sweep: every combination of the values of its axes that can be a machine.

use serde::Serialize;
use std::collections::BTreeSet;
use weights::config::{Design, Form, Target};
use weights::packing::Packing;

/// The values that each key takes; a key without any keeps the design's value or takes the sweep's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Axes {
    /// `array.lanes`.
    pub lanes: Vec<usize>,
    /// `array.slots`.
    pub slots: Vec<usize>,
    /// `array.planes`.
    pub planes: Vec<usize>,
    /// `array.form`.
    pub form: Vec<Form>,
    /// `machine.elements`.
    pub elements: Vec<usize>,
    /// `weight_store.packing`.
    pub packing: Vec<Packing>,
    /// `array.target`.
    pub target: Vec<Target>,
    /// `encoder.mean_count`.
    pub mean_count: Vec<u32>,
    /// `machine.attention_bits` and `machine.head_bits`.
    pub bits: Vec<u32>,
}

/// Lanes and slots where nobody says.
const SIDES: [usize; 5] = [4, 8, 16, 32, 64];
/// Values of a vector where nobody says.
const ELEMENTS: [usize; 4] = [2, 4, 8, 16];
/// Codes of the weights where nobody says.
const PACKINGS: [Packing; 2] = [Packing::TwoBit, Packing::Base3];
/// Planes where nobody says.
const PLANES: [usize; 3] = [2, 4, 8];
/// Planes of an array of events: its lanes see whole counts.
const EVENT_PLANES: usize = 1;

/// What machines a network can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machines {
    /// The array is dense.
    Dense,
    /// It may be one of events, too.
    DenseOrEvents,
}

/// One design of the sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Lanes.
    pub lanes: usize,
    /// Slots.
    pub slots: usize,
    /// Planes.
    pub planes: usize,
    /// Values of a vector.
    pub elements: usize,
    /// Code of the weights.
    pub packing: Packing,
    /// How the array meets a train.
    pub form: Form,
    /// What the dots of the array are built of.
    pub target: Target,
    /// Mean count that the encoder aims at.
    pub mean_count: u32,
    /// Bits of the counts of attention and head.
    pub bits: [u32; 2],
}

impl Candidate {
    /// The design itself as a point of the sweep.
    pub fn of(design: &Design) -> Candidate {
        let (array, machine) = (&design.array, &design.machine);
        Candidate {
            lanes: array.lanes,
            slots: array.slots,
            planes: array.planes,
            elements: machine.elements,
            packing: design.weight_store.packing,
            form: array.form,
            target: array.target,
            mean_count: design.encoder.mean_count,
            bits: [machine.attention_bits, machine.head_bits],
        }
    }

    /// What names the point and its files.
    pub fn id(&self) -> String {
        let Candidate { lanes, slots, planes, elements, packing, mean_count, bits, .. } = self;
        let [attention, head] = bits;
        let packing = packing.name();
        let target = if self.target == Target::Ecp5 { "-ecp5" } else { "" };
        let array = match self.form {
            Form::Event => format!("{lanes}-events-{slots}"),
            _ => format!("{lanes}x{slots}x{planes}"),
        };
        let shape = format!("{array}-v{elements}-{packing}");
        format!("{shape}-k{mean_count}-b{attention}.{head}{target}")
    }

    /// The settings that make a design this one.
    pub fn settings(&self) -> Vec<String> {
        let [attention, head] = self.bits;
        vec![
            format!("array.lanes={}", self.lanes),
            format!("array.slots={}", self.slots),
            format!("array.planes={}", self.planes),
            format!("array.form={}", self.form.name()),
            format!("machine.elements={}", self.elements),
            format!("weight_store.packing={}", self.packing.name()),
            format!("array.target={}", self.target.name()),
            format!("encoder.mean_count={}", self.mean_count),
            format!("machine.attention_bits={attention}"),
            format!("machine.head_bits={head}"),
        ]
    }

    /// Whether vectors divide both sides: what a machine asks of its design.
    fn is_machine(&self) -> bool {
        let divides = |side: usize| side.is_multiple_of(self.elements);
        divides(self.lanes) && divides(self.slots)
    }
}

impl Axes {
    /// Every candidate, the design itself first.
    pub fn candidates(&self, design: &Design, machines: Machines) -> Vec<Candidate> {
        let own = Candidate::of(design);
        let pairs = |bits: &u32| [*bits; 2];
        let both: Vec<[u32; 2]> = self.bits.iter().map(pairs).collect();
        let mut found = vec![own.clone()];
        each(&mut found, &self.mean_count, &[own.mean_count], |to, value| to.mean_count = value);
        each(&mut found, &both, &[own.bits], |to, value| to.bits = value);
        each(&mut found, &self.target, &[own.target], |to, value| to.target = value);
        each(&mut found, &self.packing, &PACKINGS, |to, value| to.packing = value);
        let own_form = [own.form];
        let forms: &[Form] = match machines {
            Machines::DenseOrEvents => &[Form::Dense, Form::Event],
            _ => &own_form,
        };
        each(&mut found, &self.form, forms, |to, value| to.form = value);
        each(&mut found, &self.lanes, &SIDES, |to, value| to.lanes = value);
        each(&mut found, &self.slots, &SIDES, |to, value| to.slots = value);
        each(&mut found, &self.planes, &PLANES, |to, value| to.planes = value);
        each(&mut found, &self.elements, &ELEMENTS, |to, value| to.elements = value);
        for event in found.iter_mut().filter(|next| next.form == Form::Event) {
            event.planes = EVENT_PLANES;
        }
        found.retain(|next| next.is_machine());
        found.insert(0, own);
        let mut seen = BTreeSet::new();
        found.retain(|next| seen.insert(next.id()));
        found
    }
}

impl Axes {
    /// A value that was asked for and that is in no machine: no vector divides both sides.
    pub fn unmet(&self) -> Option<(&'static str, usize)> {
        let holds = |lanes: &[usize], slots: &[usize], elements: &[usize]| {
            let divides = |sides: &[usize], by: usize| sides.iter().any(|it| it.is_multiple_of(by));
            elements.iter().any(|&by| divides(lanes, by) && divides(slots, by))
        };
        let [lanes, slots] = [&self.lanes, &self.slots].map(|given| taken(given, &SIDES));
        let elements = taken(&self.elements, &ELEMENTS);
        let lane = self.lanes.iter().find(|&&one| !holds(&[one], slots, elements));
        let slot = || self.slots.iter().find(|&&one| !holds(lanes, &[one], elements));
        let element = || self.elements.iter().find(|&&one| !holds(lanes, slots, &[one]));
        lane.map(|&value| ("array.lanes", value))
            .or_else(|| slot().map(|&value| ("array.slots", value)))
            .or_else(|| element().map(|&value| ("machine.elements", value)))
    }
}

/// The values of a key: those given, or else the usual ones.
fn taken<'a, T>(given: &'a [T], usual: &'a [T]) -> &'a [T] {
    if given.is_empty() { usual } else { given }
}

/// Every candidate becomes one for each value of a key: those given, or else the usual ones.
fn each<T: Copy>(found: &mut Vec<Candidate>, given: &[T], usual: &[T], put: fn(&mut Candidate, T)) {
    let values = taken(given, usual);
    let with = |candidate: &Candidate, value: &T| {
        let mut next = candidate.clone();
        put(&mut next, *value);
        next
    };
    *found = found.iter().flat_map(|from| values.iter().map(move |v| with(from, v))).collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use weights::config::DesignFile;

    #[test]
    fn a_sweep_holds_the_design_and_machines_only() {
        let file = DesignFile::bundled();
        let axes = Axes {
            lanes: vec![4, 8],
            slots: vec![16],
            planes: vec![2, 4],
            elements: vec![4, 8],
            packing: vec![Packing::Base3],
            ..Axes::default()
        };
        let candidates = axes.candidates(&file.design, Machines::Dense);
        let ids: Vec<String> = candidates.iter().map(Candidate::id).collect();
        // Vectors of eight do not divide four lanes; counts of four bits take two passes of two planes.
        let shapes = ["8x16x4-v8", "4x16x2-v4", "4x16x4-v4", "8x16x2-v4", "8x16x2-v8", "8x16x4-v4"];
        assert_eq!(ids, shapes.map(|shape| format!("{shape}-base3-k26-b4.4")));
        assert_eq!(axes.unmet(), None);
        let odd = Axes { lanes: vec![4, 6], elements: vec![4], ..Axes::default() };
        assert_eq!(odd.unmet(), Some(("array.lanes", 6)));
        let wide = Axes { lanes: vec![8], elements: vec![4, 16], ..Axes::default() };
        assert_eq!(wide.unmet(), Some(("machine.elements", 16)));
        let both = axes.candidates(&file.design, Machines::DenseOrEvents);
        let events: Vec<&Candidate> = both.iter().filter(|it| it.form == Form::Event).collect();
        let ids: Vec<String> = events.iter().map(|it| it.id()).collect();
        let expected = ["4-events-16-v4", "8-events-16-v4", "8-events-16-v8"];
        assert_eq!(ids, expected.map(|shape| format!("{shape}-base3-k26-b4.4")));
        let settings = candidates[1].settings();
        let other = file.with_settings(&settings).unwrap().design;
        assert_eq!(Candidate::of(&other), candidates[1]);
    }
}
