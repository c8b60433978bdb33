// TRELLIS_FF: a flip-flop with enable and synchronous set or reset, ECP5.
//
// Its value at power-up is left open: a design that needs one resets it. Asynchronous set and reset
// are not modelled, and stop the simulation.
//
// A simulation model of spikewright.

`default_nettype none

module TRELLIS_FF #(
    parameter GSR     = "ENABLED",
    parameter CEMUX   = "1",
    parameter CLKMUX  = "CLK",
    parameter LSRMUX  = "LSR",
    parameter LSRMODE = "LSR",
    parameter REGSET  = "RESET",
    parameter SRMODE  = "LSR_OVER_CE"
) (
    input  wire CLK,
    input  wire LSR,
    input  wire CE,
    input  wire DI,
    output reg  Q
);

    wire clock  = (CLKMUX == "INV") ? ~CLK : CLK;
    wire reset  = (LSRMUX == "INV") ? ~LSR : LSR;
    wire enable = (CEMUX == "1") ? 1'b1 : (CEMUX == "0") ? 1'b0 : (CEMUX == "INV") ? ~CE : CE;

    always @(posedge clock) begin
        if (reset) Q <= (REGSET == "SET");
        else if (enable) Q <= DI;
    end

    initial begin
        if (SRMODE != "LSR_OVER_CE" || LSRMODE != "LSR") $stop;
    end

endmodule

`default_nettype wire
