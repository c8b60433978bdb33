// SB_LUT4: any function of four inputs, iCE40.
//
// Bit {I3, I2, I1, I0} of LUT_INIT is the output.
//
// A simulation model of spikewright.

`default_nettype none

module SB_LUT4 #(
    parameter [15:0] LUT_INIT = 16'h0000
) (
    input  wire I0,
    input  wire I1,
    input  wire I2,
    input  wire I3,
    output wire O
);

    assign O = LUT_INIT[{I3, I2, I1, I0}];

endmodule

`default_nettype wire
