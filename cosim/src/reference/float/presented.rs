//! Vectors that came in the place of token ids and wait to be read.

use crate::reference::ReferenceError;
use std::collections::VecDeque;
use weights::network::Network;

/// Vectors, the oldest first.
#[derive(Clone, Default)]
pub(super) struct Presented(VecDeque<Vec<f64>>);

impl Presented {
    /// A vector comes, for the token at this position.
    ///
    /// # Errors
    /// If the network takes ids, or the numbers are no vector of it.
    pub(super) fn put(
        &mut self,
        network: &Network,
        position: usize,
        vector: &[i64],
    ) -> Result<(), ReferenceError> {
        let Some(input) = network.input() else {
            let (network, takes) = (network.name.clone(), "token ids");
            return Err(ReferenceError::Arrival { network, takes });
        };
        if let Some(reason) = input.fault(vector) {
            let (width, most) = (input.width, input.most());
            return Err(ReferenceError::Vector { position, reason, width, most });
        }
        self.0.push_back(input.values(vector));
        Ok(())
    }

    /// The vectors of so many tokens; none for a network of ids.
    ///
    /// # Errors
    /// If there are fewer.
    pub(super) fn take(
        &mut self,
        network: &Network,
        count: usize,
    ) -> Result<Vec<Vec<f64>>, ReferenceError> {
        match network.input() {
            None => Ok(Vec::new()),
            Some(_) if self.0.len() >= count => Ok(self.0.drain(..count).collect()),
            Some(_) => {
                let (network, takes) = (network.name.clone(), "vectors");
                Err(ReferenceError::Arrival { network, takes })
            }
        }
    }
}
