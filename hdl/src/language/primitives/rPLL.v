// rPLL: a Gowin's phase-locked loop, for simulation.
//
// It passes the clock: a simulator of ours has one clock, and its frequency has no meaning.
//
// Part of spikewright, from hdl/src/primitives/rPLL.v. Synthesis must not read this file.

`default_nettype none

module rPLL #(
    parameter [63:0]  FCLKIN         = "100.0",
    parameter [63:0]  DYN_IDIV_SEL   = "false",
    parameter [31:0]  IDIV_SEL       = 32'd0,
    parameter [63:0]  DYN_FBDIV_SEL  = "false",
    parameter [31:0]  FBDIV_SEL      = 32'd0,
    parameter [63:0]  DYN_ODIV_SEL   = "false",
    parameter [31:0]  ODIV_SEL       = 32'd8,
    parameter [63:0]  PSDA_SEL       = "0000",
    parameter [63:0]  DYN_DA_EN      = "false",
    parameter [63:0]  DUTYDA_SEL     = "1000",
    parameter [63:0]  CLKFB_SEL      = "internal",
    parameter [63:0]  CLKOUT_BYPASS  = "false",
    parameter [63:0]  CLKOUTP_BYPASS = "false",
    parameter [63:0]  CLKOUTD_BYPASS = "false",
    parameter [31:0]  DYN_SDIV_SEL   = 32'd2,
    parameter [127:0] DEVICE         = "GW1N-1"
) (
    input  wire       CLKIN,   // reference clock
    input  wire       CLKFB,   // tied
    input  wire       RESET,   // tied
    input  wire       RESET_P, // tied
    input  wire [5:0] FBDSEL,  // tied
    input  wire [5:0] IDSEL,   // tied
    input  wire [5:0] ODSEL,   // tied
    input  wire [3:0] PSDA,    // tied
    input  wire [3:0] FDLY,    // tied
    input  wire [3:0] DUTYDA,  // tied
    output wire       CLKOUT,  // clock for everything else
    output wire       LOCK     // 1: the clock is good
);

    assign CLKOUT = CLKIN;
    assign LOCK = 1'b1;

    // These shape a frequency.
    wire unused = &{
        1'b0, FCLKIN, DYN_IDIV_SEL, IDIV_SEL, DYN_FBDIV_SEL, FBDIV_SEL, DYN_ODIV_SEL, ODIV_SEL,
        PSDA_SEL, DYN_DA_EN, DUTYDA_SEL, CLKFB_SEL, CLKOUT_BYPASS, CLKOUTP_BYPASS, CLKOUTD_BYPASS,
        DYN_SDIV_SEL, DEVICE, CLKFB, RESET, RESET_P, FBDSEL, IDSEL, ODSEL, PSDA, FDLY, DUTYDA
    };

endmodule

`default_nettype wire
