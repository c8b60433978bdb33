//! Properties at run time: each module in its place, each cycle.

use super::native::NativeSimulation;
use super::state::{PropertyState, Slot};

impl NativeSimulation {
    /// Looks at every property before the clock edge. A module answers for itself from its first
    /// reset on, until its surroundings break an assumption.
    ///
    /// # Panics
    /// If an assertion does not hold.
    pub(super) fn check_properties(&mut self) {
        let NativeSimulation { state, properties, .. } = self;
        let bit = |slot: &Slot| state[slot.offset] & 1 == 1;
        for module in properties {
            let PropertyState { path, reset, assumed, asserted, armed } = module;
            if bit(reset) {
                *armed = true;
            } else if *armed {
                *armed = assumed.iter().all(bit);
                let broken = asserted.iter().find(|(_, slot)| *armed && !bit(slot));
                if let Some((name, _)) = broken {
                    panic!("`{path}` breaks its property `{name}`");
                }
            }
        }
    }
}
