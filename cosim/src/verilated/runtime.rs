//! What every model shares: Verilator's run-time library as object files, and its main header
//! precompiled.
//!
//! Both are built once for a Verilator, a compiler and a set of flags. Without them a small model
//! would spend nine tenths of its build time on text that never changes.

use std::path::{Path, PathBuf};

use super::Toolchain;
use super::options::Optimisation;
use crate::tools::{AtPath, Cache, ToolError, digest};

/// Flags of every compilation. The same list must be used for the header and for what includes
/// it, or the compiler ignores the precompiled form.
const FLAGS: [&str; 10] = [
    "-std=gnu++17",
    "-pthread",
    "-fPIC",
    "-fvisibility=hidden",
    // Models share class names; a unique symbol would be shared by all that are loaded.
    "-fno-gnu-unique",
    "-fcf-protection=none",
    "-w",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
];

/// The parts of the library that generated models call; VCD costs nothing when it is not used.
const PARTS: [&str; 3] = ["verilated", "verilated_threads", "verilated_vcd_c"];

/// Cached libraries and headers take at most this much room: each header takes 60 MB.
const BYTES_MAX: u64 = 1 << 30;

/// Written last; its age says when the folder was used last.
const WITNESS: &str = "complete";

/// Paths of the shared parts.
#[derive(Clone, Debug)]
pub(crate) struct Runtime {
    /// The object files to link.
    pub(crate) objects: Vec<PathBuf>,
    /// The header to include first, next to its precompiled form.
    pub(crate) header: PathBuf,
}

/// The flags for a compilation at that optimisation, include paths apart.
pub(crate) fn compiler_flags(optimisation: Optimisation) -> Vec<&'static str> {
    let mut flags = FLAGS.to_vec();
    flags.push(optimisation.flag());
    flags
}

/// The include paths of a Verilator.
pub(crate) fn include_flags(toolchain: &Toolchain) -> [String; 2] {
    let include = toolchain.verilator.include();
    [format!("-I{}", include.display()), format!("-I{}/vltstd", include.display())]
}

impl Runtime {
    /// The shared parts for a toolchain, built first if need be.
    pub(crate) fn provide(
        toolchain: &Toolchain,
        optimisation: Optimisation,
    ) -> Result<Self, ToolError> {
        // The library is built at one level for all models: little of it runs in every cycle.
        let objects = folder(toolchain, "objects", Optimisation::Normal, compile_objects)?;
        let header = folder(toolchain, "header", optimisation, compile_header)?;
        let objects = PARTS.iter().map(|part| objects.join(format!("{part}.o"))).collect();
        Ok(Self { objects, header: header.join("first.h") })
    }
}

/// The cached folder of one kind of content, filled by `fill` if it is not there.
fn folder(
    toolchain: &Toolchain,
    kind: &str,
    optimisation: Optimisation,
    fill: fn(&Toolchain, Optimisation, &Path) -> Result<(), ToolError>,
) -> Result<PathBuf, ToolError> {
    let cache = &toolchain.cache;
    let mut parts = vec![kind, &toolchain.verilator.identity, &toolchain.compiler_identity];
    parts.extend(compiler_flags(optimisation));
    let name = format!("{kind}-{}", &digest(&parts)[..32]);
    let target = cache.folder("runtime")?.join(&name);
    let witness = target.join(WITNESS);
    if !Cache::is_whole(&target) {
        let _lock = cache.lock(&format!("runtime-{kind}"))?;
        if !Cache::is_whole(&target) {
            let unfinished = cache.unfinished("runtime")?;
            fill(toolchain, optimisation, unfinished.path())?;
            let done = unfinished.path().join(WITNESS);
            std::fs::write(&done, "").at("write", &done)?;
            Cache::publish(unfinished, &target)?;
            cache.prune("runtime", WITNESS, BYTES_MAX);
        }
    }
    Cache::touch(&witness);
    Ok(target)
}

/// Compiles the parts of the library, at the same time.
fn compile_objects(
    toolchain: &Toolchain,
    optimisation: Optimisation,
    folder: &Path,
) -> Result<(), ToolError> {
    let compile = |part: &str| {
        let source = toolchain.verilator.include().join(format!("{part}.cpp"));
        toolchain
            .compiler
            .step(format!("compile Verilator's run-time library ({part})"))
            .inside(folder)
            .args(compiler_flags(optimisation))
            .args(include_flags(toolchain))
            .args(["-c", "-o", &format!("{part}.o")])
            .args([source])
            .progress(format!("g++ {part} (once)"))
            .require(&toolchain.cache)
            .map(|_| ())
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = PARTS.iter().map(|part| scope.spawn(|| compile(part))).collect();
        parts.into_iter().try_for_each(|part| match part.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

/// Precompiles the header that takes most of the time of a small model.
fn compile_header(
    toolchain: &Toolchain,
    optimisation: Optimisation,
    folder: &Path,
) -> Result<(), ToolError> {
    let header = folder.join("first.h");
    std::fs::write(&header, "#include \"verilated.h\"\n").at("write", &header)?;
    toolchain
        .compiler
        .step("precompile Verilator's header")
        .inside(folder)
        .args(compiler_flags(optimisation))
        .args(include_flags(toolchain))
        .args(["-x", "c++-header", "first.h", "-o", "first.h.gch"])
        .progress("g++ verilated.h (once)")
        .require(&toolchain.cache)?;
    Ok(())
}
