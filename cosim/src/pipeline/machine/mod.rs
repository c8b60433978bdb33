//! A whole network on a machine of its own: text in, tokens out, every write compared.
//!
//! ```text
//!  Source ──► Program   instructions, memory map, weights
//!               ├► MachineRtl   the printed machine, its header and its register page
//!               └► Conversation   a prompt and what the hardware answers, in lock-step
//! ```

mod conversation;
mod plant;
mod report;
mod rtl;

pub use conversation::{Conversation, MachineTrace, Progress, converse};
pub use plant::MachinePlant;
pub use report::{ConversationReport, MachineReport};
pub use rtl::MachineRtl;
