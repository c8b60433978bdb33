//! Ternary matrices in a weight file that are packed: five trits a byte.
//!
//! The metadata of the file says which tensors are, under the key [`KEY`]: a JSON object of
//! `{shape, scale}` by name. Such a tensor is `U8 [⌈elements / 5⌉]`, its trits in the order of its
//! elements ([`crate::packing`]), and stands for floats of that shape: `scale · trit`.

use super::super::json::Object;
use crate::numeric::Trit;
use crate::packing::{Packing, unpack};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The key of the metadata.
pub(in crate::import) const KEY: &str = "base3";

/// What a packed tensor stands for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::import) struct Packed {
    /// Lengths of its dimensions.
    pub(in crate::import) shape: Vec<u64>,
    /// The magnitude of its elements that are not zero.
    pub(in crate::import) scale: f32,
}

/// The packed tensors that the metadata names.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Packed>, String> {
    let named = |error: serde_json::Error| format!("`{KEY}` of the metadata: {error}");
    let Object(packed) = serde_json::from_str::<Object<Packed>>(text).map_err(named)?;
    Ok(packed.into_iter().collect())
}

impl Packed {
    /// The floats of a tensor, of at most `room` bytes.
    pub(super) fn floats(&self, bytes: &[u8], room: u64) -> Result<Vec<f32>, String> {
        let product = |product: u64, &length: &u64| product.checked_mul(length);
        let elements = self.shape.iter().try_fold(1, product).filter(|&it| it <= room / 4);
        let Some(elements) = elements else {
            return Err(format!("shape {:?} is above the limit of {room} bytes", self.shape));
        };
        if !(self.scale.is_finite() && self.scale > 0.0) {
            return Err(format!("its scale {} is not finite and positive", self.scale));
        }
        let trits = unpack(bytes, elements as usize, Packing::Base3);
        let value = |trit: Trit| f32::from(trit) * self.scale;
        Ok(trits.map_err(|error| error.to_string())?.into_iter().map(value).collect())
    }
}
