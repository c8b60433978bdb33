//! Loads a compiled model and reaches into its ports: the one file of this workspace with
//! `unsafe` code.
//!
//! What is assumed about Verilator's output, and where each assumption is checked:
//!
//! 1. `--prefix Vmodel` names the class, and the clock, if there is one, is its member `clk_i`
//!    (tests count clock edges).
//! 2. Each port is a public member of that name, or a reference to one (the C++ compiler).
//! 3. A port of 1..=8, 9..=16, 17..=32, 33..=64 bits is stored in 1, 2, 4, 8 bytes, and a wider
//!    one as consecutive 32-bit words, the lowest first (the size of each port is compared when a
//!    simulation is made; tests read and write every size).
//! 4. A port's storage stays at its place for the life of the model, and is touched by nobody but
//!    the model's own functions and us.
//! 5. Bits of a port above its width are zero when written, and are left zero when read; we mask
//!    in both directions.
//! 6. A model with a context of its own may run in any one thread at a time, at the same time as
//!    others in other threads (a test runs two).
//! 7. The machine is little-endian, so two 32-bit words are one 64-bit word (checked below).

#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_void};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, compiler_fence};

use hdl::language::simulation::Port;
use libloading::Library;

use super::options::{BuildOptions, PowerUp};
use super::shim::{ABI_VERSION, mask_of};
use crate::tools::ToolError;

#[cfg(target_endian = "big")]
compile_error!("ports are copied as little-endian words");

/// The simulation on the other side; never looked into from here.
type Handle = *mut c_void;

/// The functions of a shim, by their C signatures.
#[derive(Clone, Copy, Debug)]
struct Functions {
    create: unsafe extern "C" fn() -> Handle,
    create_seeded: Option<unsafe extern "C" fn(u32) -> Handle>,
    destroy: unsafe extern "C" fn(Handle),
    port: unsafe extern "C" fn(Handle, u32) -> *mut c_void,
    port_bytes: unsafe extern "C" fn(Handle, u32) -> u32,
    settle: unsafe extern "C" fn(Handle) -> u32,
    tick: unsafe extern "C" fn(Handle) -> u32,
    message: unsafe extern "C" fn(Handle) -> *const c_char,
    bare_loop: unsafe extern "C" fn(Handle, u64, u64) -> u64,
    trace: Option<TraceFunctions>,
}

/// The functions that only a trace build has.
#[derive(Clone, Copy, Debug)]
struct TraceFunctions {
    open: unsafe extern "C" fn(Handle, *const c_char, u64, u64) -> u32,
    close: unsafe extern "C" fn(Handle) -> u32,
}

/// A loaded shared object.
#[derive(Debug)]
pub(crate) struct Loaded {
    functions: Functions,
    path: PathBuf,
    // Unloaded last: the function pointers above point into it.
    _library: Library,
}

/// How a simulation stands after a settle or a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It can go on.
    Running,
    /// The Verilog called `$finish`.
    Finished,
    /// The Verilog stopped with an error; it cannot go on.
    Stopped,
}

/// Where a port is stored, and how.
#[derive(Clone, Copy, Debug)]
struct Slot {
    storage: *mut u8,
    /// 1, 2, 4, 8, or a multiple of 4 above that.
    bytes: u32,
    /// Number of 64-bit words of a value.
    words: u32,
    /// The bits in use of the highest word.
    mask: u64,
}

/// One simulation: a model with a context of its own.
#[derive(Debug)]
pub(crate) struct Instance {
    handle: Handle,
    slots: Vec<Slot>,
    loaded: Arc<Loaded>,
    trace_lost: Arc<AtomicBool>,
}

// SAFETY: an instance owns its model and context; nothing else holds pointers into them, and no
// function of the shim keeps anything in the thread that called it (assumption 6).
unsafe impl Send for Instance {}

impl Loaded {
    /// Loads a shared object that was built by this program.
    pub(crate) fn open(path: &Path, options: BuildOptions) -> Result<Self, ToolError> {
        let fail = |reason: String| ToolError::Model { path: path.to_path_buf(), reason };
        // SAFETY: the object was compiled from the shim of this very version (its content key
        // says so) and from Verilator's output; its initialisers touch only its own data.
        let library = unsafe { Library::new(path) }.map_err(|error| fail(error.to_string()))?;
        // SAFETY: `symbol` is told the C signature that `shim/functions.cpp` gives each name.
        let functions = unsafe {
            let abi: unsafe extern "C" fn() -> u32 = symbol(&library, "sw_abi").map_err(fail)?;
            if abi() != ABI_VERSION {
                return Err(fail(format!("its interface is version {}, not {ABI_VERSION}", abi())));
            }
            Functions {
                create: symbol(&library, "sw_create").map_err(fail)?,
                create_seeded: match options.power_up {
                    PowerUp::Zero => None,
                    PowerUp::Seeded => Some(symbol(&library, "sw_create_seeded").map_err(fail)?),
                },
                destroy: symbol(&library, "sw_destroy").map_err(fail)?,
                port: symbol(&library, "sw_port").map_err(fail)?,
                port_bytes: symbol(&library, "sw_port_bytes").map_err(fail)?,
                settle: symbol(&library, "sw_settle").map_err(fail)?,
                tick: symbol(&library, "sw_tick").map_err(fail)?,
                message: symbol(&library, "sw_message").map_err(fail)?,
                bare_loop: symbol(&library, "sw_bare_loop").map_err(fail)?,
                trace: if options.trace {
                    Some(TraceFunctions {
                        open: symbol(&library, "sw_trace_open").map_err(fail)?,
                        close: symbol(&library, "sw_trace_close").map_err(fail)?,
                    })
                } else {
                    None
                },
            }
        };
        Ok(Self { functions, path: path.to_path_buf(), _library: library })
    }

    fn fail(&self, reason: String) -> ToolError {
        ToolError::Model { path: self.path.clone(), reason }
    }
}

/// Looks one function up.
///
/// # Safety
/// `T` must be the function's type.
unsafe fn symbol<T: Copy>(library: &Library, name: &str) -> Result<T, String> {
    // SAFETY: as promised by the caller.
    unsafe { library.get::<T>(name.as_bytes()) }.map(|found| *found).map_err(|e| e.to_string())
}

impl Instance {
    /// A new simulation of a loaded model with these ports; it begins with zeros, or with bits
    /// drawn from a seed if the model was built for that.
    pub(crate) fn new(
        loaded: &Arc<Loaded>,
        ports: &[Port],
        seed: Option<u32>,
    ) -> Result<Self, ToolError> {
        let functions = &loaded.functions;
        let handle = match (seed, functions.create_seeded) {
            // SAFETY: no arguments; a null result is checked.
            (None, _) => unsafe { (functions.create)() },
            // SAFETY: any number is a seed; a null result is checked.
            (Some(seed), Some(create)) => unsafe { create(seed) },
            (Some(_), None) => {
                return Err(loaded.fail("it was built without a seeded power-up".to_owned()));
            }
        };
        if handle.is_null() {
            return Err(loaded.fail("it could not be initialised".to_owned()));
        }
        let mut instance = Self {
            handle,
            slots: Vec::new(),
            loaded: Arc::clone(loaded),
            trace_lost: Arc::default(),
        };
        for (index, port) in (0u32..).zip(ports) {
            // SAFETY: the handle is live; any index is allowed and answers null or 0 if unknown.
            let (storage, bytes) = unsafe {
                let storage = (functions.port)(handle, index);
                (storage.cast::<u8>(), (functions.port_bytes)(handle, index))
            };
            let width = port.ty.width;
            let expected = bytes_of(width);
            if storage.is_null() || bytes != expected {
                let reason = format!(
                    "port `{}` of {width} bits takes {bytes} bytes, not {expected}",
                    port.name
                );
                return Err(loaded.fail(reason));
            }
            let words = port.ty.words() as u32;
            let mask = mask_of(width - 64 * (words - 1));
            instance.slots.push(Slot { storage, bytes, words, mask });
        }
        Ok(instance)
    }

    /// Writes a port.
    ///
    /// # Panics
    /// If the number of words is not that of the port.
    #[inline]
    pub(crate) fn write(&mut self, index: usize, words: &[u64]) {
        let slot = self.slots[index];
        assert_eq!(words.len(), slot.words as usize, "words of the value and of the port");
        let last = words[words.len() - 1] & slot.mask;
        // SAFETY: the storage has `bytes` bytes, aligned for its type, and lives as long as the
        // handle (assumptions 3 and 4); `&mut self` keeps the model from running meanwhile.
        unsafe {
            match slot.bytes {
                1 => slot.storage.write(last as u8),
                2 => slot.storage.cast::<u16>().write(last as u16),
                4 => slot.storage.cast::<u32>().write(last as u32),
                8 => slot.storage.cast::<u64>().write(last),
                bytes => {
                    // The values were often computed just now, word by word. The fence keeps the
                    // compiler from making one wide copy of this loop, which would wait for them.
                    let place = slot.storage.cast::<u64>();
                    let whole = words.len() - 1;
                    for (index, &word) in words[..whole].iter().enumerate() {
                        place.add(index).write_unaligned(word);
                        compiler_fence(Ordering::SeqCst);
                    }
                    let place = place.add(whole);
                    if bytes % 8 == 0 {
                        place.write_unaligned(last);
                    } else {
                        place.cast::<u32>().write(last as u32);
                    }
                }
            }
        }
    }

    /// Reads a port.
    ///
    /// # Panics
    /// If the number of words is not that of the port.
    #[inline]
    pub(crate) fn read(&self, index: usize, words: &mut [u64]) {
        let slot = self.slots[index];
        assert_eq!(words.len(), slot.words as usize, "words of the value and of the port");
        let last = words.len() - 1;
        // SAFETY: as for `write`; the model does not run during `&self`, for nothing runs it
        // without `&mut self`.
        words[last] = unsafe {
            match slot.bytes {
                1 => u64::from(slot.storage.read()),
                2 => u64::from(slot.storage.cast::<u16>().read()),
                4 => u64::from(slot.storage.cast::<u32>().read()),
                8 => slot.storage.cast::<u64>().read(),
                bytes => {
                    let place = slot.storage.cast::<u64>();
                    for (index, word) in words[..last].iter_mut().enumerate() {
                        *word = place.add(index).read_unaligned();
                    }
                    let place = place.add(last);
                    if bytes % 8 == 0 {
                        place.read_unaligned()
                    } else {
                        u64::from(place.cast::<u32>().read())
                    }
                }
            }
        } & slot.mask;
    }

    /// Lets combinational logic follow the inputs.
    #[inline]
    pub(crate) fn settle(&mut self) -> Status {
        // SAFETY: the handle is live, and `&mut self` makes this the only thread in it.
        status(unsafe { (self.loaded.functions.settle)(self.handle) })
    }

    /// One clock cycle.
    #[inline]
    pub(crate) fn tick(&mut self) -> Status {
        // SAFETY: as for `settle`.
        status(unsafe { (self.loaded.functions.tick)(self.handle) })
    }

    /// Runs the loop of the shim; see `throughput`.
    pub(crate) fn bare_loop(&mut self, cycles: u64, seed: u64) -> u64 {
        // SAFETY: as for `settle`.
        unsafe { (self.loaded.functions.bare_loop)(self.handle, cycles, seed) }
    }

    /// Why the simulation stopped.
    pub(crate) fn message(&self) -> String {
        // SAFETY: the shim returns a terminated string that it owns and does not change during
        // `&self`; it is copied before this returns.
        let text = unsafe { CStr::from_ptr((self.loaded.functions.message)(self.handle)) };
        text.to_string_lossy().into_owned()
    }

    /// Starts to record cycles `from..=to` into a VCD file.
    pub(crate) fn open_trace(&mut self, path: &Path, from: u64, to: u64) -> Result<(), ToolError> {
        let Some(trace) = self.loaded.functions.trace else {
            return Err(self.loaded.fail("it was built without traces".to_owned()));
        };
        let fail = |source| ToolError::File { doing: "write", path: path.to_path_buf(), source };
        let text = CString::new(path.as_os_str().as_encoded_bytes())
            .map_err(|error| fail(std::io::Error::other(error)))?;
        // SAFETY: the handle is live; the path is terminated and only read during the call.
        match unsafe { (trace.open)(self.handle, text.as_ptr(), from, to) } {
            0 => Ok(()),
            _ => Err(fail(std::io::Error::other("it could not be opened, or there is no room"))),
        }
    }

    /// Whether the VCD file could not be written to its end, once this is dropped.
    pub(crate) fn trace_lost(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.trace_lost)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(trace) = self.loaded.functions.trace {
            // SAFETY: the handle is live; without a file this does nothing.
            let lost = unsafe { (trace.close)(self.handle) };
            self.trace_lost.store(lost != 0, Ordering::Release);
        }
        // SAFETY: the handle came from `create` and is used no more; the library is still loaded,
        // for `loaded` is dropped after this.
        unsafe { (self.loaded.functions.destroy)(self.handle) }
    }
}

#[inline]
fn status(value: u32) -> Status {
    match value {
        0 => Status::Running,
        1 => Status::Finished,
        _ => Status::Stopped,
    }
}

/// How many bytes Verilator stores a port of this width in (assumption 3).
fn bytes_of(width: u32) -> u32 {
    match width {
        0..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        33..=64 => 8,
        wider => 4 * wider.div_ceil(32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_sizes() {
        let sizes = [1, 8, 9, 16, 17, 32, 33, 64, 65, 96, 97, 128, 129].map(bytes_of);
        assert_eq!(sizes, [1, 1, 2, 2, 4, 4, 8, 8, 12, 12, 16, 16, 20]);
    }
}
