//! Ring `blocks`: the machine equals `numeric`, in the native simulator.
use cosim::harness::{Harness, Layer, Stalls};
use firmware::driver::OutputMode;
use firmware::engine::EngineParameters;
use hdl::blocks::layer_engine::LayerEngine;
use hdl::check::check;
use hdl::simulator::NativeSimulation;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use weights::neuron::presets;
use weights::numeric::{self, Radix};
use weights::packing::Packing;

#[test]
fn thin_path() {
    for (lanes, slots, planes, neurons, radix, packing, rows, columns) in [
        (4, 8, 2, 2, Radix::Bitwise, Packing::Base3, 10, 19),
        (1, 1, 1, 1, Radix::Unary, Packing::TwoBit, 1, 1),
        (6, 5, 3, 3, Radix::Bitwise, Packing::TwoBit, 13, 17),
        (16, 64, 4, 4, Radix::Bitwise, Packing::Base3, 128, 128),
    ] {
        let engine = EngineParameters {
            lanes,
            slots,
            planes,
            radix,
            acc_width: 20,
            packing,
            weight_depth: 64,
            spike_depth: 32,
            skip_empty: false,
            neurons,
            rows_max: 256,
            rule: presets::spikingbert(weights::neuron::Leak::Decay(3), 16),
        };
        engine.check().unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let trits: Vec<i8> = (0..rows * columns).map(|_| random.random_range(-1..=1)).collect();
        let thresholds: Vec<i64> = (0..rows).map(|_| random.random_range(1..100)).collect();
        let layer = Layer::new(&engine, (rows, columns), &trits, thresholds, 3).unwrap();
        let vectors: Vec<Vec<Vec<i8>>> = (0..12)
            .map(|_| {
                let plane_count = random.random_range(1..=6);
                (0..plane_count)
                    .map(|_| (0..columns).map(|_| random.random_range(-1..=1)).collect())
                    .collect()
            })
            .collect();
        let module = LayerEngine { parameters: engine, image: vec![] }.module();
        let checked = check(&module).unwrap_or_else(|error| panic!("{error}"));
        let dir = format!("/tmp/engine_{lanes}");
        std::fs::create_dir_all(&dir).unwrap();
        for file in hdl::verilog::print(&checked) {
            std::fs::write(format!("{dir}/{}", file.name), file.text).unwrap();
        }
        let mut harness = Harness::new(NativeSimulation::new(&checked));
        layer.load(&mut harness).unwrap();
        let expected: Vec<Vec<i64>> = vectors
            .iter()
            .map(|train| {
                trits.chunks(columns).map(|row| numeric::accumulate(row, train, radix)).collect()
            })
            .collect();
        for stalls in [Stalls::none(), Stalls::random(3, 0.5, 0.5)] {
            let got = layer
                .run(&mut harness, &vectors, OutputMode::Currents, &mut stalls.clone())
                .unwrap_or_else(|e| panic!("{lanes} {e}"));
            assert_eq!(got.values, expected, "{lanes}");
            println!("{:?}", got.counters);
            let got =
                layer.run(&mut harness, &vectors, OutputMode::Spikes, &mut stalls.clone()).unwrap();
            assert_eq!(got.values, layer.spikes(&expected));
        }
    }
}
