// The linear map of few rows, as a decoder needs it for each token: the weight is read once from memory, as it lies there.
//
// libtorch packs the weight at each call, or leaves the call to a product made for many rows.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "Avx512.h"
#include "Boundary.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::Half;
using ctorch::hand_out;

bool ctorch::has_avx512() {
#if defined(__x86_64__)
    static const bool answer = [] {
        __builtin_cpu_init();
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
    }();
    return answer;
#else
    return false;
#endif
}

#if defined(__x86_64__)
namespace {

template <typename T>
struct Product {
    const T *x, *weight, *bias;
    T *out;
    int64_t rows, inputs, outputs;
};

CTORCH_AVX512_BEGIN

/// Outputs that are made together: as many as fill a line of the cache, written only when all of them are there.
constexpr int64_t group = 16;

template <typename T, int M, bool streams>
CTORCH_INLINE void block(const Product<T> &p, int64_t row, const T *const *weights, float *held) {
    __m128 sums[M];
    const T *x = p.x + row * p.inputs;
    if constexpr (streams) ctorch::avx512::stream<T, M>(x, p.inputs, weights, p.inputs, sums);
    else ctorch::avx512::four<T, M>(x, p.inputs, weights, p.inputs, sums);
    for (int i = 0; i < M; ++i) _mm_storeu_ps(held + (row + i) * group, sums[i]);
}

/// Four outputs of all rows.
template <typename T>
CTORCH_INLINE void four_outputs(const Product<T> &p, const T *const *weights, float *held) {
    // The first rows bring the weights into the cache, where the others find them.
    switch (p.rows) {
        case 1: return block<T, 1, true>(p, 0, weights, held);
        case 2: return block<T, 2, true>(p, 0, weights, held);
        case 3: return block<T, 3, true>(p, 0, weights, held);
        default: block<T, 4, true>(p, 0, weights, held); break;
    }
    int64_t row = 4;
    for (; row + 4 <= p.rows; row += 4) block<T, 4, false>(p, row, weights, held);
    switch (p.rows - row) {
        case 3: return block<T, 3, false>(p, row, weights, held);
        case 2: return block<T, 2, false>(p, row, weights, held);
        case 1: return block<T, 1, false>(p, row, weights, held);
        default: return;
    }
}

/// Outputs `begin ..< end` of all rows. Each is added up in the same order, however many rows there are.
template <typename T>
CTORCH_INLINE void outputs(const Product<T> &p, int64_t begin, int64_t end, float *held) {
    for (int64_t first = begin; first < end; first += group) {
        int64_t count = std::min(group, end - first);
        for (int64_t column = 0; column < count; column += 4) {
            const T *weights[4];
            // The last output stands in for those that are missing.
            for (int64_t j = 0; j < 4; ++j)
                weights[j] = p.weight + std::min(first + column + j, p.outputs - 1) * p.inputs;
            four_outputs(p, weights, held + column);
        }
        auto mask = static_cast<__mmask16>((1u << count) - 1);
        __m512 bias = p.bias ? ctorch::avx512::numbers(p.bias + first, mask) : _mm512_setzero_ps();
        for (int64_t row = 0; row < p.rows; ++row)
            ctorch::avx512::put(
                p.out + row * p.outputs + first, _mm512_add_ps(_mm512_loadu_ps(held + row * group), bias), mask);
    }
}

void outputs_of(const Product<float> &p, int64_t begin, int64_t end, float *held) { outputs(p, begin, end, held); }
void outputs_of(const Product<Half> &p, int64_t begin, int64_t end, float *held) { outputs(p, begin, end, held); }

CTORCH_AVX512_END

template <typename T>
void multiply(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, at::Tensor &out) {
    Product<T> p{
        static_cast<const T *>(x.const_data_ptr()), static_cast<const T *>(weight.const_data_ptr()),
        bias.defined() ? static_cast<const T *>(bias.const_data_ptr()) : nullptr,
        static_cast<T *>(out.mutable_data_ptr()), x.numel() / x.size(-1), x.size(-1), weight.size(0)};
    // A thread is worth it from 64 KB of weights on.
    int64_t groups = (p.outputs + group - 1) / group;
    int64_t grain = std::max<int64_t>(1, 65536 / (group * p.inputs * static_cast<int64_t>(sizeof(T))));
    at::parallel_for(0, groups, grain, [&](int64_t begin, int64_t end) {
        thread_local std::vector<float> held;
        if (held.size() < static_cast<size_t>(p.rows * group)) held.resize(p.rows * group);
        outputs_of(p, begin * group, std::min(p.outputs, end * group), held.data());
    });
}

}  // namespace
#endif

bool ctorch_multiplies_few_rows(void) { return ctorch::has_avx512(); }

CTorchStatus ctorch_few_rows_linear(
    const CTorchTensor *x, const CTorchTensor *weight, const CTorchTensor *bias, CTorchTensor **out) {
    return guarded([&] {
        auto input = borrow(x).contiguous(), w = borrow(weight).contiguous();
        auto b = bias ? borrow(bias).contiguous() : at::Tensor();
        TORCH_CHECK(
            input.dim() > 0 && w.dim() == 2 && input.size(-1) == w.size(1) && input.numel() > 0,
            "linear: a weight of shape ", w.sizes(), " does not fit an input of shape ", input.sizes());
        TORCH_CHECK(
            !b.defined() || (b.dim() == 1 && b.size(0) == w.size(0) && b.scalar_type() == input.scalar_type() && b.is_cpu()),
            "linear: the bias does not fit");
        TORCH_CHECK(
            input.is_cpu() && w.is_cpu() && input.scalar_type() == w.scalar_type() &&
                (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16),
            "linear: expected float32 or bfloat16 tensors of one type on the CPU");
        TORCH_CHECK(
            !at::GradMode::is_enabled() || !(input.requires_grad() || w.requires_grad()),
            "linear: the product of few rows records no gradients");
        TORCH_CHECK(ctorch::has_avx512(), "linear: this processor has no AVX-512");
        auto shape = input.sizes().vec();
        shape.back() = w.size(0);
        auto result = at::empty(shape, input.options());
#if defined(__x86_64__)
        if (input.scalar_type() == at::kBFloat16) multiply<Half>(input, w, b, result);
        else multiply<float>(input, w, b, result);
#endif
        *out = hand_out(std::move(result));
    });
}
