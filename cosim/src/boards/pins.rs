//! The ports that a constraint file names, in the three languages of the placers.

use crate::tools::Family;
use std::collections::BTreeSet;

/// The ports that a constraint file gives a pin, such as `leds_o[0]`.
pub fn constrained_ports(family: Family, text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim);
    let port = |line: &str| -> Option<String> {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        let name = match (family, first) {
            // LOCATE COMP "port" SITE "pin";
            (Family::Ecp5, "LOCATE") => words.nth(1)?,
            // set_io [-option [value]]… port pin
            (Family::Ice40, "set_io") => words.nth_back(1)?,
            // IO_LOC "port" pin;
            (Family::Gowin, "IO_LOC") => words.next()?,
            _ => return None,
        };
        Some(name.trim_matches('"').to_owned())
    };
    lines.filter_map(port).collect()
}

/// The names under which a port of that many bits is constrained, one a bit.
pub fn port_bits(name: &str, width: u32) -> Vec<String> {
    match width {
        1 => vec![name.to_owned()],
        _ => (0..width).map(|bit| format!("{name}[{bit}]")).collect(),
    }
}
