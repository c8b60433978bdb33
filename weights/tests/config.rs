//! The configuration: presets, the starter, the schema, and one message for each bad input.
//!
//! `UPDATE_GOLDEN=1 cargo test -p weights` rewrites the messages and the comments of the presets.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use weights::config::{ConfigError, Design, DesignFile, Machine, limits, schema, starter};
use weights::neuron::{Leak, Quantise, Reset, SpikeRange, State, Threshold};
use weights::numeric::Radix;
use weights::packing::Packing;

/// Edits of a valid design, each of which makes it wrong: what to replace, by what.
const BAD_INPUTS: &[(&str, &str)] = &[
    // Limits.
    ("acc_width = 18", "acc_width = 60"),
    ("acc_width = 18", "acc_width = 0x3"),
    ("lanes = 8", "lanes = 0"),
    ("lanes = 8", "lanes = -8"),
    ("lanes = 8", "lanes = 9223372036854775808"),
    ("lanes = 8", "lanes = 99_999_999_999_999_999_999_999_999_999_999_999_999_999"),
    ("lanes = 8", "lanes = -99999999999999999999999999999999999999999999"),
    ("seed = 1", "seed = 9007199254740992"),
    ("leak = { shift = 2 }", "leak = { shift = 4294967297 }"),
    // Types.
    ("lanes = 8", "lanes = \"8\""),
    ("lanes = 8", "lanes = 8.5"),
    ("lanes = 8", "lanes = [8]"),
    ("lanes = 8", "lanes.count = 8"),
    ("depth = 64", "depth = 1979-05-27"),
    ("skip_empty = false", "skip_empty = 0"),
    ("name = \"sample\"", "name = 7"),
    ("packing = \"base3\"", "packing = 3"),
    ("[array]", "[[array]]"),
    ("name = \"sample\"\n", "name = \"sample\"\nencoder = 3\n"),
    // Keys.
    ("lanes = 8", "lane = 8"),
    ("lanes = 8", "colour = 8"),
    ("planes = 4", "planes = 4\ntokens = 16"),
    ("[neuron]\n", "[neurons]\n"),
    ("[neuron.rule]", "[neuron.rul]"),
    ("lanes = 8\n", ""),
    ("name = \"sample\"\n", ""),
    (
        "[array]\nlanes = 8\nslots = 16\nplanes = 4\nradix = \"bitwise\"\nform = \"dense\"\nacc_width = 18\ntarget = \"portable\"\n",
        "",
    ),
    ("lanes = 8", "lanes = 8\nlanes = 9"),
    ("[spike_buffer]", "[array]"),
    // Choices.
    ("packing = \"base3\"", "packing = \"base4\""),
    ("leak = { shift = 2 }", "leak = \"shift\""),
    ("leak = { shift = 2 }", "leak = { shift = 2, decay = 1 }"),
    ("leak = { shift = 2 }", "leak = {}"),
    ("leak = { shift = 2 }", "leak = { sift = 2 }"),
    ("leak = { shift = 2 }", "leak = { shift = \"2\" }"),
    // Relations.
    ("neurons = 4", "neurons = 3"),
    ("elements = 8", "elements = 12"),
    ("lanes = 8\nslots = 16\nplanes = 4", "lanes = 256\nslots = 256\nplanes = 8"),
    (
        "slots = 16\nplanes = 4\nradix = \"bitwise\"\nform = \"dense\"\nacc_width = 18\ntarget = \"portable\"\n\n\
         [weight_store]\npacking = \"base3\"\ndepth = 64",
        "slots = 256\nplanes = 4\nradix = \"bitwise\"\nform = \"dense\"\nacc_width = 18\ntarget = \"portable\"\n\n\
         [weight_store]\npacking = \"base3\"\ndepth = 65_536",
    ),
    ("name = \"sample\"", "name = \"../outside\""),
    ("name = \"sample\"", "name = \"\""),
    ("leak = { shift = 2 }", "leak = { shift = 40 }"),
    ("range = { signed = 1 }", "range = { signed = 20 }"),
    ("{ power_of_two = 4 }", "{ power_of_two = 19 }"),
    (
        "range = { signed = 1 }\nreset = \"soft\"",
        "range = { signed = 2 }\nreset = \"spikelm_code\"",
    ),
    ("{ power_of_two = 4 }\nlast_step = \"same\"", "\"per_channel\"\nlast_step = \"remainder\""),
    (
        "\"soft\"\nstate = \"per_token\"\nthreshold = { power_of_two = 4 }\nlast_step = \"same\"",
        "\"spikelm_code\"\nstate = \"per_token\"\nthreshold = { power_of_two = 4 }\n\
         last_step = \"remainder\"",
    ),
    // Syntax.
    ("[array]", "[array"),
    ("lanes = 8", "lanes = 8 slots = 4"),
    ("lanes = 8", "lanes = -0x8"),
    ("name = \"sample\"", "name = sample"),
    ("last_step = \"same\"", "last_step = \"same"),
    ("[array]", "{ \"array\": 1 }"),
];

fn error(bytes: &[u8]) -> ConfigError {
    match Design::parse("design.toml", bytes) {
        Ok(_) => panic!("this was taken for a design:\n{}", String::from_utf8_lossy(bytes)),
        Err(error) => error,
    }
}

/// A file of this crate.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares with a committed file, or rewrites it when asked to.
fn golden(name: &str, actual: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path(name), actual).expect("the file can be written");
    }
    let expected = std::fs::read_to_string(path(name)).expect("the file is committed");
    assert_eq!(expected, actual, "{name}; UPDATE_GOLDEN=1 rewrites it");
}

/// Every bad input is refused with its committed message.
#[test]
fn bad_inputs_have_their_messages() {
    let valid = Design::bundled().to_toml();
    let mut messages = String::new();
    for (from, to) in BAD_INPUTS {
        assert!(valid.contains(from), "the sample design has no {from:?}");
        let text = valid.replacen(from, to, 1);
        writeln!(messages, "error: {}\n", error(text.as_bytes())).expect("a string grows");
    }
    golden("tests/golden/config-errors.txt", &messages);
}

/// A message shows the file, the line and the column of the value, with the carets under it.
#[test]
fn a_message_points_at_the_value() {
    let text = starter().replace("acc_width = 18", "acc_width = 60");
    let line = 1 + text.lines().position(|line| line == "acc_width = 60").expect("it is there");
    let expected = format!(
        "acc_width 60 is above the limit of 48\n  --> design.toml:{line}:13\n   |\n\
         {line} | acc_width = 60\n   |             ^^ choose 4..=48"
    );
    assert_eq!(error(text.as_bytes()).to_string(), expected);
}

/// Later stages point at a value of the file by its key, and at the table of a default.
#[test]
fn later_stages_point_at_keys() {
    let place = |key: &str| match DesignFile::bundled().point_at(key, "message", "remedy") {
        ConfigError::At(place) => starter().lines().nth(place.line - 1).map(str::to_string),
        other => panic!("{other}"),
    };
    assert_eq!(place("array.acc_width").as_deref(), Some("acc_width = 18"));
    assert_eq!(place("neuron.rule.leak.shift").as_deref(), Some("leak = { shift = 2 }"));
    assert_eq!(place("run.unknown").as_deref(), Some("[run]"));
}

/// Files that are no text, too large, empty, very deep or with endless lines fail without harm.
#[test]
fn files_that_are_no_configuration() {
    let not_text = error(b"name = \"a\"\nx = \"\xff\"");
    assert_eq!(
        not_text.to_string(),
        "byte 0xff is not UTF-8\n --> design.toml:2:6\n  |\n2 | x = \"\u{fffd}\"\n  |      ^ save the file as UTF-8 text"
    );
    assert!(matches!(error(&vec![b'#'; limits::FILE_BYTES_MAX + 1]), ConfigError::TooLarge { .. }));
    let deep = [b"x = ".to_vec(), vec![b'['; 100_000]].concat();
    let wide = format!("{}{} = 1", "\u{1}\t", "é".repeat(400_000));
    let long_key = format!("{} = 1", "k".repeat(1_000_000));
    for bytes in [b"".as_slice(), b"\r\n", &deep, wide.as_bytes(), long_key.as_bytes()] {
        let message = error(bytes).to_string();
        assert!(message.chars().count() < 1000, "{message}");
        assert!(!message.contains(['\u{1}', '\t', '\r']), "{message}");
    }
    let missing = DesignFile::read(Path::new("no/such/design.toml")).expect_err("no file");
    assert!(missing.to_string().starts_with("no/such/design.toml cannot be read: "), "{missing}");
    assert!(matches!(DesignFile::read(Path::new(".")), Err(ConfigError::Read { .. })));
}

/// The starter is the sample design with every comment of the schema, and every shipped file is
/// what the writer prints.
#[test]
fn shipped_designs_are_written_by_the_tool() {
    let mut names = vec![];
    for entry in std::fs::read_dir(path("designs")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a plain name");
        let design = DesignFile::named(name.trim_end_matches(".toml")).expect("it is shipped");
        golden(&format!("designs/{name}"), &design.design.to_commented_toml());
        names.push(name);
    }
    assert!(names.len() >= 6, "{names:?}");
    assert_eq!(Design::parse("init", starter().as_bytes()).expect("valid"), Design::bundled());
    assert_eq!(
        DesignFile::read(&path("designs/sample.toml")).expect("valid").design,
        Design::bundled()
    );
}

/// Keys with a default may be left out.
#[test]
fn defaults() {
    let text = Design::bundled().to_toml();
    let required =
        text.split("\n[encoder]").next().expect("a part").replace("skip_empty = false\n", "");
    let design = Design::parse("design.toml", required.as_bytes()).expect("the rest has defaults");
    // The sample's array has four planes, fewer than a machine's trains have by default.
    assert_eq!((design.machine.attention_bits, design.machine.head_bits), (6, 6));
    let machine = Machine { attention_bits: 4, head_bits: 4, ..design.machine };
    assert_eq!(Design { machine, ..design }, Design::bundled());
}

/// The schema is the same text each time, describes every key, and limits every number.
#[test]
fn the_schema_describes_and_limits_every_key() {
    assert_eq!(schema(), schema());
    assert!(schema().contains(&limits::SYNAPSES_MAX.to_string()), "the comment names the limit");
    let root: serde_json::Value = serde_json::from_str(&schema()).expect("JSON");
    let mut open = vec![("design".to_string(), &root)];
    let mut keys = 0;
    while let Some((name, node)) = open.pop() {
        assert!(node.get("$ref").is_none(), "{name} is inline");
        if node["type"] == "integer" {
            assert!(node["minimum"].is_u64() && node["maximum"].is_u64(), "{name} has no limits");
        }
        for form in node["oneOf"].as_array().into_iter().flatten() {
            assert!(form["description"].is_string(), "a form of {name} has no description");
            open.push((name.clone(), form));
        }
        for (key, value) in node["properties"].as_object().into_iter().flatten() {
            assert_eq!(node["additionalProperties"], false, "{name}");
            let described = value["description"].is_string() || node["description"].is_string();
            assert!(described, "{name}.{key} has no description");
            open.push((format!("{name}.{key}"), value));
            keys += 1;
        }
    }
    assert_eq!(keys, 56);
}

fn any_design() -> impl Strategy<Value = Design> {
    let leak = prop_oneof![
        Just(Leak::None),
        (1u32..19).prop_map(Leak::Shift),
        (1u32..19).prop_map(Leak::Decay)
    ];
    let range = prop_oneof![
        Just(SpikeRange::Unbounded),
        (1u32..19).prop_map(SpikeRange::Signed),
        (1u32..19).prop_map(SpikeRange::Unsigned)
    ];
    let threshold =
        prop_oneof![Just(Threshold::PerChannel), (0u32..18).prop_map(Threshold::PowerOfTwo)];
    let sizes = (1usize..=64, 1usize..=64, 1usize..=8, any::<bool>(), 20u32..=48);
    (sizes, leak, range, threshold, any::<u32>()).prop_map(
        |(sizes, leak, range, threshold, seed)| {
            let mut design = Design::bundled();
            let (lanes, slots, planes, flag, width) = sizes;
            design.name = format!("design-{seed}");
            (design.array.lanes, design.array.slots, design.array.planes) = (lanes, slots, planes);
            (design.array.acc_width, design.neuron.rule.membrane_width) = (width, width);
            design.neuron.neurons = lanes;
            design.spike_buffer.skip_empty = flag;
            design.run.seed = u64::from(seed);
            let rule = &mut design.neuron.rule;
            (rule.leak, rule.range, rule.threshold) = (leak, range, threshold);
            if flag {
                design.array.radix = Radix::Unary;
                design.weight_store.packing = Packing::TwoBit;
                (rule.quantise, rule.reset, rule.state) =
                    (Quantise::Floor, Reset::Hard, State::PerStep);
            }
            design
        },
    )
}

proptest! {
    /// Any design written as TOML, with comments or without, reads back as the same design.
    #[test]
    fn written_designs_read_back(design in any_design()) {
        for text in [design.to_toml(), design.to_commented_toml()] {
            prop_assert_eq!(&Design::parse("design.toml", text.as_bytes()).unwrap(), &design);
        }
    }

    /// A valid file with any bytes put in any place is read or refused, never a panic.
    #[test]
    fn damaged_files_do_no_harm(
        place in 0usize..800,
        length in 0usize..20,
        put in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..6),
            "[\\[\\]{}=.\"'\\\\#,0-9a-z\n\r\té\u{feff}_-]{0,8}".prop_map(String::into_bytes),
        ],
    ) {
        let mut bytes = Design::bundled().to_toml().into_bytes();
        let place = place.min(bytes.len());
        let end = (place + length).min(bytes.len());
        bytes.splice(place..end, put);
        if let Err(error) = Design::parse("design.toml", &bytes) {
            prop_assert!(error.to_string().chars().count() < 1000);
        }
    }
}
