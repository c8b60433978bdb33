//! Synthesis to a netlist in Verilog, kept in the cache: what a simulation of the gates runs.
//!
//! ```text
//!  Verilog ──► Yosys ──► netlist.v   one module, cells of the family, ports as they were
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::cache::Cache;
use super::check::{read_command, yosys_step};
use super::design::Design;
use super::error::{AtPath, ToolError};
use super::locate::Tool;
use super::synthesis::{Family, counts_in};

/// The netlist in its folder of the cache.
const NETLIST: &str = "netlist.v";

/// The statistics beside it.
const STATISTICS: &str = "stat.json";

/// Raised whenever a netlist is made in another way that its key does not show otherwise.
const RECIPE: &str = "netlist recipe 1";

/// Netlists take at most this much room in the cache: a machine's has 20 MB.
const BYTES_MAX: u64 = 512 << 20;

/// A design after synthesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Netlist {
    /// Cell type to number of cells.
    pub cells: BTreeMap<String, u64>,
    /// Verilog: the top module with its ports, and what synthesis keeps apart.
    pub text: String,
    /// Whether it came from the cache.
    pub was_cached: bool,
}

/// Synthesises a design, or takes its netlist from the cache.
///
/// # Errors
/// [`ToolError::Failed`] if Yosys fails, [`ToolError::Answer`] if its statistics are unreadable.
pub fn netlist(
    yosys: &Tool,
    cache: &Cache,
    design: &Design<'_>,
    family: Family,
) -> Result<Netlist, ToolError> {
    let script = script(design, family);
    let mut parts = vec![RECIPE, &yosys.version, design.top, &script];
    for (name, text) in design.sources {
        parts.extend([name.as_str(), text.as_str()]);
    }
    let key = &super::cache::digest(&parts)[..32];
    let folder = cache.folder("netlists")?.join(key);
    let was_cached = Cache::is_whole(&folder);
    if !was_cached {
        // Striped, so that the number of lock files is bounded.
        let _lock = cache.lock(&format!("netlist-{}", &key[..2]))?;
        if !Cache::is_whole(&folder) {
            make(yosys, cache, design, (family, &script), &folder)?;
        }
    }
    Cache::touch(&folder.join(NETLIST));
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).at("read", &path)
    };
    let (text, statistics) = (read(NETLIST)?, read(STATISTICS)?);
    let mut cells = counts_in(&statistics).ok_or_else(|| ToolError::Answer {
        tool: yosys.name.name().to_owned(),
        expected: "cell counts",
        got: statistics.chars().take(200).collect(),
    })?;
    // Marks of where a module was flattened are no cells.
    cells.retain(|name, _| !name.starts_with('$'));
    Ok(Netlist { cells, text, was_cached })
}

/// What Yosys is told.
fn script(design: &Design<'_>, family: Family) -> String {
    let (mut script, top) = (read_command(design.synthesis_names()), design.top);
    // iCE40 has no LUT RAM: what asks for it becomes registers.
    let relief = match family {
        Family::Ecp5 | Family::Gowin => "",
        Family::Ice40 => "proc\nsetattr -unset ram_style m:*\n",
    };
    let command = family.command();
    // The family's command checks the hierarchy, and knows the vendor's cells that the design names.
    let _ = writeln!(script, "hierarchy -top {top}\n{relief}{command} -top {top}");
    // Bit by bit: a loop through the bits of one vector would be none through its bits alone, but
    // a simulator sees one, and iterates.
    let _ = writeln!(script, "splitnets\nopt_clean -purge\ntee -q -o {STATISTICS} stat -json");
    let _ = writeln!(script, "write_verilog -noattr -noexpr {NETLIST}");
    script
}

fn make(
    yosys: &Tool,
    cache: &Cache,
    design: &Design<'_>,
    (family, script): (Family, &str),
    folder: &Path,
) -> Result<(), ToolError> {
    let staged = design.staged()?;
    let command = family.command();
    yosys_step(yosys, staged.path(), script, format!("synthesise {}", design.top))?
        .limit(Duration::from_secs(3600))
        .progress(format!("{command} {}", design.top))
        .remedy("read the log; a design too large for Yosys needs fewer lanes or slots")
        .require(cache)?;
    let unfinished = cache.unfinished("netlists")?;
    for name in [NETLIST, STATISTICS] {
        let (from, to) = (staged.path().join(name), unfinished.path().join(name));
        fs::copy(&from, &to).at("write", &to)?;
    }
    Cache::publish(unfinished, folder)?;
    cache.prune("netlists", NETLIST, BYTES_MAX);
    Ok(())
}
