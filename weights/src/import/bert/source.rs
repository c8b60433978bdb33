//! The weights of an encoder out of weight files.

use super::config::Head;
use super::names;
use crate::import::container::Container;
use crate::import::matrices::{Matrices, Place};
use crate::import::{ImportError, tensors};
use crate::network::{BertHead, BertPooler, BertShape, BertSource, LinearWeights, Table};

/// Table and bias of a masked-token head that is not the embedding.
const DECODER: &str = "cls.predictions.decoder.weight";
const DECODER_BIAS: &str = "cls.predictions.decoder.bias";
const HEAD_BIAS: &str = "cls.predictions.bias";

/// Takes tensors out of weight files, by the names of transformers.
pub(super) struct Source<'container> {
    container: &'container mut Container,
    matrices: &'container mut Matrices,
    /// What stands before the encoder's names.
    prefix: &'static str,
    /// Tensors of heads that this model does not end in.
    unread: Vec<String>,
    /// Thresholds of a neuron, once one is read.
    thresholds: Option<usize>,
}

impl Source<'_> {
    pub(super) fn new<'a>(
        (container, matrices): (&'a mut Container, &'a mut Matrices),
    ) -> Source<'a> {
        let prefix =
            if container.names().any(|name| name.starts_with("bert.")) { "bert." } else { "" };
        Source { container, matrices, prefix, unread: Vec::new(), thresholds: None }
    }

    /// The head whose tensors are there, if it is one.
    pub(super) fn head(&self) -> Option<Head> {
        let masked = self.container.names().any(|name| name.starts_with("cls.predictions."));
        match (self.container.has("classifier.weight"), masked) {
            (true, false) => Some(Head::Classifier),
            (false, true) => Some(Head::MaskedToken),
            _ => None,
        }
    }

    /// Declares what the network of `shape` does not read and what does not change it.
    pub(super) fn declare_unread(&mut self, shape: &BertShape) {
        let prefix = self.prefix;
        // Buffers that count positions and types from zero.
        for buffer in ["position_ids", "token_type_ids"] {
            self.container.without_effect(&format!("{prefix}embeddings.{buffer}"));
        }
        let pooler = format!("{prefix}pooler.");
        let other_heads: &[&str] = match &shape.head {
            BertHead::Classifier { pooler: BertPooler::None, .. } => &[&pooler, "cls."],
            BertHead::Classifier { .. } => &["cls."],
            BertHead::MaskedToken { .. } => &[&pooler, "cls.seq_relationship.", "classifier."],
        };
        let unread = |name: &&str| other_heads.iter().any(|head| name.starts_with(head));
        self.unread = self.container.names().filter(unread).map(str::to_owned).collect();
        self.unread.iter().for_each(|name| self.container.without_effect(name));
        if let BertHead::MaskedToken { tied } = shape.head {
            // Files repeat the bias, and the embedding where the head is the embedding.
            if self.container.has(HEAD_BIAS) {
                self.container.without_effect(DECODER_BIAS);
            }
            if tied {
                self.container.without_effect(DECODER);
            }
        }
    }

    /// What the user should know of tensors that are not read.
    pub(super) fn note(&self) -> Option<String> {
        let (first, rest) = self.unread.split_first()?;
        let others =
            if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        Some(format!("tensor `{first}`{others} belongs to a head that this model does not end in"))
    }

    fn floats(&mut self, tensor: &str, shape: &[usize]) -> Result<Vec<f32>, ImportError> {
        tensors::floats(&self.container.take(tensor)?, shape)
    }

    /// A parameter of a norm, which files from TensorFlow call gamma and beta.
    fn of_norm(
        &mut self,
        norm: &str,
        part: &str,
        old: &str,
        width: usize,
    ) -> Result<Vec<f32>, ImportError> {
        let module = names::module(self.prefix, norm);
        let (name, older) = (format!("{module}.{part}"), format!("{module}.{old}"));
        let old = !self.container.has(&name) && self.container.has(&older);
        self.floats(if old { &older } else { &name }, &[width])
    }

    /// The position embedding, with the embedding of the first type added to every row: a text of
    /// one sentence has no other type.
    fn positions(&mut self, rows: usize, columns: usize) -> Result<Table, ImportError> {
        let name = format!("{}.weight", names::module(self.prefix, "positions"));
        let mut values = self.floats(&name, &[rows, columns])?;
        let types = format!("{}embeddings.token_type_embeddings.weight", self.prefix);
        let type_row = tensors::first_row(&self.container.take(&types)?, columns)?;
        for row in values.chunks_exact_mut(columns) {
            row.iter_mut().zip(&type_row).for_each(|(value, addend)| *value += addend);
        }
        Ok(Table { rows, columns, values })
    }
}

impl BertSource for Source<'_> {
    type Error = ImportError;

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, ImportError> {
        let tensor = match name {
            "positions" => return self.positions(rows, columns),
            "head" => DECODER.to_owned(),
            _ => format!("{}.weight", names::module(self.prefix, name)),
        };
        Ok(Table { rows, columns, values: self.floats(&tensor, &[rows, columns])? })
    }

    fn gain(&mut self, norm: &str, width: usize) -> Result<Vec<f32>, ImportError> {
        self.of_norm(norm, "weight", "gamma", width)
    }

    fn bias(&mut self, of: &str, width: usize) -> Result<Vec<f32>, ImportError> {
        if of == "head" {
            let older = self.container.has(HEAD_BIAS);
            return self.floats(if older { HEAD_BIAS } else { DECODER_BIAS }, &[width]);
        }
        self.of_norm(of, "bias", "beta", width)
    }

    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, ImportError> {
        let tensor = format!("{}.weight", names::module(self.prefix, name));
        self.matrices.take(self.container, name, Place::whole(tensor, rows, columns))
    }

    fn thresholds(&mut self, of: &str) -> Result<Vec<f32>, ImportError> {
        let stem = names::thresholds(self.prefix, of);
        let mut thresholds = Vec::new();
        loop {
            let name = format!("{stem}.{}", thresholds.len());
            // The first neuron says how many steps were trained; a file that lost one is no other model.
            let ends = match self.thresholds {
                Some(count) => thresholds.len() == count,
                None => !thresholds.is_empty() && !self.container.has(&name),
            };
            if ends {
                self.thresholds = Some(thresholds.len());
                return Ok(thresholds);
            }
            thresholds.push(tensors::scale(&self.container.take(&name)?, false)?);
        }
    }
}
