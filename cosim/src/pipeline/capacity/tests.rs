use super::*;
use weights::config::DesignFile;
use weights::import::Execution;
use weights::packing::Packing;
use weights::sample::shape_of;

const PART: Supply = Supply { part: "LFE5U-85F", blocks: 208, kbit: 18 };

fn shape(width: usize, hidden: usize, blocks: usize, vocabulary: usize) -> Dimensions {
    let mut shape = shape_of(&DesignFile::bundled().design.sample);
    (shape.width, shape.hidden, shape.blocks, shape.vocabulary) =
        (width, hidden, blocks, vocabulary);
    (shape.attention.heads, shape.attention.key_value_heads) = (16, 16);
    shape.attention.head_width = width / 16;
    shape.context = 4096;
    Dimensions::of_bitnet(&shape, 1, Execution::Blocks)
}

fn addresses(name: &str, model: &Dimensions, design: &Design) -> Result<(), String> {
    let checked = require_addresses(name, model, design, Positions::OfDesign);
    checked.map_err(|error| error.to_string())
}

fn memory(name: &str, model: &Dimensions, design: &Design) -> Result<(), String> {
    let checked = require_memory(name, Demand::of(model, design), PART);
    checked.map_err(|error| error.to_string())
}

/// What a remedy says to set: keys with their values.
fn settings(message: &str) -> Vec<(String, String)> {
    let remedy = message.lines().last().unwrap().replace(" to ", " = ");
    let words: Vec<&str> = remedy.split([' ', ',', '"']).filter(|word| !word.is_empty()).collect();
    let settings = words.windows(3).filter(|words| words[0].contains('.') && words[1] == "=");
    settings.map(|words| (words[0].to_owned(), words[2].to_owned())).collect()
}

/// Follows what messages say; yields how many there were until the model passed, or the last one.
fn follow(
    file: &DesignFile,
    check: impl Fn(&Design) -> Result<(), String>,
) -> Result<usize, String> {
    let mut file = file.clone();
    for count in 0..8 {
        let Err(message) = check(&file.design) else { return Ok(count) };
        let settings = settings(&message);
        if settings.is_empty() {
            assert!(message.contains("no setting"), "{message}");
            return Err(message);
        }
        let assignments: Vec<String> =
            settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
        file = file.with_settings(&assignments).unwrap_or_else(|it| panic!("{message}: {it}"));
    }
    panic!("the messages lead nowhere");
}

#[test]
fn a_model_is_counted_by_its_dimensions() {
    let design = DesignFile::tinystories().design;
    let large = shape(2048, 5632, 6, 32_000);
    let demand = Demand::of(&large, &design);
    assert_eq!(demand.weights(), 6 * (4 * 2048 * 2048 + 3 * 2048 * 5632));
    let error = addresses("large", &large, &design).unwrap_err();
    assert!(error.contains("308.3 M ternary weights") && error.contains("65536"), "{error}");
    let error = memory("large", &large, &design).unwrap_err();
    assert!(error.contains("the LFE5U-85F holds 2.4 M trits in its 208"), "{error}");
    assert!(error.contains("no setting of the design lifts this"), "{error}");
    let three = Dimensions { digits: 3, ..large };
    let error = addresses("three", &three, &design).unwrap_err();
    assert!(error.contains("924.8 M trits of 308.3 M weights of 3 digits"), "{error}");
}

#[test]
fn the_setting_that_is_named_lifts_the_limit() {
    let files = [DesignFile::tinystories(), DesignFile::spikellm(), DesignFile::spiking()];
    for file in files {
        let follow_all =
            |model: &Dimensions| follow(&file, |design| addresses("model", model, design));
        assert_eq!(follow_all(&shape(256, 512, 4, 512)), Ok(0));
        // Words of the weight store, and then keys and values of as many positions.
        for middle in [shape(1024, 2048, 4, 8192), shape(2048, 5632, 6, 32_000)] {
            assert!(follow_all(&middle).unwrap() >= 1);
        }
        let long = shape(2048, 64, 40, 512);
        assert!(follow_all(&long).unwrap() >= 1);
        let huge = follow_all(&shape(1 << 15, 1 << 16, 64, 60_000)).unwrap_err();
        assert!(huge.contains("no setting lifts this: the widest array"), "{huge}");
        let ids = follow_all(&shape(64, 64, 1, 128_256)).unwrap_err();
        assert!(ids.contains("128256 token ids") && ids.contains("fewer token ids"), "{ids}");
    }
}

#[test]
fn the_setting_that_is_named_makes_room_in_a_part() {
    let mut file = DesignFile::tinystories();
    file.design.machine.context = 4096;
    file.design.machine.embedding_digits = 7;
    file.design.weight_store.packing = Packing::TwoBit;
    // Weights that only the denser code holds; a text that is too long; a table of too many
    // digits; and all of these.
    for (model, key) in [
        (shape(256, 512, 2, 300), "weight_store.packing = \"base3\""),
        (shape(128, 128, 8, 512), "lower machine.context"),
        (shape(64, 64, 1, 6000), "lower machine.embedding_digits"),
        (shape(256, 256, 3, 1000), "together"),
    ] {
        let file = match key {
            "lower machine.embedding_digits" => {
                file.with_settings(&["machine.context=16".to_owned()]).unwrap()
            }
            "weight_store.packing = \"base3\"" => {
                file.with_settings(&["machine.context=64".to_owned()]).unwrap()
            }
            _ => file.clone(),
        };
        let message = memory("model", &model, &file.design).unwrap_err();
        assert!(message.contains(key), "{message}");
        assert_eq!(follow(&file, |design| memory("model", &model, design)), Ok(1), "{message}");
    }
}

#[test]
fn what_is_swept_counts_by_its_information_alone() {
    let file = DesignFile::tinystories();
    let model = shape(256, 512, 2, 600);
    let demand = Demand::of(&model, &file.design);
    let any = Demand { packing: None, ..demand };
    assert!(any.bits() < demand.bits());
    let most = shape(512, 512, 2, 600);
    let demand = Demand { packing: None, ..Demand::of(&most, &file.design) };
    let message = require_memory("model", demand, PART).unwrap_err().to_string();
    assert!(message.contains("no setting of the design lifts this"), "{message}");
    assert!(!message.contains("positions"), "{message}");
}
