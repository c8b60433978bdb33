//! Vectors on the machine's streams: what comes in is a word of C for each beat, or dropped; what goes
//! out is words of T in their order.

mod support;

use firmware::vector_stream::VectorStream;
use hdl::blocks::host::vector_input::VectorInput;
use hdl::blocks::host::vector_output::VectorOutput;
use support::{Bench, Random};

const ELEMENTS: u32 = 4;
const VALUE_WIDTH: u32 = 18;

/// The lowest bits of a word, least significant first.
fn bits(word: u64, count: u32) -> impl Iterator<Item = bool> {
    (0..count).map(move |bit| word >> bit & 1 == 1)
}

/// The number of these bits, two's complement.
fn number(bits: &[bool]) -> i64 {
    let (sign, magnitude) = bits.split_last().expect("a number has a sign");
    let value = magnitude.iter().rev().fold(0, |value, &bit| 2 * value + i64::from(bit));
    value - (i64::from(*sign) << magnitude.len())
}

/// The vector input, the words of C that it wrote, and what it said.
struct Input {
    bench: Bench,
    stream: VectorStream,
    words: Vec<Vec<i64>>,
    bad: u32,
}

impl Input {
    fn new(stream: VectorStream) -> Input {
        let block = VectorInput { stream, elements: ELEMENTS, value_width: VALUE_WIDTH };
        let words = vec![Vec::new(); stream.words as usize];
        let mut bench = Bench::new(&block.module());
        bench.set("run_i", 1);
        Input { bench, stream, words, bad: 0 }
    }

    fn step(&mut self) {
        self.bench.settle();
        self.bad += self.bench.get("bad_vector_o") as u32;
        if self.bench.is("write_o") {
            let index = self.bench.get("word_o") as u32 - self.stream.first;
            let values = self.bench.bits("word_data_o");
            let values = values.chunks(VALUE_WIDTH as usize).map(number);
            self.words[index as usize] = values.collect();
        }
        self.bench.tick();
    }

    /// Offers beats with gaps; the last has `tlast` but where it is left out.
    fn send(&mut self, beats: &[Vec<u64>], ends: bool, random: &mut Random) {
        for (index, beat) in beats.iter().enumerate() {
            while random.once_in(3) {
                self.step();
            }
            self.bench.set_bits("data_i", beat.iter().flat_map(|&word| bits(word, 64)));
            self.bench.set("last_i", u64::from(ends && index + 1 == beats.len()));
            self.bench.set("valid_i", 1);
            loop {
                self.bench.settle();
                let taken = self.bench.is("ready_o");
                self.step();
                if taken {
                    break;
                }
            }
            self.bench.set("valid_i", 0);
        }
    }

    /// The core takes the vector, and is busy for a while.
    fn take(&mut self, random: &mut Random) {
        self.bench.settle();
        assert!(self.bench.is("token_valid_o"));
        self.bench.set("token_taken_i", 1);
        self.step();
        self.bench.set("token_taken_i", 0);
        self.bench.set("busy_i", 1);
        for _ in 0..random.below(5) {
            self.bench.set("valid_i", 1);
            self.step();
            assert!(!self.bench.is("ready_o"), "beats are taken while a token is under way");
        }
        self.bench.set("valid_i", 0);
        self.bench.set("busy_i", 0);
    }
}

#[test]
fn whole_vectors_come_in_and_others_are_dropped() {
    for (seed, (first, words, value_width)) in
        [(0, 1, 2), (0, 3, 5), (2, 4, 8), (0, 2, 16)].into_iter().enumerate()
    {
        let stream = VectorStream { first, words, value_width };
        let mut random = Random(seed as u64 + 1);
        let mut input = Input::new(stream);
        let most = stream.input_max();
        let mut bad = 0;
        for round in 0..120 {
            let count = (words * ELEMENTS) as usize;
            let span = 2 * most as u64 + 1;
            let mut values: Vec<i64> =
                (0..count).map(|_| random.below(span) as i64 - most).collect();
            // What is no vector: too short, too long, or of a number beyond the bits.
            let kind = round % 5;
            match kind {
                1 if words > 1 => values.truncate(count - ELEMENTS as usize),
                2 => values.extend([0; ELEMENTS as usize]),
                3 if value_width != stream.beat_value_width() => {
                    let at = random.below(count as u64) as usize;
                    values[at] = *[most + 1, -most - 1, -most - 2].get(round % 3).unwrap();
                }
                4 => values[count - 1] = -most - 1,
                _ => {}
            }
            let is_vector = values.len() == count && values.iter().all(|x| x.abs() <= most);
            bad += u32::from(!is_vector);
            input.send(&stream.beats(ELEMENTS, &values), true, &mut random);
            input.bench.settle();
            assert_eq!(input.bench.is("token_valid_o"), is_vector, "round {round}: {values:?}");
            assert_eq!(input.bad, bad, "round {round}: each bad vector is told once");
            if is_vector {
                assert_eq!(input.words.concat(), values, "round {round}");
                input.take(&mut random);
            }
        }
    }
}

/// Nothing is taken while the host loads constants.
#[test]
fn a_machine_that_does_not_run_takes_no_beat() {
    let mut input = Input::new(VectorStream { first: 0, words: 2, value_width: 4 });
    input.bench.set("run_i", 0);
    input.bench.set("valid_i", 1);
    for _ in 0..4 {
        input.step();
        assert!(!input.bench.is("ready_o") && !input.bench.is("write_o"));
    }
}

/// A new text forgets a vector that waits, and one that is half there.
#[test]
fn a_new_text_forgets_what_came() {
    let stream = VectorStream { first: 0, words: 3, value_width: 4 };
    let (mut input, mut random) = (Input::new(stream), Random(7));
    let beats = stream.beats(ELEMENTS, &[1; 12]);
    for (count, ends) in [(2, false), (3, true)] {
        input.send(&beats[..count], ends, &mut random);
        input.bench.set("begins_text_i", 1);
        input.step();
        input.bench.set("begins_text_i", 0);
        input.bench.settle();
        assert!(!input.bench.is("token_valid_o"));
        input.send(&beats, true, &mut random);
        input.take(&mut random);
        assert_eq!(input.bad, 0);
    }
}

/// Fast and slow readers get every word in its order, a beat a cycle if they are always ready.
#[test]
fn vectors_leave_in_order() {
    for (seed, (first, words, value_width)) in
        [(0, 1, 18), (3, 5, 18), (0, 4, 2), (1, 2, 9)].into_iter().enumerate()
    {
        let stream = VectorStream { first, words, value_width };
        let block = VectorOutput { stream, elements: ELEMENTS, value_width: VALUE_WIDTH };
        let mut bench = Bench::new(&block.module());
        let mut random = Random(seed as u64 + 1);
        for round in 0..60 {
            let most = stream.input_max();
            let memory: Vec<i64> = (0..(words * ELEMENTS))
                .map(|_| random.below(2 * most as u64 + 1) as i64 - most)
                .collect();
            let slow = [1, 3, 9][round % 3];
            bench.set("vector_valid_i", 1);
            let (mut taken, mut cycles) = (Vec::new(), 0);
            loop {
                let ready = random.once_in(slow);
                bench.set("ready_i", ready.into());
                bench.settle();
                if ready && bench.is("valid_o") {
                    let beat = bench.bits("data_o");
                    let width = stream.beat_value_width() as usize;
                    taken.extend(beat.chunks(width).map(number));
                    let last = taken.len() == memory.len();
                    assert_eq!(bench.is("last_o"), last, "round {round}");
                }
                let (done, fetched) = (bench.is("vector_ready_o"), bench.is("read_o"));
                let word = bench.get("word_o") as u32 - first;
                bench.tick();
                cycles += 1;
                if fetched {
                    let at = (word * ELEMENTS) as usize;
                    let word = &memory[at..at + ELEMENTS as usize];
                    let values = word.iter().flat_map(|&value| bits(value as u64, VALUE_WIDTH));
                    bench.set_bits("data_i", values);
                }
                if done {
                    break;
                }
            }
            assert_eq!(taken, memory, "round {round}");
            if slow == 1 {
                assert_eq!(cycles, words + 1, "round {round}: a beat a cycle");
            }
            bench.set("vector_valid_i", 0);
            (0..random.below(3)).for_each(|_| bench.tick());
        }
    }
}
