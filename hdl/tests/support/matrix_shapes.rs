//! The matrix units that are tested.

use firmware::machine::WordShape;
use hdl::blocks::array::matrix_unit::MatrixUnit;
use weights::config::Target;
use weights::numeric::Radix;
use weights::packing::Packing;

/// Lanes, slots, elements; planes, count width; unary; base-3; accumulator, value width.
pub(crate) type Shape = ([u32; 3], [u32; 2], [bool; 2], [u32; 2]);

pub(crate) const SHAPES: [Shape; 10] = [
    ([4, 4, 4], [4, 4], [false, true], [20, 18]),
    ([8, 4, 2], [3, 7], [false, false], [22, 16]),
    ([16, 8, 4], [6, 6], [false, true], [22, 18]),
    ([2, 8, 2], [1, 4], [false, false], [20, 12]),
    ([4, 16, 4], [8, 5], [false, true], [24, 24]),
    ([8, 8, 8], [2, 6], [false, true], [22, 14]),
    ([32, 4, 2], [5, 8], [false, false], [22, 20]),
    ([4, 8, 2], [1, 3], [true, true], [18, 16]),
    ([16, 4, 4], [3, 4], [true, false], [20, 18]),
    ([2, 2, 2], [7, 3], [true, false], [16, 10]),
];

/// Words of the weight store of a unit of events: one for every column.
const EVENT_DEPTH: u32 = 1024;

pub(crate) fn unit(shape: &Shape, weight_depth: u32) -> MatrixUnit {
    let ([lanes, slots, elements], [planes, count_width], [unary, base3], widths) = *shape;
    let word = WordShape { rows: lanes, columns: slots };
    MatrixUnit {
        lanes,
        slots,
        matrix_word: word,
        table_word: word,
        events: false,
        planes,
        digit_passes: false,
        radix: if unary { Radix::Unary } else { Radix::Bitwise },
        acc_width: widths[0],
        // Both forms of the dots, among all shapes.
        target: if slots % 8 == 0 { Target::Ecp5 } else { Target::Portable },
        packing: if base3 { Packing::Base3 } else { Packing::TwoBit },
        elements,
        value_width: widths[1],
        count_width,
        embedding_digits: 1 + lanes.ilog2().min(4),
        weight_depth,
        vectors: false,
        announces: false,
        searches: true,
        rows: true,
        keys: true,
        same: Default::default(),
        baked: false,
        image: vec![],
    }
}

/// The same of events.
pub(crate) fn event_unit(shape: &Shape) -> MatrixUnit {
    let dense = unit(shape, EVENT_DEPTH);
    let matrix_word = WordShape { rows: dense.lanes, columns: 1 };
    let table_word = WordShape { rows: 1, columns: dense.lanes };
    MatrixUnit { matrix_word, table_word, events: true, ..dense }
}

/// Every shape dense, and every shape of events.
pub(crate) fn units() -> impl Iterator<Item = (String, MatrixUnit)> {
    let dense = SHAPES.iter().map(|shape| (format!("{shape:?}"), unit(shape, 64)));
    dense.chain(SHAPES.iter().map(|shape| (format!("{shape:?}, events"), event_unit(shape))))
}
