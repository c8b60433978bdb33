//! What a report says, and that what is measured is the block itself.

use hdl::language::check::{Checked, check};
use hdl::language::cost::estimate;
use hdl::language::simulation::Simulation;
use hdl::language::simulator::NativeSimulation;
use weights::config::Target;
use weights::numeric;

use super::designs::{registered, subjects, verilog};
use super::*;
use hdl::blocks::array::ternary_dot::TernaryDot;

fn row(what: &str, cells: u64, targets: Vec<Verdict>) -> AreaRow {
    AreaRow {
        what: what.to_owned(),
        cells,
        flip_flops: 862,
        megahertz: Spread::of(&[171.1, 168.9, 171.3]),
        synapses: Some(128),
        cells_per_synapse: Some(cells as f64 / 128.0),
        targets,
        bound: "1.33 a synapse",
    }
}

#[test]
fn a_missed_target_is_named_with_its_value() {
    let density = |value| Verdict::new("dot", Quantity::CellsPerSynapse, value, Limit::AtMost(5.2));
    let rows = vec![row("dot", 512, vec![density(4.0)]), row("fat", 768, vec![density(6.0)])];
    let area = AreaReport { rows, fabrics: vec![], seeds: 3, conditions: vec!["Yosys".into()] };
    let report =
        BenchReport { area: Some(area), speed: None, cost: None, forms: None, spikes: None };
    assert_eq!(report.verdicts().count(), 2);
    let missed = report.missed();
    assert_eq!(missed.len(), 1);
    assert_eq!(missed[0].to_string(), "MISSED  dot: 6.00 cells/synapse, target <= 5.2");
    let text = report.to_string();
    assert!(text.contains("171 (169..171)"), "{text}");
    assert!(text.contains("<= 5.2 cells/synapse MISSED\n"), "{text}");
    assert!(text.ends_with("  1 missed"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["area"]["rows"][1]["targets"][0]["met"], false);
    assert_eq!(json["area"]["rows"][0]["targets"][0]["limit"]["at_most"], 5.2);
}

#[test]
fn every_subject_is_a_legal_module_under_a_name_of_its_own() {
    let names: Vec<String> = subjects().iter().map(|subject| subject.what.clone()).collect();
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
    for subject in subjects() {
        assert!(verilog(&subject.top).unwrap().len() <= 20, "{}", subject.what);
    }
}

#[test]
fn registers_around_a_block_only_delay_it() {
    let block = TernaryDot { slots: 5, target: Target::Portable }.module();
    for (outputs, added) in [(false, 1), (true, 2)] {
        let module = registered(&block, outputs);
        assert_eq!(module.latency, block.latency + added);
        let mut simulation = NativeSimulation::new(&check(&module).unwrap());
        let (weights, spikes) = ([1, -1, 0, 1, -1], [1, 1, 1, -1, -1]);
        let mask = |trits: [i8; 5], of: fn(i8) -> bool| {
            let bit = |(index, trit): (usize, i8)| u64::from(of(trit)) << index;
            trits.into_iter().enumerate().map(bit).sum::<u64>()
        };
        for (name, value) in [
            ("high_i", mask(weights, |trit| trit > 0)),
            ("low_i", mask(weights, |trit| trit >= 0)),
            ("active_i", mask(spikes, |trit| trit != 0)),
            ("negative_i", mask(spikes, |trit| trit < 0)),
        ] {
            simulation.write_u64(simulation.port(name), value);
        }
        (0..module.latency).for_each(|_| simulation.tick());
        let dot = simulation.read_i64(simulation.port("dot_o"));
        assert_eq!(dot, numeric::dot(&weights, &spikes));
    }
}

/// Simulated as always, with estimated cells in place of synthesised ones.
#[test]
fn forms_stand_beside_their_predictions() {
    let estimated = |hardware: &Checked| {
        let cells = estimate(hardware);
        Ok((cells.cells(), cells.block_rams))
    };
    let report = forms::measure_with(vec!["no synthesis".into()], estimated).unwrap();
    let names: Vec<&str> = report.rows.iter().map(|row| row.form).collect();
    assert_eq!(names, ["dense", "event", "baked"]);
    for FormRow { form, machine, unit } in &report.rows {
        assert!(unit.cells[1] < machine.cells[1], "{form}");
        for part in [machine, unit] {
            assert_eq!(part.cycles.len(), report.densities.len());
            assert!(part.cycles.iter().all(|[said, found]| said == found), "{form} {part:?}");
        }
        let shorter = machine.cycles.iter().zip(&unit.cycles).all(|(whole, own)| own[1] < whole[1]);
        assert!(shorter, "{form}");
    }
    assert_eq!(report.crossover[0], report.crossover[1]);
    let [said, found] = report.unit_crossover;
    assert!(said == found && found.is_some_and(|density| (45.0..53.0).contains(&density)));
    // Weights that are wires are in no memory.
    assert!(report.rows[2].unit.block_rams[1] < report.rows[0].unit.block_rams[1]);
    let text = report.to_string();
    let (heading, form, ends) = (1, 2 + 1 + report.densities.len(), 2 + 1);
    assert_eq!(text.lines().count(), heading + 3 * form + ends, "{text}");
    assert!(!text.contains("MISSED"), "{text}");
    wrong_predictions_are_seen(&report);
}

fn wrong_predictions_are_seen(report: &FormReport) {
    let spoiled = |spoil: fn(&mut FormRow)| {
        let mut rows = report.rows.clone();
        spoil(&mut rows[1]);
        FormReport::new(rows, vec![])
    };
    let spoils: [fn(&mut FormRow); 4] = [
        |event| event.machine.cells[0] += event.machine.cells[0] / 8,
        |event| event.unit.cells[0] -= event.unit.cells[0] / 8,
        |event| event.machine.cycles[3][0] += 1.0,
        |event| event.unit.block_rams[0] += 1,
    ];
    for spoil in spoils {
        let report = spoiled(spoil);
        let held: Vec<bool> = report.rows.iter().map(FormRow::holds).collect();
        assert_eq!(held, [true, false, true]);
        assert!(!report.holds());
        assert_eq!(report.to_string().matches("MISSED").count(), 1, "{report}");
    }
    // Twice the cells halve the density: of what was measured, not of what was predicted.
    let [said, found] = spoiled(|event| event.unit.cells[1] *= 2).unit_crossover;
    assert_eq!(said, report.unit_crossover[0]);
    let ratio = found.zip(said).map(|(found, said)| found / said);
    assert!(ratio.is_some_and(|ratio| (ratio - 0.5).abs() < 0.1), "{found:?} of {said:?}");
}

#[test]
fn an_option_of_zero_is_refused_before_anything_runs() {
    let options = BenchOptions { seeds: 0, ..BenchOptions::default() };
    assert_eq!(run(&options).unwrap_err().to_string(), "seeds is 0; give at least 1");
}

#[test]
fn the_memory_map_and_the_cost_model_agree_on_block_rams() {
    for design in cost::DESIGNS.iter().filter(|design| design.build != cost::Build::Board) {
        let program = design.program().unwrap();
        let cells = hdl::language::cost::estimate(&design.hardware().unwrap());
        let map: u32 = program.memories().iter().map(|memory| memory.blocks()).sum();
        assert_eq!(u64::from(map), cells.block_rams, "{}", design.what);
    }
}

#[test]
fn events_fetch_less_and_cross_dense_arrays() {
    let report = spikes::measure_with(vec!["no synthesis".into()], |_| Ok(None)).unwrap();
    let (dense, events) = report.rows.split_at(2);
    let rate = events[0].rate.expect("events have a rate");
    assert!((0.05..0.4).contains(&rate), "{rate} of the columns spike");
    for row in events {
        assert_eq!(row.rate, Some(rate), "the text is the same");
        assert!(row.bits < dense[1].bits / 4.0, "{row:?}");
        assert!(row.nanojoules[0] < dense[1].nanojoules[0] / 4.0, "{row:?}");
        assert_eq!(row.nanojoules[1], dense[1].nanojoules[1], "vectors are the same");
    }
    // Rows at once save words.
    let words: Vec<f64> = events.iter().map(|row| row.words).collect();
    assert!(words.windows(2).all(|pair| pair[1] < pair[0]), "{words:?}");
    let crossing = report.crossing().expect("both forms are there");
    assert!(crossing > rate && crossing < 1.0, "{crossing}");
    let text = report.to_string();
    assert!(text.contains("event 64 rows") && text.contains("no synthesis"), "{text}");
}
