//! `--matrix`: one matrix of a network, alone between streams.

use crate::pipeline::{PipelineError, SourceOptions};
use weights::config::DesignFile;
use weights::import::Imported;
use weights::numeric::Radix;

/// Names that a message shows.
const SHOWN: usize = 8;

/// The network of a run, or the one matrix of it that is asked for.
///
/// # Errors
/// As [`SourceOptions::network`], or if there is no matrix of that name.
pub(super) fn network(
    options: &SourceOptions,
    file: &DesignFile,
    matrix: Option<&str>,
) -> Result<Imported, PipelineError> {
    let Some(name) = matrix else { return options.network(file) };
    // Its vectors have as many bits as go through the array in one pass.
    let array = &file.design.array;
    let bits = match array.radix {
        Radix::Bitwise => array.planes as u32,
        Radix::Unary => (array.planes as u32 + 1).ilog2(),
    };
    let Imported { network, notes } = options.network_of_sweep(file)?;
    match network.alone(name, bits) {
        Some(network) => Ok(Imported { network, notes }),
        None => {
            let (name, names) = (name.to_owned(), some(network.matrix_names()));
            Err(PipelineError::UnknownMatrix { name, names })
        }
    }
}

/// The first of some names, and how many there are.
fn some<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<&str> = names.collect();
    let shown = all[..all.len().min(SHOWN)].join(", ");
    let rest = if all.len() > SHOWN { ", …" } else { "" };
    format!("{shown}{rest} ({} in all)", all.len())
}
