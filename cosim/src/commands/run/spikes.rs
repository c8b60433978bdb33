//! `run --spikes`: the train of one token and layer, as the array received it.

use crate::commands::Console;
use crate::pipeline::PipelineError;
use crate::pipeline::machine::Conversation;
use crate::reference::ReferenceError;
use crate::reference::machine::MachineReference;
use crate::spikes::{SpikeRecord, neuron_layers};
use firmware::isa::{Action, Instruction};
use firmware::machine::Program;

/// Most tokens whose spikes the report keeps.
const TOKENS_MAX: usize = 128;

/// A layer, and a position if it is not the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SpikesOf {
    layer: String,
    position: Option<usize>,
}

/// Reads `LAYER` or `LAYER@POSITION`.
pub(super) fn spikes_of(text: &str) -> Result<SpikesOf, String> {
    let Some((layer, position)) = text.rsplit_once('@') else {
        return Ok(SpikesOf { layer: text.to_owned(), position: None });
    };
    let position = position.parse().map_err(|_| format!("`{position}` is no position"))?;
    Ok(SpikesOf { layer: layer.to_owned(), position: Some(position) })
}

impl SpikesOf {
    /// Requires that the program has such a layer.
    ///
    /// # Errors
    /// If it has none of that name.
    pub(super) fn require(&self, program: &Program) -> Result<(), PipelineError> {
        let layers = neuron_layers(program);
        if layers.contains(&self.layer.as_str()) {
            return Ok(());
        }
        let reason = match layers.first() {
            None => format!("--spikes: network `{}` has no neurons", program.name),
            Some(_) => format!(
                "--spikes: no neuron layer is called `{}`; there are {}",
                weights::shown::shown(&self.layer),
                layers.join(", ")
            ),
        };
        Err(PipelineError::Options { reason, remedy: "give the name of one of its neuron layers" })
    }

    /// Prints the train of each conversation.
    ///
    /// # Errors
    /// As [`record`].
    pub(super) fn print(
        &self,
        console: &mut Console,
        reference: &MachineReference,
        steps: usize,
        conversations: &[Conversation],
    ) -> Result<(), ReferenceError> {
        for conversation in conversations {
            let read = fed(conversation);
            let last = read.len().saturating_sub(1);
            let position = self.position.unwrap_or(last);
            if position > last {
                let line = format!("spikes     {}: the text has positions 0 to {last}", self.layer);
                console.line(&line);
                continue;
            }
            let record = record(reference, steps, conversation, position + 1)?;
            let Some(layer) = record.layer(&self.layer) else { continue };
            let here = layer.vectors.iter().filter(|vector| vector.position == position);
            let spikes: usize = here.map(|vector| vector.spikes.len()).sum();
            console.line(&format!(
                "spikes     {}, position {position}: {spikes} spikes of {} neurons in {steps} steps",
                self.layer, layer.neurons
            ));
            for line in layer.train(position).lines() {
                console.line(&format!("  {line}"));
            }
        }
        Ok(())
    }
}

/// The ids that the machine was fed: the last prediction is not, nor what it says of the positions of
/// a text. A vector came with id 0, and what is answered one by one is not fed back.
fn fed(conversation: &Conversation) -> Vec<u32> {
    if !conversation.vectors.is_empty() {
        return vec![0; conversation.tokens.len()];
    }
    if !conversation.outputs.is_empty() {
        return conversation.prompt[..conversation.tokens.len()].to_vec();
    }
    let answered = conversation.tokens.len().saturating_sub(1);
    conversation.prompt.iter().chain(&conversation.answer[..answered]).copied().collect()
}

/// The spikes of the first tokens of a conversation, or of all where the whole text is read at once.
///
/// # Errors
/// As [`SpikeRecord::of_machine`].
fn record(
    reference: &MachineReference,
    steps: usize,
    conversation: &Conversation,
    tokens: usize,
) -> Result<SpikeRecord, ReferenceError> {
    let mut ids = fed(conversation);
    let waits = |it: &Instruction| matches!(it.action, Action::End(end) if end.unasked == 1);
    if !reference.program().instructions.iter().any(waits) {
        ids.truncate(tokens);
    }
    let first_asked = match conversation.outputs.is_empty() {
        true => conversation.prompt.len().saturating_sub(1),
        false => 0,
    };
    let vectors = &conversation.vectors;
    SpikeRecord::of_machine(reference, steps, &ids, vectors, |position| position >= first_asked)
}

/// What the report shows of the first conversation; nothing for a network without neurons.
///
/// # Errors
/// As [`SpikeRecord::of_machine`].
pub(super) fn for_report(
    reference: &MachineReference,
    steps: usize,
    conversations: &[Conversation],
) -> Result<Option<SpikeRecord>, ReferenceError> {
    let Some(first) = conversations.first() else { return Ok(None) };
    if neuron_layers(reference.program()).is_empty() || first.failure.is_some() {
        return Ok(None);
    }
    Ok(Some(record(reference, steps, first, TOKENS_MAX)?))
}
