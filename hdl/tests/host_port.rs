//! `host_port` hands tokens through in both widths, and shows what the core shows.

#[path = "support/machines.rs"]
mod machines;
mod support;

use firmware::registers::{Field, Register, encode};
use hdl::blocks::host::host_port::HostPort;
use machines::small;
use support::{Bench, Random};

fn bench(token_width: u32) -> Bench {
    let mut bench = Bench::new(&HostPort { machine: small(), token_width }.module());
    bench.set("s_axil_wstrb", 0xF);
    bench.set("s_axil_bready", 1);
    bench.set("s_axil_rready", 1);
    bench
}

fn write(bench: &mut Bench, register: Register, value: u32) {
    bench.set("s_axil_awaddr", register.offset().into());
    bench.set("s_axil_wdata", value.into());
    bench.set("s_axil_awvalid", 1);
    bench.set("s_axil_wvalid", 1);
    bench.tick();
    assert!(bench.is("s_axil_bvalid") && bench.get("s_axil_bresp") == 0);
    bench.set("s_axil_awvalid", 0);
    bench.set("s_axil_wvalid", 0);
    bench.tick();
}

fn read(bench: &mut Bench, register: Register) -> u32 {
    bench.set("s_axil_araddr", register.offset().into());
    bench.set("s_axil_arvalid", 1);
    bench.tick();
    bench.set("s_axil_arvalid", 0);
    let value = bench.get("s_axil_rdata") as u32;
    bench.tick();
    value
}

/// Tokens go in and predictions out; a token of more than 16 bits is marked.
#[test]
fn tokens_pass() {
    for (token_width, data, beyond) in
        [(16, 0xFEDC, false), (32, 0xFEDC, false), (32, 0x1_FEDC, true), (32, 0x8000_FEDC, true)]
    {
        let mut bench = bench(token_width);
        for flags in 0..16 {
            let flag = |bit: u32| flags >> bit & 1;
            bench.set("s_axis_tdata", data);
            bench.set("s_axis_tvalid", flag(0));
            bench.set("s_axis_tlast", flag(1));
            bench.set("token_ready_i", flag(2));
            bench.set("m_axis_tready", flag(3));
            bench.set("prediction_valid_i", flag(2));
            bench.set("prediction_last_i", flag(0));
            bench.set("prediction_i", 0xABCD);
            bench.settle();
            assert_eq!((bench.get("token_o"), bench.is("token_beyond_o")), (0xFEDC, beyond));
            for (port, bit) in [
                ("token_valid_o", 0),
                ("token_asked_o", 1),
                ("s_axis_tready", 2),
                ("prediction_ready_o", 3),
                ("m_axis_tvalid", 2),
                ("m_axis_tlast", 0),
            ] {
                assert_eq!(bench.get(port), flag(bit), "{port}");
            }
            assert_eq!(bench.get("m_axis_tdata"), 0xABCD);
        }
    }
}

/// Results are read element by element, each with its sign; the core is asked word by word.
#[test]
fn results_are_shown() {
    let machine = small();
    let (elements, width) = (machine.elements as usize, machine.value_width as usize);
    let mut bench = bench(16);
    let mut random = Random(4);
    let half = 1i64 << (width - 1);
    let word = |random: &mut Random| -> Vec<i64> {
        (0..elements).map(|_| random.within(-half, half - 1)).collect()
    };
    let words: Vec<Vec<i64>> = (0..3).map(|_| word(&mut random)).collect();
    let address = encode(Register::ResultAddress, &[(Field::ResultWord, 7)]);
    write(&mut bench, Register::ResultAddress, address);
    for (index, values) in words.iter().enumerate() {
        for &value in values {
            assert_eq!(bench.get("result_word_o"), 7 + index as u64);
            let bits = values.iter().flat_map(|&x| (0..width).map(move |bit| x >> bit & 1 == 1));
            bench.set_bits("result_data_i", bits);
            assert_eq!(i64::from(read(&mut bench, Register::ResultData) as i32), value);
        }
    }
}

/// A constant reaches the core with its sign; status and scalars are the core's.
#[test]
fn constants_and_status() {
    let mut bench = bench(16);
    bench.set("s_axil_wdata", u64::from((-5i32) as u32));
    bench.settle();
    assert_eq!(bench.get_signed("constant_o"), -5);
    bench.set("busy_i", 1);
    bench.set("context_full_i", 1);
    bench.set("position_i", 23);
    bench.set("scalar_mantissa_i", 0xBEEF);
    bench.set("scalar_shift_i", 33);
    bench.set_signed("scalar_exponent_i", -2);
    let status = encode(Register::Status, &[(Field::Busy, 1), (Field::ContextFull, 1)]);
    assert_eq!(read(&mut bench, Register::Status), status);
    assert_eq!(read(&mut bench, Register::Position), 23);
    assert_eq!(read(&mut bench, Register::Scalar), 0xFE21_BEEF);
}
