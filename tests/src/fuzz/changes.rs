//! Changes of files that are right: of single bytes, of stretches, of single values of JSON.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// One of the seeds with some changes.
pub(super) fn changed(random: &mut ChaCha8Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let seed = seeds.choose(random).expect("there is one");
    if random.random_bool(0.6)
        && let Ok(mut value) = serde_json::from_slice::<Value>(seed)
    {
        for _ in 0..random.random_range(1..4) {
            change_value(random, &mut value);
        }
        return serde_json::to_vec(&value).expect("it is JSON");
    }
    let mut bytes = seed.clone();
    for _ in 0..random.random_range(1..5) {
        change_bytes(random, &mut bytes);
    }
    bytes
}

/// Puts something else in the place of one value, or takes it away.
fn change_value(random: &mut ChaCha8Rng, value: &mut Value) {
    let stay = random.random_bool(0.25);
    match value {
        Value::Object(fields) if !stay && !fields.is_empty() => {
            let index = random.random_range(0..fields.len());
            let key = fields.keys().nth(index).expect("within").clone();
            if random.random_bool(0.1) {
                fields.remove(&key);
            } else {
                change_value(random, &mut fields[&key]);
            }
        }
        Value::Array(values) if !stay && !values.is_empty() => {
            let index = random.random_range(0..values.len());
            match random.random_range(0..10) {
                0 => drop(values.remove(index)),
                1 => values.push(values[index].clone()),
                _ => change_value(random, &mut values[index]),
            }
        }
        place => {
            let hostile = [
                json!(null),
                json!(true),
                json!(0),
                json!(1),
                json!(-1),
                json!(0.5),
                json!(1e300),
                json!(u64::MAX),
                json!(1u64 << 32),
                json!(i64::MIN),
                json!(""),
                json!("a"),
                json!("\u{1b}[2J"),
                json!("(a+)+$"),
                json!("Sequence"),
                json!("../x"),
                json!([]),
                json!({}),
                json!("a".repeat(300)),
                json!([[[[]]]]),
            ];
            *place = hostile.choose(random).expect("there are some").clone();
        }
    }
}

fn change_bytes(random: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        bytes.push(random.random());
        return;
    }
    let at = random.random_range(0..bytes.len());
    let end = (at + random.random_range(1..32)).min(bytes.len());
    match random.random_range(0..7) {
        0 => bytes[at] = random.random(),
        1 => bytes[at] ^= 1 << random.random_range(0..8),
        2 => drop(bytes.drain(at..end)),
        3 => bytes.truncate(at),
        4 => {
            let copy = bytes[at..end].to_vec();
            let to = random.random_range(0..=bytes.len());
            bytes.splice(to..to, copy);
        }
        5 => bytes.insert(at, *b"\0\"{}[],:\\\xff19-.e\n".choose(random).expect("some")),
        _ => {
            let number = [0u64, 1, 1 << 31, 1 << 32, 1 << 62, u64::MAX];
            let number = number.choose(random).expect("some").to_le_bytes();
            let end = (at + 8).min(bytes.len());
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
    }
}
