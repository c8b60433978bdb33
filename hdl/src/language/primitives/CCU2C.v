// CCU2C: two bits of an ECP5's carry chain, for simulation.
//
// Each half is a LUT of four inputs that says whether its bit hands the carry on, and a LUT of A
// and B (the four low bits of INIT, so C = D = 0) that says what it carries otherwise. INJECT1
// "YES" cuts the carry off from the sum and from the generated carry.
//
// Part of spikewright, from hdl/src/primitives/CCU2C.v. Synthesis must not read this file.

`default_nettype none

module CCU2C #(
    parameter [15:0] INIT0     = 16'h0000,
    parameter [15:0] INIT1     = 16'h0000,
    parameter [23:0] INJECT1_0 = "YES",
    parameter [23:0] INJECT1_1 = "YES"
) (
    input  wire CIN,  // carry in
    input  wire A0,   // lower bit
    input  wire B0,
    input  wire C0,
    input  wire D0,
    input  wire A1,   // upper bit
    input  wire B1,
    input  wire C1,
    input  wire D1,
    output wire S0,   // sum of the lower bit
    output wire S1,   // sum of the upper bit
    output wire COUT  // carry out of the upper bit
);

    localparam [0:0] CUT_0 = (INJECT1_0 == "YES") ? 1'b1 : 1'b0;
    localparam [0:0] CUT_1 = (INJECT1_1 == "YES") ? 1'b1 : 1'b0;

    wire propagate_0 = INIT0[{D0, C0, B0, A0}];
    wire propagate_1 = INIT1[{D1, C1, B1, A1}];
    wire generate_0  = INIT0[{2'b00, B0, A0}] & ~CUT_0;
    wire generate_1  = INIT1[{2'b00, B1, A1}] & ~CUT_1;
    wire carry       = propagate_0 ? CIN : generate_0;

    assign S0   = propagate_0 ^ (CIN & ~CUT_0);
    assign S1   = propagate_1 ^ (carry & ~CUT_1);
    assign COUT = propagate_1 ? carry : generate_1;

endmodule

`default_nettype wire
