//! Recipes: what a matrix is to become.

use super::QuantiseError;
use crate::network::{DIGITS_MAX, DigitMatrix, digit_limit};

/// How integers are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Round to nearest.
    Nearest,
    /// Round in turn, and pass each error on to the weights that follow.
    Gptq,
}

/// What integers a weight may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Code {
    /// So many balanced ternary digits.
    Digits(u32),
    /// −1 or +1.
    Binary,
    /// An unclipped count `round(w / g)`, with `g = mean |w| / k` of the row.
    Counts(f64),
}

/// By what weights are called salient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saliency {
    /// `w² / [H⁻¹]ᵢᵢ²`.
    SecondOrder,
    /// `|w|`.
    Magnitude,
    /// Chance: the control.
    Random,
}

/// What is salient as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A weight; a mask says which.
    Weight,
    /// A column; an order of the channels says which.
    Column,
}

/// A share of the weights with more digits and row scales of their own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Salient {
    /// Share of the weights, above 0 and below 1.
    pub share: f64,
    /// Their digits.
    pub digits: u32,
    /// How they are chosen.
    pub saliency: Saliency,
    /// Singly or by columns.
    pub grain: Grain,
}

/// A recipe for matrices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// How integers are chosen.
    pub method: Method,
    /// The integers of weights that are not salient.
    pub code: Code,
    /// The mixture, if there is one.
    pub salient: Option<Salient>,
    /// Input columns that share row scales; all of them where this is nothing.
    pub group: Option<usize>,
    /// Whether columns are rounded by falling curvature, instead of in their order.
    pub act_order: bool,
    /// Share of the mean diagonal of the Hessian that is added to its diagonal.
    pub damping: f64,
    /// Whether row scales are fitted again once the integers are known.
    pub refit: bool,
    /// Seed of the random choice.
    pub seed: u64,
}

impl Recipe {
    /// GPTQ with so many digits: 1 % damping, act order, no groups.
    pub fn gptq(digits: u32) -> Recipe {
        Recipe {
            method: Method::Gptq,
            code: Code::Digits(digits),
            salient: None,
            group: None,
            act_order: true,
            damping: 0.01,
            refit: false,
            seed: 1,
        }
    }

    /// Round to nearest with so many digits.
    pub fn nearest(digits: u32) -> Recipe {
        Recipe { method: Method::Nearest, ..Recipe::gptq(digits) }
    }

    /// Whether the inputs of matrices must be known.
    pub fn needs_inputs(&self) -> bool {
        let second_order = |salient: &Salient| salient.saliency == Saliency::SecondOrder;
        self.method == Method::Gptq || self.refit || self.salient.as_ref().is_some_and(second_order)
    }

    /// Refuses what is out of range.
    ///
    /// # Errors
    /// The first number that is, with its range.
    pub fn check(&self) -> Result<(), QuantiseError> {
        let refuse = |what, value: String, expected: String| {
            Err(QuantiseError::Recipe { what, value, expected })
        };
        let digits = |what, digits: u32| match (1..=DIGITS_MAX).contains(&digits) {
            true => Ok(()),
            false => refuse(what, digits.to_string(), format!("in 1..={DIGITS_MAX}")),
        };
        match self.code {
            Code::Digits(count) => digits("digits", count)?,
            Code::Counts(mean) if !(0.25..=64.0).contains(&mean) => {
                return refuse("mean count", mean.to_string(), "in 0.25..=64".to_owned());
            }
            Code::Binary | Code::Counts(_) => {}
        }
        if let Some(salient) = &self.salient {
            digits("digits of salient weights", salient.digits)?;
            if !(salient.share > 0.0 && salient.share < 1.0) {
                let expected = "above 0 and below 1".to_owned();
                return refuse("salient share", salient.share.to_string(), expected);
            }
        }
        if self.group.is_some_and(|group| group == 0) {
            return refuse("group", "0".to_owned(), "at least 1".to_owned());
        }
        if !(0.0..=10.0).contains(&self.damping) {
            return refuse("damping", self.damping.to_string(), "in 0..=10".to_owned());
        }
        Ok(())
    }
}

/// Stored bits of a trit: five in a byte.
const TRIT_BITS: f64 = 1.6;
/// Bits of a row scale.
const SCALE_BITS: f64 = 16.0;

/// What a weight is stored in, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Storage {
    /// Trits: steps of the array for one plane of spikes.
    pub trits: f64,
    /// Bits of the trits: 1.6 each, and 1 where no weight is ever zero.
    pub trit_bits: f64,
    /// Bits that say which single weights are salient: the entropy of their share. Salient columns
    /// need none, only an order of the channels.
    pub mask_bits: f64,
    /// Bits of the row scales, 16 each.
    pub scale_bits: f64,
}

impl Storage {
    /// All bits of a weight.
    pub fn bits(&self) -> f64 {
        self.trit_bits + self.mask_bits + self.scale_bits
    }
}

impl Recipe {
    /// What a weight of a matrix that this recipe made is stored in.
    pub fn storage(&self, terms: &[DigitMatrix]) -> Storage {
        let mut storage = Storage::default();
        let Some(first) = terms.first() else { return storage };
        let columns = first.columns as f64;
        if let [term] = terms {
            return self.storage_of_one(term);
        }
        let salient_share = self.salient.map_or(0.0, |salient| salient.share);
        let per_group = if self.salient.is_some() { 2 } else { 1 };
        let group = self.group.unwrap_or(first.columns) as f64;
        for (index, term) in terms.iter().enumerate() {
            let begin = (index / per_group) as f64 * group;
            let group_share = ((begin + group).min(columns) - begin) / columns;
            let is_salient = index % per_group == 1;
            let share = group_share * if is_salient { salient_share } else { 1.0 - salient_share };
            let trits = share * f64::from(term.digits);
            let binary = self.code == Code::Binary && !is_salient;
            storage.trits += trits;
            storage.trit_bits += trits * if binary { 1.0 } else { TRIT_BITS };
            storage.scale_bits += SCALE_BITS / columns;
        }
        if self.salient.is_some_and(|salient| salient.grain == Grain::Weight) {
            let entropy = |p: f64| -p * p.log2();
            storage.mask_bits = entropy(salient_share) + entropy(1.0 - salient_share);
        }
        storage
    }

    /// The same of a matrix of one term, whatever the recipe would have made of it: it may have come
    /// with the model as it is.
    fn storage_of_one(&self, term: &DigitMatrix) -> Storage {
        let trits = f64::from(term.digits);
        let is_binary = self.code == Code::Binary && term.values.iter().all(|&value| value != 0);
        Storage {
            trits,
            trit_bits: trits * if is_binary { 1.0 } else { TRIT_BITS },
            mask_bits: 0.0,
            scale_bits: SCALE_BITS / term.columns as f64,
        }
    }
}

/// The digits that hold a magnitude.
pub(super) fn digits_for(magnitude: i64) -> u32 {
    (1..=DIGITS_MAX).find(|&digits| digit_limit(digits) >= magnitude).unwrap_or(DIGITS_MAX)
}
