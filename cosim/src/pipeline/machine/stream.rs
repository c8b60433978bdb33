//! A stream of vectors or ids, each of which is answered, in lock-step with the reference.

use super::conversation::{Conversation, Session, TokenRun, quiet_counters, receive};
use crate::machine::{MachineError, MachineHarness};
use crate::reference::machine::MachineReference;
use firmware::image::MachineImage;
use hdl::language::simulation::Simulation;

/// What arrives, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Token ids.
    Ids(Vec<u32>),
    /// Vectors, in whole numbers.
    Vectors(Vec<Vec<i64>>),
}

impl Arrivals {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Arrivals::Ids(ids) => ids.len(),
            Arrivals::Vectors(vectors) => vectors.len(),
        }
    }

    /// The id that stands for one: 0 for a vector.
    fn id(&self, index: usize) -> u32 {
        match self {
            Arrivals::Ids(ids) => ids[index],
            Arrivals::Vectors(_) => 0,
        }
    }
}

impl<S: Simulation> Session<S> {
    /// Sends what arrives, one after the other, and takes the answer to each, in a text of its own: up to
    /// the full context. The host waits `pace` cycles before each beat that it sends or takes.
    pub fn stream(
        &mut self,
        arrivals: &Arrivals,
        mut pace: impl FnMut() -> u64,
        mut answered: impl FnMut(&Conversation),
    ) -> Conversation {
        let mut conversation = Conversation::default();
        match arrivals {
            Arrivals::Ids(ids) => conversation.prompt.clone_from(ids),
            Arrivals::Vectors(vectors) => conversation.vectors.clone_from(vectors),
        }
        self.account(conversation, |session, conversation| {
            session.driver.begin_text()?;
            session.driver.bus().forget();
            let room = session.driver.machine().room();
            (0..arrivals.count().min(room)).try_for_each(|index| {
                session.answer(arrivals, index, &mut pace, conversation)?;
                answered(conversation);
                Ok(())
            })
        })
    }

    fn answer(
        &mut self,
        arrivals: &Arrivals,
        position: usize,
        pace: &mut impl FnMut() -> u64,
        conversation: &mut Conversation,
    ) -> Result<(), MachineError> {
        let driver = &mut self.driver;
        let before = quiet_counters(driver)?;
        let harness = driver.bus();
        if let Arrivals::Vectors(vectors) = arrivals {
            harness.present(&vectors[position])?;
        }
        let id = arrivals.id(position);
        let expected = harness.expect(id, true)?;
        let begin = harness.cycles();
        match arrivals {
            Arrivals::Ids(_) => harness.send(id, true)?,
            Arrivals::Vectors(vectors) => send(harness, &vectors[position], pace)?,
        }
        let words = harness.expected_words();
        match (&words, harness.program().output.clone()) {
            (Some(words), Some(map)) => {
                take(harness, position, words, pace)?;
                conversation.outputs.push(map.channels(words));
            }
            _ => {
                harness.pause(pace())?;
                receive(harness, position, &expected)?;
                conversation.answer.extend(&expected.answer);
            }
        }
        conversation.latencies.push(driver.bus().cycles() - begin);
        let after = quiet_counters(driver)?;
        driver.bus().settled()?;
        let facts = expected.records.iter().map(|record| (record.instruction, record.facts));
        let counters = after.since(&before);
        conversation.saturations = after.saturations.into();
        conversation.tokens.push(TokenRun { position, counters, facts: facts.collect() });
        Ok(())
    }
}

/// Sends a vector beat by beat.
fn send<S: Simulation>(
    harness: &mut MachineHarness<S>,
    vector: &[i64],
    pace: &mut impl FnMut() -> u64,
) -> Result<(), MachineError> {
    let program = harness.program();
    let (elements, stream) = (program.parameters.elements, program.parameters.input);
    let (Some(stream), Some(map)) = (stream, &program.input) else { return Ok(()) };
    let beats = stream.beats(elements, &map.words(&stream, elements, vector));
    for (index, beat) in beats.iter().enumerate() {
        harness.pause(pace())?;
        harness.send_beat(beat, index + 1 == beats.len())?;
    }
    Ok(())
}

/// Takes a vector, which must be the reference's word by word.
fn take<S: Simulation>(
    harness: &mut MachineHarness<S>,
    position: usize,
    words: &[i64],
    pace: &mut impl FnMut() -> u64,
) -> Result<(), MachineError> {
    let parameters = harness.program().parameters;
    let Some(stream) = parameters.output else { return Ok(()) };
    let elements = parameters.elements as usize;
    for (index, wanted) in words.chunks(elements).enumerate() {
        harness.pause(pace())?;
        let (beat, last) = harness.receive_beat()?;
        let (found, cycle) = (stream.values(parameters.elements, &beat), harness.cycles());
        let differs = |place: String, reference: String, rtl: String| {
            Err(MachineError::Vector { position, place, reference, rtl, cycle })
        };
        if let Some(at) = (0..elements).find(|&at| wanted[at] != found[at]) {
            let place = format!("word {index}, element {at}");
            return differs(place, wanted[at].to_string(), found[at].to_string());
        }
        let ends = (index + 1) * elements == words.len();
        if last != ends {
            return differs(format!("tlast of word {index}"), ends.to_string(), last.to_string());
        }
    }
    Ok(())
}

/// A machine that is loaded for one stream: a [`Session`] with a single conversation.
pub fn stream<S: Simulation>(
    simulation: S,
    loaded: &MachineImage,
    reference: MachineReference,
    arrivals: &Arrivals,
    pace: impl FnMut() -> u64,
    answered: impl FnMut(&Conversation),
) -> Conversation {
    match Session::new(simulation, loaded, reference) {
        Ok(mut session) => session.stream(arrivals, pace, answered),
        Err(failure) => Conversation { failure: Some(failure), ..Conversation::default() },
    }
}
