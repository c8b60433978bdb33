//! `pack`: a model in fewer bytes, as a folder that loads again.

use super::{Console, Exit};
use crate::pipeline::PipelineError;
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;
use weights::files::read_regular;
use weights::import::{import, is_gguf, pack_model};
use weights::shown::shown_path;

/// Arguments of `pack`.
#[derive(Args, Debug)]
pub(super) struct PackCommand {
    /// Folder of the model.
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// The folder to write; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Round tables of floats, such as the embedding, to 16 bits; without it, nothing is lost.
    #[arg(long)]
    halve: bool,
}

/// What goes along with the weights, where it is there.
const BESIDE: [&str; 6] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
];

/// Most bytes of such a file.
const FILE_BYTES_MAX: u64 = 64 << 20;

impl PackCommand {
    pub(super) fn execute(&self, console: &mut Console) -> anyhow::Result<Exit> {
        let begin = Instant::now();
        if is_gguf(&self.model) {
            let reason =
                format!("{} is a GGUF file: only folders are packed", shown_path(&self.model));
            let remedy = "run the file as it is, its ternary types are packed already; or give --model \
                          the folder that quantise made of it";
            return Err(PipelineError::Options { reason, remedy }.into());
        }
        let original = import(&self.model)?;
        let packed = pack_model(&self.model, self.halve)?;
        if self.out.exists() {
            let reason = format!("{} is there already", shown_path(&self.out));
            return Err(
                PipelineError::Options { reason, remedy: "give a folder that is not" }.into()
            );
        }
        let parent = self.out.parent().filter(|path| !path.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let failed =
            |path: &Path| PipelineError::file("write", path, "choose a folder that can be written");
        let staged =
            tempfile::Builder::new().prefix(".pack-").tempdir_in(parent).map_err(failed(parent))?;
        let inside = staged.path().join("model");
        fs::create_dir(&inside).map_err(failed(&inside))?;
        for name in BESIDE {
            if let Ok(bytes) = read_regular(&self.model.join(name), FILE_BYTES_MAX) {
                fs::write(inside.join(name), bytes).map_err(failed(&inside))?;
            }
        }
        let file = inside.join("model.safetensors");
        fs::write(&file, &packed.bytes).map_err(failed(&file))?;
        let again = import(&inside)?;
        let equal = again.operations == original.operations && again.tables == original.tables;
        fs::rename(&inside, &self.out).map_err(failed(&self.out))?;
        let what = format!(
            "{}: {} bytes, {} matrices of {} trits; {}",
            shown_path(&self.out),
            packed.bytes.len(),
            packed.matrices,
            packed.trits,
            match equal {
                true => "it loads to the same network".to_owned(),
                false => format!("{} tables are rounded to 16 bits", packed.halved),
            }
        );
        console.stage("pack", &what, begin.elapsed());
        Ok(Exit::Success)
    }
}
