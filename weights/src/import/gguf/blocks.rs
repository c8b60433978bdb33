//! The types of GGUF: from blocks of bytes to numbers.

use half::f16;

/// The types that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::upper_case_acronyms, reason = "the names of the format")]
pub(super) enum Kind {
    F32,
    F16,
    BF16,
    Q8,
    TQ1,
    TQ2,
    I2S,
}

/// Bytes behind the codes of I2_S, of which the first four are the scale.
const I2S_TAIL: u64 = 32;

impl Kind {
    /// The type of a code.
    pub(super) fn of(code: u32) -> Option<Kind> {
        match code {
            0 => Some(Kind::F32),
            1 => Some(Kind::F16),
            8 => Some(Kind::Q8),
            30 => Some(Kind::BF16),
            34 => Some(Kind::TQ1),
            35 => Some(Kind::TQ2),
            36 => Some(Kind::I2S),
            _ => None,
        }
    }

    /// Weights of a block.
    pub(super) fn block(self) -> u64 {
        match self {
            Kind::F32 | Kind::F16 | Kind::BF16 => 1,
            Kind::Q8 => 32,
            Kind::TQ1 | Kind::TQ2 => 256,
            Kind::I2S => 128,
        }
    }

    /// Bytes of a block.
    fn block_bytes(self) -> u64 {
        match self {
            Kind::F32 => 4,
            Kind::F16 | Kind::BF16 => 2,
            Kind::Q8 => 34,
            Kind::TQ1 => 54,
            Kind::TQ2 => 66,
            Kind::I2S => 32,
        }
    }

    /// Bytes of a tensor of whole blocks.
    pub(super) fn bytes(self, elements: u64) -> u64 {
        let tail = if self == Kind::I2S { I2S_TAIL } else { 0 };
        elements / self.block() * self.block_bytes() + tail
    }

    /// Whether weights are trits with scales.
    pub(super) fn is_ternary(self) -> bool {
        matches!(self, Kind::TQ1 | Kind::TQ2 | Kind::I2S)
    }

    /// Weights that share a scale.
    pub(super) fn scale_span(self, elements: usize) -> usize {
        if self == Kind::I2S { elements } else { self.block() as usize }
    }
}

/// The numbers of a float type or of Q8_0.
pub(super) fn floats(kind: Kind, bytes: &[u8]) -> Vec<f32> {
    let pair = |pair: &[u8]| u16::from_le_bytes([pair[0], pair[1]]);
    match kind {
        Kind::F32 => {
            let quads = bytes.chunks_exact(4);
            quads.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
        Kind::F16 => bytes.chunks_exact(2).map(|b| f16::from_bits(pair(b)).to_f32()).collect(),
        Kind::BF16 => {
            bytes.chunks_exact(2).map(|b| f32::from_bits(u32::from(pair(b)) << 16)).collect()
        }
        _ => {
            let block = |block: &[u8]| {
                let scale = f16::from_bits(pair(block)).to_f32();
                block[2..].iter().map(|&q| scale * f32::from(q as i8)).collect::<Vec<_>>()
            };
            bytes.chunks_exact(34).flat_map(block).collect()
        }
    }
}

/// Why trits cannot be read.
pub(super) enum TritFault {
    /// Code 3 at a weight.
    Code(usize),
    /// A scale that is no finite number, of a block.
    Scale(usize, f32),
}

/// The trits of a ternary type and the scales of its spans.
pub(super) fn trits(kind: Kind, bytes: &[u8]) -> Result<(Vec<i16>, Vec<f32>), TritFault> {
    let (mut trits, mut scales) = (Vec::new(), Vec::new());
    match kind {
        Kind::I2S => {
            let (codes, tail) = bytes.split_at(bytes.len() - I2S_TAIL as usize);
            for block in codes.chunks_exact(32) {
                for index in 0..128 {
                    push(&mut trits, (block[index % 32] >> (6 - 2 * (index / 32))) & 3)?;
                }
            }
            scales.push(f32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        }
        Kind::TQ2 => {
            for block in bytes.chunks_exact(66) {
                for index in 0..256 {
                    let (part, within) = (index / 128, index % 128);
                    let byte = block[32 * part + within % 32];
                    push(&mut trits, (byte >> (2 * (within / 32))) & 3)?;
                }
                scales.push(f16::from_le_bytes([block[64], block[65]]).to_f32());
            }
        }
        _ => {
            for block in bytes.chunks_exact(54) {
                tq1(block, &mut trits);
                scales.push(f16::from_le_bytes([block[52], block[53]]).to_f32());
            }
        }
    }
    match scales.iter().position(|scale| !scale.is_finite()) {
        None => Ok((trits, scales)),
        Some(block) => Err(TritFault::Scale(block, scales[block])),
    }
}

fn push(trits: &mut Vec<i16>, code: u8) -> Result<(), TritFault> {
    if code == 3 {
        return Err(TritFault::Code(trits.len()));
    }
    trits.push(i16::from(code) - 1);
    Ok(())
}

/// A block of TQ1_0: five trits a byte as a fixed-point fraction in base 3, four in the last bytes.
fn tq1(block: &[u8], trits: &mut Vec<i16>) {
    const POWERS: [u8; 5] = [1, 3, 9, 27, 81];
    let mut part = |bytes: &[u8], places: usize| {
        for power in &POWERS[..places] {
            for byte in bytes {
                let digit = (u16::from(byte.wrapping_mul(*power)) * 3) >> 8;
                trits.push(digit as i16 - 1);
            }
        }
    };
    part(&block[..32], 5);
    part(&block[32..48], 5);
    part(&block[48..52], 4);
}
