//! `config.json` of BERT: dimensions, head and labels.

use crate::import::fields::Fields;
use crate::import::json::shown;
use crate::import::{ImportError, pretrained};
use crate::network::{BertHead, BertPooler, BertShape, BertSpiking, Function};
use serde_json::json;

/// Largest values of the dimensions: far beyond any model, small enough that no product of two
/// leaves 64 bits.
const WIDTH_MAX: u64 = 1 << 18;
const BLOCKS_MAX: u64 = 4096;
const HEADS_MAX: u64 = 1 << 12;
const IDS_MAX: u64 = 1 << 24;
const LABELS_MAX: u64 = 1 << 16;
const STEPS_MAX: u64 = 4096;

/// What `architectures` may name.
pub(super) const ARCHITECTURES: &str =
    "a list with one that ends in ForSequenceClassification, ForMaskedLM or ForPreTraining";

/// Fields that transformers writes for BERT and never reads, or that only name ids.
const WITHOUT_EFFECT: [&str; 12] = [
    "bos_token_id",
    "cls_token_id",
    "directionality",
    "eos_token_id",
    "layer_norm_type",
    "mask_token_id",
    "pooler_fc_size",
    "pooler_num_attention_heads",
    "pooler_num_fc_layers",
    "pooler_size_per_head",
    "pooler_type",
    "unk_token_id",
];

/// Which head follows the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Head {
    Classifier,
    MaskedToken,
}

/// What all families of encoders say of themselves in the same words.
pub(in crate::import) struct Outline {
    width: usize,
    hidden: usize,
    blocks: usize,
    heads: usize,
    function: Function,
    vocabulary: usize,
    context: usize,
    epsilon: f32,
    tied: bool,
    labels: Vec<String>,
    /// Where `architectures` says it.
    head: Option<Head>,
}

/// What a family says of itself in its own words.
pub(in crate::import) struct Kind {
    /// Time steps.
    pub(in crate::import) steps: usize,
    /// Its neurons.
    pub(in crate::import) spiking: BertSpiking,
    /// What stands before a classifier.
    pub(in crate::import) pooler: BertPooler,
}

impl Outline {
    /// The shape of the network; `stored` is the head whose tensors are there, for a file that does
    /// not name its architecture.
    pub(super) fn shape(self, kind: Kind, stored: Option<Head>) -> Option<BertShape> {
        let head = match self.head.or(stored)? {
            Head::Classifier => BertHead::Classifier { labels: self.labels, pooler: kind.pooler },
            Head::MaskedToken => BertHead::MaskedToken { tied: self.tied },
        };
        Some(BertShape {
            width: self.width,
            hidden: self.hidden,
            blocks: self.blocks,
            heads: self.heads,
            function: self.function,
            vocabulary: self.vocabulary,
            context: self.context,
            epsilon: self.epsilon,
            steps: kind.steps,
            spiking: kind.spiking,
            head,
            begin_token: None,
            end_token: None,
        })
    }
}

pub(super) fn read(fields: &Fields) -> Result<Outline, ImportError> {
    pretrained::declare(fields)?;
    fields.without_effect(&WITHOUT_EFFECT);
    fields.neutral("is_decoder", &json!(false))?;
    fields.neutral("position_embedding_type", &json!("absolute"))?;
    // The second sentence of a pair would be another type; a text here is one sentence.
    fields.optional_whole("type_vocab_size", 1, IDS_MAX)?;
    let width = fields.whole("hidden_size", 1, WIDTH_MAX)?;
    let heads = fields.whole("num_attention_heads", 1, HEADS_MAX)?;
    if !width.is_multiple_of(heads) {
        let expected = format!("a divisor of hidden_size, {width}");
        return Err(fields.wrong("num_attention_heads", expected));
    }
    let epsilon = "a number from 0 to 1";
    Ok(Outline {
        width,
        hidden: fields.whole("intermediate_size", 1, WIDTH_MAX)?,
        blocks: fields.whole("num_hidden_layers", 1, BLOCKS_MAX)?,
        heads,
        function: function(fields)?,
        vocabulary: fields.whole("vocab_size", 1, IDS_MAX)?,
        context: fields.whole("max_position_embeddings", 1, IDS_MAX)?,
        epsilon: fields
            .optional_number("layer_norm_eps", epsilon, |x| (0.0..=1.0).contains(&x))?
            .unwrap_or(1e-12),
        tied: fields.flag("tie_word_embeddings")?.unwrap_or(true),
        labels: labels(fields)?,
        head: head(fields)?,
    })
}

fn function(fields: &Fields) -> Result<Function, ImportError> {
    match fields.optional_text("hidden_act")? {
        None | Some("gelu") => Ok(Function::Gelu),
        Some("gelu_new" | "gelu_fast" | "gelu_pytorch_tanh") => Ok(Function::GeluTanh),
        Some("relu") => Ok(Function::Relu),
        Some("silu" | "swish") => Ok(Function::Silu),
        Some(_) => {
            let expected = "\"gelu\", \"gelu_new\", \"gelu_fast\", \"gelu_pytorch_tanh\", \
                            \"relu\", \"silu\" or \"swish\"";
            Err(fields.wrong("hidden_act", expected))
        }
    }
}

fn head(fields: &Fields) -> Result<Option<Head>, ImportError> {
    match fields.optional_text("problem_type")? {
        None | Some("single_label_classification") => {}
        // The largest score is the answer of no other problem.
        Some(_) => return Err(fields.wrong("problem_type", "\"single_label_classification\"")),
    }
    let names = fields.texts("architectures")?;
    let known = |name: &&str| {
        if name.ends_with("ForSequenceClassification") {
            Some(Head::Classifier)
        } else if name.ends_with("ForMaskedLM") || name.ends_with("ForPreTraining") {
            Some(Head::MaskedToken)
        } else {
            None
        }
    };
    match (names.iter().find_map(known), names.is_empty()) {
        (None, false) => Err(fields.wrong("architectures", ARCHITECTURES)),
        (head, _) => Ok(head),
    }
}

/// The names of the classes by id. Transformers has two classes where nothing is said.
fn labels(fields: &Fields) -> Result<Vec<String>, ImportError> {
    let stated = fields.optional_whole("num_labels", 1, LABELS_MAX)?;
    let Some(named) = fields.object("id2label")? else {
        return Ok((0..stated.unwrap_or(2)).map(|class| format!("LABEL_{class}")).collect());
    };
    let mut labels = Vec::new();
    while named.has(&labels.len().to_string()) {
        labels.push(shown(named.text(&labels.len().to_string())?));
    }
    // Ids that leave one out cannot be rows of the classifier.
    named.finish()?;
    if let Some(twice) = (1..labels.len()).find(|&at| labels[..at].contains(&labels[at])) {
        return Err(named.wrong(&twice.to_string(), "a name that no other class has"));
    }
    if labels.is_empty() || labels.len() as u64 > LABELS_MAX {
        return Err(fields.wrong("id2label", format!("an object of 1 to {LABELS_MAX} labels")));
    }
    if stated.is_some_and(|stated| stated != labels.len()) {
        let expected = format!("{}, as many as id2label has", labels.len());
        return Err(fields.wrong("num_labels", expected));
    }
    Ok(labels)
}

/// `steps` of the object `spiking`.
pub(in crate::import) fn steps(spiking: &Fields) -> Result<usize, ImportError> {
    // How many bits the weights have is seen in the weights.
    spiking.optional_whole("weight_bits", 1, 2)?;
    spiking.whole("steps", 1, STEPS_MAX)
}

/// `readout` of the object `spiking`: what stands before the classifier.
pub(in crate::import) fn pooler(
    spiking: &Fields,
    pooled: BertPooler,
    default: BertPooler,
) -> Result<BertPooler, ImportError> {
    match spiking.optional_text("readout")? {
        None => Ok(default),
        Some("pooler") => Ok(pooled),
        Some("classifier") => Ok(BertPooler::None),
        Some(_) => Err(spiking.wrong("readout", "\"pooler\" or \"classifier\"")),
    }
}
