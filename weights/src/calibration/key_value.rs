//! Keys and values as balanced ternary digits: what the array can store.

use crate::network::digit_limit;
use ndarray::{ArrayViewMut2, Axis};

/// How many digits a kept number has. The scale is `max |x| / L` of each token and head.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyValueDigits {
    /// Digits of a key.
    pub key: u32,
    /// Digits of a value.
    pub value: u32,
    /// Whether scales are rounded up to powers of two.
    pub power_of_two: bool,
    /// Digits of the salient channels, and those channels: by block, keys then values.
    pub salient: Option<(u32, Vec<[Vec<usize>; 2]>)>,
}

impl KeyValueDigits {
    /// The channels of a block with more digits, and how many.
    fn salient(&self, block: usize, which: usize) -> (u32, &[usize]) {
        match &self.salient {
            None => (0, &[]),
            Some((digits, blocks)) => (*digits, &blocks[block][which]),
        }
    }

    /// Rounds the keys (after the rotation) or the values of a block, one token a row.
    pub(super) fn apply(
        &self,
        block: usize,
        is_value: bool,
        head_width: usize,
        mut x: ArrayViewMut2<'_, f64>,
    ) {
        let digits = if is_value { self.value } else { self.key };
        let (salient_digits, salient) = self.salient(block, usize::from(is_value));
        let mut limits = vec![digit_limit(digits) as f64; x.ncols()];
        for &channel in salient {
            limits[channel] = digit_limit(salient_digits) as f64;
        }
        for mut row in x.axis_iter_mut(Axis(0)) {
            let row = row.as_slice_mut().expect("keys and values are stored row by row");
            for (head, limits) in row.chunks_mut(head_width).zip(limits.chunks(head_width)) {
                let largest = head.iter().fold(0f64, |largest, x| largest.max(x.abs()));
                if largest == 0.0 {
                    continue;
                }
                for (x, limit) in head.iter_mut().zip(limits) {
                    let unit = largest / limit;
                    let unit = if self.power_of_two { unit.log2().ceil().exp2() } else { unit };
                    *x = (*x / unit).round_ties_even() * unit;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_head_has_a_scale_of_its_own() {
        let digits =
            |power_of_two, salient| KeyValueDigits { key: 1, value: 2, power_of_two, salient };
        let x = ndarray::arr2(&[[4.0, -1.0, 0.4, 0.1]]);
        let mut keys = x.clone();
        digits(false, None).apply(0, false, 2, keys.view_mut());
        assert_eq!(keys, ndarray::arr2(&[[4.0, 0.0, 0.4, 0.0]]));
        let mut values = x.clone();
        digits(true, None).apply(0, true, 2, values.view_mut());
        // 4 / 4 is a power of two; 0.4 / 4 becomes 0.125
        assert_eq!(values, ndarray::arr2(&[[4.0, -1.0, 0.375, 0.125]]));
        let mut keys = x;
        digits(false, Some((2, vec![[vec![1], vec![]]]))).apply(0, false, 2, keys.view_mut());
        assert_eq!(keys, ndarray::arr2(&[[4.0, -1.0, 0.4, 0.0]]));
    }
}
