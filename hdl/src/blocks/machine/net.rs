//! Wiring by table: instances whose inputs are named after who drives them.
//!
//! An output is called `<instance>.<port>`, an input of the module itself by its port. A top then
//! reads as the list of its connections.

use crate::language::builder::Builder;
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::Type;
use crate::language::simulation::Direction;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The signals of a top under construction.
pub(in crate::blocks) struct Net<'m> {
    b: &'m Builder,
    signals: BTreeMap<String, Signal<'m>>,
}

impl<'m> Net<'m> {
    pub(in crate::blocks) fn new(b: &'m Builder) -> Net<'m> {
        Net { b, signals: BTreeMap::new() }
    }

    /// An input port of the top.
    pub(in crate::blocks) fn input(&mut self, name: &str, ty: Type, meaning: &str) {
        self.add(name, self.b.input(name, ty, meaning));
    }

    /// A signal that the top makes itself.
    pub(in crate::blocks) fn add(&mut self, name: &str, signal: Signal<'m>) {
        self.signals.insert(name.into(), signal);
    }

    /// The signal of that name.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub(in crate::blocks) fn get(&self, name: &str) -> Signal<'m> {
        match self.signals.get(name) {
            Some(signal) => *signal,
            None => panic!("nothing is called `{name}`"),
        }
    }

    /// Declares outputs of an instance that comes further down.
    ///
    /// # Panics
    /// If the module has no such output.
    #[track_caller]
    pub(in crate::blocks) fn forward(&mut self, instance: &str, module: &Module, ports: &[&str]) {
        for port in ports {
            let Some(ty) = module.port_type(port) else { panic!("{} has no {port}", module.name) };
            let wire = format!("{instance}_{}", port.trim_end_matches("_o"));
            self.add(&format!("{instance}.{port}"), self.b.forward(&wire, ty));
        }
    }

    /// An instance: each of its inputs, and the signal that drives it, fitted to its width.
    ///
    /// # Panics
    /// If an input is missing or unknown.
    #[track_caller]
    pub(in crate::blocks) fn place(
        &mut self,
        instance: &str,
        module: &Arc<Module>,
        wires: &[(&str, &str)],
    ) {
        let mut inputs = vec![];
        for &(port, source) in wires {
            let Some(ty) = module.port_type(port) else {
                panic!("`{}` has no input `{port}`", module.name)
            };
            let name = format!("{instance}_{}", port.trim_end_matches("_i"));
            inputs.push((port, self.fit(&name, self.get(source), ty)));
        }
        let ports = module.ports();
        let outputs: Vec<(String, &str)> = ports
            .iter()
            .filter(|port| port.direction == Direction::Output)
            .map(|port| (format!("{instance}.{}", port.name), port.name.as_str()))
            .collect();
        let drives: Vec<(&str, Signal)> = outputs
            .iter()
            .filter_map(|(name, port)| Some((*port, *self.signals.get(name)?)))
            .collect();
        let placed: Outputs = self.b.instance_driving(instance, module, &inputs, &drives);
        for (name, port) in &outputs {
            self.signals.insert(name.clone(), placed.get(port));
        }
    }

    /// Outputs of an instance that the program does not need: zero.
    pub(in crate::blocks) fn leave_out(&mut self, instance: &str, outputs: &[(&str, Type)]) {
        for &(port, ty) in outputs {
            self.add(&format!("{instance}.{port}"), self.b.literal(0, ty));
        }
    }

    /// What would drive an instance that the program does not need, and nothing reads.
    pub(in crate::blocks) fn unread(&self, wires: &[(&str, &str)], reason: &str) {
        for (_, source) in wires {
            self.unused(source, reason);
        }
    }

    /// An instance opposite another: its inputs `x_i` are driven by the other's outputs `x_o`, but
    /// for those of `wires`.
    ///
    /// # Panics
    /// If the other has no such output.
    #[track_caller]
    pub(in crate::blocks) fn place_facing(
        &mut self,
        instance: &str,
        module: &Arc<Module>,
        other: &str,
        wires: &[(&str, &str)],
    ) {
        let ports = module.ports();
        let facing: Vec<(&str, String)> = ports
            .iter()
            .filter_map(|port| Some((port.name.as_str(), port.name.strip_suffix("_i")?)))
            .filter(|(name, _)| *name != "rst_i" && wires.iter().all(|(given, _)| given != name))
            .map(|(name, base)| (name, format!("{other}.{base}_o")))
            .collect();
        let mut all: Vec<(&str, &str)> = wires.to_vec();
        all.extend(facing.iter().map(|(name, source)| (*name, source.as_str())));
        self.place(instance, module, &all);
    }

    /// Says that an output is not read, and why.
    pub(in crate::blocks) fn unused(&self, name: &str, reason: &str) {
        let label = name.replace('.', "_");
        self.b.unused(label.trim_end_matches("_o"), self.get(name), reason);
    }

    /// An output port of the top.
    pub(in crate::blocks) fn output(&self, name: &str, source: &str, meaning: &str) {
        self.b.output(name, self.get(source), meaning);
    }

    /// A signal in the width of the port that takes it.
    fn fit(&self, name: &str, signal: Signal<'m>, ty: Type) -> Signal<'m> {
        let fitted = match signal.width() {
            width if width > ty.width => {
                let above = signal.bits(ty.width, width - ty.width);
                self.b.unused(name, above, "Every value that comes fits the port.");
                signal.bits(0, ty.width)
            }
            width if width < ty.width => signal.extend(ty.width),
            _ => signal,
        };
        if ty.signed { fitted.as_sint() } else { fitted.as_uint() }
    }
}
