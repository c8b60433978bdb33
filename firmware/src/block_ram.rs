//! What a memory becomes: block RAMs, LUT RAMs or logic, by the rule of Yosys' `memory_libmap`.
//!
//! ```text
//!  words, width, ports ──► cost of each way ──► the cheapest: block RAMs | LUT RAMs | logic
//! ```
//!
//! A block RAM holds 18 kbit as 512 words of 36 bits, 1024 of 18, 2048 of 9, 4096 of 4, 8192 of 2
//! or 16384 of 1: that of ECP5, and of most others. Words that lie above each other share block
//! RAMs: the bits of all banks are counted together.
//!
//! Each way has a cost, and the cheapest is taken: a block RAM 128, a LUT RAM of 16 × 4 bits 4, a
//! bit of logic 1 or, if nothing writes it, 1/16, half a point for each bit that is chosen from
//! several words, half for each decoded write (`techlibs/lattice/brams_16kd.txt` and `lutrams_trellis.txt`).

/// Words of a LUT RAM.
pub const LUT_RAM_WORDS: u32 = 16;
/// Bits of its word.
pub const LUT_RAM_WIDTH: u32 = 4;
/// Cost of a block RAM and of a LUT RAM.
const BLOCK_COST: f64 = 128.0;
const LUT_RAM_COST: f64 = 4.0;
/// Cost of a bit of logic that nothing writes: a LUT holds 16.
const FIXED_BIT_COST: f64 = 1.0 / 16.0;
/// Cost of a bit that is chosen from several words, and of a decoded write enable.
const CHOICE_COST: f64 = 0.5;
/// Cost of a point of what has to be added around a memory.
const EMULATION_COST: f64 = 2.0;
/// Points for a port whose read would see a write too early.
const READ_FIRST_POINTS: f64 = 3.0;
/// Bits of a block RAM's word that one write enable serves.
pub const ENABLED_WIDTH: u32 = 9;
/// Words and width of a block RAM.
const BLOCK_SHAPES: [(u32, u32); 6] =
    [(16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)];

/// A memory as synthesis sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Words.
    pub depth: u32,
    /// Bits of a word.
    pub width: u32,
    /// Read ports with a clock.
    pub clocked_reads: u32,
    /// Read ports without.
    pub reads_at_once: u32,
    /// Parts of a word that are written each by itself; none if it is never written.
    pub parts: u32,
    /// Never read in the cycle that writes it.
    pub exclusive: bool,
    /// Asked to be made of LUTs.
    pub distributed: bool,
}

/// What it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// Block RAMs, so many, a word in columns of so many bits, each so many block RAMs.
    Block {
        /// Block RAMs of all columns.
        count: u32,
        /// Bits of a column.
        column_width: u32,
        /// Block RAMs of a column.
        column_count: u32,
    },
    /// LUT RAMs.
    LutRam,
    /// Registers, or gates if it is never written.
    Logic,
}

impl Shape {
    fn bits(&self) -> f64 {
        f64::from(self.depth) * f64::from(self.width)
    }

    fn written(&self) -> bool {
        self.parts > 0
    }

    /// Bits of a word in columns that one write enable serves.
    fn padded(&self, enabled_width: u32) -> u32 {
        match self.parts {
            0 => self.width,
            parts => parts * (self.width / parts).next_multiple_of(enabled_width),
        }
    }

    fn reads(&self) -> u32 {
        self.clocked_reads + self.reads_at_once
    }

    /// Words that lie above each other in LUT RAMs.
    pub fn banks(&self) -> u32 {
        self.depth.div_ceil(LUT_RAM_WORDS)
    }

    fn lut_rams(&self) -> u32 {
        self.banks() * (self.padded(LUT_RAM_WIDTH) / LUT_RAM_WIDTH) * self.reads()
    }

    fn around(&self, banks: u32) -> f64 {
        let choices = (banks - 1) * self.width * self.reads();
        let decoded = if banks > 1 { banks * self.parts } else { 0 };
        CHOICE_COST * f64::from(choices + decoded) + EMULATION_COST * f64::from(self.reads())
    }

    fn lut_ram_cost(&self) -> f64 {
        LUT_RAM_COST * f64::from(self.lut_rams()) + self.around(self.banks())
    }

    /// The block RAMs of the cheapest shape, and their cost.
    fn blocks(&self) -> (Made, f64) {
        // A memory that is only read has both ports of the narrow shapes for it.
        let copies = |width: u32| match (self.written(), width) {
            (false, ..36) => self.reads().div_ceil(2),
            _ => self.reads(),
        };
        let early = match self.exclusive || !self.written() {
            true => 0.0,
            false => READ_FIRST_POINTS * (1.0 + f64::from(self.reads())),
        };
        let of_shape = |(words, width): (u32, u32)| {
            let banks = self.depth.div_ceil(words);
            let padded = self.padded(width.min(ENABLED_WIDTH));
            let count = (banks * padded).div_ceil(width) * copies(width);
            let cost = BLOCK_COST * f64::from(count) + self.around(banks) + EMULATION_COST * early;
            let column_count = banks * copies(width);
            (Made::Block { count, column_width: width, column_count }, cost)
        };
        let shapes = BLOCK_SHAPES.map(of_shape);
        shapes.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((Made::Logic, f64::MAX))
    }

    /// What the memory becomes.
    pub fn made(&self) -> Made {
        let lut_ram = self.written().then(|| self.lut_ram_cost());
        let block = (self.reads_at_once == 0 && !self.distributed).then(|| self.blocks());
        let logic = match (self.written(), self.distributed) {
            (false, _) => FIXED_BIT_COST * self.bits(),
            (true, false) => self.bits(),
            (true, true) => f64::MAX,
        };
        let lut_ram_is_cheaper = |than: f64| lut_ram.is_some_and(|cost| cost <= than);
        match block {
            Some((block, cost)) if cost <= logic && !lut_ram_is_cheaper(cost) => block,
            _ if lut_ram_is_cheaper(logic) => Made::LutRam,
            _ => Made::Logic,
        }
    }
}

impl Made {
    /// Block RAMs that are left when only some bits of a word are read.
    pub fn block_rams(&self, read: &[bool]) -> u32 {
        let Made::Block { count, column_width, column_count } = *self else { return 0 };
        let unread = read.chunks(column_width as usize).filter(|column| !column.contains(&true));
        count.saturating_sub(unread.count() as u32 * column_count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_way_is_taken() {
        let shape = |depth, width| Shape {
            depth,
            width,
            clocked_reads: 1,
            reads_at_once: 0,
            parts: 1,
            exclusive: true,
            distributed: false,
        };
        let block =
            |count, column_width, column_count| Made::Block { count, column_width, column_count };
        for (memory, made) in [
            (shape(512, 36), block(1, 36, 1)),
            (shape(512, 37), block(2, 36, 1)),
            (shape(1024, 32), block(2, 18, 1)),
            (shape(9000, 32), block(18, 18, 9)),
            (shape(5888, 32), block(12, 9, 3)),
            (Shape { parts: 0, ..shape(5888, 32) }, block(11, 9, 3)),
            (Shape { parts: 0, ..shape(128, 17) }, block(1, 18, 1)),
            (Shape { parts: 0, ..shape(128, 16) }, Made::Logic),
            (Shape { parts: 4, ..shape(512, 80) }, block(3, 36, 1)),
            (shape(16, 8), Made::LutRam),
            (Shape { distributed: true, ..shape(512, 36) }, Made::LutRam),
            (Shape { parts: 0, reads_at_once: 1, clocked_reads: 0, ..shape(64, 8) }, Made::Logic),
            (shape(2, 1), Made::Logic),
        ] {
            assert_eq!(memory.made(), made, "{memory:?}");
        }
    }
}
