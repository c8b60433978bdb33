//! The weights of GPT-2 out of weight files.

use crate::import::container::Container;
use crate::import::matrices::{Matrices, Place};
use crate::import::{ImportError, tensors};
use crate::network::{LinearWeights, NamedSource, Table};
use std::ops::Range;

const HEAD: &str = "lm_head.weight";

/// What stands behind `blocks.<n>.` and behind `h.<n>.`. Query, key and value are the three thirds of
/// one matrix.
const BLOCK_NAMES: [(&str, &str); 8] = [
    ("attention.norm", "ln_1"),
    ("attention.query", "attn.c_attn"),
    ("attention.key", "attn.c_attn"),
    ("attention.value", "attn.c_attn"),
    ("attention.output", "attn.c_proj"),
    ("ffn.norm", "ln_2"),
    ("ffn.up", "mlp.c_fc"),
    ("ffn.down", "mlp.c_proj"),
];
const THIRDS: [&str; 3] = ["attention.query", "attention.key", "attention.value"];

/// Takes tensors out of weight files, by the names of transformers.
pub(super) struct Source<'container> {
    container: &'container mut Container,
    matrices: &'container mut Matrices,
    /// What stands before the names of all but the head.
    prefix: &'static str,
    width: usize,
}

impl Source<'_> {
    pub(super) fn new<'a>(
        (container, matrices): (&'a mut Container, &'a mut Matrices),
        width: usize,
    ) -> Source<'a> {
        let prefix = "transformer.";
        let prefixed = container.names().any(|name| name.starts_with(prefix));
        let prefix = if prefixed { prefix } else { "" };
        Source { container, matrices, prefix, width }
    }

    /// Declares the buffers of the causal mask that older files store.
    pub(super) fn declare_unread(&mut self, blocks: usize) {
        for block in 0..blocks {
            for buffer in ["bias", "masked_bias"] {
                let name = format!("{}h.{block}.attn.{buffer}", self.prefix);
                self.container.without_effect(&name);
            }
        }
    }

    /// Whether a head is stored whose values are not those of the embedding.
    pub(super) fn holds_another_head(&mut self, vocabulary: usize) -> Result<bool, ImportError> {
        if !self.container.has(HEAD) {
            return Ok(false);
        }
        let (shape, embedding) = ([vocabulary, self.width], format!("{}wte.weight", self.prefix));
        Ok(self.floats(HEAD, &shape)? != self.floats(&embedding, &shape)?)
    }

    fn floats(&mut self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, ImportError> {
        tensors::floats(&self.container.take(tensor)?, shape)
    }

    /// Their module of our norm or matrix, and which third of its outputs is ours.
    fn module(&self, name: &str) -> (String, Option<usize>) {
        if name == "norm" {
            return (format!("{}ln_f", self.prefix), None);
        }
        let (block, part) = name
            .strip_prefix("blocks.")
            .and_then(|rest| rest.split_once('.'))
            .expect("names of a block are built as blocks.<n>.<part>");
        let (_, theirs) = BLOCK_NAMES
            .iter()
            .find(|(ours, _)| *ours == part)
            .expect("every part of a GPT-2 block is in the table");
        let third = THIRDS.iter().position(|&ours| ours == part);
        (format!("{}h.{block}.{theirs}", self.prefix), third)
    }
}

/// How many outputs their module has, and which are ours, if we have `rows`.
fn outputs(rows: usize, third: Option<usize>) -> (usize, Range<usize>) {
    match third {
        None => (rows, 0..rows),
        Some(third) => (THIRDS.len() * rows, third * rows..(third + 1) * rows),
    }
}

impl NamedSource for Source<'_> {
    type Error = ImportError;

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, ImportError> {
        let tensor = match name {
            "embedding" => format!("{}wte.weight", self.prefix),
            "positions" => format!("{}wpe.weight", self.prefix),
            _ => HEAD.to_owned(),
        };
        Ok(Table { rows, columns, values: self.floats(&tensor, &[rows, columns])? })
    }

    fn parameters(&mut self, name: &str, width: usize) -> Result<Vec<f32>, ImportError> {
        let (of, what) = name.rsplit_once('.').expect("a parameter is one of something");
        let (module, third) = self.module(of);
        let (all, ours) = outputs(width, third);
        Ok(self.floats(&format!("{module}.{what}"), &[all])?[ours].to_vec())
    }

    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, ImportError> {
        let (module, third) = self.module(name);
        let (outputs, ours) = outputs(rows, third);
        let tensor = format!("{module}.weight");
        let place = Place { tensor, turned: true, outputs, ours, columns };
        self.matrices.take(self.container, name, place)
    }
}
