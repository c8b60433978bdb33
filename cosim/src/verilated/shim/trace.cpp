
// Records the cycles from..=to into a VCD file; 0 if it could be opened.
SW_EXPORT uint32_t sw_trace_open(Simulation* simulation, const char* path, uint64_t from,
                                 uint64_t to) {
    try {
        auto wave = std::make_unique<VerilatedVcdC>();
        wave->set_time_unit("1ns");
        wave->set_time_resolution("1ns");
        simulation->model->trace(wave.get(), 99);
        wave->open(path);
        if (!wave->isOpen()) return 1;
        simulation->wave = std::move(wave);
        simulation->from = from;
        simulation->to = to;
        return 0;
    } catch (...) {
        return 1;
    }
}

SW_EXPORT void sw_trace_close(Simulation* simulation) {
    if (simulation->wave) simulation->wave->close();
    simulation->wave.reset();
}
