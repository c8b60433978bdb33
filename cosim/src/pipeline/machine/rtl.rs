//! The machine as Verilog, its C header and its register page.

use crate::pipeline::PipelineError;
use firmware::machine::Program;
use firmware::registers::{HEADER_NAME, c_header, markdown};
use hdl::blocks::machine::Machine;
use hdl::language::check::check;
use hdl::language::simulation::Port;

/// A printed machine.
#[derive(Clone, Debug)]
pub struct MachineRtl {
    /// Name and text of each Verilog file, children first.
    pub sources: Vec<(String, String)>,
    /// Ports of the top, without the clock.
    pub ports: Vec<Port>,
}

impl MachineRtl {
    /// The top module.
    pub const TOP: &'static str = "machine";

    /// Generates, checks and prints the machine of a program. Its memories are loaded through the
    /// registers.
    ///
    /// # Errors
    /// If the design does not pass its check.
    pub fn new(program: &Program) -> Result<MachineRtl, PipelineError> {
        let module = Machine::observed(program).module();
        let checked = check(&module)?;
        let files = hdl::language::verilog::print(&checked);
        let sources = files.into_iter().map(|file| (file.name, file.text)).collect();
        Ok(MachineRtl { sources, ports: module.ports() })
    }

    /// What is verilated: the top, its sources, its ports.
    pub fn design(&self) -> (&str, &[(String, String)], &[Port]) {
        (MachineRtl::TOP, &self.sources, &self.ports)
    }

    /// Every file of `4-rtl`.
    pub fn files(&self) -> Vec<(String, String)> {
        let mut files = self.sources.clone();
        files.push((HEADER_NAME.to_owned(), c_header()));
        files.push(("registers.md".to_owned(), markdown()));
        files
    }

    /// Lines of Verilog.
    pub fn lines(&self) -> usize {
        self.sources.iter().map(|(_, text)| text.lines().count()).sum()
    }
}
