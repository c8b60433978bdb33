//! Quantising a whole model, matrix after matrix, each with the inputs that those before it give.
//!
//! ```text
//!  texts ─► hidden ─► qkv input ─► H ─► q, k, v become integers ─► attention ─► o input ─► H ─► …
//! ```

use super::{CalibrationError, LlamaExecutor, Options};
use crate::llama::{Linear, Llama, LlamaMatrix, LlamaShape, Site};
use crate::quantise::{Curvature, Hessian, Recipe, quantise_matrix};
use ndarray::Array2;
use rayon::prelude::*;

/// Fewest ids of a calibration: fewer say nothing about any model.
const IDS_MIN: usize = 16;

/// Most bytes that quantising a model takes beside it, over so many calibration ids: its integers, its
/// matrices and tables in double precision, the vectors of all ids four times (residual, inputs of two
/// sites, products), and for the widest matrix six squares of its columns, of 8 bytes a number.
pub fn memory_bound(shape: &LlamaShape, ids: usize) -> u64 {
    let widest = Linear::ALL.map(|linear| shape.size(linear).1).into_iter().max().unwrap_or(0);
    let (weights, table) = (shape.weight_count(), shape.vocabulary * shape.width);
    let doubles = weights + 2 * table + ids * (2 * shape.width + 2 * widest) + 6 * widest * widest;
    (8 * doubles + 6 * weights) as u64
}

/// Quantises every matrix of a model by a recipe. `tick` is called once a matrix.
///
/// Memory beside the model: at most [`memory_bound`].
///
/// # Errors
/// If the texts do not fit the model or are too short, or a matrix cannot be quantised.
pub fn quantise_model(
    model: &Llama,
    texts: &[Vec<u32>],
    recipe: &Recipe,
    mut tick: impl FnMut(),
) -> Result<Llama, CalibrationError> {
    recipe.check()?;
    let mut quantised = model.clone();
    if !recipe.needs_inputs() {
        for matrix in quantised.blocks.iter_mut().flat_map(|block| &mut block.matrices) {
            *matrix = integers(matrix, None, recipe)?;
            tick();
        }
        unify_digits(&mut quantised);
        return Ok(quantised);
    }
    let ids: usize = texts.iter().map(Vec::len).sum();
    if ids < IDS_MIN {
        return Err(CalibrationError::TooFewIds { ids, least: IDS_MIN });
    }
    let mut executor = LlamaExecutor::new(model, Options::FLOAT);
    let hidden: Result<Vec<_>, _> = texts.iter().map(|ids| executor.embed(ids)).collect();
    let mut hidden = hidden?;
    for index in 0..model.shape.blocks {
        let mut inputs = Vec::new();
        for site in Site::ALL {
            inputs = site_inputs(&executor, index, site, &hidden, &inputs);
            let block = &mut quantised.blocks[index];
            let curvature = curvature(index, site, &inputs, recipe)?;
            for linear in Linear::ALL.into_iter().filter(|linear| linear.site() == site) {
                let matrix = &mut block.matrices[linear as usize];
                *matrix = integers(matrix, Some(&curvature), recipe)?;
                executor.block_mut(index).replace(linear, matrix);
                tick();
            }
            let added = match site {
                Site::Output => Linear::Output,
                Site::Down => Linear::Down,
                Site::Qkv | Site::GateUp => continue,
            };
            hidden
                .par_iter_mut()
                .zip(&inputs)
                .for_each(|(hidden, input)| executor.add(index, added, input, hidden));
        }
    }
    unify_digits(&mut quantised);
    Ok(quantised)
}

/// The inputs of a site, text by text; `before` are those of the site before.
fn site_inputs(
    executor: &LlamaExecutor,
    block: usize,
    site: Site,
    hidden: &[Array2<f64>],
    before: &[Array2<f64>],
) -> Vec<Array2<f64>> {
    match site {
        Site::Qkv => hidden.par_iter().map(|hidden| executor.qkv_input(block, hidden)).collect(),
        Site::Output => before.par_iter().map(|x| executor.output_input(block, x)).collect(),
        Site::GateUp => {
            hidden.par_iter().map(|hidden| executor.gate_up_input(block, hidden)).collect()
        }
        Site::Down => before.par_iter().map(|x| executor.down_input(block, x)).collect(),
    }
}

fn curvature(
    block: usize,
    site: Site,
    inputs: &[Array2<f64>],
    recipe: &Recipe,
) -> Result<Curvature, CalibrationError> {
    let linear = Linear::ALL.into_iter().find(|linear| linear.site() == site);
    let name = Llama::matrix_name(block, linear.expect("every site has a matrix"));
    let mut hessian = Hessian::new(inputs.first().map_or(0, Array2::ncols));
    for input in inputs {
        hessian.add(input.view());
    }
    Ok(Curvature::new(&name, &hessian, recipe.damping, recipe.act_order)?)
}

/// A matrix as integers; one that holds integers already stays as it is.
fn integers(
    matrix: &LlamaMatrix,
    curvature: Option<&Curvature>,
    recipe: &Recipe,
) -> Result<LlamaMatrix, CalibrationError> {
    match matrix {
        LlamaMatrix::Float(floats) => Ok(quantise_matrix(floats, curvature, recipe)?),
        LlamaMatrix::Digits(_) => Ok(matrix.clone()),
    }
}

/// Gives the same term of every matrix the same digits: those of counts follow from the largest.
fn unify_digits(model: &mut Llama) {
    let mut most: Vec<u32> = Vec::new();
    let matrices = model.blocks.iter_mut().flat_map(|block| &mut block.matrices);
    let mut all: Vec<_> = matrices
        .filter_map(|matrix| match matrix {
            LlamaMatrix::Digits(terms) => Some(terms),
            LlamaMatrix::Float(_) => None,
        })
        .collect();
    for terms in &all {
        most.resize(most.len().max(terms.len()), 1);
        most.iter_mut().zip(terms.iter()).for_each(|(most, term)| *most = term.digits.max(*most));
    }
    for terms in &mut all {
        terms.iter_mut().zip(&most).for_each(|(term, &digits)| term.digits = digits);
    }
}
