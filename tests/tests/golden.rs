//! Ring `golden`: did the text change?
//!
//! `UPDATE_GOLDEN=1 cargo test -p tests --test golden` rewrites the committed files.

use cosim::tools::{ToolName, locate};
use firmware::registers::{HEADER_NAME, c_header, markdown};
use hdl::blocks::vector::gif_neuron::GifNeuron;
use hdl::language::check::check;
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tests::machine_check::Whole;
use tests::matrices::{MatrixCase, by_events, carry_cells, sampled, small, wires};
use tests::{machine_plants, verilog};
use weights::config::{Form, Target};
use weights::neuron::{Leak, NeuronRule, presets};
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

fn printed(case: &MatrixCase) -> BTreeMap<String, String> {
    verilog::sources(&case.machine()).into_iter().collect()
}

/// Every block of the machine of one matrix, vectors in and sums out.
#[test]
fn blocks() {
    compare("matrix", &printed(&small()));
}

/// The dot in an ECP5's carry cells, and the chains it is made of.
#[test]
fn dots_of_carry_cells() {
    let mut files = printed(&carry_cells());
    let of_dot = ["ternary_dot", "slot_fields", "add_fields", "constant_less"];
    files.retain(|name, _| of_dot.iter().any(|start| name.starts_with(start)));
    files.iter().for_each(|(name, text)| tidy("carry_cells", name, text));
    compare("carry_cells", &files);
}

/// What the other forms have that the dense one has not: columns that spike, weights that are wires.
#[test]
fn other_forms() {
    let dense = printed(&small());
    for (name, case) in [("event", by_events()), ("baked", wires())] {
        let mut files = printed(&case);
        files.retain(|file, _| !dense.contains_key(file));
        compare(name, &files);
    }
}

/// Neurons with a threshold of a channel's own, and of a power of two.
#[test]
fn neurons() {
    let print = |rule: NeuronRule| {
        let neuron = GifNeuron { rule, current_width: 10, saturates: true };
        let checked = check(&neuron.module()).unwrap_or_else(|error| panic!("{error}"));
        verilog::sources(&checked).remove(0).1
    };
    let texts = [
        ("per_channel.v".to_owned(), print(presets::spikingbert(Leak::Decay(3), 13))),
        ("power_of_two.v".to_owned(), print(presets::spikelm_paper(3, 14))),
    ];
    compare("gif_neuron", &BTreeMap::from(texts));
}

/// Every block of a small BitNet's machine that is not one of the matrix, and the tops of both hosts.
#[test]
fn machine_blocks() {
    let files = |whole: &Whole| verilog::sources(&whole.design());
    let mut texts: BTreeMap<String, String> = files(&machine_plants::line()).into_iter().collect();
    texts.retain(|name, _| name.starts_with("uart_") || name == "machine_uart.v");
    texts.extend(files(&machine_plants::bitwise()));
    let matrix = printed(&small());
    texts.retain(|name, text| matrix.get(name) != Some(text));
    texts.iter().for_each(|(name, text)| tidy("machine", name, text));
    compare("machine", &texts);
}

/// The C header and the page of the registers.
#[test]
fn registers() {
    let texts = [(HEADER_NAME.to_string(), c_header()), ("registers.md".into(), markdown())];
    compare("registers", &BTreeMap::from(texts));
}

/// The header compiles without a warning, as C and as C++, also when included twice.
#[test]
fn the_header_compiles() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join(HEADER_NAME), c_header()).expect("a header can be written");
    let include = format!("#include \"{HEADER_NAME}\"\n");
    let main = "int main(void) { return (int)MACHINE_POSITION_MASK; }\n";
    let text = format!("{include}{include}{main}");
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

/// The same case printed twice gives the same bytes, on another thread too, where hash maps are seeded
/// otherwise.
#[test]
fn printing_repeats() {
    for case in sampled(1) {
        let first = printed(&case);
        let again = case.clone();
        let second = std::thread::spawn(move || printed(&again)).join().expect("it prints");
        assert_eq!(first, second, "{case}");
    }
}

/// No line is longer than a reader's screen, none ends in a blank, and no file names a place on
/// the machine that made it.
#[test]
fn printed_text_is_tidy() {
    for case in sampled(1) {
        for (name, text) in printed(&case) {
            tidy(&case.to_string(), &name, &text);
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
    let largest = MatrixCase {
        form: Form::Dense,
        lanes: 64,
        slots: 128,
        planes: 4,
        elements: 16,
        radix: Radix::Bitwise,
        packing: Packing::Base3,
        target: Target::Portable,
        shape: (256, 512),
        bits: 4,
        seed: 1,
    };
    let started = Instant::now();
    let bytes: usize = printed(&largest).values().map(String::len).sum();
    let took = started.elapsed();
    println!("64 lanes, 128 slots, 4 planes: {bytes} bytes in {took:.0?}");
    let limit = if cfg!(debug_assertions) { 10 } else { 1 };
    assert!(took < Duration::from_secs(limit), "{took:?}");
}
