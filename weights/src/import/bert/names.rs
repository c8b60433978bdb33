//! Names: ours on the left, those of transformers' BERT on the right.

/// What stands behind `blocks.<n>.` and behind `encoder.layer.<n>.`.
const BLOCK_NAMES: [(&str, &str); 8] = [
    ("attention.query", "attention.self.query"),
    ("attention.key", "attention.self.key"),
    ("attention.value", "attention.self.value"),
    ("attention.output", "attention.output.dense"),
    ("attention.norm", "attention.output.LayerNorm"),
    ("ffn.up", "intermediate.dense"),
    ("ffn.down", "output.dense"),
    ("ffn.norm", "output.LayerNorm"),
];

/// Modules of the encoder itself, which a file of the encoder alone has without `bert.`.
const ENCODER_NAMES: [(&str, &str); 4] = [
    ("embedding", "embeddings.word_embeddings"),
    ("positions", "embeddings.position_embeddings"),
    ("embedding.norm", "embeddings.LayerNorm"),
    ("pooler", "pooler.dense"),
];

/// Modules of the heads.
const HEAD_NAMES: [(&str, &str); 3] = [
    ("classifier", "classifier"),
    ("head.transform", "cls.predictions.transform.dense"),
    ("head.norm", "cls.predictions.transform.LayerNorm"),
];

/// The module of our `name`; `prefix` stands before those of the encoder.
pub(super) fn module(prefix: &str, name: &str) -> String {
    let among = |names: &[(&str, &'static str)]| {
        names.iter().find(|(ours, _)| *ours == name).map(|(_, theirs)| *theirs)
    };
    if let Some(theirs) = among(&ENCODER_NAMES) {
        return format!("{prefix}{theirs}");
    }
    if let Some(theirs) = among(&HEAD_NAMES) {
        return theirs.to_owned();
    }
    let (block, part) = block(name);
    let (_, theirs) = BLOCK_NAMES
        .iter()
        .find(|(ours, _)| *ours == part)
        .expect("every part of a block is in the table");
    format!("{prefix}encoder.layer.{block}.{theirs}")
}

/// What stands before the steps of SpikeLM's thresholds `of` a linear's input, or of stored keys or
/// values.
pub(super) fn thresholds(prefix: &str, of: &str) -> String {
    let stored = [("attention.key.stored", "clip_key"), ("attention.value.stored", "clip_value")];
    let (block, part) = block(of);
    match stored.iter().find(|(ours, _)| *ours == part) {
        Some((_, theirs)) => format!("{prefix}encoder.layer.{block}.attention.self.{theirs}"),
        None => format!("{}.act_clip_val", module(prefix, of)),
    }
}

fn block(name: &str) -> (&str, &str) {
    name.strip_prefix("blocks.")
        .and_then(|rest| rest.split_once('.'))
        .expect("names of a block are built as blocks.<n>.<part>")
}
