//! The gap between two passes, against their words one by one.

use super::{Link, MachineLatency, PassLatency};
use crate::isa::{
    Coded, Destination, Emit, Finish, Function, Join, Length, Multiply, Pass, Reduce, Space,
};
use crate::lower::lower;
use crate::machine::MachineParameters;
use weights::config::Design;
use weights::sample;

/// Cycles from the acceptance of a pass in which its registers are read.
const REGISTERS: i64 = 3;

/// When what happens to a pass of which a cycle is known.
struct Times<'a> {
    latency: &'a PassLatency,
    pass: &'a Pass,
    words: i64,
    accept: i64,
}

impl Times<'_> {
    fn read(&self, word: i64, phase: u32) -> i64 {
        let phases = i64::from(self.pass.phases());
        self.accept + self.latency.accept_cycles as i64 + word * phases + i64::from(phase)
    }

    fn last_read(&self, word: i64) -> i64 {
        self.read(word, self.pass.phases() - 1)
    }

    fn result(&self, word: i64) -> i64 {
        let joins_only = self.pass.function == Function::Nothing
            && (self.pass.multiply, self.pass.shift) == (Multiply::One, 0);
        let saved = match (self.pass.spiking, joins_only) {
            (1, _) => 0,
            (_, true) => self.latency.join_saves,
            (_, false) => self.latency.product_saves,
        };
        self.last_read(word) + (self.latency.result_cycles - saved) as i64
    }

    fn done(&self) -> i64 {
        self.last_read(self.words - 1) + self.latency.depth(self.pass) as i64
    }

    /// T and S, written and read: their space, an address, a cycle.
    fn writes(&self) -> Vec<(Space, i64, i64)> {
        let mut writes = vec![];
        for word in 0..self.words {
            let mut write = |space, first: u32| {
                writes.push((space, i64::from(first) + word, self.result(word)));
            };
            match self.pass.destination {
                Destination::Nothing => {}
                Destination::Temporaries => write(Space::Temporaries, self.pass.write),
                Destination::State => write(Space::State, self.pass.write),
            }
            if self.pass.spiking == 1 {
                write(Space::State, self.pass.membrane);
            }
        }
        writes
    }

    fn reads(&self) -> Vec<(Space, i64, i64)> {
        let Pass { a_space, b_space, c_space, a, b, c, .. } = *self.pass;
        let Pass { b_phase, c_phase, membrane_phase, membrane, .. } = *self.pass;
        let state = if self.pass.spiking == 1 { Space::State } else { Space::Nothing };
        let all = [
            (a_space, a, 0),
            (b_space, b, b_phase),
            (c_space, c, c_phase),
            (state, membrane, membrane_phase),
        ];
        let of = |(space, first, phase): (Space, u32, u32)| {
            (0..self.words)
                .map(move |word| (space, i64::from(first) + word, self.read(word, phase)))
        };
        all.into_iter().flat_map(of).collect()
    }
}

/// Whether a pass that is taken so many cycles behind the last read of another finds and leaves all.
fn is_safe(before: &Times<'_>, after: &Times<'_>) -> bool {
    let (first, second) = (before.pass, after.pass);
    let both = |uses: fn(&Pass) -> bool| uses(first) && uses(second);
    let in_order =
        before.done() < after.done() && before.result(before.words - 1) < after.result(0);
    let registers = before.accept + REGISTERS <= after.accept;
    let writers = !(both(|it| it.emit != Emit::Nothing) || both(|it| it.reduce != Reduce::Nothing))
        || before.done() < after.result(0);
    let reads = after.reads();
    let finds = before.writes().iter().all(|(space, address, written)| {
        let mut own = reads.iter().filter(|it| (it.0, it.1) == (*space, *address));
        own.all(|(_, _, read)| written < read)
    });
    let gathers = first.reduce != Reduce::Nothing;
    let gathered = match first.finish {
        _ if !gathers => true,
        Finish::Level => {
            let level =
                |(space, address): (Space, u32)| space == Space::Level && address == first.output;
            let operands = [
                (second.a_space, second.a),
                (second.b_space, second.b),
                (second.c_space, second.c),
            ];
            !operands.into_iter().any(level) || before.done() <= after.accept
        }
        _ => {
            let scalar = after.last_read(0) + after.latency.scalar_cycles as i64;
            !(second.reads_scalar() && second.scalar == first.output) || before.done() < scalar
        }
    };
    in_order && registers && writers && finds && gathered
}

/// A generator of small numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, count: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(count)) as u32
    }

    fn one<T: Coded + Copy + 'static>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u32) as usize]
    }

    fn pass(&mut self, elements: u32) -> Pass {
        let spaces =
            [Space::Temporaries, Space::State, Space::Results, Space::Level, Space::Nothing];
        let spiking = u32::from(self.below(4) == 0);
        let targets = [Destination::Nothing, Destination::Temporaries, Destination::State];
        let to = &targets[..if spiking == 1 { 2 } else { 3 }];
        let reduce = self.one(&[Reduce::Nothing, Reduce::Nothing, Reduce::Sum]);
        let (function, finish) = (self.below(2), self.one(&[Finish::Level, Finish::InverseRoot]));
        let pass = Pass {
            length: Length::Channels,
            channels: elements * (1 + self.below(7)),
            a_space: self.one(&spaces[..4]),
            a: self.below(8),
            b_space: self.one(&spaces),
            b: self.below(8),
            c_space: self.one(&spaces),
            c: self.below(8),
            join: Join::MultiplyAdd,
            function: if function == 0 { Function::Nothing } else { Function::Reciprocal },
            multiply: self.one(&[Multiply::One, Multiply::Scalar]),
            scalar: self.below(2),
            spiking,
            membrane: self.below(8),
            destination: self.one(to),
            write: self.below(8),
            emit: self.one(&[Emit::Nothing, Emit::Train]),
            reduce,
            finish,
            output: self.below(2),
            ..Pass::default()
        };
        pass.phased()
    }
}

#[test]
fn a_gap_is_the_least_that_is_safe() {
    let sample = lower(&sample::network(1), &Design::bundled()).expect("the sample fits");
    let machine = MachineParameters { functions: true, streams: true, ..sample.parameters };
    let latency = MachineLatency::of(&machine).pass;
    let mut random = Random(7);
    let (mut some, mut most) = (0, 0);
    for _ in 0..40_000 {
        let (first, second) = (random.pass(machine.elements), random.pass(machine.elements));
        let words = |pass: &Pass| i64::from(pass.channels / machine.elements);
        let before = Times { latency: &latency, pass: &first, words: words(&first), accept: 0 };
        let last_read = before.last_read(before.words - 1);
        let safe = |gap: u64| {
            let accept = last_read + gap as i64;
            let after = Times { latency: &latency, pass: &second, words: words(&second), accept };
            is_safe(&before, &after)
        };
        let gap = latency.gap(&machine, (&first, &second), |_, _, _| Link::Addressed);
        assert!(safe(gap), "{gap} is too small\n{first:?}\n{second:?}");
        assert!(gap == 0 || !safe(gap - 1), "{gap} is too large\n{first:?}\n{second:?}");
        assert!(gap <= latency.depth(&first), "{gap}\n{first:?}");
        some += usize::from(gap > 0);
        most = most.max(gap);
        let anywhere = latency.gap(&machine, (&first, &second), |_, _, _| Link::Anywhere);
        assert!(anywhere >= gap && anywhere <= latency.depth(&first));
    }
    assert!(some > 20_000 && most > 20, "{some}, up to {most}");
}
