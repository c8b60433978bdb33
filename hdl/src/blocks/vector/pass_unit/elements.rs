//! The elements of a word: join, function, multiply, neuron, one after the other.

use super::operands::Operands;
use super::{Unit, fitting};
use crate::blocks::vector::choice::Chosen;
use crate::blocks::vector::delay_line::delayed;
use crate::blocks::vector::pass_cycles::{JOINED, OPERANDS, PRODUCT_SAVES};
use crate::blocks::vector::pass_function::PassFunction;
use crate::blocks::vector::pass_join::PassJoin;
use crate::blocks::vector::pass_multiply::PassMultiply;
use crate::blocks::vector::pass_neuron::{CURRENT_CYCLES, PassNeuron, THETA_CYCLES};
use crate::blocks::vector::pass_table::{index_width, pass_table, tables};
use crate::language::instance::Outputs;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{sint, uint};
use firmware::isa::{Exit, Function, Multiply, Theta};
use std::sync::Arc;

/// A word of results, in the cycle in which it is written.
pub(super) struct Results<'m> {
    /// The results, side by side; zero beyond the last element.
    pub(super) y: Signal<'m>,
    /// The results, one by one.
    pub(super) elements: Vec<Signal<'m>>,
    /// The membranes, where there are neurons.
    pub(super) membranes: Option<Signal<'m>>,
    /// How many elements of the word saturated.
    pub(super) saturations: Signal<'m>,
}

impl<'m> Unit<'_, 'm> {
    /// The fields that a module has ports for, so many cycles behind the last read of a word.
    fn fields_of(
        &self,
        module: &Module,
        cycles: u32,
        fields: &[(&'static str, &str)],
    ) -> Vec<(&'static str, Signal<'m>)> {
        let has = fields.iter().filter(|(port, _)| module.port_type(port).is_some());
        has.map(|&(port, field)| (port, self.at(field, cycles))).collect()
    }

    /// One element of a word.
    fn part(&self, word: Signal<'m>, index: u32) -> Signal<'m> {
        let width = self.unit.value_width;
        word.bits(index * width, width).as_sint()
    }

    /// Instances of a module, one an element.
    fn each(
        &self,
        name: &str,
        module: &Arc<Module>,
        inputs: impl Fn(u32) -> Vec<(&'static str, Signal<'m>)>,
    ) -> Vec<Outputs<'m>> {
        let place = |index: u32| {
            let inputs = fitting(module, &inputs(index));
            self.b.instance(&format!("{name}_{index}"), module, &inputs)
        };
        (0..self.unit.elements).map(place).collect()
    }

    /// The results of a word, from its operands.
    pub(super) fn elements(&self, operands: &Operands<'m>) -> Results<'m> {
        let (b, unit) = (self.b, self.unit);
        let joins = self.joins(operands);
        let functions = unit.stages().functions.then(|| self.functions(&joins));
        let products = self.products(operands, &joins, functions.as_deref());
        let masked = self.masked();
        let spiking = unit.choices.spiking;
        let neurons = if spiking { self.neurons(operands, &products, &masked) } else { vec![] };

        b.section("Results: a word is one a cycle behind its exit.");
        let nothing = b.literal(0, sint(unit.value_width));
        let result = |index: u32| {
            let at = index as usize;
            let value = self.exits.pick_exit(|exit| match exit {
                Exit::Join => joins[at].get("joined_o"),
                Exit::Product => products[at].get("scaled_o"),
                Exit::Neuron => neurons[at].get("spike_o"),
            });
            let value = masked[at].select(nothing, value);
            b.delay(&format!("y_{index}_q"), b.flag(true), value)
        };
        let elements: Vec<Signal> = (0..unit.elements).map(result).collect();

        b.section("How many elements saturated.");
        let bits = unit.elements.ilog2() + 2;
        let left = if spiking { self.exits.left(b, Exit::Neuron) } else { None };
        let flag = |index: u32| {
            let at = index as usize;
            let joined = joins[at].get("saturated_o");
            let name = format!("join_saturated_{index}");
            let earlier = delayed(b, &name, joined, unit.stages().scaled() - JOINED);
            let either = b.wire(
                &format!("either_saturated_{index}"),
                earlier | products[at].get("saturated_o"),
            );
            let behind = |exit: Exit| match exit {
                Exit::Join => joined,
                Exit::Product => either,
                Exit::Neuron => delayed(b, &format!("saturated_{index}"), either, PRODUCT_SAVES),
            };
            let any = self.exits.pick_exit(behind) & !masked[at];
            let any = b.delay(&format!("limited_{index}_q"), b.flag(true), any);
            let any = match spiking {
                true => {
                    let own = neurons[at].get("saturated_o");
                    any | left.map_or(own, |left| left & own)
                }
                false => any,
            };
            b.wire(&format!("saturates_{index}"), any & self.tag.valid).extend(bits)
        };
        let mut counts: Vec<Signal> = (0..unit.elements).map(flag).collect();
        let mut level = 0;
        while counts.len() > 1 {
            level += 1;
            let add = |(index, pair): (usize, &[Signal<'m>])| {
                b.wire(&format!("saturations_{level}_{index}"), pair[0] + pair[1])
            };
            counts = counts.chunks(2).enumerate().map(add).collect();
        }

        let side_by_side = |parts: Vec<Signal<'m>>| {
            let parts: Vec<Signal> = parts.into_iter().rev().map(|part| part.as_uint()).collect();
            b.concat(&parts)
        };
        let y = side_by_side(elements.clone());
        if !unit.writes_results() {
            b.unused("y", b.wire("y", y), "Only membranes are written.");
        }
        let membranes = spiking.then(|| {
            let each = neurons.iter().map(|neuron| neuron.get("membrane_o")).collect();
            b.wire("membranes", side_by_side(each))
        });
        Results { y, elements, membranes, saturations: counts[0] }
    }

    fn joins(&self, operands: &Operands<'m>) -> Vec<Outputs<'m>> {
        let unit = self.unit;
        self.b.section("Join.");
        let joins = unit.choices.joins.clone();
        let module = PassJoin { value_width: unit.value_width, joins }.module();
        self.each("join", &module, |index| {
            let fields = [("join_i", "join"), ("shift_i", "join_shift")];
            let mut inputs = self.fields_of(&module, OPERANDS, &fields);
            for (port, word) in ["a_i", "b_i", "c_i"].into_iter().zip(operands.words) {
                inputs.extend(word.map(|word| (port, self.part(word, index))));
            }
            inputs
        })
    }

    fn functions(&self, joins: &[Outputs<'m>]) -> Vec<Outputs<'m>> {
        let (b, unit) = (self.b, self.unit);
        b.section("Function. Neighbours share a table.");
        let tables = tables(&unit.choices);
        let module = self.function().module();
        let forward = |name: &str, ty| -> Vec<Signal<'m>> {
            (0..unit.elements).map(|index| b.forward(&format!("{name}_{index}"), ty)).collect()
        };
        let mut asked: Vec<Signal> = vec![];
        let mut answers: Vec<(Signal, Signal)> = vec![];
        if !tables.is_empty() {
            asked = forward("table_index", uint(index_width(tables.len())));
            let table = pass_table(&tables);
            for (pair, indices) in asked.chunks(2).enumerate() {
                let inputs = [("index_0_i", indices[0]), ("index_1_i", indices[1])];
                let found = b.instance(&format!("table_{pair}"), &table, &inputs);
                for element in 0..2 {
                    let of = |part: &str| found.get(&format!("{part}_{element}_o"));
                    answers.push((of("entry"), of("step")));
                }
            }
        }
        let place = |index: u32| {
            let at = index as usize;
            let mut inputs = self.fields_of(&module, JOINED, &[("function_i", "function")]);
            inputs.push(("value_i", joins[at].get("joined_o")));
            if let Some((entry, step)) = answers.get(at) {
                inputs.extend([("entry_i", *entry), ("step_i", *step)]);
            }
            let drives: Vec<(&str, Signal)> =
                asked.get(at).map(|index| ("index_o", *index)).into_iter().collect();
            b.instance_driving(&format!("function_{index}"), &module, &inputs, &drives)
        };
        (0..unit.elements).map(place).collect()
    }

    fn function(&self) -> PassFunction {
        PassFunction {
            value_width: self.unit.value_width,
            functions: self.unit.choices.functions.clone(),
            tables: tables(&self.unit.choices),
        }
    }

    fn products(
        &self,
        operands: &Operands<'m>,
        joins: &[Outputs<'m>],
        functions: Option<&[Outputs<'m>]>,
    ) -> Vec<Outputs<'m>> {
        let (b, unit) = (self.b, self.unit);
        let found = unit.stages().found();
        b.section("Multiply. Operands wait for what the function finds.");
        let multiplies = &unit.choices.multiplies;
        let mut factors: Vec<(&'static str, Signal)> = vec![];
        for ((port, choice), word) in
            [("a_i", Multiply::A), ("b_i", Multiply::B), ("c_i", Multiply::C)]
                .into_iter()
                .zip(operands.words)
        {
            if let Some(word) = word.filter(|_| multiplies.contains(&choice)) {
                let name = format!("factor_{}", port.trim_end_matches("_i"));
                let late = delayed(b, &name, word, found - 1 - OPERANDS);
                factors.push((port, late));
            }
        }
        let has_length = unit.choices.functions.contains(&Function::Reciprocal);
        let reciprocal = has_length.then(|| match unit.choices.functions.len() {
            1 => b.flag(true),
            _ => {
                let made = &unit.choices.functions;
                let function = Chosen::of(b, "function", made, || self.at("function", found));
                function.is(&[Function::Reciprocal])
            }
        });
        let module = PassMultiply {
            value_width: unit.value_width,
            found_width: functions.map_or(unit.value_width, |_| self.function().found_width()),
            multiplies: multiplies.clone(),
            has_length,
        }
        .module();
        self.each("multiply", &module, |index| {
            let at = index as usize;
            let mut inputs = self.fields_of(&module, found - 1, &[("multiply_i", "multiply")]);
            inputs.extend(factors.iter().map(|&(port, word)| (port, self.part(word, index))));
            inputs.extend(operands.mantissa.map(|mantissa| ("mantissa_i", mantissa)));
            let found = functions
                .map_or_else(|| joins[at].get("joined_o"), |found| found[at].get("found_o"));
            inputs.push(("found_i", found));
            inputs.push(("amount_i", operands.amount));
            if let (Some(reciprocal), Some(found)) = (reciprocal, functions) {
                inputs.push(("length_i", found[at].get("length_o")));
                inputs.push(("reciprocal_i", reciprocal));
            }
            inputs
        })
    }

    /// For each element whether it lies beyond the last one, a cycle before the results.
    fn masked(&self) -> Vec<Signal<'m>> {
        let (b, unit) = (self.b, self.unit);
        b.section("Elements beyond the last one are zero.");
        let low = self.last_element.bits(0, unit.elements.trailing_zeros());
        let low = self.beside_next("last_element", low);
        let last = self.last_next;
        let low = b.wire("last_of_word", low);
        let beyond = |index: u32| {
            let beyond = match index {
                0 => b.flag(false),
                _ => last & low.lt(low.same(index.into())),
            };
            b.wire(&format!("beyond_{index}"), beyond)
        };
        (0..unit.elements).map(beyond).collect()
    }

    fn neurons(
        &self,
        operands: &Operands<'m>,
        products: &[Outputs<'m>],
        masked: &[Signal<'m>],
    ) -> Vec<Outputs<'m>> {
        let (b, unit) = (self.b, self.unit);
        let choices = unit.choices.clone();
        let channel = choices.thetas.contains(&Theta::Channel);
        let module = PassNeuron { value_width: unit.value_width, choices }.module();
        b.section("Neuron. Membranes and thresholds wait for its current.");
        let membranes = unit.stages().scaled() - CURRENT_CYCLES;
        let [.., third, membrane] = operands.words;
        let membrane =
            membrane.map(|word| delayed(b, "membranes_wait", word, membranes - OPERANDS));
        let theta = third
            .filter(|_| channel && module.port_type("channel_i").is_some())
            .map(|word| delayed(b, "thetas_wait", word, membranes + THETA_CYCLES - OPERANDS));
        let fields = [
            ("spiking_i", "spiking"),
            ("quantiser_i", "quantiser"),
            ("levels_i", "levels"),
            ("reset_i", "reset"),
            ("level_bits_i", "level_bits"),
            ("remainder_i", "remainder"),
            ("theta_i", "theta"),
            ("threshold_i", "threshold"),
            ("leak_i", "leak"),
        ];
        self.each("neuron", &module, |index| {
            let at = index as usize;
            let mut inputs = self.fields_of(&module, membranes, &fields);
            inputs.push(("masked_i", masked[at]));
            inputs.push(("current_i", products[at].get("scaled_o")));
            inputs.extend(membrane.map(|word| ("membrane_i", self.part(word, index))));
            inputs.extend(theta.map(|word| ("channel_i", self.part(word, index))));
            inputs
        })
    }
}
