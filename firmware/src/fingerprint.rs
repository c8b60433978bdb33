//! Which programs a machine is made for.
//!
//! ```text
//!  parameters, choices, weights that are wires ─► fingerprint ─► register ─► driver refuses others
//! ```
//!
//! A machine has only what its program chooses, and what all instructions have in common is part of it:
//! another program of the same sizes would compute something else there, and nothing would tell.

use crate::image::MachineImage;
use crate::machine::{MachineParameters, Program};
use crate::pass_choices::PassChoices;
use weights::config::Target;

impl Program {
    /// The same program, its machine marked as made for it.
    ///
    /// Programs with one fingerprint run on each other's machines: weights and constants may differ, and
    /// instructions in the bits that the program memory keeps.
    ///
    /// # Panics
    /// If the weights are wires and have no image, as those of every lowered program have.
    pub(crate) fn marked(mut self) -> Program {
        self.parameters.fingerprint = self.fingerprint();
        self
    }

    fn fingerprint(&self) -> u32 {
        let machine = &self.parameters;
        // What the dots are built of changes no result.
        let machine = MachineParameters { target: Target::Portable, fingerprint: 0, ..*machine };
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{machine:?}").as_bytes());
        hasher.update(format!("{:?}", PassChoices::of(self)).as_bytes());
        if machine.is_baked() {
            let image = MachineImage::new(self).expect("a lowered program has an image");
            for bank in image.weights {
                hasher.update(&bank.to_le_bytes());
            }
        }
        let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
        u32::from_le_bytes([a, b, c, d]).max(1)
    }
}

#[cfg(test)]
mod tests {
    use crate::lower::lower;
    use weights::config::{Design, Form, Target};
    use weights::network::{Network, Operation};
    use weights::sample;

    fn fingerprint(network: &Network, change: fn(&mut Design)) -> u32 {
        let mut design = Design::bundled();
        change(&mut design);
        lower(network, &design).unwrap().parameters.fingerprint
    }

    #[test]
    fn what_the_hardware_holds_has_a_fingerprint() {
        let [one, other] = [1, 2].map(|seed| sample::matrix(seed, (10, 14), 4));
        let mut scaled = one.clone();
        let Operation::TernaryLinear { matrix, .. } = &mut scaled.operations[1] else { panic!() };
        matrix.scale = 0.75;
        let dense = |network: &Network| fingerprint(network, |_| ());
        assert_eq!(dense(&one), dense(&other), "weights are loaded");
        assert_ne!(dense(&one), 0);
        assert_ne!(dense(&one), dense(&scaled), "the factor of the only matrix is a constant");
        let carry_cells = fingerprint(&one, |design| design.array.target = Target::Ecp5);
        assert_eq!(dense(&one), carry_cells, "the same results");
        let events = fingerprint(&one, |design| design.array.form = Form::Event);
        assert_ne!(dense(&one), events, "matrices are stored in other words");
        let baked = |network: &Network| fingerprint(network, |it| it.array.form = Form::Baked);
        assert_ne!(baked(&one), baked(&other), "weights are wires");
        assert_eq!(baked(&one), baked(&one));
    }
}
