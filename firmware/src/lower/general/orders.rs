//! The orders in which a program goes over the positions of a text, and the fastest of them.

use super::super::LowerError;
use super::compose::{lower_in, steps_may_go_together};
use super::draft::CHUNK_MAX;
use super::position_order::PositionOrder;
use crate::isa::{Action, Extent, Instruction};
use crate::machine::{OrderCost, Program};
use crate::machine_cycles::{MachineLatency, dense, token_cycles};
use weights::config::Design;
use weights::network::Operation::{AttentionScores, SpikingAttention};
use weights::network::{Network, Operation};

/// Lowers a network to a program: of those that there are the fastest, by the cycle model.
///
/// # Errors
/// If an operation has no passes in its place, or a memory or a width does not hold what it must.
pub(in crate::lower) fn lower(network: &Network, design: &Design) -> Result<Program, LowerError> {
    let mut programs = orders(network, design)?;
    if programs.len() == 1 {
        return Ok(programs.swap_remove(0).1);
    }
    let cost = |(order, program): &(PositionOrder, Program)| {
        let positions = if order.shares { order.chunk.max(1) } else { 1 };
        order_cost(program, positions)
    };
    let mut costs: Vec<(OrderCost, PositionOrder, Program)> =
        programs.into_iter().map(|it| (cost(&it), it.0, it.1)).collect();
    costs.sort_by_key(|(cost, order, program)| weighed(cost.cycles, *order, program));
    let chosen = first_that_fits(&costs, design.machine.block_ram_max);
    let (best, _, mut program) = costs.remove(chosen);
    // Beside it the best of those whose weights are fetched for another number of positions.
    let other = costs.into_iter().map(|it| it.0).find(|it| it.positions != best.positions);
    program.orders = other.map_or(Vec::new(), |other| vec![best, other]);
    Ok(program)
}

/// The first program whose memories take no more block RAMs than there are, or the one that takes fewest;
/// 0 says that there are enough.
fn first_that_fits(costs: &[(OrderCost, PositionOrder, Program)], most: u32) -> usize {
    let blocks = |at: &usize| costs[*at].2.block_rams();
    let fits = |at: &usize| most == 0 || blocks(at) <= most;
    (0..costs.len()).find(fits).or_else(|| (0..costs.len()).min_by_key(blocks)).unwrap_or(0)
}

/// The cycles of a program, with what it takes besides: passes under way one behind the other must save an
/// eighth of the cycles, because what travels beside words takes hardware; turns that are written out must
/// save a sixteenth, because they take words of the program memory.
fn weighed(cycles: u64, order: PositionOrder, program: &Program) -> u64 {
    let streams = if program.parameters.streams { 7 } else { 8 };
    let unrolled = if order.unrolled { 15 } else { 16 };
    cycles * 8 * 16 / (streams * unrolled)
}

/// The programs of a network that there is room for, in each of its orders.
///
/// # Errors
/// As [`lower`].
pub(in crate::lower) fn orders(
    network: &Network,
    design: &Design,
) -> Result<Vec<(PositionOrder, Program)>, LowerError> {
    let single = lower_in(network, design, PositionOrder::default())?;
    let wanted = wanted(network, &single, design.machine.block_ram_max > 0);
    let mut programs = vec![(PositionOrder::default(), single)];
    for order in wanted {
        // Not every network has room for its chunks, for what its turns or its words have for themselves,
        // or spikes that are planes.
        let program = lower_in(network, design, order).ok();
        let fits = |it: &Program| order.chunk == 0 || it.parameters.has_vectors() == order.shares;
        programs.extend(program.filter(fits).map(|program| (order, program)));
    }
    Ok(programs)
}

/// The orders of a network besides that in which its operations stand, `single`: with instructions that
/// changed places, its loops as they are and apart, its passes one by one and one behind the other; with all
/// steps of an operation before the next one; and, of a text that is a block, in chunks, of several sizes where
/// block RAMs are `counted`. Those whose passes follow each other also with their heads written out.
fn wanted(network: &Network, single: &Program, counted: bool) -> Vec<PositionOrder> {
    let scheduled = PositionOrder { scheduled: true, ..PositionOrder::default() };
    let apart = PositionOrder { apart: true, ..scheduled };
    let leads = PositionOrder { leads: true, ..apart };
    let mut wanted = vec![apart, leads];
    let parameters = &single.parameters;
    let shared_most = if parameters.has_events() { 1 } else { parameters.planes };
    let over_positions = |it: &Instruction| matches!(it.action, Action::Loop(turn) if turn.extent == Extent::Positions);
    if single.instructions.iter().any(over_positions) {
        let most = parameters.context.min(CHUNK_MAX);
        for (most, shares) in [(most, false), (most.min(shared_most), true)] {
            // Smaller chunks take fewer words, where those are counted.
            let least = if counted { 2 } else { most.max(2) };
            let chunks = (1..=most.ilog2()).rev().map(|log| 1 << log);
            let order = |chunk| PositionOrder { chunk, shares, ..leads };
            wanted.extend(chunks.filter(|chunk| 2 * chunk > least).map(order));
        }
    }
    let together = steps_may_go_together(network);
    if together {
        let shares = network.steps <= shared_most as usize;
        wanted.push(PositionOrder { steps_together: true, shares, ..leads });
    }
    let over_heads =
        |it: &Operation| matches!(it, AttentionScores { .. } | SpikingAttention { .. });
    if together || network.operations.iter().any(over_heads) {
        // A pass that is written out follows none of its turns: without leads it would wait for all of them.
        let unrolled = |order| PositionOrder { unrolled: true, ..order };
        let others: Vec<PositionOrder> = wanted.iter().filter(|it| it.leads).copied().collect();
        wanted.extend(others.into_iter().map(unrolled));
    }
    [vec![scheduled], wanted].concat()
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
