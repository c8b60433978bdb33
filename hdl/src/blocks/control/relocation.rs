//! Relocation: an instruction on its way through the issue, its pointers added to its addresses.
//!
//! ```text
//!  take    instruction ─► pointers that its selectors name ─► instruction_o, at the issue
//!  issued              ─► address + pointer ─► pass_instruction_o    as a Pass has its fields
//!                                           └► matrix_instruction_o  as a Matrix has them
//! ```
//!
//! Equal to [`Instruction::moved`](firmware::isa::Instruction::moved). What else depends on where
//! an instruction stands goes with it: the last position that it attends, and whether its state
//! begins anew.

use super::instruction::Fields;
use super::loop_stack::{POINTER_WIDTH, POINTERS_WIDTH};
use super::token_loop::TOKEN_WIDTH;
use crate::language::builder::Builder;
use crate::language::module::Module;
use crate::language::signal::Signal;
use crate::language::signal_type::uint;
use firmware::isa::{
    ALL_LOW, Action, Coded, INSTRUCTION_WIDTH, LONG_WIDTH, Matrix, POINTER_COUNT, POINTERS_LOW,
    Pass, Pointers, RestartAt, SELECTOR_COUNT, SELECTOR_WIDTH,
};
use std::sync::Arc;

/// Parameters of the block.
#[derive(Clone, Copy, Debug)]
pub struct Relocation {
    /// How deep loops nest.
    pub loop_depth: u32,
}

/// Whether the state of an instruction begins anew, by its field: at p = 0, in the first iteration of a
/// loop, or always; `first` has a bit for each loop.
pub(in crate::blocks) fn restarts<'m>(
    b: &'m Builder,
    restart_at: Signal<'m>,
    position: Signal<'m>,
    first: Option<Signal<'m>>,
) -> Signal<'m> {
    let mut arms = vec![
        (RestartAt::Text.code().into(), position.is(0)),
        (RestartAt::Always.code().into(), b.flag(true)),
    ];
    let loops = [RestartAt::Loop0, RestartAt::Loop1, RestartAt::Loop2, RestartAt::Loop3];
    if let Some(first) = first {
        for (at, index) in loops.into_iter().zip(0..first.width()) {
            arms.push((at.code().into(), first.bit(index)));
        }
    }
    b.case("restarts", restart_at, &arms, b.flag(false))
}

/// The fields of an action that pointers move: which selector, low bit and width.
fn moved(action: &Action) -> Vec<(usize, u32, u32)> {
    let format = action.format();
    let names = Pointers::moved(action).iter().enumerate();
    let field = |(selector, name): (usize, &&str)| {
        let field = format.field(name);
        (selector, field.low, field.width)
    };
    names.map(field).collect()
}

impl Relocation {
    /// The module `relocation`.
    pub fn module(&self) -> Arc<Module> {
        let b = Builder::new(
            "relocation",
            file!(),
            "adds pointers to the addresses of an instruction on its way through the issue.\n\n\
             An instruction that is taken has its pointers a cycle later, and its sums the cycle \
             after it is issued: until the next one of its unit is.",
        );
        let bit = uint(1);
        b.port_group("Instruction.");
        let take = b.input("take_i", bit, "an instruction comes");
        let fetched = b.input("instruction_i", uint(LONG_WIDTH), "its bits");
        let matrix_issued = b.input("matrix_issued_i", bit, "it is issued as a Matrix");
        let pass_issued = b.input("pass_issued_i", bit, "it is issued as a Pass");
        b.port_group("Where it stands.");
        let pointers =
            b.input("pointers_i", uint(POINTERS_WIDTH), "pointers 1 to 7, the first lowest");
        let token = b.input("token_position_i", uint(TOKEN_WIDTH), "position of the token");
        let position = b.input("position_i", uint(TOKEN_WIDTH), "p");
        let first = b.input(
            "first_i",
            uint(self.loop_depth),
            "loops in their first iteration, the outermost lowest",
        );

        let pass = moved(&Action::Pass(Pass::default()));
        let matrix = moved(&Action::Matrix(Matrix::default()));
        b.stage("the pointers that its selectors name.");
        let instruction = b.delay("instruction_q", take, fetched);
        let offsets: Vec<Option<Signal>> = (0..SELECTOR_COUNT)
            .map(|index| {
                let fields = pass.iter().chain(&matrix);
                let width = fields.filter(|field| field.0 == index).map(|field| field.2).max()?;
                let low = POINTERS_LOW + index as u32 * SELECTOR_WIDTH;
                let selector =
                    b.wire(&format!("selector_{index}"), fetched.bits(low, SELECTOR_WIDTH));
                let zero = b.literal(0, uint(width));
                let pointer = |number: u32| pointers.bits((number - 1) * POINTER_WIDTH, width);
                let arms: Vec<(i128, Signal)> =
                    (1..POINTER_COUNT).map(|number| (number.into(), pointer(number))).collect();
                let chosen = b.case(&format!("pointer_{index}"), selector, &arms, zero);
                Some(b.delay(&format!("pointer_{index}_q"), take, chosen))
            })
            .collect();

        b.stage("sums.");
        let sums = |name: &str, issued, fields: &[(usize, u32, u32)], width: u32| {
            let mut fields = fields.to_vec();
            fields.sort_by_key(|field| field.1);
            let (mut parts, mut from) = (vec![], 0);
            for (selector, low, bits) in fields {
                if low > from {
                    parts.push(instruction.bits(from, low - from));
                }
                let offset = offsets[selector].expect("a field that is moved has an offset");
                let sum = instruction.bits(low, bits) + offset.bits(0, bits);
                parts.push(b.wire(&format!("{name}_sum_{selector}"), sum));
                from = low + bits;
            }
            parts.push(instruction.bits(from, width - from));
            parts.reverse();
            b.delay(&format!("{name}_instruction_q"), issued, b.concat(&parts))
        };
        let as_matrix = sums("matrix", matrix_issued, &matrix, INSTRUCTION_WIDTH);
        let as_pass = sums("pass", pass_issued, &pass, LONG_WIDTH);
        let attended = b.wire("attended", instruction.bit(ALL_LOW).select(token, position));
        let matrix_attended = b.delay("matrix_attended_q", matrix_issued, attended);
        let pass_attended = b.delay("pass_attended_q", pass_issued, attended);
        let pass_position = b.delay("pass_position_q", pass_issued, position);
        let restart_at = Fields::of(&b, instruction, &Pass::FORMAT).get("restart_at");
        let restarts = restarts(&b, restart_at, position, Some(first));
        let restarts = b.delay("pass_restarts_q", pass_issued, restarts);

        b.port_group("At the issue.");
        let at_issue = instruction.bits(0, INSTRUCTION_WIDTH);
        b.output("instruction_o", at_issue, "its bits that others than passes have");
        b.port_group("The last Matrix that was issued.");
        b.output("matrix_instruction_o", as_matrix, "its bits, moved");
        b.output("matrix_attended_o", matrix_attended, "the last position that it attends");
        b.port_group("The last Pass that was issued.");
        b.output("pass_instruction_o", as_pass, "its bits, moved");
        b.output("pass_position_o", pass_position, "p");
        b.output("pass_attended_o", pass_attended, "the last position that it attends");
        b.output("pass_restarts_o", restarts, "its state begins anew");
        b.finish()
    }
}
