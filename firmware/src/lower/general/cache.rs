//! Keys and values on their way into the cache, and the heads that they belong to.

use super::super::LowerError;
use super::super::factor::{SHIFT_MAX, exp2};
use super::composer::Composer;
use super::draft::{Draft, Over, PerHead};
use super::value::{At, Cache, Value, Vector};
use crate::isa::{Emit, Extent, Multiply, Space};
use weights::network::{AttentionShape, Operation};

/// Heads of an attention as they lie. Where queries share the keys of a head, they are groups: a loop
/// over key heads around a loop over the queries of each.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    /// Heads that have keys and values of their own.
    pub(super) groups: usize,
    /// Query heads of each.
    pub(super) shared: usize,
    /// Channels of a head.
    pub(super) width: usize,
    /// Words of a head.
    pub(super) words: usize,
}

/// How values become the integers of the cache.
#[derive(Clone, Copy)]
struct StoredScale {
    theta: f64,
    /// The largest magnitude of an integer.
    bound: f64,
    /// What a mantissa is multiplied with; where there is none it is shifted.
    factor: Option<f64>,
    shift: i64,
}

impl Heads {
    /// How far a value of the queries moves.
    pub(super) fn of_queries(self, words: usize) -> PerHead {
        let words = words as u32;
        match self.shared {
            1 => [words, 0],
            shared => [words, shared as u32 * words],
        }
    }

    /// How far a value of the keys moves.
    pub(super) fn of_keys(self, words: u32) -> PerHead {
        match self.shared {
            1 => [words, 0],
            _ => [0, words],
        }
    }
}

impl<'n> Composer<'n> {
    pub(super) fn heads(&self, shape: &AttentionShape) -> Heads {
        let (groups, width) = (shape.key_value_heads, shape.head_width);
        let words = width.div_ceil(self.elements());
        Heads { groups, shared: shape.heads / groups, width, words }
    }

    /// Runs `body` for every query head.
    pub(super) fn each_head(
        &mut self,
        heads: Heads,
        name: &str,
        body: impl FnMut(&mut Self) -> Result<(), LowerError>,
    ) -> Result<(), LowerError> {
        let Heads { groups, shared, .. } = heads;
        if groups == 1 || shared == 1 {
            return self.each(Over::Heads, groups * shared, format!("{name}: for each head"), body);
        }
        let (outer, inner) =
            (format!("{name}: for each head of keys"), format!("{name}: for each of its queries"));
        let mut body = body;
        self.each(Over::Groups, groups, outer, |it| {
            it.each(Over::Heads, shared, inner.clone(), &mut body)
        })
    }

    /// Runs `body` in a loop, or as it is where it would run once.
    pub(super) fn each(
        &mut self,
        over: Over,
        count: usize,
        remark: String,
        mut body: impl FnMut(&mut Self) -> Result<(), LowerError>,
    ) -> Result<(), LowerError> {
        if count == 1 {
            return body(self);
        }
        self.open(over, Extent::Count, count, remark)?;
        body(self)?;
        self.close()
    }

    /// Keeps a value that an attention reads as its keys or its values.
    pub(super) fn keep_operands(&mut self, name: &'n str) -> Result<(), LowerError> {
        let network = self.network;
        for operation in &network.operations {
            let (emit, groups, width) = match operation {
                Operation::AttentionScores { key, shape, .. } if key == name => {
                    (Emit::Keys, shape.key_value_heads, shape.head_width)
                }
                Operation::WeightedValues { value, shape, .. } if value == name => {
                    (Emit::Values, shape.key_value_heads, shape.head_width)
                }
                Operation::SpikingAttention { key, shape, .. } if key == name => {
                    (Emit::Keys, shape.heads, shape.head_width)
                }
                Operation::SpikingAttention { value, shape, .. } if value == name => {
                    (Emit::Values, shape.heads, shape.head_width)
                }
                _ => continue,
            };
            let words = width.div_ceil(self.elements());
            self.keep(name, emit, Heads { groups, shared: 1, width, words })?;
        }
        Ok(())
    }

    fn keep(&mut self, name: &str, emit: Emit, heads: Heads) -> Result<(), LowerError> {
        let vector = self.vector(name)?;
        let digits = self.machine.key_value_digits;
        let stored = self.stored_scale(&vector);
        let (lanes, slots) = (self.machine.lanes as usize, self.machine.slots as usize);
        let context = self.machine.context as usize;
        let channels = heads.words * self.elements();
        let (tiles, columns) = match emit {
            Emit::Keys => (context.div_ceil(lanes), channels.div_ceil(slots)),
            _ => (channels.div_ceil(lanes), context.div_ceil(slots)),
        };
        let per_head = tiles * digits as usize * columns;
        let per_step = heads.groups * per_head;
        let label = format!("{name}, {}", if emit == Emit::Keys { "keys" } else { "values" });
        let cache = match self.caches.get(&label) {
            Some(cache) => *cache,
            None => {
                // Steps that attend all positions of a block overwrite the step before.
                let steps = if self.phases.block { 1 } else { self.network.steps };
                let which = usize::from(emit != Emit::Keys);
                let first = self.cache_words[which];
                self.cache_words[which] += (per_step * steps) as u64;
                let memory = [crate::machine::Memory::Keys, crate::machine::Memory::Values][which];
                self.area(memory, name, first as u32, (per_step * steps) as u32);
                let cache = Cache {
                    first: first as u32,
                    per_step: if steps == 1 { 0 } else { per_step as u32 },
                    per_head: per_head as u32,
                    columns: columns as u32,
                    theta: stored.theta,
                    bound: stored.bound,
                };
                self.caches.insert(label.clone(), cache);
                cache
            }
        };
        let factor = stored.factor.map(|factor| self.factor_word(factor, heads.width));
        self.each_head(heads, &label, |it| {
            let at = At { per_step: cache.per_step, ..At::fixed(Space::Nothing, cache.first) };
            let draft = Draft::over(channels).a_heads(vector.at, heads.of_queries(heads.words));
            let draft = match factor {
                Some((constant, shift)) => draft.b(constant).multiply(Multiply::B, shift),
                None => draft.multiply(Multiply::One, stored.shift),
            };
            let draft = draft.keep(emit, at, heads.of_keys(cache.per_head), cache.columns);
            it.pass(draft, format!("{label}: a head into the cache"))
        })
    }

    /// Spikes are kept as they are, other values so that their bound is the largest integer.
    fn stored_scale(&self, vector: &Vector) -> StoredScale {
        let limit = ((3i64.pow(self.machine.key_value_digits) - 1) / 2) as f64;
        if self.machine.key_value_digits > 1 {
            let bound = vector.bound.max(1e-6);
            let factor = Some(limit / bound * exp2(-vector.fraction));
            return StoredScale {
                theta: vector.unit * bound / limit,
                bound: limit,
                factor,
                shift: 0,
            };
        }
        let whole = vector.bound.max(1e-6).log2().ceil() as i64;
        let fraction = (limit.log2().floor() as i64 - whole).min(vector.fraction);
        StoredScale {
            theta: vector.unit * exp2(-fraction),
            bound: (vector.bound * exp2(fraction)).min(limit),
            factor: None,
            shift: vector.fraction - fraction,
        }
    }

    /// A factor below one for every channel of a head, and the shift behind it.
    fn factor_word(&mut self, factor: f64, channels: usize) -> (At, i64) {
        let most = i64::from(self.machine.value_width) - 2;
        let shift = (most - 1 - factor.log2().floor() as i64).min(SHIFT_MAX);
        let value = (factor * exp2(shift)).round() as i64;
        (self.constant("a factor of a head", vec![value; channels]), shift)
    }

    pub(super) fn cache(&self, name: &str, what: &str) -> Cache {
        let mut cache = self.caches[&format!("{name}, {what}")];
        // A unit may follow the step.
        if let Value::Vector(vector) = self.value(name) {
            cache.theta = self.stored_scale(&vector).theta;
        }
        cache
    }
}
