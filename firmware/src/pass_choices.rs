//! Which choices of a pass a program makes: what its vector unit has to have.

use crate::isa::{
    Action, Destination, Emit, Exit, Finish, Follow, Function, Instruction, Join, LONG_WORDS,
    Multiply, Pass, Quantiser, Reduce, Restart, RuleReset, Space, SpikeLevels, Theta,
};
use crate::machine::Program;
use crate::program_bits::ProgramBits;
use std::collections::{BTreeMap, BTreeSet};
use weights::numeric::pass::{Choice, FunctionTable, RECIPROCAL};

/// What the passes of a program choose, and its matrices. A choice that none of them makes is not printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PassChoices {
    /// Where a, b and c are read, by those that read them.
    pub spaces: [BTreeSet<Space>; 3],
    /// What a, b and c are where the state begins anew.
    pub restarts: [BTreeSet<Restart>; 3],
    /// Whether neighbours of a change places.
    pub swaps: bool,
    /// How operands are joined.
    pub joins: BTreeSet<Join>,
    /// Functions.
    pub functions: BTreeSet<Function>,
    /// Second factors.
    pub multiplies: BTreeSet<Multiply>,
    /// What is added to their shift.
    pub follows: BTreeSet<Follow>,
    /// Whether there are neurons.
    pub spiking: bool,
    /// Whether their membranes begin anew.
    pub membrane_restarts: bool,
    /// How neurons round.
    pub quantisers: BTreeSet<Quantiser>,
    /// Which spikes they have.
    pub levels: BTreeSet<SpikeLevels>,
    /// Their resets.
    pub resets: BTreeSet<RuleReset>,
    /// Their thresholds.
    pub thetas: BTreeSet<Theta>,
    /// Whether some emit all that is left.
    pub remainders: bool,
    /// Where results are written.
    pub destinations: BTreeSet<Destination>,
    /// What else becomes of them.
    pub emits: BTreeSet<Emit>,
    /// What is gathered, by those that gather.
    pub reduces: BTreeSet<Reduce>,
    /// What becomes of it.
    pub finishes: BTreeSet<Finish>,
    /// Where words leave the stages for their results: behind the product, if not elsewhere.
    pub exits: BTreeSet<Exit>,
    /// The tables of the program.
    pub tables: Vec<FunctionTable>,
    /// Whether a matrix looks for its maximum.
    pub searches: bool,
    /// What matrices read: weights, keys, values, rows of a table.
    pub stores: BTreeSet<u32>,
    /// Fields that are the same in all matrices, wherever loops stand, and what they are.
    pub same: BTreeMap<&'static str, i64>,
    /// Fields that are the same in all passes that look at them.
    pub alike: BTreeMap<&'static str, i64>,
    /// Which bits of instructions the program memory has.
    pub bits: ProgramBits,
}

impl PassChoices {
    /// What the passes of a program choose.
    pub fn of(program: &Program) -> PassChoices {
        let mut choices = PassChoices {
            tables: program.tables.clone(),
            exits: [Exit::Product].into(),
            bits: ProgramBits::of(&program.instructions),
            ..PassChoices::default()
        };
        let all = &program.instructions;
        choices.same = same(all, |action, _| matches!(action, Action::Matrix(_)));
        choices.alike = same(all, |action, field| match action {
            Action::Pass(pass) => looks_at(pass, field),
            _ => false,
        });
        for instruction in &program.instructions {
            match &instruction.action {
                Action::Pass(pass) => choices.add(pass),
                Action::Matrix(matrix) => {
                    choices.searches |= matrix.search > 0;
                    choices.stores.insert(matrix.store);
                }
                _ => {}
            }
        }
        choices
    }

    /// Every choice there is, with these tables.
    pub fn all(tables: Vec<FunctionTable>) -> PassChoices {
        let has_table =
            |function: &Function| function.table_index().is_none_or(|index| index < tables.len());
        PassChoices {
            spaces: [every(), every(), every()],
            restarts: [every(), every(), every()],
            swaps: true,
            joins: every(),
            functions: every::<Function>().into_iter().filter(has_table).collect(),
            multiplies: every(),
            follows: every(),
            spiking: true,
            membrane_restarts: true,
            quantisers: every(),
            levels: every(),
            resets: every(),
            thetas: every(),
            remainders: true,
            destinations: every(),
            emits: every(),
            reduces: every(),
            finishes: every(),
            exits: Exit::ALL.into(),
            tables,
            searches: true,
            stores: (0..4).collect(),
            same: BTreeMap::new(),
            alike: BTreeMap::new(),
            bits: ProgramBits::all(LONG_WORDS),
        }
    }

    /// Whether a pass has a function.
    pub fn has_functions(&self) -> bool {
        self.functions.iter().any(|function| *function != Function::Nothing)
    }

    /// Adds what one pass chooses.
    pub fn add(&mut self, pass: &Pass) {
        let read = [true, pass.reads_b(), pass.reads_c()];
        let spaces = [pass.a_space, pass.b_space, pass.c_space];
        let restarts = [pass.a_restart, pass.b_restart, pass.c_restart];
        for (operand, is_read) in read.into_iter().enumerate().filter(|(_, is_read)| *is_read) {
            debug_assert!(is_read);
            self.spaces[operand].insert(spaces[operand]);
            self.restarts[operand].insert(restarts[operand]);
        }
        self.swaps |= pass.a_swap == 1;
        self.joins.insert(pass.join);
        self.functions.insert(pass.function);
        self.multiplies.insert(pass.multiply);
        self.follows.insert(pass.follow);
        if pass.spiking == 1 {
            self.spiking = true;
            self.membrane_restarts |= pass.membrane_restart == 1;
            self.quantisers.insert(pass.quantiser);
            self.levels.insert(pass.levels);
            self.resets.insert(pass.reset);
            self.thetas.insert(pass.theta);
            self.remainders |= pass.remainder == 1;
        }
        self.exits.insert(pass.exit());
        self.destinations.insert(pass.destination);
        self.emits.insert(pass.emit);
        self.reduces.insert(pass.reduce);
        if pass.reduce != Reduce::Nothing {
            self.finishes.insert(pass.finish);
        }
    }

    /// The tables that passes look into, in the order in which a machine holds them: those of the
    /// program, then that of the reciprocal.
    pub fn tables_in_use(&self) -> impl Iterator<Item = (Function, &FunctionTable)> {
        self.functions.iter().filter_map(|function| match (function.table_index(), function) {
            (Some(index), _) => Some((*function, &self.tables[index])),
            (None, Function::Reciprocal) => Some((*function, &*RECIPROCAL)),
            _ => None,
        })
    }

    /// Whether a scalar is read.
    pub fn reads_scalars(&self) -> bool {
        self.multiplies.contains(&Multiply::Scalar)
            || self.follows.iter().any(|&follow| follow != Follow::Nothing)
    }

    /// Whether an operand, or a membrane, comes from there.
    pub fn reads(&self, space: Space) -> bool {
        let membranes = self.spiking && space == Space::State;
        membranes || self.spaces.iter().any(|spaces| spaces.contains(&space))
    }

    /// Whether S is written: by membranes or as a destination, never both in one pass.
    pub fn writes_state(&self) -> bool {
        self.spiking || self.destinations.contains(&Destination::State)
    }

    /// Whether the state of anything begins anew.
    pub fn begins_anew(&self) -> bool {
        let restarts = self.restarts.iter().flatten().any(|&restart| restart != Restart::Keep);
        restarts || (self.spiking && self.membrane_restarts)
    }

    /// Whether keys or values are kept.
    pub fn keeps(&self) -> bool {
        self.emits.contains(&Emit::Keys) || self.emits.contains(&Emit::Values)
    }

    /// Whether anything is gathered.
    pub fn gathers(&self) -> bool {
        !self.finishes.is_empty()
    }
}

/// Fields that are equal in all instructions that look at them, and that no pointer moves there.
fn same(
    instructions: &[Instruction],
    looks_at: impl Fn(&Action, &str) -> bool,
) -> BTreeMap<&'static str, i64> {
    let mut found: BTreeMap<&'static str, BTreeSet<Option<i64>>> = BTreeMap::new();
    for it in instructions {
        let names = it.action.format().fields.iter().map(|field| field.name);
        let values = names.zip(it.action.values());
        for (name, value) in values.filter(|(name, _)| looks_at(&it.action, name)) {
            let stays = it.pointers.of(&it.action, name) == 0;
            found.entry(name).or_default().insert(stays.then_some(value));
        }
    }
    let only = |(name, values): (&'static str, BTreeSet<Option<i64>>)| {
        let value = values.first().copied().flatten()?;
        (values.len() == 1).then_some((name, value))
    };
    found.into_iter().filter_map(only).collect()
}

/// Whether a field means anything to a pass.
fn looks_at(pass: &Pass, field: &str) -> bool {
    match field {
        "leak" | "threshold" | "level_bits" => pass.spiking == 1,
        "bits" => pass.emit == Emit::Train,
        _ => true,
    }
}

fn every<T: Choice + Ord>() -> BTreeSet<T> {
    T::ALL.iter().copied().collect()
}
