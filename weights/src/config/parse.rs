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
use toml::de::{DeTable, Deserializer};

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
        let source = Source::new(file_name, bytes)?;
        let syntax = |error: toml::de::Error| source.syntax_error(&error);
        let root = DeTable::parse(source.text()).map_err(syntax)?;
        walk::check(&source, root.get_ref())?;
        // The walk has seen every key, type and limit; serde can only add what it overlooked.
        let design = Design::deserialize(Deserializer::from(root)).map_err(syntax)?;
        let file = DesignFile { design, source };
        relations::check(&file)?;
        Ok(file)
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
