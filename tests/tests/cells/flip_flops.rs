//! Flip-flops: what each does at the edge, over random inputs.

use crate::bench::Bench;
use cosim::tools::Family;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The inputs of a cycle.
#[derive(Clone, Copy, Debug)]
struct Inputs {
    data: bool,
    enable: bool,
    set_or_reset: bool,
}

/// A cell, and what it holds after an edge.
struct Case {
    instance: String,
    next: Box<dyn Fn(bool, Inputs) -> bool>,
}

/// Runs the cells side by side; they are compared once each has been given a value.
fn run((family, cell): (Family, &str), cases: &[Case]) {
    let body: String = cases
        .iter()
        .enumerate()
        .map(|(index, case)| case.instance.replace("@", &index.to_string()))
        .collect();
    let inputs = [("d", 1), ("e", 1), ("s", 1)];
    let mut bench = Bench::new((family, cell), &inputs, &[("q", cases.len() as u32)], &body);
    let [d, e, s, q] = ["d", "e", "s", "q"].map(|name| bench.port(name));
    let mut random = ChaCha8Rng::seed_from_u64(7);
    // Models begin with zeros unless they are seeded.
    let mut held = vec![false; cases.len()];
    for cycle in 0..400 {
        let inputs = Inputs {
            data: random.random(),
            enable: random.random(),
            set_or_reset: random.random(),
        };
        bench.set(d, inputs.data.into());
        bench.set(e, inputs.enable.into());
        bench.set(s, inputs.set_or_reset.into());
        bench.tick();
        let found = bench.get(q);
        for (index, case) in cases.iter().enumerate() {
            held[index] = (case.next)(held[index], inputs);
            let found = found >> index & 1 == 1;
            assert_eq!(found, held[index], "cycle {cycle}, {inputs:?}: {}", case.instance);
        }
    }
}

#[test]
fn trellis_ff() {
    let mut cases = vec![];
    for enabling in ["1", "0", "CE", "INV"] {
        for (inverted, set) in [(false, false), (false, true), (true, false), (true, true)] {
            let instance = format!(
                "TRELLIS_FF #(.CEMUX(\"{enabling}\"), .LSRMUX(\"{}\"), .REGSET(\"{}\")) cell_@ \
                 (.CLK(clk_i), .CE(e), .LSR(s), .DI(d), .Q(q[@]));\n",
                if inverted { "INV" } else { "LSR" },
                if set { "SET" } else { "RESET" }
            );
            let next = move |held, inputs: Inputs| {
                let enabled = match enabling {
                    "1" => true,
                    "0" => false,
                    "CE" => inputs.enable,
                    _ => !inputs.enable,
                };
                match (inputs.set_or_reset != inverted, enabled) {
                    (true, _) => set,
                    (false, true) => inputs.data,
                    (false, false) => held,
                }
            };
            cases.push(Case { instance, next: Box::new(next) });
        }
    }
    run((Family::Ecp5, "TRELLIS_FF"), &cases);
}

#[test]
fn sb_dff() {
    let mut cases = vec![];
    for (cell, enables, forces) in [
        ("SB_DFF", false, None),
        ("SB_DFFE", true, None),
        ("SB_DFFSR", false, Some(("R", false))),
        ("SB_DFFSS", false, Some(("S", true))),
        ("SB_DFFESR", true, Some(("R", false))),
        ("SB_DFFESS", true, Some(("S", true))),
    ] {
        let enable = if enables { ".E(e), " } else { "" };
        let force = forces.map_or(String::new(), |(pin, _)| format!(".{pin}(s), "));
        let instance = format!("{cell} cell_@ (.C(clk_i), {enable}{force}.D(d), .Q(q[@]));\n");
        let next = move |held, inputs: Inputs| match forces {
            _ if enables && !inputs.enable => held,
            Some((_, value)) if inputs.set_or_reset => value,
            _ => inputs.data,
        };
        cases.push(Case { instance, next: Box::new(next) });
    }
    run((Family::Ice40, "SB_DFF"), &cases);
}
