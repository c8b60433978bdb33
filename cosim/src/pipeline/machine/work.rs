//! What the spikes of a run cost: additions, where one of a synapse saw a spike.

use super::Conversation;
use crate::reference::machine::Facts;
use serde::{Deserialize, Serialize};
use weights::numeric::Radix;

/// Of one predicted token, on the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpikeWork {
    /// Spikes that enter matrices.
    pub spikes: f64,
    /// Additions: a spike times the rows that it reaches.
    pub additions: f64,
    /// Synapses of all matrices and attended keys and values.
    pub synapses: f64,
}

impl SpikeWork {
    /// The mean over all predicted tokens, whose planes weigh as the radix says.
    pub fn of(conversations: &[Conversation], radix: Radix) -> SpikeWork {
        let (mut work, mut tokens) = (SpikeWork::default(), 0u32);
        for token in conversations.iter().flat_map(|conversation| &conversation.tokens) {
            tokens += 1;
            for (_, facts) in &token.facts {
                let Facts::Matrix(facts) = facts else { continue };
                let rows = f64::from(facts.rows) * f64::from(facts.digits);
                let spikes = f64::from(facts.cost(radix).spikes);
                work.spikes += spikes;
                work.additions += spikes * rows;
                work.synapses += f64::from(facts.columns) * rows;
            }
        }
        let mean = |sum: f64| sum / f64::from(tokens.max(1));
        SpikeWork {
            spikes: mean(work.spikes),
            additions: mean(work.additions),
            synapses: mean(work.synapses),
        }
    }
}
