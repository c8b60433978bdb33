//! The Verilog of a board: its top with the machine of a program, memories loaded.

use super::SynthError;
use crate::boards::{Board, Level};
use crate::pipeline::PipelineError;
use crate::tools::Family;
use firmware::image::MachineImage;
use firmware::machine::Program;
use firmware::pass_choices::PassChoices;
use hdl::blocks::board::machine_uart::MachineUart;
use hdl::blocks::board::{self, BoardTop, Pll, PllCell};
use hdl::language::check::check;

/// Bits a second on the serial line.
pub(super) const BAUD: u32 = 1_000_000;

/// Fewest cycles of a bit that the receiver works with.
const DIVISOR_MIN: u32 = 4;

/// A printed board.
#[derive(Clone, Debug)]
pub struct BoardRtl {
    /// Name and text of each file: Verilog, children first, then contents of memories.
    pub sources: Vec<(String, String)>,
}

/// The PLL that makes a clock of a board, if it takes one.
///
/// # Errors
/// [`SynthError::Clock`] if the board cannot have that clock.
pub fn machine_clock(board: &Board, megahertz: f64) -> Result<Option<Pll>, SynthError> {
    let input = f64::from(board.facts.clock_mhz);
    let slowest = f64::from(DIVISOR_MIN) * f64::from(BAUD) * 1e-6;
    let refused = |reason: String, remedy: String| {
        Err(SynthError::Clock { wanted: megahertz, reason, remedy })
    };
    if !megahertz.is_finite() || megahertz < slowest {
        let reason = format!("a bit of the serial line takes {DIVISOR_MIN} cycles at least");
        return refused(reason, format!("choose {slowest} or more"));
    }
    if (megahertz - input).abs() < 1e-9 {
        return Ok(None);
    }
    let cell = match (board.facts.family, board.facts.pack.as_deref()) {
        (Family::Ecp5, _) => PllCell::Ecp5,
        (Family::Ice40, _) => PllCell::Ice40,
        (Family::Gowin, Some("GW1N-9C")) => PllCell::Gw1n,
        (Family::Gowin, _) => PllCell::Gw2a,
    };
    match Pll::find(cell, input, megahertz) {
        Some(pll) => Ok(Some(pll)),
        None => {
            let (low, high) = cell.range_mhz();
            let reason = format!("the PLL makes no clock within 1 % of it from {input} MHz");
            refused(reason, format!("choose {input}, or a clock of {low}..={high} MHz"))
        }
    }
}

impl BoardRtl {
    /// The top module.
    pub const TOP: &'static str = BoardTop::NAME;

    /// Generates, checks and prints the top of a board.
    ///
    /// # Errors
    /// If the program has no image, or the design does not pass its check.
    pub fn new(board: &Board, program: &Program, pll: Option<Pll>) -> Result<BoardRtl, SynthError> {
        let module = Self::top(board, program, pll)?.module();
        let files = hdl::language::verilog::print_with_images(&check(&module)?);
        Ok(BoardRtl { sources: files.into_iter().map(|file| (file.name, file.text)).collect() })
    }

    /// The parameters of the top.
    ///
    /// # Errors
    /// If the program has no image.
    pub fn top(board: &Board, program: &Program, pll: Option<Pll>) -> Result<BoardTop, SynthError> {
        let megahertz = pll.map_or(f64::from(board.facts.clock_mhz), |pll| pll.output_mhz);
        let divisor = (megahertz * 1e6 / f64::from(BAUD)).round() as u32;
        let machine = MachineUart {
            parameters: program.parameters,
            contents: MachineImage::new(program).map_err(PipelineError::from)?,
            choices: PassChoices::of(program),
            divisor,
            generate_count: program.parameters.answer_length(),
            end_token: program.end_token(),
        };
        let level = |level| match level {
            Level::High => board::Level::High,
            Level::Low => board::Level::Low,
        };
        Ok(BoardTop {
            board: board.facts.description.clone(),
            machine,
            pll,
            button: level(board.facts.button),
            leds: board.facts.leds.count,
            lit: level(board.facts.leds.lit),
            // Between half a second and a second.
            beat_width: (megahertz * 1e6).log2().floor() as u32,
        })
    }

    /// Lines of Verilog, contents of memories left out.
    pub fn lines(&self) -> usize {
        let verilog = self.sources.iter().filter(|(name, _)| name.ends_with(".v"));
        verilog.map(|(_, text)| text.lines().count()).sum()
    }
}
