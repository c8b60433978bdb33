//! `register_file` behaves as the register table says, register by register.

mod support;

use firmware::engine::EngineParameters;
use firmware::registers::{Access, FIELDS, Field, Register, WINDOW_BYTES};
use hdl::blocks::engine::register_file::{port_name, register_file};
use support::{Bench, Random};
use weights::config::{Form, Target};
use weights::neuron::{Leak, presets};
use weights::numeric::Radix;
use weights::packing::Packing;

const OKAY: u64 = 0;
const SLVERR: u64 = 2;

fn engine() -> EngineParameters {
    EngineParameters {
        lanes: 6,
        slots: 10,
        planes: 2,
        radix: Radix::Bitwise,
        form: Form::Dense,
        acc_width: 12,
        target: Target::Portable,
        packing: Packing::Base3,
        weight_depth: 32,
        spike_depth: 16,
        skip_empty: false,
        neurons: 3,
        rows_max: 30,
        rule: presets::spikingbert(Leak::Decay(3), 14),
    }
}

fn bench() -> Bench {
    Bench::new(&register_file(&engine()))
}

/// One write; its answer.
fn write(bench: &mut Bench, offset: u32, value: u32, strobe: u64) -> u64 {
    bench.set("s_axil_awaddr", offset.into());
    bench.set("s_axil_wdata", value.into());
    bench.set("s_axil_wstrb", strobe);
    bench.set("s_axil_awvalid", 1);
    bench.set("s_axil_wvalid", 1);
    bench.set("s_axil_bready", 1);
    bench.settle();
    assert!(bench.is("s_axil_awready") && bench.is("s_axil_wready"));
    bench.tick();
    bench.set("s_axil_awvalid", 0);
    bench.set("s_axil_wvalid", 0);
    assert!(bench.is("s_axil_bvalid"));
    let answer = bench.get("s_axil_bresp");
    bench.tick();
    bench.set("s_axil_bready", 0);
    assert!(!bench.is("s_axil_bvalid"));
    answer
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
    assert_eq!(bench.get("s_axil_rresp"), OKAY);
    let value = bench.get("s_axil_rdata") as u32;
    bench.tick();
    bench.set("s_axil_rready", 0);
    value
}

/// What every register reads.
fn all(bench: &mut Bench) -> Vec<u32> {
    (0..WINDOW_BYTES / 4).map(|word| read(bench, 4 * word)).collect()
}

/// The bits that a host can set and read back.
fn held_mask(register: Register) -> u32 {
    let held = register.fields().filter(|spec| spec.access == Access::ReadWrite);
    held.fold(0, |mask, spec| mask | spec.mask())
}

/// Every register reads its reset value or the design's constant; every other offset reads zero.
#[test]
fn reset_values_and_constants() {
    let mut bench = bench();
    for register in Register::all() {
        let expected = match register.is_constant() {
            true => engine().constant(register),
            false => register.reset(),
        };
        assert_eq!(read(&mut bench, register.offset()), expected, "{}", register.name());
    }
    let known: Vec<u32> = Register::all().map(Register::offset).collect();
    for offset in (0..WINDOW_BYTES).step_by(4).filter(|offset| !known.contains(offset)) {
        assert_eq!(read(&mut bench, offset), 0, "offset {offset:#04x}");
    }
}

/// Every field that is held keeps what was written, and nothing else moves.
#[test]
fn held_fields_read_back() {
    let mut random = Random(1);
    for register in Register::all().filter(|&register| held_mask(register) != 0) {
        for value in [u32::MAX, 0, random.next() as u32, random.next() as u32] {
            // A pulse beside a held field acts elsewhere, and reads as zero.
            let mut bench = bench();
            let mut expected = all(&mut bench);
            expected[register.offset() as usize / 4] = value & held_mask(register);
            assert_eq!(write(&mut bench, register.offset(), value, 0xF), OKAY);
            assert_eq!(all(&mut bench), expected, "{} after {value:#010x}", register.name());
        }
    }
}

/// A field that the engine drives is seen in its place, at once and only there.
#[test]
fn engine_fields_are_seen() {
    let mut random = Random(2);
    for spec in FIELDS.iter().filter(|spec| spec.access == Access::ReadOnly) {
        let mut bench = bench();
        for value in [spec.value_max(), 0, random.next() as u32 & spec.value_max()] {
            bench.set(&format!("{}_i", port_name(spec)), value.into());
            for register in Register::all().filter(|register| !register.is_constant()) {
                let own = if register == spec.register { value << spec.low } else { 0 };
                let found = read(&mut bench, register.offset());
                assert_eq!(found, register.reset() | own, "{} shows {value}", register.name());
            }
        }
    }
}

/// A partial strobe, an unknown offset and a register that cannot be written answer SLVERR and
/// change nothing.
#[test]
fn refused_writes_change_nothing() {
    let mut bench = bench();
    let before = all(&mut bench);
    for register in Register::all().filter(|register| register.is_writable()) {
        for strobe in 0..0xF {
            let answer = write(&mut bench, register.offset(), u32::MAX, strobe);
            assert_eq!(answer, SLVERR, "{} with strobe {strobe:#06b}", register.name());
        }
    }
    let writable: Vec<u32> =
        Register::all().filter(|register| register.is_writable()).map(Register::offset).collect();
    for offset in (0..WINDOW_BYTES).step_by(4).filter(|offset| !writable.contains(offset)) {
        assert_eq!(write(&mut bench, offset, u32::MAX, 0xF), SLVERR, "offset {offset:#04x}");
    }
    assert_eq!(all(&mut bench), before);
}

/// The memories are locked while the engine is busy; their addresses and all else is not.
#[test]
fn memories_are_locked_while_busy() {
    let mut bench = bench();
    bench.set("locked_i", 1);
    for register in Register::all().filter(|register| register.is_writable()) {
        let memory = matches!(register, Register::WeightData | Register::ThresholdData);
        let expected = if memory { SLVERR } else { OKAY };
        assert_eq!(write(&mut bench, register.offset(), 1, 0xF), expected, "{}", register.name());
    }
    for (address, data) in [
        (Register::WeightAddress, Register::WeightData),
        (Register::ThresholdAddress, Register::ThresholdData),
    ] {
        assert_eq!(read(&mut bench, address.offset()), 1, "a refused write moves nothing on");
        bench.set("locked_i", 0);
        assert_eq!(write(&mut bench, data.offset(), 1, 0xF), OKAY);
        assert_ne!(read(&mut bench, address.offset()), 1);
        bench.set("locked_i", 1);
    }
}

/// The ports of a data register pulse for the one cycle of a legal write, with its data.
fn pulses(bench: &mut Bench, register: Register, port: &str, strobe: u64) -> bool {
    bench.set("s_axil_awaddr", register.offset().into());
    bench.set("s_axil_wdata", 0xFFFF_FFFF);
    bench.set("s_axil_wstrb", strobe);
    bench.set("s_axil_awvalid", 1);
    bench.settle();
    assert!(!bench.is(port), "an address alone is no write");
    bench.set("s_axil_wvalid", 1);
    bench.settle();
    let seen = bench.is(port);
    bench.tick();
    assert!(!bench.is(port), "{port} lasts longer than its write");
    bench.set("s_axil_awvalid", 0);
    bench.set("s_axil_wvalid", 0);
    bench.set("s_axil_bready", 1);
    bench.tick();
    bench.set("s_axil_bready", 0);
    seen
}

/// `clear` and the writes of the memories reach the engine once, and only if they are legal.
#[test]
fn pulses_last_one_cycle() {
    let mut bench = bench();
    for (register, port) in [
        (Register::Control, "clear_o"),
        (Register::WeightData, "weight_data_write_o"),
        (Register::ThresholdData, "threshold_data_write_o"),
    ] {
        assert!(pulses(&mut bench, register, port, 0xF), "{port}");
        assert!(!pulses(&mut bench, register, port, 0x7), "{port} with a partial strobe");
        assert!(!pulses(&mut bench, Register::Rows, port, 0xF), "{port} at another register");
    }
    bench.set("locked_i", 1);
    assert!(!pulses(&mut bench, Register::WeightData, "weight_data_write_o", 0xF));
    assert!(!pulses(&mut bench, Register::ThresholdData, "threshold_data_write_o", 0xF));
}

/// A data register moves its address on, low part first, carrying into the high part.
#[test]
fn addresses_step() {
    let mut bench = bench();
    for (address, data, low, high, low_count) in [
        (
            Register::WeightAddress,
            Register::WeightData,
            Field::WeightBank,
            Field::WeightWord,
            engine().banks() as u32,
        ),
        (
            Register::ThresholdAddress,
            Register::ThresholdData,
            Field::ThresholdPlace,
            Field::ThresholdGroup,
            engine().neurons as u32,
        ),
    ] {
        assert!(low_count > 1);
        write(&mut bench, address.offset(), high.place(5), 0xF);
        for index in 0..3 * low_count {
            let word = read(&mut bench, address.offset());
            let expected = (index % low_count, 5 + index / low_count);
            assert_eq!((low.extract(word), high.extract(word)), expected, "{}", data.name());
            write(&mut bench, data.offset(), index, 0xF);
        }
    }
}

/// Address and data may come in either order and apart; the answer waits for `bready`, and no
/// second write is taken before it has left.
#[test]
fn one_write_at_a_time() {
    let mut bench = bench();
    bench.set("s_axil_awaddr", Register::Rows.offset().into());
    bench.set("s_axil_wdata", 7);
    bench.set("s_axil_wstrb", 0xF);
    for first in ["s_axil_awvalid", "s_axil_wvalid"] {
        bench.set(first, 1);
        for _ in 0..3 {
            bench.settle();
            assert!(!bench.is("s_axil_awready") && !bench.is("s_axil_wready"));
            bench.tick();
            assert!(!bench.is("s_axil_bvalid"));
        }
        bench.set("s_axil_awvalid", 1);
        bench.set("s_axil_wvalid", 1);
        bench.tick();
        for _ in 0..3 {
            assert!(bench.is("s_axil_bvalid") && !bench.is("s_axil_awready"));
            bench.tick();
        }
        bench.set("s_axil_awvalid", 0);
        bench.set("s_axil_wvalid", 0);
        bench.set("s_axil_bready", 1);
        bench.tick();
        assert!(!bench.is("s_axil_bvalid"));
        bench.set("s_axil_bready", 0);
    }
    assert_eq!(read(&mut bench, Register::Rows.offset()), 7);
}
