//! The text that is scored, as token ids.

use crate::pipeline::PipelineError;
use crate::reference::{ReferenceError, Tokens, stories};
use serde::Serialize;
use std::path::Path;

/// Stories as token ids, cut to a context.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Corpus {
    /// Ids of each story, the begin token in front where the model has one.
    #[serde(skip)]
    pub stories: Vec<Vec<u32>>,
    /// Ids that are scored: all but the first of each story.
    pub scored: usize,
    /// Characters of the text that the scored ids stand for.
    pub characters: usize,
    /// Stories that the context cuts.
    pub cut: usize,
}

impl Corpus {
    /// The same, where something can be scored.
    ///
    /// # Errors
    /// If the tokenizer refuses the text, or no story has an id to predict and one before it.
    pub fn of_file(
        path: &Path,
        text: &str,
        tokens: &Tokens,
        (context, limit): (usize, usize),
    ) -> Result<Corpus, PipelineError> {
        let corpus = Corpus::new(text, tokens, context, limit)?;
        if !corpus.stories.is_empty() {
            return Ok(corpus);
        }
        let (reason, remedy) = match (limit, context) {
            (0, _) => {
                ("0 stories are asked for".to_owned(), "leave out --stories, or give 1 or more")
            }
            (_, 0 | 1) => (
                format!("a context of {context} holds no id to predict and one before it"),
                "choose a model, or a machine.context, with a context of 2 or more",
            ),
            _ if text.trim().is_empty() => {
                return Err(PipelineError::NoToken { path: path.to_owned() });
            }
            _ => (
                "none of its stories has two tokens: one to read and one to predict".to_owned(),
                "give a longer text",
            ),
        };
        Err(PipelineError::NothingScored { path: path.to_owned(), reason, remedy })
    }

    /// The first `limit` stories of a text.
    ///
    /// # Errors
    /// If the tokenizer refuses the text.
    pub fn new(
        text: &str,
        tokens: &Tokens,
        context: usize,
        limit: usize,
    ) -> Result<Corpus, ReferenceError> {
        let mut corpus = Corpus { stories: Vec::new(), scored: 0, characters: 0, cut: 0 };
        for story in stories(text).into_iter().take(limit) {
            let mut ids = tokens.encode(story)?;
            let whole = ids.len() <= context;
            ids.truncate(context);
            if ids.len() < 2 {
                continue;
            }
            corpus.characters += match whole {
                true => story.chars().count(),
                false => tokens.character_count(story, &ids)?,
            };
            corpus.cut += usize::from(!whole);
            corpus.scored += ids.len() - 1;
            corpus.stories.push(ids);
        }
        Ok(corpus)
    }
}
