//! The register file of the machine: the AXI4-Lite side, printed from its register table.
//!
//! ```text
//!  s_axil ─► write decode ─► settings, memories
//!  s_axil ◄─ read mux     ◄─ status, counters, results
//! ```
//!
//! Every register, field, offset and reset value comes from [`firmware::registers`];
//! [`AxiRegisters`] says how each kind of access is built.

use super::axi_registers::{self, AxiRegisters, Stepping};
use crate::language::module::Module;
use firmware::isa::LONG_WORDS;
use firmware::machine::MachineParameters;
use firmware::registers::{Field, FieldSpec, MAP, Register};
use std::sync::Arc;

/// The module `machine_registers` of a machine.
pub fn machine_registers(machine: &MachineParameters) -> Arc<Module> {
    let step = |data, low, high, low_count| Stepping { data, low, high, low_count };
    let banks = machine.weight_banks();
    let elements = machine.elements;
    let stepping = [
        step(Register::WeightData, Field::WeightBank, Field::WeightWord, banks),
        step(Register::ProgramData, Field::ProgramPart, Field::ProgramWord, LONG_WORDS),
        step(Register::ConstantData, Field::ConstantElement, Field::ConstantWord, elements),
        step(Register::ResultData, Field::ResultElement, Field::ResultWord, elements),
    ];
    let registers = AxiRegisters {
        name: "machine_registers",
        source: file!(),
        summary: "AXI4-Lite registers of the machine.\n\n\
                  One write and one read at a time. A write to no register, of part of a word, or \
                  to a memory while a token is under way does nothing and answers SLVERR. A read \
                  of result_data moves its address on.",
        owner: "machine",
        map: MAP,
        constant: &|register| machine.constant(register),
        stepping: &stepping,
        locked: &[Register::WeightData, Register::ProgramData, Register::ConstantData],
    };
    registers.module()
}

/// Port of a field: its own name, with its register's where that alone would not tell.
pub fn port_name(spec: &FieldSpec<Register, Field>) -> String {
    axi_registers::port_name(&MAP, spec)
}
