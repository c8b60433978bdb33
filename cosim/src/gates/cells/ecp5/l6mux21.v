// L6MUX21: joins two functions of five inputs, or of more, ECP5.
//
// A simulation model of spikewright.

`default_nettype none

module L6MUX21 (
    input  wire D0,
    input  wire D1,
    input  wire SD,  // 1: D1
    output wire Z
);

    assign Z = SD ? D1 : D0;

endmodule

`default_nettype wire
