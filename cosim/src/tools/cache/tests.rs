use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

fn backdate(path: &Path, hours: u32) {
    let time = SystemTime::now() - hours * SAFE_AGE;
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn the_least_recently_used_entries_leave_first() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    for (name, hours) in [("a", 3), ("b", 4), ("c", 2), ("d", 0)] {
        let entry = cache.folder("models").unwrap().join(name);
        fs::create_dir(&entry).unwrap();
        fs::write(entry.join("model.so"), [0; 100]).unwrap();
        backdate(&entry.join("model.so"), hours);
    }
    Cache::touch(&folder.path().join("models/b/model.so"));
    cache.prune("models", "model.so", 350);
    let left = |name: &str| folder.path().join("models").join(name).is_dir();
    assert_eq!([left("a"), left("b"), left("c"), left("d")], [false, true, true, true]);

    // What was used within the last hour stays, whatever the bound.
    cache.prune("models", "model.so", 0);
    assert_eq!([left("b"), left("c"), left("d")], [true, false, true]);
}

#[test]
fn a_dropped_unfinished_folder_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    let unfinished = cache.unfinished("models").unwrap();
    fs::write(unfinished.path().join("model.so"), "half").unwrap();
    drop(unfinished);
    assert_eq!(fs::read_dir(folder.path().join("models")).unwrap().count(), 0);
}

#[test]
fn the_first_publisher_wins() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path()).unwrap();
    let target = folder.path().join("models/key");
    for text in ["first", "second"] {
        let unfinished = cache.unfinished("models").unwrap();
        fs::write(unfinished.path().join("log"), text).unwrap();
        Cache::publish(unfinished, &target).unwrap();
    }
    assert_eq!(fs::read_to_string(target.join("log")).unwrap(), "first");
    assert_eq!(fs::read_dir(folder.path().join("models")).unwrap().count(), 1);
}

#[test]
fn keys_depend_on_content_and_on_its_borders() {
    assert_eq!(digest(&["a", "b"]), digest(&["a", "b"]));
    assert_ne!(digest(&["ab", ""]), digest(&["a", "b"]));
    assert_ne!(digest(&["a", "b"]), digest(&["b", "a"]));
    // A key is a promise to caches that exist: it must not change by accident.
    assert_eq!(&digest(&["top", "module top; endmodule"])[..16], "7563ae777ee81114");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn open(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
}

#[test]
fn the_cache_is_closed_to_others() {
    let parent = tempfile::tempdir().unwrap();
    let root = parent.path().join("a/cache");
    let cache = Cache::at(&root).unwrap();
    let models = cache.folder("models").unwrap();
    assert_eq!([mode(&root), mode(&models)], [0o700, 0o700]);
    open(&root);
    open(&models);
    cache.folder("models").unwrap();
    assert_eq!([mode(&root), mode(&models)], [0o700, 0o700]);

    // A link, or a file, in the place of an area.
    let elsewhere = parent.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, root.join("python")).unwrap();
    let message = cache.folder("python").unwrap_err().to_string();
    assert!(message.contains("cache/python is a link"), "{message}");
    fs::write(root.join("place"), "").unwrap();
    assert!(cache.folder("place").is_err());

    // A folder of the user's that is more than a cache keeps its mode, or is refused.
    fs::write(parent.path().join("thesis.txt"), "").unwrap();
    let shared = Cache::at(parent.path()).unwrap();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
    shared.folder("models").unwrap();
    assert_eq!(mode(parent.path()), 0o755);
    open(parent.path());
    let message = shared.folder("models").unwrap_err().to_string();
    assert!(message.contains("can be written by others"), "{message}");

    // A link to the whole cache is the user's own choice.
    symlink(&root, elsewhere.join("link")).unwrap();
    assert!(Cache::at(&elsewhere.join("link")).unwrap().folder("models").is_ok());
}

/// A published entry, and a change to it after which it must not be used.
fn entry(cache: &Cache, text: &str) -> PathBuf {
    let unfinished = cache.unfinished("models").unwrap();
    fs::create_dir(unfinished.path().join("sub")).unwrap();
    for name in ["model.so", "sub/image.hex"] {
        let path = unfinished.path().join(name);
        fs::write(&path, text).unwrap();
        open(&path);
    }
    let target = cache.root().join("models/key");
    Cache::publish(unfinished, &target).unwrap();
    assert!(Cache::is_whole(&target));
    target
}

#[test]
fn an_entry_that_is_not_whole_is_replaced_and_never_used() {
    type Change = fn(&Path);
    let object = |entry: &Path| entry.join("model.so");
    let changes: [(&str, Change); 12] = [
        ("cut", |entry| fs::write(entry.join("model.so"), "ma").unwrap()),
        ("altered", |entry| fs::write(entry.join("sub/image.hex"), "mode0").unwrap()),
        ("another", |entry| {
            fs::remove_file(entry.join("model.so")).unwrap();
            fs::write(entry.join("model.so"), "evil").unwrap();
        }),
        ("missing", |entry| fs::remove_file(entry.join("model.so")).unwrap()),
        ("added", |entry| fs::write(entry.join("more"), "").unwrap()),
        ("a link", |entry| {
            let elsewhere = entry.parent().unwrap().join("elsewhere");
            fs::rename(entry.join("model.so"), &elsewhere).unwrap();
            symlink(&elsewhere, entry.join("model.so")).unwrap();
        }),
        ("writable", |entry| open(&entry.join("model.so"))),
        ("writable folder", |entry| open(entry)),
        ("writable inside", |entry| open(&entry.join("sub"))),
        ("no seal", |entry| fs::remove_file(entry.join("sealed")).unwrap()),
        ("empty", |entry| {
            fs::remove_dir_all(entry).unwrap();
            fs::create_dir(entry).unwrap();
        }),
        ("a file", |entry| {
            fs::remove_dir_all(entry).unwrap();
            fs::write(entry, "").unwrap();
        }),
    ];
    for (what, change) in changes {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(&folder.path().join("cache")).unwrap();
        let place = entry(&cache, "made");
        change(&place);
        assert!(!Cache::is_whole(&place), "{what}");
        assert_eq!(entry(&cache, "again"), place);
        assert_eq!(fs::read_to_string(object(&place)).unwrap(), "again", "{what}");
        // A pipe in an entry is refused, not waited for.
        let pipe = std::process::Command::new("mkfifo").arg(place.join("pipe")).status();
        assert!(pipe.unwrap().success());
        assert!(!Cache::is_whole(&place));
    }
}
