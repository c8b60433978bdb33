//! `machine_registers` behaves as its register table says, register by register.

#[path = "support/machines.rs"]
mod machines;
mod support;

use firmware::isa::LONG_WORDS;
use firmware::registers::{Access, FIELDS, Field, Register, WINDOW_BYTES, encode};
use hdl::blocks::host::machine_registers::{machine_registers, port_name};
use machines::small;
use support::{Bench, Random};

const OKAY: u64 = 0;
const SLVERR: u64 = 2;

fn bench() -> Bench {
    Bench::new(&machine_registers(&small()))
}

/// One write; its answer, and whether `pulse` was 1 while it was accepted.
fn write_watching(bench: &mut Bench, offset: u32, value: u32, pulse: &str) -> (u64, bool) {
    bench.set("s_axil_awaddr", offset.into());
    bench.set("s_axil_wdata", value.into());
    bench.set("s_axil_wstrb", 0xF);
    bench.set("s_axil_awvalid", 1);
    bench.set("s_axil_wvalid", 1);
    bench.set("s_axil_bready", 1);
    bench.settle();
    assert!(bench.is("s_axil_awready") && bench.is("s_axil_wready"));
    let seen = bench.is(pulse);
    bench.tick();
    assert!(!bench.is(pulse), "{pulse} lasts longer than its write");
    bench.set("s_axil_awvalid", 0);
    bench.set("s_axil_wvalid", 0);
    assert!(bench.is("s_axil_bvalid"));
    let answer = bench.get("s_axil_bresp");
    bench.tick();
    bench.set("s_axil_bready", 0);
    (answer, seen)
}

fn write(bench: &mut Bench, offset: u32, value: u32) -> u64 {
    write_watching(bench, offset, value, "clear_o").0
}

fn read(bench: &mut Bench, offset: u32) -> u32 {
    bench.set("s_axil_araddr", offset.into());
    bench.set("s_axil_arvalid", 1);
    bench.set("s_axil_rready", 1);
    bench.settle();
    assert!(bench.is("s_axil_arready"));
    bench.tick();
    bench.set("s_axil_arvalid", 0);
    assert!(bench.is("s_axil_rvalid"));
    let value = bench.get("s_axil_rdata") as u32;
    bench.tick();
    bench.set("s_axil_rready", 0);
    value
}

/// Every register reads its reset value or the design's constant; every other offset reads zero.
#[test]
fn reset_values_and_constants() {
    let mut bench = bench();
    for register in Register::all() {
        let expected = match register.is_constant() {
            true => small().constant(register),
            false => register.reset(),
        };
        assert_eq!(read(&mut bench, register.offset()), expected, "{}", register.name());
    }
    let known: Vec<u32> = Register::all().map(Register::offset).collect();
    for offset in (0..WINDOW_BYTES).step_by(4).filter(|offset| !known.contains(offset)) {
        assert_eq!(read(&mut bench, offset), 0, "offset {offset:#04x}");
        assert_eq!(write(&mut bench, offset, u32::MAX), SLVERR, "offset {offset:#04x}");
    }
}

/// Every field that is held keeps what was written; every other register that can be written does
/// not.
#[test]
fn held_fields_read_back() {
    let mut random = Random(1);
    for register in Register::all().filter(|register| register.is_writable()) {
        let held = register.fields().filter(|spec| spec.access == Access::ReadWrite);
        let mask = held.fold(0, |mask, spec| mask | spec.mask());
        for value in [u32::MAX, 0, random.next() as u32] {
            let mut bench = bench();
            assert_eq!(write(&mut bench, register.offset(), value), OKAY);
            assert_eq!(read(&mut bench, register.offset()), value & mask, "{}", register.name());
        }
    }
}

/// A field that the machine drives is seen in its place.
#[test]
fn fields_of_the_machine_are_seen() {
    let mut random = Random(2);
    for spec in FIELDS.iter().filter(|spec| spec.access == Access::ReadOnly) {
        let mut bench = bench();
        for value in [spec.value_max(), 0, random.next() as u32 & spec.value_max()] {
            bench.set(&format!("{}_i", port_name(spec)), value.into());
            assert_eq!(
                read(&mut bench, spec.register.offset()),
                value << spec.low,
                "{}",
                spec.name
            );
        }
    }
}

/// The memories are locked while a token is under way; a refused write moves no address.
#[test]
fn memories_are_locked_while_busy() {
    for (address, data, pulse) in [
        (Register::WeightAddress, Register::WeightData, "weight_data_write_o"),
        (Register::ProgramAddress, Register::ProgramData, "program_data_write_o"),
        (Register::ConstantAddress, Register::ConstantData, "constant_data_write_o"),
    ] {
        let mut bench = bench();
        bench.set("locked_i", 1);
        assert_eq!(write_watching(&mut bench, data.offset(), 1, pulse), (SLVERR, false));
        assert_eq!(read(&mut bench, address.offset()), 0);
        assert_eq!(write(&mut bench, Register::Control.offset(), 3), OKAY);
        bench.set("locked_i", 0);
        assert_eq!(write_watching(&mut bench, data.offset(), 1, pulse), (OKAY, true));
        assert_ne!(read(&mut bench, address.offset()), 0);
    }
}

/// `clear` acts once, with or without `run`.
#[test]
fn clear_is_a_pulse() {
    let mut bench = bench();
    let control = Register::Control.offset();
    assert_eq!(write_watching(&mut bench, control, 3, "clear_o"), (OKAY, true));
    assert!(bench.is("run_o"));
    assert_eq!(write_watching(&mut bench, control, 2, "clear_o"), (OKAY, true));
    assert!(!bench.is("run_o"));
    assert_eq!(write_watching(&mut bench, control, 1, "clear_o"), (OKAY, false));
}

/// A data register moves its address on, low part first, carrying into the high part: with writes,
/// and `result_data` with reads.
#[test]
fn addresses_step() {
    for (address, data, low, high, low_count) in [
        (
            Register::WeightAddress,
            Register::WeightData,
            Field::WeightBank,
            Field::WeightWord,
            small().banks() as u32,
        ),
        (
            Register::ProgramAddress,
            Register::ProgramData,
            Field::ProgramPart,
            Field::ProgramWord,
            LONG_WORDS,
        ),
        (
            Register::ConstantAddress,
            Register::ConstantData,
            Field::ConstantElement,
            Field::ConstantWord,
            4,
        ),
        (Register::ResultAddress, Register::ResultData, Field::ResultElement, Field::ResultWord, 4),
    ] {
        let mut bench = bench();
        assert!(low_count > 1);
        write(&mut bench, address.offset(), encode(address, &[(high, 5)]));
        for index in 0..3 * low_count {
            let word = read(&mut bench, address.offset());
            let expected = (index % low_count, 5 + index / low_count);
            assert_eq!((low.extract(word), high.extract(word)), expected, "{}", data.name());
            match data.is_readable() {
                true => _ = read(&mut bench, data.offset()),
                false => _ = write(&mut bench, data.offset(), index),
            }
        }
    }
}
