use weights::config::Design;
fn main() {
    let folder = std::path::Path::new("/work/shared/models/tinystories-bitnet-1m");
    let network = weights::import::import(folder).unwrap();
    let mut design = Design::tinystories();
    let p: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    for set in std::env::args().skip(2) {
        let (k, v) = set.split_once('=').unwrap();
        let v: usize = v.parse().unwrap();
        match k {
            "p" => design.array.planes = v,
            "e" => design.machine.elements = v,
            "a" => design.machine.attention_bits = v as u32,
            "h" => design.machine.head_bits = v as u32,
            "acc" => design.array.acc_width = v as u32,
            "L" => design.array.lanes = v,
            "S" => design.array.slots = v,
            "kv" => design.machine.key_value_digits = v as u32,
            "ctx" => design.machine.context = v,
            _ => panic!(),
        }
    }
    let program = firmware::lower::lower(&network, &design).unwrap_or_else(|e| panic!("{e}"));
    let facts = firmware::machine_cycles::dense(&program, p);
    let cycles =
        firmware::machine_cycles::token_cycles(&program, &Default::default(), p, true, facts);
    println!(
        "total {} array {} vector {} mw {} vw {} uw {}",
        cycles.total,
        cycles.array_busy,
        cycles.vector_busy,
        cycles.matrix_waits,
        cycles.vector_waits,
        cycles.unit_waits
    );
    if std::env::var("TL").is_ok() {
        for t in &cycles.timings {
            println!(
                "{:4} ready {:6} issued {:6} done {:6} ({:4}) {:?} {}",
                t.address,
                t.ready,
                t.issued,
                t.done,
                t.done - t.issued,
                (
                    program.instructions[t.address].wait.matrix,
                    program.instructions[t.address].wait.vector
                ),
                program.remarks[t.address]
            );
        }
    }
}
