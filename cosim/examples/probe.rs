use cosim::reference::machine::*;
use cosim::reference::*;
use rayon::prelude::*;
use std::time::Instant;
use weights::config::Design;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let folder = std::path::Path::new("/work/shared/models/tinystories-bitnet-1m");
    let network = weights::import::import(folder).unwrap();
    let mut design = Design::tinystories();
    design.machine.context = network.context;
    for set in &args[2..] {
        let (k, v) = set.split_once('=').unwrap();
        let v: u32 = v.parse().unwrap();
        match k {
            "w" => design.machine.value_width = v,
            "c" => design.machine.count_width = v,
            "kv" => design.machine.key_value_digits = v,
            "e" => design.machine.embedding_digits = v,
            "a" => design.machine.attention_bits = v,
            "h" => design.machine.head_bits = v,
            "p" => design.array.planes = v as usize,
            "k" => design.encoder.mean_count = v,
            "acc" => design.array.acc_width = v,
            "qb" | "pb" => {}
            _ => panic!(),
        }
    }
    let mut program = firmware::lower::lower(&network, &design).unwrap_or_else(|e| panic!("{e}"));
    for set in &args[2..] {
        use firmware::isa::Action;
        let (k, v) = set.split_once('=').unwrap();
        let v: u32 = v.parse().unwrap();
        for i in 0..program.instructions.len() {
            let kind = program.remarks[i].clone();
            match (&mut program.instructions[i].action, k) {
                (Action::Encode(e), "pb") if e.positions == 1 => e.bits = v,
                (Action::Softmax(e), "pb") => e.bits = v,
                (Action::Encode(e), "qb") if e.groups > 1 => e.bits = v,
                (Action::Rotate(e), "qb") if kind.contains(".q:") => e.bits = v,
                _ => {}
            }
        }
    }
    if args[1] == "list" {
        for (i, (r, it)) in program.remarks.iter().zip(&program.instructions).enumerate() {
            println!("{i} {r}: {:?} {:?}", it.wait, it.action);
        }
        println!("{:?}", program.parameters);
        for w in &program.widths {
            println!("{w:?}");
        }
        return;
    }
    let machine = MachineReference::new(&program);
    let tokens = Tokens::open(folder, &network).unwrap();
    let text = std::fs::read_to_string("/work/shared/text/tinystories-sample-a.txt").unwrap();
    let count: usize = args[1].parse().unwrap();
    let all = stories(&text);
    let mut w = machine.clone();
    let mut widths = Widths::new(&program);
    for id in tokens.encode(all[0]).unwrap().into_iter().take(100) {
        w.step_observed(id, true, &mut widths).unwrap();
    }
    println!("violations {:?}", widths.violations().iter().take(5).collect::<Vec<_>>());
    let t = Instant::now();
    let scores: Vec<(f64, usize, u64)> = all[..count.min(all.len())]
        .par_iter()
        .map(|s| {
            let ids = tokens.encode(s).unwrap();
            let ids = &ids[..ids.len().min(512)];
            let mut m = machine.clone();
            let mut nats = 0.0;
            for p in ids.windows(2) {
                let pr = m.step(p[0], true).unwrap().unwrap();
                let l: Vec<f64> = pr.logits.iter().map(|&x| x as f64 * pr.unit).collect();
                let mx = l.iter().cloned().fold(f64::MIN, f64::max);
                let z: f64 = l.iter().map(|x| (x - mx).exp()).sum();
                nats += mx + z.ln() - l[p[1] as usize];
            }
            (nats, ids.len() - 1, m.saturations())
        })
        .collect();
    let (n, c, s) = scores.iter().fold((0.0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2));
    let dt = t.elapsed().as_secs_f64();
    println!(
        "ppl {:.4} of {c}, saturations {s}, {:.0} tokens/s",
        (n / c as f64).exp(),
        c as f64 / dt
    );
}
