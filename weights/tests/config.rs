//! The configuration: presets, the starter, the schema, and one message for each bad input.
//!
//! `UPDATE_GOLDEN=1 cargo test -p weights` rewrites the messages and the comments of the presets.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use weights::config::{ConfigError, Design, DesignFile, Form, Machine, limits, schema, starter};
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
    ("value_width = 18", "value_width = 4294967297"),
    // Types.
    ("lanes = 8", "lanes = \"8\""),
    ("lanes = 8", "lanes = 8.5"),
    ("lanes = 8", "lanes = [8]"),
    ("lanes = 8", "lanes.count = 8"),
    ("mean_count = 26", "mean_count = 1979-05-27"),
    ("planes = 4", "planes = true"),
    ("name = \"sample\"", "name = 7"),
    ("packing = \"base3\"", "packing = 3"),
    ("packing = \"base3\"", "packing = { base3 = 5 }"),
    ("[array]", "[[array]]"),
    ("name = \"sample\"\n", "name = \"sample\"\nencoder = 3\n"),
    // Keys.
    ("lanes = 8", "lane = 8"),
    ("lanes = 8", "colour = 8"),
    ("planes = 4", "planes = 4\ntokens = 16"),
    ("[encoder]\n", "[encoders]\n"),
    ("[encoder]\n", "[neurons]\n"),
    ("[run]\n", "[machine.run]\n"),
    ("lanes = 8\n", ""),
    ("name = \"sample\"\n", ""),
    (
        "[array]\nlanes = 8\nslots = 16\nplanes = 4\nradix = \"bitwise\"\nform = \"dense\"\nacc_width = 18\ntarget = \"portable\"\n",
        "",
    ),
    ("lanes = 8", "lanes = 8\nlanes = 9"),
    ("[weight_store]", "[array]"),
    // Choices.
    ("packing = \"base3\"", "packing = \"base4\""),
    ("form = \"dense\"", "form = \"Dense\""),
    // Relations.
    ("elements = 8", "elements = 12"),
    ("lanes = 8\nslots = 16\nplanes = 4", "lanes = 256\nslots = 256\nplanes = 8"),
    ("name = \"sample\"", "name = \"../outside\""),
    ("name = \"sample\"", "name = \"\""),
    (
        "name = \"sample\"",
        "name = \"a-name-of-more-than-sixty-four-characters-is-too-long-for-a-folder\"",
    ),
    ("key_value_heads = 2", "key_value_heads = 3"),
    ("head_width = 10", "head_width = 11"),
    (
        "network = \"bitnet\"\nwidth = 40\nhidden = 52\nblocks = 2",
        "network = \"lif\"\nwidth = 40\nhidden = 52\nblocks = 1",
    ),
    // Syntax.
    ("[array]", "[array"),
    ("lanes = 8", "lanes = 8 slots = 4"),
    ("lanes = 8", "lanes = -0x8"),
    ("name = \"sample\"", "name = sample"),
    ("packing = \"base3\"", "packing = \"base3"),
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
    assert_eq!(place("weight_store.packing.base3").as_deref(), Some("packing = \"base3\""));
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

/// Files of earlier designs are read without the keys that are gone, whatever these hold; a setting
/// of such a key is refused.
#[test]
fn retired_keys_are_left_out() {
    let current = Design::bundled().to_toml();
    let parse = |text: &str| DesignFile::parse("old.toml", text.as_bytes()).expect("valid");
    assert!(parse(&current).retired().is_empty());
    let deep = current.replace("[weight_store]", "[weight_store]\ndepth = 64");
    let odd = deep.replace("depth = 64", "depth = []");
    let neuron = "\n[neuron]\nneurons = 4\n\n[neuron.rule]\nleak = { shift = 2 }\n";
    let all = ["neuron", "spike_buffer", "weight_store.depth"];
    for (text, retired) in [
        (format!("{deep}\n[spike_buffer]\ndepth = 64\nskip_empty = false\n{neuron}"), &all[..]),
        (format!("neuron = 3\nspike_buffer = []\n{odd}"), &all[..]),
        (format!("{current}\n[neuron.rule]\n"), &all[..1]),
        (deep, &all[2..]),
    ] {
        let file = parse(&text);
        assert_eq!((&file.design, file.retired()), (&Design::bundled(), retired));
        let with = |setting: &str| file.with_settings(&[setting.to_string()]);
        assert_eq!(with("run.seed=2").expect("a key").retired(), retired);
        for (setting, message) in [
            ("neuron.neurons=1", "neuron is no key of the top level\n"),
            ("spike_buffer.skip_empty=true", "spike_buffer is no key of the top level\n"),
            ("weight_store.depth=64", "depth is no key of [weight_store]\n"),
        ] {
            let refused = with(setting).expect_err("no key").to_string();
            assert!(refused.starts_with(message), "{refused}");
        }
    }
}

/// Keys with a default may be left out.
#[test]
fn defaults() {
    let text = Design::bundled().to_toml();
    let required = text.split("\n[encoder]").next().expect("a part");
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
            assert!(form["const"].is_string(), "a form of {name} is no name");
            assert!(form["description"].is_string(), "a form of {name} has no description");
        }
        for (key, value) in node["properties"].as_object().into_iter().flatten() {
            assert_eq!(node["additionalProperties"], false, "{name}");
            let described = value["description"].is_string() || node["description"].is_string();
            assert!(described, "{name}.{key} has no description");
            open.push((format!("{name}.{key}"), value));
            keys += 1;
        }
    }
    assert_eq!(keys, 36);
}

fn any_design() -> impl Strategy<Value = Design> {
    let sizes = (2usize..=64, 2usize..=64, 1usize..=8, 20u32..=48);
    let form = prop_oneof![Just(Form::Dense), Just(Form::Event), Just(Form::Baked)];
    (sizes, form, any::<bool>(), any::<u32>()).prop_map(|(sizes, form, flag, seed)| {
        let mut design = Design::bundled();
        let (lanes, slots, planes, width) = sizes;
        design.name = format!("design-{seed}");
        (design.array.lanes, design.array.slots, design.array.planes) = (lanes, slots, planes);
        (design.array.acc_width, design.array.form) = (width, form);
        design.run.seed = u64::from(seed);
        if flag {
            design.array.radix = Radix::Unary;
            design.weight_store.packing = Packing::TwoBit;
        }
        design
    })
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
        place in 0usize..500,
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
