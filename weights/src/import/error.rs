//! Why an import or an export fails: what, where, and what to do about it.

use crate::network::NetworkError;

/// Why a folder is not a model that can be imported. `file` is a name inside the folder.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum ImportError {
    /// The folder does not exist or is something else.
    #[error(
        "`{folder}` is {found}, not a folder\n  = give the folder that holds config.json and model.safetensors"
    )]
    Folder { folder: String, found: &'static str },
    /// A file cannot be read.
    #[error(
        "cannot read `{file}`: {reason}\n  = the folder must hold it, readable; fetch it again if it is missing"
    )]
    File { file: String, reason: String },
    /// A file is only a pointer to one.
    #[error(
        "`{file}` is a pointer of Git LFS, not the file itself\n  = run `git lfs pull` in the folder, or download the file"
    )]
    Pointer { file: String },
    /// The folder holds weights of another kind.
    #[error("the folder has `{found}`, but no `{missing}`\n  = {remedy}")]
    OtherWeights { found: String, missing: String, remedy: &'static str },
    /// The folder holds a tokenizer of another kind.
    #[error(
        "the folder has `{found}`, but no `tokenizer.json`\n  = load the tokenizer in transformers and write it with save_pretrained, which makes tokenizer.json; or give token ids"
    )]
    OtherTokenizer { found: &'static str },
    /// The tokenizer's file cannot be read.
    #[error(
        "cannot read the tokenizer: {reason}\n  --> {file}\n  = a model needs its tokenizer.json to read text: fetch it, or give token ids"
    )]
    Tokenizer { file: String, reason: String },
    /// The folder holds two models.
    #[error(
        "the folder holds two models: `{single}`, and `{shard}` by `{index}`\n  = keep the files of one of them"
    )]
    TwoModels { single: &'static str, shard: String, index: &'static str },
    /// A file is larger than its limit.
    #[error(
        "`{file}` holds {bytes} bytes, the limit is {limit}\n  = this is no model that this tool can hold: choose a smaller one"
    )]
    FileTooLarge { file: String, bytes: u64, limit: u64 },
    /// A file is no JSON object of the right form.
    #[error(
        "not the JSON that belongs here: {reason}\n  --> {place}\n  = the file is damaged or of another format: fetch it again"
    )]
    Json { place: String, reason: String },
    /// A configuration field is missing.
    #[error(
        "field `{field}` is missing\n  --> {file}\n  = it must be {expected}: add it, or fetch the file again"
    )]
    FieldMissing { file: String, field: String, expected: String },
    /// A configuration field has the wrong type or value.
    #[error("field `{field}` is {found}\n  --> {file}\n  = it must be {expected}")]
    Field { file: String, field: String, found: String, expected: String },
    /// A configuration field that the family does not know.
    #[error(
        "field `{field}` is {found}, which is not understood here\n  --> {file}\n  = leaving it out could change the model: remove the field if the model computes the same without it"
    )]
    FieldUnknown { file: String, field: String, found: String },
    /// A shard is named by a path.
    #[error(
        "tensor `{tensor}` is said to be in `{path}`\n  --> {file}, weight_map\n  = shards must be plain names ending in .safetensors, inside the folder"
    )]
    ShardPath { file: String, tensor: String, path: String },
    /// A weight file is shorter than what its first bytes promise.
    #[error(
        "the header is said to have {claimed} bytes, the file holds {available} after its length\n  --> {file}, first 8 bytes\n  = the file is truncated or damaged: fetch it again"
    )]
    HeaderBeyondFile { file: String, claimed: u64, available: u64 },
    /// A header is larger than its limit.
    #[error(
        "the header is said to have {claimed} bytes, the limit is {limit}\n  --> {file}, first 8 bytes\n  = no model needs that much: the file is damaged or of another format"
    )]
    HeaderTooLarge { file: String, claimed: u64, limit: u64 },
    /// A tensor's entry is wrong: dtype, shape or offsets.
    #[error(
        "tensor `{tensor}`: {reason}\n  --> {file}, header\n  = the file is truncated or damaged: fetch it again"
    )]
    Entry { file: String, tensor: String, reason: String },
    /// The data has bytes that belong to no tensor.
    #[error(
        "bytes {begin}..{end} of the data belong to no tensor\n  --> {file}, data\n  = the file is damaged or carries something else: fetch it again"
    )]
    Hole { file: String, begin: u64, end: u64 },
    /// Two files hold one tensor.
    #[error(
        "tensor `{tensor}` is also in `{other}`\n  --> {file}, header\n  = keep the files of one model only in the folder"
    )]
    TensorTwice { file: String, tensor: String, other: String },
    /// A tensor is missing.
    #[error(
        "tensor `{tensor}` is missing\n  --> {file}, header\n  = the configuration asks for it: config.json and weights must be of one model"
    )]
    TensorMissing { file: String, tensor: String },
    /// A tensor that the layout does not know.
    #[error(
        "tensor `{tensor}` is not part of this family's layout\n  --> {file}, header\n  = leaving it out would change the model: only models without it can be imported"
    )]
    TensorUnknown { file: String, tensor: String },
    /// A tensor has another shape or type than the configuration asks for.
    #[error(
        "tensor `{tensor}` is {found}, but must be {expected}\n  --> {file}, header\n  = config.json and weights must be of one model"
    )]
    TensorForm { file: String, tensor: String, found: String, expected: String },
    /// A stored rotary angle that is not the one of the configuration.
    #[error(
        "tensor `{tensor}`: angle {index} is {angle:?}, but the configuration's base makes it {ours:?}\n  --> {file}, data\n  = rotary angles of another rule are not executed: config.json and weights must be of one model"
    )]
    Angle { file: String, tensor: String, index: usize, angle: f32, ours: f32 },
    /// A two-bit code that stands for no trit.
    #[error(
        "tensor `{tensor}`: code 3 at row {row}, column {column}\n  --> {file}, data\n  = codes 0, 1, 2 stand for -1, 0, +1: the file is damaged or packed differently"
    )]
    Code { file: String, tensor: String, row: usize, column: usize },
    /// A number that may not be.
    #[error(
        "tensor `{tensor}`: element {index} is {value:?}, but must be {expected}\n  --> {file}, data\n  = the file is damaged: fetch it again"
    )]
    Number { file: String, tensor: String, index: usize, value: f32, expected: &'static str },
    /// An integer that its digits cannot write.
    #[error(
        "tensor `{tensor}`: element {index} is {value}, its digits hold -{limit}..={limit}\n  --> {file}, data\n  = config.json and weights must be of one model"
    )]
    Digits { file: String, tensor: String, index: usize, value: i16, limit: i64 },
    /// Something in a GGUF file.
    #[error("{place}: {reason}\n  --> {file}\n  = {remedy}")]
    Gguf { file: String, place: String, reason: String, remedy: &'static str },
    /// A model of floats where integers are needed.
    #[error(
        "matrix `{matrix}` holds floats of more than three values a row\n  --> {name}\n  = it is material, not a machine: spikewright quantise --model <this> --out <folder> makes one of it"
    )]
    Dense { name: String, matrix: String },
    /// A float matrix that is not ternary.
    #[error(
        "tensor `{tensor}`: row {row}, column {column} is {value:?}, but must be 0 or ±{scale:?}\n  --> {file}, data\n  = the matrix is not ternary: make it so with `spikewright quantise`"
    )]
    NotTernary { file: String, tensor: String, row: usize, column: usize, value: f32, scale: f32 },
    /// The pieces do not form a network.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// Why a network cannot be written in the Hugging Face BitNet layout.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message of each variant names its fields")]
pub enum ExportError {
    /// The layout knows only one structure.
    #[error(
        "network `{name}` is no BitNet transformer\n  = only networks of that structure can be written in this layout"
    )]
    Structure { name: String },
    /// The archive cannot be formed.
    #[error(
        "the weights cannot be written: {reason}\n  = this is a defect: report it with the network"
    )]
    Archive { reason: String },
    /// A file cannot be written.
    #[error("cannot write `{file}`: {reason}\n  = choose a folder that is writable and has room")]
    File { file: String, reason: String },
}
