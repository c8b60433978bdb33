//! The text that is scored, as token ids.

use crate::reference::{ReferenceError, Tokens, stories};
use serde::Serialize;

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
