// TRELLIS_DPR16X4: LUT RAM of 16 words of 4 bits, read at once, ECP5.
//
// A simulation model of spikewright.

`default_nettype none

module TRELLIS_DPR16X4 #(
    parameter        WCKMUX  = "WCK",
    parameter        WREMUX  = "WRE",
    parameter [63:0] INITVAL = 64'h0000000000000000
) (
    input  wire [3:0] DI,
    input  wire [3:0] WAD,
    input  wire       WRE,
    input  wire       WCK,
    input  wire [3:0] RAD,
    output wire [3:0] DO
);

    reg [3:0] words[0:15];

    wire clock = (WCKMUX == "INV") ? ~WCK : WCK;
    wire write = (WREMUX == "1") ? 1'b1 : (WREMUX == "0") ? 1'b0 : (WREMUX == "INV") ? ~WRE : WRE;

    always @(posedge clock) begin
        if (write) words[WAD] <= DI;
    end

    assign DO = words[RAD];

    integer word;
    initial begin
        for (word = 0; word < 16; word = word + 1) words[word] = INITVAL[4 * word +: 4];
    end

endmodule

`default_nettype wire
