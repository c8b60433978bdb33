// SB_RAM40_4K: a block RAM of 256 words of 16 bits, a write port and a read port, iCE40.
//
// In mode 0 a port sees words of 16 bits, and MASK = 1 keeps a bit of a write. In modes 1, 2 and 3
// it sees every second, fourth or eighth bit of a word: address bits from 8 up say which, and the
// bits pass through the middle of their groups, from DATA bit 0, 1 or 3 on.
//
// A word that is read while it is written is undefined in silicon: here it is wrong in every bit,
// so that nobody gets used to it. The output at power-up is left open, contents are those of INIT.
//
// A simulation model of spikewright.

`default_nettype none

module SB_RAM40_4K #(
    parameter [1:0] WRITE_MODE = 2'd0,
    parameter [1:0] READ_MODE = 2'd0,
    parameter [255:0] INIT_0 = 256'd0,
    parameter [255:0] INIT_1 = 256'd0,
    parameter [255:0] INIT_2 = 256'd0,
    parameter [255:0] INIT_3 = 256'd0,
    parameter [255:0] INIT_4 = 256'd0,
    parameter [255:0] INIT_5 = 256'd0,
    parameter [255:0] INIT_6 = 256'd0,
    parameter [255:0] INIT_7 = 256'd0,
    parameter [255:0] INIT_8 = 256'd0,
    parameter [255:0] INIT_9 = 256'd0,
    parameter [255:0] INIT_A = 256'd0,
    parameter [255:0] INIT_B = 256'd0,
    parameter [255:0] INIT_C = 256'd0,
    parameter [255:0] INIT_D = 256'd0,
    parameter [255:0] INIT_E = 256'd0,
    parameter [255:0] INIT_F = 256'd0
) (
    output wire [15:0] RDATA,
    input  wire        RCLK,
    input  wire        RCLKE,
    input  wire        RE,
    input  wire [10:0] RADDR,
    input  wire        WCLK,
    input  wire        WCLKE,
    input  wire        WE,
    input  wire [10:0] WADDR,
    input  wire [15:0] MASK,
    input  wire [15:0] WDATA
);

    localparam [4095:0] INIT = {
        INIT_F, INIT_E, INIT_D, INIT_C, INIT_B, INIT_A, INIT_9, INIT_8,
        INIT_7, INIT_6, INIT_5, INIT_4, INIT_3, INIT_2, INIT_1, INIT_0
    };

    reg [15:0] words[0:255];

    integer index;
    initial begin
        for (index = 0; index < 256; index = index + 1) words[index] = INIT[16 * index +: 16];
    end

    // The bits of a word that an address selects.
    function [15:0] selected(input [1:0] mode, input [2:0] high);
        case (mode)
            2'd0:    selected = 16'hffff;
            2'd1:    selected = 16'h5555 << high[0];
            2'd2:    selected = 16'h1111 << high[1:0];
            default: selected = 16'h0101 << high;
        endcase
    endfunction

    // The write data at every place where it could go.
    function [15:0] everywhere(input [1:0] mode, input [15:0] data);
        case (mode)
            2'd0: everywhere = data;
            2'd1: everywhere = {
                {2{data[14]}}, {2{data[12]}}, {2{data[10]}}, {2{data[8]}},
                {2{data[6]}}, {2{data[4]}}, {2{data[2]}}, {2{data[0]}}
            };
            2'd2: everywhere = {{4{data[13]}}, {4{data[9]}}, {4{data[5]}}, {4{data[1]}}};
            default: everywhere = {{8{data[11]}}, {8{data[3]}}};
        endcase
    endfunction

    // The selected bits at the places where they leave.
    function [15:0] gathered(input [1:0] mode, input [15:0] bits);
        case (mode)
            2'd0: gathered = bits;
            2'd1: gathered = {
                1'b0, |bits[15:14], 1'b0, |bits[13:12], 1'b0, |bits[11:10], 1'b0, |bits[9:8],
                1'b0, |bits[7:6], 1'b0, |bits[5:4], 1'b0, |bits[3:2], 1'b0, |bits[1:0]
            };
            2'd2: gathered = {
                2'b00, |bits[15:12], 3'b000, |bits[11:8], 3'b000, |bits[7:4], 3'b000, |bits[3:0], 1'b0
            };
            default: gathered = {4'b0000, |bits[15:8], 7'b0000000, |bits[7:0], 3'b000};
        endcase
    endfunction

    wire        write = WE & WCLKE;
    wire [15:0] keep  = (WRITE_MODE == 2'd0) ? MASK : 16'h0000;
    wire [15:0] mask  = write ? selected(WRITE_MODE, WADDR[10:8]) & ~keep : 16'h0000;
    wire [15:0] bits  = everywhere(WRITE_MODE, WDATA) & mask;
    wire [15:0] clash = (RADDR[7:0] == WADDR[7:0]) ? mask : 16'h0000;

    always @(posedge WCLK) begin
        if (write) words[WADDR[7:0]] <= (words[WADDR[7:0]] & ~mask) | bits;
    end

    reg [15:0] word;

    always @(posedge RCLK) begin
        if (RE & RCLKE) begin
            word <= (words[RADDR[7:0]] ^ clash) & selected(READ_MODE, RADDR[10:8]);
        end
    end

    assign RDATA = gathered(READ_MODE, word);

endmodule

`default_nettype wire
