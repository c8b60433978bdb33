//! What the matrix walker works out while an instruction waits.

use super::prepared::{Prepared, Vectors};
use super::stores::{EMBEDDING, KEYS};
use super::{MatrixWalker, TOKEN_WIDTH};
use crate::blocks::array::plane_selector::PlaneSelector;
use crate::blocks::control::instruction::Fields;
use crate::language::builder::Builder;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use crate::language::storage::address_width;
use firmware::isa::Matrix;
use weights::numeric::Radix;

impl MatrixWalker {
    pub(super) fn prepare<'m>(
        &self,
        b: &'m Builder,
        fields: &Fields<'m>,
        position: Signal<'m>,
        token: Signal<'m>,
        words: Signal<'m>,
        magnitude: Option<Signal<'m>>,
    ) -> Prepared<'m> {
        let (lane_width, row_bits) = (self.lanes.ilog2(), self.table_word.rows.ilog2());
        let store = fields.get("store");
        let keys = b.wire("keys", store.is(KEYS));
        let embedding = b.wire("embedding", store.is(EMBEDDING));

        b.comment("A train without words has its first visited, as if it were zero.");
        let none = b.wire("no_words", words.is(0));
        let words_less_1 = b.wire("words_less_1", words - 1);
        let width = Matrix::FORMAT.field("source").width;
        b.unused("words_less_1", words_less_1.top_bit(), "There are at most 1024 words.");
        let last_word = words_less_1.bits(0, width);
        let last_word = (none | embedding).select(last_word.same(0), last_word);
        let vectors = self.vectors.then(|| self.prepare_vectors(b, fields, position));
        let own =
            vectors.map_or(embedding, |vectors| b.wire("one_pass", embedding | vectors.walks));
        let passes = magnitude.map(|magnitude| self.passes(b, magnitude, own));
        let (last_word, empty) = match vectors {
            None => (last_word, none & !embedding),
            Some(vectors) => {
                let all = (fields.get("stride") - 1).extend(width);
                (vectors.walks.select(all, last_word), none & !own)
            }
        };

        b.comment("Keys end with the tile of the position, an embedding with its last group.");
        let tiles_width = self.tiles_width();
        let stride = fields.get("stride");
        let groups = match self.word_groups().ilog2() {
            0 => stride,
            zeros => b.wire("groups", b.concat(&[stride, b.literal(0, uint(zeros))])),
        };
        let own =
            embedding.select(groups.extend(tiles_width), fields.get("tiles").extend(tiles_width));
        let tile = b.wire("tile_of_position", position.bits(lane_width, TOKEN_WIDTH - lane_width));
        let last_tile = keys.select(tile.extend(tiles_width), own - 1);
        let rows_type = fields.get("last_rows").ty();
        let row = b.wire("row_of_position", position.bits(0, lane_width));
        let rows = keys.select(row.extend(rows_type.width) + 1, fields.get("last_rows"));

        Prepared {
            embedding,
            base: self.base(b, fields, embedding, token),
            empty,
            last_word: b.wire("last_word_next", last_word),
            last_digit: b.wire("last_digit_next", fields.get("digits") - 1),
            last_tile: b.wire("last_tile_next", last_tile),
            rows: b.wire("rows", rows),
            lane: (row_bits > 0).then(|| token.bits(0, row_bits)),
            passes,
            vectors,
        }
    }

    /// How many vectors there are: all, or as many positions as their chunk has so far.
    fn prepare_vectors<'m>(
        &self,
        b: &'m Builder,
        fields: &Fields<'m>,
        position: Signal<'m>,
    ) -> Vectors<'m> {
        b.comment("Vectors: all of them, or the positions of a chunk up to p.");
        let vectors = fields.get("vectors");
        let walks = b.wire("has_vectors", vectors.any());
        let all = b.wire("vectors_less_1", vectors - 1);
        let within = all & position.bits(0, vectors.width());
        let further = fields.get("within").select(within, all);
        Vectors { walks, further: b.wire("further_next", walks.select(further, further.same(0))) }
    }

    /// First store word: that of the first tile, or that of the tile which has the token's row.
    fn base<'m>(
        &self,
        b: &'m Builder,
        fields: &Fields<'m>,
        embedding: Signal<'m>,
        token: Signal<'m>,
    ) -> Signal<'m> {
        b.comment("An embedding's tile is multiplied out while it waits.");
        let base = fields.get("base");
        let (digits, stride) = (fields.get("digits"), fields.get("stride"));
        let stride = b.wire("wide_stride", stride.extend(base.width()));
        let zero = stride.same(0);
        let once = digits.bit(0).select(stride, zero);
        let twice = digits.bit(1).select(stride.shift_left(1), zero);
        let four = digits.bit(2).select(stride.shift_left(2), zero);
        let tile_words = b.delay("tile_words_q", b.flag(true), once + twice + four);
        let lane_width = self.table_word.rows.ilog2();
        let tile = b.wire("tile_of_token", token.bits(lane_width, TOKEN_WIDTH - lane_width));
        let product = tile.extend(base.width()) * tile_words;
        let words_before = b.delay("words_before_q", b.flag(true), product);
        b.wire("base_next", embedding.select(base + words_before, base))
    }

    fn passes<'m>(
        &self,
        b: &'m Builder,
        magnitude: Signal<'m>,
        embedding: Signal<'m>,
    ) -> Signal<'m> {
        let PlaneSelector { planes, radix, count_width } = self.selector;
        if radix == Radix::Unary {
            return b.wire("maximum_next", embedding.select(magnitude.same(0), magnitude));
        }
        let lowest = magnitude.bits(0, planes);
        b.unused("descriptor_magnitude", lowest, "There always is a last pass, which takes them.");
        let ty = uint(address_width(self.selector.passes()));
        let number = |index: u32| b.literal(index.into(), ty);
        let more = (1..self.selector.passes()).fold(number(0), |fewer, index| {
            let low = index * planes;
            magnitude.bits(low, count_width - low).any().select(number(index), fewer)
        });
        b.wire("more_passes_next", embedding.select(number(0), more))
    }
}
