//! Small programs of passes, loops and matrices, written by hand: what a network becomes, without
//! a network.
//!
//! Every program begins with the embedding of a token and ends with logits, so that a machine runs
//! it as it runs any other.

mod assembly;
mod attention;
mod block;
mod spiking;

pub use assembly::{VOCABULARY, WIDTH};

use crate::talks::Lowered;
use firmware::image::MachineImage;
use firmware::machine::Program;
use weights::numeric::Radix;

/// The programs there are.
pub fn programs() -> Vec<Lowered> {
    let programs = [
        attention::program(1, Radix::Bitwise),
        attention::program(2, Radix::Unary),
        spiking::program(3),
        block::program(4),
    ];
    let lowered = |program: Program| {
        let image = MachineImage::new(&program).expect("it fits its own machine");
        Lowered { program, image }
    };
    programs.into_iter().map(lowered).collect()
}
