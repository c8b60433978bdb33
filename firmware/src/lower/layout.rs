//! Where the channels of values lie.

use weights::network::RotaryPairing;

/// Where the channels of a vector lie: `places[channel]` in its words, the rest zero.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) places: Vec<usize>,
    /// Places in whole words.
    pub(super) width: usize,
}

impl Layout {
    /// Channels in their own order.
    pub(super) fn plain(channels: usize, elements: usize) -> Layout {
        let width = channels.next_multiple_of(elements);
        Layout { places: (0..channels).collect(), width }
    }

    /// Channels in another order: the one that comes first lies first.
    pub(super) fn ordered(order: &[usize], elements: usize) -> Layout {
        let mut places = vec![0; order.len()];
        for (place, &channel) in order.iter().enumerate() {
            places[channel] = place;
        }
        Layout { places, width: order.len().next_multiple_of(elements) }
    }

    /// Heads in whole words; the two channels of a rotary pair are neighbours.
    pub(super) fn heads(
        heads: usize,
        head_width: usize,
        elements: usize,
        pairing: RotaryPairing,
    ) -> Layout {
        let padded = head_width.next_multiple_of(elements);
        let place = |channel: usize| match pairing {
            RotaryPairing::Neighbours => channel,
            RotaryPairing::Halves => {
                let half = head_width / 2;
                2 * (channel % half) + channel / half
            }
        };
        let places = (0..heads * head_width)
            .map(|channel| channel / head_width * padded + place(channel % head_width))
            .collect();
        Layout { places, width: heads * padded }
    }
}
