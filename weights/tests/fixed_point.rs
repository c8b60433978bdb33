//! The fixed-point arithmetic against floats, over the whole range of its inputs. The bounds are
//! those that the module states.

use pretty_assertions::assert_eq;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};
use weights::numeric::fixed_point::{
    CountTarget, DEFICIT_MAX, Scale, balanced_digits, bit_length, deficit, digit_magnitude_bits,
    epsilon, exponential, folded, gated, inverse_root, limited_shift, mean_scale, peak_norm_scale,
    peak_scale, reciprocal, rotated, saturate, scaled_count, sigmoid, softmax_weight, weighted,
};
use weights::numeric::round_shift;

/// Every small sum, and around every entry of a table with `fraction` index bits below the leading
/// one, its first, second, middle and last sum, for every length.
fn sums(fraction: u32) -> impl Iterator<Item = i64> {
    let entries = (fraction..62).flat_map(move |length| {
        let step = 1i64 << (length - fraction);
        (1i64 << fraction..2 << fraction)
            .flat_map(move |entry| [0, 1, step / 2, step - 1].map(|offset| entry * step + offset))
    });
    (1..1 << 12).chain(entries)
}

fn largest(errors: impl Iterator<Item = f64>) -> f64 {
    errors.fold(0.0, |largest: f64, error| largest.max(error.abs()))
}

#[test]
fn inverse_root_is_within_a_fifth_of_a_percent() {
    let error = |sum: i64| {
        let (mantissa, half) = inverse_root(sum);
        assert!((32768..65536).contains(&mantissa), "{sum}: {mantissa}");
        mantissa as f64 * (-16.0 - f64::from(half)).exp2() * (sum as f64).sqrt() - 1.0
    };
    let error = largest(sums(8).map(error));
    assert!((0.0019..0.00196).contains(&error), "{error}");
    assert_eq!([inverse_root(0), inverse_root(-1)], [(0, 0); 2]);
}

#[test]
fn reciprocal_is_within_a_fifth_of_a_percent() {
    let error = |sum: i64| {
        let (mantissa, length) = reciprocal(sum);
        assert!((32768..65536).contains(&mantissa), "{sum}: {mantissa}");
        mantissa as f64 * (-16.0 - f64::from(length)).exp2() * sum as f64 - 1.0
    };
    let error = largest(sums(8).map(error));
    assert!((0.0019..0.00196).contains(&error), "{error}");
    assert_eq!([reciprocal(0), reciprocal(-1)], [(0, 0); 2]);
}

#[test]
fn exponential_is_within_a_unit() {
    let exact = |octaves: f64| 64512.0 * (-octaves / 256.0).exp2();
    let error = largest((0..9000).map(|x| exponential(x) as f64 - exact(x as f64)));
    assert!((0.9..1.0).contains(&error), "{error}");
    assert_eq!([exponential(0), exponential(32 * 256), exponential(1 << 62)], [64512, 0, 0]);
    // An argument is rounded towards zero, by less than 1/256 of an octave: 0.28 %.
    let mut stream = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..100_000 {
        let distance = i64::from(stream.next_u32() >> 12);
        let multiplier = i64::from(stream.next_u32() >> 16);
        let shift = stream.next_u32() % 30;
        let exact = exact((distance * multiplier) as f64 * (-f64::from(shift)).exp2());
        let score = -distance - 5;
        let e = softmax_weight(-5, score, multiplier, shift) as f64;
        assert!(e > exact - 1.0 && e < exact * 1.0028 + 0.5, "{e} {exact}");
    }
}

#[test]
fn sigmoid_is_rounded_where_its_table_reaches() {
    let exact = |x: i64| 65536.0 / (1.0 + (-(x as f64) / 32.0).exp());
    let error = |x| sigmoid(x) as f64 - exact(x);
    assert!(largest((-255..=255).map(error)) <= 0.5);
    // Beyond, it stays at the last entry: 0.00036 from one, or from zero.
    assert!(largest((-5000..5000).map(error)) < 0.00036 * 65536.0);
    assert!(
        (-5000..5000).all(|x| sigmoid(x) + sigmoid(-x) == 65536 && sigmoid(x + 1) >= sigmoid(x))
    );
}

#[test]
fn a_gate_is_within_half_a_step_of_its_argument() {
    let mut stream = ChaCha8Rng::seed_from_u64(2);
    for _ in 0..100_000 {
        let mut random =
            |bits: u32| i64::from(stream.next_u32() >> (32 - bits)) - (1 << (bits - 1));
        let (gate, up) = (random(20), random(20));
        let (multiplier, shift) = (random(16) + 32768, (random(5) + 30) as u32);
        let argument = gate as f64 * multiplier as f64 * (-f64::from(shift)).exp2() / 32.0;
        let exact = (gate * up) as f64 / 65536.0 / (1.0 + (-argument).exp());
        let error = (gated(gate, up, multiplier, shift, 16) as f64 - exact).abs();
        // half a step of 1/32 at a slope of 1/4, and two roundings
        let bound = (gate * up) as f64 / 65536.0 * 0.004;
        assert!(error <= bound.abs() + 1.01, "{gate} {up} {argument}: {error}");
    }
}

fn random_vector(stream: &mut ChaCha8Rng, width: usize, bits: u32) -> Vec<i64> {
    let heavy = stream.next_u32() % 3;
    let value = |stream: &mut ChaCha8Rng| {
        let uniform = i64::from(stream.next_u32() >> 1) - (1 << 30);
        let small = if heavy > 0 { stream.next_u32() % (3 * heavy) } else { 0 };
        uniform >> (31 - bits + small)
    };
    (0..width).map(|_| value(stream)).collect()
}

#[test]
fn a_norm_counts_to_its_mean() {
    let mut stream = ChaCha8Rng::seed_from_u64(3);
    for round in 0..3000 {
        let width = [8, 96, 128, 256, 1024][round % 5];
        let mean_count = [0.5, 1.0, 2.0, 3.0, 7.0][round / 5 % 5];
        let target = CountTarget::new(mean_count, width);
        let exact_target = mean_count * width as f64 / 2f64.sqrt();
        let power = (target.exponent as f64 - 15.0).exp2();
        assert!((target.mantissa as f64 * power / exact_target - 1.0).abs() < 2f64.powi(-15));
        assert!((32768..65536).contains(&target.mantissa) && target.exponent >= -1);

        let x = random_vector(&mut stream, width, 6 + round as u32 % 18);
        let squares: i64 = x.iter().map(|x| x * x).sum();
        let magnitudes: i64 = x.iter().map(|x| x.abs()).sum();
        if magnitudes == 0 {
            continue;
        }
        let scale = mean_scale(squares, magnitudes, target);
        assert!(scale.mantissa < 65536 && scale.shift < 64, "{scale:?}");
        let unit = (-scale.exponent as f64).exp2();
        let (mut sum, bits) = (0.0, 15);
        for &x in &x {
            let exact = x as f64 / (squares as f64).sqrt();
            let count = scaled_count(x, scale, bits);
            sum += exact.abs() / unit;
            let clipped = count.abs() == (1 << bits) - 1;
            assert!(
                clipped
                    || (count as f64 * unit - exact).abs() <= 0.501 * unit + 0.002 * exact.abs()
            );
        }
        // the mean count, before the counts are rounded, is the target's within a factor of √2
        let ratio = sum / width as f64 / mean_count;
        let limited = scale.shift == 0;
        let least = FRAC_1_SQRT_2 / 1.003;
        assert!(ratio < SQRT_2 * 1.003 && (limited || ratio > least), "{ratio} {scale:?}");
    }
    let nothing = mean_scale(0, 0, CountTarget::new(3.0, 128));
    assert_eq!(nothing, Scale { mantissa: 0, shift: 0, exponent: 16 });
    let silent = mean_scale(1 << 20, 0, CountTarget::new(3.0, 128));
    assert_eq!(silent, Scale { mantissa: 65408, shift: 0, exponent: 26 });
}

#[test]
fn peaks_take_their_bits() {
    let mut stream = ChaCha8Rng::seed_from_u64(4);
    for round in 0..2000u32 {
        let x = random_vector(&mut stream, 64, 4 + round % 20);
        let bits = 1 + round / 3 % 8;
        let or = x.iter().fold(0, |peak, &x| peak | folded(x));
        let largest = x.iter().map(|x| x.abs()).max().unwrap();
        let exponent = i64::from(round) - 1000;

        let scale = peak_scale(or, bits, exponent);
        let count = scaled_count(largest, scale, bits);
        let room = bit_length(or) > bits;
        assert!(!room || bit_length(count) == bits, "{largest} {scale:?} {count}");
        assert_eq!(scale.mantissa, 1);
        for &x in &x {
            // kept vectors are not clipped: they may reach 2^bits
            let kept = round_shift(x, scale.shift);
            assert!(kept.abs() <= 1 << bits);
            let back = kept as f64 * (exponent as f64 - scale.exponent as f64).exp2();
            assert!((back - x as f64).abs() <= 0.5 * f64::from(scale.shift).exp2());
        }

        let squares: i64 = x.iter().map(|x| x * x).sum();
        let scale = peak_norm_scale(squares, or, bits);
        let counts: Vec<i64> = x.iter().map(|&x| scaled_count(x, scale, bits)).collect();
        let unit = (-scale.exponent as f64).exp2();
        for (&x, &count) in x.iter().zip(&counts) {
            let exact = x as f64 / (squares.max(1) as f64).sqrt();
            let clipped = count.abs() == (1 << bits) - 1;
            assert!(
                clipped
                    || (count as f64 * unit - exact).abs() <= 0.501 * unit + 0.002 * exact.abs()
            );
        }
        let largest = counts.iter().map(|count| count.abs()).max().unwrap();
        // the mantissa is in ½..1: the top bit may stay unused
        assert!(!room || bit_length(largest) + 1 >= bits, "{bits}: {counts:?}");
    }
    assert_eq!(peak_scale(0, 6, 3), Scale { mantissa: 1, shift: 0, exponent: 3 });
    assert_eq!(peak_norm_scale(0, 0, 6).mantissa, 0);
}

#[test]
fn small_functions_by_enumeration() {
    for x in -70_000..70_000i64 {
        assert_eq!(folded(x), if x < 0 { -x - 1 } else { x });
        for width in [2, 8, 16] {
            let (min, max) = (-(1 << (width - 1)), (1 << (width - 1)) - 1);
            assert_eq!(saturate(x, width), (x.clamp(min, max), x < min || x > max));
        }
        for bits in [1, 4, 15] {
            let limit = (1 << bits) - 1;
            let scale = Scale { mantissa: 3, shift: 4, exponent: 0 };
            let nearest = (3.0 * x as f64 / 16.0 + 0.5).floor() as i64;
            assert_eq!(scaled_count(x, scale, bits), nearest.clamp(-limit, limit));
        }
        assert_eq!(weighted(x, None, 18), x);
        let product = (x as f64 * 0.75 + 0.5).floor() as i64;
        assert_eq!(weighted(x, Some(3 << 14), 18), product);
        let turned = ((x * 5 - 3 * x * 7) as f64 / 8.0 + 0.5).floor() as i64;
        assert_eq!(rotated(x, 3 * x, 5, -7, 3), turned);
    }
    assert_eq!([0, 1, 2, 3, 4, i64::MAX].map(bit_length), [0, 1, 2, 2, 3, 63]);
    assert_eq!([-99, -1, 0, 9, 99].map(|more| limited_shift(9, more)), [0, 8, 9, 18, 63]);
    assert_eq!(
        [-99, -2, 0, 2, 31, 99].map(|left| epsilon(12, left)),
        [0, 3, 12, 48, 12 << 31, 12 << 31]
    );
}

#[test]
fn digits_come_back() {
    assert_eq!([1, 2, 3, 4, 5, 6].map(digit_magnitude_bits), [0, 2, 3, 5, 6, 8]);
    for digits in 1..=6 {
        let limit = (3i64.pow(digits) - 1) / 2;
        assert!(1 << digit_magnitude_bits(digits) <= limit);
        for x in -limit..=limit {
            let places = balanced_digits(x, digits);
            assert!(places.len() == digits as usize && places.iter().all(|d| (-1..=1).contains(d)));
            assert_eq!(places.iter().fold(0, |value, &digit| 3 * value + i64::from(digit)), x);
        }
        assert!(std::panic::catch_unwind(|| balanced_digits(limit + 1, digits)).is_err());
    }
}

#[test]
fn deficits_are_the_distance_from_the_top() {
    for exponent in -200..200 {
        let scale = Scale { mantissa: 1, shift: 0, exponent };
        assert_eq!(deficit(10, scale), (10 + exponent).clamp(0, DEFICIT_MAX));
    }
}
