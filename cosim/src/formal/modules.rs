//! The modules whose properties are proven, in shapes that a prover can hold: the properties do not
//! depend on how wide and deep the data is.

use crate::pipeline::layers::Lowered;
use crate::pipeline::{PipelineError, Source, SourceOptions};
use firmware::vector_stream::VectorStream;
use hdl::blocks::array::train_events::TrainEvents;
use hdl::blocks::control::token_loop::TokenLoop;
use hdl::blocks::engine::gif_neuron::GifNeuron;
use hdl::blocks::engine::neuron_group::NeuronGroup;
use hdl::blocks::engine::register_file::register_file;
use hdl::blocks::engine::result_queue::ResultQueue;
use hdl::blocks::engine::result_register::ResultRegister;
use hdl::blocks::engine::result_tile::ResultTile;
use hdl::blocks::engine::spike_buffer::SpikeBuffer;
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
    let engine = Lowered::new(&source)?.engine;
    let spike_buffer = |skip_empty| {
        SpikeBuffer { slots: 2, planes: 1, depth: 4, column_width: 3, skip_empty }.module()
    };
    let stream = VectorStream { first: 1, words: 3, value_width: 4 };
    let tile = ResultTile { lanes: 4, neurons: 2, acc_width: 5 };
    Ok(vec![
        HostPort { machine, token_width: 16 }.module(),
        PredictionQueue { context: 4 }.module(),
        VectorInput { stream, elements: 2, value_width: 6 }.module(),
        VectorOutput { stream, elements: 2, value_width: 6 }.module(),
        TokenLoop { context: 16, vocabulary: 24 }.module(),
        TrainEvents { slots: 4, count_width: 2 }.module(),
        UartBridge { divisor: 4, queue_depth: 4 }.module(),
        register_file(&engine),
        spike_buffer(false),
        spike_buffer(true),
        ResultQueue { tile, depth: 4 }.module(),
        ResultRegister { tile }.module(),
        NeuronGroup {
            neurons: 2,
            neuron: GifNeuron { rule: engine.rule, current_width: 6, saturates: true },
            rows_max: 4,
            value_bytes: 1,
            threshold_width: engine.threshold_width(),
            steps_width: 4,
        }
        .module(),
    ])
}
