//! What is proven of the generated modules, not only simulated.
//!
//! ```text
//!  module with properties ──► Yosys ──► base: true in the first k cycles after any reset
//!                                  └──► step: true for k cycles makes it true in the next
//! ```
//!
//! Both together are a proof for all times and all inputs: induction over time. Registers begin
//! with any value, so power-up is covered. What the surroundings of a part promise, it is proven of
//! the whole that the part stands in.

mod equivalence;
mod modules;
mod properties;

pub use equivalence::{Equivalence, equivalences, forms_of_dot, netlist_of_dot, prove_equal};
pub use modules::modules;
pub use properties::{ModuleProof, PropertyProof, Verdict, prove, prove_all};
