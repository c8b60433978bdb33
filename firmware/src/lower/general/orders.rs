//! The orders in which a program goes over the positions of a text, and the fastest of them.

use super::super::LowerError;
use super::compose::lower_in;
use super::draft::CHUNK_MAX;
use super::position_order::PositionOrder;
use crate::isa::{Action, Extent, Instruction};
use crate::machine::{OrderCost, Program};
use crate::machine_cycles::{MachineLatency, dense, token_cycles};
use weights::config::Design;
use weights::network::Network;

/// Lowers a network to a program of passes: of those that there are the fastest, by the cycle model.
///
/// # Errors
/// If an operation has no passes in its place, or a memory or a width does not hold what it must.
pub(in crate::lower) fn lower(network: &Network, design: &Design) -> Result<Program, LowerError> {
    let mut programs = orders(network, design)?;
    if programs.len() == 1 {
        return Ok(programs.swap_remove(0).1);
    }
    let cost = |(order, program): &(PositionOrder, Program)| {
        let positions = if order.shares { order.chunk } else { 1 };
        order_cost(program, positions)
    };
    let mut costs: Vec<(OrderCost, Program)> =
        programs.into_iter().map(|it| (cost(&it), it.1)).collect();
    costs.sort_by_key(|(cost, _)| cost.cycles);
    let chosen = worth_it(&costs);
    let (best, mut program) = costs.remove(chosen);
    // Beside it the best of those whose weights are fetched for another number of positions.
    let other = costs.into_iter().map(|(cost, _)| cost).find(|it| it.positions != best.positions);
    program.orders = other.map_or(Vec::new(), |other| vec![best, other]);
    Ok(program)
}

/// The fastest of the programs; but where passes under way one behind the other save less than an
/// eighth of the cycles, the fastest whose passes come one by one: what travels beside words takes hardware.
fn worth_it(costs: &[(OrderCost, Program)]) -> usize {
    let plain = costs.iter().position(|(_, program)| !program.parameters.streams);
    let saves = |plain: &usize| 8 * costs[0].0.cycles > 7 * costs[*plain].0.cycles;
    plain.filter(saves).unwrap_or(0)
}

/// The programs of a network: position by position, as its operations stand; with instructions that
/// changed places, its loops as they are and apart, its passes one by one and one behind the other; and, of
/// a text that is a block, in chunks. Those whose loops are apart also with words that rest before they are
/// taken again.
pub(in crate::lower) fn orders(
    network: &Network,
    design: &Design,
) -> Result<Vec<(PositionOrder, Program)>, LowerError> {
    let single = lower_in(network, design, PositionOrder::default())?;
    let over_positions = |it: &Instruction| matches!(it.action, Action::Loop(turn) if turn.extent == Extent::Positions);
    let is_block = single.instructions.iter().any(over_positions);
    let (parameters, mut programs) = (single.parameters, vec![(PositionOrder::default(), single)]);
    let scheduled = PositionOrder { scheduled: true, ..PositionOrder::default() };
    let apart = PositionOrder { apart: true, ..scheduled };
    let most = parameters.context.min(CHUNK_MAX);
    let shared = most.min(if parameters.has_events() { 1 } else { parameters.planes });
    let leads = PositionOrder { leads: true, ..apart };
    let mut wanted = vec![apart, leads];
    if is_block {
        let chunks = [(most, false), (shared, true)].into_iter().filter(|(most, _)| *most > 1);
        let order = |(most, shares): (u32, bool)| PositionOrder {
            chunk: 1 << most.ilog2(),
            shares,
            ..leads
        };
        wanted.extend(chunks.map(order));
    }
    let resting = |order: &PositionOrder| PositionOrder { rests: true, ..*order };
    let rested: Vec<PositionOrder> = wanted.iter().map(resting).collect();
    for order in [scheduled].into_iter().chain(wanted).chain(rested) {
        // Not every network has room for its chunks, for what its turns or its words have for themselves,
        // or spikes that are planes.
        let program = lower_in(network, design, order).ok();
        let fits = |it: &Program| order.chunk == 0 || it.parameters.has_vectors() == order.shares;
        programs.extend(program.filter(fits).map(|program| (order, program)));
    }
    Ok(programs)
}

/// Tokens of the text by which orders are compared, where the context holds so many.
const COMPARED_TOKENS: u32 = 32;

/// What a text costs by the cycle model.
fn order_cost(program: &Program, positions: u32) -> OrderCost {
    let latency = MachineLatency::of(&program.parameters);
    // What keeps no positions has a text without end.
    let tokens = match program.parameters.context {
        0 => COMPARED_TOKENS,
        context => context.min(COMPARED_TOKENS),
    };
    let cost = token_cycles(program, &latency, tokens - 1, true, dense(program));
    OrderCost { tokens, positions, cycles: cost.total, fetches: cost.array_busy }
}
