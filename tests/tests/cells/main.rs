//! Ring `cells`: the simulation model of each cell does what a short integer specification says.
//!
//! The specifications are written here from the makers' descriptions, in another form than the
//! models: numbers and arrays instead of masks.

mod bench;
mod flip_flops;
mod logic;
mod memories;

use cosim::gates::CELLS;

/// Every cell with a model is named in a test of this ring.
#[test]
fn every_cell_has_a_test() {
    let tests =
        [include_str!("flip_flops.rs"), include_str!("logic.rs"), include_str!("memories.rs")];
    for (_, cells, model) in CELLS {
        for cell in *cells {
            let named = tests.iter().any(|text| text.contains(&format!("\"{cell}\"")));
            assert!(named, "{}: nothing tests {cell}", model.file);
        }
    }
}
