//! The register window of `machine`, and what its first registers read.

/// Bits of a byte address inside the register window.
pub const ADDRESS_WIDTH: u32 = 8;

/// Bytes of the register window, a power of two.
pub const WINDOW_BYTES: u32 = 1 << ADDRESS_WIDTH;

/// What register `id` reads: the letters `SPKM`, most significant byte first.
pub const ID_VALUE: u32 = 0x5350_4B4D;

/// Raised whenever an offset or a field moves, so that an old driver refuses a new machine.
pub const MAP_VERSION: u32 = 3;
