//! `program_store` yields every instruction whole, though it keeps only bits that differ.

mod support;

use firmware::isa::{ANY, Action, Encoded, End, Instruction, Matrix, Pass, Wait};
use firmware::program_bits::ProgramBits;
use hdl::blocks::control::program_store::ProgramStore;
use support::{Bench, Random};

const PARTS: u32 = 11;

/// A program of passes and matrices whose fields differ in some bits.
fn program(seed: u64, length: u64) -> Vec<Instruction> {
    let mut random = Random(seed);
    let any = Wait { matrix: ANY, vector: ANY };
    let mut instruction = |index: u64| {
        let address = random.below(60) as u32;
        let action = match (index + 1 == length, random.below(2)) {
            (true, _) => Action::End(End { unasked: 0 }),
            (_, 0) => Action::Matrix(Matrix { base: address, tiles: 3, ..Matrix::default() }),
            _ => Action::Pass(Pass { a: address, words: 5, ..Pass::default() }),
        };
        Instruction::new(any, action)
    };
    (0..length).map(&mut instruction).collect()
}

fn load(bench: &mut Bench, address: u64, encoded: &Encoded) {
    bench.set("write_i", 1);
    bench.set("write_address_i", address);
    for (part, &word) in encoded.iter().enumerate() {
        bench.set("write_part_i", part as u64);
        bench.set("data_i", word.into());
        bench.tick();
    }
    bench.set("write_i", 0);
}

fn fetched(bench: &mut Bench, address: u64) -> Encoded {
    bench.set("read_i", 1);
    bench.set("read_address_i", address);
    bench.tick();
    bench.set("read_i", 0);
    bench.set("read_address_i", 0);
    bench.tick();
    bench.settle();
    let bits = bench.bits("instruction_o");
    let part = |part: usize| {
        let set = (0..32).filter(|&bit| bits[32 * part + bit]);
        set.fold(0, |word, bit| word | 1 << bit)
    };
    std::array::from_fn(part)
}

#[test]
fn every_instruction_comes_whole() {
    for (seed, length, loaded) in [(1, 13, false), (2, 13, true), (3, 40, false), (4, 40, true)] {
        let program = program(seed, length);
        let encoded: Vec<Encoded> = program.iter().map(|it| it.encode().unwrap()).collect();
        let bits = ProgramBits::of(&program);
        assert!(bits.width() < 40, "{} bits for two addresses and a header", bits.width());
        let contents = if loaded { encoded.clone() } else { vec![] };
        let depth = length as u32;
        let store = ProgramStore { depth, instruction_words: PARTS, bits, contents };
        let mut bench = Bench::new(&store.module());
        if !loaded {
            for (address, encoded) in encoded.iter().enumerate().rev() {
                load(&mut bench, address as u64, encoded);
            }
            // Beyond the last instruction, and without the last part, nothing is stored.
            load(&mut bench, length.next_power_of_two(), &[0; PARTS as usize]);
            bench.set("write_i", 1);
            bench.set("write_address_i", 0);
            bench.set("write_part_i", 0);
            bench.tick();
            bench.set("write_i", 0);
        }
        for (address, encoded) in encoded.iter().enumerate() {
            assert_eq!(fetched(&mut bench, address as u64), *encoded, "{seed}: {address}");
        }
    }
}
