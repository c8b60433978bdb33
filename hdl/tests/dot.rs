//! dot
use hdl::blocks::ternary_dot::TernaryDot;
use hdl::check::check;
use hdl::simulation::Simulation;
use hdl::simulator::NativeSimulation;
use weights::numeric;

#[test]
fn all_slots() {
    let mut state = 12345u64;
    let mut random = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as i64
    };
    for slots in 1..=128u32 {
        let module = TernaryDot { slots }.module();
        let checked = check(&module).unwrap_or_else(|e| panic!("{slots}: {e}"));
        if [128, 6].contains(&slots) {
            for f in hdl::verilog::print(&checked) {
                println!("{}", f.text);
                std::fs::write(format!("/tmp/vout{slots}_{}", f.name), &f.text).unwrap();
            }
        }
        let mut sim = NativeSimulation::new(&checked);
        let mut expected = vec![];
        for step in 0..60usize {
            let mode = random() % 8;
            let trit = |r: i64| match mode {
                0 => 1,
                1 => -1,
                2 => 0,
                _ => (r % 3 - 1) as i8,
            };
            let w: Vec<i8> = (0..slots).map(|_| trit(random())).collect();
            let s: Vec<i8> =
                (0..slots).map(|_| if mode == 3 { 1 } else { trit(random()) }).collect();
            let pack = |f: &dyn Fn(usize) -> bool| {
                let mut v = vec![0u64; slots.div_ceil(64) as usize];
                for i in 0..slots as usize {
                    if f(i) {
                        v[i / 64] |= 1 << (i % 64);
                    }
                }
                v
            };
            for (name, bits) in [
                ("high_i", pack(&|i| w[i] == 1)),
                ("low_i", pack(&|i| w[i] >= 0)),
                ("active_i", pack(&|i| s[i] != 0)),
                ("negative_i", pack(&|i| s[i] < 0)),
            ] {
                let p = sim.port(name);
                sim.write(p, &bits);
            }
            expected.push(numeric::dot(&w, &s));
            sim.tick();
            let latency = module.latency as usize;
            if step + 1 >= latency {
                let p = sim.port("dot_o");
                assert_eq!(sim.read_i64(p), expected[step + 1 - latency], "{slots}");
            }
        }
    }
}
