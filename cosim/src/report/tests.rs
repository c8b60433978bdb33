//! What the pictures of a token add up to.

use super::cycles::{covered, shares};
use super::timeline::strips;
use crate::pipeline::machine::{Timeline, TimelineEntry, TimelineUnit};

/// A token of two layers and a head; of the vector unit, two instructions overlap.
fn timeline() -> Timeline {
    let entry = |operation: &str, remark: &str, (first, last): (u64, u64)| TimelineEntry {
        address: 0,
        unit: match operation {
            "weights" | "keys" | "embedding" => TimelineUnit::Matrix,
            _ => TimelineUnit::Vector,
        },
        operation: operation.to_owned(),
        remark: remark.to_owned(),
        ready: first.saturating_sub(3),
        matrix_met: 0,
        vector_met: 0,
        issued: first.saturating_sub(2),
        taken: first.saturating_sub(1),
        first,
        last,
        done: last + 5,
    };
    Timeline {
        conversation: 0,
        position: 7,
        cycles: 250,
        array: 88,
        drain_waits: 2,
        instructions: vec![
            entry("embedding", "embedding: the token's row", (3, 12)),
            entry("norm", "blocks.0.norm: the scale of its counts", (20, 39)),
            entry("weights", "blocks.0.attention.q: of the counts", (40, 69)),
            entry("softmax", "blocks.0.attention: softmax of head 0", (60, 89)),
            entry("softmax", "blocks.0.attention: softmax of head 1", (80, 99)),
            entry("keys", "blocks.10.attention: scores of head 0", (110, 139)),
            entry("weights", "head: logits", (200, 229)),
        ],
    }
}

#[test]
fn every_cycle_of_a_token_is_in_one_share() {
    let shares = shares(&timeline());
    let values: Vec<(&str, f64)> = shares.iter().map(|part| (part.class, part.value)).collect();
    // Of the vector unit, 20 and 40 cycles in all; ten of them beside the array.
    let expected =
        [("weights", 88.0), ("drain", 2.0), ("embedding", 10.0), ("vector", 50.0), ("idle", 100.0)];
    assert_eq!(values, expected);
    assert_eq!(shares.iter().map(|part| part.value).sum::<f64>(), 250.0);
}

#[test]
fn spans_that_overlap_count_once() {
    assert_eq!(covered(&[]), 0);
    assert_eq!(covered(&[(0, 4), (2, 3), (4, 9), (20, 19), (30, 30)]), 11);
}

#[test]
fn the_strips_are_the_token() {
    let timeline = timeline();
    let strips = strips(&timeline);
    let found: Vec<(String, u64, u64)> =
        strips.iter().map(|strip| (strip.names.join(", "), strip.begin, strip.end)).collect();
    let expected = [
        ("embedding, blocks.0".to_owned(), 0, 110),
        ("blocks.10".to_owned(), 110, 200),
        ("head".to_owned(), 200, 250),
    ];
    assert_eq!(found, expected);
}

#[test]
fn instructions_have_short_names() {
    let timeline = timeline();
    let names: Vec<[&str; 2]> =
        timeline.instructions.iter().map(|entry| [entry.layer(), entry.short()]).collect();
    let expected = [
        ["embedding", "embedding: the token's row"],
        ["blocks.0", "norm"],
        ["blocks.0", "q"],
        ["blocks.0", "softmax"],
        ["blocks.0", "softmax"],
        ["blocks.10", "scores"],
        ["head", "head: logits"],
    ];
    assert_eq!(names, expected);
}
