//! The manifest of a folder: whose it is, its files, the tools that took part.

use crate::pipeline::PipelineError;
use crate::tools::Tool;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use weights::files::read_regular;

/// The file that tells our folders from others, and one run from another.
pub(super) const MANIFEST: &str = "manifest.json";
/// The folder of the boards, which each have a manifest of their own and outlive a run.
pub(crate) const BOARDS: &str = "synth";
/// The folder of an exploration, which has one too.
pub(crate) const EXPLORATION: &str = "explore";
/// What outlives a run.
pub(super) const KEPT: [&str; 2] = [BOARDS, EXPLORATION];
/// Most bytes of a manifest.
pub(super) const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// What `generator` says in it.
pub(super) const GENERATOR: &str = "spikewright";

/// A tool that took part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolVersion {
    /// Name of the tool.
    pub name: String,
    /// Its version as it prints it.
    pub version: String,
}

impl ToolVersion {
    /// A tool as a report names it.
    pub fn of(tool: &Tool) -> ToolVersion {
        ToolVersion { name: tool.name.name().to_owned(), version: tool.version.clone() }
    }
}

/// One file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Path inside the folder, with `/`.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The content of `manifest.json`.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) generator: String,
    pub(super) version: String,
    pub(super) name: String,
    pub(super) files: BTreeMap<String, Entry>,
    pub(super) tools: Vec<ToolVersion>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) bytes: usize,
    pub(super) blake3: String,
}

impl Entry {
    pub(super) fn of(bytes: &[u8]) -> Entry {
        Entry { bytes: bytes.len(), blake3: blake3::hash(bytes).to_hex().to_string() }
    }
}

impl Manifest {
    /// The manifest of a folder of ours.
    pub(super) fn read(folder: &Path) -> Option<Manifest> {
        let bytes = read_regular(&folder.join(MANIFEST), MANIFEST_BYTES_MAX).ok()?;
        let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
        (manifest.generator == GENERATOR).then_some(manifest)
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("strings and integers always serialise");
        bytes.push(b'\n');
        bytes
    }
}

/// What helps where an output cannot be written.
pub(super) const fn remedy() -> &'static str {
    "choose another --out, or make room there"
}

/// The error of a file of the folder.
pub(super) fn failed(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> PipelineError + use<> {
    PipelineError::file(doing, path, remedy())
}
