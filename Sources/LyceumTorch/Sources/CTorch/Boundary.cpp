#include "Boundary.h"

#include <atomic>
#include <string_view>

namespace ctorch {

namespace {
thread_local std::string last_error;
std::atomic<int64_t> live_count{0};
}  // namespace

void remember_error(const char *message) noexcept {
    try {
        std::string_view text(message ? message : "");
        last_error.assign(text.substr(0, text.find('\n')));
    } catch (...) {
        last_error.clear();  // out of memory: an empty text is all that is left to say
    }
}

CTorchTensor *hand_out(at::Tensor &&tensor) noexcept {
    if (!tensor.defined()) return nullptr;
    live_count.fetch_add(1, std::memory_order_relaxed);
    return reinterpret_cast<CTorchTensor *>(tensor.unsafeReleaseTensorImpl());
}

}  // namespace ctorch

const char *ctorch_last_error(void) { return ctorch::last_error.c_str(); }

CTorchTensor *ctorch_tensor_share(const CTorchTensor *tensor) { return ctorch::hand_out(ctorch::borrow(tensor)); }

void ctorch_tensor_release(CTorchTensor *tensor) {
    if (!tensor) return;
    ctorch::live_count.fetch_sub(1, std::memory_order_relaxed);
    c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(ctorch::implementation(tensor)).reset();
}

int64_t ctorch_tensor_live_count(void) { return ctorch::live_count.load(std::memory_order_relaxed); }
