//! What drives the inputs of the core's blocks.

pub(super) type Wires<const N: usize> = [(&'static str, &'static str); N];

pub(super) const TOKENS: Wires<12> = [
    ("run_i", "run_i"),
    ("clear_i", "clear_i"),
    ("generate_count_i", "generate_count_i"),
    ("end_token_i", "end_token_i"),
    ("end_token_enable_i", "end_token_enable_i"),
    ("token_valid_i", "token_valid_i"),
    ("token_i", "token_i"),
    ("token_beyond_i", "token_beyond_i"),
    ("token_asked_i", "token_asked_i"),
    ("prediction_ready_i", "prediction_ready_i"),
    ("finished_i", "sequencer.finished_o"),
    ("prediction_i", "matrix.prediction_o"),
];

pub(super) const SEQUENCER: Wires<12> = [
    ("position_i", "tokens.position_o"),
    ("program_write_i", "program_write_i"),
    ("program_part_i", "program_part_i"),
    ("program_address_i", "program_address_i"),
    ("program_data_i", "program_data_i"),
    ("start_i", "tokens.start_o"),
    ("asked_i", "tokens.asked_o"),
    ("stop_i", "tokens.stop_o"),
    ("matrix_ready_i", "matrix.instruction_ready_o"),
    ("matrix_done_i", "matrix.done_o"),
    ("vector_ready_i", "vector.instruction_ready_o"),
    ("vector_done_i", "vector.done_o"),
];

pub(super) const MATRIX: Wires<19> = [
    ("instruction_valid_i", "sequencer.matrix_valid_o"),
    ("instruction_i", "sequencer.matrix_instruction_o"),
    ("position_i", "sequencer.matrix_attended_o"),
    ("token_i", "tokens.current_token_o"),
    ("weight_write_i", "weight_write_i"),
    ("weight_bank_i", "weight_bank_i"),
    ("weight_word_i", "weight_word_i"),
    ("weight_data_i", "weight_data_i"),
    ("key_high_i", "key_value_store.key_high_o"),
    ("key_low_i", "key_value_store.key_low_o"),
    ("value_high_i", "key_value_store.value_high_o"),
    ("value_low_i", "key_value_store.value_low_o"),
    ("train_column_i", "trains.matrix_column_o"),
    ("train_negative_i", "trains.matrix_negative_o"),
    ("train_magnitude_i", "trains.matrix_magnitude_o"),
    ("descriptor_words_i", "descriptors.matrix_words_o"),
    ("descriptor_magnitude_i", "descriptors.matrix_magnitude_o"),
    ("scalar_mantissa_i", "scalars.matrix_mantissa_o"),
    ("scalar_exponent_i", "scalars.matrix_exponent_o"),
];

pub(super) const RESULTS: Wires<5> = [
    ("write_i", "matrix.result_write_o"),
    ("write_address_i", "matrix.result_address_o"),
    ("data_i", "matrix.result_data_o"),
    ("vector_read_i", "result_read"),
    ("vector_address_i", "result_address"),
];

pub(super) const TEMPORARIES: Wires<5> = [
    ("write_i", "vector.temporary_write_o"),
    ("write_address_i", "vector.temporary_write_address_o"),
    ("data_i", "vector.temporary_write_data_o"),
    ("vector_read_i", "vector.temporary_read_o"),
    ("vector_address_i", "vector.temporary_read_address_o"),
];

pub(super) const CONSTANTS: Wires<6> = [
    ("write_i", "constant_write_i"),
    ("write_address_i", "constant_word_i"),
    ("element_i", "constant_element_i"),
    ("element_data_i", "constant_i"),
    ("read_i", "vector.constant_read_o"),
    ("read_address_i", "vector.constant_address_o"),
];

pub(super) const VECTORS: Wires<3> = [
    ("word_write_i", "vector_write_i"),
    ("word_address_i", "vector_word_i"),
    ("word_data_i", "vector_data_i"),
];

pub(super) const TRAINS: Wires<7> = [
    ("write_i", "vector.train_write_o"),
    ("write_address_i", "vector.train_address_o"),
    ("column_i", "vector.train_column_o"),
    ("negative_i", "vector.train_negative_o"),
    ("magnitude_i", "vector.train_magnitude_o"),
    ("matrix_read_i", "matrix.train_read_o"),
    ("matrix_address_i", "matrix.train_address_o"),
];

pub(super) const DESCRIPTORS: Wires<5> = [
    ("write_i", "vector.descriptor_write_o"),
    ("write_address_i", "vector.descriptor_address_o"),
    ("words_i", "vector.descriptor_words_o"),
    ("magnitude_i", "vector.descriptor_magnitude_o"),
    ("matrix_address_i", "matrix.descriptor_address_o"),
];

pub(super) const SCALARS: Wires<8> = [
    ("write_i", "vector.scalar_write_o"),
    ("write_address_i", "vector.scalar_write_address_o"),
    ("mantissa_i", "vector.scalar_mantissa_o"),
    ("shift_i", "vector.scalar_shift_o"),
    ("exponent_i", "vector.scalar_exponent_o"),
    ("matrix_address_i", "matrix.scalar_address_o"),
    ("vector_address_i", "vector.scalar_read_address_o"),
    ("host_address_i", "scalar_index_i"),
];

pub(super) const MAXIMA: Wires<4> = [
    ("write_i", "matrix.maximum_write_o"),
    ("write_address_i", "matrix.maximum_address_o"),
    ("data_i", "matrix.maximum_data_o"),
    ("vector_address_i", "vector.maximum_address_o"),
];

pub(super) const KEY_VALUE_STORE: Wires<10> = [
    ("write_i", "vector.store_write_o"),
    ("values_i", "vector.store_values_o"),
    ("write_address_i", "vector.store_address_o"),
    ("position_i", "vector.store_position_o"),
    ("high_i", "vector.store_high_o"),
    ("low_i", "vector.store_low_o"),
    ("key_read_i", "matrix.key_read_o"),
    ("key_address_i", "matrix.key_address_o"),
    ("value_read_i", "matrix.value_read_o"),
    ("value_address_i", "matrix.value_address_o"),
];

pub(super) const FOLLOWS: (&str, &str) = ("instruction_follows_i", "sequencer.vector_follows_o");

pub(super) const PREDICTIONS: Wires<6> = [
    ("begins_text_i", "tokens.begins_text_o"),
    ("begins_i", "tokens.start_o"),
    ("position_i", "tokens.position_o"),
    ("predicted_i", "matrix.predicted_o"),
    ("prediction_i", "matrix.prediction_o"),
    ("prediction_ready_i", "prediction_ready_i"),
];

pub(super) const VECTOR: Wires<14> = [
    ("instruction_valid_i", "sequencer.vector_valid_o"),
    ("instruction_i", "sequencer.vector_instruction_o"),
    ("position_i", "sequencer.vector_position_o"),
    ("attended_i", "sequencer.vector_attended_o"),
    ("restarts_i", "sequencer.vector_restarts_o"),
    ("result_data_i", "results.vector_data_o"),
    ("temporary_data_i", "temporaries.vector_data_o"),
    ("state_data_i", "state.vector_data_o"),
    ("constant_data_i", "constants.data_o"),
    ("scalar_mantissa_i", "scalars.vector_mantissa_o"),
    ("scalar_shift_i", "scalars.vector_shift_o"),
    ("scalar_exponent_i", "scalars.vector_exponent_o"),
    ("level_i", "levels.vector_data_o"),
    ("maximum_i", "maxima.vector_data_o"),
];

pub(super) const PLANES: Wires<7> = [
    ("write_i", "vector.plane_write_o"),
    ("write_address_i", "plane_write_word"),
    ("plane_i", "plane_number"),
    ("active_i", "vector.plane_active_o"),
    ("negative_i", "vector.plane_negative_o"),
    ("matrix_read_i", "matrix.plane_read_o"),
    ("matrix_address_i", "plane_read_word"),
];

pub(super) const STATE: Wires<5> = [
    ("write_i", "vector.state_write_o"),
    ("write_address_i", "vector.state_write_address_o"),
    ("data_i", "vector.state_write_data_o"),
    ("vector_read_i", "vector.state_read_o"),
    ("vector_address_i", "vector.state_read_address_o"),
];

pub(super) const LEVELS: Wires<4> = [
    ("write_i", "vector.level_write_o"),
    ("write_address_i", "vector.level_write_address_o"),
    ("data_i", "vector.level_data_o"),
    ("vector_address_i", "vector.level_read_address_o"),
];
