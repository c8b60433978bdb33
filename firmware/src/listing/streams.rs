//! What goes over the machine's streams where it takes or gives vectors.

use super::{heading, line};
use crate::machine::Program;
use crate::vector_stream::{VectorMap, VectorStream};

impl Program {
    pub(super) fn list_streams(&self, text: &mut String) {
        let input = self.parameters.input.as_ref().zip(self.input.as_ref());
        let output = self.parameters.output.as_ref().zip(self.output.as_ref());
        if input.is_none() && output.is_none() {
            return;
        }
        heading(text, "Streams");
        for (name, stream, ids) in
            [("s_axis", input, "token ids"), ("m_axis", output, "predictions")]
        {
            match stream {
                None => line(text, format_args!("{name}  {ids}, one a beat")),
                Some((stream, map)) => self.list_stream(text, name, stream, map),
            }
        }
    }

    fn list_stream(&self, text: &mut String, name: &str, stream: &VectorStream, map: &VectorMap) {
        let VectorStream { words, value_width, .. } = stream;
        let (elements, bits) = (self.parameters.elements, stream.beat_value_width());
        line(
            text,
            format_args!(
                "{name}  vectors of {}: {} of {elements} values in {bits} bits, of which {value_width} \
                 count, two's complement; one is worth {}; values of no channel are 0",
                counted(map.places.len(), "channel"),
                counted(*words as usize, "beat"),
                map.unit
            ),
        );
        let in_order = map.places.iter().enumerate().all(|(channel, &place)| channel == place);
        if !in_order {
            let places: Vec<String> = map.places.iter().map(usize::to_string).collect();
            line(text, format_args!("        value of channel 0, 1 ...: {}", places.join(" ")));
        }
    }
}

/// A number of things.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
