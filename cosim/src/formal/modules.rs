//! The modules whose properties are proven, in shapes that a prover can hold: the properties do not
//! depend on how wide and deep the data is.

use crate::pipeline::{PipelineError, Source, SourceOptions};
use firmware::vector_stream::VectorStream;
use hdl::blocks::array::train_events::TrainEvents;
use hdl::blocks::control::token_loop::TokenLoop;
use hdl::blocks::host::host_port::HostPort;
use hdl::blocks::host::uart_bridge::UartBridge;
use hdl::blocks::host::vector_input::VectorInput;
use hdl::blocks::host::vector_output::VectorOutput;
use hdl::blocks::memory::prediction_queue::PredictionQueue;
use hdl::language::module::Module;
use std::sync::Arc;

/// Every module with properties, apart from those that stand in another of the list: they are
/// proven there, with what their surroundings promise them.
///
/// # Errors
/// If the sample network cannot be lowered.
pub fn modules() -> Result<Vec<Arc<Module>>, PipelineError> {
    let options = SourceOptions { tokens: Some(1), ..SourceOptions::default() };
    let file = options.design_file()?;
    let network = options.network(&file)?.network;
    let texts = options.texts(&file, &network, &mut Vec::new())?;
    let source = Source { file, network, texts };
    let machine = source.lower()?.parameters;
    let stream = VectorStream { first: 1, words: 3, value_width: 4 };
    Ok(vec![
        HostPort { machine, token_width: 16 }.module(),
        PredictionQueue { context: 4 }.module(),
        VectorInput { stream, elements: 2, value_width: 6 }.module(),
        VectorOutput { stream, elements: 2, value_width: 6 }.module(),
        TokenLoop { context: 16, vocabulary: 24 }.module(),
        TrainEvents { slots: 4, count_width: 2 }.module(),
        UartBridge { divisor: 4, queue_depth: 4 }.module(),
    ])
}
