//! The fields of the pass under way.
//!
//! ```text
//!  instruction_i ─► field, at once ─► <field>_q, from the acceptance on
//! ```

use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{LONG_WIDTH, Pass};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The fields of an instruction that is taken; each is a wire, or a register, from its first use, or a
/// constant where all passes are alike.
pub(super) struct PassFields<'m> {
    b: &'m Builder,
    instruction: Signal<'m>,
    accept: Signal<'m>,
    alike: BTreeMap<&'static str, i64>,
    now: RefCell<BTreeMap<&'static str, Signal<'m>>>,
    held: RefCell<BTreeMap<&'static str, Signal<'m>>>,
}

impl<'m> PassFields<'m> {
    pub(super) fn of(
        b: &'m Builder,
        instruction: Signal<'m>,
        accept: Signal<'m>,
        alike: &BTreeMap<&'static str, i64>,
    ) -> PassFields<'m> {
        let (now, held) = Default::default();
        PassFields { b, instruction, accept, alike: alike.clone(), now, held }
    }

    /// What a field is in every pass, if it is the same.
    pub(super) fn alike(&self, name: &str) -> Option<i64> {
        self.alike.get(Pass::FORMAT.field(name).name).copied()
    }

    /// The constant in the place of a field that is the same in every pass.
    pub(super) fn constant(&self, name: &str) -> Option<Signal<'m>> {
        let field = Pass::FORMAT.field(name);
        let value = self.alike(name)?;
        let constant = || {
            let ty = if field.signed { sint(field.width) } else { uint(field.width) };
            self.b.constant(&field.name.to_uppercase(), value.into(), ty, "of every pass")
        };
        Some(*self.held.borrow_mut().entry(field.name).or_insert_with(constant))
    }

    /// A field as it comes with the instruction.
    #[track_caller]
    pub(super) fn now(&self, name: &str) -> Signal<'m> {
        if let Some(constant) = self.constant(name) {
            return constant;
        }
        let field = Pass::FORMAT.field(name);
        *self.now.borrow_mut().entry(field.name).or_insert_with(|| {
            let bits = self.instruction.bits(field.low, field.width);
            let bits = if field.signed { bits.as_sint() } else { bits };
            self.b.wire(&format!("pass_{}", field.name), bits)
        })
    }

    /// A field from the cycle after the acceptance on.
    #[track_caller]
    pub(super) fn held(&self, name: &str) -> Signal<'m> {
        if let Some(constant) = self.constant(name) {
            return constant;
        }
        let field = Pass::FORMAT.field(name);
        if let Some(held) = self.held.borrow().get(field.name) {
            return *held;
        }
        let held = self.b.delay(&format!("{}_q", field.name), self.accept, self.now(name));
        self.held.borrow_mut().insert(field.name, held);
        held
    }

    /// Says that the other bits are not looked at.
    pub(super) fn finish(&self) {
        let mut read = [false; LONG_WIDTH as usize];
        for name in self.now.borrow().keys() {
            let field = Pass::FORMAT.field(name);
            read[field.low as usize..(field.low + field.width) as usize].fill(true);
        }
        let mut low = 0;
        while low < read.len() {
            let width = read[low..].iter().take_while(|&&bit| !bit).count();
            if width > 0 {
                let bits = self.instruction.bits(low as u32, width as u32);
                let reason =
                    "The sequencer has done it, or no two passes of the program differ in it.";
                self.b.unused(&format!("instruction_{low}"), bits, reason);
            }
            low += width.max(1);
        }
    }
}
