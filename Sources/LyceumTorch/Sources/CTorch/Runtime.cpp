// Thread-wide modes and process-wide settings.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>

#include <charconv>
#include <mutex>

#include "Boundary.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::hand_out;

struct CTorchInferenceMode {
    c10::InferenceMode mode;
};

bool ctorch_format_real(double value, char notation, int32_t precision, char *text, size_t capacity) {
    if (capacity == 0) return false;
    auto format = notation == 'e' ? std::chars_format::scientific : std::chars_format::fixed;
    auto [end, error] = std::to_chars(text, text + capacity - 1, value, format, precision);
    if (error != std::errc()) return false;
    *end = 0;
    return true;
}

bool ctorch_grad_mode(void) { return c10::GradMode::is_enabled(); }

void ctorch_set_grad_mode(bool enabled) { c10::GradMode::set_enabled(enabled); }

CTorchInferenceMode *ctorch_inference_mode_begin(void) {
    CTorchInferenceMode *mode = nullptr;
    guarded([&] { mode = new CTorchInferenceMode{c10::InferenceMode(true)}; });
    return mode;
}

void ctorch_inference_mode_end(CTorchInferenceMode *mode) { delete mode; }

CTorchStatus ctorch_manual_seed(uint64_t seed) {
    return guarded([&] { at::manual_seed(seed); });
}

CTorchStatus ctorch_rng_state(CTorchTensor **out) {
    return guarded([&] {
        auto generator = at::detail::getDefaultCPUGenerator();
        std::lock_guard lock(generator.mutex());
        *out = hand_out(generator.get_state());
    });
}

CTorchStatus ctorch_set_rng_state(const CTorchTensor *state) {
    return guarded([&] {
        auto generator = at::detail::getDefaultCPUGenerator();
        std::lock_guard lock(generator.mutex());
        generator.set_state(borrow(state));
    });
}

int32_t ctorch_threads(void) { return at::get_num_threads(); }

CTorchStatus ctorch_set_threads(int32_t count) {
    return guarded([&] {
        TORCH_CHECK(count > 0, "the number of threads must be positive, not ", count);
        at::set_num_threads(count);
    });
}

bool ctorch_has_cuda(void) {
    bool available = false;
    guarded([&] { available = at::hasCUDA(); });
    return available;
}

CTorchStatus ctorch_load_cuda(void) {
    return guarded([&] {
        Dl_info info;
        auto *known = reinterpret_cast<void *>(&at::get_num_threads);
        TORCH_CHECK(dladdr(known, &info) != 0 && info.dli_fname, "cannot tell where libtorch_cpu.so was loaded from");
        std::string path(info.dli_fname);
        path = path.substr(0, path.rfind('/') + 1) + "libtorch_cuda.so";
        // Never closed: its static constructors have registered operators.
        if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
            const char *reason = dlerror();
            C10_THROW_ERROR(Error, reason ? reason : "cannot open " + path);
        }
    });
}
