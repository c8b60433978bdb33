//! The order of channels in which salient ones stand together.
//!
//! ```text
//!  one site       ▮··▮··▮·····  ─►  ▮▮▮·········
//!  several sites  ▮··▮··▮·····      ▮▮▮▮········   the channels that most rows see as salient come
//!                 ···▮··▮▮····  ─►  ·▮▮▮········   first, those of the same sites beside each other
//! ```
//!
//! Values that an operation goes through element by element lie alike, so that one order serves all
//! sites which read them: a residual's norms share theirs, a feed-forward's inside has its own.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use weights::network::{Network, Operation, Shape, SpikeCode};

/// Salient channels of one site, and how many rows of digits a word of them meets.
struct Salient<'n> {
    channels: &'n [usize],
    rows: usize,
}

/// The channels of each value whose order is not their own, the first to lie first; `has_heads` says
/// which values lie as an attention wants them.
pub(super) fn gathered(
    network: &Network,
    has_heads: impl Fn(&str) -> bool,
) -> BTreeMap<String, Vec<usize>> {
    let mut classes = Classes::default();
    for operation in &network.operations {
        let names = alike(operation);
        names.windows(2).for_each(|pair| classes.join(pair[0], pair[1]));
    }
    let mut sites: BTreeMap<&str, Vec<Salient<'_>>> = BTreeMap::new();
    for operation in &network.operations {
        if let Operation::Encode { input, output, code: SpikeCode::Levels(code) } = operation
            && !code.tied
            && !code.salient.is_empty()
            && !has_heads(input)
        {
            let salient = Salient { channels: &code.salient, rows: rows_behind(network, output) };
            sites.entry(classes.of(input)).or_default().push(salient);
        }
    }
    let shapes = network.check().unwrap_or_default();
    let order = |(name, shape): (&String, &Shape)| match (sites.get(classes.of(name)), shape) {
        (Some(sites), Shape::Vector(width)) => Some((name.clone(), order(*width, sites))),
        _ => None,
    };
    shapes.iter().filter_map(order).collect()
}

/// The values of an operation that have one layout because it works element by element; none of any
/// other operation.
pub(super) fn alike(operation: &Operation) -> Vec<&str> {
    match operation {
        Operation::TernaryLinear { .. }
        | Operation::DigitLinear { .. }
        | Operation::Head { .. }
        | Operation::Input { .. }
        | Operation::Embed { .. }
        | Operation::Softmax { .. }
        | Operation::AttentionScores { .. }
        | Operation::WeightedValues { .. }
        | Operation::SpikingAttention { .. }
        | Operation::Rotary { .. } => Vec::new(),
        Operation::Previous { input, output, .. } => vec![input, output],
        _ => operation.inputs().into_iter().chain([operation.output()]).collect(),
    }
}

/// Rows of digits of the matrices that read a value.
fn rows_behind(network: &Network, value: &str) -> usize {
    let rows = |operation: &Operation| match operation {
        Operation::DigitLinear { input, matrix, .. } if input == value => {
            matrix.rows * matrix.digits as usize
        }
        Operation::TernaryLinear { input, matrix, .. } if input == value => matrix.rows,
        _ => 0,
    };
    network.operations.iter().map(rows).sum()
}

/// Channels by the rows that see them as salient, most first; among equals by the sites that do.
fn order(width: usize, sites: &[Salient<'_>]) -> Vec<usize> {
    let is_in = |channel: usize, site: &Salient<'_>| site.channels.binary_search(&channel).is_ok();
    let key = |&channel: &usize| {
        let members: Vec<bool> = sites.iter().map(|site| is_in(channel, site)).collect();
        let rows = sites.iter().filter(|site| is_in(channel, site)).map(|site| site.rows);
        Reverse((rows.sum::<usize>(), members))
    };
    let mut channels: Vec<usize> = (0..width).collect();
    channels.sort_by_cached_key(key);
    channels
}

/// Values by what they lie like: each names another of its class, the last itself.
#[derive(Default)]
struct Classes<'n> {
    other: BTreeMap<&'n str, &'n str>,
}

impl<'n> Classes<'n> {
    fn of<'a>(&'a self, mut name: &'a str) -> &'a str {
        while let Some(&other) = self.other.get(name) {
            name = other;
        }
        name
    }

    fn join(&mut self, left: &'n str, right: &'n str) {
        let root = |mut name: &'n str| {
            while let Some(&other) = self.other.get(name) {
                name = other;
            }
            name
        };
        let (left, right) = (root(left), root(right));
        if left != right {
            self.other.insert(left, right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(order: &[usize], channels: &[usize], slots: usize) -> usize {
        let mut words: Vec<usize> = channels
            .iter()
            .map(|of| order.iter().position(|it| it == of).unwrap() / slots)
            .collect();
        words.sort_unstable();
        words.dedup();
        words.len()
    }

    #[test]
    fn channels_of_one_site_stand_in_as_few_words_as_there_can_be() {
        let channels = [4, 12, 48, 57, 60, 66, 89];
        let order = order(172, &[Salient { channels: &channels, rows: 64 }]);
        assert_eq!(order[..7], channels);
        let mut all = order.clone();
        all.sort_unstable();
        assert_eq!(all, (0..172).collect::<Vec<_>>());
        assert_eq!(words(&order, &channels, 4), 2);
    }

    #[test]
    fn sites_that_share_channels_share_their_words() {
        let (one, two) = ([5, 15, 18, 20], [15, 20, 31, 35]);
        let sites = [(&one, 128), (&two, 344)];
        let sites = sites.map(|(channels, rows)| Salient { channels, rows });
        let order = order(64, &sites);
        assert_eq!(order[..6], [15, 20, 31, 35, 5, 18]);
        assert_eq!((words(&order, &one, 4), words(&order, &two, 4)), (2, 1));
    }

    #[test]
    fn classes_are_what_was_joined() {
        let mut classes = Classes::default();
        classes.join("a", "b");
        classes.join("c", "d");
        classes.join("b", "c");
        classes.join("d", "a");
        assert!(["b", "c", "d"].iter().all(|name| classes.of(name) == classes.of("a")));
        assert_eq!(classes.of("e"), "e");
    }
}
