// DP16KD: a block RAM of 1024 words of 18 bits with two ports, ECP5.
//
// Each port has a width of its own. At 18 bits the address is in bits 13..4, and bits 1..0 enable
// the two bytes of a write; at 9 bits, bit 3 selects the byte; at 4, 2 and 1 bits, bits 3..2, 3..1
// and 3..0 select the bits, and the ninth bit of a byte is not used. At 36 bits, port A writes a
// pair of words, enabled by bits 3..0, and port B reads it: the low word leaves through DOA.
//
// A word that one port reads while the other writes it is undefined in silicon: here it is wrong in
// every bit, so that nobody gets used to it. What a port reads while it writes follows WRITEMODE.
// Outputs at power-up are left open, contents are those of INITVAL. RESETMODE "ASYNC" is modelled
// only as far as nobody resets.
//
// A simulation model of spikewright.

`default_nettype none

module DP16KD #(
    parameter DATA_WIDTH_A = 18,
    parameter DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter GSR = "ENABLED",
    parameter [319:0] INITVAL_00 = 320'd0,
    parameter [319:0] INITVAL_01 = 320'd0,
    parameter [319:0] INITVAL_02 = 320'd0,
    parameter [319:0] INITVAL_03 = 320'd0,
    parameter [319:0] INITVAL_04 = 320'd0,
    parameter [319:0] INITVAL_05 = 320'd0,
    parameter [319:0] INITVAL_06 = 320'd0,
    parameter [319:0] INITVAL_07 = 320'd0,
    parameter [319:0] INITVAL_08 = 320'd0,
    parameter [319:0] INITVAL_09 = 320'd0,
    parameter [319:0] INITVAL_0A = 320'd0,
    parameter [319:0] INITVAL_0B = 320'd0,
    parameter [319:0] INITVAL_0C = 320'd0,
    parameter [319:0] INITVAL_0D = 320'd0,
    parameter [319:0] INITVAL_0E = 320'd0,
    parameter [319:0] INITVAL_0F = 320'd0,
    parameter [319:0] INITVAL_10 = 320'd0,
    parameter [319:0] INITVAL_11 = 320'd0,
    parameter [319:0] INITVAL_12 = 320'd0,
    parameter [319:0] INITVAL_13 = 320'd0,
    parameter [319:0] INITVAL_14 = 320'd0,
    parameter [319:0] INITVAL_15 = 320'd0,
    parameter [319:0] INITVAL_16 = 320'd0,
    parameter [319:0] INITVAL_17 = 320'd0,
    parameter [319:0] INITVAL_18 = 320'd0,
    parameter [319:0] INITVAL_19 = 320'd0,
    parameter [319:0] INITVAL_1A = 320'd0,
    parameter [319:0] INITVAL_1B = 320'd0,
    parameter [319:0] INITVAL_1C = 320'd0,
    parameter [319:0] INITVAL_1D = 320'd0,
    parameter [319:0] INITVAL_1E = 320'd0,
    parameter [319:0] INITVAL_1F = 320'd0,
    parameter [319:0] INITVAL_20 = 320'd0,
    parameter [319:0] INITVAL_21 = 320'd0,
    parameter [319:0] INITVAL_22 = 320'd0,
    parameter [319:0] INITVAL_23 = 320'd0,
    parameter [319:0] INITVAL_24 = 320'd0,
    parameter [319:0] INITVAL_25 = 320'd0,
    parameter [319:0] INITVAL_26 = 320'd0,
    parameter [319:0] INITVAL_27 = 320'd0,
    parameter [319:0] INITVAL_28 = 320'd0,
    parameter [319:0] INITVAL_29 = 320'd0,
    parameter [319:0] INITVAL_2A = 320'd0,
    parameter [319:0] INITVAL_2B = 320'd0,
    parameter [319:0] INITVAL_2C = 320'd0,
    parameter [319:0] INITVAL_2D = 320'd0,
    parameter [319:0] INITVAL_2E = 320'd0,
    parameter [319:0] INITVAL_2F = 320'd0,
    parameter [319:0] INITVAL_30 = 320'd0,
    parameter [319:0] INITVAL_31 = 320'd0,
    parameter [319:0] INITVAL_32 = 320'd0,
    parameter [319:0] INITVAL_33 = 320'd0,
    parameter [319:0] INITVAL_34 = 320'd0,
    parameter [319:0] INITVAL_35 = 320'd0,
    parameter [319:0] INITVAL_36 = 320'd0,
    parameter [319:0] INITVAL_37 = 320'd0,
    parameter [319:0] INITVAL_38 = 320'd0,
    parameter [319:0] INITVAL_39 = 320'd0,
    parameter [319:0] INITVAL_3A = 320'd0,
    parameter [319:0] INITVAL_3B = 320'd0,
    parameter [319:0] INITVAL_3C = 320'd0,
    parameter [319:0] INITVAL_3D = 320'd0,
    parameter [319:0] INITVAL_3E = 320'd0,
    parameter [319:0] INITVAL_3F = 320'd0
) (
    input  wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
           DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input  wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1,
           ADA0,
    input  wire CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6,
           DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    input  wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
           DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input  wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1,
           ADB0,
    input  wire CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6,
           DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);

    // Contents: 16 words in each INITVAL, 20 bits apart.
    localparam [20479:0] INITVAL = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39,
        INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32,
        INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B,
        INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
        INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E, INITVAL_1D,
        INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16,
        INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F,
        INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01,
        INITVAL_00
    };

    reg [17:0] words[0:1023];

    integer index;
    initial begin
        for (index = 0; index < 1024; index = index + 1) words[index] = INITVAL[20 * index +: 18];
        if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000") $stop;
    end

    // Ports as vectors.
    wire [17:0] data_a = {
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5,
        DIA4, DIA3, DIA2, DIA1, DIA0
    };
    wire [17:0] data_b = {
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5,
        DIB4, DIB3, DIB2, DIB1, DIB0
    };
    wire [13:0] at_a = {
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
    };
    wire [13:0] at_b = {
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
    };
    wire clock_a = (CLKAMUX == "INV") ? ~CLKA : CLKA;
    wire clock_b = (CLKBMUX == "INV") ? ~CLKB : CLKB;
    wire take_a  = CEA & ~CSA2 & ~CSA1 & ~CSA0;
    wire take_b  = CEB & ~CSB2 & ~CSB1 & ~CSB0;

    // Sixteen bits without the ninth of each byte, as a word.
    function [17:0] spread(input [15:0] bits);
        spread = {1'b0, bits[15:8], 1'b0, bits[7:0]};
    endfunction

    // The bits of a word that a port of that width writes.
    function [17:0] mask(input integer width, input [3:0] at);
        case (width)
            1:       mask = spread(16'h0001 << at);
            2:       mask = spread(16'h0003 << {at[3:1], 1'b0});
            4:       mask = spread(16'h000f << {at[3:2], 2'b00});
            9:       mask = at[3] ? 18'h3fe00 : 18'h001ff;
            default: mask = {{9{at[1]}}, {9{at[0]}}};
        endcase
    endfunction

    // What a port of that width writes, at every place where it could.
    function [17:0] everywhere(input integer width, input [17:0] data);
        case (width)
            1:       everywhere = spread({16{data[0]}});
            2:       everywhere = spread({8{data[1:0]}});
            4:       everywhere = spread({4{data[3:0]}});
            9:       everywhere = {2{data[8:0]}};
            default: everywhere = data;
        endcase
    endfunction

    // What a port of that width sees of a word.
    function [17:0] seen(input integer width, input [3:0] at, input [17:0] word);
        reg [15:0] bits;
        begin
            bits = {word[16:9], word[7:0]};
            case (width)
                1:       seen = {17'd0, bits[at]};
                2:       seen = {16'd0, bits[{at[3:1], 1'b0} +: 2]};
                4:       seen = {14'd0, bits[{at[3:2], 2'b00} +: 4]};
                9:       seen = {9'd0, at[3] ? word[17:9] : word[8:0]};
                default: seen = word;
            endcase
        end
    endfunction

    // Writes. A pair of words shares all but the lowest bit of its address.
    localparam PAIRS = DATA_WIDTH_A == 36;

    wire        write_a = take_a & WEA;
    wire        write_b = take_b & WEB & ~PAIRS;
    wire [9:0]  word_a  = PAIRS ? {at_a[13:5], 1'b0} : at_a[13:4];
    wire [9:0]  word_b  = (DATA_WIDTH_B == 36) ? {at_b[13:5], 1'b1} : at_b[13:4];
    wire [9:0]  word_p  = {word_a[9:1], 1'b1};
    wire [17:0] mask_a  = write_a ? mask(DATA_WIDTH_A, at_a[3:0]) : 18'd0;
    wire [17:0] mask_b  = write_b ? mask(DATA_WIDTH_B, at_b[3:0]) : 18'd0;
    wire [17:0] mask_p  = (write_a & PAIRS) ? {{9{at_a[3]}}, {9{at_a[2]}}} : 18'd0;
    wire [17:0] bits_a  = everywhere(DATA_WIDTH_A, data_a) & mask_a;
    wire [17:0] bits_b  = everywhere(DATA_WIDTH_B, data_b) & mask_b;

    always @(posedge clock_a) begin
        if (write_a) words[word_a] <= (words[word_a] & ~mask_a) | bits_a;
        if (write_a & PAIRS) words[word_p] <= (words[word_p] & ~mask_p) | (data_b & mask_p);
    end

    always @(posedge clock_b) begin
        if (write_b) words[word_b] <= (words[word_b] & ~mask_b) | bits_b;
    end

    // Reads. Bits that the other port writes at the same time are wrong.
    wire [17:0] clash_a = (word_a == word_b) ? mask_b : 18'd0;
    wire [17:0] clash_b = (word_a == word_b) ? mask_a
        : (PAIRS & (word_a[9:1] == word_b[9:1])) ? mask_p : 18'd0;
    wire [17:0] clash_p = (word_a[9:1] == word_b[9:1]) ? mask_a : 18'd0;
    wire [17:0] read_a  = words[word_a] ^ clash_a;
    wire [17:0] read_b  = words[word_b] ^ clash_b;
    wire [17:0] read_p  = words[{word_b[9:1], 1'b0}] ^ clash_p;

    reg [17:0] out_a;
    reg [17:0] out_b;
    reg [17:0] late_a;
    reg [17:0] late_b;

    always @(posedge clock_a) begin
        if (!PAIRS) begin
            if (RSTA) out_a <= 18'd0;
            else if (take_a & ~WEA) out_a <= seen(DATA_WIDTH_A, at_a[3:0], read_a);
            else if (take_a & (WRITEMODE_A == "READBEFOREWRITE"))
                out_a <= seen(DATA_WIDTH_A, at_a[3:0], read_a);
            else if (take_a & (WRITEMODE_A == "WRITETHROUGH"))
                out_a <= seen(DATA_WIDTH_A, at_a[3:0], (read_a & ~mask_a) | bits_a);
        end
        if (OCEA) late_a <= RSTA ? 18'd0 : out_a;
    end

    reg [17:0] out_p;
    reg [17:0] late_p;

    always @(posedge clock_b) begin
        if (RSTB) out_b <= 18'd0;
        else if (take_b & (~WEB | PAIRS)) out_b <= seen(DATA_WIDTH_B, at_b[3:0], read_b);
        else if (take_b & (WRITEMODE_B == "READBEFOREWRITE"))
            out_b <= seen(DATA_WIDTH_B, at_b[3:0], read_b);
        else if (take_b & (WRITEMODE_B == "WRITETHROUGH"))
            out_b <= seen(DATA_WIDTH_B, at_b[3:0], (read_b & ~mask_b) | bits_b);
        if (RSTB) out_p <= 18'd0;
        else if (take_b) out_p <= read_p;
        if (OCEB) late_b <= RSTB ? 18'd0 : out_b;
        if (OCEB) late_p <= RSTB ? 18'd0 : out_p;
    end

    always @(posedge CLKA) begin
        if (RESETMODE == "ASYNC" && (RSTA || RSTB)) $stop;
    end

    wire [17:0] answer_a = (REGMODE_A == "OUTREG") ? late_a : out_a;
    wire [17:0] answer_b = (REGMODE_B == "OUTREG") ? late_b : out_b;
    wire [17:0] answer_p = (REGMODE_B == "OUTREG") ? late_p : out_p;

    assign {
        DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
        DOA4, DOA3, DOA2, DOA1, DOA0
    } = PAIRS ? answer_p : answer_a;
    assign {
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
        DOB4, DOB3, DOB2, DOB1, DOB0
    } = answer_b;

endmodule

`default_nettype wire
