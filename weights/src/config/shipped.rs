//! The designs in `designs/`.

use super::design::Design;
use super::file::DesignFile;

/// The text of the starter, `designs/sample.toml`: every key with its comment.
const SAMPLE: &str = include_str!("../../designs/sample.toml");
/// The text of `designs/tinystories.toml`.
const TINYSTORIES: &str = include_str!("../../designs/tinystories.toml");
/// The text of `designs/spiking.toml`.
const SPIKING: &str = include_str!("../../designs/spiking.toml");
/// The text of `designs/spikellm.toml`.
const SPIKELLM: &str = include_str!("../../designs/spikellm.toml");
/// Name and text of each design in `designs/`.
const SHIPPED: [(&str, &str); 13] = [
    ("sample", SAMPLE),
    ("tinystories", TINYSTORIES),
    ("spiking", SPIKING),
    ("spikellm", SPIKELLM),
    ("lif", include_str!("../../designs/lif.toml")),
    ("lif-stream", include_str!("../../designs/lif-stream.toml")),
    ("lif-small", include_str!("../../designs/lif-small.toml")),
    ("spikellm-ulx3s", include_str!("../../designs/spikellm-ulx3s.toml")),
    ("spikelm-ulx3s", include_str!("../../designs/spikelm-ulx3s.toml")),
    ("spikingbert-ulx3s", include_str!("../../designs/spikingbert-ulx3s.toml")),
    ("ulx3s-85f", include_str!("../../designs/ulx3s-85f.toml")),
    ("ecp5-25f", include_str!("../../designs/ecp5-25f.toml")),
    ("tang-nano-20k", include_str!("../../designs/tang-nano-20k.toml")),
];

/// The commented starter that `init` writes: the design of the bundled sample network.
pub fn starter() -> &'static str {
    SAMPLE
}

/// Name and text of each design that `init` writes, the starter first; every key has its comment.
pub fn starters() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHIPPED.into_iter()
}

impl DesignFile {
    /// The design of the bundled sample network.
    pub fn bundled() -> Self {
        Self::shipped("weights/designs/sample.toml", SAMPLE)
    }

    /// The design for the 1.18 M-weight TinyStories model: matrices of 64 to 256 rows and columns.
    pub fn tinystories() -> Self {
        Self::shipped("weights/designs/tinystories.toml", TINYSTORIES)
    }

    /// The design for networks of neurons of up to a million weights.
    pub fn spiking() -> Self {
        Self::shipped("weights/designs/spiking.toml", SPIKING)
    }

    /// The design for SpikeLLM's networks of a few hundred thousand weights of several digits: their
    /// keys and values have more digits, for all tokens share one unit.
    pub fn spikellm() -> Self {
        Self::shipped("weights/designs/spikellm.toml", SPIKELLM)
    }

    /// The design `weights/designs/<name>.toml`, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Some(Self::shipped(&format!("weights/designs/{name}.toml"), text))
    }

    fn shipped(file_name: &str, text: &str) -> Self {
        match Self::parse(file_name, text.as_bytes()) {
            Ok(file) => file,
            Err(error) => panic!("a design of the repository is wrong: {error}"),
        }
    }
}

impl Design {
    /// The design of the bundled sample network.
    pub fn bundled() -> Self {
        DesignFile::bundled().design
    }

    /// The design for the 1.18 M-weight TinyStories model.
    pub fn tinystories() -> Self {
        DesignFile::tinystories().design
    }

    /// The design for networks of neurons of up to a million weights.
    pub fn spiking() -> Self {
        DesignFile::spiking().design
    }

    /// The design for SpikeLLM's networks.
    pub fn spikellm() -> Self {
        DesignFile::spikellm().design
    }
}
