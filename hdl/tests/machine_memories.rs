//! `store` and `element_store` hold what was written, field by field and element by element.

mod support;

use hdl::blocks::memory::element_store::ElementStore;
use hdl::blocks::memory::store::{Reader, Store, StoreField};
use hdl::language::check::check;
use hdl::language::signal_type::{sint, uint};
use hdl::language::verilog::{print, print_with_images};
use support::{Bench, Random};

/// Random writes and reads of all readers, with depths that are no powers of two.
#[test]
fn fields_come_back() {
    for (depth, distributed) in [(5, true), (8, false), (13, true)] {
        let field = |name, ty| StoreField { name, ty, meaning: "a field" };
        let fields = [field("first", uint(7)), field("second", sint(5))];
        let readers = match distributed {
            true => vec![Reader::Clocked("slow"), Reader::AtOnce("fast")],
            false => vec![Reader::Clocked("slow")],
        };
        let store = Store {
            name: "store_under_test",
            source: file!(),
            holds: "pairs",
            fields: &fields,
            depth,
            readers: &readers,
            distributed,
        };
        let mut bench = Bench::new(&store.module());
        let mut random = Random(depth.into());
        let mut words = vec![(0, 0); depth as usize];
        let mut fetched = None;
        for _ in 0..500 {
            let (at, other) = (random.below(depth.into()), random.below(depth.into()));
            let write = random.once_in(2) && (distributed || at != other);
            let word = (random.below(128), random.within(-16, 15));
            bench.set("write_i", write.into());
            bench.set("write_address_i", at);
            bench.set("first_i", word.0);
            bench.set_signed("second_i", word.1);
            let read = random.once_in(2);
            bench.set("slow_read_i", read.into());
            bench.set("slow_address_i", other);
            if distributed {
                bench.set("fast_address_i", other);
                bench.settle();
                let found = (bench.get("fast_first_o"), bench.get_signed("fast_second_o"));
                assert_eq!(found, words[other as usize]);
            }
            if read {
                fetched = Some(words[other as usize]);
            }
            bench.tick();
            if let Some(fetched) = fetched {
                assert_eq!((bench.get("slow_first_o"), bench.get_signed("slow_second_o")), fetched);
            }
            if write {
                words[at as usize] = word;
            }
        }
    }
}

/// Elements are written one by one, also over initial contents, and read together.
#[test]
fn elements_come_back() {
    for depth in [6, 4] {
        let contents: Vec<i64> = (0..10).map(|index| index * 7 - 32).collect();
        let store = ElementStore {
            name: "elements_under_test",
            source: file!(),
            holds: "elements",
            elements: 4,
            ty: sint(6),
            depth,
            contents: &contents,
            has_stream: false,
        };
        let mut bench = Bench::new(&store.module());
        let mut words = vec![0i64; 4 * depth as usize];
        words[..10].copy_from_slice(&contents);
        let mut random = Random(9);
        for _ in 0..300 {
            let (at, element) = (random.below(depth.into()), random.below(4));
            let other = (at + 1 + random.below(u64::from(depth) - 1)) % u64::from(depth);
            let (write, value) = (random.once_in(2), random.within(-32, 31));
            bench.set("write_i", write.into());
            bench.set("write_address_i", at);
            bench.set("element_i", element);
            bench.set_signed("element_data_i", value);
            bench.set("read_i", 1);
            bench.set("read_address_i", other);
            bench.tick();
            let found = bench.get("data_o");
            for element in 0..4 {
                let bits = (found >> (6 * element) & 63) as i64;
                assert_eq!((bits ^ 32) - 32, words[4 * other as usize + element]);
            }
            if write {
                words[(4 * at + element) as usize] = value;
            }
        }
    }
}

/// Contents of many words stand beside the Verilog that reads them, word for word.
#[test]
fn contents_of_many_words_have_a_file() {
    let contents: Vec<i64> = (0..1024).map(|index| index % 64 - 32).collect();
    let store = ElementStore {
        name: "elements_under_test",
        source: file!(),
        holds: "elements",
        elements: 4,
        ty: sint(6),
        depth: 300,
        contents: &contents,
        has_stream: false,
    };
    let checked = check(&store.module()).unwrap();
    let files = print_with_images(&checked);
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["elements_under_test.v", "elements_under_test.words.hex"]);
    let line = "initial $readmemh(\"elements_under_test.words.hex\", words, 0, 255);";
    assert!(files[0].text.contains(line), "{}", files[0].text);
    let lines: Vec<&str> = files[1].text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (256, "8e2860"), "-32, -31, -30, -29, the first lowest");
    // Word by word they stand in the Verilog itself.
    let inside = print(&checked);
    assert_eq!(inside.len(), 1);
    assert!(inside[0].text.contains("words[255] = 24'h"));
}
