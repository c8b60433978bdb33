//! What differs between the families on the way to a bitstream.

use super::locate::ToolName;
use super::synthesis::Family;

impl Family {
    /// Options of the synthesis command for a whole machine.
    pub fn board_options(self) -> &'static [&'static str] {
        match self {
            // Wide multiplexers double the cells of popcount-like logic.
            Self::Ecp5 => &["-nowidelut"],
            // The boards' part is an UltraPlus: its timing, its multipliers, its single-port RAM.
            Self::Ice40 => &["-device", "u", "-dsp", "-spram"],
            Self::Gowin => &[],
        }
    }

    /// Commands between reading a design and synthesis.
    pub(super) fn preparation(self) -> &'static str {
        match self {
            // An iCE40 has no LUT RAM; what asks for it becomes block RAM or registers.
            Self::Ice40 => "proc\nsetattr -unset ram_style m:*\n",
            // Its synthesis puts pads on the ports of every module that it does not flatten.
            Self::Gowin => "setattr -mod -unset keep_hierarchy *\n",
            Self::Ecp5 => "",
        }
    }

    /// The placer.
    pub fn placer(self) -> ToolName {
        match self {
            Self::Ecp5 => ToolName::YowaspNextpnrEcp5,
            Self::Ice40 => ToolName::YowaspNextpnrIce40,
            Self::Gowin => ToolName::YowaspNextpnrGowin,
        }
    }

    /// The tool that writes bitstreams.
    pub fn packer(self) -> ToolName {
        match self {
            Self::Ecp5 => ToolName::YowaspEcppack,
            Self::Ice40 => ToolName::YowaspIcepack,
            Self::Gowin => ToolName::GowinPack,
        }
    }

    /// The file that the placer leaves for the packer.
    pub fn routed_name(self) -> &'static str {
        match self {
            Self::Ecp5 => "routed.config",
            Self::Ice40 => "routed.asc",
            Self::Gowin => "routed.json",
        }
    }

    /// The file that goes to the board.
    pub fn bitstream_name(self) -> &'static str {
        match self {
            Self::Ecp5 => "board.bit",
            Self::Ice40 => "board.bin",
            Self::Gowin => "board.fs",
        }
    }

    /// What people call a cell of the placer's report; nothing for what is of no interest.
    pub fn meaning(self, cell: &str) -> Option<&'static str> {
        Some(match (self, cell) {
            (Self::Ecp5, "TRELLIS_COMB") | (Self::Ice40, "ICESTORM_LC") | (Self::Gowin, "LUT4") => {
                "LUT4"
            }
            (Self::Ecp5, "TRELLIS_FF") | (Self::Gowin, "DFF") => "flip-flop",
            (Self::Ecp5, "DP16KD") | (Self::Ice40, "ICESTORM_RAM") | (Self::Gowin, "BSRAM") => {
                "block RAM"
            }
            (Self::Ecp5, "MULT18X18D") | (Self::Ice40, "ICESTORM_DSP") => "multiplier",
            (Self::Gowin, "MULT18X18") => "multiplier",
            (Self::Ecp5, "TRELLIS_RAMW") | (Self::Gowin, "RAM16SDP4") => "LUT RAM",
            (Self::Ice40, "ICESTORM_SPRAM") => "single-port RAM",
            (Self::Gowin, "ALU") => "adder bit",
            (Self::Ecp5, "EHXPLLL") | (Self::Ice40, "ICESTORM_PLL") | (Self::Gowin, "rPLL") => {
                "PLL"
            }
            (Self::Ecp5, "TRELLIS_IO") | (Self::Ice40, "SB_IO") | (Self::Gowin, "IOB") => "pin",
            _ => return None,
        })
    }
}
