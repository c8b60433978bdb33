//! The prediction queue: every prediction of a text leaves, in its order, the last one marked.

mod support;

use hdl::blocks::memory::prediction_queue::PredictionQueue;
use support::{Bench, Random};

/// Takes what is offered in this cycle, if the reader is ready; then lets the cycle pass.
fn step(bench: &mut Bench, ready: bool, taken: &mut Vec<(u64, bool)>) {
    bench.set("prediction_ready_i", ready.into());
    bench.settle();
    if ready && bench.is("prediction_valid_o") {
        taken.push((bench.get("prediction_o"), bench.is("prediction_last_o")));
    }
    bench.tick();
}

/// Answers of every length, predictions close together and far apart, fast and slow readers.
#[test]
fn answers_leave_in_order() {
    for (index, context) in [1u32, 2, 3, 7, 8, 12].into_iter().enumerate() {
        let mut random = Random(index as u64 + 1);
        let mut bench = Bench::new(&PredictionQueue { context }.module());
        for round in 0..60 {
            let length = 1 + random.below(context.into());
            let (apart, slow) = ([0, 0, 5][round % 3], [1, 4, 40][round / 3 % 3]);
            bench.set("position_i", length - 1);
            bench.set("begins_i", 1);
            let mut taken = Vec::new();
            step(&mut bench, true, &mut taken);
            bench.set("begins_i", 0);
            let mut expected = Vec::new();
            for position in 0..length {
                let id = random.below(1 << 16);
                expected.push((id, position + 1 == length));
                bench.set("prediction_i", id);
                bench.set("predicted_i", 1);
                step(&mut bench, random.once_in(slow), &mut taken);
                bench.set("predicted_i", 0);
                for _ in 0..apart {
                    step(&mut bench, random.once_in(slow), &mut taken);
                }
            }
            while bench.is("waiting_o") {
                step(&mut bench, random.once_in(slow), &mut taken);
            }
            assert_eq!(taken, expected, "context {context}, round {round}");
        }
    }
}

/// A new text forgets what waits; what is offered stays until it is taken.
#[test]
fn a_new_text_keeps_only_what_is_offered() {
    let mut bench = Bench::new(&PredictionQueue { context: 4 }.module());
    let mut taken = Vec::new();
    bench.set("position_i", 3);
    bench.set("begins_i", 1);
    step(&mut bench, false, &mut taken);
    bench.set("begins_i", 0);
    for id in [7, 8, 9] {
        bench.set("prediction_i", id);
        bench.set("predicted_i", 1);
        step(&mut bench, false, &mut taken);
    }
    bench.set("predicted_i", 0);
    bench.set("begins_text_i", 1);
    step(&mut bench, false, &mut taken);
    bench.set("begins_text_i", 0);
    for _ in 0..4 {
        assert!(bench.is("prediction_valid_o") && bench.is("waiting_o"));
        step(&mut bench, false, &mut taken);
    }
    (0..4).for_each(|_| step(&mut bench, true, &mut taken));
    assert_eq!(taken, [(7, false)]);
    assert!(!bench.is("waiting_o"));
}
