//! One design of the sweep, predicted: what it takes, how fast it is, what a token costs.

use super::activity::{Activity, activity};
use super::front::Objectives;
use super::{Candidate, ExploreError, Part};
use crate::pipeline::PipelineError;
use firmware::energy::TokenEnergy;
use firmware::lower::lower;
use firmware::machine::{MachineParameters, Program};
use firmware::machine_memories::MemoryUse;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::cost::{Cells, estimate};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use weights::config::{DesignFile, Form};
use weights::network::Network;

/// Cells of a synapse below which no array is: a design that passes them by is not looked into.
const SYNAPSE_CELLS_MIN: usize = 2;
/// Bits of a LUT, and of a block RAM.
const LUT_BITS: u64 = 16;
const BLOCK_RAM_BITS: u64 = 18 << 10;

/// A machine that fits the part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Its name, and that of its design file.
    pub id: String,
    /// What is swept.
    #[serde(flatten)]
    pub design: Candidate,
    /// Cells of one LUT4 each.
    pub cells: u64,
    /// Flip-flops.
    pub flip_flops: u64,
    /// Block RAMs of 18 kbit.
    pub block_rams: u64,
    /// Multipliers of 18 × 18 bits.
    pub multipliers: u64,
    /// Mean cycles of a token.
    pub cycles_per_token: f64,
    /// At the clock of the exploration.
    pub tokens_per_second: f64,
    /// Energy of a token in nanojoules, from the table of prices.
    pub nanojoules_per_token: f64,
    /// Its parts in nanojoules: adds, accumulations, fetches, vector unit.
    pub nanojoules: [f64; 4],
    /// The same with int8 activations that ternary weights add and subtract.
    pub int8_nanojoules_per_token: f64,
    /// The resource that it takes the largest share of: what stops it from growing.
    pub binding: &'static str,
    /// Whether it is the design that was given.
    pub current: bool,
    /// Whether no other point is better in cells, block RAM, speed and energy at once.
    pub front: bool,
    /// Whether no other point is better in cells and speed.
    pub line: bool,
    /// What it is best at.
    pub names: Vec<&'static str>,
}

impl Point {
    /// Cells, block RAMs, cycles and energy: less is better.
    pub(super) fn objectives(&self) -> Objectives {
        [
            self.cells as f64,
            self.block_rams as f64,
            self.cycles_per_token,
            self.nanojoules_per_token,
        ]
    }

    /// Whether the point is shown: on the line, or best at something.
    pub fn is_chosen(&self) -> bool {
        self.front && (self.line || !self.names.is_empty())
    }

    /// Points with the same counts compute the same numbers; others are not compared.
    pub(super) fn counts(&self) -> (u32, [u32; 2]) {
        (self.design.mean_count, self.design.bits)
    }
}

/// A machine that does not fit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Misfit {
    /// Its name.
    pub id: String,
    /// The resource of which it takes too much; the worst, if several.
    pub resource: &'static str,
    /// How much it takes, or takes at least.
    pub used: u64,
    /// How much the part has.
    pub available: u64,
}

impl Misfit {
    /// How far away it is: used over available.
    pub(super) fn excess(&self) -> f64 {
        self.used as f64 / self.available.max(1) as f64
    }
}

/// What came of a candidate.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Point(Box<Point>),
    Misfit(Misfit),
    /// Why it is no machine for the network.
    Refused(String),
}

/// What predictions share.
pub(super) struct Predictor<'a> {
    pub(super) file: &'a DesignFile,
    pub(super) network: &'a Network,
    pub(super) part: Part,
    pub(super) megahertz: f64,
    pub(super) prompt: &'a [u32],
    pub(super) tokens: usize,
    /// Hardware of equal parameters: estimated once.
    hardware: Mutex<HashMap<MachineParameters, Arc<OnceLock<Cells>>>>,
}

impl<'a> Predictor<'a> {
    pub(super) fn new(
        file: &'a DesignFile,
        network: &'a Network,
        (part, megahertz): (Part, f64),
        (prompt, tokens): (&'a [u32], usize),
    ) -> Predictor<'a> {
        let hardware = Mutex::default();
        Predictor { file, network, part, megahertz, prompt, tokens, hardware }
    }

    /// The program of a candidate.
    pub(super) fn program(&self, candidate: &Candidate) -> Result<Program, String> {
        let file = self.file.with_settings(&candidate.settings());
        let file = file.map_err(|error| error.to_string())?;
        lower(self.network, &file.design).map_err(|error| error.to_string())
    }

    /// Predicts a candidate.
    pub(super) fn predict(&self, candidate: &Candidate) -> Result<Outcome, ExploreError> {
        let program = match self.program(candidate) {
            Ok(program) => program,
            Err(reason) => return Ok(Outcome::Refused(reason)),
        };
        if let Some(misfit) = self.too_large(candidate, &program) {
            return Ok(Outcome::Misfit(misfit));
        }
        let cells = self.cells(&program)?;
        if let Some(misfit) = self.misfit(candidate, &cells) {
            return Ok(Outcome::Misfit(misfit));
        }
        let activity = activity(&program, self.prompt, self.tokens)?;
        Ok(Outcome::Point(Box::new(self.point(candidate, &cells, &activity))))
    }

    /// What cannot fit by its memories or its synapses alone.
    fn too_large(&self, candidate: &Candidate, program: &Program) -> Option<Misfit> {
        let bits: u64 = program.memories().iter().map(MemoryUse::bits).sum();
        let columns = if candidate.form == Form::Event { 1 } else { candidate.slots };
        let synapses = candidate.lanes * columns * candidate.planes;
        // What is in no block RAM is in LUTs of 16 bits.
        let beside = self.part.cells * LUT_BITS;
        let certain = Cells {
            luts: (SYNAPSE_CELLS_MIN * synapses) as u64,
            block_rams: bits.saturating_sub(beside).div_ceil(BLOCK_RAM_BITS),
            ..Cells::default()
        };
        self.misfit(candidate, &certain)
    }

    /// The resource that a machine takes the largest share of, how much, and how much there is.
    fn binding(&self, cells: &Cells) -> (&'static str, u64, u64) {
        let Part { cells: all, flip_flops, block_rams, multipliers, .. } = self.part;
        let used = [
            ("cells", cells.cells(), all),
            ("flip-flops", cells.flip_flops, flip_flops),
            ("block RAMs", cells.block_rams, block_rams),
            ("multipliers", cells.multipliers, multipliers),
        ];
        let share = |(_, used, available): &(&str, u64, u64)| *used as f64 / *available as f64;
        let largest = used.into_iter().max_by(|a, b| share(a).total_cmp(&share(b)));
        largest.expect("there are four")
    }

    /// What a machine takes too much of.
    fn misfit(&self, candidate: &Candidate, cells: &Cells) -> Option<Misfit> {
        let (resource, used, available) = self.binding(cells);
        (used > available).then(|| Misfit { id: candidate.id(), resource, used, available })
    }

    fn cells(&self, program: &Program) -> Result<Cells, PipelineError> {
        let known = {
            let mut all = self.hardware.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(program.parameters).or_default().clone()
        };
        if let Some(cells) = known.get() {
            return Ok(*cells);
        }
        let checked = check(&Machine::new(program).module())?;
        Ok(*known.get_or_init(|| estimate(&checked)))
    }

    fn point(&self, candidate: &Candidate, cells: &Cells, activity: &Activity) -> Point {
        let tokens = activity.tokens.max(1) as f64;
        let cycles_per_token = activity.cycles as f64 / tokens;
        // A thousand picojoules are a nanojoule.
        let nanojoules = |picojoules: f64| picojoules / tokens / 1000.0;
        let energy = activity.work.energy();
        let TokenEnergy { adds, accumulations, fetches, vector } = energy;
        Point {
            id: candidate.id(),
            design: candidate.clone(),
            cells: cells.cells(),
            flip_flops: cells.flip_flops,
            block_rams: cells.block_rams,
            multipliers: cells.multipliers,
            cycles_per_token,
            tokens_per_second: self.megahertz * 1e6 / cycles_per_token,
            nanojoules_per_token: nanojoules(energy.total()),
            nanojoules: [adds, accumulations, fetches, vector].map(nanojoules),
            int8_nanojoules_per_token: nanojoules(activity.work.int8_energy().total()),
            binding: self.binding(cells).0,
            current: false,
            front: false,
            line: false,
            names: vec![],
        }
    }
}
