//! Validation of a network: names, order, shapes and numbers.

mod arrivals;

use super::{
    DigitMatrix, EmbedIndex, Network, NetworkError, NeuronLayer, Operation, Parameters, Readout,
    Shape, Shapes, Table, TernaryMatrix,
};
use std::collections::BTreeSet;

/// Where the checks of one operation stand.
struct Checker<'network> {
    network: &'network Network,
    shapes: Shapes,
    /// Kind and output of the operation under test, for messages.
    operation: String,
}

impl Network {
    /// Checks names, order, shapes and numbers, and yields the shape of every value.
    ///
    /// # Errors
    /// The first [`NetworkError`], naming the operation and the value.
    pub fn check(&self) -> Result<Shapes, NetworkError> {
        check(self)
    }
}

fn check(network: &Network) -> Result<Shapes, NetworkError> {
    let mut checker = Checker { network, shapes: Shapes::new(), operation: "network".to_owned() };
    checker.positive("vocabulary", network.vocabulary)?;
    checker.positive("context", network.context)?;
    checker.positive("steps", network.steps)?;
    for (name, table) in &network.tables {
        checker.operation = format!("table `{name}`");
        checker.table(table)?;
    }
    let mut matrices = BTreeSet::new();
    for operation in &network.operations {
        checker.operation = format!("{} `{}`", operation.kind(), operation.output());
        for value in operation.inputs() {
            checker.shape(value)?;
        }
        let matrix_name = match operation {
            Operation::TernaryLinear { matrix, .. } => Some(&matrix.name),
            Operation::DigitLinear { matrix, .. } => Some(&matrix.name),
            _ => None,
        };
        if let Some(name) = matrix_name
            && !matrices.insert(name.as_str())
        {
            let (operation, name) = (checker.operation, name.clone());
            return Err(NetworkError::MatrixName { operation, name });
        }
        let shape = checker.output_shape(operation)?;
        let value = operation.output().to_owned();
        if checker.shapes.insert(value.clone(), shape).is_some() {
            return Err(NetworkError::WrittenTwice { operation: checker.operation, value });
        }
    }
    checker.recurrences()?;
    checker.operation = "network".to_owned();
    let outputs = match &network.readout {
        Readout::NextToken | Readout::MaskedToken => network.vocabulary,
        Readout::Classes(labels) => labels.len(),
        Readout::Vector => checker.vector(&network.output)?,
    };
    checker.expect(&network.output, Shape::Vector(outputs))?;
    Ok(checker.shapes)
}

impl Checker<'_> {
    /// Checks one operation against the shapes so far; yields the shape of its output.
    fn output_shape(&self, operation: &Operation) -> Result<Shape, NetworkError> {
        match operation {
            Operation::Input { width, bits, fraction, .. } => self.input(*width, *bits, *fraction),
            Operation::Embed { table, index, .. } => {
                let table = self.table_named(table)?;
                match index {
                    EmbedIndex::Token => self.rows(table, self.network.vocabulary)?,
                    EmbedIndex::Position if table.rows < self.network.context => {
                        self.rows(table, self.network.context)?;
                    }
                    EmbedIndex::Position => {}
                }
                Ok(Shape::Vector(table.columns))
            }
            Operation::RmsNorm { input, weight, epsilon, .. } => {
                self.epsilon(*epsilon)?;
                self.parameters("weight", weight, input)
            }
            Operation::LayerNorm { input, weight, bias, epsilon, .. } => {
                self.epsilon(*epsilon)?;
                self.parameters("weight", weight, input)?;
                self.parameters("bias", bias, input)
            }
            Operation::Bias { input, bias, .. } => self.parameters("bias", bias, input),
            Operation::TokenShift { input, mix, .. } => self.parameters("mix", mix, input),
            Operation::Previous { input, width, .. } => self.previous(input, *width),
            Operation::Wkv { key, value, decay, bonus, .. } => {
                self.expect(value, self.shape(key)?)?;
                self.parameters("decay", decay, key)?;
                self.parameters("bonus", bonus, key)
            }
            Operation::TernaryLinear { input, matrix, .. } => {
                self.matrix(matrix)?;
                self.expect(input, Shape::Vector(matrix.columns))?;
                Ok(Shape::Vector(matrix.rows))
            }
            Operation::DigitLinear { input, matrix, .. } => {
                self.digit_matrix(matrix)?;
                self.expect(input, Shape::Vector(matrix.columns))?;
                Ok(Shape::Vector(matrix.rows))
            }
            Operation::Head { table, input, .. } => {
                let table = self.table_named(table)?;
                self.expect(input, Shape::Vector(table.columns))?;
                Ok(Shape::Vector(table.rows))
            }
            Operation::Neuron { input, neuron, .. } => {
                self.neuron(neuron)?;
                Ok(Shape::Vector(self.vector(input)?))
            }
            Operation::Encode { input, code, .. } => {
                let width = self.vector(input)?;
                self.sound(code.fault(width))?;
                Ok(Shape::Vector(width))
            }
            Operation::Apply { input, .. }
            | Operation::StepMean { input, .. }
            | Operation::FirstPosition { input, .. } => Ok(Shape::Vector(self.vector(input)?)),
            Operation::Multiply { left, right, .. } | Operation::Add { left, right, .. } => {
                let width = self.vector(left)?;
                self.expect(right, Shape::Vector(width))?;
                Ok(Shape::Vector(width))
            }
            Operation::Rotary { .. }
            | Operation::AttentionScores { .. }
            | Operation::Softmax { .. }
            | Operation::WeightedValues { .. }
            | Operation::SpikingAttention { .. } => self.attention_shape(operation),
        }
    }

    /// [`output_shape`](Checker::output_shape) of the operations that know heads.
    fn attention_shape(&self, operation: &Operation) -> Result<Shape, NetworkError> {
        match operation {
            Operation::Rotary { input, heads, head_width, base, .. } => {
                self.positive("heads", *heads)?;
                self.divides("head_width", *head_width, 2)?;
                self.scale("base", *base)?;
                self.expect(input, Shape::Vector(heads * head_width))?;
                Ok(Shape::Vector(heads * head_width))
            }
            Operation::AttentionScores { query, key, shape, .. } => {
                self.positive("head_width", shape.head_width)?;
                self.divides("heads", shape.heads, shape.key_value_heads)?;
                self.expect(query, Shape::Vector(shape.query_width()))?;
                self.expect(key, Shape::Vector(shape.key_value_width()))?;
                Ok(Shape::Scores(shape.heads))
            }
            Operation::WeightedValues { probabilities, value, shape, .. } => {
                self.positive("head_width", shape.head_width)?;
                self.divides("heads", shape.heads, shape.key_value_heads)?;
                self.expect(probabilities, Shape::Scores(shape.heads))?;
                self.expect(value, Shape::Vector(shape.key_value_width()))?;
                Ok(Shape::Vector(shape.query_width()))
            }
            Operation::SpikingAttention { query, key, value, shape, .. } => {
                let expected = Shape::Vector(shape.heads * shape.head_width);
                for input in [query, key, value] {
                    self.expect(input, expected)?;
                }
                Ok(expected)
            }
            Operation::Softmax { input, .. } => match self.shape(input)? {
                scores @ Shape::Scores(_) => Ok(scores),
                Shape::Vector(width) => self.mismatch(
                    format!("value `{input}`"),
                    Shape::Vector(width).to_string(),
                    "attention scores".to_owned(),
                ),
            },
            _ => unreachable!("{} has no heads", operation.kind()),
        }
    }

    fn shape(&self, value: &str) -> Result<Shape, NetworkError> {
        self.shapes.get(value).copied().ok_or_else(|| NetworkError::Unwritten {
            operation: self.operation.clone(),
            value: value.to_owned(),
        })
    }

    fn vector(&self, value: &str) -> Result<usize, NetworkError> {
        match self.shape(value)? {
            Shape::Vector(width) => Ok(width),
            scores => {
                self.mismatch(format!("value `{value}`"), scores.to_string(), "a vector".to_owned())
            }
        }
    }

    fn expect(&self, value: &str, expected: Shape) -> Result<(), NetworkError> {
        let found = self.shape(value)?;
        if found == expected {
            return Ok(());
        }
        self.mismatch(format!("value `{value}`"), found.to_string(), expected.to_string())
    }

    fn same(&self, what: &str, found: usize, expected: usize) -> Result<(), NetworkError> {
        if found == expected {
            return Ok(());
        }
        self.mismatch(what.to_owned(), format!("[{found}]"), format!("[{expected}]"))
    }

    fn rows(&self, table: &Table, expected: usize) -> Result<(), NetworkError> {
        if table.rows == expected {
            return Ok(());
        }
        let found = format!("{} rows", table.rows);
        self.mismatch("its table".to_owned(), found, format!("{expected} rows"))
    }

    fn mismatch<T>(
        &self,
        what: String,
        found: String,
        expected: String,
    ) -> Result<T, NetworkError> {
        Err(NetworkError::Mismatch { operation: self.operation.clone(), what, found, expected })
    }

    fn parameters(
        &self,
        what: &str,
        parameters: &Parameters,
        input: &str,
    ) -> Result<Shape, NetworkError> {
        let width = self.vector(input)?;
        self.same(what, parameters.values().len(), width)?;
        self.finite(what, parameters.values())?;
        Ok(Shape::Vector(width))
    }

    fn neuron(&self, neuron: &NeuronLayer) -> Result<(), NetworkError> {
        self.scale("gain", neuron.gain)?;
        let lists = [
            ("leak", &neuron.leak),
            ("threshold", &neuron.threshold),
            ("amplitude", &neuron.amplitude),
        ];
        for (what, values) in lists {
            self.positive(what, values.len())?;
            self.finite(what, values)?;
        }
        neuron.threshold.iter().try_for_each(|&threshold| self.scale("threshold", threshold))
    }

    fn table_named(&self, name: &str) -> Result<&Table, NetworkError> {
        self.network.tables.get(name).ok_or_else(|| NetworkError::MissingTable {
            operation: self.operation.clone(),
            table: name.to_owned(),
        })
    }

    fn table(&self, table: &Table) -> Result<(), NetworkError> {
        self.positive("rows", table.rows)?;
        self.positive("columns", table.columns)?;
        self.same("its values", table.values.len(), table.rows.saturating_mul(table.columns))?;
        self.finite("value", &table.values)
    }

    fn matrix(&self, matrix: &TernaryMatrix) -> Result<(), NetworkError> {
        self.positive("rows", matrix.rows)?;
        self.positive("columns", matrix.columns)?;
        self.same("its trits", matrix.trits.len(), matrix.rows.saturating_mul(matrix.columns))?;
        self.scale("scale", matrix.scale)?;
        match matrix.trits.iter().position(|trit| !(-1..=1).contains(trit)) {
            None => Ok(()),
            Some(at) => self.number(
                format!("trit at row {}, column {}", at / matrix.columns, at % matrix.columns),
                matrix.trits[at].to_string(),
                "-1, 0 or +1",
            ),
        }
    }

    fn digit_matrix(&self, matrix: &DigitMatrix) -> Result<(), NetworkError> {
        self.positive("rows", matrix.rows)?;
        self.positive("columns", matrix.columns)?;
        self.same("its values", matrix.values.len(), matrix.rows.saturating_mul(matrix.columns))?;
        self.same("its row scales", matrix.row_scales.len(), matrix.rows)?;
        self.sound(matrix.fault())
    }

    fn sound(&self, fault: Option<(String, String, &'static str)>) -> Result<(), NetworkError> {
        fault.map_or(Ok(()), |(what, value, expected)| self.number(what, value, expected))
    }

    fn finite(&self, what: &str, values: &[f32]) -> Result<(), NetworkError> {
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(at) => self.number(format!("{what} {at}"), values[at].to_string(), "finite"),
        }
    }

    fn epsilon(&self, epsilon: f32) -> Result<(), NetworkError> {
        if epsilon.is_finite() && epsilon >= 0.0 {
            return Ok(());
        }
        self.number("epsilon".to_owned(), epsilon.to_string(), "finite and not negative")
    }

    fn scale(&self, what: &str, scale: f32) -> Result<(), NetworkError> {
        if scale.is_finite() && scale > 0.0 {
            return Ok(());
        }
        self.number(what.to_owned(), scale.to_string(), "finite and positive")
    }

    fn number(
        &self,
        what: String,
        value: String,
        expected: &'static str,
    ) -> Result<(), NetworkError> {
        Err(NetworkError::Number { operation: self.operation.clone(), what, value, expected })
    }

    fn positive(&self, what: &'static str, value: usize) -> Result<(), NetworkError> {
        self.dimension(what, value, value > 0, || "be at least 1".to_owned())
    }

    fn divides(
        &self,
        what: &'static str,
        value: usize,
        divisor: usize,
    ) -> Result<(), NetworkError> {
        let whole = value > 0 && divisor > 0 && value.is_multiple_of(divisor);
        self.dimension(what, value, whole, || format!("be a positive multiple of {divisor}"))
    }

    fn dimension(
        &self,
        what: &'static str,
        value: usize,
        valid: bool,
        expected: impl FnOnce() -> String,
    ) -> Result<(), NetworkError> {
        if valid {
            return Ok(());
        }
        let (operation, expected) = (self.operation.clone(), expected());
        Err(NetworkError::Dimension { operation, what, value, expected })
    }
}
