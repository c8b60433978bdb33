// SB_PLL40_CORE: an iCE40's phase-locked loop fed from inside, for simulation.
//
// It passes the clock: a simulator of ours has one clock, and its frequency has no meaning.
//
// Part of spikewright, from hdl/src/primitives/SB_PLL40_CORE.v. Synthesis must not read this file.

`default_nettype none

module SB_PLL40_CORE #(
    parameter [127:0] FEEDBACK_PATH = "SIMPLE",
    parameter [127:0] PLLOUT_SELECT = "GENCLK",
    parameter [3:0]   DIVR          = 4'd0,
    parameter [6:0]   DIVF          = 7'd0,
    parameter [2:0]   DIVQ          = 3'd0,
    parameter [2:0]   FILTER_RANGE  = 3'd0
) (
    input  wire REFERENCECLK, // reference clock
    input  wire RESETB,       // tied
    input  wire BYPASS,       // tied
    output wire PLLOUTGLOBAL, // clock for everything else
    output wire LOCK          // 1: the clock is good
);

    assign PLLOUTGLOBAL = REFERENCECLK;
    assign LOCK = 1'b1;

    // These shape a frequency.
    wire unused = &{
        1'b0, FEEDBACK_PATH, PLLOUT_SELECT, DIVR, DIVF, DIVQ, FILTER_RANGE, RESETB, BYPASS
    };

endmodule

`default_nettype wire
