//! The top of a board: clock, reset, lamps, and the machine with its serial line.
//!
//! ```text
//!  clk_i ──► [PLL] ──► clock of everything
//!  button_i ─┬─► 2 registers ─► counter ─► reset of everything
//!  PLL lock ─┘
//!  serial_i ──► machine_uart ──► serial_o
//!                    └─► leds_o: life, bad, ready, full
//! ```

use super::machine_uart::MachineUart;
use super::pll::Pll;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use std::sync::Arc;

/// A level of a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The supply.
    High,
    /// Ground.
    Low,
}

/// Parameters of the block.
#[derive(Clone, Debug)]
pub struct BoardTop {
    /// Maker and name of the board, for the header.
    pub board: String,
    /// What is behind the serial line.
    pub machine: MachineUart,
    /// Makes the machine's clock of the board's; without it they are the same.
    pub pll: Option<Pll>,
    /// How a pressed button reads.
    pub button: Level,
    /// Lamps, at least 1.
    pub leds: u32,
    /// What lights a lamp.
    pub lit: Level,
    /// Bits of the counter whose top bit is the lamp of life.
    pub beat_width: u32,
}

/// Bits of the counter that ends a reset: 256 cycles after the button is let go and the clock good.
const RESET_WIDTH: u32 = 8;

impl BoardTop {
    /// The name of the module.
    pub const NAME: &'static str = "board";

    /// The module `board`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(Self::NAME, file!(), &self.summary());
        let bit = uint(1);
        b.port_group("Serial line, 8N1.");
        let serial = b.input("serial_i", bit, "from the host, high when idle; asynchronous");
        b.port_group("Button.");
        let button = b.input("button_i", bit, "begins anew; asynchronous");

        let locked = self.pll.map(|pll| {
            b.section("Clock of everything.");
            b.instance("pll", &pll.module(), &[]).get("LOCK")
        });
        let pressed = if self.button == Level::High { button } else { !button };
        let hold = locked.map_or(pressed, |locked| pressed | !locked);
        self.reset(&b, hold);

        b.section("Machine.");
        let machine = self.machine.module();
        let machine = b.instance("machine", &machine, &[("serial_i", serial)]);
        let full = machine.get("context_full_o");
        let leds = self.lamps(&b, (machine.get("error_o"), machine.get("busy_o"), full));

        b.port_group("Serial line, 8N1.");
        b.output("serial_o", machine.get("serial_o"), "to the host, high when idle");
        b.port_group("Lamps.");
        b.output("leds_o", leds, "the first is life");
        b.finish()
    }

    fn summary(&self) -> String {
        let clock = match self.pll {
            Some(pll) => format!("The clock is {} MHz, of {}.", pll.output_mhz, pll.describe()),
            None => "The clock is the board's.".to_owned(),
        };
        let what = match self.machine.parameters.input {
            None => "a spiking ternary language model",
            Some(_) => "a spiking ternary network",
        };
        let lamps = match self.leds {
            1 => "The lamp blinks; it stays lit after an error.".to_owned(),
            leds => format!(
                "Lamps: {}.",
                [
                    "0 blinks",
                    "1 an error since the reset",
                    "2 waits for a token",
                    "3 the text is full"
                ][..(leds as usize).min(4)]
                    .join(", ")
            ),
        };
        format!("{} on a {}.\n\n{clock} {lamps} The button begins anew.", what, self.board)
    }

    /// A reset until the button was let go, and the clock good, for a while.
    fn reset<'m>(&self, b: &'m Builder, hold: Signal<'m>) {
        b.section("Reset, from configuration on, by the device's initial values.");
        let bit = uint(1);
        let first = b.register_initial("hold_1_q", bit, 1).next(hold).signal();
        let held = b.register_initial("hold_q", bit, 1).next(first).signal();
        let wait = b.register_initial("wait_q", uint(RESET_WIDTH), 0);
        let over = b.wire("over", wait.signal().all());
        wait.when(held, wait.signal().same(0)).when(!over, wait.signal() + 1);
        let reset = b.register_initial("reset_q", bit, 1).next(!over).signal();
        b.reset_from(reset);
    }

    /// What the lamps show.
    fn lamps<'m>(
        &self,
        b: &'m Builder,
        (bad, busy, full): (Signal<'m>, Signal<'m>, Signal<'m>),
    ) -> Signal<'m> {
        b.section("Lamps.");
        let beat = b.register_reset("beat_q", uint(self.beat_width), 0);
        beat.next(beat.signal() + 1);
        let life = beat.signal().top_bit();
        let ready = !busy;
        let shown = match self.leds {
            1 => {
                b.unused("ready", ready, "There is one lamp.");
                b.unused("full", full, "There is one lamp.");
                vec![life | bad]
            }
            2 => {
                b.unused("ready", ready, "There are two lamps.");
                b.unused("full", full, "There are two lamps.");
                vec![life, bad]
            }
            3 => {
                b.unused("full", full, "There are three lamps.");
                vec![life, bad, ready]
            }
            leds => {
                let dark = (4..leds).map(|_| b.flag(false));
                [life, bad, ready, full].into_iter().chain(dark).collect()
            }
        };
        let parts: Vec<Signal> = shown.into_iter().rev().collect();
        let lit = b.wire("lit", b.concat(&parts));
        if self.lit == Level::High { lit } else { !lit }
    }
}
