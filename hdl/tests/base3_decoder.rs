//! `base3_decoder` equals `packing::base3_decode` for every byte.

mod support;

use hdl::blocks::array::base3_decoder::base3_decoder;
use hdl::blocks::memory::weight_store::WeightStore;
use support::Bench;
use weights::packing::{Packing, base3_decode};

/// All 243 codes become their five trits.
#[test]
fn every_code() {
    let mut bench = Bench::new(&base3_decoder());
    let mut codes = 0;
    for code in 0..=u8::MAX {
        let Some(trits) = base3_decode(code) else { continue };
        codes += 1;
        bench.set("code_i", code.into());
        bench.settle();
        let (high, low) = (bench.bits("high_o"), bench.bits("low_o"));
        let expected = (trits.map(|trit| trit == 1), trits.map(|trit| trit >= 0));
        assert_eq!((high.as_slice(), low.as_slice()), (&expected.0[..], &expected.1[..]), "{code}");
    }
    assert_eq!(codes, 243);
}

/// The check where words enter the store refuses the other bytes, in each place of a bank word.
#[test]
fn every_byte_is_checked() {
    let store =
        WeightStore { lanes: 4, slots: 5, depth: 2, packing: Packing::Base3, image: vec![] };
    let mut bench = Bench::new(&store.module());
    bench.set("write_i", 1);
    for place in 0..4 {
        for code in 0..=u8::MAX {
            bench.set("data_i", u64::from(code) << (8 * place));
            bench.settle();
            let bad = bench.is("bad_code_o");
            assert_eq!(bad, base3_decode(code).is_none(), "byte {place} is {code:#04x}");
        }
    }
    bench.set("write_i", 0);
    bench.settle();
    assert!(!bench.is("bad_code_o"), "a word that is not written is no error");
}
