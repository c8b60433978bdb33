//! Stating the properties of a module under construction.

use crate::language::builder::Builder;
use crate::language::module::Item;
use crate::language::property::{Claim, Property};
use crate::language::signal::Signal;
use crate::language::signal_type::uint;

impl Builder {
    /// Begins the properties of the module. Registers and wires after this exist for them only.
    pub fn properties(&self) {
        self.flush_clocked();
        self.add_item(Item::Properties);
    }

    /// The surroundings keep this at 1.
    ///
    /// # Panics
    /// If it is no single bit, or the module has no reset.
    #[track_caller]
    pub fn assume(&self, name: &str, holds: Signal<'_>, meaning: &str) {
        self.claim(Claim::Assumed, name, holds, meaning);
    }

    /// The module keeps this at 1.
    ///
    /// # Panics
    /// As [`assume`](Self::assume).
    #[track_caller]
    pub fn assert_property(&self, name: &str, holds: Signal<'_>, meaning: &str) {
        self.claim(Claim::Asserted, name, holds, meaning);
    }

    /// The rule of every stream: what is offered stays, unchanged, until it is taken.
    ///
    /// # Panics
    /// As [`assume`](Self::assume).
    #[track_caller]
    pub fn kept<'m>(
        &'m self,
        claim: Claim,
        name: &str,
        (valid, ready): (Signal<'m>, Signal<'m>),
        data: &[Signal<'m>],
        meaning: &str,
    ) {
        let waits = self.register_reset(&format!("{name}_waits_q"), uint(1), 0);
        let waits = waits.next(valid & !ready).signal();
        let mut holds = valid;
        for (index, &part) in data.iter().enumerate() {
            let before = self.register(&format!("{name}_before_{index}_q"), part.ty());
            holds = holds & before.next(part).signal().eq(part);
        }
        self.claim(claim, name, !waits | holds, meaning);
    }

    /// How often `event` has been 1 since the reset, modulo 2^`width`.
    pub fn tally<'m>(&'m self, name: &str, width: u32, event: Signal<'m>) -> Signal<'m> {
        let register = self.register_reset(name, uint(width), 0);
        register.when(event, register.signal() + 1).signal()
    }

    /// How many of these bits are 1, in `width` bits.
    pub fn ones<'m>(&'m self, width: u32, bits: &[Signal<'m>]) -> Signal<'m> {
        let zero = self.literal(0, uint(width));
        let ones = bits.iter().map(|bit| bit.select(self.literal(1, uint(width)), zero));
        ones.reduce(|sum, one| sum + one).unwrap_or(zero)
    }

    #[track_caller]
    fn claim(&self, claim: Claim, name: &str, holds: Signal<'_>, meaning: &str) {
        assert!(holds.ty() == uint(1), "`{name}`: a property is uint(1), not {}", holds.ty());
        assert!(self.state.borrow().module.has_reset, "`{name}`: the module has no reset");
        let (name, meaning) = (name.to_owned(), meaning.to_owned());
        self.add_item(Item::Property(Property { name, claim, meaning, node: holds.node }));
    }
}
