//! What the C header and the page of `layer_engine` say beside its table.

use super::map::MAP;
use super::print::Document;

/// File name of the C header.
pub const HEADER_NAME: &str = "spikewright_layer_engine.h";

/// What both outputs say about every access.
const RULES: [&str; 5] = [
    "Every access is one aligned 32-bit word; a write of part of a word is refused (SLVERR).",
    "Bits and offsets that are not listed read as zero; a write to no register is refused.",
    "While the engine is busy, writes to weight_data and threshold_data are refused.",
    "Two's complement is used for every signed value.",
    "Counters stop at 4294967295.",
];

/// The steps of a host that runs one layer.
const RECIPE: [&str; 6] = [
    "Read the registers below `control`, and refuse an engine that is not the expected one.",
    "While idle, write 0 to `weight_address`, then the packed image to `weight_data`, word by word, bank 0 of \
     each word first.",
    "Where `threshold_kind` is `per_channel`: write 0 to `threshold_address`, then one threshold a \
     row to `threshold_data`.",
    "Write `rows`, `column_tiles`, `steps` and `output_mode`.",
    "Write 2 (`clear`) and then 1 (`run`) to `control`; send frames, receive results.",
    "Write 0 to `control`, wait until `busy` is 0, and read `status`: `bad_code`, `bad_frame` or \
     `bad_shape` says that the results cannot be trusted; `saturated` says that a membrane reached \
     its limit, as the rule provides.",
];

const DOCUMENT: Document = Document {
    name: "layer_engine",
    is: "a spike accumulator array with neurons",
    source: "firmware/src/registers/map.rs",
    rules: &RULES,
    use_title: "Running a layer",
    recipe: &RECIPE,
};

/// The C header `spikewright_layer_engine.h`: offsets, shifts, masks, reset and named values.
pub fn c_header() -> String {
    DOCUMENT.c_header(&MAP)
}

/// The documentation page: rules, a table of registers, a table of fields for each, and how a host
/// uses them.
pub fn markdown() -> String {
    DOCUMENT.markdown(&MAP)
}

#[cfg(test)]
mod tests {
    use super::super::{FIELDS, REGISTERS};
    use super::*;

    #[test]
    fn every_register_and_field_is_in_both_outputs() {
        let (header, page) = (c_header(), markdown());
        for spec in REGISTERS {
            let offset = format!("LAYER_ENGINE_{}_OFFSET ", spec.name.to_uppercase());
            assert!(header.contains(&offset), "{offset}");
            assert!(page.contains(&format!("### {}\n", spec.name)), "{}", spec.name);
        }
        for spec in FIELDS {
            assert!(header.contains(&format!("/* {}: {} */", spec.name, spec.meaning)));
            assert!(page.contains(&format!("`{}` | {} |", spec.name, spec.access.label())));
        }
    }

    #[test]
    fn no_two_defines_share_a_name() {
        let header = c_header();
        let mut names: Vec<_> = header
            .lines()
            .filter_map(|line| line.strip_prefix("#define "))
            .filter_map(|rest| rest.split_whitespace().next())
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn lines_of_a_kind_look_like_this() {
        let (header, page) = (c_header(), markdown());
        let define = |name: &str, value: &str| format!("#define {name:<48} {value}\n");
        assert!(header.contains(&define("LAYER_ENGINE_SHAPE_PACKING_VALUE_BASE3", "1u")));
        assert!(header.contains(&define("LAYER_ENGINE_ROWS_MASK", "0x0001FFFFu")));
        assert!(header.contains(&define("LAYER_ENGINE_ID_RESET", "0x53504B57u")));
        assert!(page.contains(
            "| 25 | `packing` | RO | by design | Code of the trits in the weight memory. \
             0 = `two_bit`, 1 = `base3`. |\n"
        ));
        assert!(page.contains("| `0x30` | [`steps`](#steps) | RW | 1 | Steps of a token;"));
    }
}
