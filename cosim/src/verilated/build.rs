//! From Verilog to a loaded model: Verilate, compile as one unit, keep the result.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hdl::language::simulation::Port;

use super::Toolchain;
use super::ffi::Loaded;
use super::model::CompiledModel;
use super::options::{BuildOptions, PowerUp};
use super::runtime::{Runtime, compiler_flags, include_flags};
use super::shim::{PREFIX, shim_text};
use crate::tools::{AtPath, Cache, Design, ToolError, digest};

/// The one result of a build.
const MODEL: &str = "model.so";

/// Raised whenever a model is built in another way that its key does not show otherwise.
const RECIPE: &str = "recipe 1";

/// Compiled models take at most this much room in the cache.
const BYTES_MAX: u64 = 2 << 30;

/// Flags of every Verilation.
const FLAGS: [&str; 11] = [
    "--cc",
    "--prefix",
    PREFIX,
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    // Lint has its own run, without waivers; a faulty design must still simulate, to be caught.
    "-Wno-fatal",
    // Functions beyond this size cost the compiler more than they gain.
    "--output-split-cfuncs",
    "1000",
];

/// Flags of a Verilation whose simulations begin from a seed; each stands in for its value above.
const SEEDED_FLAGS: [&str; 4] = ["--x-assign", "unique", "--x-initial", "unique"];

/// Flags of a Verilation with waveforms: the default leaves out signals of more than 256 bits.
const TRACE_FLAGS: [&str; 3] = ["--trace", "--trace-max-width", "4096"];

impl Toolchain {
    /// Builds a model of a design, or takes it from the cache, and loads it.
    ///
    /// `ports` are those of the top module in order, without the clock `clk_i`; a module without
    /// that clock is settled, and a tick only settles it. Memory images
    /// among the design's sources are found by `$readmemh` under their plain names.
    ///
    /// # Errors
    /// The report of Verilator or of the compiler, or a cache that cannot be written.
    pub fn build(
        &self,
        design: &Design<'_>,
        ports: &[Port],
        options: BuildOptions,
    ) -> Result<CompiledModel, ToolError> {
        design.check_names()?;
        let shim = shim_text(ports, options);
        let key = self.key(design, &shim, options);
        let folder = self.cache.folder("models")?.join(&key);
        let path = folder.join(MODEL);
        let mut was_cached = true;
        let is_whole = || path.is_file() && Cache::is_whole(&folder);
        // What is there is code that is about to be run: it must be what was built.
        if !is_whole() {
            // Striped, so that the number of lock files is bounded.
            let _lock = self.cache.lock(&format!("model-{}", &key[..2]))?;
            if !is_whole() {
                was_cached = false;
                let unfinished = self.cache.unfinished("models")?;
                self.make(design, &shim, options, unfinished.path(), &folder)?;
                Cache::publish(unfinished, &folder)?;
                self.cache.prune("models", MODEL, BYTES_MAX);
            }
        }
        Cache::touch(&path);
        let loaded = Arc::new(Loaded::open(&path, options)?);
        Ok(CompiledModel::new(loaded, ports.into(), design.top.into(), was_cached))
    }

    /// The content key of a build: whatever changes the result changes the key.
    fn key(&self, design: &Design<'_>, shim: &str, options: BuildOptions) -> String {
        let mut parts = vec![RECIPE, design.top, shim];
        for (name, text) in design.sources {
            parts.extend([name.as_str(), text.as_str()]);
        }
        parts.extend(FLAGS);
        parts.extend(extra_flags(options));
        parts.extend(compiler_flags(options.optimisation));
        parts.extend([self.verilator.identity.as_str(), self.compiler_identity.as_str()]);
        digest(&parts)[..32].to_owned()
    }

    /// Builds into `folder`, which will become `target`.
    fn make(
        &self,
        design: &Design<'_>,
        shim: &str,
        options: BuildOptions,
        folder: &Path,
        target: &Path,
    ) -> Result<(), ToolError> {
        let work = design.staged()?;
        let work = work.path();
        place_images(design, work, folder, target)?;
        // The run-time library is missing only once; then it is built while Verilator runs.
        let runtime = std::thread::scope(|scope| {
            let runtime = scope.spawn(|| Runtime::provide(self, options.optimisation));
            self.verilate(design, options, work)?;
            match runtime.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })?;
        write_unit(work, shim)?;
        self.compiler
            .step(format!("compile the model of {}", design.top))
            .inside(work)
            .args(compiler_flags(options.optimisation))
            .args(["-include".as_ref(), runtime.header.as_os_str()])
            .args(include_flags(self))
            .args(["-Iobj", "-shared", "obj/unit.cpp"])
            .args(&runtime.objects)
            .args(["-o".as_ref(), folder.join(MODEL).as_os_str()])
            .limit(Duration::from_secs(3600))
            .progress(format!("g++ {}", design.top))
            .require(&self.cache)?;
        Ok(())
    }

    fn verilate(
        &self,
        design: &Design<'_>,
        options: BuildOptions,
        work: &Path,
    ) -> Result<(), ToolError> {
        self.verilator
            .step(format!("Verilate {}", design.top))
            .inside(work)
            .args(FLAGS)
            .args(extra_flags(options))
            .args(["--Mdir", "obj", "--top-module", design.top])
            .args(design.verilog_names())
            .limit(Duration::from_secs(3600))
            .progress(format!("verilator {}", design.top))
            .require(&self.cache)?;
        Ok(())
    }
}

/// The flags beyond those of every Verilation.
fn extra_flags(options: BuildOptions) -> Vec<&'static str> {
    let trace: &[&str] = if options.trace { &TRACE_FLAGS } else { &[] };
    let seeded: &[&str] = if options.power_up == PowerUp::Seeded { &SEEDED_FLAGS } else { &[] };
    [trace, seeded].concat()
}

/// Copies memory images into the model's folder, and makes the Verilog in `work` read them there:
/// a model has no folder of its own at run time.
fn place_images(
    design: &Design<'_>,
    work: &Path,
    folder: &Path,
    target: &Path,
) -> Result<(), ToolError> {
    let (verilog, images): (Vec<_>, Vec<_>) =
        design.sources.iter().partition(|(name, _)| crate::tools::is_verilog(name));
    if images.is_empty() {
        return Ok(());
    }
    for (name, text) in &images {
        let path = folder.join(name);
        fs::write(&path, text).at("write", &path)?;
    }
    for (name, text) in verilog {
        let mut text = text.clone();
        for (image, _) in &images {
            let place = format!("\"{}\"", target.join(image).display());
            text = text.replace(&format!("\"{image}\""), &place);
        }
        let path = work.join(name);
        fs::write(&path, text).at("write", &path)?;
    }
    Ok(())
}

/// Writes the one unit that includes every generated file, in a fixed order, and the shim.
///
/// What runs once, or only while a waveform is recorded, is not optimised: the trace functions
/// alone could take the compiler longer than everything else. It comes last, because a template
/// keeps the level of the place that uses it first.
fn write_unit(work: &Path, shim: &str) -> Result<(), ToolError> {
    let obj = work.join("obj");
    let mut names = Vec::new();
    for entry in fs::read_dir(&obj).at("read", &obj)? {
        let name = entry.at("read", &obj)?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".cpp") {
            names.push(name);
        }
    }
    names.sort();
    let is_slow = |name: &&String| ["Slow", "__Trace"].iter().any(|part| name.contains(part));
    let (slow, fast): (Vec<_>, Vec<_>) = names.iter().partition(is_slow);
    let mut unit = format!("#include \"{PREFIX}.h\"\n");
    for name in fast {
        unit.push_str(&format!("#include \"{name}\"\n"));
    }
    unit.push_str("#include \"shim.inc\"\n#pragma GCC optimize (\"O0\")\n");
    for name in slow {
        unit.push_str(&format!("#include \"{name}\"\n"));
    }
    let path = obj.join("shim.inc");
    fs::write(&path, shim).at("write", &path)?;
    let path = obj.join("unit.cpp");
    fs::write(&path, unit).at("write", &path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_includes_what_verilator_wrote_in_one_order() {
        let work = tempfile::tempdir().unwrap();
        let obj = work.path().join("obj");
        fs::create_dir(&obj).unwrap();
        for name in ["Vmodel__b.cpp", "Vmodel.cpp", "Vmodel.h", "Vmodel__a__Slow.cpp"] {
            fs::write(obj.join(name), "").unwrap();
        }
        write_unit(work.path(), "// shim\n").unwrap();
        let unit = fs::read_to_string(obj.join("unit.cpp")).unwrap();
        let wanted = "\
#include \"Vmodel.h\"
#include \"Vmodel.cpp\"
#include \"Vmodel__b.cpp\"
#include \"shim.inc\"
#pragma GCC optimize (\"O0\")
#include \"Vmodel__a__Slow.cpp\"
";
        assert_eq!(unit, wanted);
    }
}
