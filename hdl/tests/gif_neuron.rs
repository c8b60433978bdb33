//! The neuron block in the native simulator against `numeric`.
use hdl::blocks::gif_neuron::GifNeuron;
use hdl::check::check;
use hdl::simulation::Simulation;
use hdl::simulator::NativeSimulation;
use weights::neuron::*;
use weights::numeric;

#[test]
fn all_rules() {
    let mut state = 12345u64;
    let mut random = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as i64
    };
    let mut count = 0;
    for leak in [Leak::None, Leak::Shift(2), Leak::Decay(3)] {
        for quantise in [Quantise::Floor, Quantise::NearestEven] {
            for range in [
                SpikeRange::Unsigned(1),
                SpikeRange::Unsigned(4),
                SpikeRange::Signed(1),
                SpikeRange::Signed(3),
                SpikeRange::Unbounded,
            ] {
                for reset in [Reset::Soft, Reset::Hard, Reset::SpikelmCode] {
                    for threshold in [
                        Threshold::PowerOfTwo(0),
                        Threshold::PowerOfTwo(1),
                        Threshold::PowerOfTwo(4),
                        Threshold::PerChannel,
                    ] {
                        for last_step in [LastStep::Same, LastStep::Remainder] {
                            let rule = NeuronRule {
                                leak,
                                quantise,
                                range,
                                reset,
                                state: State::PerStep,
                                threshold,
                                last_step,
                                membrane_width: 8,
                            };
                            if rule.check().is_err() {
                                continue;
                            }
                            count += 1;
                            let module =
                                GifNeuron { rule, current_width: 7, saturates: true }.module();
                            let checked =
                                check(&module).unwrap_or_else(|e| panic!("{rule:?}: {e}"));
                            let mut sim = NativeSimulation::new(&checked);
                            let p = |n: &str| sim.port(n);
                            let (adv, cur, mem, fresh) =
                                (p("advance_i"), p("current_i"), p("membrane_i"), p("fresh_i"));
                            let (spk, mo, sat) = (p("spike_o"), p("membrane_o"), p("saturated_o"));
                            let th = (threshold == Threshold::PerChannel).then(|| p("threshold_i"));
                            let la = (last_step == LastStep::Remainder).then(|| p("last_i"));
                            sim.write_u64(adv, 1);
                            let latency = module.latency as usize;
                            let mut expected = vec![];
                            for step in 0..200 {
                                let u = random() % 256 - 128;
                                let i = random() % 128 - 64;
                                let theta = numeric::threshold(&rule, random() % 127 + 1);
                                let fr = random() % 4 == 0;
                                let last = random() % 2 == 0;
                                sim.write_u64(cur, (i as u64) & 127);
                                sim.write_u64(mem, (u as u64) & 255);
                                sim.write_u64(fresh, fr as u64);
                                if let Some(th) = th {
                                    sim.write_u64(th, theta as u64);
                                }
                                if let Some(la) = la {
                                    sim.write_u64(la, last as u64);
                                }
                                expected.push((
                                    numeric::neuron_step(
                                        &rule,
                                        theta,
                                        if fr { 0 } else { u },
                                        i,
                                        last,
                                    ),
                                    u,
                                    i,
                                    theta,
                                ));
                                sim.tick();
                                if step + 1 >= latency {
                                    let (e, u, i, theta) = expected[step + 1 - latency];
                                    assert_eq!(
                                        (
                                            sim.read_i64(spk),
                                            sim.read_i64(mo),
                                            sim.read_u64(sat) == 1
                                        ),
                                        (e.spike, e.membrane, e.saturated),
                                        "{rule:?} u {u} i {i} theta {theta}"
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{count} rules");
    let module = GifNeuron {
        rule: presets::spikingbert(Leak::Decay(3), 12),
        current_width: 12,
        saturates: false,
    }
    .module();
    for f in hdl::verilog::print(&check(&module).unwrap()) {
        println!("{}", f.text);
    }
    let module = GifNeuron {
        rule: presets::int2spike(Threshold::PowerOfTwo(4), 12),
        current_width: 14,
        saturates: true,
    }
    .module();
    for f in hdl::verilog::print(&check(&module).unwrap()) {
        println!("{}", f.text);
    }
}
