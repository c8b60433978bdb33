use super::*;
use std::os::unix::fs::symlink;

fn write(out: &Path, name: &str, files: &[(&str, &str)]) -> Result<(), PipelineError> {
    let mut outputs = Outputs::new(out, name)?;
    files.iter().for_each(|(path, text)| outputs.add(path, *text));
    outputs.write(&[])
}

fn text(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let listing = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        listing.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn boards_come_before_a_run_and_outlive_it() {
    let out = tempfile::tempdir().unwrap();
    let boards = out.path().join("design").join(BOARDS);
    write(&boards, "board", &[("synth.json", "{}")]).unwrap();
    let is_there = |name: &str| out.path().join("design").join(name).is_file();
    for _ in 0..2 {
        write(out.path(), "design", &[("0-config.toml", "")]).unwrap();
        assert!(is_there("0-config.toml") && is_there("synth/board/synth.json"));
    }
    // What someone else put beside the boards is not ours to replace.
    let foreign = out.path().join("other");
    fs::create_dir_all(foreign.join(BOARDS)).unwrap();
    fs::write(foreign.join("thesis.txt"), "the only copy").unwrap();
    assert!(matches!(Outputs::new(out.path(), "other"), Err(PipelineError::Foreign { .. })));
}

#[test]
fn a_run_replaces_the_one_before_and_leaves_no_more_than_it_made() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("design");
    write(out.path(), "design", &[("a", "1"), ("4-rtl/top.v", "1"), ("4-rtl/gone.v", "1")])
        .unwrap();
    write(out.path(), "design", &[("b", "2"), ("4-rtl/top.v", "2")]).unwrap();
    assert_eq!(text(&folder, "b") + &text(&folder, "4-rtl/top.v"), "22");
    assert!(!folder.join("4-rtl/gone.v").exists());
    let left = names(&folder);
    let seen: Vec<&String> = left.iter().filter(|name| !name.starts_with('.')).collect();
    assert_eq!(seen, ["4-rtl", "b", "manifest.json"]);
    // The link, the one run that it leads to, the lock.
    assert_eq!(left.len(), 6, "{left:?}");
    // The same files leave the same names: a run has no date, and no chance.
    let again = tempfile::tempdir().unwrap();
    write(again.path(), "design", &[("b", "2"), ("4-rtl/top.v", "2")]).unwrap();
    assert_eq!(names(&again.path().join("design")), left);
    write(again.path(), "design", &[("b", "2"), ("4-rtl/top.v", "2")]).unwrap();
    assert_eq!(text(&again.path().join("design"), "b"), "2");
}

#[test]
fn what_a_user_put_into_a_folder_stays() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("design");
    let files = [("a", "1"), ("4-rtl/top.v", "1"), ("4-rtl/old.v", "1")];
    write(out.path(), "design", &files).unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();
    fs::create_dir(folder.join("4-rtl/tb")).unwrap();
    fs::write(folder.join("4-rtl/tb/bench.v"), "mine").unwrap();
    symlink("/nowhere", folder.join("4-rtl/tb/link")).unwrap();
    for _ in 0..3 {
        write(out.path(), "design", &[("a", "2"), ("4-rtl/top.v", "2")]).unwrap();
        assert_eq!(text(&folder, "notes.txt"), "mine");
        assert_eq!(text(&folder, "4-rtl/tb/bench.v"), "mine");
        assert_eq!(fs::read_link(folder.join("4-rtl/tb/link")).unwrap(), Path::new("/nowhere"));
        assert!(!folder.join("4-rtl/old.v").exists());
    }
    // Where a new file would have to replace one of his, nothing is written.
    fs::write(folder.join("b"), "mine").unwrap();
    let refused = write(out.path(), "design", &[("a", "3"), ("b", "3")]).unwrap_err();
    assert!(matches!(refused, PipelineError::Foreign { .. }), "{refused}");
    assert_eq!(text(&folder, "a") + &text(&folder, "b"), "2mine");
}

/// As earlier versions wrote it, and as `cp -rL` leaves it.
#[test]
fn a_folder_without_links_becomes_one_with_links() {
    let out = tempfile::tempdir().unwrap();
    write(out.path(), "model", &[("a", "1"), ("4-rtl/top.v", "1")]).unwrap();
    let [plain, linked] = ["plain", "model"].map(|name| out.path().join(name));
    fs::create_dir_all(plain.join("4-rtl")).unwrap();
    for path in ["a", "4-rtl/top.v", "manifest.json"] {
        fs::copy(linked.join(path), plain.join(path)).unwrap();
    }
    // A copy that follows links makes a folder of `.run` too.
    fs::create_dir(plain.join(".run")).unwrap();
    fs::create_dir(plain.join(BOARDS)).unwrap();
    fs::write(plain.join("4-rtl/bench.v"), "mine").unwrap();
    assert!(Outputs::require_whole(&plain, None).is_ok());
    Outputs::replace(&plain, "page", b"page".to_vec()).unwrap();
    assert!(Outputs::require_whole(&plain, None).is_ok());
    assert_eq!(text(&plain, "a") + &text(&plain, "page"), "1page");
    assert!(plain.join(BOARDS).is_dir());
    write(out.path(), "plain", &[("a", "2"), ("4-rtl/top.v", "2")]).unwrap();
    assert_eq!(text(&plain, "a") + &text(&plain, "4-rtl/top.v"), "22");
    assert_eq!(text(&plain, "4-rtl/bench.v"), "mine");
}

#[test]
fn a_changed_folder_is_named_file_by_file() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("design");
    let change = |path: &str, bytes: Option<&str>| {
        let _ = fs::remove_dir_all(&folder);
        write(out.path(), "design", &[("a", "text"), ("4-rtl/top.v", "text")]).unwrap();
        let path = folder.join(path);
        fs::remove_file(&path).unwrap();
        bytes.inspect(|bytes| fs::write(&path, bytes).unwrap());
        Outputs::require_whole(&folder, None).unwrap_err().to_string()
    };
    assert!(change("a", Some("next")).contains("design/a has another content"));
    assert!(change("a", Some("longer")).contains("design/a holds 6 bytes, the manifest says 4"));
    assert!(change("a", None).contains("design/a is missing"));
    assert!(change("4-rtl/top.v", None).contains("design/4-rtl/top.v is missing"));
    assert!(change("manifest.json", Some("{}")).contains("not written by this program"));
    // A manifest is a file of a stranger too: it must not lead us elsewhere.
    let entry = r#""bytes": 0, "blake3": """#;
    for path in ["/etc/passwd", "../x", "synth/board/top.bit", ""] {
        let manifest = format!(
            r#"{{"generator": "spikewright", "version": "", "name": "", "tools": [],
            "files": {{"{path}": {{{entry}}}}}}}"#
        );
        let message = change("manifest.json", Some(&manifest));
        assert!(message.contains("is no path inside the folder"), "{message}");
    }
}

#[test]
fn models_of_one_name_do_not_replace_each_other() {
    let out = tempfile::tempdir().unwrap();
    let [one, other] = ["one/m", "other/m"].map(|name| out.path().join(name));
    for model in [&one, &other] {
        fs::create_dir_all(model).unwrap();
    }
    let of = |model: &Path| Outputs::new(out.path(), "m-design")?.of_model(Some(model));
    of(&one).unwrap().write(&[]).unwrap();
    of(&one).unwrap().write(&[]).unwrap();
    let message = of(&other).unwrap_err().to_string();
    assert!(message.contains("another model of that name") && message.contains("one/m"));
    // Whoever asked before the other wrote is refused when he writes.
    fs::remove_dir_all(out.path().join("m-design")).unwrap();
    let late = of(&other).unwrap();
    of(&one).unwrap().write(&[]).unwrap();
    assert!(matches!(late.write(&[]), Err(PipelineError::OtherModel { .. })));
}
