//! From a line of a labelled file to ids and classes.

use crate::golden::{Golden, imported, shared};
use cosim::evaluation::classify::{Activity, FloatClassifier, column, score_texts};
use cosim::reference::{Labelled, LabelledError, Tokens};
use std::path::Path;
use weights::network::{BertHead, BertPooler, BertShape, Network, Readout};
use weights::sample;

fn labels(network: &Network) -> &[String] {
    match &network.readout {
        Readout::Classes(labels) => labels,
        other => panic!("the network has classes, not {other:?}"),
    }
}

fn read(shared: &Path, model: &str, network: &Network) -> Labelled {
    let folder = shared.join("models").join(model);
    let tokens = Tokens::open(&folder, network).unwrap();
    let text = std::fs::read_to_string(folder.join("labelled.tsv")).unwrap();
    let limits = (network.context, usize::MAX);
    Labelled::parse(&text, labels(network), &tokens, limits).unwrap()
}

/// Accuracy in right answers of 512, predictions against the golden, and what neurons did.
fn classify(model: &str, golden_name: &str, accuracy: f64) -> Option<Activity> {
    let shared = shared()?;
    let network = imported(&shared, model, |_| {});
    let golden = Golden::open(&shared, model);
    let labelled = read(&shared, model, &network);
    assert_eq!(labelled.texts.len(), 512);
    // Framed, cut and without padding: the ids that the golden was made from.
    assert_eq!(labelled.texts[..64], golden.examples());
    let answers: Vec<usize> = golden.ids("labels").iter().map(|&label| label as usize).collect();
    assert_eq!(labelled.answers, answers);

    let classifier = FloatClassifier::new(&network).unwrap();
    let read = score_texts(&classifier, &labelled.texts, |scores, classifier| {
        (scores, classifier.take_activity())
    });
    let (scores, activities): (Vec<_>, Vec<_>) = read.unwrap().into_iter().unzip();
    let column = column("float", &scores, &labelled);
    let predicted: Vec<u32> = column.predicted.iter().map(|&class| class as u32).collect();
    assert_eq!(predicted, golden.ids(golden_name));
    assert!((column.accuracy - accuracy).abs() < 1e-4, "{}", column.accuracy);
    let mut activities = activities.into_iter();
    let mut activity = activities.next()?;
    activities.for_each(|other| activity.add(&other));
    Some(activity)
}

/// Spikes a neuron and step of the layers whose names end so, over both blocks.
fn rate(activity: &Activity, end: &str) -> (f64, f64) {
    let layers = || activity.layers.iter().filter(|layer| layer.name.ends_with(end));
    let neurons: u64 = layers().map(|layer| layer.neurons).sum();
    let spikes: u64 = layers().map(|layer| layer.spikes).sum();
    let positive: u64 = layers().map(|layer| layer.positive).sum();
    assert!(neurons > 0, "no layer ends in {end}");
    (spikes as f64 / neurons as f64, positive as f64 / neurons as f64)
}

#[test]
fn spikelm_classifies_as_published() {
    let Some(activity) = classify("spikelm-tiny", "all.predicted.code.T4", 0.7168) else { return };
    // The card's rates: nonzero, and positive alone.
    let rates = [
        ("attention.input.neuron", 0.340, 0.119),
        ("attention.key.neuron", 0.454, 0.236),
        ("attention.value.neuron", 0.480, 0.249),
        ("attention.context.neuron", 0.523, 0.259),
        ("ffn.input.neuron", 0.357, 0.122),
        ("ffn.hidden.neuron", 0.260, 0.260),
    ];
    for (end, nonzero, positive) in rates {
        let found = rate(&activity, end);
        assert!((found.0 - nonzero).abs() < 1.5e-3, "{end}: {} {nonzero}", found.0);
        assert!((found.1 - positive).abs() < 1.5e-3, "{end}: {} {positive}", found.1);
    }
}

#[test]
fn spikingbert_classifies_as_published() {
    let Some(activity) = classify("spikingbert-tiny", "all.predicted.T16", 0.7539) else { return };
    let rates = [
        ("embedding.neuron", 0.311),
        ("attention.key.neuron", 0.236),
        ("attention.value.neuron", 0.269),
        ("attention.context.neuron", 0.248),
        ("attention.neuron", 0.275),
        ("ffn.hidden.neuron", 0.160),
        ("ffn.neuron", 0.276),
    ];
    for (end, expected) in rates {
        let found = rate(&activity, end).0;
        assert!((found - expected).abs() < 1.5e-3, "{end}: {found} {expected}");
    }
}

#[test]
fn lines_are_labels_and_texts() {
    let labels = vec!["no".to_owned(), "yes".to_owned()];
    let head = BertHead::Classifier { labels: labels.clone(), pooler: BertPooler::Tanh };
    let shape = BertShape { head, context: 6, ..sample::bert_shape(3) };
    let network = sample::bert(3, &shape);
    let tokens = Tokens::bytes(&network);
    let parse = |text: &str| Labelled::parse(text, &labels, &tokens, (network.context, 9));
    let labelled = parse("1\tone\n\nno\tnever mind\n").unwrap();
    assert_eq!(labelled.answers, [1, 0]);
    assert_eq!(labelled.texts.iter().map(Vec::len).collect::<Vec<_>>(), [3, 6]);
    assert_eq!((labelled.full, labelled.majority(), labelled.mean_tokens()), (1, 0.5, 4.5));
    let refused = |text| parse(text).unwrap_err();
    assert!(matches!(refused("1\tx\n1 x"), LabelledError::NoLabel { line: 2 }));
    assert!(matches!(refused("\n2\tx"), LabelledError::Class { line: 2, .. }));
    assert!(matches!(refused("yes\t "), LabelledError::Empty { line: 1 }));
}
