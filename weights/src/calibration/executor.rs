//! Execution of a LLaMA model, stage by stage, so that calibration can look at every input.

use super::CalibrationError;
use super::arithmetic::{Rotation, attend, function, rms_norm};
use super::{Encoder, KeyValueDigits};
use crate::llama::{Linear, Llama, LlamaBlock, LlamaMatrix, LlamaShape, Site};
use crate::network::Table;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use std::sync::Arc;

/// What becomes spikes, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Inputs of matrices.
    pub encoder: Encoder,
    /// Keys and values; real numbers where this is nothing.
    pub key_value: Option<KeyValueDigits>,
}

impl Options {
    /// Real numbers everywhere.
    pub const FLOAT: Options = Options { encoder: Encoder::Float, key_value: None };
}

/// The weights of a block in double precision.
#[derive(Clone, Debug)]
pub struct BlockWeights {
    pub(super) attention_norm: Array1<f64>,
    pub(super) attention_sub_norm: Option<Array1<f64>>,
    pub(super) ffn_norm: Array1<f64>,
    pub(super) ffn_sub_norm: Option<Array1<f64>>,
    matrices: [Arc<Array2<f64>>; 7],
}

/// A matrix in double precision.
fn values(matrix: &LlamaMatrix) -> Array2<f64> {
    Array2::from_shape_vec(matrix.size(), matrix.values()).expect("importers check sizes")
}

fn wide(values: &[f32]) -> Array1<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

impl BlockWeights {
    fn new(block: &LlamaBlock) -> BlockWeights {
        let sub_norm = |norm: &Option<Vec<f32>>| norm.as_deref().map(wide);
        BlockWeights {
            attention_norm: wide(&block.attention_norm),
            attention_sub_norm: sub_norm(&block.attention_sub_norm),
            ffn_norm: wide(&block.ffn_norm),
            ffn_sub_norm: sub_norm(&block.ffn_sub_norm),
            matrices: Linear::ALL.map(|linear| Arc::new(values(block.matrix(linear)))),
        }
    }

    /// One of its matrices.
    pub fn matrix(&self, linear: Linear) -> &Array2<f64> {
        &self.matrices[linear as usize]
    }

    /// Puts another matrix in the place of one.
    pub fn replace(&mut self, linear: Linear, matrix: &LlamaMatrix) {
        self.matrices[linear as usize] = Arc::new(values(matrix));
    }
}

/// A model that can be executed. Cloning shares the matrices.
#[derive(Clone, Debug)]
pub struct LlamaExecutor {
    shape: LlamaShape,
    embedding: Arc<Array2<f64>>,
    head: Option<Arc<Array2<f64>>>,
    pub(super) norm: Array1<f64>,
    blocks: Vec<BlockWeights>,
    pub(super) rotation: Arc<Rotation>,
    options: Options,
}

/// Most positions whose angles are kept.
const POSITIONS_MAX: usize = 1 << 16;

impl LlamaExecutor {
    /// Prepares a model.
    pub fn new(model: &Llama, options: Options) -> LlamaExecutor {
        let table = |table: &Table| {
            let wide = table.values.iter().map(|&value| f64::from(value)).collect();
            Arc::new(Array2::from_shape_vec((table.rows, table.columns), wide).expect("checked"))
        };
        LlamaExecutor {
            shape: model.shape.clone(),
            embedding: table(&model.embedding),
            head: model.head.as_ref().map(table),
            norm: wide(&model.norm),
            blocks: model.blocks.iter().map(BlockWeights::new).collect(),
            rotation: Arc::new(Rotation::new(&model.shape, model.shape.context.min(POSITIONS_MAX))),
            options,
        }
    }

    /// The same weights with other spikes.
    pub fn with_options(&self, options: Options) -> LlamaExecutor {
        LlamaExecutor { options, ..self.clone() }
    }

    /// The dimensions.
    pub fn shape(&self) -> &LlamaShape {
        &self.shape
    }

    /// The weights of a block.
    pub fn block(&self, block: usize) -> &BlockWeights {
        &self.blocks[block]
    }

    /// The weights of a block, to be replaced.
    pub fn block_mut(&mut self, block: usize) -> &mut BlockWeights {
        &mut self.blocks[block]
    }

    /// Most positions of a text.
    pub fn context(&self) -> usize {
        self.shape.context.min(POSITIONS_MAX)
    }

    /// The logits behind every id of a text, one position a row.
    ///
    /// # Errors
    /// If an id is outside the vocabulary, the text is longer than the context, or a value
    /// overflows.
    pub fn logits(&self, ids: &[u32]) -> Result<Array2<f64>, CalibrationError> {
        let mut hidden = self.embed(ids)?;
        for block in 0..self.shape.blocks {
            self.run_block(block, &mut hidden);
        }
        let logits = self.output(&hidden);
        match logits.outer_iter().position(|row| row.iter().any(|logit| !logit.is_finite())) {
            None => Ok(logits),
            Some(position) => {
                Err(CalibrationError::NotFinite { value: "logits".to_owned(), position })
            }
        }
    }

    /// Mean spikes of an input of a matrix over texts, each input counted once for every row that
    /// it reaches: bits of a count or of a level, which flow bitwise.
    ///
    /// # Errors
    /// If a text does not fit the model.
    pub fn spikes(&self, texts: &[Vec<u32>]) -> Result<f64, CalibrationError> {
        let (mut spikes, mut synapses) = (0.0, 0.0);
        let real = self.with_options(Options { encoder: Encoder::Float, ..self.options.clone() });
        for ids in texts {
            let mut hidden = self.embed(ids)?;
            for block in 0..self.shape.blocks {
                let mut count = |site: Site, input: &Array2<f64>| {
                    let readers = Linear::ALL.into_iter().filter(|linear| linear.site() == site);
                    let rows: usize = readers.map(|linear| self.shape.size(linear).0).sum();
                    spikes += self.options.encoder.spikes(site, block, input) * rows as f64;
                    synapses += (input.len() * rows) as f64;
                };
                let qkv = self.qkv_input(block, &hidden);
                count(Site::Qkv, &real.qkv_input(block, &hidden));
                count(Site::Output, &real.output_input(block, &qkv));
                let attended = self.output_input(block, &qkv);
                self.add(block, Linear::Output, &attended, &mut hidden);
                let gate_up = self.gate_up_input(block, &hidden);
                count(Site::GateUp, &real.gate_up_input(block, &hidden));
                count(Site::Down, &real.down_input(block, &gate_up));
                let gated = self.down_input(block, &gate_up);
                self.add(block, Linear::Down, &gated, &mut hidden);
            }
        }
        Ok(spikes / f64::max(synapses, 1.0))
    }

    /// The embeddings of a text.
    ///
    /// # Errors
    /// If an id is outside the vocabulary, or the text is longer than the context.
    pub fn embed(&self, ids: &[u32]) -> Result<Array2<f64>, CalibrationError> {
        if ids.len() > self.context() {
            let context = self.context();
            return Err(CalibrationError::ContextFull { position: context, context });
        }
        let vocabulary = self.shape.vocabulary;
        if let Some(position) = ids.iter().position(|&id| id as usize >= vocabulary) {
            return Err(CalibrationError::TokenId { id: ids[position], position, vocabulary });
        }
        let rows: Vec<usize> = ids.iter().map(|&id| id as usize).collect();
        Ok(self.embedding.select(Axis(0), &rows))
    }

    /// One block over a text.
    pub fn run_block(&self, block: usize, hidden: &mut Array2<f64>) {
        let input = self.qkv_input(block, hidden);
        let attended = self.output_input(block, &input);
        self.add(block, Linear::Output, &attended, hidden);
        let input = self.gate_up_input(block, hidden);
        let gated = self.down_input(block, &input);
        self.add(block, Linear::Down, &gated, hidden);
    }

    /// What queries, keys and values are made of.
    pub fn qkv_input(&self, block: usize, hidden: &Array2<f64>) -> Array2<f64> {
        let norm = &self.blocks[block].attention_norm;
        self.encoded(Site::Qkv, block, rms_norm(hidden, norm, self.epsilon()))
    }

    /// What the output matrix takes: queries, keys, values, rotation and attention over a text.
    pub fn output_input(&self, block: usize, input: &Array2<f64>) -> Array2<f64> {
        let query = self.queries(block, input, 0, 1);
        let (keys, values) = self.keys_and_values(block, input, 0, 1);
        self.attended(block, self.attention(&query, &keys, &values))
    }

    /// Attention of every position over itself and those before it.
    pub(super) fn attention(
        &self,
        query: &Array2<f64>,
        keys: &Array2<f64>,
        values: &Array2<f64>,
    ) -> Array2<f64> {
        let mut attended = Array2::zeros(query.raw_dim());
        let mut probabilities = Vec::new();
        for (position, mut output) in attended.axis_iter_mut(Axis(0)).enumerate() {
            attend(
                &self.shape.attention,
                query.row(position).as_slice().expect("products are stored row by row"),
                keys.slice(s![..=position, ..]),
                values.slice(s![..=position, ..]),
                &mut probabilities,
                output.as_slice_mut().expect("zeros are stored row by row"),
            );
        }
        attended
    }

    /// Norm and spikes behind an attention.
    pub(super) fn attended(&self, block: usize, attended: Array2<f64>) -> Array2<f64> {
        let normed = match &self.blocks[block].attention_sub_norm {
            Some(norm) => rms_norm(&attended, norm, self.epsilon()),
            None => attended,
        };
        self.encoded(Site::Output, block, normed)
    }

    /// Queries of rows at positions `first`, `first + stride`, ….
    pub(super) fn queries(
        &self,
        block: usize,
        input: &Array2<f64>,
        first: usize,
        stride: usize,
    ) -> Array2<f64> {
        let mut query = self.product(block, Linear::Query, input);
        self.rotation.turn(query.view_mut(), first, stride);
        query
    }

    /// Keys and values, likewise.
    pub(super) fn keys_and_values(
        &self,
        block: usize,
        input: &Array2<f64>,
        first: usize,
        stride: usize,
    ) -> (Array2<f64>, Array2<f64>) {
        let mut keys = self.product(block, Linear::Key, input);
        self.rotation.turn(keys.view_mut(), first, stride);
        let mut values = self.product(block, Linear::Value, input);
        if let Some(digits) = &self.options.key_value {
            let width = self.shape.attention.head_width;
            digits.apply(block, false, width, keys.view_mut());
            digits.apply(block, true, width, values.view_mut());
        }
        (keys, values)
    }

    /// What gate and up take.
    pub fn gate_up_input(&self, block: usize, hidden: &Array2<f64>) -> Array2<f64> {
        let norm = &self.blocks[block].ffn_norm;
        self.encoded(Site::GateUp, block, rms_norm(hidden, norm, self.epsilon()))
    }

    /// What down takes.
    pub fn down_input(&self, block: usize, input: &Array2<f64>) -> Array2<f64> {
        let gate = self.product(block, Linear::Gate, input);
        let up = self.product(block, Linear::Up, input);
        self.behind_gate(block, self.gated(gate, &up))
    }

    /// `act(gate) · up`.
    pub(super) fn gated(&self, mut gate: Array2<f64>, up: &Array2<f64>) -> Array2<f64> {
        let apply = function(self.shape.gate);
        gate.zip_mut_with(up, |gate, up| *gate = apply(*gate) * up);
        gate
    }

    /// Norm and spikes behind a gate.
    pub(super) fn behind_gate(&self, block: usize, gated: Array2<f64>) -> Array2<f64> {
        let normed = match &self.blocks[block].ffn_sub_norm {
            Some(norm) => rms_norm(&gated, norm, self.epsilon()),
            None => gated,
        };
        self.encoded(Site::Down, block, normed)
    }

    /// Adds the product of a matrix to the residual.
    pub fn add(&self, block: usize, linear: Linear, input: &Array2<f64>, hidden: &mut Array2<f64>) {
        *hidden += &self.product(block, linear, input);
    }

    /// `input · Wᵀ`.
    pub fn product(&self, block: usize, linear: Linear, input: &Array2<f64>) -> Array2<f64> {
        row_by_row(input.dot(&self.blocks[block].matrix(linear).t()))
    }

    /// The logits of the last residual.
    pub fn output(&self, hidden: &Array2<f64>) -> Array2<f64> {
        row_by_row(rms_norm(hidden, &self.norm, self.epsilon()).dot(&self.head().t()))
    }

    /// The table of the head, a row for each id.
    pub(super) fn head(&self) -> ArrayView2<'_, f64> {
        match &self.head {
            Some(head) => head.view(),
            None => self.embedding.view(),
        }
    }

    fn encoded(&self, site: Site, block: usize, mut x: Array2<f64>) -> Array2<f64> {
        self.options.encoder.apply(site, block, x.view_mut());
        x
    }

    pub(super) fn epsilon(&self) -> f64 {
        f64::from(self.shape.epsilon)
    }
}

/// The same matrix, its rows one after another: a product of one column need not have them so.
fn row_by_row(product: Array2<f64>) -> Array2<f64> {
    match product.is_standard_layout() {
        true => product,
        false => product.as_standard_layout().into_owned(),
    }
}
