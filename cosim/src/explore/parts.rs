//! What a part has. The cost model's prices are those of ECP5, so these are its parts.

use super::ExploreError;
use serde::Serialize;

/// An FPGA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Name without package and speed grade.
    pub name: &'static str,
    /// Cells of one LUT4 each.
    pub cells: u64,
    /// Flip-flops.
    pub flip_flops: u64,
    /// Block RAMs of 18 kbit.
    pub block_rams: u64,
    /// Multipliers of 18 × 18 bits.
    pub multipliers: u64,
}

/// As nextpnr counts them.
const PARTS: [Part; 3] = [
    Part { name: "LFE5U-25F", cells: 24_288, flip_flops: 24_288, block_rams: 56, multipliers: 28 },
    Part { name: "LFE5U-45F", cells: 43_848, flip_flops: 43_848, block_rams: 108, multipliers: 72 },
    Part {
        name: "LFE5U-85F",
        cells: 83_640,
        flip_flops: 83_640,
        block_rams: 208,
        multipliers: 156,
    },
];

impl Part {
    /// The part of a name, package and speed grade or not, such as `LFE5U-85F-6BG381C`.
    ///
    /// # Errors
    /// [`ExploreError::UnknownPart`], which names the others.
    pub fn find(name: &str) -> Result<Part, ExploreError> {
        let is_it = |part: &&Part| {
            let rest = name.to_ascii_uppercase();
            let rest = rest.strip_prefix(part.name).map(str::to_owned);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        PARTS.iter().find(is_it).copied().ok_or_else(|| ExploreError::UnknownPart {
            name: name.to_owned(),
            known: PARTS.map(|part| part.name).join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::Board;
    use crate::tools::Family;

    #[test]
    fn parts_are_found_with_package_and_without() {
        assert_eq!(Part::find("LFE5U-85F").unwrap().block_rams, 208);
        assert_eq!(Part::find("lfe5u-25f-6BG381C").unwrap().cells, 24_288);
        assert!(Part::find("LFE5U-85").is_err() && Part::find("LFE5U-25FX").is_err());
    }

    #[test]
    fn boards_and_parts_agree() {
        let boards = Board::all().unwrap();
        let boards = boards.iter().filter(|board| board.facts.family == Family::Ecp5);
        let mut count = 0;
        for board in boards {
            let part = Part::find(&board.facts.part).unwrap();
            assert_eq!(u64::from(board.facts.block_ram.count), part.block_rams, "{}", board.name);
            count += 1;
        }
        assert!(count >= 2);
    }
}
