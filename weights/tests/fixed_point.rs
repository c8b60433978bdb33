//! The fixed-point arithmetic against floats, over the whole range of its inputs. The bounds are
//! those that the module states.

use pretty_assertions::assert_eq;
use weights::numeric::fixed_point::{
    CountTarget, Scale, balanced_digits, bit_length, digit_magnitude_bits, epsilon, folded,
    inverse_root, limited_shift, peak_scale, saturate,
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
fn small_functions_by_enumeration() {
    for x in -70_000..70_000i64 {
        assert_eq!(folded(x), if x < 0 { -x - 1 } else { x });
        for width in [2, 8, 16] {
            let (min, max) = (-(1 << (width - 1)), (1 << (width - 1)) - 1);
            assert_eq!(saturate(x, width), (x.clamp(min, max), x < min || x > max));
        }
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

/// The mean of a code, times the channels, over √2, in 16 bits.
#[test]
fn targets_are_near() {
    for channels in [8, 96, 128, 256, 1024] {
        for mean_count in [0.5, 1.0, 2.0, 3.0, 7.0] {
            let target = CountTarget::new(mean_count, channels);
            let exact = mean_count * channels as f64 / 2f64.sqrt();
            let power = (target.exponent as f64 - 15.0).exp2();
            assert!((target.mantissa as f64 * power / exact - 1.0).abs() < 2f64.powi(-15));
            assert!((32768..65536).contains(&target.mantissa) && target.exponent >= -1);
        }
    }
}

#[test]
fn peaks_take_their_bits() {
    for bits in 1..9 {
        for largest in (1..1i64 << 18).step_by(97) {
            let scale = peak_scale(folded(-largest) | largest, bits, 9);
            let kept = round_shift(largest, scale.shift);
            // Kept vectors are not clipped: they may reach 2^bits.
            assert!(kept <= 1 << bits && scale.mantissa == 1, "{largest} {scale:?}");
            assert_eq!(scale.exponent, 9 - i64::from(scale.shift));
            assert!(scale.shift == 0 || kept >= 1 << (bits - 1), "{largest} {scale:?}");
        }
    }
    assert_eq!(peak_scale(0, 6, 3), Scale { mantissa: 1, shift: 0, exponent: 3 });
}
