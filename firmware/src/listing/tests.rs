//! The listing of the sample.

use crate::isa::Instruction;
use crate::listing::show;
use crate::lower::lower;
use crate::machine::Program;
use pretty_assertions::assert_eq;
use weights::config::Design;
use weights::sample;

fn program() -> Program {
    lower(&sample::network(1), &Design::bundled()).unwrap()
}

#[test]
fn instructions_are_named_by_their_fields() {
    let program = program();
    let shown: Vec<String> = program.instructions.iter().take(5).map(show).collect();
    assert_eq!(
        shown,
        [
            "m- v-  Matrix  store=embedding tiles=1 stride=3 digits=5 multiplier=34661 shift=8 \
             last_rows=1",
            "m- v-  Pass    channels=1 a_space=C reduce=peak finish=peak_scale factor=8",
            "m0 v-  Pass    channels=40 a_space=R reduce=squares finish=inverse_root factor=53687 \
             finish_shift=1 output=1 lead=10",
            "m- v-  Pass    channels=40 a_space=R b_space=C b=1 join=multiply join_shift=15 \
             multiply=scalar shift=10 follow=exponent scalar=1 emit=train bits=8 lead=12",
            "m- v0  Matrix  store=weights base=186 tiles=4 stride=3 digits=1 address=6 \
             multiplier=51811 shift=9 last_rows=8",
        ]
    );
}

#[test]
fn the_listing_has_every_part() {
    let program = program();
    let text = program.listing();
    assert_eq!(text, program.listing());
    for part in [
        "Program of sample-1\n8 lanes x 16 slots x 4 planes, 8 values a cycle; ",
        "keys              8     128     32      32768          8\n",
        "weights             0 ..= 149    embedding\n",
        "blocks.1.ffn.down            a sum                        11154 ",
        "0x0004  m- v0  Matrix  store=weights base=186",
        "; blocks.0.attention.k: its product\n",
        "positions; ",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let instructions = text.lines().filter(|line| line.starts_with("0x")).count();
    assert_eq!(instructions, program.instructions.len());
    let untidy = text.lines().find(|it| it.trim_end() != *it || it.chars().count() >= 280);
    assert_eq!(untidy, None);
}

/// A program is read back from its bits as it was.
#[test]
fn programs_survive_their_encoding() {
    for instruction in program().instructions {
        let encoded = instruction.encode().unwrap();
        assert_eq!(Instruction::decode(&encoded).unwrap(), instruction);
    }
}
