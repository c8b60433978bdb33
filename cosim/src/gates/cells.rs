//! What the cells of each family do, as Verilog of our own: one file a cell, or a few relatives.
//! Cells that the HDL also uses by name bring their model from there.
//!
//! Yosys' own models leave block RAMs and multipliers empty, or are no Verilog that every simulator
//! reads.

use crate::tools::Family;
use hdl::language::primitives::carry::CCU2C_MODEL;

/// The model of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellModel {
    /// Name of its file.
    pub file: &'static str,
    /// Its Verilog.
    pub text: &'static str,
}

macro_rules! cells {
    ($($family:ident $file:literal $text:expr => $($name:literal)+;)+) => {
        /// Every model: its family, the cells that it describes, and its file.
        pub const CELLS: &[(Family, &[&str], CellModel)] = &[$((
            Family::$family,
            &[$($name),+],
            CellModel { file: $file, text: $text },
        )),+];
    };
}

cells! {
    Ecp5 "lut4.v" include_str!("cells/ecp5/lut4.v") => "LUT4";
    Ecp5 "pfumx.v" include_str!("cells/ecp5/pfumx.v") => "PFUMX";
    Ecp5 "l6mux21.v" include_str!("cells/ecp5/l6mux21.v") => "L6MUX21";
    Ecp5 "ccu2c.v" CCU2C_MODEL => "CCU2C";
    Ecp5 "trellis_ff.v" include_str!("cells/ecp5/trellis_ff.v") => "TRELLIS_FF";
    Ecp5 "trellis_dpr16x4.v" include_str!("cells/ecp5/trellis_dpr16x4.v") => "TRELLIS_DPR16X4";
    Ecp5 "dp16kd.v" include_str!("cells/ecp5/dp16kd.v") => "DP16KD";
    Ecp5 "mult18x18d.v" include_str!("cells/ecp5/mult18x18d.v") => "MULT18X18D";
    Ice40 "sb_lut4.v" include_str!("cells/ice40/sb_lut4.v") => "SB_LUT4";
    Ice40 "sb_carry.v" include_str!("cells/ice40/sb_carry.v") => "SB_CARRY";
    Ice40 "sb_dff.v" include_str!("cells/ice40/sb_dff.v") => "SB_DFF" "SB_DFFE" "SB_DFFSR" "SB_DFFSS" "SB_DFFESR" "SB_DFFESS";
    Ice40 "sb_ram40_4k.v" include_str!("cells/ice40/sb_ram40_4k.v") => "SB_RAM40_4K";
    Ice40 "sb_spram256ka.v" include_str!("cells/ice40/sb_spram256ka.v") => "SB_SPRAM256KA";
}

impl CellModel {
    /// Its file, as a design holds it.
    pub fn source(self) -> (String, String) {
        (self.file.to_owned(), self.text.to_owned())
    }

    /// The model of a cell.
    pub fn of(family: Family, name: &str) -> Option<CellModel> {
        let matches =
            |(of, names, _): &&(Family, &[&str], CellModel)| *of == family && names.contains(&name);
        CELLS.iter().find(matches).map(|(_, _, model)| *model)
    }
}
