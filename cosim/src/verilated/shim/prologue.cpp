// Spikewright shim: a C interface over a Verilated model.
//
// Printed for one port list; compiled after the model in the same unit. Nothing but C types
// crosses the border, and no exception does.

#include <cstdint>
#include <memory>
#include <string>

#ifdef SPIKEWRIGHT_TRACE
#include "verilated_vcd_c.h"
#endif

#define SW_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// What a model throws instead of ending the process.
struct Stopped {
    std::string message;
};

// How a simulation stands. The values are part of the interface.
enum : uint32_t { SW_RUNNING = 0, SW_FINISHED = 1, SW_STOPPED = 2 };

struct Simulation {
    VerilatedContext context;
    // After the context, so that it is deleted before it.
    std::unique_ptr<Vmodel> model;
    uint32_t status = SW_RUNNING;
    std::string message;
#ifdef SPIKEWRIGHT_TRACE
    std::unique_ptr<VerilatedVcdC> wave;
    uint64_t cycle = 0;
    uint64_t from = 0;
    uint64_t to = 0;
    // Whether the file could not be written to its end.
    bool lost = false;

    // One cycle takes ten time units: inputs settle at 10 n, the clock rises at 10 n + 5.
    void dump(uint64_t offset) {
        if (!wave || cycle < from || cycle > to) return;
        try {
            wave->dump(10 * cycle + offset);
        } catch (...) {
            give_up(wave.release());
        }
    }

    // The destructor of a file that cannot be written would write once more, and end the process:
    // the file is left as it is.
    void give_up(VerilatedVcdC*) { lost = true; }
#endif
};

[[noreturn]] void stop(const char* file, int line, const char* what) {
    throw Stopped{std::string(file ? file : "?") + ":" + std::to_string(line) + ": " + what};
}

// The model cannot go on; the message says why.
uint32_t stopped(Simulation* simulation, const char* message) {
    simulation->status = SW_STOPPED;
    simulation->message = message;
    return SW_STOPPED;
}

// Sets the clock of a model that has one; a purely combinational model has none.
template <class Model>
auto set_clock(Model& model, CData level, int) -> decltype((void)model.clk_i) {
    model.clk_i = level;
}

template <class Model>
void set_clock(Model&, CData, long) {}

// One clock cycle. The falling edge comes first: it settles the inputs, and leaves the outputs
// settled after the rising one with no third evaluation.
inline uint32_t sw_advance(Simulation* simulation) {
    if (__builtin_expect(simulation->status == SW_STOPPED, 0)) return SW_STOPPED;
    Vmodel& model = *simulation->model;
    Verilated::threadContextp(&simulation->context);
    try {
        set_clock(model, 0, 0);
        model.eval();
#ifdef SPIKEWRIGHT_TRACE
        simulation->dump(0);
#endif
        set_clock(model, 1, 0);
        model.eval();
#ifdef SPIKEWRIGHT_TRACE
        simulation->dump(5);
        ++simulation->cycle;
#endif
    } catch (const Stopped& reason) {
        return stopped(simulation, reason.message.c_str());
    } catch (const std::exception& reason) {
        return stopped(simulation, reason.what());
    }
    if (__builtin_expect(simulation->context.gotFinish(), 0)) simulation->status = SW_FINISHED;
    return simulation->status;
}

// Random enough, the same in Rust, and no value waits for the one before: a generator that does
// would be what the loop measures.
inline uint64_t sw_next(uint64_t& state) {
    state += 0x9e3779b97f4a7c15ull;
    uint64_t random = (state ^ (state >> 32)) * 0xd6e8feb86659fd93ull;
    return random ^ (random >> 32);
}

inline uint64_t sw_fold(uint64_t sum, uint64_t word) {
    return ((sum << 5) | (sum >> 59)) ^ word;
}

}  // namespace

// Verilator's run-time library ends the process in these cases; ours tells the caller.
void vl_finish(const char*, int, const char*) VL_MT_UNSAFE {
    Verilated::threadContextp()->gotFinish(true);
}

void vl_stop(const char* file, int line, const char*) VL_MT_UNSAFE {
    stop(file, line, "$stop, $fatal or a failed assertion");
}

void vl_fatal(const char* file, int line, const char*, const char* what) VL_MT_UNSAFE {
    stop(file, line, what ? what : "fatal");
}
