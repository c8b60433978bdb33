//! Which pointer moves which address.
//!
//! A pointer has one stride in every loop. Two addresses share one where all loops around both move
//! them alike; what a pointer does in loops around neither does not matter.

use super::line::Line;
use crate::isa::{ANY, Action, Instruction, Loop, POINTER_COUNT, Pointers, Wait};

/// The strides of a loop, as far as they are given away; pointer 0 never moves.
type Strides = [Option<u32>; POINTER_COUNT as usize];

/// Chooses pointers and writes their strides into the loops.
///
/// # Errors
/// The remark of an instruction whose addresses need more pointers than there are.
pub(super) fn assign(lines: Vec<Line>) -> Result<(Vec<Instruction>, Vec<String>), String> {
    let mut strides: Vec<Strides> = vec![Strides::default(); lines.len()];
    let mut selected: Vec<Pointers> = Vec::with_capacity(lines.len());
    let mut around: Vec<usize> = vec![];
    for line in &lines {
        let mut pointers = Pointers { all: line.all, ..Pointers::default() };
        for (field, _) in &line.moves {
            let needed: Vec<(usize, u32)> =
                around.iter().map(|&turn| (turn, line.stride(field, &lines[turn]))).collect();
            if needed.iter().all(|&(_, stride)| stride == 0) {
                continue;
            }
            let pointer = pointer(&strides, &needed).ok_or_else(|| line.remark.clone())?;
            for (turn, stride) in needed {
                strides[turn][pointer] = Some(stride);
            }
            pointers = pointers.with(&line.action, field, pointer as u8);
        }
        selected.push(pointers);
        match line.action {
            Action::Loop(_) => around.push(selected.len() - 1),
            Action::Next(_) => drop(around.pop()),
            _ => {}
        }
    }
    let wait = Wait { matrix: ANY, vector: ANY };
    let mut remarks = Vec::with_capacity(lines.len());
    let mut instructions = Vec::with_capacity(lines.len());
    for ((line, pointers), strides) in lines.into_iter().zip(selected).zip(strides) {
        let mut action = line.action;
        if let Action::Loop(turn) = &mut action {
            write(turn, &strides);
        }
        instructions.push(Instruction { wait, action, pointers });
        remarks.push(line.remark);
    }
    Ok((instructions, remarks))
}

/// The pointer that moves as needed: one that does so already, or the first that still can.
fn pointer(strides: &[Strides], needed: &[(usize, u32)]) -> Option<usize> {
    let fits = |pointer: usize, given: fn(Option<u32>, u32) -> bool| {
        needed.iter().all(|&(turn, stride)| given(strides[turn][pointer], stride))
    };
    let pointers = || 1..POINTER_COUNT as usize;
    let known = pointers().find(|&it| fits(it, |given, needed| given == Some(needed)));
    known.or_else(|| {
        pointers().find(|&it| fits(it, |given, needed| given.is_none_or(|given| given == needed)))
    })
}

fn write(turn: &mut Loop, strides: &Strides) {
    let places = [
        &mut turn.stride_1,
        &mut turn.stride_2,
        &mut turn.stride_3,
        &mut turn.stride_4,
        &mut turn.stride_5,
        &mut turn.stride_6,
        &mut turn.stride_7,
    ];
    for (place, stride) in places.into_iter().zip(&strides[1..]) {
        *place = stride.unwrap_or(0);
    }
}
