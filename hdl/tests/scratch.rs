//! scratch
use firmware::engine::EngineParameters;
use hdl::blocks::baked_dots::BakedMatrix;
use hdl::blocks::layer_engine::LayerEngine;
use weights::config::Form;
use weights::neuron::{Leak, presets};
use weights::numeric::{Radix, Trit};
use weights::packing::Packing;
fn put(name: &str, p: EngineParameters, baked: Option<BakedMatrix>) {
    let m = LayerEngine { parameters: p, image: vec![], baked }.module();
    match hdl::check::check(&m) {
        Ok(c) => {
            let folder = format!("/tmp/forms/v/{name}");
            std::fs::create_dir_all(&folder).unwrap();
            for f in hdl::verilog::print(&c) {
                std::fs::write(format!("{folder}/{}", f.name), f.text).unwrap();
            }
        }
        Err(e) => println!("BAD {name} {e}"),
    }
}
#[test]
fn modules() {
    let base = EngineParameters {
        lanes: 8,
        slots: 16,
        planes: 1,
        radix: Radix::Unary,
        form: Form::Dense,
        acc_width: 10,
        packing: Packing::Base3,
        weight_depth: 256,
        spike_depth: 256,
        skip_empty: false,
        neurons: 8,
        rows_max: 256,
        rule: presets::spikingbert(Leak::Decay(3), 14),
    };
    for planes in [1, 4] {
        let (radix, acc_width) =
            if planes == 1 { (Radix::Unary, 10) } else { (Radix::Bitwise, 14) };
        let d = EngineParameters { planes, radix, acc_width, ..base };
        put(&format!("dense{planes}"), d, None);
        put(
            &format!("event{planes}"),
            EngineParameters { lanes: 128, form: Form::Event, ..d },
            None,
        );
        for (rows, columns) in [(16, 16), (32, 32), (64, 64)] {
            let mut x = 1u64;
            let trits: Vec<Trit> = (0..rows * columns)
                .map(|_| {
                    x = x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    ((x >> 33) % 3) as Trit - 1
                })
                .collect();
            put(
                &format!("baked{planes}_{rows}x{columns}"),
                EngineParameters {
                    lanes: rows,
                    slots: columns,
                    form: Form::Baked,
                    weight_depth: 2,
                    spike_depth: 16,
                    ..d
                },
                Some(BakedMatrix { columns, trits }),
            );
        }
    }
}
