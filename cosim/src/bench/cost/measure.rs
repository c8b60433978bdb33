//! What synthesis makes of a design, kept in the cache under a key of its Verilog and the tools.

use std::io::Write as _;
use std::path::PathBuf;

use hdl::language::check::Checked;

use super::super::BenchError;
use crate::tools::{
    AtPath, Cache, Design, Family, Packed, Tool, ToolName, pack_only, provide, synthesise,
};

/// Wide multiplexers double the cells of popcount-like logic, so they are left out.
const SYNTHESIS_OPTIONS: [&str; 1] = ["-nowidelut"];

/// Synthesis up to packing: cells, flip-flops, block RAMs, multipliers; no place, no clock.
#[derive(Clone, Debug)]
pub(crate) struct Synthesis {
    yosys: Tool,
    nextpnr: Tool,
    cache: Cache,
}

impl Synthesis {
    /// Finds or installs the tools.
    pub(crate) fn new(cache: &Cache) -> Result<Synthesis, BenchError> {
        Ok(Synthesis {
            yosys: provide(ToolName::YowaspYosys, cache)?,
            nextpnr: provide(ToolName::YowaspNextpnrEcp5, cache)?,
            cache: cache.clone(),
        })
    }

    /// What a design takes; minutes the first time.
    pub(crate) fn measure(&self, design: &Checked) -> Result<Packed, BenchError> {
        let files = hdl::language::verilog::print(design).into_iter();
        let sources: Vec<(String, String)> = files.map(|file| (file.name, file.text)).collect();
        let top = &design.top().name;
        let kept = self.cache.folder("bench")?.join(format!("{}.json", self.key(top, &sources)));
        if let Some(packed) = read(&kept) {
            return Ok(packed);
        }
        let design = Design { top, sources: &sources };
        let (yosys, cache) = (&self.yosys, &self.cache);
        let counts = synthesise(yosys, cache, &design, Family::Ecp5, &SYNTHESIS_OPTIONS)?;
        let packed = pack_only(&self.nextpnr, cache, &counts.netlist)?;
        self.keep(&kept, &packed)?;
        Ok(packed)
    }

    /// Whatever changes the result changes the key.
    fn key(&self, top: &str, sources: &[(String, String)]) -> String {
        let mut parts = vec!["pack, open chains", top, &self.yosys.version, &self.nextpnr.version];
        parts.extend(SYNTHESIS_OPTIONS);
        parts.extend(sources.iter().flat_map(|(name, text)| [name.as_str(), text.as_str()]));
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// Writes what was measured, whole or not at all.
    fn keep(&self, kept: &PathBuf, packed: &Packed) -> Result<(), BenchError> {
        let folder = self.cache.folder("bench")?;
        let text = serde_json::to_string(packed).map_err(std::io::Error::from);
        let text = text.at("write", kept)?;
        let mut file = tempfile::NamedTempFile::new_in(&folder).at("create", &folder)?;
        file.write_all(text.as_bytes()).at("write", kept)?;
        file.persist(kept).map_err(|error| error.error).at("create", kept)?;
        Ok(())
    }

    /// The tools and their options.
    pub(crate) fn conditions(&self) -> Vec<String> {
        vec![
            format!("{}: synth_ecp5 {}", self.yosys.version, SYNTHESIS_OPTIONS.join(" ")),
            format!("{}: --pack-only --out-of-context", self.nextpnr.version),
        ]
    }
}

fn read(kept: &PathBuf) -> Option<Packed> {
    serde_json::from_str(&std::fs::read_to_string(kept).ok()?).ok()
}
