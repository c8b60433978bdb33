//! Bounds against encoders: never exceeded, and nearly reached.

use super::super::bounds::{Coefficients, CountBound, peak_exponent_min};
use weights::numeric::Trit;
use weights::numeric::fixed_point::{
    CountTarget, Scale, folded, mean_scale, peak_norm_scale, peak_scale, scaled_count,
};

/// A fixed stream of numbers (xorshift).
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> i64 {
        (self.next() >> 11).rem_euclid(limit) as i64
    }
}

/// Vectors of every kind: dense, sparse, nearly equal, tiny.
fn vector(stream: &mut Stream, channels: usize, width: u32) -> Vec<i64> {
    let top = 1u64 << (1 + stream.below(u64::from(width) - 2));
    let chance = 1 + stream.below(8);
    let equal = stream.below(3) == 0;
    let value = |stream: &mut Stream| match stream.below(8) < chance {
        false => 0,
        true if equal => (top as i64 - 1) * (1 - 2 * stream.below(2)),
        true => stream.below(2 * top) - top as i64,
    };
    (0..channels).map(|_| value(stream)).collect()
}

fn trits(stream: &mut Stream, channels: usize) -> Vec<Trit> {
    (0..channels).map(|_| stream.below(3) as Trit - 1).collect()
}

fn product(row: &[Trit], counts: &[i64]) -> f64 {
    row.iter().zip(counts).map(|(&w, &c)| i64::from(w) * c).sum::<i64>().abs() as f64
}

fn counts(x: &[i64], scale: Scale, bits: u32) -> Vec<i64> {
    x.iter().map(|&x| scaled_count(x, scale, bits)).collect()
}

/// The largest part of each bound that was reached: raw, real.
fn reached(target: CountTarget, channels: usize, seed: u64) -> (f64, f64) {
    let bound = CountBound::mean(target, channels, true, 2f64.powi(40) * channels as f64);
    let mut stream = Stream(seed);
    let mut best = (0f64, 0f64);
    for _ in 0..4000 {
        let x = vector(&mut stream, channels, 18);
        let (squares, sum): (i64, i64) =
            x.iter().fold((0, 0), |(squares, sum), x| (squares + x * x, sum + x.abs()));
        if squares == 0 {
            continue;
        }
        let scale = mean_scale(squares, sum, target);
        let c = counts(&x, scale, 15);
        assert!(c.iter().all(|&c| c.unsigned_abs() <= bound.count_max), "{x:?}");
        let exponents = bound.exponent_min..=bound.exponent_max;
        assert!(exponents.contains(&scale.exponent), "{} in {exponents:?}", scale.exponent);
        // The row that adds up all counts, and a random one.
        let worst: Vec<Trit> = x.iter().map(|x| x.signum() as Trit).collect();
        for row in [worst, trits(&mut stream, channels)] {
            let w = Coefficients::row(&row);
            if w.sum == 0.0 {
                continue;
            }
            let (sum, one) = (product(&row, &c), (-scale.exponent as f64).exp2());
            let part = (sum / bound.raw(w), sum * one / bound.real(w));
            assert!(part.0 <= 1.0 && part.1 <= 1.0, "{part:?} of {bound:?}: {x:?}");
            best = (best.0.max(part.0), best.1.max(part.1));
        }
    }
    best
}

#[test]
fn sums_of_mean_counts_reach_their_bounds_and_never_exceed_them() {
    for (channels, mean_count) in [(1, 3.0), (5, 1.0), (40, 3.0), (128, 3.0), (256, 64.0)] {
        let target = CountTarget::new(mean_count, channels);
        let (raw, real) = reached(target, channels, channels as u64 + 77);
        assert!(raw > 0.85, "{channels} channels: {raw} of the largest raw sum");
        assert!(real > 0.85, "{channels} channels: {real} of the largest real sum");
    }
}

/// The largest count: all of the target in one channel.
#[test]
fn one_channel_takes_the_whole_target() {
    let target = CountTarget::new(3.0, 128);
    let bound = CountBound::mean(target, 128, true, 2f64.powi(47));
    let largest = (1..131_072i64)
        .step_by(7)
        .map(|x| scaled_count(x, mean_scale(x * x, x, target), 15))
        .max()
        .unwrap();
    assert!(largest as u64 <= bound.count_max, "{largest} of {}", bound.count_max);
    assert!(largest as f64 > 0.94 * bound.count_max as f64, "{largest} of {}", bound.count_max);
}

#[test]
fn peak_counts_stay_in_their_bounds() {
    let mut stream = Stream(9);
    for bits in [1, 4, 6] {
        let bound = CountBound::peak(bits, 64, 2f64.powi(34) * 64.0);
        for _ in 0..4000 {
            let x = vector(&mut stream, 64, 18);
            let squares: i64 = x.iter().map(|x| x * x).sum();
            let peak = x.iter().fold(0, |peak, &x| peak | folded(x));
            if squares == 0 {
                continue;
            }
            let scale = peak_norm_scale(squares, peak, bits);
            let c = counts(&x, scale, bits);
            let row = trits(&mut stream, 64);
            let (w, sum) = (Coefficients::row(&row), product(&row, &c));
            assert!(sum <= bound.raw(w) && bound.exponent_max >= scale.exponent);
            // A peak of −1 folds to zero, one bit short of its length.
            assert!(scale.exponent >= bound.exponent_min, "{scale:?} of {bound:?}: {x:?}");
            assert!(sum * (-scale.exponent as f64).exp2() <= bound.real(w));
        }
    }
}

#[test]
fn kept_vectors_have_no_smaller_exponent() {
    let mut stream = Stream(31);
    for _ in 0..20_000 {
        let (peak, f) = (1 + stream.below(131_071), stream.below(12));
        let real = peak as f64 * (-f as f64).exp2();
        let least = peak_exponent_min(real, 5, f);
        let found = peak_scale(folded(peak), 5, f).exponent;
        assert!(found >= least, "{peak} at {f}: {found} < {least}");
        assert!(found - least <= 1, "{peak} at {f}: {found}, {least}");
    }
}

#[test]
fn turned_rows_are_bounded_over_all_angles() {
    let mut stream = Stream(5);
    for _ in 0..50 {
        let (a, b) = (trits(&mut stream, 24), trits(&mut stream, 24));
        let bound = Coefficients::turned(&a, &b);
        let mut best = 0f64;
        for step in 0..720 {
            let (sin, cos) = f64::from(step).to_radians().sin_cos();
            let turned = |(&a, &b): (&Trit, &Trit)| f64::from(a) * cos + f64::from(b) * sin;
            let row: Vec<f64> = a.iter().zip(&b).map(turned).collect();
            let norm = row.iter().map(|w| w * w).sum::<f64>().sqrt();
            best = best.max(norm);
            assert!(norm <= bound.norm + 1e-9);
            assert!(row.iter().map(|w| w.abs()).sum::<f64>() <= bound.sum + 1e-9);
            assert!(row.iter().all(|w| w.abs() <= bound.largest + 1e-9));
        }
        assert!(best > 0.999 * bound.norm);
    }
}
