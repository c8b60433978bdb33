//! What becomes of the faults that are planted in printed machines: a table, and what it must say.

use crate::machine_check::{Caught, Whole};
use crate::matrices::MatrixCase;
use crate::plants::Plant;
use crate::verilog;
use cosim::verilated::{Toolchain, VerilatedModel};
use hdl::language::check::Checked;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// What faults are planted into.
pub trait Subject {
    /// What tables call it.
    fn name(&self) -> String;

    /// The checked design.
    fn design(&self) -> Checked;

    /// All checks of it.
    ///
    /// # Errors
    /// The first difference.
    fn check(&self, simulate: impl Fn() -> VerilatedModel) -> Result<(), Caught>;
}

impl Subject for Whole {
    fn name(&self) -> String {
        self.case.name.clone()
    }

    fn design(&self) -> Checked {
        Whole::design(self)
    }

    fn check(&self, simulate: impl Fn() -> VerilatedModel) -> Result<(), Caught> {
        Whole::check(self, simulate)
    }
}

impl Subject for MatrixCase {
    fn name(&self) -> String {
        self.form.name().to_owned()
    }

    fn design(&self) -> Checked {
        self.machine()
    }

    fn check(&self, simulate: impl Fn() -> VerilatedModel) -> Result<(), Caught> {
        MatrixCase::check(self, simulate()).map(|_| ())
    }
}

/// Runs a machine with a fault in it; what caught it, in a word and as it says it.
fn caught<D: Subject>(toolchain: &Toolchain, plant: &Plant<D>) -> (&'static str, String) {
    let whole = (plant.design)();
    let design = whole.design();
    let mut sources = verilog::sources(&design);
    if let Err(message) = plant.into_sources(&mut sources) {
        return ("no place", message);
    }
    let model = match verilog::compile(toolchain, &design, &sources) {
        Ok(model) => model,
        Err(error) => return ("no model", error.to_string()),
    };
    match whole.check(|| model.simulate().expect("the model loads")) {
        Ok(()) => ("nothing", String::new()),
        Err(caught) => (Caught::caught_by(&caught), caught.to_string()),
    }
}

/// The file that `SPIKEWRIGHT_PLANTS` names.
pub fn named() -> Option<String> {
    std::env::var("SPIKEWRIGHT_PLANTS").ok().filter(|name| !name.is_empty())
}

/// Plants every so many of the faults, or all of the file that `SPIKEWRIGHT_PLANTS` names, prints what
/// caught each, and asks for what the table says.
///
/// # Panics
/// If one is caught by something else, or by nothing.
pub fn every_one_is_caught<D: Subject + Sync>(plants: &[Plant<D>], every: usize) {
    let toolchain = Toolchain::find().unwrap_or_else(|error| panic!("{error}"));
    let named = named();
    let asked = |(index, plant): &(usize, &Plant<D>)| match &named {
        Some(file) => plant.file == file,
        None => index % every == 0,
    };
    let sample: Vec<(usize, &Plant<D>)> = plants.iter().enumerate().filter(asked).collect();
    let caught = |(_, plant): &(usize, &Plant<D>)| caught(&toolchain, plant);
    let results: Vec<(&str, String)> = sample.par_iter().with_max_len(1).map(caught).collect();
    println!("| # | design | file | fault | caught by | message |");
    println!("|--:|---|---|---|---|---|");
    let mut wrong = vec![];
    for ((index, plant), (found, message)) in sample.iter().zip(results) {
        let Plant { file, fault, caught_by, .. } = plant;
        let (number, design) = (index + 1, (plant.design)().name());
        println!("| {number} | {design} | `{file}` | {fault} | {found} | {message} |");
        if found != *caught_by {
            wrong.push(format!("{file}, {fault}: {found}, not {caught_by}; {message}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every plant has its place in what is printed.
///
/// # Panics
/// If one has none.
pub fn every_one_has_its_place<D: Subject>(plants: &[Plant<D>]) {
    let mut missing = vec![];
    for plant in plants {
        let mut sources = verilog::sources(&(plant.design)().design());
        missing.extend(plant.into_sources(&mut sources).err());
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Files of some machines in which none of the faults stands.
pub fn bare<'a>(
    designs: impl IntoIterator<Item = fn() -> Whole>,
    planted: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<String> {
    let planted: BTreeSet<&str> = planted.into_iter().collect();
    let files = designs.into_iter().flat_map(|design| verilog::sources(&design().design()));
    files.map(|(file, _)| file).filter(|file| !planted.contains(file.as_str())).collect()
}
