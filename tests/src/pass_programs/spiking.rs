//! Neurons over time steps: membranes that begin anew with a token, and some that live with a text.

use super::assembly::{ALL, Assembly, BITS, MATRICES, VECTORS, WIDTH};
use firmware::isa::{
    Destination, Emit, Extent, Join, Pass, Quantiser, Restart, RestartAt, RuleReset, Space,
    SpikeLevels, Theta,
};
use firmware::machine::{MachineParameters, Program};

const STEPS: u32 = 3;

/// The program.
pub(super) fn program(seed: u64) -> Program {
    let mut it = Assembly::new(seed, 6);
    it.parameters = MachineParameters {
        result_depth: 9,
        temporary_depth: 8,
        state_depth: 12,
        train_depth: 24,
        train_count: 2 * STEPS + 2,
        scalar_count: 2,
        ..it.parameters
    };
    it.take_residual(1);
    let thresholds = it.constants(WIDTH / it.parameters.elements, (300, 900));
    it.embed(0);
    // Pointer 1 counts trains, 2 their words.
    it.begin(Extent::Count, STEPS, &[1, 2]);
    let encoder = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        a: it.residual,
        spiking: 1,
        leak: 1 << 16,
        quantiser: Quantiser::NearestEven,
        levels: SpikeLevels::Ternary,
        reset: RuleReset::Soft,
        theta: Theta::PowerOfTwo,
        threshold: 11,
        membrane_restart: 1,
        restart_at: RestartAt::Loop0,
        emit: Emit::Train,
        bits: 1,
        ..Pass::default()
    };
    let moved = [("train", 1), ("words", 2)];
    it.pass(ALL, encoder, &moved, "spikes of the residual");
    let currents = it.product("layer", WIDTH, (0, 0), 0);
    it.multiply(VECTORS, currents, &[("train", 1), ("source", 2)], "currents");
    let neurons = Pass {
        channels: WIDTH,
        a_space: Space::Results,
        c_space: Space::Constants,
        c: thresholds,
        spiking: 1,
        leak: 3 << 14,
        quantiser: Quantiser::Floor,
        levels: SpikeLevels::Binary,
        reset: RuleReset::Hard,
        theta: Theta::Channel,
        membrane: 4,
        membrane_restart: 1,
        restart_at: RestartAt::Text,
        destination: Destination::Temporaries,
        emit: Emit::Train,
        bits: 1,
        train: STEPS,
        words: 2 * STEPS,
        ..Pass::default()
    };
    it.pass(MATRICES, neurons, &moved, "neurons");
    // T 4 on holds the spikes of all steps; S 8 on those of the text.
    let sum = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        b_space: Space::Temporaries,
        b: 4,
        b_restart: Restart::Zero,
        restart_at: RestartAt::Loop0,
        join: Join::Add,
        destination: Destination::Temporaries,
        write: 4,
        ..Pass::default()
    };
    it.pass(ALL, sum, &[], "sum over steps");
    it.next();
    let kept = Pass {
        channels: WIDTH,
        a_space: Space::Temporaries,
        a: 4,
        b_space: Space::State,
        b: 8,
        b_restart: Restart::Zero,
        restart_at: RestartAt::Text,
        join: Join::Add,
        destination: Destination::State,
        write: 8,
        emit: Emit::Train,
        bits: BITS,
        train: 2 * STEPS,
        words: 4 * STEPS,
        ..Pass::default()
    };
    it.pass(ALL, kept, &[], "spikes of the text");
    let train = (2 * STEPS, 4 * STEPS);
    let output = it.product("output", WIDTH, train, 0);
    it.add(output, 0);
    it.head(train, 4);
    it.finish("spiking", 4)
}
