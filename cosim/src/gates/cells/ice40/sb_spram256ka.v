// SB_SPRAM256KA: a RAM of 16384 words of 16 bits with one port, iCE40 UltraPlus.
//
// It has no contents at power-up. STANDBY, SLEEP and POWEROFF are not modelled, and stop the
// simulation. What leaves after a write is undefined in silicon: here it is what was written,
// wrong in every bit.
//
// A simulation model of spikewright.

`default_nettype none

module SB_SPRAM256KA (
    input  wire [13:0] ADDRESS,
    input  wire [15:0] DATAIN,
    input  wire [3:0]  MASKWREN,
    input  wire        WREN,
    input  wire        CHIPSELECT,
    input  wire        CLOCK,
    input  wire        STANDBY,
    input  wire        SLEEP,
    input  wire        POWEROFF,  // 1: there is power
    output reg  [15:0] DATAOUT
);

    reg [15:0] words[0:16383];

    wire [15:0] mask = {{4{MASKWREN[3]}}, {4{MASKWREN[2]}}, {4{MASKWREN[1]}}, {4{MASKWREN[0]}}};

    always @(posedge CLOCK) begin
        if (STANDBY | SLEEP | ~POWEROFF) $stop;
        if (CHIPSELECT) begin
            if (WREN) words[ADDRESS] <= (words[ADDRESS] & ~mask) | (DATAIN & mask);
            DATAOUT <= WREN ? ~DATAIN : words[ADDRESS];
        end
    end

endmodule

`default_nettype wire
