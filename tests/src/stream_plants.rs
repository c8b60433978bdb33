//! Planted faults in what lets a pass follow itself, and in loops that are taken apart: an encoder in
//! chunks of positions.

use crate::machine_check::Whole;
use crate::pass_plants::chunked;
use crate::plants::{Plant, plants};

plants! { Whole:
    chunked "pass_control" "write" "streams: a turn is taken while the one before is read"
        "last_read | ~(starts | reads)" => "1'b1";
    chunked "pass_control" "write" "streams: another pass is taken as if it were a turn"
        "turn & (follows_i | soon)" => "turn";
    chunked "sequencer" "write" "streams: every pass follows the one before"
        "last_pass_q == address_q" => "1'b1";
    chunked "pass_unit" "write" "streams: results go to the next turn's words"
        "result_first_q ? write_result_q" => "result_first_q ? write_q";
    chunked "pass_unit" "write" "streams: membranes go to the next turn's words"
        "result_first_q ? membrane_result_q" => "result_first_q ? membrane_q";
    chunked "pass_unit" "write" "streams: spikes go to the next position's plane"
        "plane_number_o = train_behind_1_1_q" => "plane_number_o = train_q";
}
