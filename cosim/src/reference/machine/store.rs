//! The instruction that keeps keys and values.

use super::image::Image;
use super::state::State;
use super::{Observer, Write};
use firmware::isa::Store;
use weights::numeric::fixed_point::{balanced_digits, deficit};
use weights::numeric::{Trit, round_shift};

impl State {
    pub(super) fn store<O: Observer>(&mut self, image: &Image, store: &Store, observer: &mut O) {
        let parameters = &image.program.parameters;
        let elements = parameters.elements as usize;
        let width = store.words as usize * elements;
        let begin = store.address as usize * elements;
        for head in 0..store.heads {
            let scale = self.scalars[(store.scalar + head) as usize];
            let from = begin + head as usize * width;
            let kept: Vec<i64> = self.space(store.space)[from..from + width]
                .iter()
                .map(|&x| round_shift(x, scale.shift))
                .collect();
            let base = store.base + head * store.stride;
            let (region, memory) = match store.values {
                0 => (image.key_region(base), &mut self.keys),
                _ => (image.value_region(base), &mut self.values),
            };
            for (channel, &value) in kept.iter().enumerate() {
                memory[region].put(channel, self.position, value);
            }
            if O::WRITES {
                write_digits(image, store, base, self.position, &kept, observer);
            }
            let (word, element) = (self.position / elements, self.position % elements);
            let address = store.deficits + head * store.deficit_stride + word as u32;
            let deficit = deficit(i64::from(store.top), scale) as u8;
            let at = address as usize * elements + element;
            let element = element as u32;
            match store.values {
                0 => self.key_deficits[at] = deficit,
                _ => self.value_deficits[at] = deficit,
            }
            if O::WRITES {
                observer.write(match store.values {
                    0 => Write::KeyDeficit { address, element, deficit },
                    _ => Write::ValueDeficit { address, element, deficit },
                });
            }
        }
    }
}

/// Shows the words that keep one head: by column of keys or tile of values, then by digit.
fn write_digits<O: Observer>(
    image: &Image,
    store: &Store,
    base: u32,
    position: usize,
    kept: &[i64],
    observer: &mut O,
) {
    let parameters = &image.program.parameters;
    let (lanes, slots) = (parameters.lanes as usize, parameters.slots as usize);
    let digits = parameters.key_value_digits;
    let group = if store.values == 0 { slots } else { lanes };
    for (index, channels) in kept.chunks(group).enumerate() {
        let places: Vec<Vec<Trit>> =
            channels.iter().map(|&value| balanced_digits(value, digits)).collect();
        for digit in 0..digits {
            let mut trits: Vec<Trit> = places.iter().map(|place| place[digit as usize]).collect();
            trits.resize(group, 0);
            let (tile, column) = match store.values {
                0 => (position / lanes, index),
                _ => (index, position / slots),
            };
            let word = (tile as u32 * digits + digit) * store.columns + column as u32;
            let (address, position) = (base + word, position as u32);
            observer.write(match store.values {
                0 => Write::Key { address, position, trits },
                _ => Write::Value { address, position, trits },
            });
        }
    }
}
