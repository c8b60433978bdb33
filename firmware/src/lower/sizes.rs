//! The sizes of a machine that the design gives, and what lowering asks of them.

use super::LowerError;
use crate::isa::{Format, Matrix, Pass};
use crate::machine::MachineParameters;
use weights::config::Design;
use weights::network::{CONTEXT_UNBOUNDED, Network, Readout};
use weights::numeric::fixed_point::digit_magnitude_bits;

/// Most words of a store, and most token ids and instructions: their addresses have 16 bits.
pub const STORE_WORDS_MAX: u64 = 1 << 16;

/// Most trits that become wires, those included that fill words.
const BAKED_TRITS_MAX: u64 = 1 << 16;

/// Positions of a text: those of machine and network, or 0 where nothing depends on them.
fn context(machine: usize, network: &Network) -> u32 {
    match network.context {
        CONTEXT_UNBOUNDED => 0,
        positions => machine.min(positions) as u32,
    }
}

/// Refuses a memory whose last words have no addresses.
pub(super) fn limit_words(memory: &'static str, words: u64, limit: u64) -> Result<(), LowerError> {
    let remedy = match memory {
        "weight store" => {
            "raise array.lanes, or array.slots unless its form is event, or take a smaller model"
        }
        "key store" | "value store" => "shorten machine.context, or raise array.lanes",
        "result memory" | "temporary memory" | "state memory" => {
            "raise machine.elements, or take a narrower model"
        }
        "constant memory" => "raise machine.elements, or shorten machine.context",
        "train store" | "plane store" => "raise array.slots, or shorten machine.context",
        "set of trains" | "set of scalars" | "set of levels" | "set of maxima" => {
            "take a model of fewer heads"
        }
        "program" => "take a model of fewer blocks or heads",
        "vocabulary" => "take a model of fewer token ids",
        _ => "take a smaller model",
    };
    match words <= limit {
        true => Ok(()),
        false => Err(LowerError::Memory { memory, words, limit, remedy }),
    }
}

/// Refuses memories that are deeper than the fields of instructions reach.
pub(super) fn limit_depths(machine: &MachineParameters, maxima: u32) -> Result<(), LowerError> {
    let field = |format: Format, name: &str| 1u64 << format.field(name).width;
    let operand = field(Pass::FORMAT, "a");
    let train_word = field(Matrix::FORMAT, "source");
    for (memory, depth, limit) in [
        ("key store", machine.key_depth, STORE_WORDS_MAX),
        ("value store", machine.value_depth, STORE_WORDS_MAX),
        ("result memory", machine.result_depth, field(Matrix::FORMAT, "address")),
        ("temporary memory", machine.temporary_depth, operand),
        ("state memory", machine.state_depth, operand),
        ("constant memory", machine.constant_depth, operand),
        ("train store", machine.train_depth, train_word),
        ("plane store", machine.plane_depth, train_word),
        ("set of trains", machine.train_count, field(Matrix::FORMAT, "train")),
        ("set of scalars", machine.scalar_count, field(Pass::FORMAT, "scalar")),
        ("set of levels", machine.level_count, field(Pass::FORMAT, "output")),
        ("set of maxima", maxima, field(Matrix::FORMAT, "maximum")),
        ("program", machine.program_depth, STORE_WORDS_MAX),
    ] {
        limit_words(memory, depth.into(), limit)?;
    }
    Ok(())
}

/// Refuses a network whose weights are too many to be wires.
pub(super) fn require_baked(machine: &MachineParameters) -> Result<(), LowerError> {
    let trits = u64::from(machine.weight_depth) * u64::from(machine.word_trits());
    if !machine.is_baked() || trits <= BAKED_TRITS_MAX {
        return Ok(());
    }
    let message = format!(
        "form baked makes wires of at most {BAKED_TRITS_MAX} trits, the network has {trits}"
    );
    let remedy = "write dense, or event where nothing is kept".into();
    Err(LowerError::Design { key: "array.form", message, remedy })
}

/// The parameters that the design gives, its depths still open.
pub(super) fn machine(network: &Network, design: &Design) -> Result<MachineParameters, LowerError> {
    let (array, machine) = (&design.array, &design.machine);
    for (key, name, value) in
        [("array.lanes", "lanes", array.lanes), ("array.slots", "slots", array.slots)]
    {
        if !value.is_power_of_two() || value % machine.elements != 0 {
            let elements = machine.elements;
            let message =
                format!("{name} {value} is no power of two that elements {elements} divides");
            let remedy = format!("choose {}", value.next_power_of_two().max(elements));
            return Err(LowerError::Design { key, message, remedy });
        }
    }
    if digit_magnitude_bits(machine.key_value_digits) == 0 {
        let message = "key_value_digits 1 holds no magnitude of one bit".to_owned();
        let (key, remedy) = ("machine.key_value_digits", "choose 2 or more".to_owned());
        return Err(LowerError::Design { key, message, remedy });
    }
    limit_words("vocabulary", network.vocabulary as u64, STORE_WORDS_MAX)?;
    Ok(MachineParameters {
        form: array.form,
        lanes: array.lanes as u32,
        slots: array.slots as u32,
        planes: array.planes as u32,
        digit_passes: false,
        streams: false,
        chunks: false,
        radix: array.radix,
        acc_width: array.acc_width,
        target: array.target,
        packing: design.weight_store.packing,
        elements: machine.elements as u32,
        value_width: machine.value_width,
        count_width: machine.attention_bits.max(machine.head_bits),
        key_value_digits: machine.key_value_digits,
        embedding_digits: machine.embedding_digits,
        context: context(machine.context, network),
        vocabulary: network.vocabulary as u32,
        weight_depth: 0,
        key_depth: 0,
        value_depth: 0,
        result_depth: 0,
        temporary_depth: 0,
        constant_depth: 0,
        train_depth: 0,
        train_count: 0,
        scalar_count: 0,
        program_depth: 0,
        state_depth: 0,
        level_count: 0,
        loop_depth: 0,
        plane_depth: 0,
        answers_positions: network.readout == Readout::MaskedToken,
        functions: true,
        input: None,
        output: None,
        fingerprint: 0,
    })
}
