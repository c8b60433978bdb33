//! Tensors of a seeded decoder as files hold them.

use weights::import::archive::{Archive, ArchiveTensor};
use weights::network::{Network, Operation, Parameters};

/// A layout: their name of our module or parameter.
pub(crate) type Layout = fn(&str) -> String;

/// The layout of RWKV's and SpikeGPT's authors.
pub(crate) fn authors(ours: &str) -> String {
    let fixed = [
        ("embedding.norm", "blocks.0.ln0"),
        ("embedding", "emb"),
        ("head", "head"),
        ("norm", "ln_out"),
    ];
    if let Some((_, theirs)) = fixed.iter().find(|(name, _)| *name == ours) {
        return (*theirs).to_owned();
    }
    ours.replace("attention.norm", "ln1")
        .replace("ffn.norm", "ln2")
        .replace("attention.wkv.decay", "att.time_decay")
        .replace("attention.wkv.bonus", "att.time_first")
        .replace("attention.", "att.")
        .replace("key.mix", "time_mix_k")
        .replace("value.mix", "time_mix_v")
        .replace("receptance.mix", "time_mix_r")
}

/// The layout of transformers.
pub(crate) fn transformers(ours: &str) -> String {
    let fixed = [
        ("embedding.norm", "rwkv.blocks.0.pre_ln"),
        ("embedding", "rwkv.embeddings"),
        ("head", "head"),
        ("norm", "rwkv.ln_out"),
    ];
    if let Some((_, theirs)) = fixed.iter().find(|(name, _)| *name == ours) {
        return (*theirs).to_owned();
    }
    let theirs = ours
        .replace("attention.norm", "ln1")
        .replace("ffn.norm", "ln2")
        .replace("attention.wkv.decay", "attention.time_decay")
        .replace("attention.wkv.bonus", "attention.time_first")
        .replace("ffn.", "feed_forward.");
    let mixed = ["key", "value", "receptance"].iter().fold(theirs, |theirs, part| {
        theirs.replace(&format!("{part}.mix"), &format!("time_mix_{part}"))
    });
    format!("rwkv.{mixed}")
}

/// The layout of GPT-2 in transformers.
pub(crate) fn gpt2(ours: &str) -> String {
    let fixed = [("embedding", "wte"), ("positions", "wpe"), ("norm", "ln_f")];
    if ours == "head" {
        return "lm_head".to_owned();
    }
    if let Some((_, theirs)) = fixed.iter().find(|(name, _)| *name == ours) {
        return format!("transformer.{theirs}");
    }
    let theirs = ours
        .replace("blocks.", "transformer.h.")
        .replace("attention.norm", "ln_1")
        .replace("attention.output", "attn.c_proj")
        .replace("ffn.norm", "ln_2")
        .replace("ffn.up", "mlp.c_fc")
        .replace("ffn.down", "mlp.c_proj");
    ["query", "key", "value"]
        .iter()
        .fold(theirs, |theirs, part| theirs.replace(&format!("attention.{part}"), "attn.c_attn"))
}

/// The tensors of a network, and the network as the file says it: decays are stored as logarithms.
pub(crate) fn tensors(network: &Network, layout: Layout) -> (Archive, Network) {
    let mut archive = Archive::new();
    let mut stored = network.clone();
    for (name, table) in &network.tables {
        let tensor = ArchiveTensor::f32(vec![table.rows, table.columns], &table.values);
        archive.insert(layout(name) + ".weight", tensor);
    }
    for operation in &mut stored.operations {
        match operation {
            Operation::LayerNorm { name, weight, bias, .. } => {
                put(&mut archive, layout(name) + ".weight", weight.values());
                put(&mut archive, layout(name) + ".bias", bias.values());
            }
            Operation::TokenShift { name, mix, .. } => {
                let matrix = name.strip_suffix(".shift").unwrap();
                let shape = vec![1, 1, mix.values().len()];
                let tensor = ArchiveTensor::f32(shape, mix.values());
                archive.insert(layout(&format!("{matrix}.mix")), tensor);
            }
            Operation::Wkv { name, decay, bonus, .. } => {
                let logarithms: Vec<f32> = decay.values().iter().map(|decay| decay.ln()).collect();
                let read = |&x: &f32| f64::from(x).exp() as f32;
                *decay = Parameters(logarithms.iter().map(read).collect());
                put(&mut archive, layout(&format!("{name}.decay")), &logarithms);
                put(&mut archive, layout(&format!("{name}.bonus")), bonus.values());
            }
            Operation::Bias { name, bias, .. } => {
                let of = name.strip_suffix(".bias").unwrap();
                append(&mut archive, layout(of) + ".bias", &[], bias.values());
            }
            Operation::TernaryLinear { matrix, .. } => {
                let values =
                    |row: usize| matrix.row(row).iter().map(|&trit| f32::from(trit) * matrix.scale);
                let name = layout(&matrix.name) + ".weight";
                if network.tables.contains_key("positions") {
                    // GPT-2 stores inputs by outputs, and here outputs come one after the other
                    let rows: Vec<f32> = (0..matrix.rows).flat_map(values).collect();
                    append(&mut archive, name, &[matrix.columns], &rows);
                } else {
                    let rows: Vec<f32> = (0..matrix.rows).flat_map(values).collect();
                    let shape = vec![matrix.rows, matrix.columns];
                    archive.insert(name, ArchiveTensor::f32(shape, &rows));
                }
            }
            _ => {}
        }
    }
    if network.tables.contains_key("positions") {
        turn_matrices(&mut archive);
    }
    (archive, stored)
}

fn put(archive: &mut Archive, name: String, values: &[f32]) {
    archive.insert(name, ArchiveTensor::f32(vec![values.len()], values));
}

/// Appends along the first dimension, for the thirds that one tensor holds.
fn append(archive: &mut Archive, name: String, inner: &[usize], values: &[f32]) {
    let per_row: usize = inner.iter().product();
    let tensor =
        archive.entry(name).or_insert_with(|| ArchiveTensor::f32([&[0], inner].concat(), &[]));
    tensor.shape[0] += values.len() / per_row;
    tensor.bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// Turns every matrix of a block from outputs by inputs to inputs by outputs.
fn turn_matrices(archive: &mut Archive) {
    for (name, tensor) in archive.iter_mut() {
        if !(name.contains(".h.") && tensor.shape.len() == 2) {
            continue;
        }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1]);
        let element = |index: usize| &tensor.bytes[4 * index..4 * index + 4];
        let turned = (0..columns)
            .flat_map(|column| (0..rows).map(move |row| row * columns + column))
            .flat_map(element)
            .copied()
            .collect();
        tensor.shape = vec![columns, rows];
        tensor.bytes = turned;
    }
}
