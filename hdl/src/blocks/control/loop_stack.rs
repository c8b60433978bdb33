//! The loop stack: where the loops that run began, what is left of them, where the pointers stand.
//!
//! ```text
//!  Loop ─► frame: strides, pointers, p, body ─┐          left ─► goes_on_o
//!  Next ─► level ─────────────────────────────┴─► again: pointers + strides, target_o the body
//!                                                 over:  pointers and p as before the loop
//! ```
//!
//! A loop over chunks of positions ends with the chunk that the position of the token is in; one within
//! a chunk begins with its first position and ends with p. Both sizes are powers of two, so that a
//! chunk's positions are the low bits of p.
//!
//! Equal to [`Control`](firmware::control::Control), turn by turn. A loop that runs once, *here*,
//! moves its pointers by stride · p, a bit of p a cycle.

use super::instruction::Fields;
use super::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::storage::address_width;
use firmware::isa::{Coded, Extent, HEADER_WIDTH, INSTRUCTION_WIDTH, Loop, Next, POINTER_COUNT};
use firmware::machine_cycles::position_width;
use std::sync::Arc;

/// Bits of a pointer.
pub const POINTER_WIDTH: u32 = 16;
/// Bits of all pointers but the one that is always zero, pointer 1 lowest.
pub const POINTERS_WIDTH: u32 = (POINTER_COUNT - 1) * POINTER_WIDTH;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct LoopStack {
    /// How deep loops nest.
    pub depth: u32,
    /// Positions of a text.
    pub context: u32,
    /// Type of an instruction's address.
    pub address_type: Type,
    /// Whether loops run over chunks of positions.
    pub chunks: bool,
}

/// What a loop does to p.
#[derive(Clone, Copy)]
struct Kind<'m> {
    /// It moves p, position by position or chunk by chunk.
    counts: Signal<'m>,
    /// Chunk by chunk; within a chunk.
    chunks: Option<[Signal<'m>; 2]>,
}

/// Bits of an instruction that no loop looks at.
fn unused_bits<'m>(b: &'m Builder, instruction: Signal<'m>) {
    let header = instruction.bits(0, HEADER_WIDTH);
    b.unused("header", header, "The issue has looked at it.");
    let last = Loop::FORMAT.fields.last().expect("a loop has fields");
    let top = last.low + last.width;
    let above = instruction.bits(top, INSTRUCTION_WIDTH - top);
    b.unused("spare_bits", above, "A Loop is not that long.");
}

/// What a loop remembers.
struct Frame<'m> {
    body: Signal<'m>,
    positions: Signal<'m>,
    position: Signal<'m>,
    /// It runs over chunks, and their positions.
    chunk: Option<(Signal<'m>, Signal<'m>)>,
    strides: Vec<Signal<'m>>,
    pointers: Vec<Signal<'m>>,
}

/// The events of the stack.
#[derive(Clone, Copy)]
struct Events<'m> {
    start: Signal<'m>,
    begins: Signal<'m>,
    again: Signal<'m>,
    over: Signal<'m>,
}

impl LoopStack {
    /// Cycles that a loop takes, here, to move its pointers.
    pub fn here_cycles(&self) -> u32 {
        position_width(self.context)
    }

    /// The module `loop_stack`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new("loop_stack", file!(), &self.summary());
        let bit = uint(1);
        b.port_group("Token.");
        let start = b.input("start_i", bit, "a token begins");
        let token = b.input("token_position_i", uint(TOKEN_WIDTH), "its position, a cycle later");
        b.port_group("Issue.");
        let begins = b.input("loop_i", bit, "a Loop is issued");
        let next = b.input("next_i", bit, "a Next is issued");
        let instruction = b.input("instruction_i", uint(INSTRUCTION_WIDTH), "its bits");
        let behind = b.input("behind_i", self.address_type, "address of the instruction behind it");
        unused_bits(&b, instruction);
        let turn = Fields::of(&b, instruction, &Loop::FORMAT);
        let level = Fields::of(&b, instruction, &Next::FORMAT).get("level");

        b.section("Wires that lead back.");
        let wires = |name: &str| -> Vec<Signal> {
            (1..POINTER_COUNT)
                .map(|index| b.forward(&format!("{name}_{index}"), uint(POINTER_WIDTH)))
                .collect()
        };
        let pointers = wires("pointer");
        let position = b.forward("position", uint(TOKEN_WIDTH));
        let over = b.forward("over", bit);

        b.section("Which loop: the next one inside, or the one that a Next names.");
        let index = uint(address_width(self.depth));
        let level = self.level(&b, level, index);
        let inside = b.register_reset("inside_q", index, 0);
        let here = b.wire("here", turn.get("extent").is(Extent::Here.code().into()));
        let kind = self.kind(&b, turn.get("extent"));
        let counts = kind.counts;

        b.section("Frames: what a loop remembers.");
        let strides: Vec<Signal> =
            (1..POINTER_COUNT).map(|index| turn.get(&format!("stride_{index}"))).collect();
        let mut parts = vec![behind, counts, position];
        parts.extend(&strides);
        parts.extend(&pointers);
        if let Some([chunks, _]) = kind.chunks {
            parts.extend([chunks, turn.get("count")]);
        }
        let frame = self.frame(&b, &parts, (begins, inside.signal(), level));

        b.section("What is left of each loop behind the iteration that runs.");
        let count = turn.get("count");
        let fixed = b.wire("count_less_1", count.is(0).select(count.same(0), count - 1));
        let fixed = fixed.extend(TOKEN_WIDTH);
        let all = match kind.chunks {
            None => counts.select(token, fixed),
            // Those over chunks end where p does.
            Some([_, within]) => within
                .select(b.wire("positions_within", position & fixed), counts.select(token, fixed)),
        };
        let all = here.select(fixed.same(0), all);
        let left = b.memory("left", 1 << index.width, uint(TOKEN_WIDTH), &[]).distributed();
        let found = b.wire("found", left.word(level));
        let more = match frame.chunk {
            None => found.any(),
            Some((chunk, _)) => chunk.select(position.lt(token), found.any()),
        };
        let goes_on = b.wire("goes_on", more);
        let again = b.wire("again", next & goes_on);
        b.assign(over, next & !goes_on);
        let which = begins.select(inside.signal(), level);
        left.write(begins | again, which, begins.select(all, found - 1));
        inside
            .when(start, inside.signal().same(0))
            .when(begins, inside.signal() + 1)
            .when(over, level);

        let events = Events { start, begins, again, over };
        b.section("p: the index of the innermost loop over positions, or that of the token.");
        let begun = b.register_reset("begun_q", bit, 0).next(start).signal();
        let p = b.register("position_q", uint(TOKEN_WIDTH));
        let (first, next) = self.positions(&b, &kind, (position, fixed, token), &frame);
        p.when(begun, token)
            .when(begins & counts, first)
            .when(again & frame.positions, next)
            .when(over, frame.position);
        b.assign(position, p.signal());

        let busy = self.pointers(&b, &events, &frame, &pointers, (here, token, &strides));

        b.section("Loops that are in their first iteration.");
        let first = self.first(&b, &events, inside.signal(), level);

        b.port_group("To the fetch.");
        b.output("target_o", again.select(frame.body, behind), "address of the next instruction");
        b.output("busy_o", busy, "the pointers move to where the loop is");
        b.port_group("To the instructions.");
        let all: Vec<Signal> = pointers.iter().rev().copied().collect();
        b.output("pointers_o", b.concat(&all), "pointers 1 to 7, the first lowest");
        b.output("position_o", position, "p");
        b.output("first_o", first, "loops in their first iteration, the outermost lowest");
        b.finish()
    }

    fn summary(&self) -> String {
        format!(
            "what up to {} nested loops remember, and where their pointers stand.\n\n\
             Loop and Next take effect in the cycle after their issue; a loop that runs once, \
             here, keeps busy_o for {} cycles more.",
            self.depth,
            self.here_cycles()
        )
    }

    /// The level that a Next names, as an index.
    fn level<'m>(&self, b: &'m Builder, level: Signal<'m>, index: Type) -> Signal<'m> {
        if index.width < level.width() {
            let above = level.bits(index.width, level.width() - index.width);
            b.unused("next_level", above, "Loops do not nest that deep.");
        }
        b.wire("level", level.bits(0, index.width))
    }

    /// The memory of frames, written from `parts`, the first lowest.
    fn frame<'m>(
        &self,
        b: &'m Builder,
        parts: &[Signal<'m>],
        (write, address, level): (Signal<'m>, Signal<'m>, Signal<'m>),
    ) -> Frame<'m> {
        let width = parts.iter().map(|part| part.width()).sum();
        let memory = b.memory("frames", 1 << level.width(), uint(width), &[]).distributed();
        let word: Vec<Signal> = parts.iter().rev().copied().collect();
        memory.write(write, address, b.concat(&word));
        let frame = b.wire("frame", memory.word(level));
        let mut low = 0;
        let mut part = |width: u32| {
            low += width;
            frame.bits(low - width, width)
        };
        let (body, positions) = (part(self.address_type.width), part(1));
        let position = part(TOKEN_WIDTH);
        let mut pointers = || (1..POINTER_COUNT).map(|_| part(POINTER_WIDTH)).collect();
        let (strides, pointers) = (pointers(), pointers());
        let count = Loop::FORMAT.field("count").width;
        let chunk = self.chunks.then(|| (part(1), part(count)));
        Frame { body, positions, position, chunk, strides, pointers }
    }

    /// What a loop does to p, by its extent.
    fn kind<'m>(&self, b: &'m Builder, extent: Signal<'m>) -> Kind<'m> {
        let is = |of: Extent| extent.is(of.code().into());
        let counts = is(Extent::Positions);
        if !self.chunks {
            return Kind { counts: b.wire("positions", counts), chunks: None };
        }
        let chunks = b.wire("chunks", is(Extent::Chunks));
        let within = b.wire("within_chunk", is(Extent::Within));
        let counts = b.wire("positions", counts | chunks | within);
        Kind { counts, chunks: Some([chunks, within]) }
    }

    /// p in the first iteration of a loop that begins, and in the next one of one that goes on.
    fn positions<'m>(
        &self,
        b: &'m Builder,
        kind: &Kind<'m>,
        (position, fixed, token): (Signal<'m>, Signal<'m>, Signal<'m>),
        frame: &Frame<'m>,
    ) -> (Signal<'m>, Signal<'m>) {
        let (Some([chunks, within]), Some((of_chunks, by))) = (kind.chunks, frame.chunk) else {
            return (position.same(0), position + 1);
        };
        let at_most = |name: &str, end: Signal<'m>| {
            let end = b.wire(name, end);
            token.lt(end).select(token, end)
        };
        let first = within.select(position & !fixed, position.same(0));
        let first = chunks.select(at_most("first_chunk_end", fixed), first);
        let by = b.wire("chunk", by).extend(position.width());
        let next = of_chunks.select(at_most("next_chunk_end", position + by), position + 1);
        (first, next)
    }

    /// The pointers; yields whether they are on their way to where a loop is.
    fn pointers<'m>(
        &self,
        b: &'m Builder,
        events: &Events<'m>,
        frame: &Frame<'m>,
        pointers: &[Signal<'m>],
        (here, token, strides): (Signal<'m>, Signal<'m>, &[Signal<'m>]),
    ) -> Signal<'m> {
        b.section("Here: a bit of p a cycle.");
        let cycles = self.here_cycles();
        let left = b.register_reset("bits_left_q", uint(u32::BITS - cycles.leading_zeros()), 0);
        let busy = b.wire("busy", left.signal().any());
        left.when(events.start, left.signal().same(0))
            .when(events.begins & here, left.signal().same(cycles.into()))
            .when(busy, left.signal() - 1);
        let bits = b.register("bits_q", uint(cycles));
        bits.when(events.begins, token.bits(0, cycles)).when(
            busy,
            bits.signal().shift_right(
                // A text of two positions has one bit, which is used up at once.
                u32::from(cycles > 1),
            ),
        );
        let bit = bits.signal().bit(0);

        b.section("Pointers.");
        for (at, &pointer) in pointers.iter().enumerate() {
            let index = at + 1;
            let step = b.register(&format!("step_{index}_q"), pointer.ty());
            let doubled = step.signal().shift_left(1);
            step.when(events.begins, strides[at]).when(busy, doubled);
            let moved = bit.select(step.signal(), pointer.same(0));
            let by = b.wire(&format!("by_{index}"), busy.select(moved, frame.strides[at]));
            let register = b.register(&format!("pointer_{index}_q"), pointer.ty());
            register
                .when(events.start, pointer.same(0))
                .when(events.again | busy, pointer + by)
                .when(events.over, frame.pointers[at]);
            b.assign(pointer, register.signal());
        }
        busy
    }

    /// A flag a level.
    fn first<'m>(
        &self,
        b: &'m Builder,
        events: &Events<'m>,
        inside: Signal<'m>,
        level: Signal<'m>,
    ) -> Signal<'m> {
        let mut flags: Vec<Signal> = (0..self.depth)
            .map(|index| {
                let flag = b.register_reset(&format!("first_{index}_q"), uint(1), 0);
                let ends = events.again | events.over;
                flag.when(events.start, b.flag(false))
                    .when(events.begins & inside.is(index.into()), b.flag(true))
                    .when(ends & level.is(index.into()), b.flag(false))
                    .signal()
            })
            .collect();
        flags.reverse();
        b.concat(&flags)
    }
}
