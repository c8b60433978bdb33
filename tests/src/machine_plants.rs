//! Planted faults in the printed machine.

use crate::machine_check::{Host, Whole};
use crate::machines::MachineCase;
use crate::plants::{Plant, plants};
use std::collections::BTreeSet;
use weights::config::{Design, DesignFile};
use weights::network::{AttentionShape, BitnetShape, Function};
use weights::numeric::Radix;
use weights::packing::Packing;
use weights::sample;

/// The network of every planted machine: a context of two key tiles, odd widths, one block.
fn shape() -> BitnetShape {
    BitnetShape {
        width: 7,
        hidden: 9,
        blocks: 1,
        attention: AttentionShape { heads: 2, key_value_heads: 1, head_width: 4, causal: true },
        gate: Function::Silu,
        vocabulary: 13,
        context: 7,
        sub_norms: true,
        epsilon: 1e-6,
        rotary_base: 10000.0,
        tied: true,
        begin_token: Some(1),
        end_tokens: BTreeSet::new(),
    }
}

fn whole(name: &str, host: Host, set: impl Fn(&mut Design)) -> Whole {
    whole_of(&shape(), name, host, set)
}

fn whole_of(shape: &BitnetShape, name: &str, host: Host, set: impl Fn(&mut Design)) -> Whole {
    let mut design = DesignFile::bundled().design;
    design.name = name.to_owned();
    design.array.planes = 2;
    design.array.acc_width = 20;
    design.machine.elements = 2;
    design.machine.value_width = 18;
    design.machine.key_value_digits = 3;
    design.machine.embedding_digits = 3;
    design.machine.context = shape.context;
    set(&mut design);
    let network = sample::network_of(3, shape);
    let case =
        MachineCase { name: name.to_owned(), network, design, prompt: vec![3, 11, 5], generate: 5 };
    Whole::new(case, host)
}

fn set_bitwise(design: &mut Design) {
    (design.array.lanes, design.array.slots) = (4, 4);
    design.array.radix = Radix::Bitwise;
    design.weight_store.packing = Packing::Base3;
    (design.machine.attention_bits, design.machine.head_bits) = (2, 2);
}

/// Square, bitwise, base3.
pub fn bitwise() -> Whole {
    whole("bitwise", Host::Registers, set_bitwise)
}

/// The bitwise one with a context that an answer does not fill.
pub fn roomy() -> Whole {
    let shape = BitnetShape { context: 16, ..shape() };
    whole_of(&shape, "roomy", Host::Registers, set_bitwise)
}

/// The bitwise one with more heads than go into one instruction.
pub fn grouped() -> Whole {
    let attention = AttentionShape { heads: 4, key_value_heads: 2, ..shape().attention };
    let shape = BitnetShape { attention, ..shape() };
    whole_of(&shape, "grouped", Host::Registers, set_bitwise)
}

/// The bitwise one with trains of one word, so that tiles end faster than they drain.
pub fn brief() -> Whole {
    whole("brief", Host::Registers, |design| {
        set_bitwise(design);
        design.array.slots = 16;
    })
}

/// More lanes than slots, unary, two bits a trit.
pub fn unary() -> Whole {
    whole("unary", Host::Registers, |design| {
        (design.array.lanes, design.array.slots) = (4, 2);
        design.array.radix = Radix::Unary;
        design.weight_store.packing = Packing::TwoBit;
        (design.machine.attention_bits, design.machine.head_bits) = (1, 1);
    })
}

/// The bitwise one behind a serial line.
pub fn line() -> Whole {
    whole("line", Host::Serial, set_bitwise)
}

plants! { Whole:
    // ---- matrix unit ---------------------------------------------------------------------------

    bitwise "matrix_walker" "write" "one digit fewer"
        "digits_left_q == 3'd0" => "digits_left_q == 3'd1";
    bitwise "matrix_walker" "write" "every token has the first tile's embedding"
        "words_before_q <= {2'd0, tile_of_token} * tile_words_q"
            => "words_before_q <= {2'd0, tile_of_token}";
    brief "matrix_walker" "write" "a tile does not wait for the one before to drain"
        "(ends ? 3'd3 : 3'd1)" => "(ends ? 3'd0 : 3'd0)";
    bitwise "matrix_walker" "write" "the score of the token itself is left out"
        "{7'd0, row_of_position} + 9'd1" => "{7'd0, row_of_position} + 9'd0";
    bitwise "matrix_fetcher" "write" "values are read from the weights"
        "from_values_late_q[2] ? value_high_i" => "1'b0 ? value_high_i";
    bitwise "matrix_fetcher" "write" "an address ignores the column"
        "address_q <= base_1_q + {6'd0, column}" => "address_q <= base_1_q";
    bitwise "plane_selector" "write" "a sign comes a cycle early"
        "{2{negative_3_q}} & active" => "{2{negative_2_q}} & active";
    bitwise "plane_selector" "write" "the second pass sees the first planes"
        "2'd1: bits_of_pass = magnitude_i[3:2]" => "2'd1: bits_of_pass = magnitude_i[1:0]";
    bitwise "row_reader" "write" "one lane's row is another's"
        "2'd1: row_high = high_i[7:4]" => "2'd1: row_high = high_i[11:8]";
    bitwise "row_reader" "write" "an entry is there after each digit"
        "arrives_q <= valid_q & last_q" => "arrives_q <= valid_q";
    bitwise "drain" "write" "rows of a last tile are counted too slowly"
        "rows_left_q - 9'd2)" => "rows_left_q - 9'd1)";
    bitwise "drain" "write" "a factor that is a scalar is not taken"
        "head_scaling == 2'd2" => "head_scaling == 2'd3";
    bitwise "drain" "stall" "what is finished still counts"
        "unfinished_q - 5'd1" => "unfinished_q - 5'd0";
    bitwise "drain_row" "write" "a sum is not rounded"
        "{1'b0, fine_q[0]}" => "2'd0";
    bitwise "maximum_search" "prediction" "rows of a group are counted twice"
        "next_group_q <= group + 15'd1" => "next_group_q <= group + 15'd2";
    bitwise "maximum_registers" "write" "a maximum is not stored"
        "if (write_i)" => "if (write_i & write_address_i[0])";
    bitwise "accumulator_array" "write" "a pass mark comes a cycle early"
        ".pass_i (pass_late_q[2]), .digit_i (digit_late_q[2]), .sum_o (lane_1_sum)"
            => ".pass_i (pass_late_q[1]), .digit_i (digit_late_q[2]), .sum_o (lane_1_sum)";
    bitwise "lane" "write" "a digit is worth two"
        "digit_i ? (sum_q << 1) :" => "digit_i ? (sum_q << 0) :";
    unary "lane" "write" "a digit is worth two"
        "digit_i ? (sum_q << 1) :" => "digit_i ? (sum_q << 0) :";
    line "weight_decoder" "prediction" "bytes of a bank swapped"
        "base3_decoder byte_1 (.code_i(code_i[15:8])" => "base3_decoder byte_1 (.code_i(code_i[23:16])";
    bitwise "matrix_unit" "write" "the final mark comes a cycle early"
        ".final_i (final_late_q[3])" => ".final_i (final_late_q[2])";

    bitwise "train_writer" "write" "a group sees the peak of the one before"
        "first_i ? 7'd0 : peak_q" => "first_i ? peak_q : peak_q";

    // ---- memories ------------------------------------------------------------------------------

    bitwise "key_value_store" "write" "a position's keys are not stored"
        "(key_place == 2'd2)" => "(key_place == 2'd2) & key_place[0]";
    bitwise "key_value_store" "write" "a value goes to another channel"
        "(value_place == 2'd1)" => "(value_place == 2'd0)";
    bitwise "key_memory" "write" "every second word is not stored"
        "if (write_i)" => "if (write_i & ~write_address_i[0])";
    bitwise "value_memory" "write" "every second word is not stored"
        "if (write_i)" => "if (write_i & ~write_address_i[0])";
    bitwise "result_memory" "write" "every second word is not stored"
        "if (write_i)" => "if (write_i & ~write_address_i[0])";
    bitwise "temporary_memory" "write" "every second word is not stored"
        "if (write_i)" => "if (write_i & ~write_address_i[0])";
    bitwise "constant_memory" "write" "an element is written with the other"
        "(element_i == 1'b1)" => "(element_i == 1'b0)";
    bitwise "train_store" "write" "signs are inverted"
        "{magnitude_i, negative_i, column_i}" => "{magnitude_i, ~negative_i, column_i}";
    bitwise "train_descriptors" "write" "every second descriptor is not stored"
        "if (write_i)" => "if (write_i & ~write_address_i[0])";
    bitwise "scalar_registers" "write" "an exponent is another scalar's"
        "vector_exponent_o = vector_word[29:22]" => "vector_exponent_o = host_word[29:22]";
    bitwise "scalar_registers" "status" "the host sees another scalar's shift"
        "host_shift_o = host_word[21:16]" => "host_shift_o = vector_word[21:16]";
    bitwise "program_store" "write" "a part is written with the next"
        "(write_part_i == 16'd3)" => "(write_part_i == 16'd4)";

    // ---- control -------------------------------------------------------------------------------

    bitwise "sequencer" "write" "results of the matrix unit are not waited for"
        "(matrix_unfinished_q <= matrix_wait)" => "1'b1";
    bitwise "sequencer" "write" "results of the vector unit are not waited for"
        "(vector_unfinished_q <= vector_wait)" => "1'b1";
    bitwise "sequencer" "write" "one that finishes is another that is finished"
        "((matrix_unfinished_q - 3'd1) <= matrix_wait)" => "1'b1";
    bitwise "sequencer" "write" "the station of the matrix unit takes one more"
        "(~matrix_station_q & " => "(1'b1 & ";
    bitwise "sequencer" "write" "the station of the vector unit takes one more"
        "~(vector_station_q | vector_rests_q)" => "~vector_rests_q";
    bitwise "sequencer" "write" "the station of the matrix unit is never empty again"
        "else if (matrix_taken)" => "else if (1'b0)";
    bitwise "sequencer" "stall" "a token is never done"
        "(leaves | draining_q) & idle" => "(leaves & draining_q) & idle";
    bitwise "sequencer" "status" "opcodes without a meaning pass"
        "is_bad = ~(is_end | is_matrix | is_pass | is_loop | is_next)" => "is_bad = 1'b0";
    bitwise "token_loop" "write" "the first token is fed again"
        "token_q <= prediction_i" => "token_q <= token_q";
    roomy "token_loop" "status" "an answer never ends"
        "left_q <= left_q - 16'd1" => "left_q <= left_q";
    bitwise "token_loop" "status" "an answer ends too early"
        "left_q <= left_q - 16'd1" => "left_q <= 16'd0";
    bitwise "token_loop" "status" "a token beyond the vocabulary is taken"
        "token_i < 16'd13" => "token_i < 16'd14";
    bitwise "token_loop" "status" "the end token ends nothing"
        "is_end = end_token_enable_i" => "is_end = 1'b0";
    bitwise "token_loop" "status" "a full context goes unnoticed"
        "else if (leaves & at_end) full_q <= 1'b1" => "else if (leaves & at_end) full_q <= 1'b0";
    bitwise "machine_core" "status" "the host cannot read results"
        "result_read = ~tokens_busy | vector_result_read" => "result_read = vector_result_read";

    // ---- hosts ---------------------------------------------------------------------------------

    bitwise "host_port" "counter" "one wait counts as the other"
        ".matrix_waits_i (matrix_waits_i)" => ".matrix_waits_i (vector_waits_i)";
    bitwise "host_port" "status" "a bad code goes unnoticed"
        ".bad_code_i (bad_code_i)" => ".bad_code_i (bad_token_i)";
    bitwise "host_port" "status" "logits without their sign"
        "{14{result_value[17]}}" => "{14{1'b0}}";
    bitwise "machine_monitor" "counter" "cycles are counted as tokens"
        "busy_i & ~(&cycles_q)" => "moved_i & ~(&cycles_q)";
    bitwise "machine_monitor" "status" "an error lasts for ever"
        "else if (begins_text_i) bad_token_q <= 1'b0" => "else if (1'b0) bad_token_q <= 1'b0";
    bitwise "machine_registers" "status" "memories can be written while busy"
        "writes_memory & locked_i" => "writes_memory & 1'b0";
    bitwise "machine_registers" "write" "the program address does not carry"
        "program_address_part_q == 16'd10" => "program_address_part_q == 16'd11";
    bitwise "weight_store" "status" "one byte is not checked"
        "|{~check_0_ok, ~check_1_ok, ~check_2_ok, ~check_3_ok}"
            => "|{~check_1_ok, ~check_2_ok, ~check_3_ok}";
    bitwise "base3_check" "status" "a byte that is no code passes where C has moved"
        "(code_i[5] ? q_is_none : both_bad)" => "(code_i[5] & both_bad)";
    bitwise "machine" "status" "the end of an answer is not marked"
        "m_axis_tlast = port_m_axis_tlast" => "m_axis_tlast = 1'b0";
    line "machine_uart" "status" "an error of the line lights no lamp"
        "core_bad_token}) | bridge_error" => "core_bad_token})";
    line "uart_bridge" "stall" "the second byte is taken for a first"
        "else if (receiver_valid) second_q <= ~second_q"
            => "else if (receiver_valid) second_q <= second_q";
    line "uart_bridge" "prediction" "a word that was taken is shown once more"
        "waiting_q <= (|count_q) & ~take" => "waiting_q <= (|count_q)";
    line "uart_bridge" "status" "the last prediction is not marked"
        "{prediction_last_i, prediction_i[14:8]}" => "{1'b0, prediction_i[14:8]}";
    line "uart_receiver" "stall" "the highest bit comes first"
        "{line_q, bits_q[7:1]}" => "{bits_q[6:0], line_q}";
    line "uart_receiver" "stall" "sampled at the edge of a bit"
        "HALF = 3'd1" => "HALF = 3'd4";
    line "uart_transmitter" "stall" "no stop bit"
        "LAST_BIT = 4'd9" => "LAST_BIT = 4'd8";
}
