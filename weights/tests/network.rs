//! Networks: what the check accepts and refuses, and the network file.

use pretty_assertions::assert_eq;
use weights::network::{
    AttentionShape, DigitMatrix, Network, NetworkError, Operation, Shape, TernaryMatrix,
    bitnet_shape,
};
use weights::sample;

type Change = fn(&mut Network);

fn check_after(change: Change) -> String {
    let mut network = sample::network(1);
    change(&mut network);
    network.check().expect_err("the change must be refused").to_string()
}

/// The first operation for which `wanted` yields something.
fn find<T>(network: &mut Network, wanted: impl Fn(&mut Operation) -> Option<&mut T>) -> &mut T {
    network.operations.iter_mut().find_map(wanted).expect("the sample network has one")
}

fn matrix(operation: &mut Operation) -> Option<&mut TernaryMatrix> {
    match operation {
        Operation::TernaryLinear { matrix, .. } => Some(matrix),
        _ => None,
    }
}

fn attention(operation: &mut Operation) -> Option<&mut AttentionShape> {
    match operation {
        Operation::AttentionScores { shape, .. } => Some(shape),
        _ => None,
    }
}

#[test]
fn the_sample_network_is_valid() {
    let network = sample::network(1);
    let shapes = network.check().unwrap();
    assert_eq!(shapes["logits"], Shape::Vector(76));
    assert_eq!(shapes["blocks.1.attention.scores"], Shape::Scores(4));
    let names: Vec<&str> = network.ternary_matrices().map(|m| m.name.as_str()).collect();
    assert_eq!(names.len(), 14);
    assert_eq!(names[0], "blocks.0.attention.q");
    assert_eq!(names[12], "blocks.1.ffn.up");
    assert_eq!(network.ternary_weight_count(), 2 * (2 * 1600 + 2 * 800 + 3 * 2080));
    assert_eq!(bitnet_shape(&network), Some(sample::shape()));
}

#[test]
fn a_seed_means_one_network() {
    assert_eq!(sample::network(7), sample::network(7));
    assert_ne!(sample::network(7).tables, sample::network(8).tables);
    let summary = sample::network(1).ternary_matrices().next().unwrap().summary();
    // The stream of the generator is part of the promise: this value never changes.
    assert_eq!(summary.checksum, "d9da098a447965e6");
    let zeros: usize = sample::network(1).ternary_matrices().map(|m| m.summary().zero_count).sum();
    let share = zeros as f64 / sample::network(1).ternary_weight_count() as f64;
    assert!((0.34..0.38).contains(&share), "{share} of the weights are zero");
}

#[test]
fn the_network_file_is_readable_and_stable() {
    let text = sample::network(1).to_json();
    assert_eq!(text, sample::network(1).to_json());
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let linear = &value["operations"][2];
    assert_eq!(linear["operation"], "ternary_linear");
    assert_eq!(linear["matrix"]["name"], "blocks.0.attention.q");
    assert_eq!(linear["matrix"]["rows"], 40);
    assert!(linear["matrix"].get("trits").is_none(), "weights do not belong into the file");
    assert!(text.len() < 30_000, "{} bytes are too many to read", text.len());
}

#[test]
fn invalid_networks_are_refused() {
    let cases: [(Change, &str); 9] = [
        (
            |network| network.operations.swap(1, 2),
            "ternary_linear `blocks.0.attention.q.out`: reads value `blocks.0.attention.norm.out`, \
             which no earlier operation writes\n  = move its producer before it, or correct the name",
        ),
        (
            |network| network.operations.insert(1, network.operations[0].clone()),
            "embed `embedded`: value `embedded` is already written\n  \
             = every value is written once: give this one its own name",
        ),
        (
            |network| network.tables.clear(),
            "embed `embedded`: the network has no table `embedding`\n  \
             = add it to the tables, or correct the name",
        ),
        (
            |network| network.vocabulary = 77,
            "embed `embedded`: its table is 76 rows, but must be 77 rows\n  \
             = shapes follow from the operations before it: correct the first that differs",
        ),
        (
            |network| find(network, matrix).trits[41] = 2,
            "ternary_linear `blocks.0.attention.q.out`: trit at row 1, column 1 is 2, but must be \
             -1, 0 or +1\n  = the weights are damaged: import them again",
        ),
        (
            |network| find(network, matrix).scale = f32::NAN,
            "ternary_linear `blocks.0.attention.q.out`: scale is NaN, but must be finite and \
             positive\n  = the weights are damaged: import them again",
        ),
        (
            |network| network.output = "embedded".to_owned(),
            "network: value `embedded` is [40], but must be [76]\n  \
             = shapes follow from the operations before it: correct the first that differs",
        ),
        (
            |network| network.context = 0,
            "network: context 0 must be at least 1\n  = correct the shape of the model",
        ),
        (
            |network| find(network, attention).key_value_heads = 3,
            "attention_scores `blocks.0.attention.scores`: heads 4 must be a positive multiple of 3\
             \n  = correct the shape of the model",
        ),
    ];
    for (change, message) in cases {
        assert_eq!(check_after(change), message);
    }
}

#[test]
fn duplicate_matrix_names_are_refused() {
    let mut network = sample::network(1);
    let name = "blocks.0.attention.q".to_owned();
    let second = network.operations.iter_mut().filter_map(matrix).nth(1).unwrap();
    second.name = name.clone();
    let operation = "ternary_linear `blocks.0.attention.k.out`".to_owned();
    assert_eq!(network.check(), Err(NetworkError::MatrixName { operation, name }));
}

#[test]
fn digit_matrices_are_checked_like_ternary_ones() {
    let mut network = sample::network(1);
    let index = network.operations.iter().position(|it| it.kind() == "ternary_linear").unwrap();
    let Operation::TernaryLinear { input, output, matrix } = network.operations[index].clone()
    else {
        unreachable!("it was found by its kind");
    };
    let matrix = DigitMatrix {
        name: matrix.name,
        rows: matrix.rows,
        columns: matrix.columns,
        digits: 2,
        values: matrix.trits.iter().map(|&trit| 4 * i16::from(trit)).collect(),
        row_scales: vec![matrix.scale; matrix.rows],
    };
    network.operations[index] = Operation::DigitLinear { input, output, matrix };
    assert_eq!(network.check().unwrap()["blocks.0.attention.q.out"], Shape::Vector(40));
    assert_eq!(network.digit_matrices().count(), 1);
    assert!(network.to_json().contains("digit_linear"));
    let refused = |change: fn(&mut DigitMatrix)| {
        let mut network = network.clone();
        let Operation::DigitLinear { matrix, .. } = &mut network.operations[index] else {
            unreachable!("it was put there");
        };
        change(matrix);
        network.check().expect_err("the change must be refused").to_string()
    };
    let message = refused(|matrix| matrix.digits = 1);
    assert!(
        message.contains("value at row 0, column ") && message.contains("what its digits hold")
    );
    assert!(refused(|matrix| matrix.row_scales[3] = f32::NAN).contains("scale of row 3 is NaN"));
    assert!(refused(|matrix| matrix.row_scales.truncate(39)).contains("its row scales is [39]"));
    assert!(refused(|matrix| matrix.name = "blocks.0.attention.k".to_owned()).contains("is taken"));
}

/// What comes back from the token before has its place, its width and its time.
#[test]
fn recurrences_are_checked() {
    let good = sample::recurrent(1, &sample::recurrent_shape(1));
    assert_eq!(good.check().map(|_| ()), Ok(()));
    let at = good.operations.iter().position(|it| it.kind() == "previous").expect("one recurs");
    let refused = |change: &dyn Fn(&mut Network)| {
        let mut network = good.clone();
        change(&mut network);
        network.check().expect_err("the change must be refused").to_string()
    };
    let error = refused(&|network| network.steps = 2);
    assert!(error.contains("steps 2 must be 1"), "{error}");
    let error = refused(&|network| match &mut network.operations[at] {
        Operation::Previous { width, .. } => *width += 1,
        other => panic!("{other:?}"),
    });
    assert!(error.contains("but must be"), "{error}");
    let error = refused(&|network| match &mut network.operations[at] {
        Operation::Previous { input, .. } => *input = "nowhere".to_owned(),
        other => panic!("{other:?}"),
    });
    assert!(error.contains("`nowhere`, which no earlier operation writes"), "{error}");
    let error = refused(&|network| match &mut network.operations[at] {
        Operation::Previous { input, .. } => *input = "layers.0.current".to_owned(),
        other => panic!("{other:?}"),
    });
    assert!(error.contains("is written already"), "{error}");
}
