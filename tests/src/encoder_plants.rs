//! Planted faults in the printed machines of encoders: masks of a text that fills no whole word, loops
//! over steps, resets.

use crate::machine_check::Whole;
use crate::pass_plants::{rates, ternary};
use crate::plants::{Plant, plants};

plants! { Whole:
    rates "pass_unit" "write" "masks: padding of the last word of positions counts"
        "beyond_1 = last_next & (last_of_word < 1'b1)" => "beyond_1 = 1'b0";
    ternary "pass_unit" "write" "masks: padding of the last word of positions counts"
        "beyond_1 = last_next & (last_of_word < 1'b1)" => "beyond_1 = 1'b0";
    ternary "relocation" "write" "masks: a token sees no later one"
        "instruction_q[350] ? token_position_i : position_i" => "position_i";
    ternary "loop_stack" "write" "masks: all positions are the first"
        ": (position + 16'd1)" => ": position";
    rates "loop_stack" "write" "steps: a loop turns once less"
        "(loop_count - 14'd1)" => "(loop_count - 14'd2)";
    rates "loop_stack" "write" "steps: every step is the first one"
        "else if ((again | over) & (level == 2'd0)) first_0_q <= 1'b0"
            => "else if (over & (level == 2'd0)) first_0_q <= 1'b0";
    rates "pass_operand_membrane" "write" "resets: membranes of the text before"
        "restarts_i ? (restart_is_zero ? 36'd0 : word_q)" => "restarts_i ? word_q";
    rates "pass_neuron" "write" "resets: a spike takes nothing"
        "taken_q <= (|spike_q) ?" => "taken_q <= 1'b0 ?";
    ternary "pass_neuron" "write" "resets: the released one is a hard one"
        "taken_q <= reset_taking_is_hard ?" => "taken_q <= 1'b1 ?";
    ternary "pass_neuron" "write" "resets: the hard one is the released one"
        "taken_q <= reset_taking_is_hard ?" => "taken_q <= 1'b0 ?";
}
