// LUT4: any function of four inputs, ECP5.
//
// Bit {D, C, B, A} of INIT is the output.
//
// A simulation model of spikewright.

`default_nettype none

module LUT4 #(
    parameter [15:0] INIT = 16'h0000
) (
    input  wire A,
    input  wire B,
    input  wire C,
    input  wire D,
    output wire Z
);

    assign Z = INIT[{D, C, B, A}];

endmodule

`default_nettype wire
