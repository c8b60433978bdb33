//! The weights of RWKV-4 out of weight files.

use crate::import::container::Container;
use crate::import::matrices::{Matrices, Place};
use crate::import::{ImportError, tensors};
use crate::network::{LinearWeights, NamedSource, Table};

/// Names in a file: what stands for ours.
struct Layout {
    /// What stands before all names but that of the head.
    prefix: &'static str,
    embedding: &'static str,
    /// The norm of the embedding, in block 0.
    first_norm: &'static str,
    /// The two parts of a block.
    attention: &'static str,
    feed_forward: &'static str,
    /// What ends the names of mixtures: of key, value and receptance.
    mixes: [&'static str; 3],
}

const TRANSFORMERS: Layout = Layout {
    prefix: "rwkv.",
    embedding: "embeddings",
    first_norm: "pre_ln",
    attention: "attention",
    feed_forward: "feed_forward",
    mixes: ["key", "value", "receptance"],
};

const AUTHORS: Layout = Layout {
    prefix: "",
    embedding: "emb",
    first_norm: "ln0",
    attention: "att",
    feed_forward: "ffn",
    mixes: ["k", "v", "r"],
};

/// Takes tensors out of weight files, in either layout.
pub(in crate::import) struct Source<'container> {
    container: &'container mut Container,
    matrices: &'container mut Matrices,
    layout: &'static Layout,
    /// Whether the embedding is its sign, as 0 or 1.
    binary_embedding: bool,
}

impl Source<'_> {
    pub(in crate::import) fn new<'a>(
        (container, matrices): (&'a mut Container, &'a mut Matrices),
        binary_embedding: bool,
    ) -> Source<'a> {
        let transformers = container.names().any(|name| name.starts_with(TRANSFORMERS.prefix));
        let layout = if transformers { &TRANSFORMERS } else { &AUTHORS };
        Source { container, matrices, layout, binary_embedding }
    }

    /// Whether a head is stored whose values are not those of the embedding.
    pub(super) fn holds_another_head(
        &mut self,
        vocabulary: usize,
        width: usize,
    ) -> Result<bool, ImportError> {
        let [head, embedding] = ["head", "embedding"].map(|name| self.module(name) + ".weight");
        if !self.container.has(&head) {
            return Ok(false);
        }
        let shape = [vocabulary, width];
        Ok(self.floats(&head, &shape)? != self.floats(&embedding, &shape)?)
    }

    fn floats(&mut self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, ImportError> {
        tensors::floats(&self.container.take(tensor)?, shape)
    }

    /// Their name of our table, norm or matrix.
    fn module(&self, name: &str) -> String {
        let Layout { prefix, embedding, first_norm, .. } = self.layout;
        match name {
            "head" => "head".to_owned(),
            "embedding" => format!("{prefix}{embedding}"),
            "embedding.norm" => format!("{prefix}blocks.0.{first_norm}"),
            "norm" => format!("{prefix}ln_out"),
            _ => {
                let (block, part, what) = split(name);
                match (part, what) {
                    ("attention", "norm") => format!("{prefix}blocks.{block}.ln1"),
                    (_, "norm") => format!("{prefix}blocks.{block}.ln2"),
                    _ => format!("{}.{what}", self.part(block, part)),
                }
            }
        }
    }

    /// Their name of a part of a block.
    fn part(&self, block: &str, part: &str) -> String {
        let Layout { prefix, attention, feed_forward, .. } = self.layout;
        let part = if part == "attention" { attention } else { feed_forward };
        format!("{prefix}blocks.{block}.{part}")
    }

    /// Their name of the mixture of our matrix.
    fn mix(&self, matrix: &str) -> String {
        let (block, part, what) = split(matrix);
        let ours = ["key", "value", "receptance"];
        let index = ours.iter().position(|&ours| ours == what);
        let mix = self.layout.mixes[index.expect("only these three have mixtures")];
        format!("{}.time_mix_{mix}", self.part(block, part))
    }
}

/// Block, part and the rest of a name `blocks.<block>.<part>.<rest>`.
fn split(name: &str) -> (&str, &str, &str) {
    let mut pieces = name.splitn(4, '.').skip(1);
    let mut next =
        || pieces.next().expect("names of a block are built as blocks.<n>.<part>.<what>");
    (next(), next(), next())
}

impl NamedSource for Source<'_> {
    type Error = ImportError;

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, ImportError> {
        let tensor = self.module(name) + ".weight";
        let mut values = self.floats(&tensor, &[rows, columns])?;
        if name == "embedding" && self.binary_embedding {
            values.iter_mut().for_each(|value| *value = f32::from(*value >= 0.0));
        }
        Ok(Table { rows, columns, values })
    }

    fn parameters(&mut self, name: &str, width: usize) -> Result<Vec<f32>, ImportError> {
        let (of, what) = name.rsplit_once('.').expect("a parameter is one of something");
        match what {
            "mix" => self.floats(&self.mix(of), &[1, 1, width]),
            "bonus" => {
                let (block, part, _) = split(of);
                self.floats(&format!("{}.time_first", self.part(block, part)), &[width])
            }
            "decay" => {
                let (block, part, _) = split(of);
                let tensor = format!("{}.time_decay", self.part(block, part));
                let tensor = self.container.take(&tensor)?;
                let mut values = tensors::floats(&tensor, &[width])?;
                // The file holds the logarithm of the decay.
                values.iter_mut().for_each(|value| *value = f64::from(*value).exp() as f32);
                tensors::require_finite(&tensor, &values)?;
                Ok(values)
            }
            _ => {
                let tensor = format!("{}.{what}", self.module(of));
                self.floats(&tensor, &[width])
            }
        }
    }

    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, ImportError> {
        let place = Place::whole(self.module(name) + ".weight", rows, columns);
        self.matrices.take(self.container, name, place)
    }
}
