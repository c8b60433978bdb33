// PFUMX: joins two LUT4 to a function of five inputs, ECP5.
//
// A simulation model of spikewright.

`default_nettype none

module PFUMX (
    input  wire ALUT,
    input  wire BLUT,
    input  wire C0,   // 1: ALUT
    output wire Z
);

    assign Z = C0 ? ALUT : BLUT;

endmodule

`default_nettype wire
