//! A Verilog design as the tools receive it: named files in a temporary folder.

use std::path::Path;

use hdl::language::primitive::PRIMITIVES_FOLDER;

use super::error::{AtPath, ToolError};
use super::held::Held;

/// A Verilog design: its files and the name of its top module.
///
/// Files that end in `.v` or `.sv` are handed to the tools in this order; any other file, for
/// example a memory image, is only laid beside them. Those in the folder `primitives/` model
/// vendors' cells for simulation, and synthesis, which knows the cells, does not read them.
#[derive(Clone, Copy, Debug)]
pub struct Design<'a> {
    /// Name of the top module.
    pub top: &'a str,
    /// File name, without a folder other than `primitives/`, and text of each file.
    pub sources: &'a [(String, String)],
}

impl Design<'_> {
    /// The names of the Verilog files, in order.
    pub(crate) fn verilog_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|(name, _)| name.as_str()).filter(|name| is_verilog(name))
    }

    /// The names of the Verilog files that synthesis reads, in order.
    pub(crate) fn synthesis_names(&self) -> impl Iterator<Item = &str> {
        self.verilog_names().filter(|name| !name.starts_with(PRIMITIVES_FOLDER))
    }

    /// Refuses what would not survive a command line or a script.
    pub(crate) fn check_names(&self) -> Result<(), ToolError> {
        let refuse = |reason: String| {
            let top = self.top.to_owned();
            Err(ToolError::Design { top, reason })
        };
        let word = |text: &str, extra: &str| {
            !text.is_empty()
                && !text.starts_with(['-', '.'])
                && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        if !word(self.top, "_") {
            return refuse("the top module's name must be letters, digits and `_`".to_owned());
        }
        let inside = |name: &str| word(name.strip_prefix(PRIMITIVES_FOLDER).unwrap_or(name), "_.-");
        if let Some((name, _)) = self.sources.iter().find(|(name, _)| !inside(name)) {
            return refuse(format!(
                "file name {name:?} must be letters, digits, `_`, `-` and `.`, without a folder"
            ));
        }
        if self.verilog_names().next().is_none() {
            return refuse("it has no Verilog file: at least one name must end in `.v`".to_owned());
        }
        Ok(())
    }

    /// Writes every file into `folder`.
    pub(crate) fn write_into(&self, folder: &Path) -> Result<(), ToolError> {
        self.check_names()?;
        for (name, text) in self.sources {
            let path = folder.join(name);
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent).at("create", parent)?;
            std::fs::write(&path, text).at("write", &path)?;
        }
        Ok(())
    }

    /// Writes every file into a new temporary folder.
    pub(crate) fn staged(&self) -> Result<Held, ToolError> {
        let folder = Held::work().at("create a folder in", &std::env::temp_dir())?;
        self.write_into(folder.path())?;
        Ok(folder)
    }
}

/// Whether a file goes to the tools, rather than lying beside them.
pub(crate) fn is_verilog(name: &str) -> bool {
    name.ends_with(".v") || name.ends_with(".sv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_escape_are_refused() {
        let refused = |top: &str, name: &str| {
            let sources = [(name.to_owned(), String::new())];
            Design { top, sources: &sources }.check_names().map_err(|error| error.to_string())
        };
        assert_eq!(refused("top", "top.v"), Ok(()));
        assert_eq!(refused("top", "primitives/CELL.v"), Ok(()));
        for name in [
            "primitives/../top.v",
            "other/top.v",
            "../top.v",
            "-o.v",
            "a b.v",
            "",
            "/top.v",
            "top.hex",
        ] {
            assert!(refused("top", name).unwrap_err().starts_with("design `top`: "), "{name}");
        }
        assert!(refused("top; exec", "top.v").unwrap_err().contains("top module's name"));
    }
}
