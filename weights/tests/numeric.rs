//! The arithmetic by enumeration: trits, sums, rounding, counts and trains.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::panic::catch_unwind;
use weights::numeric::{
    Radix, accumulate, combine, count, count_trits, decode_counts, divide_floor,
    divide_nearest_even, dot, encode_counts, offset_bits, offset_sum, planes_needed, round_shift,
};

const TRITS: [i8; 3] = [-1, 0, 1];
const BOTH: [Radix; 2] = [Radix::Unary, Radix::Bitwise];

/// All vectors of four trits.
fn quads() -> impl Iterator<Item = [i8; 4]> {
    (0..81).map(|index: usize| [1, 3, 9, 27].map(|power| TRITS[index / power % 3]))
}

/// Active spikes of a plane.
fn active(spikes: &[i8]) -> i64 {
    spikes.iter().filter(|&&spike| spike != 0).count() as i64
}

/// The two stored bits add up to w + 1, and the code 10 is never stored.
#[test]
fn offset_bits_are_the_weight_plus_one() {
    let codes = TRITS.map(offset_bits);
    assert_eq!(codes, [(false, false), (false, true), (true, true)]);
    for (w, (b1, b0)) in TRITS.into_iter().zip(codes) {
        assert_eq!(i8::from(b1) + i8::from(b0), w + 1);
    }
}

/// The offset sum is the dot product plus the active spikes, for every weight, spike and pair of
/// short vectors; and a row of zero weights delivers the active spikes.
#[test]
fn offset_identity_holds_for_every_short_vector() {
    for (w, s) in TRITS.into_iter().flat_map(|w| TRITS.map(|s| (w, s))) {
        assert_eq!(dot(&[w], &[s]), i64::from(w * s));
        assert_eq!(offset_sum(&[w], &[s]), i64::from(w * s) + i64::from(s.abs()));
    }
    for spikes in quads() {
        assert_eq!(offset_sum(&[0; 4], &spikes), active(&spikes));
        for weights in quads() {
            let expected = dot(&weights, &spikes) + active(&spikes);
            assert_eq!(offset_sum(&weights, &spikes), expected, "{weights:?} {spikes:?}");
        }
    }
}

/// Plane k, counted from the last, weighs 1 in a unary train and 2^k in a bitwise one.
#[test]
fn planes_weigh_by_radix() {
    for plane_count in 1..=8 {
        for plane in 0..plane_count {
            let mut sums = vec![0; plane_count];
            sums[plane] = -3;
            assert_eq!(combine(&sums, Radix::Unary), -3);
            assert_eq!(combine(&sums, Radix::Bitwise), -3 << (plane_count - 1 - plane));
        }
    }
    assert_eq!(combine(&[], Radix::Bitwise), 0);
}

/// Every count from −300 to 300 becomes a train of trits of its own sign and comes back, with
/// exactly the planes it needs and with more.
#[test]
fn counts_become_trains_and_come_back() {
    for (radix, value) in BOTH.into_iter().flat_map(|r| (-300..=300).map(move |c| (r, c))) {
        let needed = planes_needed(i64::unsigned_abs(value), radix);
        for plane_count in [needed, needed + 1, needed + 7] {
            let trits = count_trits(value, plane_count, radix);
            assert_eq!(trits.len(), plane_count);
            assert!(trits.iter().all(|&t| t == 0 || i64::from(t) == value.signum()), "{trits:?}");
            let sums: Vec<i64> = trits.iter().map(|&trit| i64::from(trit)).collect();
            assert_eq!(combine(&sums, radix), value, "{radix:?} {plane_count} planes");
        }
    }
}

/// A train holds its largest count, refuses the next one, and no train has less than one plane.
#[test]
fn plane_counts_are_tight() {
    let needed = |radix| [0, 1, 2, 3, 4, 255, 256].map(|max| planes_needed(max, radix));
    assert_eq!(needed(Radix::Unary), [1, 1, 2, 3, 4, 255, 256]);
    assert_eq!(needed(Radix::Bitwise), [1, 1, 2, 2, 3, 8, 9]);
    assert_eq!(planes_needed(u64::MAX, Radix::Bitwise), 64);
    for plane_count in 1..=10 {
        for (radix, max) in
            [(Radix::Unary, plane_count as i64), (Radix::Bitwise, (1 << plane_count) - 1)]
        {
            for sign in [-1, 1] {
                assert_eq!(
                    count_trits(sign * max, plane_count, radix),
                    vec![sign as i8; plane_count]
                );
                let beyond = catch_unwind(|| count_trits(sign * (max + 1), plane_count, radix));
                assert!(beyond.is_err(), "{radix:?}: {} in {plane_count} planes", max + 1);
            }
        }
    }
}

/// A train without planes or channels stands for no counts.
#[test]
fn empty_trains() {
    assert_eq!(decode_counts(&[], Radix::Unary), Vec::<i64>::new());
    assert_eq!(
        decode_counts(&encode_counts(&[], 3, Radix::Bitwise), Radix::Bitwise),
        Vec::<i64>::new()
    );
    assert_eq!(encode_counts(&[0, 0], 2, Radix::Unary), vec![vec![0, 0]; 2]);
}

/// Shifting rounds to nearest with ties up: the floor of x / 2^shift + 1/2, negative values too.
#[test]
fn round_shift_is_nearest_ties_up() {
    let edges = [-(1i64 << 47), 1 - (1 << 47), (1 << 47) - 1, -(1 << 46), 3 << 45];
    for x in (-2000..=2000).chain(edges) {
        for shift in 0..=47 {
            let doubled = 2 * i128::from(x) + (1i128 << shift);
            let expected = doubled.div_euclid(1i128 << (shift + 1));
            assert_eq!(i128::from(round_shift(x, shift)), expected, "{x} >> {shift}");
        }
    }
    assert_eq!([-3, -2, -1, 1, 2, 3].map(|x| round_shift(x, 1)), [-1, -1, 0, 1, 1, 2]);
}

/// Dividing rounds down, or to nearest with ties to even, by the definitions of both.
#[test]
fn divisions_round_as_defined() {
    for x in -400..=400i64 {
        for divisor in 1..=40 {
            let floor = divide_floor(x, divisor);
            assert!(floor * divisor <= x && x < (floor + 1) * divisor, "{x} / {divisor}");
            let nearest = divide_nearest_even(x, divisor);
            let twice_off = 2 * (x - nearest * divisor).abs();
            assert!(twice_off <= divisor, "{x} / {divisor}");
            assert!(twice_off < divisor || nearest % 2 == 0, "{x} / {divisor} is a tie");
        }
    }
    assert_eq!([-5, -3, -1, 1, 3, 5].map(|x| divide_nearest_even(x, 2)), [-2, -2, 0, 0, 2, 2]);
    assert_eq!([-5, -4, -1, 0, 3].map(|x| divide_floor(x, 4)), [-2, -1, -1, 0, 0]);
}

/// Int2Spike: θ·c lies within θ/2 of x with ties to even, unclipped, and the unary and the bitwise
/// train of c carry the same sum.
#[test]
fn counts_lie_within_half_a_threshold() {
    for theta in (1..=17).chain([32, 64, 100]) {
        for x in -250..=250i64 {
            let c = count(x, theta);
            let twice_off = 2 * (x - theta * c).abs();
            assert!(twice_off < theta || (twice_off == theta && c % 2 == 0), "{x} / {theta}");
            for radix in BOTH {
                let train = encode_counts(&[c], planes_needed(c.unsigned_abs(), radix), radix);
                assert_eq!(decode_counts(&train, radix), [c], "{x} / {theta} {radix:?}");
            }
        }
    }
}

fn trits(length: usize) -> impl Strategy<Value = Vec<i8>> {
    proptest::collection::vec(-1i8..=1, length)
}

proptest! {
    /// The offset identity holds for random vectors of any length.
    #[test]
    fn offset_identity_holds_for_random_vectors(
        (weights, spikes) in (0usize..300).prop_flat_map(|n| (trits(n), trits(n))),
    ) {
        prop_assert_eq!(offset_sum(&weights, &spikes), dot(&weights, &spikes) + active(&spikes));
    }

    /// The current of a row is Σ c·w, whichever radix carries the counts.
    #[test]
    fn currents_are_weighted_counts(
        (weights, counts) in (1usize..80)
            .prop_flat_map(|n| (trits(n), proptest::collection::vec(-40i64..=40, n))),
        more in 0usize..3,
    ) {
        let expected: i64 = weights.iter().zip(&counts).map(|(&w, &c)| i64::from(w) * c).sum();
        for radix in BOTH {
            let train = encode_counts(&counts, planes_needed(40, radix) + more, radix);
            prop_assert_eq!(accumulate(&weights, &train, radix), expected);
            prop_assert_eq!(decode_counts(&train, radix), counts.clone());
        }
    }
}
