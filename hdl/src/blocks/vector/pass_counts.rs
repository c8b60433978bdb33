//! The counts of a word: sign and magnitude, limited to the bits that the pass gives them.
//!
//! ```text
//!  y_i ─► |y| ─► limit ─► negative_o, magnitude_o
//! ```

use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::Pass;
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct PassCounts {
    /// Elements of a word.
    pub elements: u32,
    /// Bits of a value.
    pub value_width: u32,
    /// Bits of a count's magnitude, at most 15.
    pub count_width: u32,
}

impl PassCounts {
    /// The module `pass_counts`.
    pub fn module(&self) -> Arc<Module> {
        let summary = "the counts of a word, as sign and magnitude.";
        let b = Builder::new("pass_counts", file!(), summary);
        let width = self.value_width;
        let bits = uint(Pass::FORMAT.field("bits").width);
        let bits = b.input("bits_i", bits, "bits of a magnitude: at most those of a count");
        let word = b.input("y_i", uint(self.elements * width), "elements");
        b.section("The largest magnitude.");
        let one = b.literal(1, uint(self.count_width + 1)).shift_left_by(bits);
        let limit = b.wire("largest", one - 1);
        b.unused("largest", limit.top_bit(), "A count has no more bits.");
        let limit = b.wire("limit", limit.bits(0, self.count_width));
        b.stage("magnitudes, limited.");
        let (mut negatives, mut magnitudes): (Vec<Signal>, Vec<Signal>) = (vec![], vec![]);
        for index in 0..self.elements {
            let name = |part: &str| format!("{part}_{index}");
            let y = b.wire(&name("y"), word.bits(index * width, width).as_sint());
            let sign = b.wire(&name("sign"), y.top_bit());
            let magnitude = sign.select(y.negate(), y).as_uint();
            let magnitude = b.wire(&name("absolute"), magnitude);
            let beyond = limit.extend(width).lt(magnitude);
            let limited = beyond.select(limit, magnitude.bits(0, self.count_width));
            let limited = b.wire(&name("limited"), limited);
            let now = b.flag(true);
            negatives.push(b.delay(&name("negative_q"), now, sign & limited.any()));
            magnitudes.push(b.delay(&name("magnitude_q"), now, limited));
        }
        negatives.reverse();
        magnitudes.reverse();
        b.port_group("A cycle later, the first element in the lowest bits.");
        b.output("negative_o", b.concat(&negatives), "signs; zero has none");
        b.output("magnitude_o", b.concat(&magnitudes), "magnitudes");
        b.finish()
    }
}
