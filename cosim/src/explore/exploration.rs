//! What is explored, and what was found.

use super::parts::Part;
use super::point::{Misfit, Point};
use super::sweep::Axes;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// What is explored.
#[derive(Clone, Debug)]
pub struct ExploreOptions {
    /// The values that are swept.
    pub axes: Axes,
    /// The part.
    pub part: Part,
    /// The clock in MHz at which tokens are counted.
    pub megahertz: f64,
    /// Token ids that a text begins with.
    pub prompt: Vec<u32>,
    /// Tokens after it, over which cycles and energy are averaged.
    pub tokens: usize,
    /// Designs that are predicted so far, for whoever shows it.
    pub predicted: Arc<AtomicUsize>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exploration {
    /// Name of the design.
    pub design: String,
    /// Name of the network.
    pub network: String,
    /// The part.
    pub part: Part,
    /// The clock in MHz.
    pub megahertz: f64,
    /// What arrives at a machine, one after the other: `token` or `vector`.
    pub arrival: &'static str,
    /// Tokens, or vectors, of the prompt, and after it.
    pub tokens: [usize; 2],
    /// Designs of the sweep.
    pub candidates: usize,
    /// Designs that are no machine for the network, and why the first is none.
    pub refused: usize,
    /// Why the first of them is none.
    pub first_refusal: Option<String>,
    /// The prices of energy.
    pub prices: Vec<firmware::energy::Price>,
    /// Machines that fit, by cells.
    pub points: Vec<Point>,
    /// Machines that do not fit.
    pub misfits: Vec<Misfit>,
    /// Points that were synthesised and simulated.
    pub confirmed: Vec<Confirmed>,
}

impl Exploration {
    /// The points of the front.
    pub fn front(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.front)
    }

    /// The points that are shown, and written as designs.
    pub fn chosen(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.is_chosen())
    }

    /// What was measured of a point, if it was confirmed.
    pub fn confirmed(&self, point: &Point) -> Option<&Confirmed> {
        self.confirmed.iter().find(|confirmed| confirmed.id == point.id)
    }
}

/// A point as predicted and as measured; every write of the simulation was equal to the reference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confirmed {
    /// The point.
    pub id: String,
    /// Cells, predicted and measured.
    pub cells: [u64; 2],
    /// Block RAMs, predicted and measured.
    pub block_rams: [u64; 2],
    /// Multipliers, predicted and measured.
    pub multipliers: [u64; 2],
    /// Cycles of all tokens, predicted and measured.
    pub cycles: [u64; 2],
    /// Values of the simulation that were compared and equal.
    pub values: u64,
}

impl Confirmed {
    /// How far the predicted cells are off, in percent of the measured ones.
    pub fn cells_off(&self) -> f64 {
        100.0 * (self.cells[0] as f64 / self.cells[1].max(1) as f64 - 1.0)
    }
}
