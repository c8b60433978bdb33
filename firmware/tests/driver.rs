//! The machine's driver against a register file that behaves as the map says.

use firmware::bus::{Bus, DriverError};
use firmware::driver::{MachineDriver, MachineStatus};
use firmware::image::MachineImage;
use firmware::machine::MachineParameters;
use firmware::registers::{Field, Register, encode};
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use weights::config::{Form, Target};
use weights::numeric::Radix;
use weights::numeric::fixed_point::Scale;
use weights::packing::Packing;

fn design() -> MachineParameters {
    MachineParameters {
        form: Form::Dense,
        digit_passes: false,
        streams: false,
        chunks: false,
        lanes: 4,
        slots: 8,
        planes: 2,
        radix: Radix::Bitwise,
        acc_width: 16,
        target: Target::Portable,
        packing: Packing::TwoBit,
        elements: 4,
        value_width: 16,
        count_width: 8,
        key_value_digits: 4,
        embedding_digits: 3,
        context: 16,
        vocabulary: 20,
        weight_depth: 3,
        key_depth: 16,
        value_depth: 16,
        result_depth: 8,
        temporary_depth: 8,
        constant_depth: 2,
        train_depth: 8,
        train_count: 4,
        scalar_count: 8,
        program_depth: 2,
        state_depth: 0,
        level_count: 0,
        loop_depth: 0,
        plane_depth: 0,
        answers_positions: false,
        functions: true,
        input: None,
        output: None,
        fingerprint: 0,
    }
}

/// Everything that was written, in order; reads find what the map says, or what was last written.
#[derive(Debug, Default)]
struct MockMachine {
    words: BTreeMap<u32, u32>,
    writes: Vec<(u32, u32)>,
    results: u32,
}

impl MockMachine {
    fn new(machine: &MachineParameters) -> Self {
        let mut words: BTreeMap<u32, u32> =
            Register::all().map(|register| (register.offset(), register.reset())).collect();
        words.extend(machine.constants().map(|(register, value)| (register.offset(), value)));
        MockMachine { words, ..MockMachine::default() }
    }

    /// What was written to a register.
    fn written(&self, register: Register) -> Vec<u32> {
        let own = self.writes.iter().filter(|(offset, _)| *offset == register.offset());
        own.map(|(_, value)| *value).collect()
    }
}

impl Bus for MockMachine {
    type Error = String;

    fn read(&mut self, offset: u32) -> Result<u32, String> {
        if offset == Register::ResultData.offset() {
            self.results += 1;
            return Ok((-(self.results as i32)) as u32);
        }
        self.words.get(&offset).copied().ok_or(format!("no register at {offset:#04x}"))
    }

    fn write(&mut self, offset: u32, value: u32) -> Result<(), String> {
        self.writes.push((offset, value));
        self.words.insert(offset, value);
        Ok(())
    }
}

fn connected() -> MachineDriver<MockMachine> {
    MachineDriver::connect(MockMachine::new(&design()), design()).unwrap()
}

#[test]
fn another_machine_is_refused() {
    let other = MachineParameters { constant_depth: 3, ..design() };
    let error = MachineDriver::connect(MockMachine::new(&other), design()).unwrap_err();
    let expected = DriverError::Mismatch {
        register: "other_depths",
        field: "constant_depth",
        expected: 2,
        found: 3,
    };
    assert_eq!(error, expected);
}

#[test]
fn an_image_goes_to_its_memories() {
    let mut driver = connected();
    let image = MachineImage {
        weights: (0..6).collect(),
        program: vec![
            std::array::from_fn(|at| at as u32),
            std::array::from_fn(|at| 11 + at as u32),
        ],
        constants: vec![-1, 5, -32768],
    };
    driver.load(&image).unwrap();
    let bus = driver.into_bus();
    assert_eq!(bus.written(Register::WeightAddress), [0]);
    assert_eq!(bus.written(Register::WeightData), [0, 1, 2, 3, 4, 5]);
    assert_eq!(bus.written(Register::ProgramData), (0..22).collect::<Vec<u32>>());
    assert_eq!(bus.written(Register::ConstantData), [u32::MAX, 5, 0xFFFF_8000]);
    assert_eq!(bus.writes[0], (Register::Control.offset(), Field::Clear.place(1)));
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut driver = connected();
    let message = |result: Result<(), DriverError<String>>| result.unwrap_err().to_string();
    assert!(message(driver.load_weights(&[0; 7])).starts_with("an image of 7 banks"));
    assert!(message(driver.load_weights(&[0; 8])).starts_with("weight words 4 is outside 0..=3"));
    assert!(message(driver.load_constants(&[0; 9])).starts_with("constant words 3 is outside"));
    assert!(message(driver.load_program(&[[0; 11]; 3])).starts_with("instructions 3 is outside"));
    assert!(message(driver.configure(1 << 16, None)).starts_with("generate_count 65536"));
    assert_eq!(driver.into_bus().writes, []);
}

#[test]
fn a_text_is_set_up_and_read() {
    let mut driver = connected();
    driver.configure(7, Some(2)).unwrap();
    driver.begin_text().unwrap();
    let status = encode(Register::Status, &[(Field::ContextFull, 1), (Field::BadToken, 1)]);
    let scalar = encode(
        Register::Scalar,
        &[(Field::ScalarMantissa, 40_000), (Field::ScalarShift, 9), (Field::ScalarExponent, 0xFD)],
    );
    let mut bus = driver.into_bus();
    assert_eq!(bus.written(Register::GenerateCount), [7]);
    assert_eq!(bus.written(Register::EndToken), [0x1_0002]);
    assert_eq!(bus.written(Register::Control), [3]);
    bus.words.insert(Register::Status.offset(), status);
    bus.words.insert(Register::Scalar.offset(), scalar);
    let mut driver = MachineDriver::connect(bus, design()).unwrap();
    let found = driver.status().unwrap();
    let expected =
        MachineStatus { context_full: true, bad_token: true, ..MachineStatus::default() };
    assert_eq!((found, found.has_error()), (expected, true));
    assert_eq!(found.to_string(), "idle, context_full, bad_token");
    let expected = Scale { mantissa: 40_000, shift: 9, exponent: -3 };
    assert_eq!(driver.scalar(3).unwrap(), expected);
    assert_eq!(driver.results(4, 3).unwrap(), [-1, -2, -3]);
    let bus = driver.into_bus();
    assert_eq!(bus.written(Register::ResultAddress), [4 << 16]);
    assert_eq!(bus.written(Register::ScalarAddress), [3]);
}
