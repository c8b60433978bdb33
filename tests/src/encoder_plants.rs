//! Planted faults in the printed machines of encoders: masks of a text that fills no whole word, loops
//! over steps, resets, means over steps, and the answer of a prediction a position.

use crate::machine_check::Whole;
use crate::pass_plants::{encoding, rates, ternary, whole};
use crate::plants::{Plant, plants};
use weights::network::{BertHead, BertPooler, BertShape, BertSpiking};
use weights::sample;

/// An encoder whose head fills masks: a prediction for every position.
pub fn filling() -> Whole {
    let spiking = BertSpiking::Spikingbert { threshold: 1.0, leak: 0.5 };
    let head = BertHead::MaskedToken { tied: false };
    let shape = BertShape { steps: 2, head, ..encoding("filling", spiking, BertPooler::None) };
    whole("filling", sample::spikingbert(3, &shape), vec![3, 11, 5, 7, 2], 1)
}

plants! { Whole:
    rates "pass_unit" "write" "masks: padding of the last word of positions counts"
        "beyond_1 = last_21_q & (last_of_word < 1'b1)" => "beyond_1 = 1'b0";
    ternary "pass_unit" "write" "masks: padding of the last word of positions counts"
        "beyond_1 = last_21_q & (last_of_word < 1'b1)" => "beyond_1 = 1'b0";
    ternary "relocation" "write" "masks: a token sees no later one"
        "instruction_q[350] ? token_position_i : position_i" => "position_i";
    ternary "loop_stack" "write" "masks: all positions are the first"
        "position_q <= position + 16'd1" => "position_q <= position";
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
    filling "pass_operand_b" "write" "mean over steps: it goes on from the text before"
        "restarts_i ? (restart_is_zero ? 36'd0 :" => "restarts_i ? (1'b0 ? 36'd0 :";
    filling "pass_operand_b" "write" "mean over steps: the last step alone counts"
        "(space_is_s ? state_i : constant_i)" => "constant_i";
    filling "maximum_search" "stall" "answer: no prediction is announced"
        "predicted_q <= ends & predicts_1_q" => "predicted_q <= 1'b0";
    filling "maximum_search" "prediction" "answer: the first position is announced for all"
        "if (ends & predicts_1_q) prediction_q <= row" => "if (1'b0) prediction_q <= row";
    filling "prediction_queue" "prediction" "answer: positions leave in another order"
        "queue[read_at_q[2:0]]" => "queue[~read_at_q[2:0]]";
    filling "prediction_queue" "status" "answer: the first position ends it"
        "last = made_q == position_i" => "last = made_q == 16'd0";
    filling "prediction_queue" "status" "answer: positions of the text before are counted on"
        "if (begins_i) made_q <= 16'd0;" => "if (begins_i) made_q <= made_q;";
}
