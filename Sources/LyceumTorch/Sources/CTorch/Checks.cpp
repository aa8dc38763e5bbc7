// What is asked of tensors without making others: one pass over memory.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "Boundary.h"
#include "Crew.h"
#include "Vector.h"

using ctorch::borrow;
using ctorch::guarded;

namespace {

/// Whether an exponent says infinite or NaN: all of its bits are set.
CTORCH_VECTORISED bool has_odd(const float *x, int64_t count) {
    uint32_t most = 0;
    for (int64_t j = 0; j < count; ++j) {
        uint32_t bits;
        std::memcpy(&bits, x + j, sizeof bits);
        uint32_t exponent = bits & 0x7f800000u;
        most = exponent > most ? exponent : most;
    }
    return most == 0x7f800000u;
}

}  // namespace

CTorchStatus ctorch_all_finite(const CTorchTensor *tensor, bool *answer) {
    return guarded([&] {
        auto x = borrow(tensor);
        TORCH_CHECK(x.is_cpu() && x.scalar_type() == at::kFloat && x.is_contiguous(), "expected a contiguous float32 tensor");
        std::atomic<bool> odd{false};
        const auto *from = static_cast<const float *>(x.const_data_ptr());
        ctorch::share(x.numel(), 65536, [&](int64_t begin, int64_t end) {
            // In stretches, so that an odd one ends the search soon.
            for (int64_t j = begin; j < end && !odd; j += 65536)
                if (has_odd(from + j, std::min<int64_t>(65536, end - j))) odd = true;
        });
        *answer = !odd;
    });
}

int64_t ctorch_tensor_version(const CTorchTensor *tensor) {
    auto *implementation = ctorch::implementation(tensor);
    return implementation->is_inference() ? -1 : static_cast<int64_t>(implementation->version_counter().current_version());
}
