//! Reading a design: syntax, schema, relations.

use super::design::Design;
use super::diagnostic::{ConfigError, Source};
use super::file::DesignFile;
use super::{limits, relations, walk};
use crate::files::regular;
use crate::shown::shown_path;
use serde::Deserialize;
use std::io::Read;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

/// Keys of earlier designs. A file may still have them, whatever they hold.
const RETIRED: [&str; 3] = ["neuron", "spike_buffer", "weight_store.depth"];

impl DesignFile {
    /// Reads a file of at most [`limits::FILE_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// If it cannot be read, or as [`DesignFile::parse`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file_name = shown_path(path);
        let unreadable = |source| ConfigError::Read { file_name: file_name.clone(), source };
        regular(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        let limit = limits::FILE_BYTES_MAX as u64 + 1;
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
        Self::parse(&file_name, &bytes)
    }

    /// Parses the bytes of a configuration; `file_name` is what messages call it.
    ///
    /// # Errors
    /// The first thing wrong, with its line and the remedy.
    pub fn parse(file_name: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        Self::parse_without(&RETIRED, file_name, bytes)
    }

    /// As [`DesignFile::parse`], with these retired keys left out and no others.
    pub(super) fn parse_without(
        retired: &[&'static str],
        file_name: &str,
        bytes: &[u8],
    ) -> Result<Self, ConfigError> {
        let source = Source::new(file_name, bytes)?;
        let syntax = |error: toml::de::Error| source.syntax_error(&error);
        let mut root = DeTable::parse(source.text()).map_err(syntax)?;
        let retired = retired.iter().copied().filter(|key| remove(root.get_mut(), key)).collect();
        walk::check(&source, root.get_ref())?;
        // The walk has seen every key, type and limit; serde can only add what it overlooked.
        let design = Design::deserialize(Deserializer::from(root)).map_err(syntax)?;
        let file = DesignFile { design, source, retired };
        relations::check(&file)?;
        Ok(file)
    }
}

/// Removes a dotted key; false if it is not there.
fn remove(table: &mut DeTable<'_>, key: &str) -> bool {
    let Some((outer, rest)) = key.split_once('.') else { return table.remove(key).is_some() };
    match table.get_mut(outer).map(Spanned::get_mut) {
        Some(DeValue::Table(inner)) => remove(inner, rest),
        _ => false,
    }
}

impl Design {
    /// Parses the bytes of a configuration; `file_name` is what messages call it.
    ///
    /// # Errors
    /// As [`DesignFile::parse`].
    pub fn parse(file_name: &str, bytes: &[u8]) -> Result<Self, ConfigError> {
        Ok(DesignFile::parse(file_name, bytes)?.design)
    }
}
