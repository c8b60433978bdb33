//! Gates covered by LUTs of four inputs: how many it takes.
//!
//! Every gate keeps the few best sets of at most four gates that determine it (its cuts). A first
//! pass picks, from the inputs on, the cut whose LUTs cost least when gates that several read share
//! theirs (area flow); a second pass picks again, now counting the very LUTs that each choice adds.
//! After S. Chatterjee, A. Mishchenko and R. Brayton, "Improvements to technology mapping for
//! LUT-based FPGAs", IEEE TCAD 26 (2007).

use super::graph::{Gate, Graph, Literal, Live};

/// Inputs of a LUT.
const INPUTS: usize = 4;
/// Cuts that a gate keeps.
const CUTS: usize = 8;
/// Passes that count the very LUTs.
const EXACT_PASSES: usize = 2;

/// A set of gates, ascending.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cut {
    leaves: [u32; INPUTS],
    count: u8,
    flow: f32,
}

impl Cut {
    fn single(gate: u32) -> Cut {
        Cut { leaves: [gate, 0, 0, 0], count: 1, flow: 0.0 }
    }

    fn leaves(&self) -> &[u32] {
        &self.leaves[..usize::from(self.count)]
    }

    /// Both together, if they are no more than a LUT has inputs.
    fn union(&self, other: &Cut) -> Option<Cut> {
        let (a, b) = (self.leaves(), other.leaves());
        let (mut i, mut j, mut count) = (0, 0, 0);
        let mut leaves = [0; INPUTS];
        while i < a.len() || j < b.len() {
            if count == INPUTS {
                return None;
            }
            let next = match (a.get(i), b.get(j)) {
                (Some(&x), Some(&y)) => x.min(y),
                (Some(&x), None) | (None, Some(&x)) => x,
                (None, None) => break,
            };
            i += usize::from(a.get(i) == Some(&next));
            j += usize::from(b.get(j) == Some(&next));
            leaves[count] = next;
            count += 1;
        }
        Some(Cut { leaves, count: count as u8, flow: 0.0 })
    }
}

/// The state of a covering.
struct Cover<'a> {
    graph: &'a Graph,
    live: &'a Live,
    cuts: Vec<Vec<Cut>>,
    best: Vec<Cut>,
    flow: Vec<f32>,
    /// How many LUTs and roots read a gate.
    readers: Vec<u32>,
}

/// The LUTs that `roots` and their inverses take.
pub(super) fn lut_count(graph: &Graph, live: &Live, roots: &[Literal]) -> u64 {
    let size = graph.gates.len();
    let mut cover = Cover {
        graph,
        live,
        cuts: vec![vec![]; size],
        best: vec![Cut::single(0); size],
        flow: vec![0.0; size],
        readers: vec![0; size],
    };
    cover.count_fanout(roots);
    cover.enumerate();
    let mut used = cover.select(roots);
    for _ in 0..EXACT_PASSES {
        cover.refine();
        used = cover.select(roots);
    }
    used + cover.inverters(roots)
}

impl Cover<'_> {
    fn is_logic(&self, gate: usize) -> bool {
        matches!(self.graph.gates[gate], Gate::And(..) | Gate::Xor(..))
    }

    /// Before anything is chosen, a gate has as many readers as the graph shows.
    fn count_fanout(&mut self, roots: &[Literal]) {
        for (index, gate) in self.graph.gates.iter().enumerate() {
            if let (true, Gate::And(a, b) | Gate::Xor(a, b)) = (self.live.gates[index], gate) {
                self.readers[a.gate()] += 1;
                self.readers[b.gate()] += 1;
            }
        }
        roots.iter().for_each(|root| self.readers[root.gate()] += 1);
    }

    fn enumerate(&mut self) {
        for index in 0..self.graph.gates.len() {
            let (Gate::And(a, b) | Gate::Xor(a, b)) = self.graph.gates[index] else {
                self.cuts[index] = vec![Cut::single(index as u32)];
                continue;
            };
            if !self.live.gates[index] {
                continue;
            }
            let mut found: Vec<Cut> = vec![];
            for left in &self.cuts[a.gate()] {
                for right in &self.cuts[b.gate()] {
                    let Some(mut cut) = left.union(right) else { continue };
                    if found.iter().any(|known| known.leaves() == cut.leaves()) {
                        continue;
                    }
                    let leaves = cut.leaves().iter();
                    cut.flow = 1.0 + leaves.map(|&leaf| self.flow[leaf as usize]).sum::<f32>();
                    found.push(cut);
                }
            }
            found.sort_by(|x, y| x.flow.total_cmp(&y.flow).then(x.count.cmp(&y.count)));
            found.truncate(CUTS);
            self.best[index] = found[0];
            self.flow[index] = found[0].flow / self.readers[index].max(1) as f32;
            found.push(Cut::single(index as u32));
            self.cuts[index] = found;
        }
    }

    /// Follows the chosen cuts from the roots; counts LUTs and who reads what.
    fn select(&mut self, roots: &[Literal]) -> u64 {
        self.readers.fill(0);
        let mut luts = 0;
        for root in roots {
            luts += self.reference(root.gate());
        }
        luts
    }

    /// One reader more: how many LUTs this adds.
    fn reference(&mut self, gate: usize) -> u64 {
        self.readers[gate] += 1;
        if self.readers[gate] > 1 || !self.is_logic(gate) {
            return 0;
        }
        self.reference_cut(self.best[gate])
    }

    fn reference_cut(&mut self, cut: Cut) -> u64 {
        1 + cut.leaves().iter().map(|&leaf| self.reference(leaf as usize)).sum::<u64>()
    }

    /// One reader less: how many LUTs this saves.
    fn release(&mut self, gate: usize) -> u64 {
        self.readers[gate] -= 1;
        if self.readers[gate] > 0 || !self.is_logic(gate) {
            return 0;
        }
        self.release_cut(self.best[gate])
    }

    fn release_cut(&mut self, cut: Cut) -> u64 {
        1 + cut.leaves().iter().map(|&leaf| self.release(leaf as usize)).sum::<u64>()
    }

    /// Every used gate takes the cut that adds the fewest LUTs to all others.
    fn refine(&mut self) {
        for gate in 0..self.graph.gates.len() {
            if !self.is_logic(gate) || self.readers[gate] == 0 {
                continue;
            }
            self.release_cut(self.best[gate]);
            let cuts = std::mem::take(&mut self.cuts[gate]);
            let mut best = (u64::MAX, self.best[gate]);
            for cut in cuts.iter().filter(|cut| cut.leaves() != [gate as u32]) {
                let added = self.reference_cut(*cut);
                self.release_cut(*cut);
                if added < best.0 {
                    best = (added, *cut);
                }
            }
            self.cuts[gate] = cuts;
            self.best[gate] = best.1;
            self.reference_cut(best.1);
        }
    }

    /// An inverse of what is no gate takes a LUT of its own.
    fn inverters(&self, roots: &[Literal]) -> u64 {
        let mut inverted: Vec<usize> = roots
            .iter()
            .filter(|root| root.inverted() && root.gate() != 0 && !self.is_logic(root.gate()))
            .map(|root| root.gate())
            .collect();
        inverted.sort_unstable();
        inverted.dedup();
        inverted.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::cost::graph::ZERO;

    fn luts(graph: &Graph) -> u64 {
        lut_count(graph, &graph.live(), &graph.outputs)
    }

    #[test]
    fn four_inputs_fill_a_lut_and_five_do_not() {
        let mut graph = Graph::new();
        let inputs: Vec<Literal> = (0..7).map(|_| graph.port()).collect();
        let four = graph.all(&inputs[..4]);
        graph.outputs = vec![four];
        assert_eq!(luts(&graph), 1);
        let seven = graph.tree(&inputs, ZERO, Graph::xor);
        graph.outputs = vec![seven];
        assert_eq!(luts(&graph), 2, "seven inputs are two LUTs of four");
        graph.outputs = vec![seven, four, inputs[0].not(), inputs[0], ZERO.not()];
        assert_eq!(luts(&graph), 4, "an inverted input takes one");
    }

    #[test]
    fn dead_gates_cost_nothing_and_equal_ones_are_one() {
        let mut graph = Graph::new();
        let (a, b, c) = (graph.port(), graph.port(), graph.port());
        let first = graph.select(a, b, c);
        let second = graph.select(a, b, c);
        let _dead = graph.majority(a, b, c);
        graph.outputs = vec![first, second];
        assert_eq!(luts(&graph), 1);
    }
}
