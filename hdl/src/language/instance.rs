//! Instances in a module under construction.

use crate::language::builder::Builder;
use crate::language::module::{Driver, Instance, Item, Module};
use crate::language::signal::Signal;
use crate::language::simulation::Direction;
use std::sync::Arc;

impl Builder {
    /// An instance with all its inputs; clock and reset connect by themselves. Its outputs are
    /// wires named `<instance>_<port without _o>`, in the order of the module's ports.
    ///
    /// # Panics
    /// If an input is missing, unknown or of another type.
    #[track_caller]
    pub fn instance<'m>(
        &'m self,
        name: &str,
        module: &Arc<Module>,
        inputs: &[(&str, Signal<'m>)],
    ) -> Outputs<'m> {
        self.instance_driving(name, module, inputs, &[])
    }

    /// An instance some of whose outputs drive [`forward`](Self::forward) wires.
    ///
    /// # Panics
    /// As [`instance`](Self::instance), and if a wire to drive is of another type, no forward
    /// wire, or driven already.
    #[track_caller]
    pub fn instance_driving<'m>(
        &'m self,
        name: &str,
        module: &Arc<Module>,
        inputs: &[(&str, Signal<'m>)],
        drives: &[(&str, Signal<'m>)],
    ) -> Outputs<'m> {
        let position = self.state.borrow().module.instances.len();
        let (mut connected, mut outputs, mut wires) = (vec![], vec![], vec![]);
        for port in module.ports().into_iter().filter(|port| port.name != "rst_i") {
            let driven = drives.iter().find(|(driving, _)| *driving == port.name);
            if let Some(&(_, wire)) = driven {
                let id = self.drive(wire, port.ty, Driver::Instance(position, port.name.clone()));
                outputs.push((port.name.clone(), id, true));
                wires.push((port.name, wire));
                continue;
            }
            if port.direction == Direction::Output {
                let text = output_wire(name, &port.name);
                let driver = Driver::Instance(position, port.name.clone());
                let (id, signal) = self.add_name(&text, port.ty, driver);
                outputs.push((port.name.clone(), id, false));
                wires.push((port.name, signal));
                continue;
            }
            let Some((_, signal)) = inputs.iter().find(|(given, _)| *given == port.name) else {
                panic!("instance `{name}` of `{}` leaves `{}` open", module.name, port.name);
            };
            assert!(
                signal.ty == port.ty,
                "`{name}.{}` is {}, `{}` is {}",
                port.name,
                port.ty,
                self.describe(signal.node),
                signal.ty
            );
            connected.push((port.name, signal.node));
        }
        for (given, _) in inputs {
            let known = connected.iter().any(|(port, _)| port == given);
            assert!(known, "`{}` has no input `{given}`", module.name);
        }
        self.clock_from(name, module);
        let mut state = self.state.borrow_mut();
        state.module.has_clock |= module.has_clock;
        state.module.has_reset |= module.has_reset;
        let instance =
            Instance { text: name.into(), module: module.clone(), inputs: connected, outputs };
        state.module.instances.push(instance);
        state.module.items.push(Item::Instance(position));
        Outputs { instance: name.into(), wires }
    }

    /// The clock that an instance makes clocks everything but itself.
    #[track_caller]
    fn clock_from(&self, name: &str, module: &Module) {
        let Some(pin) = module.primitive().and_then(|primitive| primitive.clock.makes) else {
            return;
        };
        let module = &mut self.state.borrow_mut().module;
        let first = !module.has_clock && module.registers.is_empty() && module.memories.is_empty();
        assert!(first, "`{name}` makes the clock: it must stand before what is clocked");
        module.clock = Some(output_wire(name, pin));
    }
}

/// The wire at an output of an instance; vendors write their pins in capitals.
fn output_wire(instance: &str, port: &str) -> String {
    format!("{instance}_{}", port.trim_end_matches("_o").to_ascii_lowercase())
}

/// The output wires of an instance.
pub struct Outputs<'m> {
    instance: String,
    wires: Vec<(String, Signal<'m>)>,
}

impl<'m> Outputs<'m> {
    /// The wire at an output port.
    ///
    /// # Panics
    /// If the module has no such output.
    #[track_caller]
    pub fn get(&self, port: &str) -> Signal<'m> {
        match self.wires.iter().find(|(name, _)| name == port) {
            Some((_, signal)) => *signal,
            None => panic!("instance `{}` has no output `{port}`", self.instance),
        }
    }
}
