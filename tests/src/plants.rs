//! Planted faults: one wrong operator in one printed file.
//!
//! Texts are compared without comments and with every run of blanks as one, so that a plant
//! survives a change of layout, but not one of meaning.

use crate::configuration::Configuration;
use crate::rules::*;
use weights::config::Form;
use weights::numeric::Radix::{Bitwise, Unary};
use weights::packing::Packing::{Base3, TwoBit};

/// One planted fault.
#[derive(Clone, Copy, Debug)]
pub struct Plant<D = Configuration> {
    /// The design that it is planted into.
    pub design: fn() -> D,
    /// The printed file.
    pub file: &'static str,
    /// What stands there, exactly once.
    pub find: &'static str,
    /// What is put there instead.
    pub replace: &'static str,
    /// What is wrong with it.
    pub fault: &'static str,
    /// What must catch it, as [`Difference::caught_by`](crate::Difference::caught_by) or
    /// [`Caught`](crate::machine_check::Caught) names it.
    pub caught_by: &'static str,
}

/// Several tiles each way, several passes, two banks, one threshold a channel.
pub fn lif() -> Configuration {
    Configuration::new([4, 6, 2, 2], (10, 14), Bitwise, Base3, spikingbert_lif())
}

/// The same in an ECP5's carry cells.
pub fn carry_cells() -> Configuration {
    lif().on_ecp5()
}

/// The same, and beats without a spike are left out.
pub fn skipping() -> Configuration {
    lif().skip_empty()
}

/// A threshold of a power of two, ternary spikes, two-bit weights, a unary train.
pub fn paper() -> Configuration {
    Configuration::new([2, 5, 1, 1], (4, 8), Unary, TwoBit, spikelm_paper())
}

/// A membrane that almost every current saturates.
pub fn tight() -> Configuration {
    Configuration::new([2, 5, 1, 2], (5, 8), Bitwise, TwoBit, narrow())
}

/// Signed levels of which the last step emits the remainder.
pub fn remainder() -> Configuration {
    Configuration::new([2, 5, 1, 2], (5, 8), Bitwise, TwoBit, spikellm())
}

/// A signed division per channel.
pub fn levels() -> Configuration {
    Configuration::new([4, 5, 1, 2], (12, 8), Bitwise, TwoBit, signed_channels())
}

/// Columns that spike, one a cycle.
pub fn events() -> Configuration {
    lif().form(Form::Event)
}

/// A matrix that is logic, in several passes.
pub fn baked() -> Configuration {
    Configuration::new([12, 14, 2, 2], (10, 14), Bitwise, Base3, spikingbert_lif())
        .form(Form::Baked)
}

/// A text without comments, every run of blanks one blank; compiler directives keep their lines.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let code = line.split("//").next().unwrap_or_default();
        for word in code.split_whitespace() {
            plain.push_str(word);
            plain.push(' ');
        }
        if code.starts_with('`') {
            plain.push('\n');
        }
    }
    plain
}

impl<D> Plant<D> {
    /// Puts the fault into the printed files.
    ///
    /// # Errors
    /// If the file, or the one place in it, is not there: the plant must follow the generator.
    pub fn into_sources(&self, sources: &mut [(String, String)]) -> Result<(), String> {
        let (file, find, replace) = (self.file, self.find, self.replace);
        let source = sources.iter_mut().find(|(name, _)| name == file);
        let Some((_, text)) = source else { return Err(format!("no file {file} is printed")) };
        let before = plain(text);
        match before.matches(find).count() {
            1 => *text = before.replace(find, replace),
            count => return Err(format!("{file} has `{find}` {count} times, not once")),
        }
        Ok(())
    }
}

macro_rules! plants {
    ($design_type:ty: $( $design:ident $file:literal $caught_by:literal $fault:literal
        $find:literal => $replace:literal ; )*) => {
        /// All plants.
        pub const PLANTS: &[Plant<$design_type>] = &[ $( Plant {
            design: $design,
            file: concat!($file, ".v"),
            find: $find,
            replace: $replace,
            fault: $fault,
            caught_by: $caught_by,
        }, )* ];
    };
}

pub(crate) use plants;

plants! { Configuration:
    // ---- sums ------------------------------------------------------------------------------------

    lif "ternary_parity" "value" "an inactive slot counts nothing"
        "(~active_i | (high_i ^ low_i))" => "(active_i | (high_i ^ low_i))";
    lif "ternary_dot" "value" "sign of the spike ignored in one step of the chain"
        "plus_1 = high_i[3:2] ^ negative_i[3:2]" => "plus_1 = high_i[3:2]";
    lif "ternary_dot" "value" "carry of a full adder"
        "(chain_0 & plus_0) | (~step_0_chain" => "(chain_0 | plus_0) | (~step_0_chain";
    lif "ternary_dot" "value" "majority becomes any"
        "(carry_0_q & carry_1_q) |" => "(carry_0_q | carry_1_q) |";
    lif "ternary_dot" "value" "offset one too large"
        "OFFSET = 4'd6" => "OFFSET = 4'd7";
    carry_cells "slot_fields_3" "value" "lower bit of a weight for its upper one"
        ".A1 (high_i[0])" => ".A1 (low_i[0])";
    carry_cells "slot_fields_3" "value" "sign of a split slot's spike ignored"
        ".B0 (split_negative_i[1])" => ".B0 (1'b0)";
    carry_cells "add_fields_1_2" "value" "no carry into an addition"
        ".A0 (carry_in_i)" => ".A0 (1'b0)";
    carry_cells "add_fields_1_3" "value" "a bit of an operand twice"
        ".B1 (right_i[0])" => ".B1 (left_i[0])";
    carry_cells "constant_less" "value" "minuend one too large"
        "MINUEND = 4'd6" => "MINUEND = 4'd7";
    carry_cells "ternary_dot" "value" "second bit of a split slot ignores a weight of zero"
        "| (high_i[5:3] ^ low_i[5:3])" => "| (high_i[5:3] & low_i[5:3])";
    carry_cells "primitives/CCU2C" "value" "sum of the upper bit without its carry"
        "propagate_1 ^ (carry & ~CUT_1)" => "propagate_1 ^ (carry & CUT_1)";
    lif "lane" "value" "sign bit of an extension"
        "{{4{sum_1_0_q[5]}}, sum_1_0_q}" => "{{4{sum_1_0_q[4]}}, sum_1_0_q}";
    lif "lane" "value" "a pass shifts by one plane too few"
        "(sum_q << 2)" => "(sum_q << 1)";
    lif "lane" "value" "the accumulator does not start from zero"
        "first_i ? 10'sd0 :" => "first_i ? 10'sd1 :";
    lif "accumulator_array" "value" "the first word's mark comes a cycle early"
        ".first_i (first_late_q[3]), .pass_i (pass_late_q[3]), .sum_o (lane_0_sum)"
        => ".first_i (first_late_q[2]), .pass_i (pass_late_q[3]), .sum_o (lane_0_sum)";
    lif "accumulator_array" "stall" "a tile is never done"
        "valid_late_q[3] & last_late_q[3]" => "valid_late_q[3] & last_late_q[3] & first_late_q[3]";

    // ---- events ----------------------------------------------------------------------------------

    events "event_finder" "value" "a column that spikes in a later plane only is overlooked"
        "s_axis_tdata[5:0] | s_axis_tdata[11:6];" => "s_axis_tdata[5:0];";
    events "event_finder" "value" "a beat is left while columns spike"
        "one_left = ~(|left)" => "one_left = ~(|left) | left[5]";
    events "event_finder" "value" "the next beat's columns are numbered on from its first spike"
        "next_column_q <= end_column[5:0]" => "next_column_q <= end_column[5:0] ^ 6'd1";
    events "event_buffer" "stall" "a silent pass leaves no entry"
        "wanted = finder_event | (ends & unmarked_q)" => "wanted = finder_event";
    events "event_buffer" "value" "the first event is read first"
        "(last_entry - index_i)" => "index_i";
    events "event_buffer" "stall" "a half is overwritten while it is read"
        "take = finder_valid & ~fill_taken" => "take = finder_valid";
    events "event_memory" "value" "an address bit of the read is stuck"
        "words[read_address_i]" => "words[read_address_i & 7'd63]";
    events "event_array" "value" "a pass is worth one plane too few"
        "full_value << 2" => "full_value << 1";
    events "event_array" "value" "planes weigh in the wrong order"
        "added = {plus[0], plus[1]}" => "added = {plus[1], plus[0]}";
    events "event_array" "value" "passes are counted on from the tile before"
        "behind = first_late_q ? 3'd0 : behind_q" => "behind = behind_q";
    events "event_lane" "value" "a negative product lacks its carry"
        "{product, minus}" => "{product, 1'b0}";
    events "event_lane" "value" "the sum outlives its tile"
        "if (accumulate_i & last_i)" => "if (accumulate_i & last_i & rst_i)";

    // ---- baked -----------------------------------------------------------------------------------

    baked "column_value" "value" "planes weigh in the wrong order"
        "added = {plus[0], plus[1]}" => "added = {plus[1], plus[0]}";
    baked "baked_dots" "value" "the sign of a column does not stay"
        "{column_0_q[2], column_0_q[2:1]}" => "{1'b0, column_0_q[2:1]}";
    baked "baked_dots" "value" "a bit is added as its opposite"
        "sum_0 = column_" => "sum_0 = ~column_";
    baked "baked_dots" "value" "a row of the other sign lacks its one"
        "negate_1_q <= load_i ? 1'b1" => "negate_1_q <= load_i ? 1'b0";
    baked "baked_array" "stall" "an entry of several passes is never done"
        "valid_late_q[7] & last_late_q[7]" => "valid_late_q[7] & last_late_q[7] & first_late_q[7]";
    baked "baked_array" "value" "a plane sees the spikes of the column beside"
        ".active_i ({active_i[14], active_i[0]})" => ".active_i ({active_i[15], active_i[0]})";
    baked "layer_engine" "value" "the next entry does not wait for the bits of the one before"
        "vector_valid = buffer_valid & ~passing" => "vector_valid = buffer_valid";
    baked "baked_lane" "value" "a pass shifts by one plane too few"
        "(sum_q << 2)" => "(sum_q << 1)";
    baked "result_register" "value" "sums are taken when their tile is noted"
        "if (arrive_i) tile_q" => "if (note_i) tile_q";
    baked "result_register" "frame" "row comparison off by one"
        "last_group = rows <= next_row" => "last_group = rows < next_row";

    // ---- weights ---------------------------------------------------------------------------------

    lif "base3_decoder" "value" "escape code read as C = +1"
        "escape = c[1] & ~c[0]" => "escape = c[1] & c[0]";
    lif "base3_decoder" "value" "the zero of a pair changes sides"
        "{p[0], 1'b0} : {1'b0, p[0]}" => "{1'b0, p[0]} : {p[0], 1'b0}";
    lif "weight_bank" "value" "bytes of a bank swapped"
        "base3_decoder byte_1 (.code_i(word_q[15:8])" => "base3_decoder byte_1 (.code_i(word_q[23:16])";
    lif "weight_store" "value" "a bank address is not decoded"
        "(write_inside & (write_bank_i[0] == 1'b0))" => "(write_inside)";
    lif "weight_store" "counter" "one byte is not checked"
        "|{~check_0_ok, ~check_1_ok, ~check_2_ok, ~check_3_ok}"
            => "|{~check_0_ok, ~check_1_ok, ~check_3_ok}";
    lif "base3_check" "status" "a byte that is no code passes where C has moved"
        "(code_i[5] ? q_is_none : both_bad)" => "(code_i[5] & both_bad)";

    // ---- spikes and tiles ------------------------------------------------------------------------

    lif "spike_memory" "value" "an address bit of the read is stuck"
        "words[read_address_i]" => "words[read_address_i & 5'd15]";
    lif "spike_buffer" "stall" "column counter starts at the wrong beat"
        "beat & (s_axis_tlast | closes_pass)" => "beat & s_axis_tlast";
    lif "spike_buffer" "stall" "a half is overwritten while it is read"
        "ready = open & ~fill_taken" => "ready = open";
    lif "spike_buffer" "stays busy" "an open frame passes for a whole one"
        "good = closes_pass & ~overflows" => "good = ~overflows";
    skipping "spike_buffer" "stall" "an empty beat that opens a pass is left out"
        "wanted = beat & (opens_pass | " => "wanted = beat & (1'b0 | ";
    lif "tile_sequencer" "value" "the weight address ignores the column"
        "word = base_fetched_q + column_i" => "word = base_fetched_q";
    lif "tile_sequencer" "endless frame" "the rows that are left never end"
        "last_tile = left <= LANES" => "last_tile = left < 17'd2";
    lif "tile_sequencer" "value" "spikes arrive a cycle before their weights"
        "assign active_o = active_3_q" => "assign active_o = active_2_q";
    lif "tile_sequencer" "stall" "room in the queue is not asked for"
        "step = vector_valid_i & (room_i | ~last_entry)" => "step = vector_valid_i";

    // ---- results ---------------------------------------------------------------------------------

    lif "result_queue" "value" "write pointer of the sums moves with the notes"
        "if (arrive_i) sums_at_q" => "if (note_i) sums_at_q";
    lif "result_queue" "frame" "row comparison off by one"
        "last_group = rows <= next_row" => "last_group = rows < next_row";
    lif "result_queue" "value" "groups of a tile swapped"
        "group_rows = tile[19:0]" => "group_rows = tile[39:20]";
    lif "result_queue" "stays busy" "the queue claims room when it is full"
        "room_o = noted_q != 4'd8" => "room_o = noted_q != 4'd9";

    // ---- neurons ---------------------------------------------------------------------------------

    lif "membrane_bank" "value" "membranes are not stored"
        "if (write_i) words" => "if (write_i & read_i) words";
    lif "threshold_bank" "value" "a threshold's lowest bit is lost"
        "<= data_i;" => "<= data_i & ~12'd1;";
    lif "gif_neuron" "value" "leak of the wrong amount"
        "u_q >>> 3" => "u_q >>> 2";
    lif "gif_neuron" "value" "rounding bit of the leak"
        "dropped = u_q[2]" => "dropped = 1'b0";
    lif "gif_neuron" "value" "shift without the sign"
        "u_q >>> 3" => "u_q >> 3";
    lif "gif_neuron" "value" "threshold reached becomes threshold passed"
        "fits_0 = ~trial_0[13]" => "fits_0 = ~trial_0[13] & (|trial_0)";
    paper "gif_neuron" "value" "ties go up instead of to even"
        "round_up = v_q[2] & ((|v_q[1:0]) | v_q[3])" => "round_up = v_q[2]";
    paper "gif_neuron" "value" "the clamp ignores the sign"
        "quotient < -14'sd1" => "quotient < -14'sd2";
    paper "gif_neuron" "value" "a negative spike does not reset"
        "(|clamped_q) ? 14'sd0" => "clamped_q[0] & ~clamped_q[1] ? 14'sd0";
    tight "gif_neuron" "value" "saturation limits swapped"
        "{2{~sum[7]}}" => "{2{sum[7]}}";
    levels "gif_neuron" "value" "division rounds half up"
        "((whole == twice) & quotient_0_q[0])" => "(whole == twice)";
    remainder "gif_neuron" "value" "the last step emits no more than the others"
        "last_q ? v_q : clamped" => "last_q ? clamped : clamped";
    remainder "neuron_group" "value" "steps are counted one short"
        "next_step == steps_i" => "step_q == steps_i";
    lif "neuron_group" "value" "membranes are written back to the next group's address"
        "address_q <= group_q" => "address_q <= group_q + 3'd1";
    levels "neuron_group" "value" "a vector does not wait for the one before"
        "spaced = ~(begins & (|wait_q))" => "spaced = 1'b1";
    lif "neuron_group" "counter" "saturation of rows that do not exist is counted"
        "write_back & (|saturated)" => "write_back | (|saturated)";

    // ---- control ---------------------------------------------------------------------------------

    lif "register_file" "value" "the weight address does not carry into the next word"
        "& weight_address_wraps)" => "& ~weight_address_wraps)";
    lif "register_file" "counter" "memories can be written while busy"
        "~(writes_memory & locked_i)" => "~(writes_memory & ~locked_i & locked_i)";
    lif "register_file" "constants" "a constant reads another value"
        "read_value = 32'h00060004" => "read_value = 32'd393221";
    lif "engine_control" "counter" "stall cycles are counted as array cycles"
        "(array_i & ~(&array_cycles_q))" => "(stall_i & ~(&array_cycles_q))";
    lif "engine_control" "counter" "a matrix without rows passes for one that fits"
        "shape_fits = " => "shape_fits = (rows_i == 17'd0) | ";
    lif "engine_control" "counter" "errors cannot be cleared"
        "cleared = clear_i & ~busy_i" => "cleared = clear_i & busy_i";
    lif "layer_engine" "stall" "one column tile more per pass"
        "registers_column_tiles - 17'd1" => "registers_column_tiles";
    lif "layer_engine" "counter" "an output beat counts before it is taken"
        "sent = neurons_m_axis_tvalid & m_axis_tready" => "sent = neurons_m_axis_tvalid";
}
