//! The accumulator array in a design of rust-hdl: simulated there by rust-hdl's simulator, compared
//! with [`numeric`], and printed as one Verilog text by rust-hdl.
//!
//! `cargo run --release -p hdl --features rust-hdl --example embed_in_rust_hdl`

use hdl::blocks::array::accumulator_array::AccumulatorArray;
use hdl::blocks::array::lane::Lane;
use hdl::rust_hdl::core::prelude::*;
use std::sync::{Arc, Mutex};
use weights::config::Target;
use weights::numeric::{self, Radix, Trit};

/// Columns of a matrix of two rows; the array sees eight of them at once.
const COLUMNS: usize = 24;
const SLOTS: usize = 8;
const PLANES: usize = 2;
/// Vectors that are multiplied.
const VECTORS: usize = 20;

hdl::rust_hdl_block! {
    /// Two lanes of eight slots and two planes.
    pub struct Array {
        clk_i: In<Clock>,
        rst_i: In<Bit>,
        high_i: In<Bits<16>>,
        low_i: In<Bits<16>>,
        active_i: In<Bits<16>>,
        negative_i: In<Bits<16>>,
        valid_i: In<Bit>,
        first_i: In<Bit>,
        pass_i: In<Bit>,
        last_i: In<Bit>,
        sums_o: Out<Bits<24>>,
        done_o: Out<Bit>,
    }
}

/// By how much the first row's sum is above the second's: the array's sums, rust-hdl's subtraction.
#[derive(LogicBlock)]
struct Margin {
    clock: Signal<In, Clock>,
    reset: Signal<In, Bit>,
    high: Signal<In, Bits<16>>,
    low: Signal<In, Bits<16>>,
    active: Signal<In, Bits<16>>,
    negative: Signal<In, Bits<16>>,
    valid: Signal<In, Bit>,
    first: Signal<In, Bit>,
    last: Signal<In, Bit>,
    margin: Signal<Out, Bits<12>>,
    done: Signal<Out, Bit>,
    array: Array,
}

impl Margin {
    fn new() -> Margin {
        let (slots, planes) = (SLOTS as u32, PLANES as u32);
        let (radix, target) = (Radix::Bitwise, Target::Portable);
        let lane = Lane {
            slots,
            planes,
            radix,
            acc_width: 12,
            digits: false,
            digit_passes: false,
            vectors: false,
            target,
        };
        let array = Array::new(&AccumulatorArray { lanes: 2, lane }.module(), "");
        Margin {
            clock: Signal::default(),
            reset: Signal::default(),
            high: Signal::default(),
            low: Signal::default(),
            active: Signal::default(),
            negative: Signal::default(),
            valid: Signal::default(),
            first: Signal::default(),
            last: Signal::default(),
            margin: Signal::default(),
            done: Signal::default(),
            array: array.expect("the ports are the module's"),
        }
    }
}

impl Logic for Margin {
    #[hdl_gen]
    fn update(&mut self) {
        self.array.clk_i.next = self.clock.val();
        self.array.rst_i.next = self.reset.val();
        self.array.high_i.next = self.high.val();
        self.array.low_i.next = self.low.val();
        self.array.active_i.next = self.active.val();
        self.array.negative_i.next = self.negative.val();
        self.array.valid_i.next = self.valid.val();
        self.array.first_i.next = self.first.val();
        self.array.pass_i.next = false;
        self.array.last_i.next = self.last.val();
        self.margin.next =
            self.array.sums_o.val().get_bits::<12>(0) - self.array.sums_o.val().get_bits::<12>(12);
        self.done.next = self.array.done_o.val();
    }
}

/// One word of the array's work.
#[derive(Clone, Copy)]
struct Word {
    high: u64,
    low: u64,
    active: u64,
    negative: u64,
    first: bool,
    last: bool,
}

/// Trits that look random.
fn trits(seed: u64, count: usize) -> Vec<Trit> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) % 3
    };
    (0..count).map(|_| next() as Trit - 1).collect()
}

/// Bits of the trits that are as asked for, the first in the lowest.
fn mask(trits: impl IntoIterator<Item = Trit>, of: fn(Trit) -> bool) -> u64 {
    trits.into_iter().enumerate().map(|(index, trit)| u64::from(of(trit)) << index).sum()
}

/// The words of one vector, and what the margin must be.
fn job(vector: u64) -> (Vec<Word>, i64) {
    let rows = [trits(3 * vector + 1, COLUMNS), trits(3 * vector + 2, COLUMNS)];
    let train: Vec<Vec<Trit>> =
        (0..PLANES as u64).map(|plane| trits(97 * vector + plane, COLUMNS)).collect();
    let word = |column: usize| {
        let columns = column..column + SLOTS;
        let weights = || rows.iter().flat_map(|row| row[columns.clone()].to_vec());
        let spikes = || train.iter().flat_map(|plane| plane[columns.clone()].to_vec());
        Word {
            high: mask(weights(), |trit| numeric::offset_bits(trit).0),
            low: mask(weights(), |trit| numeric::offset_bits(trit).1),
            active: mask(spikes(), |trit| trit != 0),
            negative: mask(spikes(), |trit| trit < 0),
            first: column == 0,
            last: column + SLOTS == COLUMNS,
        }
    };
    let [first, second] =
        rows.each_ref().map(|row| numeric::accumulate(row, &train, Radix::Bitwise));
    ((0..COLUMNS).step_by(SLOTS).map(word).collect(), first - second)
}

/// Simulates the design in rust-hdl: the margins in the order in which it says that they are done.
fn simulate() -> Vec<i64> {
    let words: Vec<Word> = (0..VECTORS as u64).flat_map(|vector| job(vector).0).collect();
    let found = Arc::new(Mutex::new(Vec::new()));
    let results = found.clone();
    let mut simulation = Simulation::new();
    simulation.add_clock(5, |x: &mut Box<Margin>| x.clock.next = !x.clock.val());
    simulation.add_testbench(move |mut sim: Sim<Margin>| {
        let mut x = sim.init()?;
        wait_clock_true!(sim, clock, x);
        wait_clock_false!(sim, clock, x);
        // The last word's sums come some cycles after it.
        for word in words.iter().map(Some).chain([None; 16]) {
            x.valid.next = word.is_some();
            if let Some(&Word { high, low, active, negative, first, last }) = word {
                x.high.next = high.into();
                x.low.next = low.into();
                x.active.next = active.into();
                x.negative.next = negative.into();
                x.first.next = first;
                x.last.next = last;
            }
            wait_clock_true!(sim, clock, x);
            wait_clock_false!(sim, clock, x);
            if x.done.val() {
                let margin = signed_cast(x.margin.val()).bigint();
                let margin = i64::try_from(margin).expect("twelve bits");
                results.lock().expect("one testbench").push(margin);
            }
        }
        sim.done(x)
    });
    simulation.run(Box::new(Margin::new()), 100_000).expect("the simulation ends well");
    let found = found.lock().expect("it has ended");
    found.clone()
}

/// The Verilog of the whole, as rust-hdl prints it.
pub(crate) fn verilog() -> String {
    let mut margin = Margin::new();
    margin.connect_all();
    generate_verilog(&margin)
}

/// Simulates, compares, prints a line about each.
pub(crate) fn main() {
    let expected: Vec<i64> = (0..VECTORS as u64).map(|vector| job(vector).1).collect();
    assert_eq!(simulate(), expected, "rust-hdl's simulation, weights::numeric");
    println!("{VECTORS} margins simulated by rust-hdl, as weights::numeric has them");
    let text = verilog();
    let modules = text.lines().filter(|line| line.starts_with("module ")).count();
    println!("{modules} modules, {} lines of Verilog", text.lines().count());
}
