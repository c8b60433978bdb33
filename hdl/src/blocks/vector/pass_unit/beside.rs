//! What travels beside the words, where several passes are under way.
//!
//! ```text
//!  field_q ─► join_3 ─► … function_8 …     a field so many cycles behind the last read of its word
//!      └────► exit ─► write_result_q       the same with its results, wherever the word left
//! ```
//!
//! Where one pass is under way at a time a field holds as long as that, and nothing travels.

use super::Unit;
use super::carried::Carried;
use crate::blocks::vector::choice::{Chosen, Code};
use crate::blocks::vector::delay_line::{REGISTERS_MAX, delayed};
use crate::language::signal::Signal;
use firmware::isa::{Emit, Reduce};
use std::cell::OnceCell;
use std::collections::BTreeMap;

impl<'m> Unit<'_, 'm> {
    /// A signal of the pass that was read so many cycles ago: it holds as long as that pass, and where
    /// another may be behind it already, it travels beside the words.
    pub(super) fn beside(&self, name: &str, signal: Signal<'m>, cycles: u32) -> Signal<'m> {
        if !self.unit.streams {
            return signal;
        }
        let key = (name.to_owned(), cycles);
        if let Some(known) = self.beside.borrow().get(&key) {
            return *known;
        }
        let late = match cycles {
            0 => return signal,
            1..=REGISTERS_MAX => {
                let before = self.beside(name, signal, cycles - 1);
                self.b.delay(&format!("{name}_{cycles}_q"), self.b.flag(true), before)
            }
            _ => {
                let late = self.b.forward(&format!("{name}_{cycles}"), signal.ty());
                let carried = Carried { name: name.to_owned(), signal, late };
                self.carried.borrow_mut().entry(cycles).or_default().push(carried);
                late
            }
        };
        self.beside.borrow_mut().insert(key, late);
        late
    }

    /// The lines: what travels equally far shares one, and what has come some of the way goes on from there.
    pub(super) fn carry(&self) {
        let mut there: BTreeMap<&str, (u32, Signal)> = BTreeMap::new();
        let carried = self.carried.borrow();
        for (&cycles, signals) in carried.iter() {
            self.b.section(&format!("{cycles} cycles behind the last read of a word."));
            let mut lines: BTreeMap<u32, Vec<(Signal, Signal)>> = BTreeMap::new();
            for Carried { name, signal, late } in signals {
                let (from, source) = there.get(name.as_str()).copied().unwrap_or((0, *signal));
                lines.entry(from).or_default().push((source, *late));
                there.insert(name, (cycles, *late));
            }
            for (from, signals) in lines {
                let name = match from {
                    0 => format!("beside_{cycles}"),
                    _ => format!("beside_{cycles}_from_{from}"),
                };
                self.line(&name, &signals, cycles - from);
            }
        }
    }

    /// One line: signals as they enter it, and as they leave so many cycles later.
    fn line(&self, name: &str, signals: &[(Signal<'m>, Signal<'m>)], cycles: u32) {
        let b = self.b;
        let parts: Vec<Signal> = signals.iter().rev().map(|it| it.0.as_uint()).collect();
        let all = match parts[..] {
            [one] => one,
            _ => b.wire(&format!("{name}_enters"), b.concat(&parts)),
        };
        let leaves = delayed(b, name, all, cycles);
        let mut low = 0;
        for (signal, late) in signals {
            let bits = leaves.bits(low, signal.width());
            b.assign(*late, if signal.ty().signed { bits.as_sint() } else { bits });
            low += signal.width();
        }
    }

    /// A signal of the pass whose word becomes results in the next cycle, wherever that left.
    pub(super) fn beside_next(&self, name: &str, signal: Signal<'m>) -> Signal<'m> {
        if !self.unit.streams {
            return signal;
        }
        self.exits.pick(|cycles| self.beside(name, signal, cycles))
    }

    /// A signal of the pass whose results were there so many cycles ago.
    pub(super) fn beside_results(&self, name: &str, signal: Signal<'m>, cycles: u32) -> Signal<'m> {
        if !self.unit.streams {
            return signal;
        }
        let key = (format!("{name}_result"), cycles);
        if let Some(known) = self.beside.borrow().get(&key) {
            return *known;
        }
        let late = match cycles {
            0 => {
                let next = self.beside_next(name, signal);
                self.b.delay(&format!("{name}_result_q"), self.b.flag(true), next)
            }
            _ => {
                let results = self.beside_results(name, signal, 0);
                delayed(self.b, &format!("{name}_behind_{cycles}"), results, cycles)
            }
        };
        self.beside.borrow_mut().insert(key, late);
        late
    }

    /// A field of the pass whose word was read so many cycles ago.
    #[track_caller]
    pub(super) fn at(&self, name: &str, cycles: u32) -> Signal<'m> {
        let held = self.fields.held(name);
        if self.fields.constant(name).is_some() {
            return held;
        }
        self.beside(&format!("{name}_at"), held, cycles)
    }

    /// A field of the pass whose word becomes results in the next cycle.
    #[track_caller]
    pub(super) fn field_next(&self, name: &str) -> Signal<'m> {
        let held = self.fields.held(name);
        if self.fields.constant(name).is_some() {
            return held;
        }
        self.beside_next(name, held)
    }

    /// A choice of the pass whose results are there.
    fn result_choice<'s, T: Code>(
        &self,
        held: &'s Chosen<'m, T>,
        late: &'s OnceCell<Chosen<'m, T>>,
        name: &str,
    ) -> &'s Chosen<'m, T> {
        match self.unit.streams {
            false => held,
            true => late.get_or_init(|| held.elsewhere("result", || self.field_beside(name, 0))),
        }
    }

    /// What it emits.
    pub(super) fn emit(&self) -> &Chosen<'m, Emit> {
        self.result_choice(&self.emit, &self.result_emit, "emit")
    }

    /// What it gathers.
    pub(super) fn reduce(&self) -> &Chosen<'m, Reduce> {
        self.result_choice(&self.reduce, &self.result_reduce, "reduce")
    }

    /// A field of the pass whose results were there so many cycles ago.
    #[track_caller]
    pub(super) fn field_beside(&self, name: &str, cycles: u32) -> Signal<'m> {
        if let Some(constant) = self.fields.constant(name) {
            return constant;
        }
        self.beside_results(name, self.fields.held(name), cycles)
    }
}
