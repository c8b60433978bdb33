//! Limits, constants and layers of engines.

use super::*;
use crate::registers::{Access, FIELDS, ID_VALUE};
use weights::config::{Form, Target};
use weights::neuron::presets;

/// A small engine that several tests share.
pub(crate) fn sample() -> EngineParameters {
    EngineParameters {
        lanes: 4,
        slots: 5,
        planes: 2,
        radix: Radix::Bitwise,
        form: Form::Dense,
        acc_width: 12,
        target: Target::Portable,
        packing: Packing::Base3,
        weight_depth: 32,
        spike_depth: 32,
        skip_empty: false,
        neurons: 2,
        rows_max: 16,
        rule: presets::spikingbert(Leak::Decay(3), 18),
    }
}

#[test]
fn every_parameter_field_has_a_value() {
    for spec in FIELDS {
        let expected = spec.access == Access::Parameter;
        assert_eq!(sample().parameter(spec.field).is_some(), expected, "{}", spec.name);
    }
}

#[test]
fn constants_hold_the_parameters() {
    let engine = sample();
    assert_eq!(engine.check(), Ok(()));
    assert_eq!(engine.constant(Register::Id), ID_VALUE);
    assert_eq!(engine.constant(Register::LanesSlots), 5 << 16 | 4);
    assert_eq!(engine.constant(Register::Widths), 17 << 24 | 2 << 16 | 18 << 8 | 12);
    assert_eq!(engine.constant(Register::Shape), 1 << 28 | 3 << 24 | 2 << 20 | 2 << 8 | 2);
    assert_eq!(engine.constant(Register::Rule), 1 << 20 | 1 << 11 | 3 << 2 | 2);
    assert_eq!(engine.constants().count(), 8);
    assert_eq!((engine.spike_beat_bytes(), engine.result_beat_bytes()), (3, 4));
}

#[test]
fn wrong_parameters_are_named() {
    let message = |engine: EngineParameters| engine.check().unwrap_err().to_string();
    assert_eq!(
        message(EngineParameters { lanes: 0, ..sample() }),
        "lanes 0 is outside 1..=256; choose a value in that range"
    );
    assert_eq!(
        message(EngineParameters { neurons: 3, ..sample() }),
        "neurons 3 does not divide lanes 4; choose a divisor of lanes"
    );
    let largest = EngineParameters {
        lanes: LANES_MAX,
        slots: SLOTS_MAX,
        planes: PLANES_MAX,
        acc_width: ACC_WIDTH_MAX,
        weight_depth: DEPTH_MAX,
        spike_depth: DEPTH_MAX,
        skip_empty: false,
        neurons: LANES_MAX,
        rows_max: ROWS_MAX,
        rule: presets::int2spike(Threshold::PerChannel, MEMBRANE_WIDTH_MAX),
        ..sample()
    };
    assert_eq!(largest.check(), Ok(()));
    assert_eq!(largest.constants().count(), 8);
}

#[test]
fn a_baked_engine_is_its_matrix() {
    let baked = EngineParameters { form: Form::Baked, ..sample() };
    let shape = |rows, columns| {
        let engine = baked.for_matrix(rows, columns).map_err(|error| error.to_string());
        engine.map(|engine| (engine.lanes, engine.slots))
    };
    assert_eq!(sample().for_matrix(999, 999), Ok(sample()));
    assert_eq!(shape(5, 7), Ok((6, 7)));
    assert_eq!(shape(128, 128), Ok((128, 128)));
    let refused = |what, limit, needed| {
        let most = format!("a baked matrix has {limit} {what} at most, this one has {needed}");
        Err(format!("{most}; choose form dense or event"))
    };
    assert_eq!(shape(128, 129), refused("weights", 16384, 16512));
    assert_eq!(shape(257, 3), refused("rows in whole beats", 256, 258));
    assert_eq!(shape(3, 257), refused("columns", 256, 257));
}

#[test]
fn a_layer_that_does_not_fit_is_refused() {
    let tiling = |rows, columns| Tiling::new(rows, columns, 4, 5).unwrap();
    assert_eq!(sample().check_layer(&tiling(16, 40), 5), Ok(()));
    let message =
        |layer: Tiling, planes| sample().check_layer(&layer, planes).unwrap_err().to_string();
    assert_eq!(
        message(tiling(17, 5), 1),
        "the layer needs 17 rows, rows_max holds 16; raise it to 17"
    );
    assert_eq!(
        message(tiling(16, 41), 1),
        "the layer needs 36 weight words, weight_depth holds 32; raise it to 36"
    );
    assert_eq!(
        message(tiling(4, 40), 9),
        "the layer needs 40 beats a frame, spike_depth holds 32; raise it to 40"
    );
}
