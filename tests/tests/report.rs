//! Ring `report`: the page of a run says what the run found, whole and by itself.
//!
//! The runs here are simulated natively, so no tool is needed.

use cosim::pipeline::Source;
use cosim::pipeline::machine::{MachinePlant, MachineReport, MachineRtl, converse};
use cosim::reference::machine::MachineReference;
use cosim::report::{boards_of, page};
use cosim::synth::{
    ClockReport, ClockSpread, CriticalPath, MemoryFound, PathStep, SeedReport, SynthReport,
    TokenReport, Utilisation,
};
use cosim::tools::Family;
use firmware::image::MachineImage;
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulator::NativeSimulation;
use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;
use tests::html::{Element, elements};
use weights::config::DesignFile;
use weights::sample;

/// A run that is equal, and one with a fault.
static EQUAL: LazyLock<MachineReport> = LazyLock::new(|| run(None));
static PLANTED: LazyLock<MachineReport> = LazyLock::new(|| run(Some(MachinePlant::Weight)));

/// The report of a short run of the sample, with a fault if one is planted.
fn run(plant: Option<MachinePlant>) -> MachineReport {
    let file = DesignFile::bundled();
    let network = sample::network(file.design.run.seed);
    let source = Source { file, network, texts: Vec::new() };
    let program = source.lower().unwrap();
    let planted = plant.map(|plant| plant.apply(&program).expect("the program has some"));
    let loaded = MachineImage::new(planted.as_ref().map_or(&program, |(planted, _)| planted));
    let rtl = MachineRtl::new(&program).unwrap();
    let module = Machine::observed(&program).module();
    let simulation = NativeSimulation::new(&check(&module).unwrap());
    let reference = MachineReference::new(&program);
    let talk = converse(simulation, &loaded.unwrap(), reference, &[1, 2, 3], 3, |_| ());
    let texts = vec![("1 2 3".to_owned(), "4 5 6".to_owned())];
    let second = Duration::from_secs(1);
    let mut report = MachineReport::new(&source, &program, &rtl, &[talk], texts, second);
    report.planted = planted.map(|(_, place)| place);
    report
}

fn json_of(report: &MachineReport) -> Value {
    serde_json::from_str(&report.to_json()).unwrap()
}

/// What a reader sees of a page, without the style sheet.
fn seen(page: &str) -> String {
    let shown = elements(page).unwrap_or_else(|error| panic!("{error}"));
    shown.iter().map(|Element { text, .. }| text.as_str()).collect()
}

#[test]
fn every_section_stands_in_its_order_with_its_figures() {
    let page = page(&EQUAL.to_json(), &[]).unwrap();
    let found = elements(&page).unwrap();
    let sections: Vec<&str> = found
        .iter()
        .filter(|element| element.name == "section")
        .map(|element| element.attribute("id").unwrap_or_default())
        .collect();
    let expected = ["text", "cycles", "bounds", "timeline", "positions", "memories", "checkpoints"];
    assert_eq!(sections, expected);
    let (first, rest) = page.split_once("<section").unwrap();
    for figure in ["sample", "RTL = reference ✓", "Cycles a token", "Array busy", "22,080"] {
        assert!(first.contains(figure), "the first screen has no {figure}");
    }
    assert!(!first.contains("tokens a second"), "nothing was synthesised");
    for what in ["4 5 6", "blocks.1", "softmax", "attention.output", "reciprocals", "52 block RAMs"]
    {
        assert!(rest.contains(what), "no {what}");
    }
    // One bar a position.
    let bars = page.split("position 3: ").count() - 1;
    assert_eq!(bars, 1);
}

#[test]
fn a_planted_mismatch_shows_on_the_first_screen() {
    let page = page(&PLANTED.to_json(), &[]).unwrap();
    let (first, _) = page.split_once("<section").unwrap();
    let text = seen(&page);
    assert!(first.contains("RTL ≠ reference ✗") && first.contains("class=\"failed\""), "{first}");
    assert!(text.contains("mismatch at token ") && text.contains("rtl "), "{text}");
    assert!(text.contains(PLANTED.planted.as_deref().unwrap()), "{text}");
    assert!(!page.contains("RTL = reference"));
    let difference = first.find("mismatch at token ").unwrap();
    assert!(difference < first.find("class=\"flow\"").unwrap(), "before the flow");
}

#[test]
fn a_page_is_whole_and_needs_nothing_beside_it() {
    for report in [&EQUAL, &PLANTED] {
        let page = page(&report.to_json(), &[]).unwrap();
        let found = elements(&page).unwrap_or_else(|error| panic!("{error}"));
        assert!(found.len() > 300, "{}", found.len());
        for element in &found {
            assert!(!["script", "link", "img", "iframe"].contains(&element.name.as_str()));
            for (name, _) in &element.attributes {
                assert!(!["src", "href", "xlink:href"].contains(&name.as_str()), "{name}");
            }
        }
        assert!(!page.contains("http") && !page.contains("url(") && !page.contains("@import"));
    }
}

/// What a board could have become of the machine of [`EQUAL`].
fn synthesis(timing_met: bool) -> SynthReport {
    let row = |what: &str, cell: &str, used, available| Utilisation {
        what: what.to_owned(),
        cell: cell.to_owned(),
        used,
        available,
    };
    let machine_mhz = if timing_met { 50.0 } else { 70.0 };
    SynthReport {
        design: EQUAL.design.clone(),
        network: EQUAL.network.clone(),
        config_blake3: String::new(),
        board: "some-board".to_owned(),
        part: "LFE5U-85F-6BG381C".to_owned(),
        family: Family::Ecp5,
        clock: ClockReport { board_mhz: 25.0, machine_mhz, pll: Some("EHXPLLL".to_owned()) },
        machine: EQUAL.machine,
        weights: EQUAL.weights,
        cells: BTreeMap::new(),
        utilisation: vec![
            row("LUT4", "TRELLIS_COMB", 20_480, 83_640),
            row("block RAM", "DP16KD", 44, 208),
            row("multiplier", "MULT18X18D", 0, 0),
        ],
        memories: vec![MemoryFound {
            name: "core.weights.bank_*.words".to_owned(),
            cell: "DP16KD".to_owned(),
            copies: 7,
            cells: 7,
        }],
        seeds: vec![
            SeedReport { seed: 1, megahertz: 62.5 },
            SeedReport { seed: 2, megahertz: 60.0 },
        ],
        megahertz: ClockSpread { best: 62.5, median: 61.25, worst: 60.0 },
        timing_met,
        critical_path: CriticalPath {
            nanoseconds: 16.0,
            routing_nanoseconds: 9.0,
            steps: vec![PathStep {
                kind: "logic".to_owned(),
                nanoseconds: 0.5,
                signal: "core.vector.<sum>".to_owned(),
            }],
        },
        token: TokenReport {
            cycles_first: 90,
            cycles_last: 110,
            cycles_mean: 100.0,
            tokens_per_second: 500_000.0,
        },
        bitstream: timing_met.then(|| "top.bit".to_owned()),
        tools: Vec::new(),
        commands: Vec::new(),
    }
}

#[test]
fn a_synthesis_shows_with_its_clock_and_its_use() {
    let json = EQUAL.to_json();
    let met = page(&json, &[synthesis(true)]).unwrap();
    let found = elements(&met).unwrap_or_else(|error| panic!("{error}"));
    let boards = found.iter().filter(|element| element.attribute("class") == Some("board"));
    assert_eq!(boards.count(), 1);
    let (first, rest) = met.split_once("<section").unwrap();
    for what in ["Tokens a second", "50.0 MHz met", "LUT4: 20,480 of 83,640 on some-board"] {
        assert!(first.contains(what), "no {what}");
    }
    for what in
        ["20,480", "24.5 %", "40.00", "core.vector.&lt;sum&gt;", "bank_*", "7.00 ns in cells"]
    {
        assert!(rest.contains(what), "no {what}");
    }
    assert!(!rest.contains("MULT18X18D"), "the part has none");
    let missed = page(&json, &[synthesis(false)]).unwrap();
    let (first, _) = missed.split_once("<section").unwrap();
    assert!(first.contains("class=\"failed\"") && first.contains("70.0 MHz missed"), "{first}");
    // Figures of another machine are not shown as those of this one.
    let mut other = synthesis(true);
    other.machine.context = 1;
    let other = page(&json, &[other]).unwrap();
    assert!(!other.contains("20,480") && other.contains("is of another machine"));
}

#[test]
fn a_damaged_synthesis_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(boards_of(folder.path()).unwrap(), []);
    let board = folder.path().join("synth/some-board");
    std::fs::create_dir_all(&board).unwrap();
    std::fs::write(board.join("synth.json"), synthesis(true).to_json()).unwrap();
    assert_eq!(boards_of(folder.path()).unwrap(), [synthesis(true)]);
    std::fs::write(board.join("synth.json"), "{ \"design\": 1 }").unwrap();
    let message = boards_of(folder.path()).unwrap_err().to_string();
    assert!(message.starts_with("synth/some-board/synth.json is no file of this"), "{message}");
}

#[test]
fn text_of_others_stays_text() {
    let mut report = EQUAL.clone();
    let nasty = "</p><script>alert(\"x\")</script> & 'y' \u{0} é";
    report.conversations[0].text = nasty.to_owned();
    report.network = nasty.to_owned();
    report.timeline.as_mut().unwrap().instructions[0].remark = nasty.to_owned();
    let page = page(&report.to_json(), &[]).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    elements(&page).unwrap_or_else(|error| panic!("{error}"));
}

/// What changes from run to run is in the JSON, not on the page.
#[test]
fn the_same_run_gives_the_same_bytes() {
    let expected = page(&EQUAL.to_json(), &[]).unwrap();
    let mut other = json_of(&EQUAL);
    other["seconds"] = json!({ "cosim": 12.5, "verilate": 3 });
    other["tools"] = json!([{ "name": "verilator", "version": "Verilator 9" }]);
    other["simulated_cycles_per_second"] = json!(1e9);
    other["simulated_tokens_per_second"] = json!(1e3);
    assert_eq!(page(&other.to_string(), &[]).unwrap(), expected);
}

#[test]
fn what_is_no_run_is_refused_by_name() {
    let refused = |text: &str| page(text, &[]).unwrap_err().to_string();
    assert!(refused("{").starts_with("5-cosim.json is no file of this version: EOF"));
    assert!(refused("{}").contains("missing field `design`"));
    let mut old = json_of(&EQUAL);
    old.as_object_mut().unwrap().remove("memories");
    assert!(refused(&old.to_string()).contains("missing field `memories`"));
}

/// Every value of a document and a few of each list, by its path.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    let pick = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, field)| leaves(field, &pick(key), found));
        }
        Value::Array(values) => {
            found.push(path.to_owned());
            let first = values.iter().take(2).enumerate();
            first.for_each(|(index, value)| leaves(value, &pick(&index.to_string()), found));
        }
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn any_number_anywhere_is_shown_or_refused() {
    let right = json_of(&EQUAL);
    let mut paths = Vec::new();
    leaves(&right, "", &mut paths);
    let (mut changes, mut refused) = (0, 0);
    for path in paths {
        let hostile = match right.pointer(&path).expect("it was found there") {
            Value::Number(_) => vec![json!(0), json!(u64::MAX), json!(1u64 << 32), json!(1e300)],
            Value::Array(_) => vec![json!([])],
            _ => vec![json!(""), json!("\u{1b}[2J")],
        };
        for value in hostile {
            let mut changed = right.clone();
            *changed.pointer_mut(&path).expect("it is still there") = value;
            changes += 1;
            match page(&changed.to_string(), &[]) {
                Ok(page) => assert!(!page.contains('\u{1b}'), "{path}"),
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.starts_with("5-cosim.json"), "{path}: {message}");
                    refused += 1;
                }
            }
        }
    }
    println!("{changes} changes, {refused} refused");
    assert!(changes >= 400 && (50..changes).contains(&refused), "{changes}, {refused}");
}
