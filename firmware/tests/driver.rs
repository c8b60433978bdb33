//! The host driver against a register file that behaves as the map says.

use firmware::driver::{Bus, Counters, Driver, DriverError, LayerSetting, OutputMode, Status};
use firmware::engine::EngineParameters;
use firmware::registers::{Field, Register, encode};
use firmware::tiling::Tiling;
use pretty_assertions::assert_eq;
use std::collections::BTreeMap;
use weights::config::{Form, Target};
use weights::neuron::{Leak, presets};
use weights::numeric::Radix;
use weights::packing::Packing;

fn design() -> EngineParameters {
    EngineParameters {
        lanes: 4,
        slots: 5,
        planes: 2,
        radix: Radix::Bitwise,
        form: Form::Dense,
        acc_width: 12,
        target: Target::Portable,
        packing: Packing::TwoBit,
        weight_depth: 16,
        spike_depth: 32,
        skip_empty: false,
        neurons: 2,
        rows_max: 16,
        rule: presets::spikingbert(Leak::None, 12),
    }
}

/// Memories with their auto-incrementing addresses; everything else reads what was last written.
#[derive(Debug)]
struct MockEngine {
    words: BTreeMap<u32, u32>,
    weights: BTreeMap<(u32, u32), u32>,
    thresholds: BTreeMap<u32, u32>,
    banks: u32,
    neurons: u32,
    writes: usize,
    busy_polls: u32,
}

impl MockEngine {
    fn new(engine: &EngineParameters) -> Self {
        let mut words: BTreeMap<_, _> =
            Register::all().map(|register| (register.offset(), register.reset())).collect();
        for (register, value) in engine.constants() {
            words.insert(register.offset(), value);
        }
        MockEngine {
            words,
            weights: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            banks: engine.banks() as u32,
            neurons: engine.neurons as u32,
            writes: 0,
            busy_polls: 0,
        }
    }

    fn set(&mut self, register: Register, fields: &[(Field, u32)]) {
        self.words.insert(register.offset(), encode(register, fields));
    }

    fn word(&self, register: Register) -> u32 {
        self.words[&register.offset()]
    }

    fn store_weight(&mut self, value: u32) {
        let address = self.word(Register::WeightAddress);
        let (bank, word) = (Field::WeightBank.extract(address), Field::WeightWord.extract(address));
        self.weights.insert((word, bank), value);
        let (bank, word) = if bank + 1 == self.banks { (0, word + 1) } else { (bank + 1, word) };
        self.set(
            Register::WeightAddress,
            &[(Field::WeightBank, bank), (Field::WeightWord, word & 0xFFFF)],
        );
    }
}

impl Bus for MockEngine {
    type Error = String;

    fn read(&mut self, offset: u32) -> Result<u32, String> {
        if offset == Register::Status.offset() && self.busy_polls > 0 {
            self.busy_polls -= 1;
            return Ok(Field::Busy.place(1));
        }
        self.words.get(&offset).copied().ok_or_else(|| format!("no answer at {offset:#x}"))
    }

    fn write(&mut self, offset: u32, value: u32) -> Result<(), String> {
        self.writes += 1;
        let register = Register::all().find(|register| register.offset() == offset);
        match register.ok_or("no such register")? {
            Register::WeightData => self.store_weight(value),
            Register::ThresholdData => {
                let address = self.word(Register::ThresholdAddress);
                let place = Field::ThresholdPlace.extract(address);
                let group = Field::ThresholdGroup.extract(address);
                self.thresholds.insert(group * self.neurons + place, value);
                let wraps = place + 1 == self.neurons;
                let next = if wraps { (0, group + 1) } else { (place + 1, group) };
                self.set(
                    Register::ThresholdAddress,
                    &[(Field::ThresholdPlace, next.0), (Field::ThresholdGroup, next.1)],
                );
            }
            register => {
                assert!(register.is_writable(), "{} is read only", register.name());
                self.words.insert(offset, value);
            }
        }
        Ok(())
    }
}

#[test]
fn another_engine_is_refused_with_the_field() {
    let other = EngineParameters { slots: 6, ..design() };
    let error = Driver::connect(MockEngine::new(&other), design()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "field slots of register lanes_slots reads 6, the design has 5; \
         load the hardware that was generated with this design"
    );
    let other = EngineParameters { rule: presets::spikingbert(Leak::Decay(4), 12), ..design() };
    let error = Driver::connect(MockEngine::new(&other), design()).unwrap_err();
    assert!(error.to_string().starts_with("field leak_kind of register rule reads 2"));
    let mut silent = MockEngine::new(&design());
    silent.words.clear();
    let error = Driver::connect(silent, design()).unwrap_err();
    assert_eq!(error.to_string(), "register id cannot be reached: no answer at 0x0");
}

#[test]
fn weights_lie_at_their_words_and_banks() {
    let engine = design();
    let tiling = Tiling::new(7, 11, engine.lanes, engine.slots).unwrap();
    let trits: Vec<i8> = (0..77).map(|index| (index % 3) as i8 - 1).collect();
    let image = tiling.image(&trits, engine.packing).unwrap();
    let mut mock = MockEngine::new(&engine);
    Driver::connect(&mut mock, engine).unwrap().load_weights(&image).unwrap();
    assert_eq!(mock.weights.len(), tiling.words() * engine.banks());
    // The map is ordered by word, then bank: the order of the image.
    assert_eq!(mock.weights.into_values().collect::<Vec<_>>(), image);
}

#[test]
fn an_image_that_does_not_fit_writes_nothing() {
    let mut mock = MockEngine::new(&design());
    let mut driver = Driver::connect(&mut mock, design()).unwrap();
    assert_eq!(design().banks(), 2);
    assert_eq!(driver.load_weights(&[0; 3]), Err(DriverError::Image { length: 3, banks: 2 }));
    assert_eq!(
        driver.load_weights(&[0; 34]).unwrap_err().to_string(),
        "weight words 17 is outside 0..=16; choose an engine or a layer that fits"
    );
    assert_eq!(mock.writes, 0);
}

#[test]
fn thresholds_are_checked_and_stored_by_row() {
    let mut mock = MockEngine::new(&design());
    let mut driver = Driver::connect(&mut mock, design()).unwrap();
    driver.load_thresholds(&[5, 1, 2047]).unwrap();
    for (bad, message) in [
        (vec![0], "threshold 0 is outside 1..=2047;"),
        (vec![-3], "threshold -3 is outside 1..=2047;"),
        (vec![2048], "threshold 2048 is outside 1..=2047;"),
        (vec![1; 17], "thresholds 17 is outside 0..=16;"),
    ] {
        assert!(driver.load_thresholds(&bad).unwrap_err().to_string().starts_with(message));
    }
    assert_eq!(mock.thresholds.into_values().collect::<Vec<_>>(), [5, 1, 2047]);
}

#[test]
fn a_layer_is_configured_and_run() {
    let mut mock = MockEngine::new(&design());
    let mut driver = Driver::connect(&mut mock, design()).unwrap();
    let tiling = Tiling::new(7, 11, 4, 5).unwrap();
    let layer = LayerSetting::new(&tiling, 4, OutputMode::Spikes);
    driver.configure(&layer).unwrap();
    driver.clear().unwrap();
    driver.run().unwrap();
    for bad in [
        LayerSetting { rows: 0, ..layer },
        LayerSetting { rows: 17, ..layer },
        LayerSetting { column_tiles: 0, ..layer },
        LayerSetting { column_tiles: 9, ..layer },
        LayerSetting { steps: 65536, ..layer },
    ] {
        assert!(matches!(driver.configure(&bad), Err(DriverError::Range { .. })), "{bad:?}");
    }
    assert_eq!(mock.word(Register::Rows), 7);
    assert_eq!(mock.word(Register::ColumnTiles), 3);
    assert_eq!(mock.word(Register::Steps), 4);
    assert_eq!(mock.word(Register::OutputMode), 1);
    assert_eq!(mock.word(Register::Control), 1);
    assert_eq!(mock.writes, 6);
}

#[test]
fn status_and_counters_have_their_types() {
    let mut mock = MockEngine::new(&design());
    mock.set(Register::Status, &[(Field::BadFrame, 1), (Field::Saturated, 1)]);
    mock.set(Register::Cycles, &[(Field::Cycles, u32::MAX)]);
    mock.set(Register::Results, &[(Field::Results, 12)]);
    mock.busy_polls = 2;
    let mut driver = Driver::connect(mock, design()).unwrap();
    assert_eq!(driver.wait_idle(2), Err(DriverError::Busy { polls: 2 }));
    let status = driver.wait_idle(2).unwrap();
    assert_eq!(status, Status { bad_frame: true, saturated: true, ..Status::default() });
    assert!(status.has_error());
    assert_eq!(status.to_string(), "idle, bad_frame, saturated");
    let counters = driver.counters().unwrap();
    assert_eq!(counters, Counters { cycles: u32::MAX, results: 12, ..Counters::default() });
}
