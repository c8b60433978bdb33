//! The cost model: what a checked design takes of an FPGA, without running synthesis.
//!
//! ```text
//!  modules ──► elaborate ──► gates, carry chains, memories, multipliers ──► cover ──► Cells
//! ```
//!
//! It does in a second what synthesis does in minutes, in the same order: flatten, share, drop what
//! is dead, map sums to carry chains, memories to block RAMs or LUT RAMs, the rest to LUTs of four
//! inputs. Every operator has one price for all designs, so a new block, or a new form of an old
//! one, needs no formula of its own.
//!
//! Prices are those of ECP5: Yosys' `synth_ecp5 -nowidelut`, packed by nextpnr. Block RAMs and
//! multipliers are exact; cells are compared with synthesis by `spikewright bench --cost`.

mod contents;
mod cover;
mod elaborate;
mod graph;
mod operators;
mod storage;

use crate::language::check::Checked;
use elaborate::Elaborated;
use firmware::block_ram::LUT_RAM_WIDTH;
use graph::{Boxed, Gate, Graph, Kind, Literal, Live};
use operators::{Hints, Same};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Add;

/// LUTs that synthesis leaves of those that the covering counts: it restructures logic first.
/// Fitted to the designs of `bench --cost`.
const LUT_SHARE: f64 = 0.95;
/// Most passes that find out what is read and what is equal, before the one that counts: a constant goes
/// through one register in each.
const HINTED_PASSES_MAX: usize = 16;
/// Cells of a LUT RAM of 16 × 4 bits: four that hold it, two that its write port takes.
const LUT_RAM_CELLS: u64 = 6;
/// Cells at an end of a carry chain: a slice that leads the carry in, or one that leads it out.
const CHAIN_END_CELLS: u64 = 2;

/// What a design takes of an FPGA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// LUTs of four inputs that are logic.
    pub luts: u64,
    /// Cells of carry chains, their ends included.
    pub carry: u64,
    /// Cells of LUT RAMs.
    pub lut_ram: u64,
    /// Flip-flops.
    pub flip_flops: u64,
    /// Block RAMs of 18 kbit.
    pub block_rams: u64,
    /// Multipliers of 18 × 18 bits.
    pub multipliers: u64,
}

impl Cells {
    /// Cells of one LUT4 each (`TRELLIS_COMB`).
    pub fn cells(&self) -> u64 {
        self.luts + self.carry + self.lut_ram
    }
}

impl Add for Cells {
    type Output = Cells;

    fn add(self, other: Cells) -> Cells {
        Cells {
            luts: self.luts + other.luts,
            carry: self.carry + other.carry,
            lut_ram: self.lut_ram + other.lut_ram,
            flip_flops: self.flip_flops + other.flip_flops,
            block_rams: self.block_rams + other.block_rams,
            multipliers: self.multipliers + other.multipliers,
        }
    }
}

/// What a design takes.
pub fn estimate(design: &Checked) -> Cells {
    // What is read of adders and memories shows only when everything is connected.
    let mut hints = Hints::default();
    for _ in 0..HINTED_PASSES_MAX {
        let next = hinted(elaborate::elaborate(design, hints.clone()), hints.clone());
        let settled = next == hints;
        hints = next;
        if settled {
            break;
        }
    }
    let Elaborated { graph, memories, .. } = elaborate::elaborate(design, hints);
    let live = graph.live();
    let mut roots: Vec<Literal> = graph.outputs.clone();
    let (mut cells, mut block_rams) = (Cells::default(), BTreeMap::new());
    let mut lut_rams: BTreeMap<usize, u64> = BTreeMap::new();
    let is_live = |output: &u32| live.gates[*output as usize];
    for (boxed, _) in graph.boxes.iter().zip(&live.boxes).filter(|(_, live)| **live) {
        roots.extend(&boxed.inputs);
        match boxed.kind {
            Kind::Adder(_) => {
                let slices = (boxed.inputs.len() as u64 / 2).div_ceil(2);
                let ends = 1 + u64::from(boxed.outputs.last().is_some_and(is_live));
                cells.carry += 2 * slices + CHAIN_END_CELLS * ends;
            }
            Kind::CarrySlice => cells.carry += carry_slice_cells(&graph, boxed, &live),
            Kind::FlipFlop => cells.flip_flops += 1,
            Kind::BlockRam { scope, memory } => {
                let read: Vec<bool> = boxed.outputs.iter().map(is_live).collect();
                let bits: &mut Vec<bool> = block_rams.entry((scope, memory)).or_default();
                bits.resize(read.len(), false);
                bits.iter_mut().zip(read).for_each(|(bit, read)| *bit |= read);
            }
            Kind::LutRam(group) => *lut_rams.entry(group).or_default() += 1,
            Kind::Multiplier(count) => cells.multipliers += u64::from(count),
            Kind::Wall => {}
        }
    }
    // Of a word only the bits that are read are stored.
    let stored = lut_rams.values().map(|bits| bits.div_ceil(LUT_RAM_WIDTH.into()));
    cells.lut_ram = LUT_RAM_CELLS * stored.sum::<u64>();
    for ((scope, memory), bits) in block_rams {
        cells.block_rams += u64::from(memories[scope][memory].block_rams(&bits));
    }
    let luts = cover::lut_count(&graph, &live, &roots);
    cells.luts = (luts as f64 * LUT_SHARE).round() as u64;
    cells
}

/// Cells of a slice of a carry chain, with those that lead its carry in. None do if nobody reads
/// the first sum of a chain: that cell makes the carry.
fn carry_slice_cells(graph: &Graph, slice: &Boxed, live: &Live) -> u64 {
    let is_slice = |index: u32| graph.boxes[index as usize].kind == Kind::CarrySlice;
    let continues = slice.inputs.first().is_some_and(
        |carry| matches!(graph.gates[carry.gate()], Gate::Box(index) if is_slice(index)),
    );
    let sums = slice.outputs.first().is_some_and(|sum| live.gates[*sum as usize]);
    2 + CHAIN_END_CELLS * u64::from(!continues && sums)
}

/// What is read of each adder, and which registers are the same.
fn hinted(design: Elaborated, known: Hints) -> Hints {
    let Elaborated { graph, registers, unwritten, .. } = design;
    let live = graph.live();
    let unwritten = known.unwritten.into_iter().chain(unwritten).collect();
    let mut hints = Hints { same: known.same, unwritten, ..Hints::default() };
    for boxed in &graph.boxes {
        let Kind::Adder(id) = boxed.kind else { continue };
        let carry = boxed.outputs.len() - 1;
        let read = |output: &u32| live.gates[*output as usize];
        let width = match boxed.outputs.iter().rposition(read) {
            Some(last) => carry.min(last + 1),
            None => 0,
        };
        hints.adder_widths.insert(id, width);
    }
    let mut firsts = HashMap::new();
    for (bit, taken) in registers {
        let (value, _, cleared, start) = taken;
        // One that is cleared to something else than it takes changes.
        let stays = cleared.constant() == Some(false) || start.is_some();
        let constant = value.constant().filter(|value| start.is_none_or(|start| start == *value));
        let constant = constant.filter(|_| stays);
        let same = match constant {
            Some(value) => Some(Same::Constant(value)),
            None => match firsts.entry(taken) {
                Entry::Occupied(first) => Some(Same::Register(*first.get())),
                Entry::Vacant(place) => {
                    place.insert(bit);
                    None
                }
            },
        };
        hints.same.extend(same.map(|same| (bit, same)));
    }
    hints
}
