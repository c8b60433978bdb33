//! The dividers of a phase-locked loop, found by trying them all.
//!
//! ```text
//!  pin ──► ÷ input ──► [phase] ──► VCO ──┬──► ÷ output ──► clock
//!                         ▲              │
//!                         └── ÷ feedback ◄
//! ```
//!
//! Limits are those of the data sheets: ECP5 (FPGA-DS-02012, sysCLOCK PLL timing), iCE40
//! UltraPlus (FPGA-DS-02008), GW1NR-9 C6/I5 (DS117) and GW2AR-18 C8/I7 (DS226). All frequencies
//! are in MHz.

use crate::language::module::Module;
use crate::language::primitive::Parameter;
use crate::language::primitives::clock::{Parameters, ehxplll, rpll, sb_pll40_pad};
use std::sync::Arc;

/// A cell that makes a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PllCell {
    /// `EHXPLLL` of an ECP5, fed back from its output.
    Ecp5,
    /// `SB_PLL40_PAD` of an iCE40, fed back from its oscillator.
    Ice40,
    /// `rPLL` of a GW1NR-9C, fed back from its output.
    Gw1n,
    /// `rPLL` of a GW2AR-18C, fed back from its output.
    Gw2a,
}

/// The dividers of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pll {
    /// The cell.
    pub cell: PllCell,
    /// At its input, MHz.
    pub input_mhz: f64,
    /// At its output, MHz.
    pub output_mhz: f64,
    /// Divides the input.
    pub input_divider: u32,
    /// Divides what is fed back.
    pub feedback_divider: u32,
    /// Divides the oscillator for the output.
    pub output_divider: u32,
}

/// What a cell can do.
struct Limits {
    input_dividers: u32,
    feedback_dividers: u32,
    output_dividers: &'static [u32],
    /// At the phase detector.
    phase_mhz: (f64, f64),
    oscillator_mhz: (f64, f64),
    output_mhz: (f64, f64),
    /// Whether the output, rather than the oscillator, is fed back.
    feeds_output: bool,
}

/// How far, of 1, a clock may be from what was asked for.
const TOLERANCE: f64 = 0.01;

const ECP5_DIVIDERS: [u32; 128] = {
    let mut dividers = [0; 128];
    let mut index = 0;
    while index < 128 {
        dividers[index] = index as u32 + 1;
        index += 1;
    }
    dividers
};

impl PllCell {
    fn limits(self) -> Limits {
        match self {
            PllCell::Ecp5 => Limits {
                input_dividers: 128,
                feedback_dividers: 128,
                output_dividers: &ECP5_DIVIDERS,
                phase_mhz: (10.0, 400.0),
                oscillator_mhz: (400.0, 800.0),
                output_mhz: (10.0, 400.0),
                feeds_output: true,
            },
            PllCell::Ice40 => Limits {
                input_dividers: 16,
                feedback_dividers: 128,
                output_dividers: &[2, 4, 8, 16, 32, 64],
                phase_mhz: (10.0, 133.0),
                oscillator_mhz: (533.0, 1066.0),
                output_mhz: (16.0, 275.0),
                feeds_output: false,
            },
            PllCell::Gw1n => Limits {
                input_dividers: 64,
                feedback_dividers: 64,
                output_dividers: &GOWIN_DIVIDERS,
                phase_mhz: (3.0, 400.0),
                oscillator_mhz: (400.0, 1200.0),
                output_mhz: (3.125, 600.0),
                feeds_output: true,
            },
            PllCell::Gw2a => Limits {
                input_dividers: 64,
                feedback_dividers: 64,
                output_dividers: &GOWIN_DIVIDERS,
                phase_mhz: (3.0, 500.0),
                oscillator_mhz: (500.0, 1250.0),
                output_mhz: (3.90625, 625.0),
                feeds_output: true,
            },
        }
    }

    /// The clocks that the cell can make, MHz.
    pub fn range_mhz(self) -> (f64, f64) {
        self.limits().output_mhz
    }
}

const GOWIN_DIVIDERS: [u32; 11] = [2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128];

impl Pll {
    /// The dividers whose clock is closest to `wanted_mhz`; of those the fastest phase detector,
    /// and of those the oscillator closest to the middle of its range. Nothing if no clock is
    /// within 1 %.
    pub fn find(cell: PllCell, input_mhz: f64, wanted_mhz: f64) -> Option<Pll> {
        let limits = cell.limits();
        let inside = |value: f64, (low, high): (f64, f64)| (low..=high).contains(&value);
        let middle = (limits.oscillator_mhz.0 + limits.oscillator_mhz.1) / 2.0;
        let mut best: Option<([f64; 3], Pll)> = None;
        for input_divider in 1..=limits.input_dividers {
            let phase = input_mhz / f64::from(input_divider);
            if !inside(phase, limits.phase_mhz) {
                continue;
            }
            for feedback_divider in 1..=limits.feedback_dividers {
                for &output_divider in limits.output_dividers {
                    let fed_back = phase * f64::from(feedback_divider);
                    let divider = f64::from(output_divider);
                    let (oscillator, output) = match limits.feeds_output {
                        true => (fed_back * divider, fed_back),
                        false => (fed_back, fed_back / divider),
                    };
                    let error = (output - wanted_mhz).abs();
                    if !inside(oscillator, limits.oscillator_mhz)
                        || !inside(output, limits.output_mhz)
                        || error > TOLERANCE * wanted_mhz
                    {
                        continue;
                    }
                    // Less is better, the first difference decides.
                    let cost = [error, -phase, (oscillator - middle).abs()];
                    let pll = Pll {
                        cell,
                        input_mhz,
                        output_mhz: output,
                        input_divider,
                        feedback_divider,
                        output_divider,
                    };
                    if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                        best = Some((cost, pll));
                    }
                }
            }
        }
        best.map(|(_, pll)| pll)
    }

    /// The oscillator inside, MHz.
    pub fn oscillator_mhz(&self) -> f64 {
        let fed_back =
            self.input_mhz / f64::from(self.input_divider) * f64::from(self.feedback_divider);
        match self.cell.limits().feeds_output {
            true => fed_back * f64::from(self.output_divider),
            false => fed_back,
        }
    }

    /// The cell with its parameters.
    pub fn module(&self) -> Arc<Module> {
        match self.cell {
            PllCell::Ecp5 => ehxplll(self.ecp5()),
            PllCell::Ice40 => sb_pll40_pad(self.ice40()),
            PllCell::Gw1n => rpll(self.gowin("GW1NR-9C")),
            PllCell::Gw2a => rpll(self.gowin("GW2AR-18C")),
        }
    }

    /// The cell and its dividers in words.
    pub fn describe(&self) -> String {
        let name = match self.cell {
            PllCell::Ecp5 => "EHXPLLL",
            PllCell::Ice40 => "SB_PLL40_PAD",
            PllCell::Gw1n | PllCell::Gw2a => "rPLL",
        };
        format!(
            "{name}: {} MHz / {} x {}, oscillator {:.1} MHz, output / {}",
            self.input_mhz,
            self.input_divider,
            self.feedback_divider,
            self.oscillator_mhz(),
            self.output_divider
        )
    }

    fn ecp5(&self) -> Parameters {
        vec![
            ("CLKI_DIV", Parameter::Integer(self.input_divider)),
            ("CLKFB_DIV", Parameter::Integer(self.feedback_divider)),
            ("CLKOP_DIV", Parameter::Integer(self.output_divider)),
            ("CLKOP_CPHASE", Parameter::Integer(self.output_divider - 1)),
            ("CLKOP_FPHASE", Parameter::Integer(0)),
            ("CLKOP_ENABLE", text("ENABLED")),
            ("FEEDBK_PATH", text("CLKOP")),
        ]
    }

    fn ice40(&self) -> Parameters {
        let phase = self.input_mhz / f64::from(self.input_divider);
        let bounds = [17.0, 26.0, 44.0, 66.0, 101.0];
        let range = 1 + bounds.iter().filter(|&&bound| phase >= bound).count() as u64;
        vec![
            ("FEEDBACK_PATH", text("SIMPLE")),
            ("DIVR", bits(4, u64::from(self.input_divider) - 1)),
            ("DIVF", bits(7, u64::from(self.feedback_divider) - 1)),
            ("DIVQ", bits(3, self.output_divider.trailing_zeros().into())),
            ("FILTER_RANGE", bits(3, range)),
        ]
    }

    fn gowin(&self, device: &str) -> Parameters {
        vec![
            ("FCLKIN", text(&self.input_mhz.to_string())),
            ("DEVICE", text(device)),
            ("IDIV_SEL", Parameter::Integer(self.input_divider - 1)),
            ("FBDIV_SEL", Parameter::Integer(self.feedback_divider - 1)),
            ("ODIV_SEL", Parameter::Integer(self.output_divider)),
            ("DYN_IDIV_SEL", text("false")),
            ("DYN_FBDIV_SEL", text("false")),
            ("DYN_ODIV_SEL", text("false")),
            ("CLKFB_SEL", text("internal")),
            ("CLKOUT_BYPASS", text("false")),
        ]
    }
}

fn text(value: &str) -> Parameter {
    Parameter::Text(value.to_owned())
}

fn bits(width: u32, value: u64) -> Parameter {
    Parameter::Bits { width, value }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each cell and how many of the clocks below it makes, counted by another program: a phase
    /// detector of at least 10 MHz leaves an ECP5 mostly the multiples of its input.
    const CELLS: [(PllCell, u32); 4] =
        [(PllCell::Ecp5, 123), (PllCell::Ice40, 625), (PllCell::Gw1n, 544), (PllCell::Gw2a, 544)];

    #[test]
    fn every_clock_found_is_within_every_limit() {
        for (cell, count) in CELLS {
            let limits = cell.limits();
            let (low, high) = cell.range_mhz();
            let mut found = 0;
            for input in [12.0, 25.0, 27.0, 48.0, 50.0, 100.0] {
                for wanted in (1..=120).map(f64::from) {
                    let Some(pll) = Pll::find(cell, input, wanted) else { continue };
                    found += 1;
                    let inside =
                        |value: f64, (low, high): (f64, f64)| low <= value && value <= high;
                    assert!((pll.output_mhz - wanted).abs() <= TOLERANCE * wanted, "{pll:?}");
                    assert!((low..=high).contains(&pll.output_mhz), "{pll:?}");
                    assert!(inside(input / f64::from(pll.input_divider), limits.phase_mhz));
                    assert!(inside(pll.oscillator_mhz(), limits.oscillator_mhz), "{pll:?}");
                }
            }
            assert_eq!(found, count, "{cell:?}");
        }
    }

    #[test]
    fn known_settings() {
        // ecppll -i 25 -o 50: 25 / 1 x 2, VCO 600 / 12.
        let pll = Pll::find(PllCell::Ecp5, 25.0, 50.0).unwrap();
        assert_eq!((pll.input_divider, pll.feedback_divider, pll.output_divider), (1, 2, 12));
        // icepll -i 12 -o 24: DIVR 0, DIVF 63, DIVQ 5, FILTER_RANGE 1.
        let pll = Pll::find(PllCell::Ice40, 12.0, 24.0).unwrap();
        assert_eq!((pll.input_divider, pll.feedback_divider, pll.output_divider), (1, 64, 32));
        assert_eq!(pll.ice40()[4], ("FILTER_RANGE", bits(3, 1)));
        // gowin_pll -i 27 -o 54: IDIV 0, FBDIV 1, ODIV 8 or 16.
        let pll = Pll::find(PllCell::Gw2a, 27.0, 54.0).unwrap();
        assert_eq!((pll.input_divider, pll.feedback_divider), (1, 2));
        assert_eq!(pll.output_mhz, 54.0);
    }

    #[test]
    fn a_clock_out_of_reach_has_no_setting() {
        assert_eq!(Pll::find(PllCell::Ice40, 12.0, 6.0), None);
        assert_eq!(Pll::find(PllCell::Ecp5, 25.0, 500.0), None);
        assert_eq!(Pll::find(PllCell::Gw1n, 27.0, 1.0), None);
    }
}
