//! The Verilog of an embedded module: an instance for rust-hdl's own module around it, and the
//! modules below.

use crate::language::check::Checked;
use crate::language::module::Module;
use crate::language::primitive::PRIMITIVES_FOLDER;
use crate::language::simulation::Port;
use crate::language::verilog::print;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// The instance, its ports connected to wires of their names; rust-hdl indents it.
pub(super) fn instance(module: &str, ports: &[Port]) -> String {
    let lines: Vec<String> =
        ports.iter().map(|Port { name, .. }| format!("    .{name}({name})")).collect();
    format!("{module} embedded (\n{}\n);\n", lines.join(",\n"))
}

/// Every module once however often rust-hdl prints this text: blocks that are alike share their
/// modules. Two different modules of one name are both printed, so that the next tool refuses them;
/// a prefix tells them apart. Models of a vendor's cells stay outside: that tool brings them.
pub(super) fn modules(design: &Checked) -> String {
    let mut text = String::new();
    let files = print(design).into_iter();
    for file in files.filter(|file| !file.name.starts_with(PRIMITIVES_FOLDER)) {
        let name = file.name.trim_end_matches(".v").to_uppercase();
        let guard = format!("SPIKEWRIGHT_{name}_{:016x}", digest(&file.text));
        writeln!(text, "`ifndef {guard}\n`define {guard}\n{}`endif", file.text)
            .expect("a string takes everything");
    }
    text
}

/// FNV-1a: the same in every version of every library.
fn digest(text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The module and all below it under names with a prefix; vendors' cells keep theirs.
pub(super) fn renamed(module: &Arc<Module>, prefix: &str) -> Arc<Module> {
    match prefix {
        "" => module.clone(),
        _ => rename(module, prefix, &mut BTreeMap::new()),
    }
}

fn rename(
    module: &Arc<Module>,
    prefix: &str,
    done: &mut BTreeMap<String, Arc<Module>>,
) -> Arc<Module> {
    if module.primitive().is_some() {
        return module.clone();
    }
    if let Some(known) = done.get(&module.name) {
        return known.clone();
    }
    let mut copy = Module::clone(module);
    copy.name = format!("{prefix}{}", module.name);
    for instance in &mut copy.instances {
        instance.module = rename(&instance.module, prefix, done);
    }
    let copy = Arc::new(copy);
    done.insert(module.name.clone(), copy.clone());
    copy
}
