//! The conversations of a run: every prompt in a simulation of its own, the text as it comes.

use crate::commands::Console;
use crate::commands::classify::scores_line;
use crate::evaluation::classify::{Classifier, fill_masks};
use crate::pipeline::machine::{Conversation, MachineTrace, converse};
use crate::pipeline::{PipelineError, Source};
use crate::reference::machine::MachineReference;
use crate::reference::{ReferenceError, Tokens, seeded_ids};
use crate::tools::ToolError;
use crate::verilated::{CompiledModel, VerilatedModel, Waveform};
use firmware::image::MachineImage;
use rayon::prelude::*;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use weights::bundled;
use weights::network::{CONTEXT_UNBOUNDED, Network, Readout};
use weights::shown::shown;

/// What a model's text begins with where nobody says.
const PROMPT: &str = "Once upon a time";

/// Token ids of a seeded prompt.
const SEEDED_PROMPT: usize = 4;

/// What an answer of a network is.
enum Answers {
    /// The tokens that follow.
    Tokens,
    /// One of these classes.
    Classes(Vec<String>),
    /// What stands at every position; of interest where the text has this id.
    Masks(u32),
}

/// Likeliest tokens that are told of every mask.
const CANDIDATES: usize = 5;

/// The prompts of a run, and what makes text of token ids.
pub(super) struct Prompts {
    /// The model's tokenizer.
    pub(super) tokens: Tokens,
    /// What an answer means.
    answers: Answers,
    /// Text and ids of each.
    prompts: Vec<(String, Vec<u32>)>,
}

impl Prompts {
    /// The prompts that were given, or a beginning for the model, or seeded ids.
    ///
    /// # Errors
    /// If the tokenizer cannot be read, or a prompt does not fit the context.
    pub(super) fn new(
        source: &Source,
        model: Option<&Path>,
        given: &[String],
    ) -> Result<Prompts, PipelineError> {
        let network = &source.network;
        let tokens = match model {
            Some(folder) => Tokens::open(folder, network)?,
            None => Tokens::bytes(network),
        };
        let context = match network.context {
            CONTEXT_UNBOUNDED => usize::MAX,
            positions => source.file.design.machine.context.min(positions),
        };
        let mut prompts = Vec::new();
        for text in given {
            prompts.push((text.clone(), tokens.encode(text)?));
        }
        if given.is_empty() {
            prompts.push(match model {
                Some(folder) => {
                    let prompt =
                        if bundled::files(folder).is_some() { bundled::PROMPT } else { PROMPT };
                    (prompt.to_owned(), tokens.encode(prompt)?)
                }
                None => {
                    // A short context still has room for a prompt.
                    let length = SEEDED_PROMPT.min(context);
                    let ids = seeded_ids(network, source.file.design.run.seed, length);
                    (tokens.decode(&ids)?, ids)
                }
            });
        }
        for (text, ids) in &prompts {
            if ids.is_empty() || ids.len() > context {
                let reason = format!(
                    "the prompt \"{}\" has {} tokens, the machine has room for 1 to {context}",
                    shown(text),
                    ids.len()
                );
                let remedy = "give another prompt, or raise machine.context in the design";
                return Err(PipelineError::Options { reason, remedy });
            }
        }
        let answers = match &network.readout {
            Readout::NextToken => Answers::Tokens,
            Readout::Classes(labels) => Answers::Classes(labels.clone()),
            Readout::MaskedToken => Answers::Masks(mask_of(network, &tokens, &prompts)?),
            Readout::Vector => unreachable!("streams of vectors have no prompts"),
        };
        Ok(Prompts { tokens, answers, prompts })
    }

    /// The text of an answer to a prompt: its tokens, the name of its class, or the prompt with its
    /// masks filled once there is an id for every position.
    fn decode(&self, prompt: &[u32], ids: &[u32]) -> String {
        match (&self.answers, ids) {
            (Answers::Tokens, _) => self.tokens.decode(ids).unwrap_or_default(),
            (Answers::Classes(labels), &[class]) => {
                labels.get(class as usize).cloned().unwrap_or_default()
            }
            (Answers::Masks(mask), _) if ids.len() == prompt.len() => {
                self.tokens.decode(&fill_masks(prompt, ids, *mask)).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// Tokens to write: those of the design, or the one answer to a text that is read whole.
    pub(super) fn length(&self, given: usize) -> usize {
        if matches!(self.answers, Answers::Tokens) { given } else { 1 }
    }

    /// Prints the score of every class for each text, or the likeliest tokens of each mask; the
    /// machine's, which the hardware has shown to be its own write by write.
    ///
    /// # Errors
    /// If a text cannot be read again.
    pub(super) fn print_scores(
        &self,
        console: &mut Console,
        reference: &MachineReference,
    ) -> Result<(), ReferenceError> {
        let mut machine = reference.clone();
        for (text, ids) in &self.prompts {
            match &self.answers {
                Answers::Tokens => {}
                Answers::Classes(labels) => {
                    let scores = machine.scores(ids)?;
                    console.line(scores_line(labels, &scores, text).trim_end());
                }
                Answers::Masks(mask) => {
                    let rows = machine.position_scores(ids)?;
                    let masks = ids.iter().zip(&rows).filter(|(id, _)| **id == *mask);
                    for (number, (_, row)) in masks.enumerate() {
                        console.line(&format!("mask {:<7} {}", number + 1, self.candidates(row)));
                    }
                }
            }
        }
        Ok(())
    }

    /// The likeliest tokens of a position with their scores.
    fn candidates(&self, row: &[f64]) -> String {
        let mut ids: Vec<usize> = (0..row.len()).collect();
        ids.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        let token = |&id: &usize| {
            let text = self.tokens.decode(&[id as u32]).unwrap_or_default();
            let text = if text.is_empty() { format!("id {id}") } else { shown(&text) };
            format!("{text} {:+.3}", row[id])
        };
        ids.iter().take(CANDIDATES).map(token).collect::<Vec<_>>().join("  ")
    }

    /// Prompt and answer of every conversation as text.
    pub(super) fn texts(&self, conversations: &[Conversation]) -> Vec<(String, String)> {
        let pairs = self.prompts.iter().zip(conversations);
        pairs.map(|((prompt, ids), it)| (prompt.clone(), self.decode(ids, &it.answer))).collect()
    }
}

/// The mask of a tokenizer, which every text must have.
fn mask_of(
    network: &Network,
    tokens: &Tokens,
    prompts: &[(String, Vec<u32>)],
) -> Result<u32, PipelineError> {
    let missing = |reason: String| PipelineError::Options {
        reason,
        remedy: "write the tokenizer's mask, such as [MASK], where a token is missing",
    };
    let mask = tokens.mask().ok_or_else(|| {
        missing(format!("the tokenizer of network `{}` has no mask", network.name))
    })?;
    match prompts.iter().find(|(_, ids)| !ids.contains(&mask)) {
        None => Ok(mask),
        Some((text, _)) => Err(missing(format!("the text \"{}\" has no mask", shown(text)))),
    }
}

/// What every conversation of a run shares.
pub(super) struct Job<'a> {
    /// The compiled machine.
    pub(super) model: &'a CompiledModel,
    /// What the hardware is loaded with.
    pub(super) loaded: &'a MachineImage,
    /// What it must do, at position 0.
    pub(super) reference: MachineReference,
    /// Tokens to write.
    pub(super) length: usize,
    /// A waveform of the first conversation.
    pub(super) trace: Option<MachineTrace>,
}

/// What a conversation sends while it goes on.
enum News {
    /// Its next token.
    Token(u32),
    /// It has ended.
    End,
}

impl Job<'_> {
    /// Holds all conversations, as many at once as there are cores, and prints each as it comes,
    /// one after the other.
    ///
    /// # Errors
    /// If a simulation cannot be made. That values differ is a result, not an error.
    pub(super) fn talk(
        &self,
        console: &mut Console,
        prompts: &Prompts,
    ) -> Result<Vec<Conversation>, ToolError> {
        let (senders, receivers): (Vec<_>, Vec<_>) =
            prompts.prompts.iter().map(|_| channel()).unzip();
        std::thread::scope(|scope| {
            let conversations = scope.spawn(|| {
                let jobs: Vec<_> = prompts.prompts.iter().zip(senders).enumerate().collect();
                jobs.into_par_iter()
                    .map(|(index, ((_, ids), news))| self.converse(index, ids, &news))
                    .collect::<Result<Vec<_>, ToolError>>()
            });
            for (prompt, news) in prompts.prompts.iter().zip(receivers) {
                print(console, prompts, prompt, &news);
            }
            conversations.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// A simulation, the first with the waveform where one is recorded.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(super) fn simulation(
        &self,
        first: bool,
    ) -> Result<(VerilatedModel, Option<Waveform>), ToolError> {
        match &self.trace {
            Some(trace) if first => {
                let window = trace.from..=trace.to;
                let (simulation, waveform) = self.model.simulate_traced(&trace.path, window)?;
                Ok((simulation, Some(waveform)))
            }
            _ => Ok((self.model.simulate()?, None)),
        }
    }

    fn converse(
        &self,
        index: usize,
        ids: &[u32],
        news: &Sender<News>,
    ) -> Result<Conversation, ToolError> {
        let (simulation, waveform) = self.simulation(index == 0)?;
        let reference = self.reference.clone();
        // A receiver that is gone has nothing to print any more.
        let predicted = |token| drop(news.send(News::Token(token)));
        let conversation =
            converse(simulation, self.loaded, reference, ids, self.length, predicted);
        drop(news.send(News::End));
        waveform.map_or(Ok(()), |waveform| waveform.require_whole())?;
        Ok(conversation)
    }
}

/// Prints a prompt, and its answer piece by piece.
fn print(
    console: &mut Console,
    prompts: &Prompts,
    (prompt, prompt_ids): &(String, Vec<u32>),
    news: &Receiver<News>,
) {
    // What is told stands behind a margin: no line of it looks like one of ours.
    let behind_margin = |text: &str| text.replace('\n', "\n  ");
    console.piece(&format!("\n  {}", behind_margin(prompt)));
    let (mut ids, mut printed) = (Vec::new(), 0);
    while let Ok(News::Token(token)) = news.recv() {
        ids.push(token);
        let text = prompts.decode(prompt_ids, &ids);
        // A character of several bytes is whole only with its last token.
        if let Some(piece) = text.get(printed..).filter(|piece| !piece.ends_with('\u{fffd}')) {
            let gap = match (printed, &prompts.answers) {
                (0, Answers::Masks(_)) if !piece.is_empty() => "\n  ",
                (0, Answers::Tokens | Answers::Classes(_)) => " ",
                _ => "",
            };
            console.piece(&format!("{gap}{}", behind_margin(piece)));
            printed = text.len();
        }
    }
    console.piece("\n\n");
}
