// CCU2C: two bits of a carry chain, ECP5.
//
// In each bit a function of four inputs decides what becomes of the carry: where it is 1 the carry
// goes on, where it is 0 the function of A and B in the lowest four bits of INIT is the next carry.
// INJECT1 = "YES" makes the bit a plain function, and its own carry 0.
//
// A simulation model of spikewright.

`default_nettype none

module CCU2C #(
    parameter [15:0] INIT0     = 16'h0000,
    parameter [15:0] INIT1     = 16'h0000,
    parameter        INJECT1_0 = "YES",
    parameter        INJECT1_1 = "YES"
) (
    input  wire CIN,
    input  wire A0,
    input  wire B0,
    input  wire C0,
    input  wire D0,
    input  wire A1,
    input  wire B1,
    input  wire C1,
    input  wire D1,
    output wire S0,
    output wire S1,
    output wire COUT
);

    localparam CHAINED_0 = INJECT1_0 == "NO";
    localparam CHAINED_1 = INJECT1_1 == "NO";

    wire propagate_0 = INIT0[{D0, C0, B0, A0}];
    wire generate_0  = CHAINED_0 & INIT0[{2'b00, B0, A0}];
    wire carry       = propagate_0 ? CIN : generate_0;
    assign S0        = propagate_0 ^ (CHAINED_0 & CIN);

    wire propagate_1 = INIT1[{D1, C1, B1, A1}];
    wire generate_1  = CHAINED_1 & INIT1[{2'b00, B1, A1}];
    assign COUT      = propagate_1 ? carry : generate_1;
    assign S1        = propagate_1 ^ (CHAINED_1 & carry);

endmodule

`default_nettype wire
