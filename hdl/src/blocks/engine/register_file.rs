//! The register file of the layer engine: the AXI4-Lite side, printed from the one register table.
//!
//! ```text
//!  s_axil ─► write decode ─► fields out, pulses
//!  s_axil ◄─ read mux     ◄─ fields in, constants
//! ```
//!
//! Every register, field, offset and reset value comes from [`firmware::registers`];
//! [`AxiRegisters`] says how each kind of access is built.

use crate::blocks::host::axi_registers::{self, AxiRegisters, Stepping};
use crate::language::module::Module;
use firmware::engine::EngineParameters;
use firmware::registers::{Field, FieldSpec, MAP, Register};
use std::sync::Arc;

/// The module `register_file` of an engine.
pub fn register_file(engine: &EngineParameters) -> Arc<Module> {
    let stepping = [
        Stepping {
            data: Register::WeightData,
            low: Field::WeightBank,
            high: Field::WeightWord,
            low_count: engine.banks() as u32,
        },
        Stepping {
            data: Register::ThresholdData,
            low: Field::ThresholdPlace,
            high: Field::ThresholdGroup,
            low_count: engine.neurons as u32,
        },
    ];
    let registers = AxiRegisters {
        name: "register_file",
        source: file!(),
        summary: "AXI4-Lite registers of the engine.\n\n\
                  One write and one read at a time. A write to no register, of part of a word, or \
                  to a memory while the engine is busy does nothing and answers SLVERR.",
        owner: "engine",
        map: MAP,
        constant: &|register| engine.constant(register),
        stepping: &stepping,
        locked: &[Register::WeightData, Register::ThresholdData],
    };
    registers.module()
}

/// Port of a field: its own name, with its register's where that alone would not tell.
pub fn port_name(spec: &FieldSpec<Register, Field>) -> String {
    axi_registers::port_name(&MAP, spec)
}
