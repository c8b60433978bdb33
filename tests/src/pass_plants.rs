//! Planted faults in the printed machines of passes: SpikeGPT in both placements, NeurTransformer,
//! and an encoder whose steps share weight fetches.

use crate::machine_check::{Host, Whole};
use crate::machines::MachineCase;
use crate::plants::{Plant, plants};
use crate::talks::Lowered;
use firmware::image::MachineImage;
use firmware::lower::{PositionOrder, position_orders};
use std::collections::BTreeSet;
use weights::config::Design;
use weights::network::{
    BertHead, BertPooler, BertShape, BertSpiking, Function, GptInside, GptShape, GptSpiking,
    LifPlacement, Network, NeuronLayer, RwkvShape, RwkvSpiking, SpikelmReset,
};
use weights::neuron::{Reset, State};
use weights::sample;

/// A machine of 4 × 4 × 2 for a network.
fn whole(name: &str, network: Network, prompt: Vec<u32>, generate: usize) -> Whole {
    whole_of(name, network, prompt, generate, |_| ())
}

pub(crate) fn whole_of(
    name: &str,
    network: Network,
    prompt: Vec<u32>,
    generate: usize,
    set: impl Fn(&mut Design),
) -> Whole {
    let mut design = Design::spiking();
    design.name = name.to_owned();
    (design.array.lanes, design.array.slots, design.array.planes) = (4, 4, 2);
    design.machine.elements = 2;
    design.machine.context = 8;
    (design.machine.attention_bits, design.machine.head_bits) = (2, 2);
    design.machine.embedding_digits = 3;
    set(&mut design);
    let case = MachineCase { name: name.to_owned(), network, design, prompt, generate };
    Whole::new(case, Host::Registers)
}

fn recurrent(name: &str, placement: LifPlacement) -> Whole {
    whole(name, spikegpt(placement), vec![3, 11, 5], 4)
}

/// A SpikeGPT of one block.
pub(crate) fn spikegpt(placement: LifPlacement) -> Network {
    let neuron = NeuronLayer::lif(2.0, 0.5, State::PerToken);
    let shape = RwkvShape {
        width: 7,
        attention_width: 7,
        hidden: 9,
        blocks: 1,
        vocabulary: 13,
        epsilon: 1e-5,
        spiking: Some(RwkvSpiking { placement, neuron }),
        tied: false,
        begin_token: None,
        end_tokens: BTreeSet::new(),
    };
    sample::spikegpt(3, &shape)
}

/// SpikeGPT as published: neurons behind the parts of a block.
pub fn published() -> Whole {
    recurrent("published", LifPlacement::BehindParts)
}

/// SpikeGPT whose matrices see spikes.
pub fn spike_input() -> Whole {
    recurrent("spike-input", LifPlacement::BeforeMatrices)
}

/// SpikeGPT on one plane: counts of its head take two passes for each of three digits.
pub fn single_plane() -> Whole {
    let network = spikegpt(LifPlacement::BeforeMatrices);
    let whole = whole_of("single plane", network, vec![3, 11, 5], 4, |design| {
        design.array.planes = 1;
    });
    assert!(whole.lowered.program.parameters.digit_passes, "no digit takes two passes");
    whole
}

/// NeurTransformer of three steps: spiking attention over the text so far, no softmax.
pub fn attending() -> Whole {
    let attention = NeuronLayer::lif(2.0, 0.5, State::PerStep);
    let feed_forward = NeuronLayer::integrate_and_fire(1.0, Reset::Soft);
    let shape = GptShape {
        width: 6,
        hidden: 9,
        blocks: 1,
        heads: 2,
        vocabulary: 13,
        context: 7,
        epsilon: 1e-5,
        inside: GptInside::Spiking(GptSpiking {
            steps: 3,
            attention,
            scale_shift: 1,
            feed_forward,
        }),
        tied: true,
        begin_token: None,
        end_tokens: BTreeSet::new(),
    };
    whole("attending", sample::neurtransformer(3, &shape), vec![3, 11, 5], 4)
}

/// The same with its steps and heads as turns of loops.
///
/// # Panics
/// If it has no such program.
pub fn stepping() -> Whole {
    let mut whole = attending();
    whole.case.name = "stepping".to_owned();
    let MachineCase { network, design, .. } = &whole.case;
    let programs = position_orders(network, design).expect("it lowers");
    let loops = |it: &PositionOrder| it.apart && !(it.steps_together || it.unrolled || it.leads);
    let found = programs.into_iter().find(|(order, _)| loops(order));
    let (_, program) = found.expect("its loops may stay");
    let image = MachineImage::new(&program).expect("it fits its own machine");
    whole.lowered = Lowered { program, image };
    whole
}

fn encoding(name: &str, spiking: BertSpiking, pooler: BertPooler) -> BertShape {
    let labels = vec![format!("{name} yes"), format!("{name} no"), format!("{name} other")];
    BertShape {
        width: 6,
        hidden: 9,
        blocks: 1,
        heads: 2,
        function: Function::Gelu,
        vocabulary: 13,
        context: 7,
        epsilon: 1e-12,
        steps: 3,
        spiking,
        head: BertHead::Classifier { labels, pooler },
        begin_token: None,
        end_token: None,
    }
}

/// SpikeLM of three steps: ternary spikes, softmax over a padded text, a mean over the steps.
pub fn ternary() -> Whole {
    let spiking = BertSpiking::Spikelm { beta: 0.25, reset: SpikelmReset::Code };
    let shape = encoding("ternary", spiking, BertPooler::Tanh);
    whole("ternary", sample::spikelm(3, &shape), vec![3, 11, 5, 7, 2], 1)
}

/// SpikingBERT of three steps: leaky neurons of a soft reset, rates.
pub fn rates() -> Whole {
    let spiking = BertSpiking::Spikingbert { threshold: 1.0, leak: 0.875 };
    let shape = encoding("rates", spiking, BertPooler::TanhRelu);
    whole("rates", sample::spikingbert(3, &shape), vec![3, 11, 5, 7, 2], 1)
}

/// The same in chunks of positions: the planes of the array have a sum and a result of their own.
pub fn chunked() -> Whole {
    let shape = BertShape { steps: 2, ..sample::spikingbert_shape(0) };
    let prompt = vec![3, 7, 5, 2, 6];
    let whole = whole_of("chunked", sample::spikingbert(0, &shape), prompt, 1, |design| {
        (design.array.lanes, design.array.slots, design.array.planes) = (8, 8, 8);
        design.machine.elements = 4;
    });
    assert!(whole.lowered.program.parameters.has_vectors(), "its chunks share no fetches");
    whole
}

plants! { Whole:
    // ---- token shift ---------------------------------------------------------------------------

    spike_input "pass_join" "write" "token shift: what the token before had is left out"
        "((join_late_is_multiply_add | join_late_is_interpolate)" => "(join_late_is_multiply_add";
    spike_input "pass_join" "write" "token shift: its weight takes a token for the difference of two"
        "((join_is_subtract | join_is_interpolate)" => "(join_is_subtract";
    published "pass_operand_b" "write" "token shift: a text goes on from the one before"
        "restarts_i ? (restart_is_zero ? 36'd0 :" => "restarts_i ? (1'b0 ? 36'd0 :";
    published "pass_unit" "write" "token shift: nothing is kept for the next token"
        "result_q & (spiking_result_q | destination_is_s)" => "result_q & spiking_result_q";

    // ---- WKV -----------------------------------------------------------------------------------

    spike_input "pass_join" "write" "WKV: n is the smaller of both exponents"
        "larger = (a_i < b_i) ? b_i : a_i" => "larger = (a_i < b_i) ? a_i : b_i";
    spike_input "pass_join" "write" "WKV: A p + B v without A p"
        "((join_late_is_multiply_add | join_late_is_interpolate)" => "(join_late_is_interpolate";
    published "pass_join" "write" "WKV: A q + B without B"
        "+ $signed({b_i[17], b_i})) : ((join_is_subtract" => "+ 19'sd0) : ((join_is_subtract";
    spike_input "pass_operand_a" "write" "WKV: o begins at zero"
        "restart_is_lowest ? {2{lowest}} :" => "restart_is_lowest ? 36'd0 :";
    published "pass_operand_a" "write" "WKV: its state goes on from the text before"
        "operand_q <= restarts_i ?" => "operand_q <= 1'b0 ?";
    spike_input "pass_function" "write" "WKV: the exponential's table begins elsewhere"
        "? -21'sd65536" => "? -21'sd73728";
    spike_input "pass_function" "write" "WKV: a reciprocal is twice as large"
        "length_q <= 5'd23 - zeros_q" => "length_q <= 5'd22 - zeros_q";
    spike_input "leading_zeros_value" "write" "WKV: zeros of a denominator are those of whole bytes"
        "{byte_index, zeros_in_byte} : ALL" => "{byte_index, 3'd0} : ALL";
    spike_input "pass_multiply" "write" "WKV: the length of a reciprocal's argument is left out"
        "(reciprocal_i ? $signed({5'd0, length_i}) : 10'sd0)" => "10'sd0";
    spike_input "pass_reads" "write" "WKV: the third operand is read where the second is"
        "(phase_i == c_phase_i)" => "(phase_i == b_phase_i)";
    spike_input "pass_operand_c" "write" "WKV: B is a constant"
        "space_is_t ? temporary_i : constant_i" => "constant_i";
    spike_input "round_shifter_36" "write" "WKV: a quotient is not rounded"
        "round_up_q <= fine[0]" => "round_up_q <= 1'b0";
    spike_input "state_memory" "write" "WKV: every second word of the state is not stored"
        "if (write_i)" => "if (write_i & ~write_address_i[0])";

    // ---- gates ---------------------------------------------------------------------------------

    spike_input "pass_function" "write" "sigmoid gate: it looks into the exponential's table"
        "(function_looking_is_table_1 ? 2'd2 :" => "(function_looking_is_table_1 ? 2'd1 :";
    published "pass_function" "write" "sigmoid gate: no way to the next entry"
        "tabled = entry_q + $signed(rounded[33:16])" => "tabled = entry_q";
    published "pass_table" "write" "sigmoid gate: an element sees its neighbour's entry"
        "word_1_q <= words[index_1_i]" => "word_1_q <= words[index_0_i]";
    spike_input "pass_multiply" "write" "sigmoid gate: it opens itself"
        "(multiply_is_b ? b_i" => "(multiply_is_b ? a_i";
    spike_input "delay_9_36" "write" "sigmoid gate: it opens the word before"
        "from = place_q - 4'd8" => "from = place_q - 4'd9";
    spike_input "pass_multiply" "write" "squared ReLU: it is not squared"
        "multiply_is_a ? a_i" => "1'b0 ? a_i";

    // ---- neurons -------------------------------------------------------------------------------

    attending "pass_neuron" "write" "LIF: the threshold must be passed, not reached"
        "up_q <= chosen_theta <= $signed(" => "up_q <= chosen_theta < $signed(";
    published "pass_neuron" "write" "LIF: a spike does not reset"
        "taken_q <= (|spike_q) ?" => "taken_q <= 1'b0 ?";
    spike_input "pass_neuron" "write" "LIF: the membrane does not leak"
        "leak = {1'b0, leak_i}" => "leak = 19'sd65536";
    published "pass_neuron" "write" "LIF: what is left of a membrane is not rounded"
        "product_q + 37'sd32768" => "product_q + 37'sd0";
    spike_input "delay_12_36" "write" "LIF: a current meets the membranes of the word before"
        "from = place_q - 4'd11" => "from = place_q - 4'd12";
    spike_input "pass_reads" "write" "LIF: all words have the membranes of the first"
        "membrane_address_q <= membrane_address_q + 16'd1"
            => "membrane_address_q <= membrane_address_q";
    published "pass_unit" "write" "LIF: membranes are not stored"
        "result_q & (spiking_result_q | destination_is_s)" => "result_q & destination_is_s";
    attending "pass_neuron" "write" "IF: a soft reset takes all of the membrane"
        "taken_q <= reset_taking_is_hard ?" => "taken_q <= 1'b1 ?";
    ternary "pass_neuron" "write" "ternary: no spike is negative"
        "{{17{down_q}}, (up_q | down_q)}" => "{17'd0, (up_q | down_q)}";
    ternary "pass_neuron" "write" "ternary: -1 resets as +1 does"
        "(spike_q[17] ? (-v_taking) : v_taking)" => "v_taking";
    ternary "pass_counts" "write" "ternary: a train has no signs"
        "negative_q_0 <= sign_0" => "negative_q_0 <= 1'b0";

    // ---- clearing of state, steps --------------------------------------------------------------

    published "sequencer" "write" "clearing: every token begins a text"
        "restarts = position_i == 16'd0" => "restarts = 1'b1";
    spike_input "sequencer" "write" "clearing: a text goes on from the one before"
        "restarts = position_i == 16'd0" => "restarts = 1'b0";
    spike_input "pass_operand_membrane" "write" "clearing: membranes of the text before"
        "restarts_i ? (restart_is_zero ? 36'd0 : word_q)" => "restarts_i ? word_q";
    attending "pass_operand_membrane" "write" "clearing: membranes of the token before"
        "restarts_i ? (restart_is_zero ? 36'd0 : word_q)" => "restarts_i ? word_q";
    stepping "relocation" "write" "steps: an inner loop's first turn clears"
        "restarts = first_i[0]" => "restarts = first_i[1]";
    attending "relocation" "write" "steps: the first that is written out goes on from the token before"
        "3'd6: restarts = 1'b1" => "3'd6: restarts = 1'b0";
    stepping "loop_stack" "write" "steps: every step is the first one"
        "else if ((again | over) & (level == 1'b0)) first_0_q <= 1'b0"
            => "else if (over & (level == 1'b0)) first_0_q <= 1'b0";
    stepping "loop_stack" "write" "steps: a loop turns once less"
        "(loop_count - 14'd1)" => "(loop_count - 14'd2)";
    stepping "loop_stack" "write" "steps: a pointer stays behind"
        "pointer_2_q <= pointer_2 + by_2" => "pointer_2_q <= pointer_2";
    stepping "loop_stack" "write" "steps: a pointer is not there again after its loop"
        "else if (over) pointer_1_q <=" => "else if (over & rst_i) pointer_1_q <=";
    stepping "relocation" "write" "steps: keys of the first step serve all"
        "instruction_q[27:12] + pointer_0_q" => "instruction_q[27:12]";
    attending "pass_operand_b" "write" "mean over steps: it goes on from the token before"
        "restarts_i ? (restart_is_zero ? 36'd0 :" => "restarts_i ? (1'b0 ? 36'd0 :";
    attending "pass_multiply" "write" "mean over steps: a sum without its factor"
        "factor_q <= multiply_is_b ? b_i" => "factor_q <= 1'b0 ? b_i";
    rates "pass_operand_b" "write" "mean over steps: it goes on from the text before"
        "restarts_i ? (restart_is_zero ? 36'd0 :" => "restarts_i ? (1'b0 ? 36'd0 :";

    // ---- attention -----------------------------------------------------------------------------

    attending "ternary_parity" "write" "popcount: a silent query counts"
        "(~active_i | (high_i ^ low_i))" => "(active_i | (high_i ^ low_i))";
    attending "ternary_dot" "write" "popcount: one too few"
        "OFFSET = 4'd4" => "OFFSET = 4'd5";
    attending "pass_digits" "write" "popcount: a key's spike is a -1"
        "codes[1] = 2'd2" => "codes[1] = 2'd1";
    attending "pass_store" "write" "popcount: a silent key is a -1"
        "store_low_o = ~{minus" => "store_low_o = {minus";
    attending "pass_store" "write" "popcount: a key is stored in the first tile of positions"
        "start_q <= base_i + within_q" => "start_q <= base_i";
    attending "pass_counts" "write" "popcount: a score has two bits"
        "limit = largest[6:0]" => "limit = {5'd0, largest[1:0]}";
    attending "plane_selector" "write" "popcount: planes of a score weigh in the wrong order"
        "{level_3_q[0], level_3_q[1]}" => "{level_3_q[1], level_3_q[0]}";
    attending "pass_unit" "write" "masks: what lies beyond the position counts"
        "beyond_1 = last_next & (last_of_word < 1'b1)" => "beyond_1 = 1'b0";
    attending "pass_unit" "write" "masks: the position itself is not attended"
        "? attended_i :" => "? (attended_i - 16'd1) :";
    rates "relocation" "write" "masks: a token of an encoder sees no later one"
        "instruction_q[350] ? token_position_i : position_i" => "position_i";
    rates "loop_stack" "write" "masks: all positions of an encoder are the first"
        ": (position + 16'd1)" => ": position";
    rates "pass_function" "write" "softmax: its table is the one of the normal distribution"
        "function_looking_is_table_0 ? 2'd0" => "function_looking_is_table_0 ? 2'd1";
    rates "pass_reduce" "write" "softmax: its sum goes on from the one before"
        "opening_2_q ? 56'sd0 : gathered_q" => "gathered_q";

    // ---- norms ---------------------------------------------------------------------------------

    spike_input "level_registers" "write" "norm: a mean is not stored"
        "if (write_i)" => "if (write_i & data_i[0])";
    spike_input "pass_reduce" "write" "norm: squares of every second element are left out"
        "+ $signed({term_1_q[35], term_1_q})" => "+ 37'sd0";
    spike_input "pass_finish" "write" "norm: the root of an odd length"
        "length_q[0] ? {1'b0, normal_q[16:9]} : normal_q[16:8]" => "normal_q[16:8]";
    spike_input "round_shifter_73" "write" "norm: a mean is shifted by multiples of eight"
        "coarse_q >>> fine_amount_q" => "coarse_q >>> 3'd0";
    attending "leading_zeros_gathered" "write" "norm: one zero too many before a root"
        "(highest[3] ? 3'd3" => "(highest[3] ? 3'd4";
    published "pass_unit" "write" "norm: what lies beyond an odd width counts"
        "y_1_q <= beyond_1 ? 18'sd0 :" => "y_1_q <= 1'b0 ? 18'sd0 :";

    // ---- exits ---------------------------------------------------------------------------------

    published "pass_unit" "write" "exits: a product leaves behind its join"
        "leaves_join_q <= joins_only" => "leaves_join_q <= ~spiking_q";
    published "pass_unit" "write" "exits: a word that has left goes on"
        "moves_9_q <= moves_8_q & ~leaves_join_data" => "moves_9_q <= moves_8_q";
    published "pass_unit" "write" "exits: the first word is that of the longest way"
        "first_next = join_leaves ? first_8_q :" => "first_next = join_leaves ? first_17_q :";

    // ---- leads ---------------------------------------------------------------------------------

    published "pass_control" "stall" "leads: a pass never comes in the cycle of its lead"
        "(left_q <= lead_i)" => "(left_q < lead_i)";
    published "pass_unit" "write" "leads: the place of a word is that of the pass behind"
        "write_result_q <= join_leaves ? write_8 :" => "write_result_q <= join_leaves ? write_q :";

    published "pass_control" "write" "leads: a pass is taken a cycle early"
        "(depth_i <= lead_i)" => "(depth_less_one <= lead_i)";
    rates "pass_unit" "write" "leads: the scalar of the pass behind"
        "scalar_read_address_o = scalar_at_11" => "scalar_read_address_o = scalar_q";

    // ---- resets --------------------------------------------------------------------------------

    spike_input "pass_control" "stall" "reset: the end of a pass outlives it"
        "if (rst_i) begin dones_q <= 31'd0; end else" => "if (1'b0) begin dones_q <= 31'd0; end else";
    attending "sequencer" "write" "reset: a token under way outlives it"
        "running_q <= 1'b0; draining_q <= 1'b0; end else" => "draining_q <= 1'b0; end else";
    published "sequencer" "stall" "reset: what is unfinished outlives it"
        "if (rst_i) begin matrix_unfinished_q <= 3'd0; vector_unfinished_q <= 3'd0;"
            => "if (rst_i) begin";

    // ---- planes of the array with a result of their own ----------------------------------------

    chunked "plane_store" "write" "planes: a vector is written to another's bank"
        "write_i & (plane_i == 3'd1)" => "write_i & (plane_i == 3'd2)";
    chunked "plane_store" "write" "planes: two vectors are one"
        "bank_1_matrix_active, bank_0_matrix_active }" => "bank_0_matrix_active, bank_0_matrix_active }";
    chunked "plane_bank" "write" "planes: a word of a vector is another"
        "words[write_address_i] <=" => "words[write_address_i ^ 3'd1] <=";
    chunked "pass_unit" "write" "planes: all vectors are the first"
        "plane_number_o = train_behind_1_1_q" => "plane_number_o = 7'd0";
    chunked "pass_unit" "write" "planes: the second half of a word takes the place of the first"
        "plane_part_q <= plane_part_q + 1'b1" => "plane_part_q <= plane_part_q";
    chunked "lane" "write" "planes: one sum is not cleared for the next tile"
        "plane_base_1 = plane_first_i ? 26'sd0 :" => "plane_base_1 =";
    chunked "accumulator_array" "write" "planes: the first word's mark comes a cycle early"
        ".plane_first_i (plane_first_late_q[2]), .plane_digit_i (plane_digit_late_q[2]), .sum_o (lane_1_sum)"
            => ".plane_first_i (plane_first_late_q[1]), .plane_digit_i (plane_digit_late_q[2]), .sum_o (lane_1_sum)";
    chunked "drain" "write" "planes: only the first vector of a tile drains"
        "(5'd1 + (further_vectors_wide << 1))" => "5'd1";
    chunked "drain" "write" "planes: results of two vectors overlap"
        "vector_address_q + apart_q" => "vector_address_q + 14'd1";
    chunked "drain" "write" "planes: the next vector begins with its first word's successor"
        "else if (next_vector) address_q <= further_address; else" => "else";
    chunked "drain" "write" "planes: further vectors lose their second half"
        "last_tile_q ? last_rows_q : 9'd8" => "9'd4";
    chunked "drain" "write" "planes: all tiles lie where the first does"
        "arrives_first ? head_address : tile_address_q" => "head_address";

    // ---- digits in several passes ----------------------------------------------------------------

    single_plane "lane" "write" "digits: the one before is not tripled"
        "total + (total << 1)" => "total";
    single_plane "lane" "write" "digits: the next one adds to the one before"
        "(digit_i ? 26'sd0 : base)" => "base";
    single_plane "lane" "write" "digits: those of a tile go on into the next"
        "accumulate_i & first_i" => "1'b0";
}
