//! The sizes of a machine that the design gives, and what lowering asks of them.

use super::LowerError;
use crate::isa::{Encode, Format, INSTRUCTION_WORDS, Matrix, Norm, Softmax};
use crate::machine::MachineParameters;
use weights::config::{Design, Form};
use weights::network::{CONTEXT_UNBOUNDED, Network, Readout};
use weights::numeric::Radix;
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
        "residual" | "result memory" | "temporary memory" => {
            "raise machine.elements, or take a narrower model"
        }
        "constant memory" => "raise machine.elements, or shorten machine.context",
        "train store" => "raise array.slots, or shorten machine.context",
        "set of trains" | "set of scalars" | "set of maxima" => "take a model of fewer heads",
        "deficit memory" => "shorten machine.context",
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
    let space = field(Norm::FORMAT, "address");
    for (memory, depth, limit) in [
        ("residual", machine.residual_depth, space),
        ("result memory", machine.result_depth, space),
        ("temporary memory", machine.temporary_depth, space),
        ("constant memory", machine.constant_depth, field(Norm::FORMAT, "weight")),
        ("train store", machine.train_depth, field(Matrix::FORMAT, "source")),
        ("set of trains", machine.train_count, field(Encode::FORMAT, "train")),
        ("set of scalars", machine.scalar_count, field(Norm::FORMAT, "output")),
        ("set of maxima", maxima, field(Matrix::FORMAT, "maximum")),
        ("deficit memory", machine.deficit_depth, field(Softmax::FORMAT, "deficits")),
        ("program", machine.program_depth, STORE_WORDS_MAX),
    ] {
        limit_words(memory, depth.into(), limit)?;
    }
    Ok(())
}

/// Refuses what a machine without passes does not have: an array of events, and counts of attention
/// or the head that take more than one pass.
pub(super) fn require_dense(design: &Design) -> Result<(), LowerError> {
    let (array, machine) = (&design.array, &design.machine);
    if array.form == Form::Event {
        let message = "form event has no keys and values, which this network keeps".into();
        let remedy = "write dense".into();
        return Err(LowerError::Design { key: "array.form", message, remedy });
    }
    let one_pass = match array.radix {
        Radix::Bitwise => array.planes as u32,
        Radix::Unary => (array.planes as u32 + 1).ilog2(),
    };
    for (key, name, bits) in [
        ("machine.attention_bits", "attention_bits", machine.attention_bits),
        ("machine.head_bits", "head_bits", machine.head_bits),
    ] {
        if bits > one_pass {
            let message = format!(
                "{name} {bits} takes more than one pass: {} planes hold {one_pass} bits",
                array.planes
            );
            let remedy = format!("choose 1..={one_pass}, or raise array.planes");
            return Err(LowerError::Design { key, message, remedy });
        }
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
        deficit_depth: 0,
        residual_depth: 0,
        result_depth: 0,
        temporary_depth: 0,
        constant_depth: 0,
        train_depth: 0,
        train_count: 0,
        scalar_count: 0,
        program_depth: 0,
        instruction_words: INSTRUCTION_WORDS,
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
