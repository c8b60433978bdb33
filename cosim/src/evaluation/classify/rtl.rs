//! The RTL on texts that are read whole, in lock-step with the integer machine.
//!
//! ```text
//!  texts ─┬─► batch ─► a loaded machine, text after text ─┐
//!         └─► batch ─► another, on another core ──────────┴─► classes, values compared, cycles
//! ```

use crate::machine::MachineError;
use crate::pipeline::machine::{Conversation, Session};
use crate::reference::machine::MachineReference;
use crate::report::grouped;
use crate::tools::ToolError;
use crate::verilated::CompiledModel;
use firmware::image::MachineImage;
use firmware::machine::Program;
use indicatif::ProgressBar;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt;

/// What the RTL did with its texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RtlCheck {
    /// Texts that it read.
    pub texts: usize,
    /// Writes that were those of the integer machine.
    pub writes: u64,
    /// Values in them.
    pub values: u64,
    /// Mean cycles of a text, behind its last token.
    pub cycles: f64,
    /// The mean of those in which the array took an entry.
    pub array_cycles: f64,
    /// The mean of those in which the vector unit was busy.
    pub vector_cycles: f64,
    /// The largest relative error of the cycle model.
    pub cycle_model_error: f64,
    /// The first difference, if there is one.
    pub failure: Option<String>,
}

/// What came of one text.
struct TextRun {
    answer: Vec<u32>,
    check: RtlCheck,
}

/// Reads texts on as many machines at once as there are cores, each loaded once. Yields what was
/// compared and the answer to each text, up to the first difference of a batch.
///
/// # Errors
/// If a simulation cannot be made. That values differ is a result, not an error.
pub fn check_texts(
    model: &CompiledModel,
    program: &Program,
    image: &MachineImage,
    texts: &[Vec<u32>],
    bar: &ProgressBar,
) -> Result<(RtlCheck, Vec<Vec<u32>>), ToolError> {
    let reference = MachineReference::new(program);
    let size = texts.len().div_ceil(rayon::current_num_threads()).max(1);
    let batch = |texts: &[Vec<u32>]| -> Result<Vec<TextRun>, ToolError> {
        let mut session = match Session::new(model.simulate()?, image, reference.clone()) {
            Ok(session) => session,
            Err(error) => return Ok(vec![TextRun::failed(&error)]),
        };
        let mut runs = Vec::new();
        for ids in texts {
            let run = TextRun::of(session.converse(ids, 1, |_| ()), program);
            bar.inc(1);
            let failed = run.check.failure.is_some();
            runs.push(run);
            if failed {
                break;
            }
        }
        Ok(runs)
    };
    let runs: Vec<Vec<TextRun>> = texts.par_chunks(size).map(batch).collect::<Result<_, _>>()?;
    let mut all = RtlCheck::default();
    let mut answers = Vec::new();
    for TextRun { answer, check } in runs.into_iter().flatten() {
        all.add(check);
        answers.push(answer);
    }
    all.average();
    Ok((all, answers))
}

impl TextRun {
    fn of(conversation: Conversation, program: &Program) -> TextRun {
        let mut check = RtlCheck {
            texts: 1,
            writes: conversation.compared_writes(),
            values: conversation.compared_values(),
            failure: conversation.failure.as_ref().map(ToString::to_string),
            ..RtlCheck::default()
        };
        for token in &conversation.tokens {
            let measured = f64::from(token.counters.cycles);
            let distance = (token.predicted(program).total as f64 - measured).abs();
            check.cycles += measured;
            check.array_cycles += f64::from(token.counters.array_cycles);
            check.vector_cycles += f64::from(token.counters.vector_cycles);
            check.cycle_model_error = check.cycle_model_error.max(distance / measured.max(1.0));
        }
        TextRun { answer: conversation.answer, check }
    }

    fn failed(error: &MachineError) -> TextRun {
        let failure = Some(error.to_string());
        TextRun { answer: Vec::new(), check: RtlCheck { failure, ..RtlCheck::default() } }
    }
}

impl RtlCheck {
    fn add(&mut self, other: RtlCheck) {
        self.texts += other.texts;
        self.writes += other.writes;
        self.values += other.values;
        self.cycles += other.cycles;
        self.array_cycles += other.array_cycles;
        self.vector_cycles += other.vector_cycles;
        self.cycle_model_error = self.cycle_model_error.max(other.cycle_model_error);
        self.failure = self.failure.take().or(other.failure);
    }

    /// Sums of cycles become means.
    fn average(&mut self) {
        let texts = self.texts.max(1) as f64;
        for sum in [&mut self.cycles, &mut self.array_cycles, &mut self.vector_cycles] {
            *sum /= texts;
        }
    }
}

impl fmt::Display for RtlCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |cycles: f64| 100.0 * cycles / self.cycles.max(1.0);
        match &self.failure {
            Some(failure) => return write!(f, "RTL != machine\n{failure}"),
            None => write!(f, "RTL = machine at every write: {} texts, ", self.texts)?,
        }
        write!(
            f,
            "{} values in {} writes; {} cycles a text, cycle model {:.1} % off, array busy {:.1} %, \
             vector unit {:.1} %",
            grouped(self.values as f64),
            grouped(self.writes as f64),
            grouped(self.cycles),
            100.0 * self.cycle_model_error,
            part(self.array_cycles),
            part(self.vector_cycles),
        )
    }
}
