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
    let shown: Vec<String> = program.instructions.iter().take(4).map(show).collect();
    assert_eq!(
        shown,
        [
            "m- v-  Matrix  store=embedding tiles=1 stride=3 digits=5 destination=X= \
             multiplier=34661 shift=11 last_rows=1",
            "m0 v-  Norm    space=X words=5 weighted=1 target=43445 target_exponent=6 \
             epsilon=53687 epsilon_shift=-5",
            "m- v-  Encode  space=X words=5 groups=1 weighted=1 bits=8 stride=3",
            "m- v0  Matrix  store=weights base=174 tiles=4 stride=3 digits=1 destination=R \
             address=8 multiplier=1 last_rows=8",
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
        "blocks.1.ffn.down            the residual behind it ",
        "0x0003  m- v0  Matrix  store=weights base=174",
        "; blocks.0.attention.k: of the counts of blocks.0.attention.norm\n",
        "positions; ",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let instructions = text.lines().filter(|line| line.starts_with("0x")).count();
    assert_eq!(instructions, program.instructions.len());
    assert!(text.lines().all(|line| line.trim_end() == line && line.chars().count() < 240));
}

/// A program is read back from its bits as it was.
#[test]
fn programs_survive_their_encoding() {
    for instruction in program().instructions {
        let encoded = instruction.encode().unwrap();
        assert_eq!(Instruction::decode(&encoded).unwrap(), instruction);
    }
}
