//! The Pareto front: what no other point is better than in everything at once.

/// What a point is measured by: less is better in each.
pub(super) type Objectives = [f64; 4];

/// Whether `one` is nowhere worse than `other` and somewhere better.
fn dominates(one: &[f64], other: &[f64]) -> bool {
    let no_worse = one.iter().zip(other).all(|(one, other)| one <= other);
    no_worse && one.iter().zip(other).any(|(one, other)| one < other)
}

/// Which points no other dominates. Points of another class neither dominate nor are dominated:
/// they compute other numbers.
pub(super) fn front<C: PartialEq>(points: &[(C, Objectives)]) -> Vec<bool> {
    let beaten = |(class, point): &(C, Objectives)| {
        points.iter().any(|(other, than)| other == class && dominates(than, point))
    };
    points.iter().map(|point| !beaten(point)).collect()
}

/// The corners of the line below which no point lies: positions of the points that none beats in
/// both `across` and `up` (less and more is better), by `across`.
pub(super) fn staircase(points: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        points[a].0.total_cmp(&points[b].0).then(points[b].1.total_cmp(&points[a].1))
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|&index| {
        let higher = points[index].1 > best;
        best = best.max(points[index].1);
        higher
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_dominated_point_is_dropped_and_no_other() {
        let mut points = vec![
            (0, [1.0, 9.0, 5.0, 5.0]),
            (0, [9.0, 1.0, 5.0, 5.0]),
            (0, [5.0, 5.0, 1.0, 9.0]),
            (0, [5.0, 5.0, 9.0, 1.0]),
        ];
        assert_eq!(front(&points), [true; 4]);
        // Worse than the first in one thing, equal in the rest.
        points.push((0, [1.0, 9.0, 5.0, 5.5]));
        assert_eq!(front(&points), [true, true, true, true, false]);
        // Equal points stand side by side, and another class is another matter.
        points[4] = (0, points[0].1);
        points.push((1, [9.0; 4]));
        assert_eq!(front(&points), [true; 6]);
    }

    #[test]
    fn the_line_goes_up_only() {
        let points = [(3.0, 2.0), (1.0, 1.0), (2.0, 5.0), (2.0, 4.0), (4.0, 6.0), (5.0, 6.0)];
        assert_eq!(staircase(&points), [1, 2, 4]);
    }
}
