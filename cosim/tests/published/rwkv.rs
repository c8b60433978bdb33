//! The recurrence of RWKV-4 against logits of transformers, on dense weights: its matrices stand in
//! the network as tables, which are multiplied in full precision.

use super::golden::{Golden, folder};
use super::{LOGIT_ERROR_MAX, largest_error};
use cosim::reference::float::FloatExecutor;
use std::convert::Infallible;
use weights::network::{
    LinearWeights, NamedSource, Network, Operation, RwkvShape, Table, TernaryMatrix, rwkv_network,
};

/// The dense weights, under their authors' names.
struct Dense(Golden);

impl Dense {
    fn floats(&self, name: &str) -> Vec<f32> {
        self.0.numbers(name).into_iter().map(|x| x as f32).collect()
    }
}

/// Their name of our module.
fn module(ours: &str) -> String {
    match ours {
        "embedding" => "emb".to_owned(),
        "embedding.norm" => "blocks.0.ln0".to_owned(),
        "norm" => "ln_out".to_owned(),
        _ => ours
            .replace("attention.norm", "ln1")
            .replace("ffn.norm", "ln2")
            .replace("attention", "att"),
    }
}

impl NamedSource for Dense {
    type Error = Infallible;

    fn table(&mut self, name: &str, rows: usize, columns: usize) -> Result<Table, Infallible> {
        let values = self.floats(&format!("{}.weight", module(name)));
        assert_eq!(values.len(), rows * columns);
        Ok(Table { rows, columns, values })
    }

    fn parameters(&mut self, name: &str, _: usize) -> Result<Vec<f32>, Infallible> {
        let (of, what) = name.rsplit_once('.').unwrap();
        let (part, of_part) = of.rsplit_once('.').unwrap_or(("", of));
        let part = module(part);
        Ok(match what {
            "mix" => self.floats(&format!("{part}.time_mix_{}", &of_part[..1])),
            "bonus" => self.floats(&format!("{part}.time_first")),
            "decay" => {
                let raw = self.0.numbers(&format!("{part}.time_decay"));
                raw.into_iter().map(|x| x.exp() as f32).collect()
            }
            _ => self.floats(&format!("{}.{what}", module(of))),
        })
    }

    fn weights(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<LinearWeights, Infallible> {
        let trits = vec![0; rows * columns];
        let name = name.to_owned();
        Ok(LinearWeights::Ternary(TernaryMatrix { name, rows, columns, trits, scale: 1.0 }))
    }
}

/// Puts the dense weights where the ternary matrices are.
fn with_dense_matrices(network: &mut Network, source: &mut Dense) {
    for operation in &mut network.operations {
        if let Operation::TernaryLinear { input, output, matrix } = operation {
            let Ok(table) = source.table(&matrix.name, matrix.rows, matrix.columns);
            network.tables.insert(matrix.name.clone(), table);
            let (table, input, output) = (matrix.name.clone(), input.clone(), output.clone());
            *operation = Operation::Head { table, input, output };
        }
    }
}

#[test]
fn the_recurrence_is_that_of_transformers() {
    let Some(folder) = folder("models/rwkv4-synth") else { return };
    let mut source = Dense(Golden::open(&folder.join("model.safetensors")));
    let shape = RwkvShape {
        width: 64,
        attention_width: 64,
        hidden: 256,
        blocks: 3,
        vocabulary: 256,
        epsilon: 1e-5,
        spiking: None,
        tied: false,
        begin_token: None,
        end_tokens: Default::default(),
    };
    let Ok(mut network) = rwkv_network("rwkv4-synth", &shape, &mut source);
    with_dense_matrices(&mut network, &mut source);
    let golden = Golden::open(&folder.join("reference_logits.safetensors"));
    let ids: Vec<u32> = golden.numbers("tokens").into_iter().map(|id| id as u32).collect();
    let found = FloatExecutor::new(&network).unwrap().read(&ids).unwrap();
    let error = largest_error(&found, &golden.rows("logits", &[]));
    assert!(error < LOGIT_ERROR_MAX, "{error}");
    println!("rwkv4-synth: largest error of a logit {error:.1e}");
    // Its matrices are dense: as a network for the array it is refused, with the remedy.
    let refused = weights::import::import(&folder).unwrap_err().to_string();
    assert!(refused.contains("`spikewright quantise`"), "{refused}");
}
