//! Writing GGUF files, well-formed and otherwise.

use weights::llama::{Linear, Llama, LlamaBlock, LlamaMatrix, LlamaShape};
use weights::network::{AttentionShape, DigitMatrix, Function, Table};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "the names of the format")]
pub(crate) enum Kind {
    F32,
    F16,
    BF16,
    Q8,
    TQ1,
    TQ2,
    I2S,
}

/// A model whose rows are as wide as a block of every type. Scales are powers of two.
pub(crate) fn model(one_scale: bool) -> Llama {
    let shape = LlamaShape {
        width: 256,
        hidden: 256,
        blocks: 1,
        attention: AttentionShape { heads: 2, key_value_heads: 1, head_width: 128, causal: true },
        gate: Function::Silu,
        vocabulary: 6,
        context: 16,
        epsilon: 1e-5,
        rotary_base: 10000.0,
        begin_token: Some(1),
        end_tokens: [2].into(),
    };
    let mut state = 1u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut matrix = |linear: Linear| {
        let (rows, columns) = shape.size(linear);
        let scale = |random: u32| 2f32.powi(-4 - (random % 3) as i32);
        let first = scale(random());
        let row_scales = (0..rows).map(|_| if one_scale { first } else { scale(random()) });
        let row_scales: Vec<f32> = row_scales.collect();
        let values = (0..rows * columns).map(|_| (random() % 3) as i16 - 1).collect();
        let name = Llama::matrix_name(0, linear);
        LlamaMatrix::Digits(vec![DigitMatrix {
            name,
            rows,
            columns,
            digits: 1,
            values,
            row_scales,
        }])
    };
    let matrices = Linear::ALL.map(&mut matrix);
    let norm: Vec<f32> = (0..256).map(|channel| 1.0 + channel as f32 / 512.0).collect();
    let values = (0..6 * 256).map(|index| (index % 17) as f32 / 8.0 - 1.0).collect();
    Llama {
        name: "model".to_owned(),
        embedding: Table { rows: 6, columns: 256, values },
        head: None,
        norm: norm.clone(),
        blocks: vec![LlamaBlock {
            attention_norm: norm.clone(),
            attention_sub_norm: None,
            ffn_norm: norm,
            ffn_sub_norm: None,
            matrices,
        }],
        activations: None,
        shape,
    }
}

/// A value of a key: its type code and its bytes.
#[derive(Clone)]
pub(crate) struct Value(pub(crate) u32, pub(crate) Vec<u8>);

pub(crate) fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn array(code: u32, count: u64, elements: Vec<u8>) -> Value {
    Value(9, [&code.to_le_bytes()[..], &count.to_le_bytes()[..], &elements].concat())
}

#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<u64>,
    pub(crate) code: u32,
    /// Set where the file shall say another than where the bytes are.
    pub(crate) offset: Option<u64>,
    pub(crate) bytes: Vec<u8>,
}

/// The parts of a file, each to be changed.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) magic: Vec<u8>,
    pub(crate) version: u32,
    pub(crate) tensor_count: Option<u64>,
    pub(crate) key_count: Option<u64>,
    pub(crate) keys: Vec<(Vec<u8>, Value)>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) alignment: usize,
    pub(crate) trailing: Vec<u8>,
}

impl File {
    pub(crate) fn of(model: &Llama, kind: Kind) -> File {
        let shape = &model.shape;
        let whole = |value: usize| Value(4, (value as u32).to_le_bytes().to_vec());
        let float = |value: f32| Value(6, value.to_le_bytes().to_vec());
        let words = |value: &str| Value(8, text(value));
        let tokens = ["<unk>", "<s>", "</s>", "\u{2581}", "a", "\u{2581}a"];
        let numbers = |code, numbers: &[[u8; 4]]| array(code, 6, numbers.concat());
        let keys = vec![
            ("general.architecture", words("llama")),
            ("llama.embedding_length", whole(shape.width)),
            ("llama.feed_forward_length", whole(shape.hidden)),
            ("llama.block_count", whole(shape.blocks)),
            ("llama.context_length", whole(shape.context)),
            ("llama.attention.head_count", whole(shape.attention.heads)),
            ("llama.attention.head_count_kv", whole(shape.attention.key_value_heads)),
            ("llama.attention.layer_norm_rms_epsilon", float(shape.epsilon)),
            ("llama.rope.dimension_count", whole(shape.attention.head_width)),
            ("llama.rope.freq_base", float(shape.rotary_base)),
            ("llama.vocab_size", whole(shape.vocabulary)),
            ("tokenizer.ggml.model", words("llama")),
            ("tokenizer.ggml.tokens", array(8, 6, tokens.iter().flat_map(|t| text(t)).collect())),
            (
                "tokenizer.ggml.scores",
                numbers(6, &[0.0, 0.0, 0.0, -1.0, -2.0, -3.0].map(f32::to_le_bytes)),
            ),
            ("tokenizer.ggml.token_type", numbers(5, &[2, 3, 3, 1, 1, 1].map(i32::to_le_bytes))),
            ("tokenizer.ggml.bos_token_id", whole(1)),
            ("tokenizer.ggml.eos_token_id", whole(2)),
        ];
        let keys = keys.into_iter().map(|(key, value)| (text(key), value)).collect();
        let f32s = |name: &str, shape: Vec<u64>, values: &[f32]| Tensor {
            name: name.to_owned(),
            shape,
            code: 0,
            offset: None,
            bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        let mut tensors = vec![
            f32s("token_embd.weight", vec![256, 6], &model.embedding.values),
            f32s("output_norm.weight", vec![256], &model.norm),
            f32s("blk.0.attn_norm.weight", vec![256], &model.blocks[0].attention_norm),
            f32s("blk.0.ffn_norm.weight", vec![256], &model.blocks[0].ffn_norm),
        ];
        let parts = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
        for (linear, part) in Linear::ALL.into_iter().zip(parts) {
            let LlamaMatrix::Digits(terms) = model.blocks[0].matrix(linear) else {
                unreachable!("the model of the test is ternary");
            };
            let is_rotated = matches!(linear, Linear::Query | Linear::Key);
            let pairs = is_rotated.then_some(shape.attention.head_width);
            tensors.push(packed(&format!("blk.0.{part}.weight"), &terms[0], pairs, kind));
        }
        File {
            magic: b"GGUF".to_vec(),
            version: 3,
            tensor_count: None,
            key_count: None,
            keys,
            tensors,
            alignment: 32,
            trailing: Vec::new(),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut file = self.magic.clone();
        file.extend(self.version.to_le_bytes());
        file.extend(self.tensor_count.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        file.extend(self.key_count.unwrap_or(self.keys.len() as u64).to_le_bytes());
        for (key, value) in &self.keys {
            file.extend(key);
            file.extend(value.0.to_le_bytes());
            file.extend(&value.1);
        }
        let mut data = Vec::new();
        for tensor in &self.tensors {
            data.resize(usize::next_multiple_of(data.len(), self.alignment), 0u8);
            file.extend(text(&tensor.name));
            file.extend((tensor.shape.len() as u32).to_le_bytes());
            tensor.shape.iter().for_each(|length| file.extend(length.to_le_bytes()));
            file.extend(tensor.code.to_le_bytes());
            file.extend(tensor.offset.unwrap_or(data.len() as u64).to_le_bytes());
            data.extend(&tensor.bytes);
        }
        file.resize(usize::next_multiple_of(file.len(), self.alignment), 0);
        file.extend(data);
        file.extend(&self.trailing);
        file
    }

    /// Puts another value in the place of a key's, or adds the key.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        let key = text(key);
        match self.keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => self.keys.push((key, value)),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        let key = text(key);
        self.keys.retain(|(known, _)| *known != key);
    }

    pub(crate) fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).unwrap()
    }
}

/// A power of two as a half-precision float.
fn half(value: f32) -> [u8; 2] {
    if value == 0.0 {
        return [0, 0];
    }
    let exponent = (value.abs().log2() as i32 + 15) as u16;
    let sign = if value < 0.0 { 0x8000 } else { 0 };
    (sign | exponent << 10).to_le_bytes()
}

/// A matrix in the bytes of a type, rows in the order of neighbouring pairs where asked.
fn packed(name: &str, matrix: &DigitMatrix, head_width: Option<usize>, kind: Kind) -> Tensor {
    let columns = matrix.columns;
    let source = |row: usize| match head_width {
        None => row,
        Some(width) => {
            let (head, within) = (row / width, row % width);
            head * width + (within % 2) * (width / 2) + within / 2
        }
    };
    let mut bytes = Vec::new();
    for row in (0..matrix.rows).map(source) {
        let (trits, scale) = (matrix.row(row), matrix.row_scales[row]);
        let values = trits.iter().map(|&trit| f32::from(trit) * scale);
        match kind {
            Kind::F32 => bytes.extend(values.flat_map(f32::to_le_bytes)),
            Kind::F16 => bytes.extend(values.flat_map(half)),
            Kind::BF16 => bytes.extend(values.flat_map(|v| v.to_le_bytes()[2..].to_vec())),
            Kind::Q8 => {
                for block in trits.chunks(32) {
                    bytes.extend(half(scale));
                    bytes.extend(block.iter().map(|&trit| trit as u8));
                }
            }
            Kind::TQ1 => {
                for block in trits.chunks(256) {
                    for (begin, width, places) in [(0, 32, 5), (160, 16, 5), (240, 4, 4)] {
                        for lane in 0..width {
                            let digit =
                                |place: usize| (block[begin + place * width + lane] + 1) as u32;
                            let number: u32 =
                                (0..5)
                                    .map(|p| {
                                        if p < places {
                                            digit(p) * 3u32.pow(4 - p as u32)
                                        } else {
                                            0
                                        }
                                    })
                                    .sum();
                            bytes.push((number * 256).div_ceil(243) as u8);
                        }
                    }
                    bytes.extend(half(scale));
                }
            }
            Kind::TQ2 => {
                for block in trits.chunks(256) {
                    for part in block.chunks(128) {
                        for lane in 0..32 {
                            let code = |n: usize| ((part[32 * n + lane] + 1) as u8) << (2 * n);
                            bytes.push((0..4).map(code).sum());
                        }
                    }
                    bytes.extend(half(scale));
                }
            }
            Kind::I2S => {
                for block in trits.chunks(128) {
                    for lane in 0..32 {
                        let code = |n: usize| ((block[32 * n + lane] + 1) as u8) << (6 - 2 * n);
                        bytes.push((0..4).map(code).sum());
                    }
                }
            }
        }
    }
    let code = match kind {
        Kind::F32 => 0,
        Kind::F16 => 1,
        Kind::Q8 => 8,
        Kind::BF16 => 30,
        Kind::TQ1 => 34,
        Kind::TQ2 => 35,
        Kind::I2S => {
            bytes.extend(matrix.row_scales[0].to_le_bytes());
            bytes.extend([0; 28]);
            36
        }
    };
    let shape = vec![columns as u64, matrix.rows as u64];
    Tensor { name: name.to_owned(), shape, code, offset: None, bytes }
}
