// SB_CARRY: one bit of a carry chain, iCE40: the majority of three.
//
// A simulation model of spikewright.

`default_nettype none

module SB_CARRY (
    input  wire I0,
    input  wire I1,
    input  wire CI,
    output wire CO
);

    assign CO = (I0 & I1) | (I0 & CI) | (I1 & CI);

endmodule

`default_nettype wire
