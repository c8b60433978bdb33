//! The long steps to a bitstream, each kept in the cache under a key of all that it depends on.
//!
//! ```text
//!  <cache>/synth/<key>/   the Verilog, netlist.json, stat.json, yosys.log
//!  <cache>/place/<key>/   the constraints, routed.*, report.json, nextpnr.log
//! ```

use super::cache::Cache;
use super::check::read_command;
use super::command::{Ended, Step};
use super::design::Design;
use super::error::{AtPath, ToolError};
use super::held::Held;
use super::locate::Tool;
use super::synthesis::Family;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Most bytes that either area of the cache keeps.
const AREA_BYTES_MAX: u64 = 4 << 30;

/// The longest that a step may take: large parts take the better part of an hour.
const LIMIT: Duration = Duration::from_secs(4 * 3600);

/// The files that a step left.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Where they lie.
    folder: PathBuf,
    /// The command, without folders.
    pub command: String,
    /// Whether they were there already.
    pub was_cached: bool,
}

/// What the placer is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Placing<'a> {
    /// The family of the part.
    pub family: Family,
    /// What nextpnr is told about the part.
    pub device: &'a [String],
    /// Name and text of the constraint file.
    pub constraints: (&'a str, &'a str),
    /// The clock to aim at, MHz.
    pub megahertz: f64,
    /// Where the placer begins.
    pub seed: u32,
}

impl Kept {
    /// The path of one of the files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The bytes of one of the files.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, ToolError> {
        let path = self.path(name);
        fs::read(&path).at("read", &path)
    }

    /// The text of one of the files.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn text(&self, name: &str) -> Result<String, ToolError> {
        let path = self.path(name);
        fs::read_to_string(&path).at("read", &path)
    }
}

/// Synthesises a design, unless it was before.
///
/// # Errors
/// [`ToolError::Failed`] if Yosys fails.
pub fn synthesise_kept(
    yosys: &Tool,
    cache: &Cache,
    design: &Design<'_>,
    family: Family,
) -> Result<Kept, ToolError> {
    let command =
        format!("{} -top {} {}", family.command(), design.top, family.board_options().join(" "));
    let mut parts: Vec<&[u8]> = vec![yosys.version.as_bytes(), command.as_bytes()];
    for (name, text) in design.sources {
        parts.extend([name.as_bytes(), text.as_bytes()]);
    }
    let mut script = read_command(design.synthesis_names());
    let _ = writeln!(script, "hierarchy -top {}\n{}", design.top, family.preparation());
    let _ = writeln!(script, "{command}");
    let _ = writeln!(script, "tee -q -o stat.json stat -json\nwrite_json netlist.json");
    parts.push(script.as_bytes());
    let run = |folder: &Path| {
        design.write_into(folder)?;
        let path = folder.join("script.ys");
        fs::write(&path, &script).at("write", &path)?;
        Ok(yosys
            .step(format!("synthesise {}", design.top))
            .inside(folder)
            .args(["-q", "-l", "yosys.log", "-s", "script.ys"])
            .limit(LIMIT)
            .progress(format!("{command}: minutes for a large machine"))
            .remedy("read the log; a design too large for Yosys needs fewer lanes or slots"))
    };
    match kept(cache, "synth", "netlist.json", &parts, command.clone(), run)? {
        Ok(kept) => Ok(kept),
        Err(ended) => Err(ended.failure(cache)),
    }
}

/// Places and routes a netlist, unless it was before. The inner error is the log of a placer that
/// gave up, for example because the design does not fit.
///
/// # Errors
/// If the placer cannot be run at all.
pub fn place_kept(
    nextpnr: &Tool,
    cache: &Cache,
    netlist: &Path,
    placing: &Placing<'_>,
) -> Result<Result<Kept, PlaceFailure>, ToolError> {
    let (name, text) = placing.constraints;
    let arguments = placing.arguments();
    let command = format!("{} {}", nextpnr.name.name(), arguments.join(" "));
    let bytes = fs::read(netlist).at("read", netlist)?;
    let parts = [nextpnr.version.as_bytes(), command.as_bytes(), text.as_bytes(), &bytes];
    let run = |folder: &Path| {
        let path = folder.join(name);
        fs::write(&path, text).at("write", &path)?;
        // The netlist is large, and a placer of WebAssembly sees its own folder only.
        let path = folder.join("netlist.json");
        fs::hard_link(netlist, &path)
            .or_else(|_| fs::copy(netlist, &path).map(|_| ()))
            .at("write", &path)?;
        Ok(nextpnr
            .step(format!("place and route with seed {}", placing.seed))
            .inside(folder)
            .args(&arguments)
            .args(["--log", "nextpnr.log"])
            .limit(LIMIT)
            .remedy("read the log; a design too large for the part needs fewer lanes or slots"))
    };
    Ok(kept(cache, "place", "report.json", &parts, command.clone(), run)?
        .map_err(|ended| PlaceFailure { log: ended.log(), error: ended.failure(cache) }))
}

/// A placer that gave up.
#[derive(Debug)]
pub struct PlaceFailure {
    /// Everything it printed.
    pub log: String,
    /// The same as an error.
    pub error: ToolError,
}

impl Placing<'_> {
    /// The arguments for nextpnr.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = self.device.to_vec();
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(|&word| word.to_owned()));
        let (file, _) = self.constraints;
        let routed = self.family.routed_name();
        add(&["--json", "netlist.json", "--report", "report.json", "--timing-allow-fail"]);
        match self.family {
            Family::Ecp5 => add(&["--lpf", file, "--textcfg", routed]),
            Family::Ice40 => add(&["--pcf", file, "--asc", routed]),
            Family::Gowin => add(&["--vopt", &format!("cst={file}"), "--write", routed]),
        }
        add(&["--freq", &self.megahertz.to_string(), "--seed", &self.seed.to_string()]);
        arguments
    }
}

/// Turns a routed design into the bytes of a bitstream.
///
/// # Errors
/// [`ToolError::Failed`] if the packer fails.
pub fn pack(
    packer: &Tool,
    cache: &Cache,
    placed: &Kept,
    family: Family,
    device: &str,
) -> Result<(Vec<u8>, String), ToolError> {
    let folder = Held::work().at("create a folder in", &std::env::temp_dir())?;
    let (routed, bitstream) = (family.routed_name(), family.bitstream_name());
    let (from, input) = (placed.path(routed), folder.path().join(routed));
    fs::copy(&from, &input).at("read", &from)?;
    let arguments = match family {
        Family::Ecp5 => vec!["--compress", routed, bitstream],
        Family::Ice40 => vec![routed, bitstream],
        Family::Gowin => vec!["-d", device, "-o", bitstream, routed],
    };
    packer
        .step("write the bitstream")
        .inside(folder.path())
        .args(&arguments)
        .progress(format!("{}: bitstream", packer.name.name()))
        .remedy("read the log; the routed design is in the cache")
        .require(cache)?;
    let path = folder.path().join(bitstream);
    let bytes = fs::read(&path).at("read", &path)?;
    Ok((bytes, format!("{} {}", packer.name.name(), arguments.join(" "))))
}

/// The files under the key of `parts`: those that are there, or those that `run` makes. The inner
/// error is a tool that ended without success.
fn kept(
    cache: &Cache,
    area: &str,
    witness: &str,
    parts: &[&[u8]],
    command: String,
    run: impl FnOnce(&Path) -> Result<Step, ToolError>,
) -> Result<Result<Kept, Ended>, ToolError> {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    let key = hasher.finalize().to_hex()[..32].to_owned();
    let folder = cache.folder(area)?.join(&key);
    let was_cached = folder.join(witness).is_file() && Cache::is_whole(&folder);
    if !was_cached {
        let unfinished = cache.unfinished(area)?;
        let ended = run(unfinished.path())?.run()?;
        if !ended.succeeded() {
            return Ok(Err(ended));
        }
        Cache::publish(unfinished, &folder)?;
        cache.prune(area, witness, AREA_BYTES_MAX);
    }
    Cache::touch(&folder.join(witness));
    Ok(Ok(Kept { folder, command, was_cached }))
}
