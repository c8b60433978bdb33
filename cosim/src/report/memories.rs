//! The memory map: what each memory takes of the part, and how full that is.

use super::chart::{Part, bar};
use super::words::{count, grouped, percent, ratio};
use crate::pipeline::machine::{MachineReport, MemoryReport};
use maud::{Markup, html};

/// Bits of a block RAM.
const BLOCK_BITS: f64 = 18.0 * 1024.0;

impl MemoryReport {
    fn bits(&self) -> f64 {
        f64::from(self.copies) * f64::from(self.words) * f64::from(self.width)
    }

    /// Bits of the block RAMs that it takes.
    fn room(&self) -> f64 {
        f64::from(self.block_rams) * BLOCK_BITS
    }
}

pub(super) fn section(report: &MachineReport) -> Option<Markup> {
    let sorted = |blocks: bool| {
        let mut memories: Vec<&MemoryReport> =
            report.memories.iter().filter(|memory| (memory.block_rams > 0) == blocks).collect();
        memories.sort_by(|left, right| right.bits().total_cmp(&left.bits()));
        memories
    };
    let (blocks, luts) = (sorted(true), sorted(false));
    let block_rams: u32 = blocks.iter().map(|memory| memory.block_rams).sum();
    let lut_bits: f64 = luts.iter().map(|memory| memory.bits()).sum();
    (!report.memories.is_empty()).then(|| {
        html! {
            section #memories {
                h2 { "Memories: " (count(block_rams)) " block RAMs, " (grouped(lut_bits)) " bits in LUTs" }
                p .why {
                    "A bar is as long as the block RAMs of 18 kbit that a memory takes; its dark part is "
                    "what the memory's bits fill of them."
                }
                table {
                    (head(html! { th .number { "filled" } th .number { "block RAMs" } }))
                    @for memory in &blocks { (block_row(memory, &blocks)) }
                }
                h3 style="margin-top:16px" { "In LUTs" }
                table {
                    (head(html! { th .number { "bits" } }))
                    @for memory in &luts { (lut_row(memory, &luts)) }
                }
            }
        }
    })
}

fn head(figures: Markup) -> Markup {
    html! { tr { th .name { "memory" } th { "shape" } th .bar {} (figures) } }
}

fn shape(memory: &MemoryReport) -> Markup {
    let MemoryReport { copies, words, width, .. } = memory;
    html! {
        td .soft {
            @if *copies > 1 { (copies) " × " }
            (count(*words)) " words of " (width) " bits"
        }
    }
}

fn block_row(memory: &MemoryReport, all: &[&MemoryReport]) -> Markup {
    let largest = all.iter().map(|memory| memory.room()).fold(0.0, f64::max);
    let part = |name: &str, class, value| Part { name: name.to_owned(), class, value };
    let parts = [
        part("filled", "weights", memory.bits()),
        part("empty", "keys", (memory.room() - memory.bits()).max(0.0)),
    ];
    html! {
        tr {
            td { (memory.name) }
            (shape(memory))
            td .bar { (bar(&parts, largest, 14)) }
            td .number.soft { (percent(ratio(memory.bits(), memory.room()))) }
            td .number { (count(memory.block_rams)) }
        }
    }
}

fn lut_row(memory: &MemoryReport, all: &[&MemoryReport]) -> Markup {
    let largest = all.iter().map(|memory| memory.bits()).fold(0.0, f64::max);
    let part = Part { name: memory.name.clone(), class: "embedding", value: memory.bits() };
    html! {
        tr {
            td { (memory.name) }
            (shape(memory))
            td .bar { (bar(&[part], largest, 14)) }
            td .number { (grouped(memory.bits())) }
        }
    }
}
