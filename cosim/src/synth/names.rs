//! The design's own names, from those that synthesis and placement make of them.
//!
//! Synthesis names a cell after the signal that it drives, with its own type and pins behind:
//! `core.matrix.sum_q_TRELLIS_FF_Q_DI_CCU2C_S0_3` is part of `core.matrix.sum_q`.

/// The cells after which tools name things.
const CELLS: [&str; 18] = [
    "LUT1",
    "LUT2",
    "LUT3",
    "LUT4",
    "TRELLIS",
    "CCU2C",
    "PFUMX",
    "L6MUX21",
    "DP16KD",
    "PDPW16KD",
    "MULT18X18D",
    "SB",
    "MUX2",
    "ALU",
    "DFF",
    "DFFR",
    "DFFE",
    "DFFRE",
];

/// More of Gowin's names for flip-flops begin so.
const FLIP_FLOP: &str = "DFF";

/// The signal of the design that a name of a tool is about: its hierarchical name with the bit, or
/// nothing for what a tool made up.
pub(super) fn signal(name: &str) -> Option<String> {
    // nextpnr puts `$nextpnr_` and packers `$PACKER_` before their own things, and others behind.
    let name = name.split("$").next().unwrap_or_default();
    let parts: Vec<&str> = name.split('_').collect();
    let is_cell = |part: &&str| CELLS.contains(part) || part.starts_with(FLIP_FLOP);
    let end = parts.iter().position(is_cell).unwrap_or(parts.len());
    let kept = parts[..end].join("_");
    // A bit that stands behind the tools' part still says which bit it is.
    let bit = match end < parts.len() {
        true => name.rfind('[').map(|at| &name[at..]).filter(|bit| bit.ends_with(']')),
        false => None,
    };
    let kept = format!("{}{}", kept.trim_end_matches('.'), bit.unwrap_or_default());
    (!kept.is_empty()).then_some(kept)
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
            ("core.sum_q_TRELLIS_FF_Q_DI_CCU2C_S0_3", Some("core.sum_q")),
            ("core.sum_q_LUT4_Z_A[2]", Some("core.sum_q[2]")),
            ("core.sum_q_SB_LUT4_O_I1_SB_CARRY_CO_I0", Some("core.sum_q")),
            ("core.sum_q_DFFRE_Q_D", Some("core.sum_q")),
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
