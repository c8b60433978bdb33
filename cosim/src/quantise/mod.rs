//! What quantising costs and gives: rows of a table, and their picture.
//!
//! ```text
//!  float model ─► recipe ─► model of integers ─► perplexity, with real inputs and with spikes
//!                              └► stored bits, trits, spikes, energy of a weight
//! ```

mod network;
mod picture;
mod table;

pub use network::{Scored, WalkError, perplexity, quantise_network, samples_of, spikes_of};
pub use picture::draw;
pub use table::{Row, table};

use firmware::energy::{ADD_8, FETCH_BIT};
use weights::llama::{Llama, LlamaMatrix};
use weights::network::DigitMatrix;
use weights::quantise::{Code, Grain, Method, Recipe, Saliency, Salient, Storage};

/// What a weight of the matrices of a model is stored in, on average.
pub fn storage(model: &Llama, recipe: &Recipe) -> Storage {
    let matrices = model.blocks.iter().flat_map(|block| &block.matrices);
    let terms = matrices.filter_map(|matrix| match matrix {
        LlamaMatrix::Digits(terms) => Some(terms.as_slice()),
        LlamaMatrix::Float(_) => None,
    });
    storage_of(terms, recipe)
}

/// The same of matrices by their terms.
pub fn storage_of<'a>(
    matrices: impl Iterator<Item = &'a [DigitMatrix]>,
    recipe: &Recipe,
) -> Storage {
    let (mut sum, mut weights) = (Storage::default(), 0.0);
    for terms in matrices {
        let Some(first) = terms.first() else { continue };
        let (of, count) = (recipe.storage(terms), first.values.len() as f64);
        sum.trits += count * of.trits;
        sum.trit_bits += count * of.trit_bits;
        sum.mask_bits += count * of.mask_bits;
        sum.scale_bits += count * of.scale_bits;
        weights += count;
    }
    let mean = |sum: f64| if weights > 0.0 { sum / weights } else { 0.0 };
    Storage {
        trits: mean(sum.trits),
        trit_bits: mean(sum.trit_bits),
        mask_bits: mean(sum.mask_bits),
        scale_bits: mean(sum.scale_bits),
    }
}

/// Energy of a token's matrices in picojoules: each stored bit fetched once, and an addition for
/// each spike that reaches a stored trit. Prices of an ASIC, as `run` takes them.
pub fn matrix_energy(weights: usize, storage: &Storage, spikes: f64) -> f64 {
    let fetched = storage.bits() * FETCH_BIT.picojoules;
    let added = spikes * storage.trits * ADD_8.picojoules;
    weights as f64 * (fetched + added)
}

/// The recipes of a sweep, with their names.
pub fn sweep(seed: u64) -> Vec<(String, Recipe)> {
    let gptq = |digits| Recipe { seed, ..Recipe::gptq(digits) };
    let mut recipes = Vec::new();
    for digits in [3, 2, 1] {
        recipes.push((format!("{digits} digits, GPTQ"), gptq(digits)));
        let nearest = Recipe { method: Method::Nearest, ..gptq(digits) };
        recipes.push((format!("{digits} digits, nearest"), nearest));
        let grouped = Recipe { group: Some(32), ..gptq(digits) };
        recipes.push((format!("{digits} digits, groups of 32"), grouped));
        let refit = Recipe { refit: true, ..gptq(digits) };
        recipes.push((format!("{digits} digits, scales refitted"), refit));
    }
    recipes.push(("binary, GPTQ".to_owned(), Recipe { code: Code::Binary, ..gptq(1) }));
    for mean in [1.0, 3.0] {
        let counts = Recipe { code: Code::Counts(mean), ..gptq(1) };
        recipes.push((format!("counts, mean {mean}"), counts));
    }
    let choices = [
        ("second order", Saliency::SecondOrder),
        ("magnitude", Saliency::Magnitude),
        ("random", Saliency::Random),
    ];
    let grains = [("weights", Grain::Weight), ("columns", Grain::Column)];
    for digits in [2, 1] {
        for (grain_name, grain) in grains {
            for (choice, saliency) in choices {
                let salient = Some(Salient { share: 0.2, digits: 3, saliency, grain });
                let name = format!("{digits} digits, 20 % {grain_name} 3, {choice}");
                recipes.push((name, Recipe { salient, ..gptq(digits) }));
            }
        }
    }
    recipes
}
