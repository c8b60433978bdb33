//! Planted faults in the blocks of the array and of its weights, in the machine of one matrix.

use crate::matrices::{MatrixCase, by_events, carry_cells, small, wires};
use crate::plants::{Plant, plants};

plants! { MatrixCase:
    // ---- sums ------------------------------------------------------------------------------------

    small "ternary_parity" "write" "an inactive slot counts nothing"
        "(~active_i | (high_i ^ low_i))" => "(active_i | (high_i ^ low_i))";
    small "lane" "write" "the accumulator does not start from zero"
        "first_i ? 20'sd0 :" => "first_i ? 20'sd1 :";
    by_events "event_lane" "write" "the sum outlives its tile"
        "if (accumulate_i & last_i)" => "if (accumulate_i & last_i & rst_i)";
    wires "baked_store" "write" "another word"
        "word_q <= read_word_i" => "word_q <= read_word_i ^ 2'd1";
    carry_cells "slot_fields_3" "write" "lower bit of a weight for its upper one"
        ".A1 (high_i[0])" => ".A1 (low_i[0])";
}
