//! What the C header and the page of `machine` say beside its table.

use super::map::MAP;
use super::print::Document;

/// File name of the C header.
pub const HEADER_NAME: &str = "spikewright_machine.h";

/// What both outputs say about every access.
const RULES: [&str; 7] = [
    "Every access is one aligned 32-bit word; a write of part of a word is refused (SLVERR).",
    "Bits and offsets that are not listed read as zero; a write to no register is refused.",
    "While a token is under way, writes to weight_data, program_data and constant_data are refused.",
    "`clear` abandons a token that is under way: what was issued is finished, nothing is sent; `busy` \
     is 1 until then.",
    "A read of result_data has an effect: it moves result_address on.",
    "Two's complement is used for every signed value.",
    "Counters stop at 4294967295.",
];

/// The steps of a host that runs a network.
const RECIPE: [&str; 8] = [
    "Read the registers below `control`, and refuse a machine that is not the expected one.",
    "Write 0 to `weight_address`, then the packed image to `weight_data`, bank 0 of each word \
     first; the constants and the program likewise.",
    "Write `generate_count`, and `end_token` where the model has one; write 3 (`run`, `clear`) to \
     `control`.",
    "Send the tokens of the prompt, `tlast` only with the last: it asks for an answer.",
    "Receive `generate_count` predictions, fewer if the end token or the end of the context comes \
     first; the last has `tlast`. It has not been fed back: to go on, send it as the next token.",
    "For the logits of the last prediction, write the address of word 0 to `result_address` and \
     read `result_data` once a token id, while `busy` is 0.",
    "Where the machine takes vectors, as its listing says, a vector goes in the place of a token: a beat a \
     word of values, `tlast` with the last, and each is answered. Where it gives vectors, an answer is \
     one: words of values up to `tlast`. The next is taken once the answer has been. Begin a text between \
     vectors: what is there of one is forgotten, and its rest is none.",
    "Read `status`: `bad_code`, `bad_instruction` or `bad_token` says that an answer cannot be \
     trusted. Write 3 to `control` before the next text.",
];

const DOCUMENT: Document = Document {
    name: "machine",
    is: "a spiking ternary machine with its sequencer and memories",
    source: "firmware/src/registers/machine/map.rs",
    rules: &RULES,
    use_title: "Running a network",
    recipe: &RECIPE,
};

/// The C header `spikewright_machine.h`: offsets, shifts, masks, reset and named values.
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
    use super::*;

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
        assert!(names.contains(&"MACHINE_CONTROL_CLEAR_MASK"));
    }

    #[test]
    fn every_register_has_its_heading() {
        let page = markdown();
        for spec in MAP.registers {
            assert!(page.contains(&format!("### {}\n", spec.name)), "{}", spec.name);
        }
    }
}
