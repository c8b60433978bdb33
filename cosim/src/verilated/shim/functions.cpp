
SW_EXPORT uint32_t sw_abi() { return SPIKEWRIGHT_ABI; }

// A new simulation with a context of its own, or null.
SW_EXPORT Simulation* sw_create() {
    try {
        auto simulation = std::make_unique<Simulation>();
#ifdef SPIKEWRIGHT_TRACE
        simulation->context.traceEverOn(true);
#endif
        simulation->model = std::make_unique<Vmodel>(&simulation->context);
        return simulation.release();
    } catch (...) {
        return nullptr;
    }
}

SW_EXPORT void sw_destroy(Simulation* simulation) {
    Verilated::threadContextp(&simulation->context);
    try {
        if (simulation->status != SW_STOPPED) simulation->model->final();
    } catch (...) {
        // A failing final block has nobody left to tell.
    }
    delete simulation;
}

// Lets combinational logic follow the inputs; the clock stays where it is.
SW_EXPORT uint32_t sw_settle(Simulation* simulation) {
    if (simulation->status == SW_STOPPED) return SW_STOPPED;
    Verilated::threadContextp(&simulation->context);
    try {
        simulation->model->eval();
    } catch (const Stopped& reason) {
        return stopped(simulation, reason.message.c_str());
    } catch (const std::exception& reason) {
        return stopped(simulation, reason.what());
    }
    if (simulation->context.gotFinish()) simulation->status = SW_FINISHED;
    return simulation->status;
}

SW_EXPORT uint32_t sw_tick(Simulation* simulation) { return sw_advance(simulation); }

// Why the simulation stopped; valid until it is destroyed.
SW_EXPORT const char* sw_message(Simulation* simulation) { return simulation->message.c_str(); }
