//! A whole network on a machine of its own: text in, tokens out, every write compared.
//!
//! ```text
//!  Source ──► Program   instructions, memory map, weights
//!               ├► MachineRtl   the printed machine, its header and its register page
//!               └► Conversation   a prompt and what the hardware answers, in lock-step
//! ```

mod conversation;
mod file;
mod plant;
mod report;
mod rtl;
mod stream;
mod timeline;
mod work;

pub use conversation::{Conversation, MachineTrace, Session, TokenRun, converse};
pub use file::program_file;
pub use plant::MachinePlant;
pub use report::{CheckpointReport, ConversationReport, MachineReport, MemoryReport, TokenReport};
pub use rtl::MachineRtl;
pub use stream::{Arrivals, stream};
pub use timeline::{Timeline, TimelineEntry, TimelineUnit};
pub use work::SpikeWork;
