//! What the hardware shows of itself, as the writes that the reference speaks of.

use super::Memory;
use crate::reference::machine::Write;
use firmware::machine::MachineParameters;
use hdl::blocks::host::watch::{Watch, watched};
use hdl::language::simulation::{PortIndex, Simulation};
use weights::numeric::Trit;
use weights::numeric::fixed_point::Scale;

/// Something that is watched: a bit of the strobes, and the ports that tell more.
struct Watched {
    bit: u64,
    ports: Vec<PortIndex>,
    kind: Kind,
}

/// What a strobe means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Issue,
    MatrixDone,
    VectorDone,
    Word(Memory),
    Train,
    Plane,
    Descriptor,
    Scalar,
    Level,
    Maximum,
    Store,
}

/// What happened in a cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// An instruction of this index was issued.
    Issue(usize),
    /// The matrix unit finished its oldest instruction.
    MatrixDone,
    /// The vector unit finished its oldest instruction.
    VectorDone,
    /// A memory is written.
    Write(Write),
}

/// Reads the `observe_*` ports of a machine.
pub(super) struct Watcher {
    strobes: PortIndex,
    watched: Vec<Watched>,
    parameters: MachineParameters,
    /// Room for the widest port.
    words: Vec<u64>,
}

impl Watcher {
    /// Finds the ports.
    pub(super) fn new(simulation: &impl Simulation, parameters: &MachineParameters) -> Watcher {
        let watched = watched(parameters).enumerate().map(|(bit, watch)| Watched {
            bit: 1 << bit,
            ports: watch
                .fields
                .iter()
                .map(|(field, _)| simulation.port(&watch.port(field)))
                .collect(),
            kind: kind(watch),
        });
        let widest = simulation.ports().iter().map(|port| port.ty.words()).max().unwrap_or(1);
        Watcher {
            strobes: simulation.port("observe_strobes_o"),
            watched: watched.collect(),
            parameters: *parameters,
            words: vec![0; widest],
        }
    }

    /// Yields what happens in this cycle.
    pub(super) fn look(&mut self, simulation: &impl Simulation, mut event: impl FnMut(Event)) {
        let strobes = simulation.read_u64(self.strobes);
        if strobes == 0 {
            return;
        }
        let parameters = self.parameters;
        for watched in self.watched.iter().filter(|watched| strobes & watched.bit != 0) {
            let mut reader = Reader { simulation, words: &mut self.words };
            event(reader.event(watched, &parameters));
        }
    }
}

fn kind(watch: &Watch) -> Kind {
    match watch.name {
        "issue" => Kind::Issue,
        "matrix_done" => Kind::MatrixDone,
        "vector_done" => Kind::VectorDone,
        "result" => Kind::Word(Memory::Results),
        "temporary" => Kind::Word(Memory::Temporaries),
        "state" => Kind::Word(Memory::State),
        "train" => Kind::Train,
        "plane" => Kind::Plane,
        "descriptor" => Kind::Descriptor,
        "scalar" => Kind::Scalar,
        "level" => Kind::Level,
        "maximum" => Kind::Maximum,
        "store" => Kind::Store,
        other => panic!("nobody here knows what `{other}` means"),
    }
}

/// Bits `low..low + width` of little-endian words.
fn bits(words: &[u64], low: u32, width: u32) -> u64 {
    let (word, shift) = ((low / 64) as usize, low % 64);
    let upper =
        if shift == 0 { 0 } else { words.get(word + 1).map_or(0, |next| next << (64 - shift)) };
    (words[word] >> shift | upper) & (u64::MAX >> (64 - width))
}

fn signed(value: u64, width: u32) -> i64 {
    (value << (64 - width)) as i64 >> (64 - width)
}

struct Reader<'a, S> {
    simulation: &'a S,
    words: &'a mut [u64],
}

impl<S: Simulation> Reader<'_, S> {
    fn number(&self, port: PortIndex) -> u32 {
        self.simulation.read_u64(port) as u32
    }

    /// `count` numbers of `width` bits, the first lowest.
    fn vector(&mut self, port: PortIndex, count: u32, width: u32) -> Vec<u64> {
        let length = self.simulation.ports()[port.0].ty.words();
        self.simulation.read(port, &mut self.words[..length]);
        (0..count).map(|index| bits(&self.words[..length], index * width, width)).collect()
    }

    fn event(&mut self, watched: &Watched, parameters: &MachineParameters) -> Event {
        let ports = &watched.ports;
        match watched.kind {
            Kind::Issue => return Event::Issue(self.number(ports[0]) as usize),
            Kind::MatrixDone => return Event::MatrixDone,
            Kind::VectorDone => return Event::VectorDone,
            _ => {}
        }
        Event::Write(self.write(watched.kind, ports, parameters))
    }

    fn write(&mut self, kind: Kind, ports: &[PortIndex], parameters: &MachineParameters) -> Write {
        let MachineParameters { elements, value_width, count_width, slots, .. } = *parameters;
        match kind {
            Kind::Word(memory) => {
                let address = self.number(ports[0]);
                let raw = self.vector(ports[1], elements, value_width);
                let values = raw.into_iter().map(|raw| signed(raw, value_width)).collect();
                match memory {
                    Memory::Results => Write::Results { address, values },
                    Memory::State => Write::State { address, values },
                    _ => Write::Temporaries { address, values },
                }
            }
            Kind::Train => {
                let negative = self.vector(ports[2], slots, 1);
                let magnitude = self.vector(ports[3], slots, count_width);
                let count = |(negative, magnitude): (u64, u64)| {
                    if negative == 1 { -(magnitude as i16) } else { magnitude as i16 }
                };
                let counts = negative.into_iter().zip(magnitude).map(count).collect();
                let (address, column) = (self.number(ports[0]), self.number(ports[1]));
                Write::Train { address, column, counts }
            }
            Kind::Plane => {
                let active = self.vector(ports[2], slots, 1);
                let negative = self.vector(ports[3], slots, 1);
                let trit = |(active, negative): (u64, u64)| match (active, negative) {
                    (0, _) => 0,
                    (_, 0) => 1,
                    _ => -1,
                };
                let trits = active.into_iter().zip(negative).map(trit).collect();
                Write::Plane { address: self.number(ports[0]), plane: self.number(ports[1]), trits }
            }
            Kind::Descriptor => Write::Descriptor {
                train: self.number(ports[0]),
                words: self.number(ports[1]),
                magnitude: self.number(ports[2]),
            },
            Kind::Scalar => Write::Scalar {
                index: self.number(ports[0]),
                scale: Scale {
                    mantissa: i64::from(self.number(ports[1])),
                    shift: self.number(ports[2]),
                    exponent: self.simulation.read_i64(ports[3]),
                },
            },
            Kind::Level => {
                let value = signed(self.simulation.read_u64(ports[1]), value_width);
                Write::Level { index: self.number(ports[0]), value }
            }
            Kind::Maximum => {
                let value = signed(self.simulation.read_u64(ports[1]), value_width);
                Write::Maximum { index: self.number(ports[0]), value }
            }
            Kind::Store => self.digit(ports, parameters),
            Kind::Issue | Kind::MatrixDone | Kind::VectorDone => {
                unreachable!("these are events without a write")
            }
        }
    }

    fn digit(&mut self, ports: &[PortIndex], parameters: &MachineParameters) -> Write {
        let is_value = self.number(ports[0]) == 1;
        let (address, position) = (self.number(ports[1]), self.number(ports[2]));
        let count = if is_value { parameters.lanes } else { parameters.slots };
        let (high, low) = (self.vector(ports[3], count, 1), self.vector(ports[4], count, 1));
        let trit = |(high, low): (u64, u64)| (high + low) as Trit - 1;
        let trits = high.into_iter().zip(low).map(trit).collect();
        match is_value {
            false => Write::Key { address, position, trits },
            true => Write::Value { address, position, trits },
        }
    }
}
