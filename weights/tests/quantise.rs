//! Quantising whole models: what comes out loads again, is the same every time, and is better the
//! more it stores.

use ndarray::Array2;
use std::path::Path;
use weights::calibration::{
    ChannelSaliency, Encoder, LlamaExecutor, Options, quantise_model, samples, score_texts,
};
use weights::import::{export_llama, import, import_llama};
use weights::llama::{ActivationRules, Coding, Llama, LlamaMatrix};
use weights::network::AttentionShape;
use weights::quantise::{
    Code, Curvature, Grain, Hessian, Method, Recipe, Saliency, Salient, quantise_matrix,
};
use weights::sample;

fn model() -> Llama {
    let shape = weights::llama::LlamaShape {
        width: 24,
        hidden: 40,
        blocks: 2,
        attention: AttentionShape { heads: 4, key_value_heads: 2, head_width: 6, causal: true },
        gate: weights::network::Function::Silu,
        vocabulary: 50,
        context: 48,
        epsilon: 1e-5,
        rotary_base: 10000.0,
        begin_token: Some(1),
        end_tokens: [2].into(),
    };
    sample::llama(7, &shape)
}

fn texts(model: &Llama) -> Vec<Vec<u32>> {
    let executor = LlamaExecutor::new(model, Options::FLOAT);
    samples(&executor, 3, 40, 40, || ()).unwrap()
}

fn recipes() -> Vec<(&'static str, Recipe)> {
    let gptq = Recipe::gptq;
    let salient = |saliency, grain| Some(Salient { share: 0.2, digits: 3, saliency, grain });
    vec![
        ("gptq-3", gptq(3)),
        ("gptq-1", gptq(1)),
        ("nearest-2", Recipe::nearest(2)),
        ("binary", Recipe { code: Code::Binary, ..gptq(1) }),
        ("counts", Recipe { code: Code::Counts(3.0), ..gptq(1) }),
        ("groups", Recipe { group: Some(16), ..gptq(2) }),
        ("refit", Recipe { refit: true, ..gptq(2) }),
        ("single", Recipe { salient: salient(Saliency::SecondOrder, Grain::Weight), ..gptq(2) }),
        ("columns", Recipe { salient: salient(Saliency::Magnitude, Grain::Column), ..gptq(1) }),
        (
            "random",
            Recipe {
                salient: salient(Saliency::Random, Grain::Weight),
                method: Method::Nearest,
                group: Some(16),
                ..gptq(1)
            },
        ),
    ]
}

#[test]
fn every_recipe_loads_again_and_is_the_same_every_time() {
    let model = model();
    let texts = texts(&model);
    assert_eq!(texts, self::texts(&model));
    for (name, recipe) in recipes() {
        let quantised = quantise_model(&model, &texts, &recipe, || ()).unwrap();
        assert!(quantised.is_quantised(), "{name}");
        assert_eq!(quantised, quantise_model(&model, &texts, &recipe, || ()).unwrap(), "{name}");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("quantise-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        export_llama(&quantised, &serde_json::json!({ "name": name }), &folder).unwrap();
        let read = import_llama(&folder).unwrap();
        for (block, expected) in read.blocks.iter().zip(&quantised.blocks) {
            for (matrix, expected) in block.matrices.iter().zip(&expected.matrices) {
                assert_eq!(matrix.values(), expected.values(), "{name}");
            }
        }
        let network = import(&folder).unwrap();
        let stored = network.digit_matrices().count() + network.ternary_matrices().count();
        assert!(stored >= 14, "{name}: {stored} matrices");
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn errors_passed_on_hurt_less() {
    let model = model();
    let LlamaMatrix::Float(matrix) = &model.blocks[0].matrices[0] else {
        panic!("the sample is of floats");
    };
    let weights = Array2::from_shape_fn((matrix.rows, matrix.columns), |(row, column)| {
        f64::from(matrix.values[row * matrix.columns + column])
    });
    // Neighbouring inputs are alike, so that one can make up for another.
    let noise = |at: usize| (at as f64 * 12.9898).sin() * 43758.5453 % 1.0;
    let inputs = Array2::from_shape_fn((400, matrix.columns), |(row, column)| {
        (0..4).map(|near| noise(row * 100 + column + near)).sum::<f64>()
    });
    let mut hessian = Hessian::new(matrix.columns);
    hessian.add(inputs.view());
    let curvature = Curvature::new("m", &hessian, 0.01, true).unwrap();
    let error = |recipe: &Recipe| {
        let quantised = quantise_matrix(matrix, Some(&curvature), recipe).unwrap();
        let values = Array2::from_shape_vec(quantised.size(), quantised.values()).unwrap();
        inputs.dot(&(&weights - &values).t()).iter().map(|e| e * e).sum::<f64>()
    };
    let (nearest, gptq) = (error(&Recipe::nearest(2)), error(&Recipe::gptq(2)));
    assert!(gptq < nearest, "{gptq} against {nearest}");
    let refitted = error(&Recipe { refit: true, ..Recipe::gptq(2) });
    assert!(refitted < gptq, "{refitted} against {gptq}");
    let finer = error(&Recipe::gptq(3));
    assert!(finer < refitted, "{finer} against {refitted}");
}

#[test]
fn storage_is_counted() {
    let model = model();
    let texts = texts(&model);
    let of = |recipe: &Recipe| {
        let quantised = quantise_model(&model, &texts, recipe, || ()).unwrap();
        let LlamaMatrix::Digits(terms) = &quantised.blocks[0].matrices[0] else {
            panic!("the matrix was quantised");
        };
        recipe.storage(terms)
    };
    let plain = of(&Recipe::gptq(3));
    assert_eq!((plain.trits, plain.mask_bits), (3.0, 0.0));
    assert!((plain.bits() - 4.8 - 16.0 / 24.0).abs() < 1e-12);
    let recipe = recipes().into_iter().find(|(name, _)| *name == "single").unwrap().1;
    let mixed = of(&recipe);
    assert!((mixed.trits - 2.2).abs() < 1e-12);
    // The entropy of one fifth.
    assert!((mixed.mask_bits - 0.7219).abs() < 1e-4);
}

#[test]
fn counts_that_no_machine_takes_are_refused() {
    let mut values = vec![0.01; 200];
    values[7] = 1.0;
    let name = "m".to_owned();
    let matrix = weights::llama::FloatMatrix { name, rows: 1, columns: 200, values };
    let recipe = Recipe { code: Code::Counts(64.0), ..Recipe::nearest(1) };
    let error = quantise_matrix(&matrix, None, &recipe).unwrap_err().to_string();
    // Seven digits.
    assert!(error.contains("the limit is 1093"), "{error}");
    let recipe = Recipe { code: Code::Counts(8.0), ..recipe };
    assert!(quantise_matrix(&matrix, None, &recipe).is_ok());
}

#[test]
fn a_model_of_one_channel_is_quantised() {
    let attention = AttentionShape { heads: 1, key_value_heads: 1, head_width: 2, causal: true };
    let shape = weights::llama::LlamaShape { width: 1, hidden: 1, attention, ..model().shape };
    let model = sample::llama(7, &shape);
    let quantised = quantise_model(&model, &texts(&model), &Recipe::gptq(3), || ()).unwrap();
    assert!(quantised.is_quantised());
}

#[test]
fn a_matrix_of_one_term_is_stored_as_it_is() {
    let matrix = |digits, values: Vec<i16>| weights::network::DigitMatrix {
        name: "m".to_owned(),
        rows: 2,
        columns: 8,
        digits,
        values,
        row_scales: vec![1.0; 2],
    };
    let zeros = matrix(3, vec![0; 16]);
    // Whatever the recipe makes of others: groups, salient weights.
    for recipe in [Recipe { group: Some(2), ..Recipe::gptq(3) }]
        .into_iter()
        .chain(recipes().into_iter().map(|(_, recipe)| recipe))
    {
        let storage = recipe.storage(std::slice::from_ref(&zeros));
        assert_eq!((storage.trits, storage.mask_bits), (3.0, 0.0), "{recipe:?}");
        assert_eq!((storage.trit_bits, storage.scale_bits), (3.0 * 1.6, 2.0), "{recipe:?}");
    }
    let binary = Recipe { code: Code::Binary, ..Recipe::gptq(1) };
    let bits = |values| binary.storage(&[matrix(1, values)]).trit_bits;
    assert_eq!((bits(vec![1; 16]), bits(vec![0; 16])), (1.0, 1.6));
}

#[test]
fn rules_of_spikes_survive_a_folder() {
    let model = model();
    let texts = texts(&model);
    let mut quantised = quantise_model(&model, &texts, &Recipe::gptq(3), || ()).unwrap();
    let executor = LlamaExecutor::new(&quantised, Options::FLOAT);
    let saliency = ChannelSaliency::of(&executor, &texts).unwrap();
    assert_eq!(saliency.key_value(0.25).len(), 2);
    quantised.activations = Some(ActivationRules {
        default: Coding::Counts,
        mean_count: Some(3.0),
        gif_t2: Some(saliency.gif_rule(1, 0.125, false)),
        gif_t4: Some(saliency.gif_rule(2, 0.125, true)),
    });
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quantise-rules");
    std::fs::create_dir_all(&folder).unwrap();
    export_llama(&quantised, &serde_json::Value::Null, &folder).unwrap();
    let read = import_llama(&folder).unwrap();
    assert_eq!(Llama { name: quantised.name.clone(), ..read.clone() }, quantised);
    for coding in Coding::ALL {
        let encoder = Encoder::of(&read, coding).unwrap();
        let executor = executor.with_options(Options { encoder, key_value: None });
        let score = score_texts(&executor, &texts, || ()).unwrap();
        assert!(score.perplexity().is_finite() && score.scored > 0, "{coding:?}: {score:?}");
        let spikes = executor.spikes(&texts).unwrap();
        assert_eq!(spikes > 0.0, coding != Coding::Float, "{coding:?}: {spikes}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_cannot_be_quantised_is_refused() {
    let model = model();
    let error = quantise_model(&model, &[vec![1, 3]], &Recipe::gptq(3), || ()).unwrap_err();
    assert!(error.to_string().contains("has 2 ids, at least 16"), "{error}");
    let recipe = Recipe { damping: f64::NAN, ..Recipe::gptq(3) };
    let error = quantise_model(&model, &texts(&model), &recipe, || ()).unwrap_err();
    assert!(error.to_string().starts_with("damping is NaN"), "{error}");
    let error = quantise_model(&model, &[vec![99; 20]], &Recipe::gptq(3), || ()).unwrap_err();
    assert!(error.to_string().contains("token id 99 at position 0"), "{error}");
}
