//! `engine_control` accepts what fits, remembers errors and counts events.

mod support;

use hdl::blocks::engine::engine_control::EngineControl;
use hdl::language::check::check;
use support::{Bench, Random};

const CONTROL: EngineControl = EngineControl { rows_max: 20, column_tiles_max: 8 };

fn bench() -> Bench {
    let mut bench = Bench::new(&CONTROL.module());
    for (port, value) in [("run_i", 1), ("rows_i", 5), ("column_tiles_i", 2), ("steps_i", 1)] {
        bench.set(port, value);
    }
    bench.settle();
    bench
}

/// Vectors are accepted while `run` is set and rows, tiles and steps are within the engine; a
/// vector that is offered otherwise is an error.
#[test]
fn shapes() {
    for (rows, tiles, steps, fits) in [
        (1, 1, 1, true),
        (20, 8, 65_535, true),
        (0, 1, 1, false),
        (21, 1, 1, false),
        (1, 0, 1, false),
        (1, 9, 1, false),
        (1, 1, 0, false),
        (131_071, 131_071, 1, false),
    ] {
        for run in [false, true] {
            let mut bench = bench();
            bench.set("run_i", run.into());
            bench.set("rows_i", rows);
            bench.set("column_tiles_i", tiles);
            bench.set("steps_i", steps);
            bench.set("offered_i", 1);
            bench.settle();
            let what = format!("{rows} rows, {tiles} tiles, {steps} steps, run {run}");
            assert_eq!(bench.is("accept_o"), run && fits, "{what}");
            bench.tick();
            assert_eq!(bench.is("bad_shape_o"), run && !fits, "{what}");
        }
    }
}

/// An error lasts until it is cleared, which needs an idle engine.
#[test]
fn errors_last() {
    for (event, error) in [
        ("bad_code_i", "bad_code_o"),
        ("bad_frame_i", "bad_frame_o"),
        ("beyond_i", "bad_shape_o"),
        ("saturated_i", "saturated_o"),
    ] {
        let mut bench = bench();
        bench.set(event, 1);
        bench.tick();
        bench.set(event, 0);
        for _ in 0..3 {
            assert!(bench.is(error), "{error}");
            bench.tick();
        }
        bench.set("clear_i", 1);
        bench.set("busy_i", 1);
        bench.tick();
        assert!(bench.is(error), "{error} is cleared while busy");
        bench.set("busy_i", 0);
        bench.settle();
        assert!(bench.is("clear_o"));
        bench.tick();
        assert!(!bench.is(error), "{error} is not cleared");
    }
}

/// Each counter counts its own event, cycle by cycle, and `clear` zeroes all.
#[test]
fn counters_count_their_events() {
    let mut bench = bench();
    let mut random = Random(1);
    let mut expected = [0u64; 6];
    let names = ["cycles_o", "array_cycles_o", "stall_cycles_o", "vectors_o", "results_o"];
    let names = [&names[..], &["saturations_o"]].concat();
    for cycle in 0..500 {
        let [run, busy, array, stall, result, last, saturated] =
            [0; 7].map(|_: u64| random.below(2));
        for (port, value) in [
            ("run_i", run),
            ("busy_i", busy),
            ("array_i", array),
            ("stall_i", stall),
            ("result_i", result),
            ("result_last_i", last),
            ("saturated_i", saturated),
        ] {
            bench.set(port, value);
        }
        bench.tick();
        let events = [run | busy, array, stall, result & last, result, saturated];
        for (index, event) in events.into_iter().enumerate() {
            expected[index] += event;
            assert_eq!(bench.get(names[index]), expected[index], "{} {cycle}", names[index]);
        }
    }
    bench.set("busy_i", 0);
    bench.set("clear_i", 1);
    bench.tick();
    for name in names {
        assert_eq!(bench.get(name), 0, "{name}");
    }
}

/// Every counter stops at its largest value. Counting there takes too long to simulate, so the
/// guard is looked for in the Verilog.
#[test]
fn counters_stop_at_their_largest_value() {
    let checked = check(&CONTROL.module()).unwrap_or_else(|error| panic!("{error}"));
    let text = &hdl::language::verilog::print(&checked)[0].text;
    for name in ["cycles", "array_cycles", "stall_cycles", "vectors", "results", "saturations"] {
        let guard = format!("~(&{name}_q)");
        assert_eq!(text.matches(&guard).count(), 1, "{guard}");
    }
}
