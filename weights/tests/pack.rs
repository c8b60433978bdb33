//! Packed models: they load to the same network, and what is wrong with one is named.

mod folders;

use folders::Folder;
use pretty_assertions::assert_eq;
use safetensors::tensor::Dtype;
use weights::bundled;
use weights::import::archive::{self, Archive, ArchiveTensor};
use weights::import::{import, pack_model};
use weights::network::Readout;
use weights::packing::{Packing, unpack};

/// A folder like the bundled one, its weights as the bytes say.
fn like_bundled(case: &str, weights: &[u8]) -> Folder {
    let folder = Folder::new(case);
    for (name, bytes) in bundled::files(bundled::MODEL.as_ref()).unwrap() {
        folder.write(name, bytes);
    }
    folder.write("model.safetensors", weights);
    folder
}

/// The bundled weights, every tensor in floats.
fn unpacked() -> Archive {
    let network = import(bundled::MODEL.as_ref()).unwrap();
    let (_, bytes) = bundled::files(bundled::MODEL.as_ref()).unwrap()[1];
    let mut archive = archive::from_bytes(bytes).unwrap();
    for matrix in network.ternary_matrices() {
        let name = format!("{}.weight", matrix.name.replace("attention", "att"));
        let values: Vec<f32> =
            matrix.trits.iter().map(|&trit| f32::from(trit) * matrix.scale).collect();
        let tensor = ArchiveTensor::f32(vec![matrix.rows, matrix.columns], &values);
        assert_eq!(archive.insert(name.clone(), tensor).unwrap().dtype, Dtype::U8, "{name}");
    }
    archive
}

#[test]
fn the_bundled_model_is_small_and_writes_text() {
    let files = bundled::files(bundled::MODEL.as_ref()).unwrap();
    let card = include_bytes!("../models/spikegpt-tiny/README.md");
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes + card.len() <= 200_000, "{bytes}");
    let network = import(bundled::MODEL.as_ref()).unwrap();
    assert_eq!(network.name, "spikegpt-tiny");
    assert_eq!(network.readout, Readout::NextToken);
    assert_eq!(network.ternary_matrices().map(|it| it.trits.len()).sum::<usize>(), 638_976);
}

#[test]
fn packing_loses_nothing_and_packs_the_same_bytes() {
    let floats = like_bundled("floats", &archive::to_bytes(&unpacked()).unwrap());
    let packed = pack_model(floats.path(), false).unwrap();
    assert_eq!((packed.matrices, packed.trits, packed.halved), (21, 638_976, 0));
    let again = like_bundled("packed", &packed.bytes);
    let mut network = import(again.path()).unwrap();
    network.name = "spikegpt-tiny".to_owned();
    assert_eq!(network, import(bundled::MODEL.as_ref()).unwrap());
    assert_eq!(pack_model(again.path(), false).unwrap(), packed);
}

#[test]
fn halving_rounds_to_nearest_and_refuses_what_does_not_fit() {
    let mut archive = unpacked();
    let head = archive.get_mut("head.weight").unwrap();
    let (shape, count) = (head.shape.clone(), head.shape.iter().product());
    // A third, which 16 bits do not hold.
    let mut values = vec![0.25f32; count];
    values[7] = 1.0 / 3.0;
    *head = ArchiveTensor::f32(shape.clone(), &values);
    let floats = like_bundled("halved", &archive::to_bytes(&archive).unwrap());
    let packed = pack_model(floats.path(), true).unwrap();
    let network = import(like_bundled("halves", &packed.bytes).path()).unwrap();
    assert_eq!(network.tables["head"].values[7], 0.333_251_95);
    values[9] = 70_000.0;
    archive.insert("head.weight".to_owned(), ArchiveTensor::f32(shape, &values));
    let floats = like_bundled("large", &archive::to_bytes(&archive).unwrap());
    let error = pack_model(floats.path(), true).unwrap_err().to_string();
    assert!(error.contains("head.weight") && error.contains("70000"), "{error}");
}

#[test]
fn what_is_wrong_with_a_packed_file_is_named() {
    let (_, bytes) = bundled::files(bundled::MODEL.as_ref()).unwrap()[1];
    let (header, data) = archive::disassemble(bytes);
    let matrix = r#"\"blocks.0.att.key.weight\":{\"shape\":[128,128],\"scale\":"#;
    assert!(header.contains(matrix), "{header}");
    let with = |from: &str, to: &str| header.replacen(from, to, 1);
    let cases = [
        ("scale", with(matrix, &(matrix.to_owned() + "-")), "not finite and positive"),
        ("size", with("[128,128]", "[128,129]"), "takes"),
        ("huge", with("[128,128]", "[4294967295,4294967295]"), "limit"),
        ("name", with(r#"att.key.weight\""#, r#"att.kex.weight\""#), "no tensor of U8"),
        ("float", with(r#"blocks.0.att.key.weight\""#, r#"ln_out.weight\""#), "no tensor of U8"),
        ("key", with(r#"\"scale\""#, r#"\"scole\""#), "unknown field `scole`"),
        ("text", with(r#""base3":"{"#, r#""base3":"[{"#), "base3"),
    ];
    for (case, header, expected) in cases {
        let folder = like_bundled(case, &archive::assemble(&header, &data));
        let error = import(folder.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{case}: {error}");
    }
    let begin = bytes.len() - data.len();
    let mut damaged = bytes.to_vec();
    let is_no_code = |&byte: &u8| unpack(&[byte], 5, Packing::Base3).is_err();
    let no_code = (0..=u8::MAX).find(is_no_code).unwrap();
    let place = archive_offset(&header, "blocks.0.att.key.weight");
    damaged[begin + place] = no_code;
    let error = import(like_bundled("code", &damaged).path()).err().unwrap().to_string();
    assert!(error.contains("no code"), "{error}");
}

/// Where the data of a tensor begins.
fn archive_offset(header: &str, tensor: &str) -> usize {
    let header: serde_json::Value = serde_json::from_str(header).unwrap();
    header[tensor]["data_offsets"][0].as_u64().unwrap() as usize
}
