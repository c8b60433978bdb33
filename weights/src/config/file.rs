//! A design with the file that it came from.

use super::design::Design;
use super::diagnostic::{ConfigError, Source};
use super::walk;
use toml::de::DeTable;

/// A design and the file that it came from, so that later stages can point at its lines too.
#[derive(Clone, Debug)]
pub struct DesignFile {
    /// What the file says.
    pub design: Design,
    pub(super) source: Source,
    pub(super) retired: Vec<&'static str>,
}

impl DesignFile {
    /// Keys of the file that designs no longer have; they were left out.
    pub fn retired(&self) -> &[&'static str] {
        &self.retired
    }

    /// An error of a later stage that points at the value of a key, such as `array.acc_width`.
    ///
    /// A key that the file leaves to its default is shown by the header of its table, or by the
    /// first line.
    pub fn point_at(&self, key: &str, message: &str, remedy: &str) -> ConfigError {
        // The text was parsed before, so it parses again.
        let span = DeTable::parse(self.source.text())
            .map_or(0..0, |root| walk::span_of(root.get_ref(), key));
        self.source.error_at(span, message, remedy)
    }
}
