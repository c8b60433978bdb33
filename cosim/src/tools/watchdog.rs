//! Ends a tool with all that it started when this process ends, however it ends.
//!
//! ```text
//!  this process ──► tool, leader of a group ──► what it starts, in the same group
//!        └─ pipe ─► watchdog: ends the group once the pipe is closed without a word
//! ```
//!
//! A signal that the system sends to the child of a dead process reaches the child alone: a compiler
//! driver would die, and the compiler go on.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{Error, Result, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// What the shell of a watchdog does; its argument is the group.
const SCRIPT: &str = "read -r line || kill -s KILL -- \"-$1\"";

/// Watches over one group.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
}

impl Watchdog {
    /// A watchdog for a child that leads a group.
    pub(super) fn of(child: &Child) -> Result<Watchdog> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "sh", &child.id().to_string()]);
        // What ends our group from a terminal must not end the watchdog before its work.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Watchdog { shell: shell.spawn()? })
    }

    /// The group has ended.
    pub(super) fn dismiss(mut self) {
        if let Some(mut pipe) = self.shell.stdin.take() {
            // One that is gone already needs no word.
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.shell.wait();
    }
}

/// Ends the group that a child leads.
pub(super) fn end_group(child: &Child) -> Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let group = group.ok_or_else(|| Error::other("no process number"))?;
    Ok(kill_process_group(group, Signal::KILL)?)
}

/// Whether a process ends within a few seconds; one whose parent has not asked for its end yet is
/// at its end too.
#[cfg(test)]
pub(super) fn is_gone(pid: &str) -> bool {
    let ended = || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Err(_) => true,
        Ok(text) => text.rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z")),
    };
    (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        ended()
    })
}
