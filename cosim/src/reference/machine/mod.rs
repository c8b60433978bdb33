//! The whole machine in plain integers: a program executed instruction by instruction.
//!
//! ```text
//!  Program ─► Image   shared: instructions, weights packed for the host, constants
//!             State   of one text: R, T, S, trains, scalars, keys and values, position
//! ```
//!
//! What an instruction does is the text of `firmware::isa`; every number comes from
//! [`weights::numeric::fixed_point`]. The memories hold what the hardware's hold after the same
//! instruction, and an [`Observer`] sees every write of it.

mod cache;
mod image;
mod matrix;
mod observe;
mod pass;
mod state;
mod train;
mod widths;

pub use observe::{Facts, MatrixFacts, Observer, Record, Recorder, Silent, TrainCost, Write};
pub use state::PositionAnswer;
pub use widths::Widths;

use super::ReferenceError;
use firmware::control::Control;
use firmware::isa::{Action, Instruction};
use firmware::machine::{MachineParameters, Program};
use image::Image;
use pass::Place;
use state::State;
use std::sync::Arc;
use weights::network::VectorInput;

/// A machine with the state of one text. Cloning shares the weights and copies the state.
#[derive(Clone)]
pub struct MachineReference {
    image: Arc<Image>,
    state: State,
}

/// What the machine says about the next token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction<'a> {
    /// The likeliest id, the lowest on ties.
    pub token: u32,
    /// One integer a token id.
    pub logits: &'a [i64],
    /// The value of one unit of a logit.
    pub unit: f64,
    /// What stands at every position, where the machine fills masks; nothing otherwise.
    pub positions: &'a [PositionAnswer],
}

impl Prediction<'_> {
    /// The ids that leave the machine, one after the other.
    pub fn tokens(&self) -> Vec<u32> {
        match self.positions {
            [] => vec![self.token],
            positions => positions.iter().map(|position| position.token).collect(),
        }
    }

    /// The logits as real numbers.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.logits.iter().map(|&logit| logit as f64 * self.unit)
    }
}

impl MachineReference {
    /// Prepares a program for execution at position 0.
    ///
    /// # Panics
    /// If an instruction reads weights that no matrix covers.
    pub fn new(program: &Program) -> MachineReference {
        let image = Image::new(program);
        let state = State::new(&program.parameters);
        MachineReference { image: Arc::new(image), state }
    }

    /// Forgets the text, as the hardware does: the next token has position 0, and what the
    /// memories hold is written before it is read.
    pub fn reset(&mut self) {
        self.state.position = 0;
    }

    /// The machine that is executed.
    pub fn parameters(&self) -> &MachineParameters {
        &self.image.program.parameters
    }

    /// The program that is executed.
    pub fn program(&self) -> &Program {
        &self.image.program
    }

    /// The position that the next token will have.
    pub fn position(&self) -> usize {
        self.state.position
    }

    /// Writes in which a valid row saturated, since the machine was built.
    pub fn saturations(&self) -> u64 {
        self.state.saturations
    }

    /// Values of the result memory.
    pub fn results(&self) -> &[i64] {
        &self.state.results
    }

    /// Values of the temporary memory.
    pub fn temporaries(&self) -> &[i64] {
        &self.state.temporaries
    }

    /// The contents of a scalar register.
    pub fn scalar(&self, index: u32) -> weights::numeric::fixed_point::Scale {
        self.state.scalars[index as usize]
    }

    /// The counts of a train, one a channel.
    pub fn counts(&self, train: u32) -> &[i16] {
        self.state.trains[train as usize].counts()
    }

    /// Reads a text as one of its own; yields the scores of all token ids at every position, for a
    /// machine that fills masks.
    ///
    /// # Errors
    /// As [`step`](MachineReference::step).
    pub fn position_scores(&mut self, ids: &[u32]) -> Result<Vec<Vec<f64>>, ReferenceError> {
        self.reset();
        let Some((&last, first)) = ids.split_last() else { return Ok(Vec::new()) };
        for &id in first {
            self.step(id, false)?;
        }
        let Some(Prediction { unit, positions, .. }) = self.step(last, true)? else {
            return Ok(Vec::new());
        };
        let scores = |row: &[i64]| row.iter().map(|&logit| logit as f64 * unit).collect();
        Ok(positions.iter().map(|position| scores(&position.logits)).collect())
    }

    /// Lets a vector come in the place of a token id: the next step is with token 0.
    ///
    /// # Errors
    /// If the machine takes ids, or the numbers are no vector of its network.
    pub fn present(&mut self, vector: &[i64]) -> Result<(), ReferenceError> {
        let program = &self.image.program;
        let (Some(stream), Some(map)) = (program.parameters.input, &program.input) else {
            let (network, takes) = (program.name.clone(), "token ids");
            return Err(ReferenceError::Arrival { network, takes });
        };
        let (width, bits, fraction) = (map.places.len(), stream.value_width - 1, 0);
        let input = VectorInput { width, bits, fraction };
        if let Some(reason) = input.fault(vector) {
            let (position, most) = (self.state.position, input.most());
            return Err(ReferenceError::Vector { position, reason, width, most });
        }
        self.state.input = map.words(&stream, program.parameters.elements, vector);
        Ok(())
    }

    /// The whole words that go out behind a step, where the machine gives vectors.
    pub fn output_words(&self) -> Option<&[i64]> {
        let parameters = &self.image.program.parameters;
        let (stream, elements) = (parameters.output?, parameters.elements as usize);
        let first = stream.first as usize * elements;
        Some(&self.state.temporaries[first..first + stream.words as usize * elements])
    }

    /// The channels of the vector that goes out behind a step, in integers.
    pub fn output(&self) -> Option<Vec<i64>> {
        let map = self.image.program.output.as_ref()?;
        Some(map.channels(self.output_words()?))
    }

    /// Executes one token; yields a prediction if one is asked for.
    ///
    /// # Errors
    /// If the id is outside the vocabulary, or the context is full.
    ///
    /// # Panics
    /// If the program reads or writes outside the memories of its machine.
    pub fn step(
        &mut self,
        token: u32,
        asked: bool,
    ) -> Result<Option<Prediction<'_>>, ReferenceError> {
        self.step_observed(token, asked, &mut Silent)
    }

    /// [`step`](MachineReference::step) that shows `observer` every instruction and its writes.
    ///
    /// # Errors
    /// As [`step`](MachineReference::step).
    ///
    /// # Panics
    /// As [`step`](MachineReference::step).
    pub fn step_observed<O: Observer>(
        &mut self,
        token: u32,
        asked: bool,
        observer: &mut O,
    ) -> Result<Option<Prediction<'_>>, ReferenceError> {
        let image = Arc::clone(&self.image);
        let program = &image.program;
        let (position, context) = (self.state.position, program.parameters.room());
        if position >= context {
            return Err(ReferenceError::ContextFull { position, context });
        }
        let vocabulary = program.parameters.vocabulary as usize;
        if token as usize >= vocabulary {
            return Err(ReferenceError::TokenId { id: token, position, vocabulary });
        }
        self.state.token = token as usize;
        self.state.positions.clear();
        // A position is below 2^16.
        let mut control = Control::new(position as u32);
        while let Some(instruction) = program.instructions.get(control.next()) {
            let index = control.next();
            if Control::ends(instruction, asked) {
                break;
            }
            match instruction.action {
                Action::End(_) | Action::Loop(_) | Action::Next(_) => {}
                _ => {
                    observer.at(control.position() as usize);
                    observer.issue(index);
                    let facts = self.state.execute(&image, &control, instruction, observer);
                    observer.finish(index, &facts);
                }
            }
            control.advance(instruction);
        }
        self.state.position = program.parameters.position_after(position);
        if !asked {
            return Ok(None);
        }
        let begin = program.logits_address as usize * program.parameters.elements as usize;
        let exponent = self.state.scalars[program.logits_scalar as usize].exponent;
        Ok(Some(Prediction {
            token: self.state.prediction,
            logits: &self.state.results[begin..begin + program.logits_count as usize],
            unit: program.logits_unit * (-exponent as f64).exp2(),
            positions: &self.state.positions,
        }))
    }
}

impl State {
    /// Keeps what the position at hand predicts: the next one writes its logits in the same place.
    fn note_position(&mut self, image: &Image) {
        let program = &image.program;
        let begin = program.logits_address as usize * program.parameters.elements as usize;
        let logits = self.results[begin..begin + program.logits_count as usize].to_vec();
        self.positions.push(PositionAnswer { token: self.prediction, logits });
    }

    fn execute<O: Observer>(
        &mut self,
        image: &Image,
        control: &Control,
        instruction: &Instruction,
        observer: &mut O,
    ) -> Facts {
        let action = instruction.moved(&control.pointers());
        match &action {
            Action::End(_) | Action::Loop(_) | Action::Next(_) => {}
            Action::Matrix(matrix) => {
                let attended = control.attended(instruction) as usize;
                let facts = self.matrix(image, control.next(), matrix, attended, observer);
                if matrix.search == 2 && image.program.parameters.answers_positions {
                    self.note_position(image);
                }
                return Facts::Matrix(facts);
            }
            Action::Pass(pass) => {
                let place = Place {
                    position: control.position() as usize,
                    attended: control.attended(instruction) as usize,
                    restarts: control.restarts(pass.restart_at),
                };
                self.pass(image, pass, place, observer);
            }
        }
        Facts::Vector
    }
}
