
// A new simulation whose registers and memories begin with bits drawn from a seed, or null.
SW_EXPORT Simulation* sw_create_seeded(uint32_t seed) {
    try {
        auto simulation = std::make_unique<Simulation>();
#ifdef SPIKEWRIGHT_TRACE
        simulation->context.traceEverOn(true);
#endif
        simulation->context.randReset(2);
        // Seed 0 would be another one in every process.
        simulation->context.randSeed(1 + static_cast<int>(seed % 0x7fffffff));
        simulation->model = std::make_unique<Vmodel>(&simulation->context);
        return simulation.release();
    } catch (...) {
        return nullptr;
    }
}
