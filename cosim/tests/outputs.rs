//! What a failed rename, a kill between two of them, a second process and a full disk leave: the
//! earlier run or the new one, whole, and what outlives a run, in their places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A library that makes the N-th rename below a folder fail, or kills the process there.
const SHIM: &str = r#"
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int count;
extern "C" int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    const char *below = getenv("SHIM_BELOW"), *what = getenv("SHIM_DO");
    if (!strstr(from, below) || ++count != atoi(getenv("SHIM_COUNT"))) return real(from, to);
    if (*what == 'e') { errno = atoi(what + 1); return -1; }
    int result = *what == 'a' ? real(from, to) : 0;
    kill(getpid(), SIGKILL);
    return result;
}
"#;

/// The errors of a mounted folder, of another file system, of a full disk, of a read-only one; and
/// a kill before and after the rename.
const FAULTS: [&str; 6] = ["e16", "e18", "e28", "e30", "before", "after"];

fn spikewright() -> Command {
    Command::new(env!("CARGO_BIN_EXE_spikewright"))
}

fn generate(out: &Path, design: &Path) -> Command {
    let mut command = spikewright();
    command.arg("generate").arg(design).arg("--out").arg(out);
    command
}

fn ended(mut command: Command) -> Output {
    command.output().expect("the program starts")
}

fn shim(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("shim.cpp"), folder.join("shim.so"));
    fs::write(&source, SHIM).unwrap();
    let mut compiler = Command::new("g++");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl");
    assert!(compiler.status().expect("g++ is installed").success());
    library
}

/// Two designs of one name.
fn designs(folder: &Path) -> [PathBuf; 2] {
    let text = weights::config::starter();
    let other = text.replace("\nlanes = 8\n", "\nlanes = 16\n");
    assert_ne!(text, other);
    [("one.toml", text), ("other.toml", &other)].map(|(name, text)| {
        fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    })
}

/// What outlives a run.
fn lay_out(run: &Path) {
    fs::create_dir_all(run.join("synth/board")).unwrap();
    fs::create_dir_all(run.join("explore")).unwrap();
    fs::write(run.join("synth/board/top.bit"), "bits").unwrap();
    fs::write(run.join("explore/points.json"), "[]").unwrap();
}

/// Requires that the run is whole, by its own manifest, and what outlives it is there; whether it
/// is the new one.
fn whole(run: &Path) -> bool {
    for (path, text) in [("synth/board/top.bit", "bits"), ("explore/points.json", "[]")] {
        assert_eq!(fs::read_to_string(run.join(path)).unwrap(), text);
    }
    cosim::pipeline::Outputs::require_whole(run, None).unwrap();
    let config = fs::read_to_string(run.join("0-config.toml")).unwrap();
    config.contains("\nlanes = 16\n")
}

/// How many hidden names there are: the lock, the link and one run.
fn hidden(run: &Path) -> usize {
    let names = fs::read_dir(run).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.as_encoded_bytes().starts_with(b".")).count()
}

#[test]
fn a_rename_that_fails_or_kills_leaves_one_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let shim = shim(folder.path());
    let [one, other] = designs(folder.path());
    let mut renames = 0;
    for fault in FAULTS {
        for count in 1.. {
            let out = folder.path().join(format!("{fault}-{count}"));
            let run = out.join("sample");
            assert!(ended(generate(&out, &one)).status.success());
            lay_out(&run);
            let mut command = generate(&out, &other);
            command.env("LD_PRELOAD", &shim).env("SHIM_BELOW", &out);
            command.env("SHIM_COUNT", count.to_string()).env("SHIM_DO", fault);
            let end = ended(command);
            let is_new = whole(&run);
            if end.status.success() {
                assert!(is_new);
                break;
            }
            renames += 1;
            let killed = end.status.code().is_none();
            assert_eq!(killed, !fault.starts_with('e'), "{fault} {count}: {end:?}");
            assert!(killed || (end.status.code() == Some(2) && !is_new), "{fault} {count}");
            assert!(killed || hidden(&run) == 3, "{fault} {count}: leftovers");
            assert!(ended(generate(&out, &other)).status.success());
            assert!(whole(&run), "{fault} {count}: the next run recovers");
            assert_eq!(hidden(&run), 3, "{fault} {count}: leftovers are swept");
            fs::remove_dir_all(&out).unwrap();
        }
    }
    // Two renames go from one run to the next; each fault was at both of them.
    assert_eq!(renames, 2 * FAULTS.len());
}

#[test]
fn a_first_run_that_is_killed_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let shim = shim(folder.path());
    let [one, _] = designs(folder.path());
    for fault in ["before", "after"] {
        for count in 1.. {
            let out = folder.path().join(format!("{fault}-{count}"));
            let mut command = generate(&out, &one);
            command.env("LD_PRELOAD", &shim).env("SHIM_BELOW", &out);
            command.env("SHIM_COUNT", count.to_string()).env("SHIM_DO", fault);
            if ended(command).status.success() {
                assert!(count > 3, "the shim saw no rename");
                break;
            }
            let again = ended(generate(&out, &one));
            assert!(again.status.success(), "{fault} {count}: {again:?}");
            cosim::pipeline::Outputs::require_whole(&out.join("sample"), None).unwrap();
            assert_eq!(hidden(&out.join("sample")), 3, "{fault} {count}");
        }
    }
}

#[test]
fn processes_that_write_one_folder_do_so_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = designs(folder.path());
    let out = folder.path().join("out");
    assert!(ended(generate(&out, &one)).status.success());
    lay_out(&out.join("sample"));
    let started: Vec<_> = [&one, &other, &one, &other]
        .iter()
        .map(|design| {
            generate(&out, design).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in started {
        assert!(child.wait().unwrap().success());
    }
    whole(&out.join("sample"));
    assert_eq!(hidden(&out.join("sample")), 3);
}

/// A file size limit stands for a full disk: writing fails in the middle.
#[test]
fn a_full_disk_leaves_the_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = designs(folder.path());
    let out = folder.path().join("out");
    assert!(ended(generate(&out, &one)).status.success());
    lay_out(&out.join("sample"));
    let mut shell = Command::new("/bin/sh");
    // Without the signal, a write beyond the limit fails as one to a full disk does.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"]);
    let generate = generate(&out, &other);
    let end = ended({
        shell.arg(generate.get_program()).args(generate.get_args());
        shell
    });
    assert_eq!(end.status.code(), Some(2), "{end:?}");
    assert!(!whole(&out.join("sample")));
    assert_eq!(hidden(&out.join("sample")), 3);
}
