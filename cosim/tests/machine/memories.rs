//! The memories of a machine, word by word: filled by writes, or by the literal execution.

use cosim::reference::machine::Write;
use firmware::machine::MachineParameters;
use weights::numeric::Trit;
use weights::numeric::fixed_point::Scale;

/// Everything that an instruction can write.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Memories {
    pub elements: usize,
    pub lanes: usize,
    pub slots: usize,
    pub results: Vec<i64>,
    pub temporaries: Vec<i64>,
    /// Column and counts of each word.
    pub trains: Vec<(u32, Vec<i16>)>,
    /// Words and magnitude of each train.
    pub descriptors: Vec<(u32, u32)>,
    pub scalars: Vec<Scale>,
    pub maxima: Vec<i64>,
    /// Words of lanes × slots trits, lane by lane.
    pub keys: Vec<Vec<Trit>>,
    pub values: Vec<Vec<Trit>>,
}

impl Memories {
    pub(crate) fn new(parameters: &MachineParameters) -> Memories {
        let MachineParameters { lanes, slots, elements, .. } = *parameters;
        let values = |depth: u32| vec![0; (depth * elements) as usize];
        let words = |depth: u32| vec![vec![0; (lanes * slots) as usize]; depth as usize];
        Memories {
            elements: elements as usize,
            lanes: lanes as usize,
            slots: slots as usize,
            results: values(parameters.result_depth),
            temporaries: values(parameters.temporary_depth),
            trains: vec![(0, vec![0; slots as usize]); parameters.train_depth as usize],
            descriptors: vec![(0, 0); parameters.train_count as usize],
            scalars: vec![Scale::default(); parameters.scalar_count as usize],
            maxima: vec![0; 32],
            keys: words(parameters.key_depth),
            values: words(parameters.value_depth),
        }
    }

    pub(crate) fn apply(&mut self, write: &Write) {
        let (elements, lanes, slots) = (self.elements, self.lanes, self.slots);
        let put = |memory: &mut Vec<i64>, address: u32, values: &[i64]| {
            let begin = address as usize * elements;
            memory[begin..begin + values.len()].copy_from_slice(values);
        };
        match write {
            Write::Results { address, values } => put(&mut self.results, *address, values),
            Write::Temporaries { address, values } => {
                assert_eq!(values.len(), elements);
                put(&mut self.temporaries, *address, values);
            }
            Write::State { .. } | Write::Level { .. } | Write::Plane { .. } => {
                unreachable!("these programs have none of it")
            }
            Write::Train { address, column, counts } => {
                self.trains[*address as usize] = (*column, counts.clone());
            }
            Write::Descriptor { train, words, magnitude } => {
                self.descriptors[*train as usize] = (*words, *magnitude);
            }
            Write::Scalar { index, scale } => self.scalars[*index as usize] = *scale,
            Write::Maximum { index, value } => self.maxima[*index as usize] = *value,
            Write::Key { address, position, trits } => {
                let lane = *position as usize % lanes;
                let word = &mut self.keys[*address as usize];
                word[lane * slots..(lane + 1) * slots].copy_from_slice(trits);
            }
            Write::Value { address, position, trits } => {
                let slot = *position as usize % slots;
                let word = &mut self.values[*address as usize];
                assert_eq!(trits.len(), lanes);
                trits.iter().enumerate().for_each(|(lane, &trit)| word[lane * slots + slot] = trit);
            }
        }
    }
}
