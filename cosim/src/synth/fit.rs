//! Why a design does not fit a part: what, by how much, and which key of the design to turn.

use super::report::{Utilisation, fullest};
use firmware::machine_memories::MemoryUse;
use std::fmt::Write as _;

/// How many of the largest memories a message names.
const MEMORIES_SHOWN: usize = 3;

/// The key of the design that makes a kind of cell fewer.
fn remedy(what: &str) -> &'static str {
    match what {
        "LUT4" | "flip-flop" | "adder bit" | "LUT RAM" => {
            "lower array.planes, array.lanes, array.slots or machine.elements"
        }
        "multiplier" => "lower machine.elements",
        "block RAM" | "single-port RAM" => {
            "lower machine.context, machine.embedding_digits or machine.key_value_digits, take \
             weight_store.packing = \"base3\", or a smaller model"
        }
        _ => "choose a larger board",
    }
}

/// The key that makes a memory of the machine smaller.
fn memory_remedy(name: &str) -> &'static str {
    match name {
        "weights" => "machine.embedding_digits, weight_store.packing or the model",
        "keys" | "values" => "machine.context or machine.key_value_digits",
        "constants" | "results" => "machine.context or the model",
        "functions" => "machine.elements",
        _ => "the model",
    }
}

/// What does not fit, line by line; nothing if everything does.
pub fn excess(part: &str, rows: &[Utilisation]) -> Option<String> {
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.used > row.available) {
        let Utilisation { what, cell, used, available } = row;
        let over = used - available;
        let _ = write!(
            text,
            "{}{what}: {used} of {available} ({cell}), {over} too many ({:.0} %)\n  = {}",
            if text.is_empty() { "" } else { "\n" },
            row.percent(),
            remedy(what),
        );
    }
    (!text.is_empty()).then(|| format!("the design does not fit {part}\n{text}"))
}

/// What a placer that gave up means when every count fits.
pub(super) fn too_full(part: &str, rows: &[Utilisation]) -> String {
    let (what, percent) = match fullest(rows) {
        Some(row) => (row.what.as_str(), row.percent()),
        None => ("cells", 0.0),
    };
    format!(
        "{part} holds the design by count, but the placer gave up with {percent:.0} % of the \
         {what}s used\n  = {}, or try more --seeds",
        remedy(what)
    )
}

/// The memories against the block RAM of a part, in bits, before any tool runs; nothing if they fit.
pub fn memory_excess(part: &str, memories: &[MemoryUse], available_bits: u64) -> Option<String> {
    let blocks = || memories.iter().filter(|memory| memory.blocks() > 0);
    let needed: u64 = blocks().map(MemoryUse::bits).sum();
    if needed <= available_bits {
        return None;
    }
    let mut largest: Vec<&MemoryUse> = blocks().collect();
    largest.sort_by_key(|memory| std::cmp::Reverse(memory.bits()));
    let kbit = |bits: u64| bits.div_ceil(1024);
    let mut text = format!(
        "the design does not fit {part}\nblock RAM: {} kbit of {} kbit, {} kbit too many ({:.0} %)",
        kbit(needed),
        kbit(available_bits),
        kbit(needed - available_bits),
        100.0 * needed as f64 / available_bits.max(1) as f64,
    );
    for memory in largest.iter().take(MEMORIES_SHOWN) {
        let (name, bits) = (memory.name, kbit(memory.bits()));
        let _ = write!(text, "\n  {name}: {bits} kbit; depends on {}", memory_remedy(name));
    }
    let largest = largest.first().map_or("weights", |memory| memory.name);
    let _ = write!(text, "\n  = make the {largest} smaller: {}", memory_remedy(largest));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use firmware::machine_memories::Material;

    fn row(what: &str, cell: &str, used: u64, available: u64) -> Utilisation {
        Utilisation { what: what.into(), cell: cell.into(), used, available }
    }

    #[test]
    fn an_excess_says_what_by_how_much_and_what_to_turn() {
        let rows = [
            row("LUT4", "TRELLIS_COMB", 30000, 24288),
            row("flip-flop", "TRELLIS_FF", 20000, 24288),
            row("multiplier", "MULT18X18D", 30, 28),
        ];
        let text = excess("LFE5U-25F", &rows).unwrap();
        assert_eq!(
            text,
            "the design does not fit LFE5U-25F\n\
             LUT4: 30000 of 24288 (TRELLIS_COMB), 5712 too many (124 %)\n  \
             = lower array.planes, array.lanes, array.slots or machine.elements\n\
             multiplier: 30 of 28 (MULT18X18D), 2 too many (107 %)\n  = lower machine.elements"
        );
        assert_eq!(excess("LFE5U-25F", &rows[1..2]), None);
        let full = too_full("LFE5U-25F", &rows[1..2]);
        assert!(full.contains("82 % of the flip-flops used"), "{full}");
    }

    #[test]
    fn memories_are_refused_before_any_tool_runs() {
        let memory = |name, material, depth| MemoryUse {
            name,
            copies: 1,
            depth,
            width: 32,
            last_width: 32,
            reads: 1,
            parts: 1,
            material,
        };
        let memories = [
            memory("program", Material::Block, 512),
            memory("weights", Material::Block, 4096),
            memory("trains", Material::Distributed, 1 << 20),
        ];
        assert_eq!(memory_excess("GW1NR-9", &memories, 18 << 13), None);
        assert_eq!(
            memory_excess("GW1NR-9", &memories, 100 << 10).unwrap(),
            "the design does not fit GW1NR-9\n\
             block RAM: 144 kbit of 100 kbit, 44 kbit too many (144 %)\n  \
             weights: 128 kbit; depends on machine.embedding_digits, weight_store.packing or the model\n  \
             program: 16 kbit; depends on the model\n  \
             = make the weights smaller: machine.embedding_digits, weight_store.packing or the model"
        );
    }
}
