#!/usr/bin/env bash
# Every check of the project; what CI runs. The tests install what they need, from PyPI.
# --all-tools adds the ring with the tools of a Debian system: verilator, iverilog, yosys.
set -euo pipefail
cd "$(dirname "$0")/.."
[[ " $* " != *" --all-tools "* ]] || export SPIKEWRIGHT_ALL_TOOLS=1

cargo fmt --all --check
cargo clippy --release --workspace --all-targets --quiet -- -D warnings
echo "size: no source file over 400 lines"
git ls-files -- '*.rs' '*.sh' | xargs wc -l | awk '$2 != "total" && $1 > 400 { print; bad = 1 } END { exit bad }'
# Among them a minute of each parser of files from strangers, as many at a time as there are cores, and
# our blocks in a design of rust-hdl.
FUZZ_SECONDS="${FUZZ_SECONDS:-60}" cargo test --release --workspace --features hdl/rust-hdl
