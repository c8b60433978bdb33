
// Records the cycles from..=to into a VCD file; 0 if it could be opened.
SW_EXPORT uint32_t sw_trace_open(Simulation* simulation, const char* path, uint64_t from,
                                 uint64_t to) {
    auto* wave = new VerilatedVcdC;
    try {
        wave->set_time_unit("1ns");
        wave->set_time_resolution("1ns");
        simulation->model->trace(wave, 99);
        wave->open(path);
        if (!wave->isOpen()) return 1;
    } catch (...) {
        simulation->give_up(wave);
        return 1;
    }
    simulation->wave.reset(wave);
    simulation->from = from;
    simulation->to = to;
    return 0;
}

// Completes the file; 0 if all of it could be written.
SW_EXPORT uint32_t sw_trace_close(Simulation* simulation) {
    if (VerilatedVcdC* wave = simulation->wave.release()) {
        try {
            wave->close();
            delete wave;
        } catch (...) {
            simulation->give_up(wave);
        }
    }
    return simulation->lost ? 1 : 0;
}
