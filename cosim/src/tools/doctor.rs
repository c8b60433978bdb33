//! `doctor`: what is on this machine, what is missing, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use weights::shown::shown_path;

use super::cache::Cache;
use super::error::ToolError;
use super::locate::{self, Tool, ToolName};
use super::python;
use super::verilator::{Verilator, VerilatorChoice};

/// Whether a tool can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    /// It is here and answers.
    Found,
    /// It is not here, and is installed when it is first needed.
    Installable,
    /// It is not here; `remedy` says what to do.
    Missing,
    /// It is here and does not work; `remedy` says what to do.
    Broken,
}

/// What is known about one tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolReport {
    /// Name of the tool.
    pub tool: &'static str,
    /// Whether it can be used.
    pub status: ToolStatus,
    /// Where it is.
    pub path: Option<PathBuf>,
    /// Its version as it prints it.
    pub version: Option<String>,
    /// What this program uses it for.
    pub needed_for: &'static str,
    /// Whether only `--all-tools` needs it.
    pub optional: bool,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
}

/// The table that `spikewright doctor` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// The folder of installed tools and compiled models.
    pub cache: PathBuf,
    /// One row a tool.
    pub tools: Vec<ToolReport>,
}

impl DoctorReport {
    /// Whether everything is found or installable that is not optional.
    pub fn is_ready(&self) -> bool {
        self.tools.iter().all(|row| {
            row.optional || matches!(row.status, ToolStatus::Found | ToolStatus::Installable)
        })
    }
}

/// Looks at every tool; installs nothing and changes nothing.
///
/// # Errors
/// [`ToolError::NoCacheFolder`]; a missing tool is a row, not an error.
pub fn doctor() -> Result<DoctorReport, ToolError> {
    let cache = Cache::of_user()?;
    let choice = VerilatorChoice::of_environment();
    Ok(examine(&cache, &choice))
}

/// The report for a given cache and choice.
fn examine(cache: &Cache, choice: &VerilatorChoice) -> DoctorReport {
    let mut tools: Vec<ToolReport> =
        ToolName::ALL.into_iter().map(|name| row(name, look(name, cache, choice))).collect();
    // What is to be installed can only be installed with a working Python.
    let python = tools.iter().any(|row| row.tool == "python3" && row.status == ToolStatus::Found);
    for row in tools.iter_mut().filter(|row| row.status == ToolStatus::Installable) {
        if python {
            row.remedy = Some("nothing to do: installed at its first use".to_owned());
        } else {
            row.status = ToolStatus::Missing;
            row.remedy = Some(ToolName::Python.facts().remedy.to_owned());
        }
    }
    DoctorReport { cache: cache.root().to_path_buf(), tools }
}

/// The tool, `None` if it would be installed, or why it cannot be used.
fn look(
    name: ToolName,
    cache: &Cache,
    choice: &VerilatorChoice,
) -> Result<Option<Tool>, ToolError> {
    match (name, python::package(name)) {
        (ToolName::Verilator, _) => {
            Ok(Verilator::find_installed(choice, cache)?.map(|found| found.tool))
        }
        (_, Some(package)) if package.environment(cache).is_some() => {
            python::provide(name, package, cache).map(Some)
        }
        (_, Some(_)) => Ok(None),
        (_, None) => locate::locate(name).map(Some),
    }
}

fn row(name: ToolName, found: Result<Option<Tool>, ToolError>) -> ToolReport {
    let facts = name.facts();
    let (status, tool, remedy) = match found {
        Ok(Some(tool)) => (ToolStatus::Found, Some(tool), None),
        Ok(None) => (ToolStatus::Installable, None, None),
        Err(ToolError::Missing { remedy, .. }) => {
            (ToolStatus::Missing, None, Some(remedy.to_owned()))
        }
        Err(error) => (ToolStatus::Broken, None, Some(error.to_string())),
    };
    let (path, version) = tool.map(|tool| (tool.path, tool.version)).unzip();
    let optional = matches!(name, ToolName::Iverilog | ToolName::Yosys);
    let needed_for = facts.needed_for;
    ToolReport { tool: facts.name, status, path, version, needed_for, optional, remedy }
}

impl fmt::Display for ToolStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Found => "found",
            Self::Installable => "not yet",
            Self::Missing => "missing",
            Self::Broken => "broken",
        })
    }
}

impl fmt::Display for DoctorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "cache  {}", shown_path(&self.cache))?;
        for row in &self.tools {
            let optional = if row.optional { " (optional)" } else { "" };
            let version = row.version.as_deref().unwrap_or("-");
            writeln!(f, "{:<20} {:<8} {version}", row.tool, row.status)?;
            if let Some(path) = &row.path {
                writeln!(f, "{:20} at       {}", "", shown_path(path))?;
            }
            writeln!(f, "{:20} for      {}{optional}", "", row.needed_for)?;
            if let Some(remedy) = &row.remedy {
                let remedy = remedy.replace('\n', &format!("\n{:30}", ""));
                writeln!(f, "{:20} remedy   {remedy}", "")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_required_tool_makes_the_machine_unready() {
        let report = |status| {
            let mut compiler = row(ToolName::Gxx, Ok(None));
            compiler.status = status;
            let optional = row(ToolName::Yosys, Err(locate::missing(ToolName::Yosys, "the PATH")));
            DoctorReport { cache: PathBuf::from("/cache"), tools: vec![compiler, optional] }
        };
        assert!(report(ToolStatus::Found).is_ready());
        assert!(report(ToolStatus::Installable).is_ready());
        assert!(!report(ToolStatus::Broken).is_ready());
        assert!(!report(ToolStatus::Missing).is_ready());
    }

    #[test]
    fn the_table_reads_well() {
        let compiler = Tool {
            name: ToolName::Gxx,
            path: PathBuf::from("/usr/bin/g++"),
            arguments: Vec::new(),
            version: "g++ 12.2.0".to_owned(),
        };
        let tools = vec![
            row(ToolName::Gxx, Ok(Some(compiler))),
            row(ToolName::Yosys, Err(locate::missing(ToolName::Yosys, "the PATH"))),
        ];
        let text = DoctorReport { cache: PathBuf::from("/cache"), tools }.to_string();
        let wanted = "\
cache  /cache
g++                  found    g++ 12.2.0
                     at       /usr/bin/g++
                     for      co-simulation: compiles the Verilated model
yosys                missing  -
                     for      `scripts/check.sh --all-tools`: an older Yosys reads our Verilog (optional)
                     remedy   install it, e.g. `apt install yosys`
";
        assert_eq!(text, wanted);
    }
}
