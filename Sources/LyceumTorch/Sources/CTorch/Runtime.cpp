// Thread-wide modes and process-wide settings.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <dlfcn.h>

#include <atomic>
#include <charconv>
#include <mutex>
#include <string_view>

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

namespace {

/// Whether CUDA has been loaded. Until then nothing may ask libtorch for it, because libtorch keeps its first answer.
std::atomic<bool> cuda_loaded{false};

at::Generator generator_of(int32_t device_type, int32_t device_index) {
    if (device_type == static_cast<int32_t>(at::kCPU)) return at::detail::getDefaultCPUGenerator();
    TORCH_CHECK(cuda_loaded, "CUDA is not loaded");
    return at::globalContext().defaultGenerator(
        at::Device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index)));
}

}  // namespace

CTorchStatus ctorch_manual_seed(uint64_t seed) {
    return guarded([&] {
        if (cuda_loaded) {
            at::manual_seed(seed);
            return;
        }
        auto generator = at::detail::getDefaultCPUGenerator();
        std::lock_guard lock(generator.mutex());
        generator.set_current_seed(seed);
    });
}

CTorchStatus ctorch_rng_state(int32_t device_type, int32_t device_index, CTorchTensor **out) {
    return guarded([&] {
        auto generator = generator_of(device_type, device_index);
        std::lock_guard lock(generator.mutex());
        *out = hand_out(generator.get_state());
    });
}

CTorchStatus ctorch_set_rng_state(int32_t device_type, int32_t device_index, const CTorchTensor *state) {
    return guarded([&] {
        auto generator = generator_of(device_type, device_index);
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

// The driver's own library, and functions of it that have not changed since CUDA 1.
static void *initialised_cuda_driver() {
    void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!driver) return nullptr;
    auto *init = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
    return init && init(0) == 0 ? driver : nullptr;
}

int32_t ctorch_cuda_driver_devices(void) {
    void *driver = initialised_cuda_driver();
    if (!driver) return 0;
    auto *device_count = reinterpret_cast<int (*)(int *)>(dlsym(driver, "cuDeviceGetCount"));
    int count = 0;
    return device_count && device_count(&count) == 0 ? count : 0;
}

int32_t ctorch_cuda_driver_capability(int32_t device) {
    constexpr int compute_capability_major = 75;
    void *driver = initialised_cuda_driver();
    if (!driver) return 0;
    auto *attribute = reinterpret_cast<int (*)(int *, int, int)>(dlsym(driver, "cuDeviceGetAttribute"));
    int major = 0;
    return attribute && attribute(&major, compute_capability_major, device) == 0 ? major : 0;
}

bool ctorch_library_folder(char *path, size_t capacity) {
    Dl_info info;
    auto *known = reinterpret_cast<void *>(&at::get_num_threads);
    if (dladdr(known, &info) == 0 || !info.dli_fname) return false;
    std::string_view name(info.dli_fname);
    auto end = name.rfind('/');
    if (end == std::string_view::npos || end >= capacity) return false;
    path[name.copy(path, end)] = 0;
    return true;
}

CTorchStatus ctorch_load_cuda(const char *path) {
    return guarded([&] {
        // Never closed: its static constructors have registered operators.
        if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL)) {
            const char *reason = dlerror();
            C10_THROW_ERROR(Error, reason ? reason : "it cannot be opened");
        }
        TORCH_CHECK(at::hasCUDA(), "libtorch finds no CUDA device");
        cuda_loaded = true;
    });
}
