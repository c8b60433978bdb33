//! Planted faults in the blocks of the array and of its weights, in the machine of one matrix.

use crate::matrices::{MatrixCase, by_events, carry_cells, small, wires};
use crate::plants::{Plant, plants};

plants! { MatrixCase:
    // ---- sums ------------------------------------------------------------------------------------

    small "ternary_parity" "write" "an inactive slot counts nothing"
        "(~active_i | (high_i ^ low_i))" => "(active_i | (high_i ^ low_i))";
    small "ternary_dot" "write" "majority becomes any"
        "(carry_0_q & carry_1_q) |" => "(carry_0_q | carry_1_q) |";
    small "ternary_dot" "write" "offset one too large"
        "OFFSET = 5'd8" => "OFFSET = 5'd9";
    small "lane" "write" "sign bit of an extension"
        "{{13{sum_1_0_q[6]}}, sum_1_0_q}" => "{{13{sum_1_0_q[3]}}, sum_1_0_q}";
    small "lane" "write" "a pass shifts by one plane too few"
        "(sum_q << 2)" => "(sum_q << 1)";
    small "lane" "write" "the accumulator does not start from zero"
        "first_i ? 20'sd0 :" => "first_i ? 20'sd1 :";
    small "accumulator_array" "write" "a lane has the weights of the one beside"
        ".high_i (high_i[15:8])" => ".high_i (high_i[7:0])";
    carry_cells "slot_fields_4" "write" "lower bit of a weight for its upper one"
        ".A1 (high_i[0])" => ".A1 (low_i[0])";
    carry_cells "slot_fields_4" "write" "sign of a split slot's spike ignored"
        ".B0 (split_negative_i[1])" => ".B0 (1'b0)";
    carry_cells "add_fields_1_3" "write" "no carry into an addition"
        ".A0 (carry_in_i)" => ".A0 (1'b0)";
    carry_cells "add_fields_2_2" "write" "an operand's bit twice"
        ".B1 (right_i[0])" => ".B1 (left_i[0])";
    carry_cells "constant_less" "write" "minuend one too large"
        "MINUEND = 5'd8" => "MINUEND = 5'd9";
    carry_cells "ternary_dot" "write" "second bit of a split slot ignores a weight of zero"
        "| (high_i[7:4] ^ low_i[7:4])" => "| (high_i[7:4] & low_i[7:4])";
    carry_cells "primitives/CCU2C" "write" "sum of the upper bit without its carry"
        "propagate_1 ^ (carry & ~CUT_1)" => "propagate_1 ^ (carry & CUT_1)";

    // ---- events ----------------------------------------------------------------------------------

    by_events "event_lane" "write" "a negative product lacks its carry"
        "{{5{product[14]}}, product}), minus}" => "{{5{product[14]}}, product}), 1'b0}";
    by_events "event_lane" "write" "the sum outlives its tile"
        "if (accumulate_i & last_i)" => "if (accumulate_i & last_i & rst_i)";

    // ---- weights ---------------------------------------------------------------------------------

    wires "baked_store" "write" "another word"
        "word_q <= read_word_i" => "word_q <= read_word_i ^ 3'd1";
    wires "baked_store" "write" "a weight of zero adds"
        "low_q <= low" => "low_q <= low | high_q";
    small "base3_decoder" "write" "escape code read as C = +1"
        "escape = c[1] & ~c[0]" => "escape = c[1] & c[0]";
    small "base3_decoder" "write" "the zero of a pair changes sides"
        "ab_high = p_zero ? 2'd0 : (p_top ? (p[1] ? {p[0], 1'b0} : {1'b0, p[0]})"
            => "ab_high = p_zero ? 2'd0 : (p_top ? (p[1] ? {1'b0, p[0]} : {p[0], 1'b0})";
    small "weight_decoder" "write" "bytes of a bank swapped"
        "base3_decoder byte_1 (.code_i(code_i[15:8])"
            => "base3_decoder byte_1 (.code_i(code_i[23:16])";
    small "weight_store" "write" "a bank address is not decoded"
        "(write_bank_i[0] == 1'b0)}" => "1'b1}";

    // ---- streams ---------------------------------------------------------------------------------

    small "vector_input" "write" "a value loses its sign"
        "kept_0 = value_0[4:0]" => "kept_0 = {1'b0, value_0[3:0]}";
    small "vector_input" "write" "another word comes first"
        "FIRST_WORD = 3'd0" => "FIRST_WORD = 3'd1";
    small "vector_output" "prediction" "another word goes first"
        "FIRST_WORD = 3'd0" => "FIRST_WORD = 3'd1";
    small "vector_output" "prediction" "the last word is not marked"
        "assign last_o = last" => "assign last_o = 1'b0";
}
