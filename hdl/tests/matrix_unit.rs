//! `matrix_unit` executes `Matrix` as the table says, in the cycles that its documentation says.

#[path = "support/matrix_clock.rs"]
mod clock;
#[path = "support/matrix.rs"]
mod matrix;
#[path = "support/matrix_shapes.rs"]
mod shapes;
mod support;

use clock::Clock;
use firmware::isa::Matrix;
use hdl::blocks::array::matrix_unit::MatrixUnit;
use matrix::{Effect, Order, World, Write};
use shapes::{SHAPES, event_unit, unit, units};
use std::collections::VecDeque;
use support::{Bench, Random};
use weights::numeric::{Trit, offset_bits};
use weights::packing::pack_word;

/// The unit among its memories.
struct Machine {
    unit: MatrixUnit,
    bench: Bench,
    world: World,
    /// Addresses fetched from keys and values, on their way to the output.
    fetched: [usize; 2],
    /// The address fetched from the plane store.
    planes: Option<usize>,
    clock: u64,
    entries: u64,
    waits: u64,
}

/// What a run brought about.
#[derive(Default)]
struct Seen {
    accepted: Vec<u64>,
    writes: VecDeque<Write>,
    maxima: VecDeque<(u64, i64)>,
    done: Vec<u64>,
    /// The prediction at each of them.
    predictions: Vec<u64>,
}

fn signed(bits: &[bool]) -> i64 {
    let value = bits.iter().rev().fold(0, |value, &bit| value << 1 | i64::from(bit));
    if bits[bits.len() - 1] { value - (1 << bits.len()) } else { value }
}

fn bits_of(value: i64, width: u32) -> impl Iterator<Item = bool> {
    (0..width).map(move |bit| value >> bit & 1 == 1)
}

impl Machine {
    fn new(unit: MatrixUnit, random: &mut Random) -> Machine {
        let world = World::random(&unit, random);
        let bench = Bench::new(&unit.module());
        let mut machine = Machine {
            unit,
            bench,
            world,
            fetched: [0; 2],
            planes: None,
            clock: 0,
            entries: 0,
            waits: 0,
        };
        machine.load();
        machine
    }

    /// The host writes the weights.
    fn load(&mut self) {
        let bench = &mut self.bench;
        bench.set("weight_write_i", 1);
        for (word, trits) in self.world.stores[0].iter().enumerate() {
            bench.set("weight_word_i", word as u64);
            for (bank, bytes) in pack_word(trits, self.unit.packing).chunks(4).enumerate() {
                let data = bytes.iter().rev().fold(0, |data, &byte| data << 8 | u64::from(byte));
                bench.set("weight_bank_i", bank as u64);
                bench.set("weight_data_i", data);
                bench.tick();
                assert!(!bench.is("bad_code_o"));
            }
        }
        bench.set("weight_write_i", 0);
    }

    fn set_trits(&mut self, name: &str, trits: &[Trit]) {
        self.bench.set_bits(&format!("{name}_high_i"), trits.iter().map(|&t| offset_bits(t).0));
        self.bench.set_bits(&format!("{name}_low_i"), trits.iter().map(|&t| offset_bits(t).1));
    }

    /// One cycle; `order` is offered if there is one. Whether it is taken.
    fn cycle(&mut self, order: Option<&Order>, seen: &mut Seen) -> bool {
        self.bench.set("instruction_valid_i", order.is_some().into());
        if let Some(order) = order {
            let words = order.encode();
            let bits = words.iter().flat_map(|&word| bits_of(word.into(), 32));
            self.bench.set_bits("instruction_i", bits);
            self.bench.set("position_i", order.position);
            self.bench.set("token_i", order.token);
        }
        self.bench.settle();
        let train = self.bench.get("descriptor_address_o") as usize;
        let (words, magnitude) = self.world.descriptors[train];
        self.bench.set("descriptor_words_i", words);
        self.bench.set("descriptor_magnitude_i", magnitude);
        let scalar = self.bench.get("scalar_address_o") as usize;
        let (mantissa, exponent) = self.world.scalars[scalar];
        self.bench.set("scalar_mantissa_i", mantissa as u64);
        self.bench.set_signed("scalar_exponent_i", exponent);
        self.bench.settle();
        let taken = order.is_some() && self.bench.is("instruction_ready_o");
        if taken {
            seen.accepted.push(self.clock);
        }
        let [train, key, value] = self.fetches();
        self.watch(seen);
        if self.unit.vectors {
            let read = self.bench.is("plane_read_o");
            self.planes = read.then(|| self.bench.get("plane_address_o") as usize);
        }
        self.bench.tick();
        self.deliver(train, [key, value]);
        self.clock += 1;
        taken
    }

    /// Notes what the unit writes.
    fn watch(&mut self, seen: &mut Seen) {
        let width = self.unit.value_width as usize;
        if self.bench.is("result_write_o") {
            let address = self.bench.get("result_address_o") as usize;
            let data = self.bench.bits("result_data_o");
            let values: Vec<i64> = data.chunks(width).map(signed).collect();
            let saturated = self.bench.is("saturated_o");
            seen.writes.push_back(Write { address, values, saturated });
        }
        if self.bench.is("maximum_write_o") {
            let value = signed(&self.bench.bits("maximum_data_o"));
            seen.maxima.push_back((self.bench.get("maximum_address_o"), value));
        }
        if self.bench.is("done_o") {
            seen.done.push(self.clock);
            seen.predictions.push(self.bench.get("prediction_o"));
        }
        self.entries += self.bench.get("array_busy_o");
        self.waits += self.bench.get("drain_waits_o");
    }

    /// Words asked for in this cycle: train, key, value.
    fn fetches(&self) -> [Option<usize>; 3] {
        [
            ("train_read_o", "train_address_o"),
            ("key_read_o", "key_address_o"),
            ("value_read_o", "value_address_o"),
        ]
        .map(|(strobe, address)| {
            // A unit of events has no keys and values.
            let has =
                !(self.unit.events && (strobe.starts_with("key") || strobe.starts_with("value")));
            (has && self.bench.is(strobe)).then(|| self.bench.get(address) as usize)
        })
    }

    fn deliver(&mut self, train: Option<usize>, kept: [Option<usize>; 2]) {
        if let Some(train) = train {
            let word = self.world.trains[train].clone();
            let width = self.unit.count_width;
            self.bench.set("train_column_i", word.column);
            self.bench.set_bits("train_negative_i", word.counts.iter().map(|&count| count < 0));
            let magnitudes = word.counts.iter().flat_map(|count| bits_of(count.abs(), width));
            self.bench.set_bits("train_magnitude_i", magnitudes);
        }
        if let Some(word) = self.planes.take() {
            let trits: Vec<Trit> = self.world.planes[word].concat();
            self.bench.set_bits("plane_active_i", trits.iter().map(|&trit| trit != 0));
            self.bench.set_bits("plane_negative_i", trits.iter().map(|&trit| trit < 0));
        }
        let stores = if self.unit.events { 0 } else { 2 };
        for (index, fetch) in kept.into_iter().enumerate().take(stores) {
            let name = ["key", "value"][index];
            let trits = self.world.stores[1 + index][self.fetched[index]].clone();
            self.set_trits(name, &trits);
            self.fetched[index] = fetch.unwrap_or(self.fetched[index]);
        }
    }

    /// Runs orders, offering each after up to `pause` idle cycles, and checks all they do.
    fn run(&mut self, orders: &[Order], pause: u64, random: &mut Random, what: &str) {
        (self.clock, self.entries, self.waits) = (0, 0, 0);
        let (mut seen, mut clock) = (Seen::default(), Clock::default());
        let mut effects: Vec<Effect> = vec![];
        let mut idle = 0u64;
        while seen.done.len() < orders.len() {
            let next = seen.accepted.len();
            let offered = orders.get(next).filter(|_| idle == 0);
            idle = idle.saturating_sub(1);
            let before = seen.done.len();
            if self.cycle(offered, &mut seen) {
                effects.push(self.world.execute(&self.unit, &orders[next]));
                idle = random.below(pause + 1);
            }
            if seen.done.len() > before {
                let what = format!("{what}, order {before}: {:?}", orders[before]);
                let effect = &effects[before];
                Machine::compare(&mut seen, effect, &what);
                let accepted = seen.accepted[before];
                let done = clock.done(&self.unit, &orders[before], effect, accepted);
                assert_eq!(seen.done[before], done, "{what}: done, accepted in {accepted}");
            }
            assert!(self.clock < 100_000, "{what}: stands still");
        }
        assert!(seen.writes.is_empty() && seen.maxima.is_empty(), "{what}: more than asked for");
        assert_eq!((self.entries, self.waits), (clock.entries, clock.waits), "{what}");
    }

    /// All writes of an instruction have come with its done.
    fn compare(seen: &mut Seen, effect: &Effect, what: &str) {
        for expected in &effect.writes {
            let write = seen.writes.pop_front();
            assert_eq!(write.as_ref(), Some(expected), "{what}");
        }
        if let Some(expected) = effect.maximum {
            assert_eq!(seen.maxima.pop_front(), Some(expected), "{what}");
        }
        if let Some(row) = effect.prediction {
            assert_eq!(seen.predictions.last(), Some(&row), "{what}");
        }
    }
}

/// Random orders, each with a train of its own.
fn orders(machine: &mut Machine, count: u64, random: &mut Random) -> Vec<Order> {
    let unit = machine.unit.clone();
    (0..count).map(|index| machine.world.order(&unit, index, random)).collect()
}

/// Every shape: random instructions of all kinds, one after the other and with pauses; with vectors,
/// some or all of them are of vectors.
#[test]
fn random_instructions() {
    for (index, shape) in (0..).zip(SHAPES.iter().chain(&SHAPES)) {
        let (vectors, mut random) = (index >= SHAPES.len(), Random(index as u64));
        let unit = MatrixUnit { vectors, ..unit(shape, [64, 83, 100][index % 3]) };
        let mut machine = Machine::new(unit.clone(), &mut random);
        for round in 0..4 {
            let (pause, often) = ([0, 0, 30, 0][round], [1, 2, 2, 3][round]);
            let mut orders = orders(&mut machine, 30, &mut random);
            for order in orders.iter_mut().filter(|order| vectors && order.matrix.store != 3) {
                if random.once_in(often) {
                    machine.world.vectors(&unit, order, &mut random);
                }
            }
            machine.run(&orders, pause, &mut random, &format!("{shape:?}, round {round}"));
        }
    }
}

/// The same of events, and of counts that meet several digits in several passes.
#[test]
fn random_instructions_of_events_and_of_passes() {
    for (index, shape) in (0..).zip(&SHAPES) {
        let dense = MatrixUnit { digit_passes: true, ..unit(shape, [64, 83, 100][index % 3]) };
        for (events, unit) in [(false, dense), (true, event_unit(shape))] {
            let mut random = Random(300 + index as u64);
            let mut machine = Machine::new(unit, &mut random);
            for round in 0..4 {
                let orders = orders(&mut machine, 30, &mut random);
                let pause = [0, 0, 30, 0][round];
                let what = format!("{shape:?}, events {events}, round {round}");
                machine.run(&orders, pause, &mut random, &what);
            }
        }
    }
}

/// The shortest instructions there are: none is done before the one in front of it, which may search.
#[test]
fn the_shortest_follow_each_other() {
    for (index, (shape, unit)) in units().enumerate() {
        let mut random = Random(200 + index as u64);
        let mut machine = Machine::new(unit, &mut random);
        let slots = machine.unit.slots as usize;
        let mut orders = orders(&mut machine, 40, &mut random);
        for (train, order) in orders.iter_mut().enumerate() {
            let counts = (0..slots).map(|_| random.within(-1, 1)).collect();
            machine.world.trains[train * 8] = matrix::TrainWord { column: 0, counts };
            machine.world.descriptors[train] = (1, 1);
            let (store, tiles, digits) = (0, 1, 1);
            let (address, shift, scaling) = (0, 10, 0);
            let (base, multiplier) = (train as u32, 5000);
            let search = if random.once_in(4) { 1 } else { 0 };
            let stride = machine.unit.slots / machine.unit.matrix_word.columns;
            let small = Matrix { store, stride, base, tiles, digits, multiplier, ..order.matrix };
            order.matrix = Matrix { address, shift, scaling, search, ..small };
        }
        machine.run(&orders, 0, &mut random, &shape);
    }
}

/// A reset in the middle of anything leaves nothing behind.
#[test]
fn a_reset_in_between() {
    for (index, (shape, unit)) in units().enumerate() {
        let mut random = Random(100 + index as u64);
        let mut machine = Machine::new(unit, &mut random);
        for round in 0..12 {
            let broken = orders(&mut machine, 6, &mut random);
            let mut seen = Seen::default();
            for _ in 0..random.below(120) {
                machine.cycle(broken.get(seen.accepted.len()), &mut seen);
            }
            machine.bench.set("instruction_valid_i", 0);
            machine.bench.set("rst_i", 1);
            machine.bench.tick();
            machine.bench.set("rst_i", 0);
            let orders = orders(&mut machine, 5, &mut random);
            machine.run(&orders, 0, &mut random, &format!("{shape}, reset {round}"));
        }
    }
}

/// One instruction of one tile on an idle unit takes what the documentation says.
#[test]
fn latencies() {
    let mut random = Random(7);
    let unit = unit(&([8, 4, 2], [3, 6], [false, false], [22, 16]), 64);
    assert_eq!((unit.tile_groups(), unit.instruction_gap()), (4, 2));
    assert_eq!((unit.finish_cycles(), unit.search_cycles()), (20, 1));
    assert_eq!(unit.embedding_finish_cycles(), 13);
    let mut machine = Machine::new(unit, &mut random);
    machine.world.descriptors[0] = (2, 0b111_111);
    let matrix = Matrix { tiles: 3, stride: 2, digits: 1, last_rows: 8, ..Matrix::default() };
    for word in 0..2 {
        let counts = vec![5; 4];
        machine.world.trains[word] = matrix::TrainWord { column: word as u64, counts };
    }
    let order = Order { matrix, position: 0, token: 0 };
    let mut seen = Seen::default();
    while seen.done.len() < 2 {
        let order = (seen.accepted.len() < 2).then_some(&order);
        machine.cycle(order, &mut seen);
    }
    // Two words in two passes are four entries a tile; the last of twelve goes in cycle 13.
    assert_eq!(seen.accepted, [0, 2]);
    assert_eq!(seen.done, [13 + 20, 13 + 12 + 2 + 20]);
    assert_eq!((machine.entries, machine.waits), (24, 2));
}
