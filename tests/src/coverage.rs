//! What a number of random networks have between them.

use firmware::machine::Program;
use std::collections::BTreeMap;
use std::fmt;
use weights::network::{Network, Operation};

/// How many networks have a thing.
type Counted = BTreeMap<String, usize>;

/// What networks and their machines have between them, each with the number of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Networks.
    pub networks: usize,
    /// Operations, by kind; functions by name.
    pub operations: Counted,
    /// Steps of a token.
    pub steps: BTreeMap<usize, usize>,
    /// What of a neuron there is: leaks, thresholds, resets, lives of membranes, spikes.
    pub neurons: Counted,
    /// Lanes × slots × planes, and values a cycle.
    pub arrays: Counted,
    /// Orders of a text.
    pub orders: Counted,
}

impl Coverage {
    /// Adds a network and its program.
    pub fn add(&mut self, network: &Network, program: &Program) {
        self.networks += 1;
        *self.steps.entry(network.steps).or_default() += 1;
        let (mut operations, mut neurons) = (Counted::new(), Counted::new());
        for operation in &network.operations {
            operations.insert(kind(operation), 1);
            if let Operation::Neuron { neuron, .. } = operation {
                let numbers = |values: &[f32]| match values {
                    [one] => format!("{one:.2}"),
                    several => format!("of {} steps", several.len()),
                };
                for has in [
                    format!("leak {}", numbers(&neuron.leak)),
                    format!("threshold {}", numbers(&neuron.threshold)),
                    format!("reset {:?}", neuron.reset),
                    format!("membranes {:?}", neuron.state),
                    format!("spikes {:?}", neuron.range),
                ] {
                    neurons.insert(has, 1);
                }
            }
        }
        merge(&mut self.operations, operations);
        merge(&mut self.neurons, neurons);
        let machine = &program.parameters;
        let array = format!(
            "{} x {} x {}, {} values",
            machine.lanes, machine.slots, machine.planes, machine.elements
        );
        *self.arrays.entry(array).or_default() += 1;
        let order = match (machine.has_vectors(), machine.loop_depth) {
            (true, _) => "chunks of positions".to_owned(),
            (false, 0) => "token by token, no loop".to_owned(),
            (false, depth) => format!("{depth} loops in each other"),
        };
        *self.orders.entry(order).or_default() += 1;
    }
}

/// The name of an operation, with that of its function.
fn kind(operation: &Operation) -> String {
    if let Operation::Apply { function, .. } = operation {
        return format!("Apply {function:?}");
    }
    let text = format!("{operation:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

fn merge(sum: &mut Counted, other: Counted) {
    for (name, count) in other {
        *sum.entry(name).or_default() += count;
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} networks have between them (how many each)", self.networks)?;
        let steps = self.steps.iter().map(|(steps, count)| (format!("T = {steps}"), *count));
        for (title, counted) in [
            ("operations", &self.operations),
            ("steps", &steps.collect()),
            ("neurons", &self.neurons),
            ("arrays", &self.arrays),
            ("orders", &self.orders),
        ] {
            let each: Vec<String> =
                counted.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            writeln!(out, "  {title:<11} {}", each.join(", "))?;
        }
        Ok(())
    }
}
