//! What a number of random networks have between them.

use firmware::isa::{Action, Pass, Reduce};
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
    /// What passes choose, by field.
    pub choices: Counted,
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
        let mut choices = Counted::new();
        for instruction in &program.instructions {
            if let Action::Pass(pass) = &instruction.action {
                choices.extend(made(pass).into_iter().map(|choice| (choice, 1)));
            }
        }
        merge(&mut self.choices, choices);
    }

    /// Choices of passes that no program makes.
    pub fn never_made(&self) -> Vec<String> {
        let fields = Pass::FORMAT.fields.iter();
        let all = fields.flat_map(|field| {
            (field.choices)().into_iter().map(|choice| format!("{} {choice}", field.name))
        });
        all.filter(|choice| !self.choices.contains_key(choice)).collect()
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

/// What a pass chooses where it means something.
fn made(pass: &Pass) -> Vec<String> {
    let fields = Pass::FORMAT.fields.iter().zip(pass.values());
    let chosen = fields.filter_map(|(field, code)| {
        let means = match field.name {
            "b_space" | "b_restart" => pass.reads_b(),
            "c_space" | "c_restart" => pass.reads_c(),
            "quantiser" | "levels" | "reset" | "theta" => pass.spiking == 1,
            "finish" => pass.reduce != Reduce::Nothing,
            _ => true,
        };
        let choices = (field.choices)();
        let choice = choices.get(usize::try_from(code).ok()?)?;
        means.then(|| format!("{} {choice}", field.name))
    });
    chosen.collect()
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
            ("choices", &self.choices),
        ] {
            let each: Vec<String> =
                counted.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            writeln!(out, "  {title:<11} {}", each.join(", "))?;
        }
        Ok(())
    }
}
