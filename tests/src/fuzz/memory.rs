//! What a process has taken of memory, as Linux counts it.

use std::fs;

/// The most memory that this process has ever taken, in kilobytes, or since
/// [`forget_peak`].
pub fn peak_kilobytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux says so");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("and this too");
    line.split_ascii_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

/// Begins anew with what the process has now, where the system lets it.
pub(super) fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
