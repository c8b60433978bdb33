//! Ring `house`: no files of a crate import each other in a circle, so that each can be read with
//! those below it alone.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::Path;

/// The crates whose files are read.
const CRATES: &[&str] = &["weights", "firmware", "hdl", "cosim", "tests"];

/// A path of names, from the root of its crate or as a file has it.
type Names = Vec<String>;

/// What a module says of others.
#[derive(Default)]
struct Module {
    /// The file that holds it.
    file: String,
    /// What its imports name, and their paths.
    imports: BTreeMap<String, Names>,
    /// The paths that its code has; what it only passes on from a child is none of them.
    uses: BTreeSet<Names>,
}

/// Each file of a crate, what it imports, and the names for which it does.
type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The modules of a crate by their paths, without those of tests.
struct Crate(BTreeMap<Names, Module>);

impl Crate {
    /// Of the texts of its files, which have their names below `src`.
    fn read(sources: &BTreeMap<String, String>) -> Crate {
        let mut read = Crate(BTreeMap::new());
        read.file(&[], "lib.rs", sources);
        read
    }

    fn file(&mut self, module: &[String], file: &str, sources: &BTreeMap<String, String>) {
        let text = sources.get(file).unwrap_or_else(|| panic!("no file {file}"));
        let code: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        self.0.insert(module.to_vec(), Module { file: file.to_owned(), ..Module::default() });
        self.code(module, code, sources);
    }

    /// Reads code of a module, and the modules that it declares.
    fn code(&mut self, at: &[String], code: TokenStream, sources: &BTreeMap<String, String>) {
        let code: Vec<TokenTree> = code.into_iter().collect();
        let mut index = 0;
        while index < code.len() {
            let rest = &code[index..];
            let before = &code[..index];
            let word = word(&code[index]);
            index += if is_of_tests(rest) {
                item_length(rest)
            } else if word == "use" && !is_mark(&rest[1], '<') {
                self.import(at, before, rest)
            } else if word == "mod" {
                self.declaration(at, rest, sources)
            } else if let TokenTree::Group(group) = &rest[0] {
                self.code(at, group.stream(), sources);
                1
            } else if word.is_empty() || is_part(before) {
                1
            } else {
                let path = leading_path(rest);
                let length = 3 * path.len() - 2;
                self.module(at).uses.insert(path);
                length
            };
        }
    }

    fn module(&mut self, path: &[String]) -> &mut Module {
        self.0.get_mut(path).expect("a module that is read")
    }

    /// Reads a declaration of imports; its length in tokens.
    fn import(&mut self, at: &[String], before: &[TokenTree], rest: &[TokenTree]) -> usize {
        let length = rest.iter().position(|token| is_mark(token, ';')).expect("an end of `use`");
        let is_public = match before {
            [.., public, TokenTree::Group(_)] | [.., public] => word(public) == "pub",
            [] => false,
        };
        for (name, path) in leaves(&[], &rest[1..length]) {
            let passed_on =
                is_public && self.absolute(at, &path).is_none_or(|path| path.starts_with(at));
            if !passed_on {
                self.module(at).uses.insert(path.clone());
            }
            // An import in a macro is one of whoever calls it.
            if !is_mark(&rest[1], '$') {
                self.module(at).imports.insert(name, path);
            }
        }
        length
    }

    /// Reads a declaration of a module; its length in tokens.
    fn declaration(
        &mut self,
        at: &[String],
        rest: &[TokenTree],
        sources: &BTreeMap<String, String>,
    ) -> usize {
        let path = [at, &[word(&rest[1])]].concat();
        if let TokenTree::Group(body) = &rest[2] {
            let file = self.module(at).file.clone();
            self.0.insert(path.clone(), Module { file, ..Module::default() });
            self.code(&path, body.stream(), sources);
        } else {
            let name = path.join("/");
            let files = [format!("{name}.rs"), format!("{name}/mod.rs")];
            let file = files.iter().find(|file| sources.contains_key(*file));
            self.file(&path, file.unwrap_or_else(|| panic!("no file of {name}")), sources);
        }
        3
    }

    /// A path from the root; nothing for one that leads out of the crate or to the module's own.
    fn absolute(&self, at: &[String], path: &[String]) -> Option<Names> {
        let (first, rest) = path.split_first()?;
        let child = [at, std::slice::from_ref(first)].concat();
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([at, rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                Some([&at[..at.len().checked_sub(ups)?], &path[ups..]].concat())
            }
            _ if self.0.contains_key(&child) => Some([at, path].concat()),
            _ => {
                let import = self.0[at].imports.get(first).filter(|import| import[0] != *first)?;
                Some([self.absolute(at, import)?.as_slice(), rest].concat())
            }
        }
    }

    /// The module that defines what a path from the root names, and its name there. What no module
    /// on the way imports is of the last one, though a macro may make it.
    fn definer(&self, path: &[String]) -> Option<(&Module, String)> {
        let is_module = |length: &usize| self.0.contains_key(&path[..*length]);
        let length = (0..=path.len()).rev().find(is_module)?;
        // A function may have the name of the module from which it is passed on.
        let is_name = length == path.len();
        let length = if is_name { length.checked_sub(1)? } else { length };
        let (at, rest) = path.split_at(length);
        match self.0[at].imports.get(&rest[0]) {
            Some(import) if import[0] != rest[0] || import.len() > 1 => {
                let import = self.absolute(at, import)?;
                self.definer(&[import.as_slice(), &rest[1..]].concat())
            }
            _ if is_name => None,
            _ => Some((&self.0[at], rest[0].clone())),
        }
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (at, module) in &self.0 {
            let of_file = imports.entry(module.file.clone()).or_default();
            for path in &module.uses {
                let Some(path) = self.absolute(at, path) else { continue };
                let Some((definer, name)) = self.definer(&path) else { continue };
                if definer.file != module.file {
                    of_file.entry(definer.file.clone()).or_default().insert(name);
                }
            }
        }
        imports
    }
}

/// A word of the code, or nothing.
fn word(token: &TokenTree) -> String {
    match token {
        TokenTree::Ident(word) => word.to_string(),
        _ => String::new(),
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// Whether an item only of tests begins here.
fn is_of_tests(rest: &[TokenTree]) -> bool {
    match rest {
        [mark, TokenTree::Group(attribute), ..] if is_mark(mark, '#') => {
            attribute.stream().to_string().replace(' ', "") == "cfg(test)"
        }
        _ => false,
    }
}

/// Tokens of an item with its attribute; the end is a semicolon or a body.
fn item_length(rest: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_mark(token, ';'),
    };
    rest.iter().position(is_end).map_or(rest.len(), |end| end + 1)
}

/// Whether a word behind these tokens begins no path: a field, a lifetime, what follows a type.
fn is_part(before: &[TokenTree]) -> bool {
    match before {
        [.., first, second] if is_mark(first, '.') && is_mark(second, '.') => false,
        [.., first, second] if is_mark(first, ':') && is_mark(second, ':') => true,
        [.., last] => is_mark(last, '.') || is_mark(last, '\''),
        [] => false,
    }
}

/// The path at the start of these tokens, whose first is a word.
fn leading_path(rest: &[TokenTree]) -> Names {
    let mut path = vec![word(&rest[0])];
    for more in rest[1..].chunks_exact(3) {
        let is_next = is_mark(&more[0], ':') && is_mark(&more[1], ':');
        match word(&more[2]) {
            next if is_next && !next.is_empty() => path.push(next),
            _ => break,
        }
    }
    path
}

/// The names and paths of a tree of imports, below those of the trees around it.
fn leaves(above: &[String], tree: &[TokenTree]) -> Vec<(String, Names)> {
    let mut found = Vec::new();
    for branch in tree.split(|token| is_mark(token, ',')) {
        let mut path = above.to_vec();
        let mut words = branch.iter();
        let mut name = None;
        while let Some(token) = words.next() {
            match token {
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    found.extend(leaves(&path, &inner));
                    path.clear();
                }
                token if is_mark(token, '*') => path.push("*".to_owned()),
                token => match word(token).as_str() {
                    "" => {}
                    "as" => name = words.next().map(word),
                    "self" if !path.is_empty() => {}
                    word => path.push(word.to_owned()),
                },
            }
        }
        if let Some(last) = path.last() {
            found.push((name.unwrap_or(last.clone()), path));
        }
    }
    found
}

/// All files that a file imports, itself or through others, each with the file before it on a
/// shortest way.
fn reached<'a>(imports: &'a Imports, start: &'a str) -> BTreeMap<&'a str, &'a str> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(file) = waiting.pop_front() {
        for next in imports[file].keys() {
            if !before.contains_key(next.as_str()) {
                before.insert(next, file);
                waiting.push_back(next);
            }
        }
    }
    before
}

/// A circle of each group of files that all import each other, with the names that close it.
fn circles(sources: &BTreeMap<String, String>) -> Vec<String> {
    let imports = Crate::read(sources).imports();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for start in imports.keys().map(String::as_str) {
        let before = reached(&imports, start);
        if !before.contains_key(start) || seen.contains(start) {
            continue;
        }
        seen.extend(before.keys().filter(|file| reached(&imports, file).contains_key(start)));
        let (mut way, mut names) = (vec![start], String::new());
        while way.len() == 1 || way[0] != start {
            let (file, next) = (before[way[0]], way[0]);
            let of_next: Vec<&str> = imports[file][next].iter().map(String::as_str).collect();
            names = format!("\n    {file} has {} of {next}{names}", of_next.join(", "));
            way.insert(0, file);
        }
        found.push(way.join(" -> ") + &names);
    }
    found
}

/// The texts of the files below a folder by their names there.
fn sources(root: &Path) -> BTreeMap<String, String> {
    let mut sources = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path);
                let text = text.unwrap_or_else(|error| panic!("{path:?}: {error}"));
                let name = path.strip_prefix(root).expect("a file below the folder");
                sources.insert(name.display().to_string(), text);
            }
        }
    }
    sources
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = Vec::new();
    for name in CRATES {
        let circles = circles(&sources(&root.join(name).join("src")));
        found.extend(circles.into_iter().map(|circle| format!("{name}: {circle}")));
    }
    assert!(found.is_empty(), "{} circles\n{}", found.len(), found.join("\n"));
}

/// The circles of files given as names and texts.
fn circles_of(files: &[(&str, &str)]) -> Vec<String> {
    let owned = |&(file, text): &(&str, &str)| (file.to_owned(), text.to_owned());
    circles(&files.iter().map(owned).collect())
}

#[test]
fn a_circle_is_found() {
    let train = ("train.rs", "use crate::value::{self, Value as Held};\npub struct Train(Held);");
    // Through an import, a name that the root passes on, and a path in a macro.
    for value in [
        "use super::train::Train;\npub struct Value(Box<Train>);",
        "use crate::Train;\npub struct Value(Box<Train>);",
        "pub struct Value;\nfn f() { println!(\"{:?}\", super::train::Train::new()); }",
    ] {
        let files = [("lib.rs", "mod train;\nmod value;\npub use train::Train;"), train];
        let found = circles_of(&[files[0], files[1], ("value.rs", value)]);
        let expected = "train.rs -> value.rs -> train.rs\n    train.rs has Value of value.rs\n    \
                        value.rs has Train of train.rs";
        assert_eq!(found, [expected], "{value}");
    }
    // A parent that uses what its child has, and a child that uses what its parent has.
    let parent = ("lib.rs", "mod child;\npub struct Parent(child::Child);");
    let child = ("child.rs", "impl super::Parent {}\npub struct Child;");
    assert_eq!(circles_of(&[parent, child]).len(), 1);
}

#[test]
fn what_is_no_circle_is_none() {
    // A parent passes on what its child has; tests of a file use what is above it.
    let parent = ("lib.rs", "mod child;\npub use child::Child;\npub struct Parent;");
    let child =
        ("child.rs", "use crate::Parent;\npub struct Child(Parent);\n#[cfg(test)]\nmod tests {}");
    assert_eq!(circles_of(&[parent, child]), [""; 0]);
    let top = ("lib.rs", "mod low;\nmod high;");
    let high = ("high.rs", "use crate::low::Low;\npub struct High<'low>(&'low Low);");
    let low = ("low.rs", "pub struct Low;\n#[cfg(test)]\nmod tests { use crate::high::High; }");
    assert_eq!(circles_of(&[top, high, low]), [""; 0]);
}
