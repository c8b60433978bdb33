//! Attention over the tokens so far: what is kept, scores, weighted values.

use super::arithmetic::{add_scaled, dot};
use weights::network::AttentionShape;

/// Keys, or values, of every token so far: `positions × key_value_width`.
pub(super) type Kept = Vec<f32>;

/// Keeps `key`; yields `heads × positions` scores, head-major.
pub(super) fn scores(
    shape: &AttentionShape,
    query: &[f32],
    key: &[f32],
    kept: &mut Kept,
) -> Vec<f32> {
    kept.extend_from_slice(key);
    let (width, key_value_width) = (shape.head_width, shape.key_value_width());
    let factor = 1.0 / (width as f32).sqrt();
    let mut scores = Vec::with_capacity(shape.heads * kept.len() / key_value_width);
    for (head, query) in query.chunks_exact(width).enumerate() {
        let begin = head / (shape.heads / shape.key_value_heads) * width;
        let keys = kept.chunks_exact(key_value_width).map(|token| &token[begin..begin + width]);
        scores.extend(keys.map(|key| dot(query, key) * factor));
    }
    scores
}

/// Keeps `value`; yields `Σ probability · value`, `heads · head_width` numbers.
pub(super) fn weighted_values(
    shape: &AttentionShape,
    probabilities: &[f32],
    value: &[f32],
    kept: &mut Kept,
) -> Vec<f32> {
    kept.extend_from_slice(value);
    let (width, key_value_width) = (shape.head_width, shape.key_value_width());
    let positions = kept.len() / key_value_width;
    let mut mixed = vec![0.0; shape.query_width()];
    let heads = mixed.chunks_exact_mut(width).zip(probabilities.chunks_exact(positions));
    for (head, (sum, probabilities)) in heads.enumerate() {
        let begin = head / (shape.heads / shape.key_value_heads) * width;
        for (token, &probability) in kept.chunks_exact(key_value_width).zip(probabilities) {
            add_scaled(sum, probability, &token[begin..begin + width]);
        }
    }
    mixed
}
