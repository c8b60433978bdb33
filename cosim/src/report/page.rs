//! The page around its sections.

use super::error::ReportError;
use super::frame::{stacked, whole};
use super::summary::{Step, Tile, Title, flow, tiles};
use super::words::{count, grouped, of};
use super::{COSIM, bounds, machine, matrices};
use crate::pipeline::layers::CosimReport;
use crate::synth::SynthReport;
use maud::Markup;
use serde::Deserialize;
use serde_json::Value;

/// The page of a run, from the text of its `5-cosim.json` and what boards became of its machine.
///
/// # Errors
/// If the text is not what a run of this version writes.
pub fn page(cosim: &str, boards: &[SynthReport]) -> Result<String, ReportError> {
    let wrong = |error: serde_json::Error| ReportError::Content {
        file: COSIM.to_owned(),
        reason: error.to_string(),
    };
    let mut value: Value = serde_json::from_str(cosim).map_err(wrong)?;
    clean(&mut value);
    require_sensible(&value, "")
        .map_err(|reason| ReportError::Content { file: COSIM.to_owned(), reason })?;
    // What only a run of the layers has.
    let page = match value.get("per_matrix") {
        Some(_) => layers(&CosimReport::deserialize(&value).map_err(wrong)?),
        None => machine::page(&Deserialize::deserialize(&value).map_err(wrong)?, boards),
    };
    Ok(page.into_string())
}

/// Replaces control characters of texts, but for the ends of lines: no page needs them.
fn clean(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::String(text) => {
            let hostile = |c: char| c.is_control() && c != '\n';
            if text.contains(hostile) {
                *text = text.replace(hostile, "\u{fffd}");
            }
        }
        _ => {}
    }
}

/// Largest whole number and largest number of a run: what is computed of many of them still fits.
const COUNT_MAX: u64 = 1 << 44;
const NUMBER_MAX: f64 = 1e18;

/// Refuses numbers that no run has.
fn require_sensible(value: &Value, place: &str) -> Result<(), String> {
    let inside = |name: &str| match place {
        "" => name.to_owned(),
        place => format!("{place}.{name}"),
    };
    match value {
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.try_for_each(|(name, value)| require_sensible(value, &inside(name)))
        }
        Value::Array(values) => {
            let mut values = values.iter().enumerate();
            values
                .try_for_each(|(index, value)| require_sensible(value, &inside(&index.to_string())))
        }
        Value::Number(number) => {
            let sensible = match number.as_u64() {
                Some(count) => count <= COUNT_MAX,
                None => number.as_f64().is_some_and(|number| number.abs() <= NUMBER_MAX),
            };
            let place = weights::shown::shown(place);
            if sensible { Ok(()) } else { Err(format!("`{place}` is {number}, beyond any run")) }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

/// The page of a run of `layers`.
fn layers(report: &CosimReport) -> Markup {
    let difference = report.first_mismatch.as_ref().map(|first| {
        let replay = format!("spikewright cosim (options of this run) {}", first.replay());
        first.explain(&replay)
    });
    let planted = report.planted.as_ref();
    let title = Title {
        kind: "every layer alone",
        design: &report.design,
        what: format!(
            "{}, each of its {} alone on the layer engine, {} synapses a cycle",
            report.network,
            of(report.matrices, "ternary matrix").replace("matrixs", "matrices"),
            count(report.peak_synapses_per_cycle),
        ),
        equal: report.mismatches == 0,
        planted: planted.map(|planted| format!("In {}: {}", planted.matrix, planted.place)),
        difference: difference.or_else(|| report.fault.clone()),
    };
    let mut bounds = vec![bounds::array_busy(report.array_utilisation)];
    if report.weight_bits_stored > 0 {
        bounds.push(bounds::weight_bits(report.bits_per_weight));
    }
    let body = stacked(
        [tiles(&layer_tiles(report)), flow(&layer_flow(report)), matrices::section(report)]
            .into_iter()
            .chain(bounds::section(&bounds)),
    );
    whole(&title, body)
}

fn layer_tiles(report: &CosimReport) -> [Tile; 4] {
    let tile = |name, figure, unit, beside| Tile { figure, unit, name, beside };
    [
        tile(
            "Values compared",
            count(report.values),
            "",
            format!("{} different, {}", count(report.mismatches), of(report.tokens, "token")),
        ),
        tile(
            "Cycles a token",
            grouped(report.cycles_per_token),
            "",
            "all matrices, one after the other".to_owned(),
        ),
        tile(
            "Array busy",
            format!("{:.1}", 100.0 * report.array_utilisation),
            "%",
            "of the cycles; 90 % is the target".to_owned(),
        ),
        tile(
            "Synapses a cycle",
            grouped(report.synapses_per_cycle),
            "",
            format!("of {} that the array has", count(report.peak_synapses_per_cycle)),
        ),
    ]
}

fn layer_flow(report: &CosimReport) -> [Step; 5] {
    let lines = format!("modules, {} lines", count(report.verilog_lines));
    let widest = report.per_matrix.iter().map(|row| row.required_acc_width).max().unwrap_or(0);
    [
        Step::passed(
            "config",
            count(report.peak_synapses_per_cycle),
            "synapses a cycle",
            "every key in its range",
        ),
        Step::passed("weights", count(report.weights), "ternary weights", "read and packed"),
        Step::passed(
            "program",
            format!("{widest} bits"),
            "hold the largest sum",
            "proven for every matrix",
        ),
        Step::passed("RTL", count(report.modules), &lines, "the HDL's checks passed"),
        Step {
            name: "co-simulation",
            figure: count(report.values),
            unit: "values compared".to_owned(),
            check: format!("{} differ", count(report.mismatches)),
            passed: report.mismatches == 0,
        },
    ]
}
