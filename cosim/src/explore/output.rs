//! What an exploration leaves: a table, `points.json`, the picture, and a design for each point.

use super::grouped::grouped;
use super::{Exploration, ExploreError, Misfit, Point, picture};
use crate::pipeline::PipelineError;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use weights::config::DesignFile;

/// The table of the front, and what did not fit.
pub fn table(exploration: &Exploration) -> String {
    let Exploration { part, megahertz, tokens: [prompt, tokens], arrival, .. } = exploration;
    let mut text = format!(
        "{} designs for {} on {}: {} fit, {} do not, {} are no machine; {} on the front\n",
        exploration.candidates,
        exploration.network,
        part.name,
        exploration.points.len(),
        exploration.misfits.len(),
        exploration.refused,
        exploration.front().count(),
    );
    text += &misfits(&exploration.misfits);
    let [blocks, multipliers] =
        [part.block_rams, part.multipliers].map(|count| format!("of {count}"));
    let clock = format!("{megahertz} MHz");
    let (speed, each) = (format!("{arrival}s/s"), format!("a {arrival}"));
    for line in [
        ["", "cells", "", "block RAM", "mult.", "binds", "cycles", &speed, "nJ a", "int8"],
        ["design", "", "", &blocks, &multipliers, "", &each, &clock, arrival, "adds"],
    ] {
        text += &columns(line.map(str::to_owned));
        text.push('\n');
    }
    for point in exploration.points.iter().filter(|point| point.is_chosen() || point.current) {
        text += &row(point, part.cells);
    }
    let others = exploration.front().filter(|point| !point.is_chosen()).count();
    let _ = writeln!(
        text,
        "  These have no other that is both smaller and faster; {others} more of the front, better \
         only in block RAM\n  or energy, are in points.json. A name is lanes x slots x planes, or \
         lanes of events and the slots of a\n  train word; elements of a vector, code, mean count, \
         bits of attention and head. What binds is\n  what takes the largest share of the part. \
         Cells: LUT4, predicted. Cycles, exact, and energy: mean of\n  {tokens} {arrival}s after a \
         prompt of {prompt}. Energy: ASIC prices, to compare designs:"
    );
    for price in &exploration.prices {
        let _ = writeln!(
            text,
            "    {:<36}{:>7.3} pJ  {}",
            price.operation, price.picojoules, price.source
        );
    }
    let _ = writeln!(
        text,
        "  int8 adds: the same work with int8 activations that ternary weights add or subtract."
    );
    text + &confirmed(exploration)
}

/// Why machines do not fit, by resource.
fn misfits(misfits: &[Misfit]) -> String {
    let mut nearest: BTreeMap<&str, (usize, &Misfit)> = BTreeMap::new();
    for misfit in misfits {
        let (count, best) = nearest.entry(misfit.resource).or_insert((0, misfit));
        *count += 1;
        if misfit.excess() < best.excess() {
            *best = misfit;
        }
    }
    let line =
        |(resource, (count, Misfit { id, used, available, .. })): (&&str, &(usize, &Misfit))| {
            format!("  {count} lack {resource}: the nearest, {id}, takes {used} of {available}\n")
        };
    nearest.iter().map(line).collect()
}

fn row(point: &Point, cells: u64) -> String {
    let mut notes: Vec<&str> = point.names.clone();
    if point.current {
        notes.push(if point.front { "the design" } else { "the design: others are better" });
    }
    let line = columns([
        point.id.clone(),
        grouped(point.cells),
        format!("{} %", (100 * point.cells).div_ceil(cells)),
        point.block_rams.to_string(),
        point.multipliers.to_string(),
        point.binding.to_owned(),
        grouped(point.cycles_per_token.round() as u64),
        grouped(point.tokens_per_second.round() as u64),
        format!("{:.1}", point.nanojoules_per_token),
        format!("{:.1}", point.int8_nanojoules_per_token),
    ]);
    format!("{}\n", format!("{line}  {}", notes.join(", ")).trim_end())
}

fn columns([id, rest @ ..]: [String; 10]) -> String {
    const WIDTHS: [usize; 9] = [8, 6, 11, 8, 13, 9, 10, 9, 9];
    let cells = rest.iter().zip(WIDTHS).map(|(text, width)| format!("{text:>width$}"));
    format!("  {id:<34}{}", cells.collect::<String>())
}

fn confirmed(exploration: &Exploration) -> String {
    if exploration.confirmed.is_empty() {
        return String::new();
    }
    let mut text = String::from("Confirmed by synthesis and co-simulation: predicted, measured\n");
    for next in &exploration.confirmed {
        let pair = |[predicted, measured]: [u64; 2]| format!("{predicted}, {measured}");
        let _ = writeln!(
            text,
            "  {:<32} cells {} ({:+.1} %), block RAM {}, cycles {}; RTL = reference in {} values",
            next.id,
            pair(next.cells),
            next.cells_off(),
            pair(next.block_rams),
            pair(next.cycles),
            grouped(next.values),
        );
    }
    text
}

/// Name and text of every file of the folder.
///
/// # Errors
/// If a point's design is refused, which is a defect.
pub fn files(
    exploration: &Exploration,
    file: &DesignFile,
) -> Result<Vec<(String, String)>, ExploreError> {
    let mut json = serde_json::to_string_pretty(exploration)
        .expect("strings, integers and finite floats always serialise");
    json.push('\n');
    let mut files = vec![
        ("points.json".to_owned(), json),
        ("pareto.svg".to_owned(), picture::draw(exploration)),
    ];
    for point in exploration.chosen() {
        let settings = point.design.settings();
        let mut design = file.with_settings(&settings).map_err(PipelineError::from)?.design;
        design.name = format!("{}-{}", file.design.name, point.id).chars().take(64).collect();
        files.push((format!("designs/{}.toml", point.id), design.to_commented_toml()));
    }
    Ok(files)
}
