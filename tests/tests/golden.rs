//! Ring `golden`: did the text change?
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test golden` rewrites the committed files.

use cosim::tools::{ToolName, locate};
use firmware::registers::{HEADER_NAME, c_header, machine, markdown};
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::configuration::Configuration;
use tests::machine_check::Whole;
use tests::{machine_plants, rules, table, verilog};
use weights::config::Form;
use weights::numeric::Radix;
use weights::packing::Packing;

/// Characters that a printed line may have.
const LINE_MAX: usize = 180;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Compares texts with the committed files of a subfolder, or rewrites these.
fn compare(subfolder: &str, texts: &BTreeMap<String, String>) {
    let folder = folder().join(subfolder);
    if tests::asked_for("UPDATE_GOLDEN") {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the golden folder can be made");
        for (name, text) in texts {
            std::fs::write(folder.join(name), text).expect("a golden can be written");
        }
    }
    let entries = std::fs::read_dir(&folder).expect("goldens are committed");
    let committed: BTreeMap<String, String> = entries
        .map(|entry| {
            let path = entry.expect("a golden can be listed").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a golden is text"))
        })
        .collect();
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(texts), names(&committed), "{subfolder}: other files");
    for (name, text) in texts {
        assert_eq!(text, &committed[name], "{subfolder}/{name}; UPDATE_GOLDEN=1 accepts it");
    }
}

fn printed(configuration: &Configuration) -> BTreeMap<String, String> {
    verilog::sources(&verilog::configured(configuration)).into_iter().collect()
}

fn small() -> Configuration {
    let shape = [4, 6, 2, 2];
    Configuration::new(shape, (10, 14), Radix::Bitwise, Packing::Base3, rules::spikingbert_lif())
}

/// The Verilog of every block of one small engine.
#[test]
fn blocks() {
    compare("engine", &printed(&small()));
}

/// The neuron with a threshold of a power of two, the form that the small engine does not show.
#[test]
fn neuron_of_a_power_of_two() {
    let configuration = Configuration::new(
        [2, 4, 1, 1],
        (4, 8),
        Radix::Unary,
        Packing::TwoBit,
        rules::spikelm_paper(),
    );
    let mut files = printed(&configuration);
    files.retain(|name, _| {
        ["gif_neuron.v", "neuron_group.v", "lane.v", "weight_bank.v"].contains(&name.as_str())
    });
    compare("power_of_two", &files);
}

/// The dot in an ECP5's carry cells, and the chains it is made of.
#[test]
fn carry_cells() {
    let mut files = printed(&small().on_ecp5());
    let of_dot = ["ternary_dot", "slot_fields", "add_fields", "constant_less"];
    files.retain(|name, _| of_dot.iter().any(|start| name.starts_with(start)));
    files.iter().for_each(|(name, text)| tidy("carry_cells", name, text));
    compare("carry_cells", &files);
}

/// The blocks of an engine of events that the dense one does not have, and its top.
#[test]
fn event_blocks() {
    let mut files = printed(&small().form(Form::Event));
    files.retain(|name, _| name.starts_with("event_") || name == "layer_engine.v");
    compare("event", &files);
}

/// The blocks of a baked engine that the others do not have.
#[test]
fn baked_blocks() {
    let configuration = Configuration::new(
        [6, 8, 2, 2],
        (6, 8),
        Radix::Bitwise,
        Packing::Base3,
        rules::spikingbert_lif(),
    );
    let mut files = printed(&configuration.form(Form::Baked));
    files.retain(|name, _| name.starts_with("baked_") || name == "result_register.v");
    compare("baked", &files);
}

/// Every block of a small machine that is not a block of the engine, and the tops of both hosts.
#[test]
fn machine_blocks() {
    let files = |whole: &Whole| verilog::sources(&whole.design());
    let mut texts: BTreeMap<String, String> = files(&machine_plants::line()).into_iter().collect();
    texts.retain(|name, _| name.starts_with("uart_") || name == "machine_uart.v");
    texts.extend(files(&machine_plants::bitwise()));
    let engine = printed(&small());
    texts.retain(|name, text| engine.get(name) != Some(text));
    texts.iter().for_each(|(name, text)| tidy("machine", name, text));
    compare("machine", &texts);
}

/// The C headers and the pages of the registers.
#[test]
fn registers() {
    let texts = [
        (HEADER_NAME.to_string(), c_header()),
        ("registers.md".into(), markdown()),
        (machine::HEADER_NAME.to_string(), machine::c_header()),
        ("machine_registers.md".into(), machine::markdown()),
    ];
    compare("registers", &BTreeMap::from(texts));
}

/// The headers compile together without a warning, as C and as C++, also when included twice.
#[test]
fn the_headers_compile() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut text = String::new();
    for (name, header) in [(HEADER_NAME, c_header()), (machine::HEADER_NAME, machine::c_header())] {
        std::fs::write(folder.path().join(name), header).expect("a header can be written");
        text.push_str(&format!("#include \"{name}\"\n#include \"{name}\"\n"));
    }
    text.push_str(
        "int main(void) { return (int)(LAYER_ENGINE_ROWS_OFFSET & MACHINE_POSITION_MASK); }\n",
    );
    let compiler = locate(ToolName::Gxx).unwrap_or_else(|error| panic!("{error}"));
    for (name, language) in [("main.c", "c"), ("main.cpp", "c++")] {
        std::fs::write(folder.path().join(name), &text).expect("a source can be written");
        let output = Command::new(&compiler.path)
            .args(["-x", language, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
            .arg(name)
            .current_dir(folder.path())
            .output()
            .expect("the compiler starts");
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && messages.is_empty(), "{name}:\n{messages}");
    }
}

/// The same configuration printed twice gives the same bytes, on another thread too, where hash
/// maps are seeded otherwise.
#[test]
fn printing_repeats() {
    for configuration in table::sample(1) {
        let first = printed(&configuration);
        let again = configuration.clone();
        let second = std::thread::spawn(move || printed(&again)).join().expect("it prints");
        assert_eq!(first, second, "{configuration}");
    }
}

/// No line is longer than a reader's screen, none ends in a blank, and no file names a place on
/// the machine that made it.
#[test]
fn printed_text_is_tidy() {
    for configuration in table::sample(1) {
        for (name, text) in printed(&configuration) {
            tidy(&configuration.to_string(), &name, &text);
        }
    }
}

fn tidy(design: &str, name: &str, text: &str) {
    assert!(text.ends_with("`default_nettype wire\n"), "{design}, {name}");
    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{design}, {name}");
    for (number, line) in text.lines().enumerate() {
        let place = format!("{design}, {name}:{}: {line}", number + 1);
        assert!(line.chars().count() <= LINE_MAX, "too long: {place}");
        assert!(!line.ends_with(' ') && !line.contains('\t'), "blanks: {place}");
    }
}

/// The largest shape is generated, checked and printed in under a second.
#[test]
fn the_largest_shape_prints_in_a_second() {
    let largest = Configuration::new(
        [64, 128, 4, 64],
        (256, 512),
        Radix::Bitwise,
        Packing::Base3,
        rules::int2spike_channels(),
    );
    let started = Instant::now();
    let bytes: usize = printed(&largest).values().map(String::len).sum();
    let took = started.elapsed();
    println!("64 lanes, 128 slots, 4 planes, 64 neurons: {bytes} bytes in {took:.0?}");
    let limit = if cfg!(debug_assertions) { 10 } else { 1 };
    assert!(took < Duration::from_secs(limit), "{took:?}");
}
