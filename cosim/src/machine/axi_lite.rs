//! The host's end of an AXI4-Lite bus in a simulation.

use super::error::{BUS_CYCLES_MAX, BusError};
use hdl::language::simulation::{PortIndex, Simulation};

/// A simulation with a clock that someone counts, and perhaps watches.
pub(super) trait Clocked {
    /// What is simulated.
    type Simulation: Simulation;

    /// The simulation.
    fn simulation(&mut self) -> &mut Self::Simulation;

    /// Clock edges so far.
    fn cycles(&self) -> u64;

    /// One clock edge.
    fn tick(&mut self);
}

/// The ports of the bus, `s_axil_*`.
#[derive(Clone, Copy, Debug)]
pub(super) struct AxiLite {
    write_address: PortIndex,
    write_address_valid: PortIndex,
    write_data: PortIndex,
    write_strobe: PortIndex,
    write_data_valid: PortIndex,
    answer_ready: PortIndex,
    answer: PortIndex,
    answer_valid: PortIndex,
    read_address: PortIndex,
    read_address_valid: PortIndex,
    read_ready: PortIndex,
    read_data: PortIndex,
    read_valid: PortIndex,
}

impl AxiLite {
    pub(super) fn of(simulation: &impl Simulation) -> AxiLite {
        let port = |name: &str| simulation.port(&format!("s_axil_{name}"));
        AxiLite {
            write_address: port("awaddr"),
            write_address_valid: port("awvalid"),
            write_data: port("wdata"),
            write_strobe: port("wstrb"),
            write_data_valid: port("wvalid"),
            answer_ready: port("bready"),
            answer: port("bresp"),
            answer_valid: port("bvalid"),
            read_address: port("araddr"),
            read_address_valid: port("arvalid"),
            read_ready: port("rready"),
            read_data: port("rdata"),
            read_valid: port("rvalid"),
        }
    }

    /// Nothing is asked for; whole words are written when something is.
    pub(super) fn idle(&self, simulation: &mut impl Simulation) {
        simulation.write_u64(self.write_strobe, 0b1111);
        for port in [
            self.write_address_valid,
            self.write_data_valid,
            self.answer_ready,
            self.read_address_valid,
            self.read_ready,
        ] {
            simulation.write_u64(port, 0);
        }
    }

    pub(super) fn read(&self, offset: u32, on: &mut impl Clocked) -> Result<u32, BusError> {
        on.simulation().write_u64(self.read_address, offset.into());
        on.simulation().write_u64(self.read_address_valid, 1);
        on.simulation().write_u64(self.read_ready, 1);
        for _ in 0..BUS_CYCLES_MAX {
            on.tick();
            if on.simulation().read_u64(self.read_valid) == 1 {
                let value = on.simulation().read_u64(self.read_data) as u32;
                on.simulation().write_u64(self.read_address_valid, 0);
                on.tick();
                on.simulation().write_u64(self.read_ready, 0);
                return Ok(value);
            }
        }
        Err(BusError::Silent { offset })
    }

    pub(super) fn write(
        &self,
        offset: u32,
        value: u32,
        on: &mut impl Clocked,
    ) -> Result<(), BusError> {
        on.simulation().write_u64(self.write_address, offset.into());
        on.simulation().write_u64(self.write_data, value.into());
        on.simulation().write_u64(self.write_address_valid, 1);
        on.simulation().write_u64(self.write_data_valid, 1);
        on.simulation().write_u64(self.answer_ready, 1);
        for _ in 0..BUS_CYCLES_MAX {
            on.tick();
            if on.simulation().read_u64(self.answer_valid) == 1 {
                let refused = on.simulation().read_u64(self.answer) != 0;
                on.simulation().write_u64(self.write_address_valid, 0);
                on.simulation().write_u64(self.write_data_valid, 0);
                on.tick();
                on.simulation().write_u64(self.answer_ready, 0);
                let cycle = on.cycles();
                return if refused { Err(BusError::Refused { offset, cycle }) } else { Ok(()) };
            }
        }
        Err(BusError::Silent { offset })
    }
}
