// EHXPLLL: an ECP5's phase-locked loop, for simulation.
//
// It passes the clock: a simulator of ours has one clock, and its frequency has no meaning.
//
// Part of spikewright, from hdl/src/primitives/EHXPLLL.v. Synthesis must not read this file.

`default_nettype none

module EHXPLLL #(
    parameter [31:0]  CLKI_DIV        = 32'd1,
    parameter [31:0]  CLKFB_DIV       = 32'd1,
    parameter [31:0]  CLKOP_DIV       = 32'd8,
    parameter [63:0]  CLKOP_ENABLE    = "ENABLED",
    parameter [31:0]  CLKOP_CPHASE    = 32'd0,
    parameter [31:0]  CLKOP_FPHASE    = 32'd0,
    parameter [63:0]  FEEDBK_PATH     = "CLKOP",
    parameter [63:0]  OUTDIVIDER_MUXA = "DIVA",
    parameter [63:0]  STDBY_ENABLE    = "DISABLED",
    parameter [63:0]  DPHASE_SOURCE   = "DISABLED",
    parameter [63:0]  PLLRST_ENA      = "DISABLED",
    parameter [63:0]  INTFB_WAKE      = "DISABLED"
) (
    input  wire CLKI,  // reference clock
    input  wire CLKFB, // the clock it makes
    input  wire RST,   // tied
    input  wire STDBY, // tied
    output wire CLKOP, // clock for everything else
    output wire LOCK   // 1: the clock is good
);

    assign CLKOP = CLKI;
    assign LOCK = 1'b1;

    // These shape a frequency.
    wire unused = &{
        1'b0, CLKI_DIV, CLKFB_DIV, CLKOP_DIV, CLKOP_ENABLE, CLKOP_CPHASE, CLKOP_FPHASE, FEEDBK_PATH,
        OUTDIVIDER_MUXA, STDBY_ENABLE, DPHASE_SOURCE, PLLRST_ENA, INTFB_WAKE, CLKFB, RST, STDBY
    };

endmodule

`default_nettype wire
