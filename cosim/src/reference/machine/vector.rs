//! The vector unit, element by element.

use super::image::Image;
use super::state::State;
use super::train::Train;
use super::{Observer, Write};
use firmware::isa::{Encode, Gate, Measure, Norm, Rotate, Softmax};
use firmware::machine::MachineParameters;
use weights::numeric::fixed_point::{
    CountTarget, Scale, epsilon, folded, gated, limited_shift, mean_scale, peak_norm_scale,
    peak_scale, reciprocal, rotated, scaled_count, softmax_weight, weighted,
};

impl State {
    pub(super) fn norm<O: Observer>(&mut self, image: &Image, norm: &Norm, observer: &mut O) {
        let MachineParameters { elements, value_width, .. } = image.program.parameters;
        let x = self.values(norm.space, norm.address, norm.words, elements);
        let weights = (norm.weighted == 1)
            .then(|| constants(image, norm.weight, norm.words as usize * elements as usize));
        let (mut squares, mut magnitudes, mut peak) = (0i64, 0i64, 0i64);
        for (index, &x) in x.iter().enumerate() {
            let y = weighted(x, weights.map(|weights| weights[index]), value_width);
            squares += x * x;
            magnitudes += y.abs();
            peak |= folded(y);
        }
        let follows = if norm.follows == 1 { 4 * self.exponent(norm.input) } else { 0 };
        squares += epsilon(norm.epsilon.into(), i64::from(norm.epsilon_shift) + follows);
        let scale = match norm.bits {
            0 => {
                let (mantissa, exponent) = (norm.target.into(), norm.target_exponent.into());
                mean_scale(squares, magnitudes, CountTarget { mantissa, exponent })
            }
            bits => peak_norm_scale(squares, peak, bits),
        };
        self.put_scalar(norm.output, scale, observer);
    }

    pub(super) fn encode<O: Observer>(&mut self, image: &Image, encode: &Encode, observer: &mut O) {
        let MachineParameters { elements, slots, value_width, radix, .. } =
            image.program.parameters;
        let words = match encode.positions {
            0 => encode.words,
            _ => self.position as u32 / elements + 1,
        };
        let width = (words * elements) as usize;
        for group in 0..encode.groups {
            let offset = group * words;
            let scale = self.scalars[(encode.scalar + group) as usize];
            let x = self.values(encode.space, encode.address + offset, words, elements);
            let weights =
                (encode.weighted == 1).then(|| constants(image, encode.weight + offset, width));
            let count = |(index, &x): (usize, &i64)| {
                let y = weighted(x, weights.map(|weights| weights[index]), value_width);
                scaled_count(y, scale, encode.bits) as i16
            };
            let counts = x.iter().enumerate().map(count).collect();
            let first = encode.destination + group * encode.stride;
            let index = encode.train + group;
            let train = Train::new(counts, slots as usize, first, radix);
            let owned = first as usize..first as usize + train.columns.len();
            self.train_owners[owned].fill(index);
            if O::WRITES {
                show_train(index, &train, slots as usize, observer);
            }
            self.trains[index as usize] = train;
        }
    }

    pub(super) fn rotate<O: Observer>(&mut self, image: &Image, rotate: &Rotate, observer: &mut O) {
        let elements = image.program.parameters.elements as usize;
        let width = rotate.words as usize * elements;
        let table = rotate.table + self.position as u32 * 2 * rotate.words;
        let table = constants(image, table, 2 * width);
        let exponent = self.exponent(rotate.input);
        for head in 0..rotate.heads as usize {
            let from = rotate.address as usize * elements + head * width;
            let to = rotate.destination as usize * elements + head * width;
            let mut peak = 0;
            for channel in 0..width {
                let at = channel / elements * 2 * elements + channel % elements;
                let (cosine, sine) = (table[at], table[at + elements]);
                let (x, partner) =
                    (self.results[from + channel], self.results[from + (channel ^ 1)]);
                let y = rotated(x, partner, cosine, sine, rotate.shift);
                peak |= folded(y);
                self.temporaries[to + channel] = y;
            }
            self.show_temporaries::<O>(to, width, elements, observer);
            let scale = peak_scale(peak, rotate.bits, exponent);
            self.put_scalar(rotate.output + head as u32, scale, observer);
        }
    }

    pub(super) fn measure<O: Observer>(
        &mut self,
        image: &Image,
        measure: &Measure,
        observer: &mut O,
    ) {
        let elements = image.program.parameters.elements;
        let exponent = self.exponent(measure.input);
        for head in 0..measure.heads {
            let address = measure.address + head * measure.words;
            let x = self.values(measure.space, address, measure.words, elements);
            let peak = x.iter().fold(0, |peak, &x| peak | folded(x));
            self.put_scalar(
                measure.output + head,
                peak_scale(peak, measure.bits, exponent),
                observer,
            );
        }
    }

    pub(super) fn softmax<O: Observer>(
        &mut self,
        image: &Image,
        softmax: &Softmax,
        observer: &mut O,
    ) {
        let elements = image.program.parameters.elements as usize;
        let positions = self.position + 1;
        let shift = limited_shift(softmax.shift, self.exponent(softmax.input));
        let maximum = self.maxima[softmax.maximum as usize];
        let [scores, weights, deficits] = [softmax.address, softmax.destination, softmax.deficits]
            .map(|it| it as usize * elements);
        let (mut sum, mut peak) = (0i64, 0i64);
        for position in 0..positions {
            let score = self.results[scores + position];
            let e = softmax_weight(maximum, score, softmax.multiplier.into(), shift);
            let w = e >> self.value_deficits[deficits + position];
            sum += e;
            peak |= folded(w);
            self.temporaries[weights + position] = w;
        }
        let width = positions.next_multiple_of(elements);
        self.temporaries[weights + positions..weights + width].fill(0);
        self.show_temporaries::<O>(weights, width, elements, observer);
        let scale = peak_scale(peak, softmax.bits, 0);
        self.put_scalar(softmax.output, scale, observer);
        let (mantissa, length) = reciprocal(sum);
        let exponent = i64::from(length) - i64::from(scale.shift);
        self.put_scalar(softmax.output + 1, Scale { mantissa, shift: 0, exponent }, observer);
    }

    pub(super) fn gate<O: Observer>(&mut self, image: &Image, gate: &Gate, observer: &mut O) {
        let elements = image.program.parameters.elements as usize;
        let shift = limited_shift(gate.shift, self.exponent(gate.input));
        let [gates, ups, to] =
            [gate.gate, gate.up, gate.destination].map(|it| it as usize * elements);
        let width = gate.words as usize * elements;
        for index in 0..width {
            let (x, up) = (self.results[gates + index], self.results[ups + index]);
            self.temporaries[to + index] =
                gated(x, up, gate.multiplier.into(), shift, gate.product_shift);
        }
        self.show_temporaries::<O>(to, width, elements, observer);
    }

    /// `words` words of a space.
    fn values(&self, space: u32, address: u32, words: u32, elements: u32) -> &[i64] {
        let from = (address * elements) as usize;
        &self.space(space)[from..from + (words * elements) as usize]
    }

    fn exponent(&self, scalar: u32) -> i64 {
        self.scalars[scalar as usize].exponent
    }

    pub(super) fn put_scalar<O: Observer>(&mut self, index: u32, scale: Scale, observer: &mut O) {
        self.scalars[index as usize] = scale;
        if O::WRITES {
            observer.write(Write::Scalar { index, scale });
        }
    }

    fn show_temporaries<O: Observer>(
        &self,
        from: usize,
        width: usize,
        elements: usize,
        observer: &mut O,
    ) {
        if O::WRITES {
            let words = self.temporaries[from..from + width].chunks_exact(elements).enumerate();
            for (word, values) in words {
                let address = (from / elements + word) as u32;
                observer.write(Write::Temporaries { address, values: values.to_vec() });
            }
        }
    }
}

/// `length` values of the constant memory.
fn constants(image: &Image, address: u32, length: usize) -> &[i64] {
    let from = address as usize * image.program.parameters.elements as usize;
    &image.program.constants[from..from + length]
}

pub(super) fn show_train<O: Observer>(index: u32, train: &Train, slots: usize, observer: &mut O) {
    for (word, &column) in train.columns.iter().enumerate() {
        let address = train.first + word as u32;
        let counts = train.counts()[column as usize * slots..][..slots].to_vec();
        observer.write(Write::Train { address, column, counts });
    }
    let (words, magnitude) = (train.columns.len() as u32, train.magnitude);
    observer.write(Write::Descriptor { train: index, words, magnitude });
}
