// Gradients in parts, and their norm.
#include "Gradients.h"

#include <algorithm>
#include <cmath>

#include "Boundary.h"
#include "Crew.h"

using ctorch::borrow;
using ctorch::Gradient;
using ctorch::guarded;

Gradient::Gradient(const CTorchGradient &given) : count(0) {
    TORCH_CHECK(given.count > 0, "a gradient without parts");
    for (size_t i = 0; i < given.count; ++i) {
        auto part = borrow(given.parts[i]);
        TORCH_CHECK(
            part.is_cpu() && part.is_contiguous() && (part.scalar_type() == at::kFloat || part.scalar_type() == at::kBFloat16),
            "expected gradients in one piece of memory, float32 or bfloat16, on the CPU");
        TORCH_CHECK(i == 0 || part.numel() == count, "the parts of a gradient have ", count, " and ", part.numel(), " elements");
        count = part.numel();
        parts.push_back({part.const_data_ptr(), part.scalar_type() == at::kBFloat16});
    }
}

float *ctorch::writable_floats(const CTorchTensor *handle, int64_t count, const char *what) {
    auto tensor = borrow(handle);
    TORCH_CHECK(
        tensor.is_cpu() && tensor.is_contiguous() && tensor.scalar_type() == at::kFloat && tensor.numel() == count,
        "expected ", what, " of ", count, " elements in one piece of memory, float32, on the CPU");
    return static_cast<float *>(tensor.mutable_data_ptr());
}

ctorch::Half *ctorch::writable_halves(const CTorchTensor *handle, int64_t count) {
    if (!handle) return nullptr;
    auto tensor = borrow(handle);
    TORCH_CHECK(
        tensor.is_cpu() && tensor.is_contiguous() && tensor.scalar_type() == at::kBFloat16 && tensor.numel() == count,
        "expected a copy of ", count, " elements in one piece of memory, bfloat16, on the CPU");
    return static_cast<Half *>(tensor.mutable_data_ptr());
}

void ctorch::note_written(std::initializer_list<CTorchTensor *> tensors) {
    for (auto *tensor : tensors)
        if (tensor) implementation(tensor)->bump_version();
}

namespace {

CTORCH_VECTORISED double square_sum(const Gradient &gradient, int64_t start, int64_t end) {
    float sum[ctorch::gradient_strip];
    double total = 0;
    for (; start < end; start += ctorch::gradient_strip) {
        int64_t count = std::min(ctorch::gradient_strip, end - start);
        ctorch::sum_up(gradient, start, count, sum);
        total += ctorch::squares(sum, count);
    }
    return total;
}

}  // namespace

CTorchStatus ctorch_gradient_norm(const CTorchGradient *given, size_t count, double *norm) {
    return guarded([&] {
        std::vector<Gradient> gradients(given, given + count);
        auto blocks = ctorch::blocks_of(count, [&](size_t i) { return gradients[i].count; });
        // By block, in whose order they are added up, so that threads make no difference.
        std::vector<double> sums(blocks.size());
        ctorch::share(static_cast<int64_t>(blocks.size()), 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i)
                sums[i] = square_sum(gradients[blocks[i].tensor], blocks[i].start, blocks[i].end);
        });
        double sum = 0;
        for (double part : sums) sum += part;
        *norm = std::sqrt(sum);
    });
}
