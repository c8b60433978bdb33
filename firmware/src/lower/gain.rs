//! The weight of a norm on the machine.

/// What the weight of a norm is on the machine: `weight = gain / √channels · relative`.
///
/// The gain is a power of two, so that the threshold of a count is one in the unit of the normed
/// value too, where its average over vectors is what the published encoders have.
pub(super) struct Gain {
    /// The factor that the matrices behind the norm take over.
    pub(super) gain: f64,
    /// What the vector unit multiplies with, −1..=1; nothing if that is 1 everywhere.
    pub(super) relative: Option<Vec<f64>>,
}

impl Gain {
    pub(super) fn new(weight: &[f32]) -> Gain {
        let largest = weight.iter().fold(0f32, |largest, w| largest.max(w.abs()));
        let exact = f64::from(largest) * (weight.len() as f64).sqrt();
        if exact == 0.0 {
            return Gain { gain: 1.0, relative: Some(vec![0.0; weight.len()]) };
        }
        let gain = exact.log2().ceil().exp2();
        let factor = exact / gain / f64::from(largest);
        let relative: Vec<f64> = weight.iter().map(|&w| f64::from(w) * factor).collect();
        let plain = relative.iter().all(|&relative| relative == 1.0);
        Gain { gain, relative: (!plain).then_some(relative) }
    }
}
