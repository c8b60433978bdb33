//! A local change, another width of one block, leaves the names of everything else as they are: what a
//! reader has annotated, a constraint names or a waveform shows is found again.

use std::collections::BTreeMap;
use tests::machine_check::{Host, Whole};
use tests::{machine_plants, pass_plants, verilog};
use weights::config::Design;

/// The names in the order in which each file has them; numbers and comments are none.
fn names(whole: &Whole) -> BTreeMap<String, Vec<String>> {
    let names = |text: &str| {
        let code: Vec<&str> =
            text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
        let code = code.join("\n");
        // A base and its digits, such as `'h1f`, belong to their number.
        let words =
            code.split(|letter: char| !letter.is_ascii_alphanumeric() && !"_'".contains(letter));
        let is_name = |word: &&str| {
            word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        };
        words.filter(is_name).map(str::to_owned).collect()
    };
    verilog::sources(&whole.design()).into_iter().map(|(file, text)| (file, names(&text))).collect()
}

/// The files whose names differ, and those that only one of the two has.
fn differing(whole: &Whole, set: fn(&mut Design)) -> Vec<String> {
    let mut case = whole.case.clone();
    set(&mut case.design);
    let other = names(&Whole::new(case, Host::Registers));
    let known = names(whole);
    let files =
        known.keys().chain(other.keys()).filter(|file| known.get(*file) != other.get(*file));
    let files: std::collections::BTreeSet<String> = files.cloned().collect();
    files.into_iter().collect()
}

#[test]
fn a_local_change_keeps_the_names_of_everything_else() {
    let wider: fn(&mut Design) = |design| design.array.acc_width += 1;
    for whole in [machine_plants::bitwise(), pass_plants::spike_input(), pass_plants::attending()] {
        // The drain takes what is wider apart; all others pass it on.
        let found = differing(&whole, wider);
        assert!(found.iter().all(|file| file == "drain_row.v"), "{}: {found:?}", whole.case.name);
    }
    // A change that is none of a width is seen: more lanes have names of their own.
    let whole = pass_plants::spike_input();
    let lanes: fn(&mut Design) = |design| design.array.lanes *= 2;
    assert!(differing(&whole, lanes).len() > 1);
}
