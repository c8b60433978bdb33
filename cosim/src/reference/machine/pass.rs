//! A pass, element by element, as `weights::numeric::pass` has it.

use super::image::Image;
use super::state::State;
use super::train::Train;
use super::{Observer, Write};
use firmware::isa::{Destination, Emit, Function, Length, Pass, Restart, Space};
use firmware::machine::MachineParameters;
use weights::numeric::Trit;
use weights::numeric::fixed_point::{Scale, balanced_digits};
use weights::numeric::pass::{Finished, Reduce, normalised_reciprocal};

/// An operand that is `x` unless its state begins anew.
fn restarted(x: i64, restarts: bool, restart: Restart, width: u32) -> i64 {
    match restart {
        Restart::Zero if restarts => 0,
        Restart::Lowest if restarts => -(1 << (width - 2)),
        _ => x,
    }
}

/// Where a pass stands: p, the last position that it attends, and whether its state begins anew.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) position: usize,
    pub(super) attended: usize,
    pub(super) restarts: bool,
}

/// The results of a pass.
struct Stream {
    values: Vec<i64>,
    membranes: Vec<i64>,
    saturations: u32,
}

impl State {
    /// Executes a pass; yields in how many elements something saturated.
    pub(super) fn pass<O: Observer>(
        &mut self,
        image: &Image,
        pass: &Pass,
        place: Place,
        observer: &mut O,
    ) -> u32 {
        let parameters = &image.program.parameters;
        let MachineParameters { elements, value_width, .. } = *parameters;
        let channels = match pass.length {
            Length::Channels => pass.channels as usize,
            Length::Attended => place.attended + 1,
        };
        let mut stream = self.stream(image, pass, place, channels);
        let padded = channels.next_multiple_of(elements as usize);
        stream.values.resize(padded, 0);
        if pass.spiking == 1 {
            stream.membranes.resize(padded, 0);
            self.put(Space::State, pass.membrane, &stream.membranes, elements, observer);
        }
        match pass.destination {
            Destination::Nothing => {}
            Destination::Temporaries => {
                self.put(Space::Temporaries, pass.write, &stream.values, elements, observer);
            }
            Destination::State => {
                self.put(Space::State, pass.write, &stream.values, elements, observer);
            }
        }
        match pass.emit {
            Emit::Nothing => {}
            Emit::Train => self.emit_train(parameters, pass, &stream.values, observer),
            Emit::Vector => self.emit_vector(parameters, pass, &stream.values, observer),
            Emit::Keys | Emit::Values => {
                self.emit_digits(parameters, pass, &stream.values, place.position, observer);
            }
        }
        if pass.reduce != Reduce::Nothing {
            let reduction = pass.reduction();
            let gathered = stream.values.iter().fold(0, |sum, &y| reduction.gather(sum, y));
            match reduction.finish(gathered, value_width, &mut stream.saturations) {
                Finished::Level(value) => {
                    self.levels[pass.output as usize] = value;
                    if O::WRITES {
                        observer.write(Write::Level { index: pass.output, value });
                    }
                }
                Finished::Scalar(scale) => self.put_scalar(pass.output, scale, observer),
            }
        }
        self.saturations += u64::from(stream.saturations);
        stream.saturations
    }

    /// The values of every element.
    fn stream(&self, image: &Image, pass: &Pass, place: Place, channels: usize) -> Stream {
        let width = image.program.parameters.value_width;
        let elements = image.program.parameters.elements as usize;
        let operand = |space: Space, address: u32, index: usize| match space {
            Space::Nothing => 0,
            Space::Results => self.results[address as usize * elements + index],
            Space::Temporaries => self.temporaries[address as usize * elements + index],
            Space::State => self.state[address as usize * elements + index],
            Space::Constants => match self.input.get(address as usize * elements + index) {
                // The first words are the host's, where it sends vectors.
                Some(&value) => value,
                None => image.program.constants[address as usize * elements + index],
            },
            Space::Level => self.levels[address as usize],
            Space::Maximum => self.maxima[address as usize],
        };
        let scalar = match pass.reads_scalar() {
            true => self.scalars[pass.scalar as usize],
            false => Scale::default(),
        };
        let rule = pass.rule();
        let mut stream = Stream { values: Vec::new(), membranes: Vec::new(), saturations: 0 };
        for index in 0..channels {
            let read = |space, address, index, restart| {
                restarted(operand(space, address, index), place.restarts, restart, width)
            };
            let from = if pass.a_swap == 1 { index ^ 1 } else { index };
            let operands = [
                read(pass.a_space, pass.a, from, pass.a_restart),
                read(pass.b_space, pass.b, index, pass.b_restart),
                read(pass.c_space, pass.c, index, pass.c_restart),
            ];
            let mut saturations = 0;
            let joined = pass.join.value(operands, pass.join_shift, width, &mut saturations);
            let (found, more) = match (pass.function, pass.function.table_index()) {
                (_, Some(table)) => (image.program.tables[table].value(joined), 0),
                (Function::Reciprocal, _) => {
                    let (mantissa, length) = normalised_reciprocal(joined);
                    (mantissa, i64::from(length))
                }
                _ => (joined, 0),
            };
            let shift = (pass.shift, more + pass.follow.more(scalar));
            let multiply = pass.multiply;
            let mut value = multiply.value(found, operands, scalar, shift, width, &mut saturations);
            if pass.spiking == 1 {
                let before = self.state[pass.membrane as usize * elements + index];
                let anew = place.restarts && pass.membrane_restart == 1;
                let before = if anew { 0 } else { before };
                let theta = rule.theta(operands[2]);
                let step = rule.step(theta, before, value, width, &mut saturations);
                value = step.spike;
                stream.membranes.push(step.membrane);
            }
            stream.values.push(value);
            stream.saturations += u32::from(saturations > 0);
        }
        stream
    }

    /// Writes whole words.
    fn put<O: Observer>(
        &mut self,
        space: Space,
        address: u32,
        values: &[i64],
        elements: u32,
        observer: &mut O,
    ) {
        let memory = match space {
            Space::State => &mut self.state,
            _ => &mut self.temporaries,
        };
        let begin = (address * elements) as usize;
        memory[begin..begin + values.len()].copy_from_slice(values);
        if O::WRITES {
            for (address, word) in (address..).zip(values.chunks_exact(elements as usize)) {
                let values = word.to_vec();
                observer.write(match space {
                    Space::State => Write::State { address, values },
                    _ => Write::Temporaries { address, values },
                });
            }
        }
    }

    fn put_scalar<O: Observer>(&mut self, index: u32, scale: Scale, observer: &mut O) {
        self.scalars[index as usize] = scale;
        if O::WRITES {
            observer.write(Write::Scalar { index, scale });
        }
    }

    fn emit_train<O: Observer>(
        &mut self,
        parameters: &MachineParameters,
        pass: &Pass,
        values: &[i64],
        observer: &mut O,
    ) {
        let MachineParameters { slots, radix, .. } = *parameters;
        let limit = (1i64 << pass.bits) - 1;
        let counts = values.iter().map(|&y| y.clamp(-limit, limit) as i16).collect();
        let train = Train::new(counts, slots as usize, pass.words, radix);
        let owned = pass.words as usize..pass.words as usize + train.columns.len();
        self.train_owners[owned].fill(pass.train);
        if O::WRITES {
            show_train(pass.train, &train, slots as usize, observer);
        }
        self.trains[pass.train as usize] = train;
    }

    /// Writes the trits of a vector to its plane.
    fn emit_vector<O: Observer>(
        &mut self,
        parameters: &MachineParameters,
        pass: &Pass,
        values: &[i64],
        observer: &mut O,
    ) {
        let slots = parameters.slots as usize;
        for (address, values) in (pass.words..).zip(values.chunks(slots)) {
            let mut trits: Vec<Trit> = values.iter().map(|y| y.signum() as Trit).collect();
            trits.resize(slots, 0);
            let begin = address as usize * slots;
            let plane = &mut self.planes[pass.train as usize][begin..begin + slots];
            plane.iter_mut().zip(&trits).for_each(|(place, &trit)| *place = trit.into());
            if O::WRITES {
                observer.write(Write::Plane { address, plane: pass.train, trits });
            }
        }
    }

    /// Keeps a key as row p, or a value as column p, of its words.
    fn emit_digits<O: Observer>(
        &mut self,
        parameters: &MachineParameters,
        pass: &Pass,
        values: &[i64],
        position: usize,
        observer: &mut O,
    ) {
        let (lanes, slots) = (parameters.lanes as usize, parameters.slots as usize);
        let digits = parameters.key_value_digits;
        let limit = (3i64.pow(digits) - 1) / 2;
        let is_key = pass.emit == Emit::Keys;
        let group = if is_key { slots } else { lanes };
        for (index, channels) in values.chunks(group).enumerate() {
            let places: Vec<Vec<Trit>> = channels
                .iter()
                .map(|&value| balanced_digits(value.clamp(-limit, limit), digits))
                .collect();
            let (tile, column) = match is_key {
                true => (position / lanes, index),
                false => (index, position / slots),
            };
            for digit in 0..digits {
                let mut trits: Vec<Trit> =
                    places.iter().map(|place| place[digit as usize]).collect();
                trits.resize(group, 0);
                let word = (tile as u32 * digits + digit) * pass.columns + column as u32;
                let address = pass.words + word;
                let store = if is_key { &mut self.keys } else { &mut self.values };
                store.put(address, position, is_key, &trits);
                if O::WRITES {
                    let position = position as u32;
                    observer.write(match is_key {
                        true => Write::Key { address, position, trits },
                        false => Write::Value { address, position, trits },
                    });
                }
            }
        }
    }
}

fn show_train<O: Observer>(index: u32, train: &Train, slots: usize, observer: &mut O) {
    for (word, &column) in train.columns.iter().enumerate() {
        let address = train.first + word as u32;
        let counts = train.counts()[column as usize * slots..][..slots].to_vec();
        observer.write(Write::Train { address, column, counts });
    }
    let (words, magnitude) = (train.columns.len() as u32, train.magnitude);
    observer.write(Write::Descriptor { train: index, words, magnitude });
}
