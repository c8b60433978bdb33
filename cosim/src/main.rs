//! The `spikewright` command.

fn main() {}
