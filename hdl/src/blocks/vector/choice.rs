//! A field that is a choice, in the module that looks at it: its codes as named constants.
//!
//! ```text
//!  join_i ─► join_i == JOIN_ADD ─► join_is_add
//! ```
//!
//! A choice that the program never makes has no constant, no wire and no arm. Where only one is
//! made there is nothing to look at, and the module has no port for the field.

use super::delay_line::delayed;
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use weights::numeric::pass::Choice;

/// A choice with its code, its name and an order.
pub(super) trait Code: Choice + Ord {
    /// Its place among all.
    fn code(self) -> i128 {
        Self::ALL.iter().position(|choice| *choice == self).map_or(0, |place| place as i128)
    }

    /// Bits of its field.
    fn width() -> u32 {
        (Self::ALL.len() as u32).next_power_of_two().trailing_zeros()
    }
}

impl<T: Choice + Ord> Code for T {}

/// The choices of a field that a program makes, and the field.
pub(super) struct Chosen<'m, T> {
    b: &'m Builder,
    name: String,
    field: Option<Signal<'m>>,
    /// How many cycles later it is looked at, and what it is then.
    cycles: u32,
    late: OnceCell<Signal<'m>>,
    made: BTreeSet<T>,
    wires: RefCell<BTreeMap<T, Signal<'m>>>,
    /// The codes, which a later copy of the field shares, and what they are named after.
    codes: Rc<Codes<'m, T>>,
}

/// The codes of a field that are named so far.
struct Codes<'m, T> {
    field: String,
    named: RefCell<BTreeMap<T, Signal<'m>>>,
}

/// Choices, and what belongs to them; made only if one of them is.
pub(super) type Arm<'a, 'm, T> = (&'a [T], &'a dyn Fn() -> Signal<'m>);

impl<'m, T: Code> Chosen<'m, T> {
    /// The field as a port `<name>_i`, where there is something to choose.
    pub(super) fn input(
        b: &'m Builder,
        name: &str,
        made: &BTreeSet<T>,
        meaning: &str,
    ) -> Chosen<'m, T> {
        Chosen::of(b, name, made, || b.input(&format!("{name}_i"), uint(T::width()), meaning))
    }

    /// The field, made where there is something to choose.
    pub(super) fn of(
        b: &'m Builder,
        name: &str,
        made: &BTreeSet<T>,
        field: impl FnOnce() -> Signal<'m>,
    ) -> Chosen<'m, T> {
        let field = (made.len() > 1).then(field);
        let codes = Rc::new(Codes { field: name.into(), named: RefCell::default() });
        let (made, wires, late) = (made.clone(), RefCell::default(), OnceCell::new());
        Chosen { b, name: name.into(), field, cycles: 0, late, made, wires, codes }
    }

    /// The same field some cycles later, if anything looks at it then.
    pub(super) fn later(&self, suffix: &str, cycles: u32) -> Chosen<'m, T> {
        Chosen {
            b: self.b,
            name: format!("{}_{suffix}", self.codes.field),
            field: self.field,
            cycles: self.cycles + cycles,
            late: OnceCell::new(),
            made: self.made.clone(),
            wires: RefCell::default(),
            codes: self.codes.clone(),
        }
    }

    /// The same field as it is elsewhere, made where there is something to choose.
    pub(super) fn elsewhere(
        &self,
        suffix: &str,
        field: impl FnOnce() -> Signal<'m>,
    ) -> Chosen<'m, T> {
        Chosen {
            b: self.b,
            name: format!("{}_{suffix}", self.codes.field),
            field: self.field.map(|_| field()),
            cycles: 0,
            late: OnceCell::new(),
            made: self.made.clone(),
            wires: RefCell::default(),
            codes: self.codes.clone(),
        }
    }

    /// The field in the cycle in which it is looked at.
    fn look(&self) -> Option<Signal<'m>> {
        let delay =
            |field| *self.late.get_or_init(|| delayed(self.b, &self.name, field, self.cycles));
        self.field.map(delay)
    }

    /// Whether one of these is chosen; nothing if none of them ever is.
    pub(super) fn ever(&self, choices: &[T]) -> Option<Signal<'m>> {
        self.makes(choices).then(|| self.is(choices))
    }

    /// Whether the program ever makes one of these choices.
    pub(super) fn makes(&self, choices: &[T]) -> bool {
        choices.iter().any(|choice| self.made.contains(choice))
    }

    /// Whether it makes no other.
    pub(super) fn makes_only(&self, choices: &[T]) -> bool {
        self.made.iter().all(|choice| choices.contains(choice))
    }

    /// Whether one of these is chosen; nothing where the program decides it.
    fn condition(&self, choices: &[T]) -> Option<Signal<'m>> {
        if self.field.is_none() || self.makes_only(choices) || !self.makes(choices) {
            return None;
        }
        let field = self.look()?;
        let made = choices.iter().filter(|choice| self.made.contains(choice));
        let is = |choice: &T| {
            *self.wires.borrow_mut().entry(*choice).or_insert_with(|| {
                let label = choice.name().to_lowercase();
                let code = *self.codes.named.borrow_mut().entry(*choice).or_insert_with(|| {
                    let constant = format!("{}_{label}", self.codes.field).to_uppercase();
                    let meaning = format!("{}: {}", self.codes.field, choice.name());
                    self.b.constant(&constant, choice.code(), field.ty(), &meaning)
                });
                self.b.wire(&format!("{}_is_{label}", self.name), field.eq(code))
            })
        };
        made.map(is).reduce(|any, one| any | one)
    }

    /// Whether one of these is chosen.
    pub(super) fn is(&self, choices: &[T]) -> Signal<'m> {
        match self.condition(choices) {
            Some(condition) => condition,
            None => self.b.flag(self.makes(choices)),
        }
    }

    /// What belongs to the choice: the last arm that the program uses belongs to all others.
    ///
    /// # Panics
    /// If the program makes none of the choices.
    #[track_caller]
    pub(super) fn pick(&self, arms: &[Arm<'_, 'm, T>]) -> Signal<'m> {
        let used: Vec<_> = arms.iter().filter(|(choices, _)| self.makes(choices)).collect();
        let Some(((_, last), before)) = used.split_last() else {
            panic!("no arm of {} is used", self.name)
        };
        let rest = last();
        before.iter().rev().fold(rest, |rest, (choices, arm)| match self.condition(choices) {
            Some(condition) => condition.select(arm(), rest),
            None => arm(),
        })
    }

    /// The same, where what belongs to a choice is there already.
    #[track_caller]
    pub(super) fn pick_ready(&self, arms: &[(T, Signal<'m>)]) -> Signal<'m> {
        let used: Vec<_> = arms.iter().filter(|(choice, _)| self.makes(&[*choice])).collect();
        let Some(((_, last), before)) = used.split_last() else {
            panic!("no arm of {} is used", self.name)
        };
        let later = |rest: Signal<'m>, (choice, arm): &&(T, Signal<'m>)| {
            self.condition(&[*choice]).map_or(*arm, |condition| condition.select(*arm, rest))
        };
        before.iter().rev().fold(*last, later)
    }
}
