//! Registers and memories of a module under construction.

use crate::language::bits::Bits;
use crate::language::builder::Builder;
use crate::language::expression::{Kind, MemoryId, NameId, NodeId};
use crate::language::module::{Driver, Item, Memory, MemoryWrite, Register};
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};

/// A register: a signal to read, and updates to give it. Without an update it keeps its value.
#[derive(Clone, Copy)]
pub struct RegisterHandle<'m> {
    signal: Signal<'m>,
    position: usize,
}

/// A memory. Without a write port it is a table of constants.
#[derive(Clone, Copy)]
pub struct MemoryHandle<'m> {
    builder: &'m Builder,
    id: MemoryId,
    ty: Type,
    depth: u32,
}

/// Bits of an address into `depth` words: at least one.
pub fn address_width(depth: u32) -> u32 {
    depth.next_power_of_two().trailing_zeros().max(1)
}

impl Builder {
    fn add_register(&self, name: &str, ty: Type, reset: Option<Bits>) -> RegisterHandle<'_> {
        let position = self.state.borrow().module.registers.len();
        let (id, signal) = self.add_name(name, ty, Driver::Register(position));
        let mut state = self.state.borrow_mut();
        state.module.has_reset |= reset.is_some();
        let register = Register { name: id, reset, initial: None, updates: vec![] };
        state.module.registers.push(register);
        state.clocked_registers.push(position);
        state.module.items.push(Item::Register(id));
        RegisterHandle { signal, position }
    }

    /// A data register: no reset, so its value means something only after its first update.
    pub fn register(&self, name: &str, ty: Type) -> RegisterHandle<'_> {
        self.add_register(name, ty, None)
    }

    /// A control register that `rst_i` sets to `reset`.
    #[track_caller]
    pub fn register_reset(&self, name: &str, ty: Type, reset: i128) -> RegisterHandle<'_> {
        self.add_register(name, ty, Some(Bits::new(reset, ty)))
    }

    /// A register that starts with `initial` when the device is configured, and in simulation. Only
    /// FPGAs do that; it is for what makes a reset, and everything else is reset.
    #[track_caller]
    pub fn register_initial(&self, name: &str, ty: Type, initial: i128) -> RegisterHandle<'_> {
        let register = self.add_register(name, ty, None);
        let registers = &mut self.state.borrow_mut().module.registers;
        registers[register.position].initial = Some(Bits::new(initial, ty));
        register
    }

    /// `signal` one enabled cycle later, as a data register.
    pub fn delay<'m>(&'m self, name: &str, enable: Signal<'m>, signal: Signal<'m>) -> Signal<'m> {
        self.register(name, signal.ty).when(enable, signal).signal()
    }

    /// A memory of `depth` words. `contents` may be empty, or give the first words.
    ///
    /// Where `depth` is no power of two, addresses from `depth` on must never be read or written.
    /// The native simulator checks that.
    ///
    /// # Panics
    /// If `depth` is below 2.
    #[track_caller]
    pub fn memory(&self, name: &str, depth: u32, ty: Type, contents: &[Bits]) -> MemoryHandle<'_> {
        assert!(depth >= 2, "`{name}`: a memory has at least 2 words, not {depth}");
        assert!(contents.len() <= depth as usize, "`{name}`: more contents than words");
        let mut state = self.state.borrow_mut();
        let id = MemoryId(state.module.memories.len() as u32);
        state.module.memories.push(Memory {
            text: name.into(),
            ty,
            depth,
            exclusive: false,
            distributed: false,
            contents: contents.to_vec(),
            write: None,
        });
        state.module.items.push(Item::Memory(id));
        MemoryHandle { builder: self, id, ty, depth }
    }
}

impl<'m> RegisterHandle<'m> {
    /// The register's value.
    pub fn signal(self) -> Signal<'m> {
        self.signal
    }

    #[track_caller]
    fn update(self, condition: Option<Signal<'m>>, value: Signal<'m>) -> RegisterHandle<'m> {
        let state = self.signal.state;
        assert!(
            value.ty() == self.signal.ty(),
            "`{}` is {}, its update `{}` is {}",
            state.borrow().describe(self.signal.node),
            self.signal.ty(),
            state.borrow().describe(value.node),
            value.ty()
        );
        if let Some(condition) = condition {
            assert!(condition.ty() == uint(1), "a condition must be uint(1)");
        }
        let mut state = state.borrow_mut();
        let updates = &mut state.module.registers[self.position].updates;
        let open = updates.last().is_none_or(|(condition, _)| condition.is_some());
        assert!(open, "an update after an unconditional one can never happen");
        updates.push((condition.map(|condition| condition.node), value.node));
        drop(state);
        self
    }

    /// Takes `value` at every clock.
    #[track_caller]
    pub fn next(self, value: Signal<'m>) -> RegisterHandle<'m> {
        self.update(None, value)
    }

    /// Takes `value` when `condition` holds and no earlier condition did.
    #[track_caller]
    pub fn when(self, condition: Signal<'m>, value: Signal<'m>) -> RegisterHandle<'m> {
        self.update(Some(condition), value)
    }
}

impl<'m> MemoryHandle<'m> {
    /// Bits of an address.
    pub fn address_width(self) -> u32 {
        address_width(self.depth)
    }

    #[track_caller]
    fn check_address(self, address: Signal<'m>) {
        let expected = uint(self.address_width());
        assert!(address.ty() == expected, "an address here is {expected}, not {}", address.ty());
    }

    /// Promises that nobody looks at a word that was read in the cycle that wrote it, which saves the bypass
    /// that a block RAM would otherwise need. In the native simulator such a word has no bit right.
    pub fn exclusive(self) -> MemoryHandle<'m> {
        self.builder.state.borrow_mut().module.memories[self.id.0 as usize].exclusive = true;
        self
    }

    /// Has synthesis make the memory of LUTs, not of block RAMs: a memory with a write port as LUT
    /// RAM, a table of constants as plain logic.
    pub fn distributed(self) -> MemoryHandle<'m> {
        self.builder.state.borrow_mut().module.memories[self.id.0 as usize].distributed = true;
        self
    }

    /// The one write port.
    #[track_caller]
    pub fn write(self, enable: Signal<'m>, address: Signal<'m>, data: Signal<'m>) {
        self.write_port(enable, None, address, data);
    }

    /// The one write port, of parts of a word: `mask` has a bit for each of them, the lowest for
    /// the lowest part.
    ///
    /// # Panics
    /// If the bits of the mask do not part the word evenly, or mask or data have no name.
    #[track_caller]
    pub fn write_parts(
        self,
        enable: Signal<'m>,
        mask: Signal<'m>,
        address: Signal<'m>,
        data: Signal<'m>,
    ) {
        let (parts, width) = (mask.width(), self.ty.width);
        assert!(parts >= 2, "a word of one part is written by write()");
        assert!(width % parts == 0, "{parts} parts do not make up a word of {width} bits");
        let named = |signal: Signal<'m>| {
            matches!(self.builder.state.borrow().module.node(signal.node).kind, Kind::Named(_))
        };
        assert!(named(mask) && named(data), "Verilog chooses bits of names only");
        self.write_port(enable, Some(mask.node), address, data);
    }

    #[track_caller]
    fn write_port(
        self,
        enable: Signal<'m>,
        mask: Option<NodeId>,
        address: Signal<'m>,
        data: Signal<'m>,
    ) {
        self.check_address(address);
        assert!(data.ty() == self.ty, "a word is {}, not {}", self.ty, data.ty());
        let mut state = self.builder.state.borrow_mut();
        state.clocked_writes.push(self.id);
        let write = &mut state.module.memories[self.id.0 as usize].write;
        assert!(write.is_none(), "a memory has one write port");
        let (enable, address, data) = (enable.node, address.node, data.node);
        *write = Some(MemoryWrite { enable, mask, address, data });
    }

    /// A clocked read port: `name` takes the addressed word when `enable` holds, as block RAMs do.
    /// A memory may have several; synthesis copies the memory for them where it has to.
    #[track_caller]
    pub fn read(self, name: &str, enable: Signal<'m>, address: Signal<'m>) -> Signal<'m> {
        self.check_address(address);
        let driver =
            Driver::MemoryRead { memory: self.id, enable: enable.node, address: address.node };
        let (id, signal): (NameId, _) = self.builder.add_name(name, self.ty, driver);
        self.builder.add_item(Item::MemoryRead(id));
        self.builder.state.borrow_mut().clocked_reads.push(id);
        signal
    }

    /// The addressed word in the same cycle, for small memories made of LUTs or registers.
    #[track_caller]
    pub fn word(self, address: Signal<'m>) -> Signal<'m> {
        self.check_address(address);
        self.builder.intern(Kind::MemoryWord(self.id, address.node), self.ty)
    }
}
