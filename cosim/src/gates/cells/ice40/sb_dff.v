// SB_DFF and its relatives: flip-flops at the rising edge, iCE40.
//
// E enables, SR resets and SS sets at the edge; where there is an enable, it enables that too.
// Values at power-up are left open: a design that needs one resets it. The asynchronous relatives
// are not modelled.
//
// Simulation models of spikewright.

`default_nettype none

module SB_DFF (
    output reg  Q,
    input  wire C,
    input  wire D
);
    always @(posedge C) Q <= D;
endmodule

module SB_DFFE (
    output reg  Q,
    input  wire C,
    input  wire E,
    input  wire D
);
    always @(posedge C) if (E) Q <= D;
endmodule

module SB_DFFSR (
    output reg  Q,
    input  wire C,
    input  wire R,
    input  wire D
);
    always @(posedge C) Q <= D & ~R;
endmodule

module SB_DFFSS (
    output reg  Q,
    input  wire C,
    input  wire S,
    input  wire D
);
    always @(posedge C) Q <= D | S;
endmodule

module SB_DFFESR (
    output reg  Q,
    input  wire C,
    input  wire E,
    input  wire R,
    input  wire D
);
    always @(posedge C) if (E) Q <= D & ~R;
endmodule

module SB_DFFESS (
    output reg  Q,
    input  wire C,
    input  wire E,
    input  wire S,
    input  wire D
);
    always @(posedge C) if (E) Q <= D | S;
endmodule

`default_nettype wire
