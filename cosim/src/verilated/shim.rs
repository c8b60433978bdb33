//! The C++ text between this program and a Verilated model, printed from the port list.
//!
//! The shim offers a C interface: make and delete a simulation, tell where each port is stored,
//! settle, tick. Ports are then read and written as memory, so a cycle costs one call. It is
//! compiled in one unit with the model, which lets the compiler inline across the border.

use std::fmt::Write as _;

use hdl::language::simulation::{Direction, Port};

use super::options::{BuildOptions, PowerUp};

/// Class name that Verilator is told to give every model.
pub(crate) const PREFIX: &str = "Vmodel";

/// Raised whenever the meaning of a shim function changes, so that old compiled models are not
/// taken for new ones.
pub(crate) const ABI_VERSION: u32 = 2;

/// The parts of the shim that are the same for every model.
const PROLOGUE: &str = include_str!("shim/prologue.cpp");
const FUNCTIONS: &str = include_str!("shim/functions.cpp");
const TRACE_FUNCTIONS: &str = include_str!("shim/trace.cpp");
const SEEDED_FUNCTIONS: &str = include_str!("shim/seeded.cpp");

/// Prints the shim of a model with these ports, clock `clk_i` apart.
pub(crate) fn shim_text(ports: &[Port], options: BuildOptions) -> String {
    let mut text = String::new();
    if options.trace {
        text.push_str("#define SPIKEWRIGHT_TRACE 1\n");
    }
    let _ = writeln!(text, "#define SPIKEWRIGHT_ABI {ABI_VERSION}u");
    text.push_str(PROLOGUE);
    text.push_str(&port_functions(ports));
    text.push_str(&bare_loop(ports));
    text.push_str(FUNCTIONS);
    if options.trace {
        text.push_str(TRACE_FUNCTIONS);
    }
    if options.power_up == PowerUp::Seeded {
        text.push_str(SEEDED_FUNCTIONS);
    }
    text
}

/// Where each port is stored, and how many bytes it takes.
fn port_functions(ports: &[Port]) -> String {
    let mut text = String::from(
        "\n// The storage of each port, in the order of the port list.\n\
         SW_EXPORT void* sw_port(Simulation* simulation, uint32_t index) {\n    \
         Vmodel& model = *simulation->model;\n    switch (index) {\n",
    );
    for (index, port) in ports.iter().enumerate() {
        let name = cpp_name(&port.name);
        let _ = writeln!(text, "    case {index}: return (void*)&model.{name};");
    }
    text.push_str(
        "    default: return nullptr;\n    }\n}\n\n\
         SW_EXPORT uint32_t sw_port_bytes(Simulation* simulation, uint32_t index) {\n    \
         Vmodel& model = *simulation->model;\n    switch (index) {\n",
    );
    for (index, port) in ports.iter().enumerate() {
        let name = cpp_name(&port.name);
        let _ = writeln!(text, "    case {index}: return sizeof(model.{name});");
    }
    text.push_str("    default: return 0;\n    }\n}\n");
    text
}

/// The loop that `bench` compares with: random inputs, tick, fold the outputs, all in C++.
///
/// It does exactly what `throughput::drive` does through the `Simulation` trait.
fn bare_loop(ports: &[Port]) -> String {
    let mut text = String::from(
        "\n// Random inputs, a tick, all outputs folded into a checksum; the yardstick of `bench`.\n\
         SW_EXPORT uint64_t sw_bare_loop(Simulation* simulation, uint64_t cycles, uint64_t seed) {\n    \
         Vmodel& model = *simulation->model;\n    uint64_t state = seed;\n    uint64_t random = 0;\n    \
         uint64_t sum = 0;\n    \
         for (uint64_t cycle = 0; cycle < cycles; ++cycle) {\n",
    );
    for port in ports.iter().filter(|port| port.direction == Direction::Input) {
        let (name, width) = (cpp_name(&port.name), port.ty.width);
        for word in 0..port.ty.words() as u32 {
            let mask = mask_of(width - 64 * word);
            text.push_str("        random = sw_next(state);\n");
            if width <= 64 {
                let _ = writeln!(text, "        model.{name} = random & {mask:#x}ull;");
                continue;
            }
            let _ = writeln!(
                text,
                "        model.{name}[{}] = (uint32_t)(random & {mask:#x}ull);",
                2 * word
            );
            if width > 64 * word + 32 {
                let high = format!("(uint32_t)((random & {mask:#x}ull) >> 32)");
                let _ = writeln!(text, "        model.{name}[{}] = {high};", 2 * word + 1);
            }
        }
    }
    text.push_str("        if (sw_advance(simulation) != 0) break;\n");
    for port in ports.iter().filter(|port| port.direction == Direction::Output) {
        let (name, width) = (cpp_name(&port.name), port.ty.width);
        for word in 0..port.ty.words() as u32 {
            let value = match (width <= 64, width > 64 * word + 32) {
                (true, _) => format!("(uint64_t)model.{name}"),
                (false, false) => format!("(uint64_t)model.{name}[{}]", 2 * word),
                (false, true) => format!(
                    "((uint64_t)model.{name}[{}] | ((uint64_t)model.{name}[{}] << 32))",
                    2 * word,
                    2 * word + 1
                ),
            };
            let _ = writeln!(text, "        sum = sw_fold(sum, {value});");
        }
    }
    text.push_str("    }\n    return sum;\n}\n");
    text
}

/// A mask of the low bits of a word; 64 or more is all of it.
pub(crate) fn mask_of(width: u32) -> u64 {
    if width >= 64 { u64::MAX } else { (1 << width) - 1 }
}

/// The C++ name that Verilator gives a port: it escapes double underscores, which it uses itself.
fn cpp_name(port: &str) -> String {
    port.replace("__", "___05F")
}

#[cfg(test)]
mod tests {
    use hdl::language::signal_type::{sint, uint};

    use super::*;

    fn port(name: &str, direction: Direction, ty: hdl::language::signal_type::Type) -> Port {
        Port { name: name.to_owned(), direction, ty, meaning: String::new() }
    }

    #[test]
    fn the_ports_are_printed_in_order() {
        let ports = [
            port("rst_i", Direction::Input, uint(1)),
            port("wide_o", Direction::Output, sint(100)),
        ];
        let text = port_functions(&ports);
        let cases: Vec<&str> =
            text.lines().map(str::trim).filter(|line| line.starts_with("case")).collect();
        assert_eq!(
            cases,
            [
                "case 0: return (void*)&model.rst_i;",
                "case 1: return (void*)&model.wide_o;",
                "case 0: return sizeof(model.rst_i);",
                "case 1: return sizeof(model.wide_o);",
            ]
        );
    }

    #[test]
    fn the_bare_loop_fills_whole_words_and_masks_the_last() {
        let ports = [
            port("wide_i", Direction::Input, uint(100)),
            port("wide_o", Direction::Output, uint(70)),
        ];
        let text = bare_loop(&ports);
        let wanted = "        random = sw_next(state);
        model.wide_i[0] = (uint32_t)(random & 0xffffffffffffffffull);
        model.wide_i[1] = (uint32_t)((random & 0xffffffffffffffffull) >> 32);
        random = sw_next(state);
        model.wide_i[2] = (uint32_t)(random & 0xfffffffffull);
        model.wide_i[3] = (uint32_t)((random & 0xfffffffffull) >> 32);
        if (sw_advance(simulation) != 0) break;
        sum = sw_fold(sum, ((uint64_t)model.wide_o[0] | ((uint64_t)model.wide_o[1] << 32)));
        sum = sw_fold(sum, (uint64_t)model.wide_o[2]);
";
        assert!(text.contains(wanted), "{text}");
    }

    #[test]
    fn a_trace_build_is_another_text() {
        let ports = [port("rst_i", Direction::Input, uint(1))];
        let plain = shim_text(&ports, BuildOptions::default());
        let traced = shim_text(&ports, BuildOptions { trace: true, ..BuildOptions::default() });
        assert!(!plain.contains("sw_trace_open"));
        assert!(traced.contains("sw_trace_open"));
        let power_up = PowerUp::Seeded;
        let seeded = shim_text(&ports, BuildOptions { power_up, ..BuildOptions::default() });
        assert!(!plain.contains("sw_create_seeded"));
        assert!(seeded.contains("sw_create_seeded"));
        assert_eq!(cpp_name("a__b"), "a___05Fb");
    }
}
