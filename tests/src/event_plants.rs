//! Planted faults in the printed machine whose array takes events: SpikeGPT, spikes before matrices.

use crate::machine_check::Whole;
use crate::pass_plants::{spikegpt, whole_of};
use crate::plants::{Plant, plants};
use weights::config::Form;
use weights::network::LifPlacement;

/// Eight rows of events, of train words of four columns.
pub fn events() -> Whole {
    let network = spikegpt(LifPlacement::BeforeMatrices);
    whole_of("events", network, vec![3, 11, 5], 4, |design| {
        design.array.form = Form::Event;
        design.array.lanes = 8;
    })
}

plants! { Whole:
    events "train_events" "write" "events: a silent train is what it was before"
        "& ~{4{empty_1_q}}" => "& 4'd15";
    events "train_events" "write" "events: words of a train lie one column apart"
        "{train_column_i, 2'd0}" => "{2'd0, train_column_i}";
    events "train_events" "write" "events: the word that waits is passed over"
        "waiting_q <= stays & (waiting_q | fetched_q)" => "waiting_q <= stays & waiting_q";
    events "train_events" "write" "events: a tile does not wait for the one before to drain"
        "(room_i | ~closes_tile)" => "1'b1";
    events "train_events" "stall" "events: a word leaves with its first spike"
        "full_q & ~(leaves & one_left)" => "full_q & ~leaves";
    events "train_events" "write" "events: every spike is positive"
        "|(chosen & negative_q)" => "1'b0";
    events "train_events" "write" "events: the highest column is taken for the lowest"
        "spiking_q & ~left" => "spiking_q";
    events "event_fetcher" "write" "events: the second digit weighs as much as the first"
        "power = 10'd3;" => "power = 10'd1;";
    events "event_fetcher" "write" "events: an embedding is read where events are"
        "embeds_1_q ? (base_1_q" => "1'b0 ? (base_1_q";
    events "event_lanes" "write" "events: every event ends a tile"
        "valid_i & last_i" => "valid_i";
    events "event_lane" "write" "events: a weight of 0 counts as +1"
        "~(high_i ^ low_i)" => "(~high_i | low_i)";
    events "event_lane" "write" "events: sums go on from tile to tile"
        "accumulate_i & last_i" => "1'b0";
    events "matrix_walker" "write" "events: the drain does not know of tiles"
        " | tile_leaves_i" => "";
}
