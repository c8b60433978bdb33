//! The design's own names, from those that synthesis and placement make of them.
//!
//! Synthesis names a cell after a signal that it drives or reads, with its own type and pin behind,
//! and a nameless wire after the cell that drives it: `core.sum_q_TRELLIS_FF_Q` makes `core.sum_q`,
//! and `core.sum_q_LUT4_B_Z` is what a LUT makes of it. The design's names are in lower case, what
//! tools add is not.

/// Pins by which a cell drives the signal that it is named after.
const OUTPUTS: [&str; 9] = ["Q", "Z", "F", "O", "S0", "S1", "COUT", "CO", "SUM"];

/// Pins of a memory with its words, whose wires are named after the memory, begin so.
const WORDS: [&str; 2] = ["DO", "RDATA"];

/// Families that begin the names of their cells so.
const FAMILIES: [&str; 2] = ["TRELLIS", "SB"];

/// The signal of the design that a name of a tool is about: its hierarchical name with the bit, or
/// `near` the signal, cells away from it, or nothing for what a tool made up.
pub(super) fn signal(name: &str) -> Option<String> {
    // nextpnr puts `$nextpnr_` and packers `$PACKER_` before their own things, and others behind.
    let name = name.split("$").next().unwrap_or_default();
    let parts: Vec<&str> = name.split('_').collect();
    let is_added = |part: &&str| part.starts_with(|first: char| first.is_ascii_uppercase());
    let end = parts.iter().position(is_added).unwrap_or(parts.len());
    let (kept, added) = (parts[..end].join("_"), &parts[end..]);
    let kept = if added.is_empty() { kept } else { memory(kept.trim_end_matches('.')) };
    if kept.is_empty() {
        return None;
    }
    // A bit that stands behind the tools' part still says which bit it is.
    let bit = match added {
        [] => None,
        _ => name.rfind('[').map(|at| &name[at..]).filter(|bit| bit.ends_with(']')),
    };
    let near = if drives(added) { "" } else { "near " };
    Some(format!("{near}{kept}{}", bit.unwrap_or_default()))
}

/// A signal without its bit, and without the distance from it.
pub(super) fn base(signal: &str) -> &str {
    let signal = signal.strip_prefix("near ").unwrap_or(signal);
    signal.split('[').next().unwrap_or_default()
}

/// Whether what a tool added is no more than the cell that drives the signal.
fn drives(added: &[&str]) -> bool {
    let pins = added.iter().map(|part| part.split('[').next().unwrap_or_default());
    let pins: Vec<&str> =
        pins.filter(|part| !is_number(part) && !FAMILIES.contains(part)).collect();
    match pins[..] {
        [] => true,
        [pin] => WORDS.iter().any(|word| pin.starts_with(word)),
        [_, pin] => OUTPUTS.contains(&pin),
        _ => false,
    }
}

/// A hierarchical name with the numbers of alike instances left out: `bank_3.words` and
/// `bank_4.words` are both `bank_*.words`.
pub(super) fn alike(name: &str) -> String {
    let part = |part: &str| match part.rsplit_once('_') {
        Some((stem, number)) if is_number(number) => format!("{stem}_*"),
        _ => part.to_owned(),
    };
    name.split('.').map(part).collect::<Vec<_>>().join(".")
}

/// The memory that a cell of it is named after: tools add numbers, `words.0.3`.
pub(super) fn memory(cell: &str) -> String {
    let mut name = cell;
    while let Some((stem, last)) = name.rsplit_once('.') {
        if !is_number(last) {
            break;
        }
        name = stem;
    }
    name.to_owned()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_added_is_taken_off() {
        for (name, expected) in [
            ("core.matrix.sum_q[3]", Some("core.matrix.sum_q[3]")),
            ("core.sum_q_TRELLIS_FF_Q_3", Some("core.sum_q")),
            ("core.sum_q_TRELLIS_FF_Q_DI_CCU2C_S0_3", Some("near core.sum_q")),
            ("core.sum_q_LUT4_Z_A[2]", Some("near core.sum_q[2]")),
            ("core.sum_LUT4_Z", Some("core.sum")),
            ("core.sum_LUT4_B_Z", Some("near core.sum")),
            ("core.sum_q_SB_LUT4_O_I1_SB_CARRY_CO_I0", Some("near core.sum_q")),
            ("core.sum_q_SB_DFFE_Q", Some("core.sum_q")),
            ("core.sum_q_DFFRE_Q_D", Some("near core.sum_q")),
            ("core.words.0.11_DO_2[1]", Some("core.words[1]")),
            ("core.words.0.10_DOA4[1]", Some("core.words[1]")),
            ("core.words.0.1_RDATA_7", Some("core.words")),
            ("core.words.0.3_DO_LUT4_C_Z", Some("near core.words")),
            ("core.take$SB_IO_IN", Some("core.take")),
            ("$nextpnr_CCU2C_3$CIN", None),
            ("$abc$123$n45", None),
        ] {
            assert_eq!(signal(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn alike_memories_share_a_name() {
        assert_eq!(memory("core.weights.bank_3.words.0.11"), "core.weights.bank_3.words");
        assert_eq!(alike("core.weights.bank_3.words"), "core.weights.bank_*.words");
        assert_eq!(alike("core.constants.elements_12"), "core.constants.elements_*");
        assert_eq!(alike("core.residual.words"), "core.residual.words");
    }
}
