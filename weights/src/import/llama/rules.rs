//! `spikellm.activations`: how inputs of matrices become spikes.

use crate::import::ImportError;
use crate::import::fields::Fields;
use crate::llama::{
    ActivationRules, Coding, GIF_BITS, GIF_SCALE_MAX, GIF_SCALE_MIN, GifRule, Linear, LlamaShape,
    Site,
};
use crate::neuron::LastStep;
use serde_json::{Value, json};

pub(super) fn read(fields: &Fields, shape: &LlamaShape) -> Result<ActivationRules, ImportError> {
    fields.neutral("sites", &json!(Site::ALL.map(Site::name)))?;
    let mean_count = mean_count(fields)?;
    let rule = |name: &str, added_bits| match fields.object(name)? {
        None => Ok(None),
        Some(object) => gif(&object, shape, added_bits).map(Some),
    };
    let (gif_t2, gif_t4) = (rule("gif_t2", 1)?, rule("gif_t4", 2)?);
    let default = match fields.optional_text("default")? {
        None | Some("float") => Coding::Float,
        Some("counts") if mean_count.is_some() => Coding::Counts,
        Some("gif_t2") if gif_t2.is_some() => Coding::GifT2,
        Some("gif_t4") if gif_t4.is_some() => Coding::GifT4,
        Some(_) => {
            let expected = "\"float\", or \"counts\", \"gif_t2\" or \"gif_t4\" where it is there";
            return Err(fields.wrong("default", expected));
        }
    };
    fields.finish()?;
    Ok(ActivationRules { default, mean_count, gif_t2, gif_t4 })
}

/// The mean count of a rule of counts.
pub(in crate::import) fn mean_count(fields: &Fields) -> Result<Option<f64>, ImportError> {
    let Some(counts) = fields.object("counts")? else { return Ok(None) };
    let valid = |x: f64| (0.01..=1000.0).contains(&x);
    let mean_count = counts.number("k", "a number from 0.01 to 1000", valid)?;
    counts.neutral("rounding", &json!("half_even"))?;
    counts.without_effect(&["threshold", "count"]);
    counts.finish()?;
    Ok(Some(f64::from(mean_count)))
}

fn gif(fields: &Fields, shape: &LlamaShape, added_bits: u32) -> Result<GifRule, ImportError> {
    fields.neutral("bits", &json!(GIF_BITS))?;
    fields.neutral("levels", &json!(1 << GIF_BITS))?;
    fields.neutral("added_bits", &json!(added_bits))?;
    fields.neutral("steps", &json!(1 << added_bits))?;
    fields.neutral("clamp_scale", &json!([GIF_SCALE_MIN, GIF_SCALE_MAX]))?;
    fields.neutral("rounding", &json!("half_even"))?;
    fields.neutral("range", &json!("min..max of the token"))?;
    let last_step = match fields.optional_text("last_step")? {
        None | Some("remainder") => LastStep::Remainder,
        Some("same") => LastStep::Same,
        Some(_) => return Err(fields.wrong("last_step", "\"remainder\" or \"same\"")),
    };
    let tied = fields.flag("tied_scale")?.unwrap_or(false);
    let share =
        fields.number("salient_share", "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
    let Some(salient) = fields.object("salient")? else {
        return Err(fields.wrong("salient", "an object with a list a site"));
    };
    let mut channels: [Vec<Vec<usize>>; 4] = Default::default();
    for (site, channels) in Site::ALL.into_iter().zip(&mut channels) {
        let columns = site_width(shape, site);
        *channels = lists(salient.value(site.name()), shape.blocks, columns).ok_or_else(|| {
            let expected =
                format!("{} lists of channels below {columns}, each ascending", shape.blocks);
            salient.wrong(site.name(), expected)
        })?;
    }
    salient.finish()?;
    fields.finish()?;
    let salient_share = f64::from(share);
    Ok(GifRule { added_bits, last_step, tied, salient_share, salient: channels })
}

/// Channels of a site.
fn site_width(shape: &LlamaShape, site: Site) -> usize {
    let reader = Linear::ALL.into_iter().find(|linear| linear.site() == site);
    reader.map_or(0, |linear| shape.size(linear).1)
}

fn lists(value: Option<&Value>, blocks: usize, columns: usize) -> Option<Vec<Vec<usize>>> {
    let lists = value?.as_array().filter(|lists| lists.len() == blocks)?;
    lists.iter().map(|list| Fields::ascending(list, columns as u64 - 1)).collect()
}
