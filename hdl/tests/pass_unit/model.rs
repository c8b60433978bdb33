//! What a pass writes, by `weights::numeric::pass` alone.

use firmware::isa::{Destination, Emit, Function, Length, Pass, Reduce, Restart, Space};
use hdl::blocks::vector::pass_unit::PassUnit;
use weights::numeric::Radix;
use weights::numeric::fixed_point::{Scale, balanced_digits};
use weights::numeric::pass::{Finish, Finished, normalised_reciprocal};

/// Everything the unit reads; words of values in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memories {
    /// R, T, S, C.
    pub(crate) spaces: [Vec<Vec<i64>>; 4],
    pub(crate) scalars: Vec<Scale>,
    pub(crate) levels: Vec<i64>,
    pub(crate) maxima: Vec<i64>,
}

/// Everything the unit writes, each memory in its own order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Writes {
    /// Address, values.
    pub(crate) temporaries: Vec<(usize, Vec<i64>)>,
    pub(crate) states: Vec<(usize, Vec<i64>)>,
    /// Address, column, counts.
    pub(crate) trains: Vec<(usize, usize, Vec<i64>)>,
    /// Address, plane, trits.
    pub(crate) planes: Vec<(usize, usize, Vec<i64>)>,
    /// Number, words, magnitude.
    pub(crate) descriptors: Vec<(usize, usize, i64)>,
    /// Number, contents.
    pub(crate) scalars: Vec<(usize, Scale)>,
    pub(crate) levels: Vec<(usize, i64)>,
    /// Values?, address, position's low bits, trits.
    pub(crate) store: Vec<(bool, usize, usize, Vec<i64>)>,
    pub(crate) saturations: u64,
}

impl Writes {
    /// Takes what is written behind these.
    pub(crate) fn extend(&mut self, more: Writes) {
        self.temporaries.extend(more.temporaries);
        self.states.extend(more.states);
        self.trains.extend(more.trains);
        self.planes.extend(more.planes);
        self.descriptors.extend(more.descriptors);
        self.scalars.extend(more.scalars);
        self.levels.extend(more.levels);
        self.store.extend(more.store);
        self.saturations += more.saturations;
    }
}

/// Where a pass stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) position: usize,
    pub(crate) attended: usize,
    pub(crate) restarts: bool,
}

impl Memories {
    fn operand(&self, space: Space, address: u32, index: usize) -> Option<i64> {
        let memory = match space {
            Space::Nothing => return Some(0),
            Space::Level => return self.levels.get(address as usize).copied(),
            Space::Maximum => return self.maxima.get(address as usize).copied(),
            Space::Results => 0,
            Space::Temporaries => 1,
            Space::State => 2,
            Space::Constants => 3,
        };
        let elements = self.spaces[memory][0].len();
        let word = self.spaces[memory].get(address as usize + index / elements)?;
        Some(word[index % elements])
    }

    /// Takes the writes that the unit may read again.
    pub(crate) fn apply(&mut self, writes: &Writes) {
        for (address, values) in &writes.temporaries {
            self.spaces[1][*address] = values.clone();
        }
        for (address, values) in &writes.states {
            self.spaces[2][*address] = values.clone();
        }
        for (number, scale) in &writes.scalars {
            self.scalars[*number] = *scale;
        }
        for (number, level) in &writes.levels {
            self.levels[*number] = *level;
        }
    }
}

/// How many elements a pass has.
pub(crate) fn channels(pass: &Pass, place: Place) -> usize {
    match pass.length {
        Length::Channels => pass.channels as usize,
        Length::Attended => place.attended + 1,
    }
}

/// What a pass writes; none if it leaves the memories, or a number the range that lowering proves.
pub(crate) fn execute(
    unit: &PassUnit,
    pass: &Pass,
    place: Place,
    memories: &Memories,
) -> Option<Writes> {
    let (width, elements) = (unit.value_width, unit.elements as usize);
    let channels = channels(pass, place);
    let (mut values, mut membranes) = (vec![], vec![]);
    let mut writes = Writes::default();
    let scalar = memories.scalars[pass.scalar as usize];
    let rule = pass.rule();
    for index in 0..channels {
        let read = |space, address, index, restart| {
            let value = memories.operand(space, address, index)?;
            Some(match restart {
                Restart::Zero if place.restarts => 0,
                Restart::Lowest if place.restarts => -(1 << (width - 2)),
                _ => value,
            })
        };
        let from = if pass.a_swap == 1 { index ^ 1 } else { index };
        let operands = [
            read(pass.a_space, pass.a, from, pass.a_restart)?,
            read(pass.b_space, pass.b, index, pass.b_restart)?,
            read(pass.c_space, pass.c, index, pass.c_restart)?,
        ];
        let mut saturations = 0;
        let joined = pass.join.value(operands, pass.join_shift, width, &mut saturations);
        let (found, more) = match (pass.function, pass.function.table_index()) {
            (_, Some(table)) => (unit.choices.tables[table].value(joined), 0),
            (Function::Reciprocal, _) => {
                let (mantissa, length) = normalised_reciprocal(joined);
                (mantissa, i64::from(length))
            }
            _ => (joined, 0),
        };
        let shift = (pass.shift, more + pass.follow.more(scalar));
        let mut y = pass.multiply.value(found, operands, scalar, shift, width, &mut saturations);
        if pass.spiking == 1 {
            let before = memories.operand(Space::State, pass.membrane, index)?;
            let anew = place.restarts && pass.membrane_restart == 1;
            let theta = rule.theta(operands[2]);
            if theta <= 0 {
                return None;
            }
            let step = rule.step(theta, if anew { 0 } else { before }, y, width, &mut saturations);
            y = step.spike;
            membranes.push(step.membrane);
        }
        values.push(y);
        writes.saturations += u64::from(saturations > 0);
    }
    values.resize(channels.next_multiple_of(elements), 0);
    let words = |first: u32, values: &[i64]| -> Vec<(usize, Vec<i64>)> {
        (first as usize..).zip(values.chunks(elements).map(<[i64]>::to_vec)).collect()
    };
    if pass.spiking == 1 {
        membranes.resize(values.len(), 0);
        writes.states = words(pass.membrane, &membranes);
    }
    match pass.destination {
        Destination::Nothing => {}
        Destination::Temporaries => writes.temporaries = words(pass.write, &values),
        Destination::State => writes.states = words(pass.write, &values),
    }
    match pass.emit {
        Emit::Nothing => {}
        Emit::Train => train(unit, pass, &values, &mut writes),
        Emit::Vector => vector(unit, pass, &values, &mut writes),
        Emit::Keys | Emit::Values => digits(unit, pass, place, &values, &mut writes),
    }
    finish(unit, pass, &values, &mut writes)?;
    Some(writes)
}

fn train(unit: &PassUnit, pass: &Pass, values: &[i64], writes: &mut Writes) {
    let limit = (1i64 << pass.bits) - 1;
    let counts: Vec<i64> = values.iter().map(|&y| y.clamp(-limit, limit)).collect();
    let slots = unit.slots as usize;
    let mut written = 0;
    for (column, word) in counts.chunks(slots).enumerate() {
        let mut word = word.to_vec();
        word.resize(slots, 0);
        if word.iter().any(|&count| count != 0) {
            writes.trains.push((pass.words as usize + written, column, word));
            written += 1;
        }
    }
    let magnitudes = counts.iter().map(|count| count.abs());
    let magnitude = match unit.radix {
        Radix::Bitwise => magnitudes.fold(0, |or, magnitude| or | magnitude),
        Radix::Unary => magnitudes.fold(0, i64::max),
    };
    writes.descriptors.push((pass.train as usize, written, magnitude));
}

fn vector(unit: &PassUnit, pass: &Pass, values: &[i64], writes: &mut Writes) {
    let slots = unit.slots as usize;
    for (column, word) in values.chunks(slots).enumerate() {
        let mut trits: Vec<i64> = word.iter().map(|y| y.signum()).collect();
        trits.resize(slots, 0);
        writes.planes.push((pass.words as usize + column, pass.train as usize, trits));
    }
}

fn digits(unit: &PassUnit, pass: &Pass, place: Place, values: &[i64], writes: &mut Writes) {
    let (lanes, slots) = (unit.lanes as usize, unit.slots as usize);
    let (p, digits) = (place.position, unit.digits as usize);
    let limit = (3i64.pow(unit.digits) - 1) / 2;
    let is_value = pass.emit == Emit::Values;
    let chunk = if is_value { lanes } else { slots };
    for (index, channels) in values.chunks(chunk).enumerate() {
        let mut channels: Vec<i64> = channels.iter().map(|&y| y.clamp(-limit, limit)).collect();
        channels.resize(lanes.max(slots), 0);
        let (tile, column) = if is_value { (index, p / slots) } else { (p / lanes, index) };
        for digit in 0..digits {
            let trit = |&y: &i64| balanced_digits(y, unit.digits)[digit].into();
            let trits: Vec<i64> = channels.iter().map(trit).collect();
            let word = (tile * digits + digit) * pass.columns as usize + column;
            let address = pass.words as usize + word;
            writes.store.push((is_value, address, p % lanes.max(slots), trits));
        }
    }
}

fn finish(unit: &PassUnit, pass: &Pass, values: &[i64], writes: &mut Writes) -> Option<()> {
    if pass.reduce == Reduce::Nothing {
        return Some(());
    }
    let reduction = pass.reduction();
    let gathered = values.iter().fold(0, |sum, &y| reduction.gather(sum, y));
    let level = i128::from(gathered) * i128::from(pass.factor);
    if pass.finish == Finish::Level && level.abs() >= 1 << 61 {
        return None;
    }
    if pass.finish == Finish::PeakScale && gathered < 0 {
        return None;
    }
    let mut saturations = 0;
    match reduction.finish(gathered, unit.value_width, &mut saturations) {
        Finished::Level(level) => writes.levels.push((pass.output as usize, level)),
        Finished::Scalar(scale) => writes.scalars.push((pass.output as usize, scale)),
    }
    writes.saturations += u64::from(saturations);
    Some(())
}
