//! Rounding a matrix, weight by weight.

use super::plan::{Plan, Term};
use super::recipe::digits_for;
use super::refit::refit;
use super::{Code, Curvature, Method, QuantiseError, Recipe};
use crate::config::limits::DIGITS_MAX as MACHINE_DIGITS_MAX;
use crate::llama::{FloatMatrix, LlamaMatrix};
use crate::network::{DIGITS_MAX, DigitMatrix, digit_limit};
use rayon::prelude::*;

/// Quantises a matrix by a recipe: the terms of its integers.
///
/// # Errors
/// If the recipe is out of range or needs inputs and there is no `curvature`, or a count leaves 16
/// bits.
///
/// # Panics
/// If the curvature has another number of columns.
pub fn quantise_matrix(
    matrix: &FloatMatrix,
    curvature: Option<&Curvature>,
    recipe: &Recipe,
) -> Result<LlamaMatrix, QuantiseError> {
    recipe.check()?;
    if let Some(curvature) = curvature {
        assert_eq!(curvature.columns(), matrix.columns, "`{}` and its inputs", matrix.name);
    }
    let mut plan = Plan::new(matrix, curvature, recipe)?;
    let passed = match (recipe.method, curvature) {
        (Method::Nearest, _) => None,
        (Method::Gptq, Some(curvature)) => Some(curvature),
        (Method::Gptq, None) => {
            let expected = "round to nearest where no inputs are known".to_owned();
            let value = "GPTQ".to_owned();
            return Err(QuantiseError::Recipe { what: "method", value, expected });
        }
    };
    let rows: Vec<Vec<f64>> = (0..matrix.rows)
        .into_par_iter()
        .map(|row| match passed {
            None => nearest(matrix, &plan, row),
            Some(curvature) => passing_on(matrix, &plan, curvature, row),
        })
        .collect();
    // More digits could be stored, but no machine takes them.
    let limit = digit_limit(DIGITS_MAX.min(MACHINE_DIGITS_MAX));
    for (row, integers) in rows.iter().enumerate() {
        if let Some(&count) = integers.iter().find(|integer| integer.abs() > limit as f64) {
            return Err(QuantiseError::Count { matrix: matrix.name.clone(), row, count, limit });
        }
    }
    if let (true, Some(curvature)) = (recipe.refit, curvature) {
        refit(matrix, &mut plan, &rows, curvature);
    }
    Ok(LlamaMatrix::Digits(terms(matrix, plan, &rows)))
}

/// The integer of a weight.
fn round(weight: f64, scale: f64, code: Code) -> f64 {
    match code {
        Code::Digits(digits) => {
            let limit = digit_limit(digits) as f64;
            (weight / scale).round_ties_even().clamp(-limit, limit)
        }
        Code::Binary => {
            if weight >= 0.0 {
                1.0
            } else {
                -1.0
            }
        }
        Code::Counts(_) => (weight / scale).round_ties_even(),
    }
}

/// The term of a weight: its scale and its code.
fn term(plan: &Plan, matrix: &FloatMatrix, row: usize, column: usize) -> (f64, Code) {
    let term: &Term = &plan.terms[usize::from(plan.members[row * matrix.columns + column])];
    (f64::from(term.row_scales[row]), term.code)
}

fn nearest(matrix: &FloatMatrix, plan: &Plan, row: usize) -> Vec<f64> {
    let weights = &matrix.values[row * matrix.columns..(row + 1) * matrix.columns];
    let integer = |(column, &weight): (usize, &f32)| {
        let (scale, code) = term(plan, matrix, row, column);
        round(weight.into(), scale, code)
    };
    weights.iter().enumerate().map(integer).collect()
}

/// Column by column: round, and move the rest of the row along `U` so that the error hurts least.
fn passing_on(matrix: &FloatMatrix, plan: &Plan, curvature: &Curvature, row: usize) -> Vec<f64> {
    let columns = matrix.columns;
    let original = &matrix.values[row * columns..(row + 1) * columns];
    let order = &curvature.order;
    let mut weights: Vec<f64> = order.iter().map(|&column| original[column].into()).collect();
    let mut integers = vec![0.0; columns];
    for (place, &column) in order.iter().enumerate() {
        let (scale, code) = term(plan, matrix, row, column);
        let integer = round(weights[place], scale, code);
        integers[column] = integer;
        let factors = curvature.upper.row(place);
        let factors = factors.as_slice().expect("the factor is stored row by row");
        let error = (weights[place] - integer * scale) / factors[place];
        let rest = weights[place + 1..].iter_mut().zip(&factors[place + 1..]);
        rest.for_each(|(weight, factor)| *weight -= error * factor);
    }
    integers
}

/// The integers, term by term.
fn terms(matrix: &FloatMatrix, plan: Plan, rows: &[Vec<f64>]) -> Vec<DigitMatrix> {
    let count = plan.terms.len();
    let Plan { terms, members } = plan;
    let matrix_of = |(index, term): (usize, Term)| {
        let integers = rows.iter().flatten().zip(&members);
        let values: Vec<i16> = integers
            .map(|(&integer, &member)| match usize::from(member) == index {
                true => integer as i16,
                false => 0,
            })
            .collect();
        let largest = values.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
        let digits = match term.code {
            Code::Digits(digits) => digits,
            Code::Binary => 1,
            Code::Counts(_) => digits_for(largest.into()),
        };
        let name = match (count, index) {
            (1, _) | (_, 0) => matrix.name.clone(),
            _ => format!("{}.term{index}", matrix.name),
        };
        let (rows, columns, row_scales) = (matrix.rows, matrix.columns, term.row_scales);
        DigitMatrix { name, rows, columns, digits, values, row_scales }
    };
    terms.into_iter().enumerate().map(matrix_of).collect()
}
