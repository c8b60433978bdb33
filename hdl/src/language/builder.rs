//! Building a module, in the order in which it prints.

use crate::language::bits::Bits;
use crate::language::expression::{Kind, NameId, NodeId};
use crate::language::module::{CaseTable, Driver, Item, Module, Name, PortEntry};
use crate::language::primitive::Primitive;
use crate::language::signal::Signal;
use crate::language::signal_type::{Type, uint};
use crate::language::state::State;
use std::cell::RefCell;
use std::sync::Arc;

/// A module under construction. Its methods print in the order in which they are called.
pub struct Builder {
    pub(crate) state: RefCell<State>,
}

impl Builder {
    /// Starts a module. `source` is `file!()` of its generator; `summary` is the header's text,
    /// its purpose in the first sentence.
    pub fn new(name: &str, source: &'static str, summary: &str) -> Builder {
        let module = Module {
            name: name.into(),
            source,
            summary: summary.into(),
            latency: 0,
            ports: vec![],
            nodes: vec![],
            names: vec![],
            registers: vec![],
            memories: vec![],
            instances: vec![],
            items: vec![],
            has_clock: false,
            has_reset: false,
            keep_hierarchy: false,
            primitive: None,
            clock: None,
            reset: None,
        };
        Builder { state: RefCell::new(State::new(module)) }
    }

    // ---- nodes and names -----------------------------------------------------------------------

    pub(crate) fn intern(&self, kind: Kind, ty: Type) -> Signal<'_> {
        let node = self.state.borrow_mut().intern(kind, ty);
        Signal { state: &self.state, node, ty }
    }

    pub(crate) fn add_name(&self, text: &str, ty: Type, driver: Driver) -> (NameId, Signal<'_>) {
        let id = {
            let names = &mut self.state.borrow_mut().module.names;
            names.push(Name { text: text.into(), ty, driver });
            NameId(names.len() as u32 - 1)
        };
        (id, self.intern(Kind::Named(id), ty))
    }

    pub(crate) fn add_item(&self, item: Item) {
        self.state.borrow_mut().module.items.push(item);
    }

    pub(crate) fn describe(&self, node: NodeId) -> String {
        self.state.borrow().describe(node)
    }

    /// Asks synthesis to optimise this module by itself and never across its ports.
    pub fn keep_hierarchy(&self) {
        self.state.borrow_mut().module.keep_hierarchy = true;
    }

    /// Resets everything in this module, and below it, by a signal made here instead of `rst_i`:
    /// for the top of a board, which has no reset of its own.
    ///
    /// # Panics
    /// If it is not one unsigned bit, or given twice.
    #[track_caller]
    pub fn reset_from(&self, signal: Signal<'_>) {
        assert!(signal.ty == uint(1), "a reset must be uint(1)");
        let reset = &mut self.state.borrow_mut().module.reset;
        assert!(reset.is_none(), "the reset is given already");
        *reset = Some(signal.node);
    }

    /// Makes the module under construction the model of a vendor's cell: its ports are the cell's
    /// pins, under their names; its body is what the native simulator runs.
    pub fn primitive(&self, primitive: Primitive) {
        let mut state = self.state.borrow_mut();
        state.module.has_clock |= !primitive.clock.takes.is_empty();
        state.module.primitive = Some(primitive);
    }

    // ---- ports ---------------------------------------------------------------------------------

    /// A comment above the ports that follow.
    pub fn port_group(&self, comment: &str) {
        self.state.borrow_mut().module.ports.push(PortEntry::Group(comment.into()));
    }

    /// An input port.
    pub fn input(&self, name: &str, ty: Type, meaning: &str) -> Signal<'_> {
        let (id, signal) = self.add_name(name, ty, Driver::Input);
        self.state.borrow_mut().module.ports.push(PortEntry::Input(id, meaning.into()));
        signal
    }

    /// An output port with its driver.
    pub fn output(&self, name: &str, driver: Signal<'_>, meaning: &str) {
        let (id, _) = self.add_name(name, driver.ty(), Driver::Output);
        let entry = PortEntry::Output { name: id, driver: driver.node, meaning: meaning.into() };
        self.state.borrow_mut().module.ports.push(entry);
    }

    // ---- the body ------------------------------------------------------------------------------

    /// A banner. Registers declared before it print their `always` block above it.
    pub fn section(&self, title: &str) {
        self.flush_clocked();
        self.add_item(Item::Section(title.into()));
    }

    /// A banner of a pipeline stage: a section that adds one cycle of latency.
    pub fn stage(&self, title: &str) {
        let number = {
            let module = &mut self.state.borrow_mut().module;
            module.latency += 1;
            module.latency
        };
        self.section(&format!("Stage {number}: {title}"));
    }

    /// Adds the latency of instances that stand in the data path.
    pub fn add_latency(&self, cycles: u32) {
        self.state.borrow_mut().module.latency += cycles;
    }

    /// Register stages so far.
    pub fn latency(&self) -> u32 {
        self.state.borrow().module.latency
    }

    /// Sentences above the next item.
    pub fn comment(&self, text: &str) {
        self.add_item(Item::Comment(text.into()));
    }

    /// A literal of a type.
    #[track_caller]
    pub fn literal(&self, value: i128, ty: Type) -> Signal<'_> {
        self.intern(Kind::Constant(Bits::new(value, ty)), ty)
    }

    /// A number of any width, unsigned.
    pub fn literal_bits(&self, value: Bits) -> Signal<'_> {
        let ty = uint(value.width());
        self.intern(Kind::Constant(value), ty)
    }

    /// A single 0 or 1.
    pub fn flag(&self, value: bool) -> Signal<'_> {
        self.literal(i128::from(value), uint(1))
    }

    /// A named constant, printed as a `localparam` with its meaning.
    #[track_caller]
    pub fn constant(&self, name: &str, value: i128, ty: Type, meaning: &str) -> Signal<'_> {
        let (id, signal) = self.add_name(name, ty, Driver::Constant(Bits::new(value, ty)));
        self.add_item(Item::Constant(id, meaning.into()));
        signal
    }

    /// Gives an expression a name.
    pub fn wire<'m>(&'m self, name: &str, expression: Signal<'m>) -> Signal<'m> {
        let driver = Driver::Wire(Some(expression.node));
        let (id, signal) = self.add_name(name, expression.ty, driver);
        self.add_item(Item::Wire(id));
        signal
    }

    /// A wire whose driver comes further down, for loops through registers or instances.
    pub fn forward(&self, name: &str, ty: Type) -> Signal<'_> {
        let (id, signal) = self.add_name(name, ty, Driver::Wire(None));
        self.add_item(Item::Declare(id));
        signal
    }

    /// Drives a [`forward`](Self::forward) wire.
    ///
    /// # Panics
    /// If the types differ, the wire is no forward wire, or it is driven already.
    #[track_caller]
    pub fn assign<'m>(&'m self, wire: Signal<'m>, expression: Signal<'m>) {
        let id = self.drive(wire, expression.ty, Driver::Wire(Some(expression.node)));
        self.add_item(Item::Assign(id));
    }

    #[track_caller]
    pub(crate) fn drive(&self, wire: Signal<'_>, ty: Type, driver: Driver) -> NameId {
        assert!(wire.ty == ty, "{ty} cannot drive {}", wire.ty);
        let mut state = self.state.borrow_mut();
        let Kind::Named(id) = state.module.node(wire.node).kind else {
            panic!("only a forward wire can be driven");
        };
        let name = &mut state.module.names[id.0 as usize];
        assert!(name.driver == Driver::Wire(None), "`{}` is driven already", name.text);
        name.driver = driver;
        id
    }

    /// Operands side by side, most significant first.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn concat<'m>(&'m self, parts: &[Signal<'m>]) -> Signal<'m> {
        assert!(!parts.is_empty(), "nothing to concatenate");
        if let [single] = parts {
            return single.as_uint();
        }
        let width = parts.iter().map(|part| part.width()).sum();
        self.intern(Kind::Concat(parts.iter().map(|part| part.node).collect()), uint(width))
    }

    /// A case table: a named wire that takes the arm whose value equals the selector.
    #[track_caller]
    pub fn case<'m>(
        &'m self,
        name: &str,
        selector: Signal<'m>,
        arms: &[(i128, Signal<'m>)],
        default: Signal<'m>,
    ) -> Signal<'m> {
        let arms: Vec<_> = arms.iter().map(|&(value, result)| (value, result, "")).collect();
        self.case_remarked(name, selector, &arms, default)
    }

    /// A case table with a remark on each arm.
    #[track_caller]
    pub fn case_remarked<'m>(
        &'m self,
        name: &str,
        selector: Signal<'m>,
        arms: &[(i128, Signal<'m>, &str)],
        default: Signal<'m>,
    ) -> Signal<'m> {
        // A loop, because a closure would not be tracked to the caller's line.
        let mut kept = vec![];
        for &(value, result, remark) in arms {
            assert!(result.ty == default.ty, "an arm is {}, the default {}", result.ty, default.ty);
            kept.push((Bits::new(value, selector.ty), result.node, remark.to_string()));
        }
        let table = CaseTable { selector: selector.node, arms: kept, default: default.node };
        let (id, signal) = self.add_name(name, default.ty, Driver::Case(table));
        self.add_item(Item::Case(id));
        signal
    }

    /// Says that some bits are deliberately not read, and why. Prints at the end of the section.
    pub fn unused(&self, name: &str, signal: Signal<'_>, reason: &str) {
        let item = Item::Unused(format!("unused_{name}"), signal.node, reason.into());
        self.state.borrow_mut().unused.push(item);
    }

    // ---- the end -------------------------------------------------------------------------------

    pub(crate) fn flush_clocked(&self) {
        let mut state = self.state.borrow_mut();
        let registers = std::mem::take(&mut state.clocked_registers);
        let writes = std::mem::take(&mut state.clocked_writes);
        let reads = std::mem::take(&mut state.clocked_reads);
        if !(registers.is_empty() && writes.is_empty() && reads.is_empty()) {
            state.module.has_clock = true;
            state.module.items.push(Item::Clocked { registers, writes, reads });
        }
        let unused = std::mem::take(&mut state.unused);
        state.module.items.extend(unused);
    }

    /// The finished module. It still has to pass [`check`](crate::language::check::check).
    pub fn finish(self) -> Arc<Module> {
        self.flush_clocked();
        let mut module = self.state.into_inner().module;
        module.has_reset &= module.reset.is_none();
        Arc::new(module)
    }
}
