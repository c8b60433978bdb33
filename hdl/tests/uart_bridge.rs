//! `uart_bridge` between a serial line and a core: what is sent arrives, and errors are survived.

mod support;

use hdl::blocks::host::uart_bridge::{CLEAR_ID, UartBridge};
use support::{Bench, Random};

const DIVISOR: u32 = 7;

/// A serial line into the bridge, one out of it, and a core that takes and answers.
struct Line {
    bench: Bench,
    /// Levels still to be driven, each for one cycle.
    driven: std::collections::VecDeque<bool>,
    /// Levels seen on the line out.
    seen: Vec<bool>,
    tokens: Vec<(u64, bool)>,
    errors: usize,
    clears: usize,
    answers: Vec<(u64, bool)>,
    slow: u64,
    random: Random,
}

impl Line {
    fn new() -> Line {
        let mut bench = Bench::new(&UartBridge { divisor: DIVISOR, queue_depth: 4 }.module());
        bench.set("serial_i", 1);
        Line {
            bench,
            driven: Default::default(),
            seen: vec![],
            tokens: vec![],
            errors: 0,
            clears: 0,
            answers: vec![],
            slow: 1,
            random: Random(3),
        }
    }

    /// Drives a frame, each bit a little longer or shorter than the receiver counts.
    fn drive(&mut self, byte: u8, stop: bool) {
        let bits = (0..8).map(|index| byte >> index & 1 == 1);
        let bits: Vec<bool> = [false].into_iter().chain(bits).chain([stop]).collect();
        for (index, bit) in bits.into_iter().enumerate() {
            // A bit more or less over a frame: about one per cent.
            let more = usize::from(index == 4 && self.random.once_in(2));
            self.driven.extend(std::iter::repeat_n(bit, DIVISOR as usize + more));
        }
    }

    fn drive_token(&mut self, word: u16) {
        word.to_le_bytes().into_iter().for_each(|byte| self.drive(byte, true));
    }

    fn step(&mut self) {
        let level = self.driven.pop_front().unwrap_or(true);
        self.bench.set("serial_i", level.into());
        let takes = self.random.once_in(self.slow);
        self.bench.set("token_ready_i", takes.into());
        let answer = self.answers.first().copied();
        self.bench.set("prediction_valid_i", answer.is_some().into());
        let (id, last) = answer.unwrap_or_default();
        self.bench.set("prediction_i", id);
        self.bench.set("prediction_last_i", last.into());
        self.bench.settle();
        if takes && self.bench.is("token_valid_o") {
            let token = self.bench.get("token_o");
            self.tokens.push((token, self.bench.is("token_asked_o")));
        }
        if answer.is_some() && self.bench.is("prediction_ready_o") {
            self.answers.remove(0);
        }
        self.errors += usize::from(self.bench.is("error_o"));
        self.clears += usize::from(self.bench.is("clear_o"));
        self.seen.push(self.bench.is("serial_o"));
        self.bench.tick();
    }

    fn run(&mut self) {
        while !self.driven.is_empty() {
            self.step();
        }
        (0..60 * DIVISOR).for_each(|_| self.step());
    }

    /// The bytes on the line out.
    fn received(&self) -> Vec<u8> {
        let (mut bytes, mut at) = (vec![], 0);
        let middle = |at: usize, bit: usize| at + bit * DIVISOR as usize + DIVISOR as usize / 2;
        while at < self.seen.len() {
            if self.seen[at] {
                at += 1;
                continue;
            }
            let bit = |index: usize| u8::from(self.seen[middle(at, 1 + index)]) << index;
            bytes.push((0..8).map(bit).sum());
            assert!(self.seen[middle(at, 9)], "no stop bit");
            at = middle(at, 9);
        }
        bytes
    }
}

/// Random tokens arrive in order, with their mark, also at a core that lets them wait.
#[test]
fn tokens_arrive() {
    for slow in [1, 40] {
        let mut line = Line::new();
        line.slow = slow;
        let mut random = Random(5);
        let words: Vec<u16> = (0..60).map(|_| random.next() as u16).collect();
        let words: Vec<u16> =
            words.into_iter().filter(|word| u32::from(word & 0x7FFF) != CLEAR_ID).collect();
        words.iter().for_each(|&word| line.drive_token(word));
        line.run();
        let expected: Vec<(u64, bool)> =
            words.iter().map(|&word| ((word & 0x7FFF).into(), word >> 15 == 1)).collect();
        assert_eq!(line.tokens, expected);
        assert_eq!((line.errors, line.clears), (0, 0));
    }
}

/// Predictions leave as two bytes, the lower first, the mark in the highest bit.
#[test]
fn predictions_leave() {
    let mut line = Line::new();
    let mut random = Random(6);
    let answers: Vec<(u64, bool)> =
        (0..20).map(|_| (random.below(0x8000), random.once_in(2))).collect();
    line.answers = answers.clone();
    (0..20 * 25 * DIVISOR).for_each(|_| line.step());
    let expected: Vec<u8> = answers
        .iter()
        .flat_map(|&(id, last)| (id as u16 | u16::from(last) << 15).to_le_bytes())
        .collect();
    assert_eq!(line.received(), expected);
}

/// A frame without its stop bit is an error; the next byte is the first of a token again.
#[test]
fn a_break_brings_both_sides_together() {
    let mut line = Line::new();
    line.drive(0x34, true);
    line.drive(0x00, false);
    line.driven.extend([true; 3]);
    line.drive_token(0x1234);
    line.run();
    assert_eq!((line.errors, line.tokens.as_slice()), (1, &[(0x1234, false)][..]));
    // A line that stays low for long is one error.
    line.driven.extend(std::iter::repeat_n(false, 40 * DIVISOR as usize));
    line.driven.extend([true; 3]);
    line.drive_token(0x9234);
    line.run();
    assert_eq!(line.errors, 2);
    assert_eq!(line.tokens, [(0x1234, false), (0x1234, true)]);
}

/// A low level shorter than half a bit is no start bit.
#[test]
fn a_glitch_is_no_byte() {
    let mut line = Line::new();
    line.driven.extend([false, false]);
    line.driven.extend([true; 30]);
    line.drive_token(0x0102);
    line.run();
    assert_eq!((line.errors, line.tokens.as_slice()), (0, &[(0x0102, false)][..]));
}

/// A token that finds no room is an error, and those that wait are kept.
#[test]
fn a_full_queue_says_so() {
    let mut line = Line::new();
    line.slow = 1_000_000;
    (1..=5).for_each(|token| line.drive_token(token));
    line.run();
    assert_eq!(line.errors, 1);
    line.slow = 1;
    line.run();
    assert_eq!(line.tokens, [1, 2, 3, 4].map(|token| (token, false)));
}

/// The word that clears does so in its turn, once nothing is under way, and is no token.
#[test]
fn a_new_text() {
    let mut line = Line::new();
    line.drive_token(0x0001);
    line.drive_token(CLEAR_ID as u16);
    line.drive_token(0x0002);
    line.bench.set("busy_i", 1);
    line.run();
    assert_eq!((line.clears, line.tokens.len()), (0, 1));
    line.bench.set("busy_i", 0);
    line.run();
    assert_eq!((line.clears, line.tokens.as_slice()), (1, &[(1, false), (2, false)][..]));
}
