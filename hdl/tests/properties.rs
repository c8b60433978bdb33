//! Properties: how they print, when the native simulator looks at them.

use hdl::language::builder::Builder;
use hdl::language::check::{Checked, check};
use hdl::language::property::Claim;
use hdl::language::signal_type::uint;
use hdl::language::simulation::Simulation;
use hdl::language::simulator::NativeSimulation;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A counter that must not pass 2, fed by someone who must not count at 3.
fn counter() -> Checked {
    let b = Builder::new("counter", file!(), "counts.");
    let up = b.input("up_i", uint(1), "count");
    let free = b.input("free_i", uint(1), "0: nobody promises anything");
    let count = b.register_reset("count_q", uint(3), 0);
    let count = count.when(up, count.signal() + 1).signal();
    b.output("count_o", count, "the count");
    b.output("free_o", free, "nobody promises anything");
    b.properties();
    b.assume("up_in_time", free | !up | count.lt(count.same(3)), "Nobody counts beyond 3.");
    b.assert_property("count_is_small", count.le(count.same(2)), "The count stays below 3.");
    let took = b.tally("took_q", 3, up);
    b.assert_property("every_up_counts", took.eq(count), "Each count is an event.");
    check(&b.finish()).unwrap_or_else(|error| panic!("{error}"))
}

/// Counts to the given number after a reset, or without one; the panic's message.
fn count_to(count: usize, reset: bool, free: bool) -> Option<String> {
    let mut simulation = NativeSimulation::new(&counter());
    let [rst, up, anyone] = ["rst_i", "up_i", "free_i"].map(|name| simulation.port(name));
    simulation.write_u64(anyone, free.into());
    let run = || {
        simulation.write_u64(rst, reset.into());
        simulation.tick();
        simulation.write_u64(rst, 0);
        simulation.write_u64(up, 1);
        (0..count).for_each(|_| simulation.tick());
        simulation.write_u64(up, 0);
        simulation.tick();
    };
    let panic = catch_unwind(AssertUnwindSafe(run)).err()?;
    Some(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

#[test]
fn a_broken_property_is_named() {
    assert_eq!(count_to(2, true, true), None);
    let message = count_to(3, true, true).expect("it counts too far");
    assert_eq!(message, "`counter` breaks its property `count_is_small`");
}

#[test]
fn nothing_is_checked_before_a_reset() {
    assert_eq!(count_to(5, false, true), None);
}

/// The cycle that breaks the assumption comes before the one that breaks the assertion.
#[test]
fn a_broken_assumption_excuses() {
    let b = Builder::new("excused", file!(), "keeps what it is given.");
    let valid = b.input("valid_i", uint(1), "something is offered");
    let kept = b.register_reset("kept_q", uint(1), 0).next(valid).signal();
    b.output("kept_o", kept, "it was offered");
    b.properties();
    let ready = b.flag(false);
    b.kept(Claim::Assumed, "stays", (valid, ready), &[], "What is offered stays.");
    b.kept(Claim::Asserted, "stays_kept", (kept, ready), &[], "What was offered stays.");
    let checked = check(&b.finish()).unwrap_or_else(|error| panic!("{error}"));
    let mut simulation = NativeSimulation::new(&checked);
    let [rst, valid] = ["rst_i", "valid_i"].map(|name| simulation.port(name));
    simulation.write_u64(rst, 1);
    simulation.tick();
    simulation.write_u64(rst, 0);
    for offer in [1, 0, 0, 0] {
        simulation.write_u64(valid, offer);
        simulation.tick();
    }
}

#[test]
fn they_print_for_a_prover_only() {
    let text = &hdl::language::verilog::print(&counter())[0].text;
    let (hardware, properties) = text.split_once("`ifdef FORMAL\n").expect("a part for provers");
    assert!(!hardware.contains("took_q") && properties.contains("reg [2:0] took_q;"), "{text}");
    let wanted = "\
        if (!rst_i) begin
            // Nobody counts beyond 3.
            up_in_time: assume (free_i | ~up_i | (count_q < 3'd3));
            // The count stays below 3.
            count_is_small: assert (count_q <= 3'd2);
            // Each count is an event.
            every_up_counts: assert (took_q == count_q);
        end
    end
`endif
";
    assert!(properties.contains(wanted), "{text}");
}
