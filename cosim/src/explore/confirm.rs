//! Points of the front, built: cells and block RAM by synthesis, cycles by co-simulation.

use super::point::Predictor;
use super::{Confirmed, Exploration, ExploreError, ExploreOptions, Point};
use crate::bench::{Synthesis, progress};
use crate::pipeline::PipelineError;
use crate::pipeline::machine::{MachineRtl, TokenRun, converse};
use crate::reference::machine::MachineReference;
use crate::tools::{Cache, Design};
use crate::verilated::{BuildOptions, Optimisation, PowerUp, Toolchain};
use firmware::image::MachineImage;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use weights::config::DesignFile;
use weights::network::Network;

impl Exploration {
    /// Synthesises and simulates `count` of the chosen points, those with a name first.
    ///
    /// # Errors
    /// A tool that fails, or a point that differs from the reference.
    pub fn confirm(
        &mut self,
        file: &DesignFile,
        network: &Network,
        options: &ExploreOptions,
        count: usize,
    ) -> Result<(), ExploreError> {
        self.confirmed = confirm(self, file, network, options, count)?;
        Ok(())
    }
}

/// Confirms `count` of the chosen points, those with a name first, then the smallest.
fn confirm(
    exploration: &Exploration,
    file: &DesignFile,
    network: &Network,
    options: &ExploreOptions,
    count: usize,
) -> Result<Vec<Confirmed>, ExploreError> {
    let cache = Cache::of_user().map_err(PipelineError::from)?;
    let synthesis = Synthesis::new(&cache)?;
    let toolchain = Toolchain::find().map_err(PipelineError::from)?;
    let (named, others): (Vec<&Point>, Vec<&Point>) =
        exploration.chosen().partition(|point| !point.names.is_empty());
    let chosen: Vec<&Point> = named.into_iter().chain(others).take(count).collect();
    let clocked = (options.part, options.megahertz);
    let predictor = Predictor::new(file, network, clocked, (&options.prompt, options.tokens));
    let bar = progress(chosen.len() as u64, "confirm");
    let mut confirmed = vec![];
    for point in chosen {
        let next = confirm_point(&predictor, point, &synthesis, &toolchain)?;
        bar.inc(1);
        confirmed.push(next);
    }
    bar.finish_and_clear();
    Ok(confirmed)
}

fn confirm_point(
    predictor: &Predictor,
    point: &Point,
    synthesis: &Synthesis,
    toolchain: &Toolchain,
) -> Result<Confirmed, ExploreError> {
    let refused = |reason: String| PipelineError::Options {
        reason,
        remedy: "a point of the front was a machine before: a defect, report it",
    };
    let program = predictor.program(&point.design).map_err(refused)?;
    let hardware = check(&Machine::new(&program).module());
    let packed = synthesis.measure(&hardware.map_err(PipelineError::from)?)?;
    let rtl = MachineRtl::new(&program)?;
    let (top, sources, ports) = rtl.design();
    let build =
        BuildOptions { trace: false, optimisation: Optimisation::Fast, power_up: PowerUp::Zero };
    let model = toolchain.build(&Design { top, sources }, ports, build);
    let simulation = model.and_then(|model| model.simulate()).map_err(PipelineError::from)?;
    let image = MachineImage::new(&program).map_err(PipelineError::from)?;
    let reference = MachineReference::new(&program);
    let talk = converse(simulation, &image, reference, predictor.prompt, predictor.tokens, |_| ());
    if let Some(failure) = talk.failure {
        let (point, failure) = (point.id.clone(), Box::new(failure));
        return Err(ExploreError::Machine { point, failure });
    }
    let measured = |token: &TokenRun| u64::from(token.counters.cycles);
    let predicted = point.cycles_per_token * talk.tokens.len() as f64;
    Ok(Confirmed {
        id: point.id.clone(),
        cells: [point.cells, packed.cells],
        block_rams: [point.block_rams, packed.block_rams],
        multipliers: [point.multipliers, packed.multipliers],
        cycles: [predicted.round() as u64, talk.tokens.iter().map(measured).sum()],
        values: talk.compared_values(),
    })
}
