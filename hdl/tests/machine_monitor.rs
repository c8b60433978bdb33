//! `machine_monitor` remembers errors and counts events, until a new text begins.

mod support;

use hdl::blocks::host::machine_monitor::{COUNTERS, ERRORS, machine_monitor};
use hdl::blocks::host::machine_registers::port_name;
use hdl::language::check::check;
use support::{Bench, Random};

/// Each counter counts its own event, cycle by cycle, and a new text zeroes all.
#[test]
fn counters_count_their_events() {
    let mut bench = Bench::new(&machine_monitor());
    let mut random = Random(1);
    let mut expected = [0u64; COUNTERS.len()];
    let name = |index: usize| format!("{}_o", port_name(COUNTERS[index].0.spec()));
    for _ in 0..500 {
        for (index, (_, port, _)) in COUNTERS.iter().enumerate() {
            let event = random.below(2);
            bench.set(port, event);
            expected[index] += event;
        }
        bench.tick();
        for (index, &expected) in expected.iter().enumerate() {
            assert_eq!(bench.get(&name(index)), expected, "{}", name(index));
        }
    }
    bench.set("begins_text_i", 1);
    bench.tick();
    for index in 0..COUNTERS.len() {
        assert_eq!(bench.get(&name(index)), 0);
    }
}

/// An error lasts until a new text begins; one that comes with it stays.
#[test]
fn errors_last() {
    for (field, port, _) in ERRORS {
        let mut bench = Bench::new(&machine_monitor());
        let error = format!("{}_o", port_name(field.spec()));
        bench.set(port, 1);
        bench.tick();
        bench.set(port, 0);
        for _ in 0..3 {
            assert!(bench.is(&error));
            bench.tick();
        }
        bench.set("begins_text_i", 1);
        bench.set(port, 1);
        bench.tick();
        assert!(bench.is(&error));
        bench.set(port, 0);
        bench.tick();
        assert!(!bench.is(&error));
    }
}

/// Every counter stops at its largest value. Counting there takes too long to simulate, so the
/// guard is looked for in the Verilog.
#[test]
fn counters_stop_at_their_largest_value() {
    let checked = check(&machine_monitor()).unwrap_or_else(|error| panic!("{error}"));
    let text = &hdl::language::verilog::print(&checked)[0].text;
    for (field, ..) in COUNTERS {
        let guard = format!("~(&{}_q)", field.spec().name);
        assert_eq!(text.matches(&guard).count(), 1, "{guard}");
    }
}
