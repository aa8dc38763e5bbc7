// The linear map of few rows, as a decoder needs it for each token: the weight is read once from memory, as it lies there.
//
// libtorch packs the weight at each call, or leaves the call to a product made for many rows.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "Crew.h"
#include "Epilogue.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::Half;
using ctorch::hand_out;
using ctorch::LinearMap;

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
    ctorch::avx512::Target<T> target;
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
            ctorch::avx512::finish(
                p.target, _mm512_add_ps(_mm512_loadu_ps(held + row * group), bias), row * p.outputs + first, mask);
    }
}

void outputs_of(const Product<float> &p, int64_t begin, int64_t end, float *held) { outputs(p, begin, end, held); }
void outputs_of(const Product<Half> &p, int64_t begin, int64_t end, float *held) { outputs(p, begin, end, held); }

CTORCH_AVX512_END

/// All maps in one go: the threads are woken once, and share the outputs of all of them.
template <typename T>
void multiply(
    const at::Tensor &x, const std::vector<LinearMap> &maps, CTorchActivation activation, const at::Tensor &residual) {
    std::vector<Product<T>> products;
    std::vector<int64_t> firsts{0};
    for (const auto &map : maps) {
        ctorch::avx512::Target<T> target{
            residual.defined() ? static_cast<const T *>(residual.const_data_ptr()) : nullptr,
            static_cast<T *>(map.out.mutable_data_ptr()), activation};
        products.push_back(
            {static_cast<const T *>(x.const_data_ptr()), static_cast<const T *>(map.weight.const_data_ptr()),
             map.bias.defined() ? static_cast<const T *>(map.bias.const_data_ptr()) : nullptr, target,
             x.numel() / x.size(-1), x.size(-1), map.weight.size(0)});
        firsts.push_back(firsts.back() + (map.weight.size(0) + group - 1) / group);
    }
    int64_t rows = x.numel() / x.size(-1);
    // A thread is worth it from 64 KB of weights on.
    int64_t grain = std::max<int64_t>(1, 65536 / (group * x.size(-1) * static_cast<int64_t>(sizeof(T))));
    ctorch::share(firsts.back(), grain, [&](int64_t begin, int64_t end) {
        thread_local std::vector<float> held;
        if (held.size() < static_cast<size_t>(rows * group)) held.resize(rows * group);
        for (size_t i = 0; i < products.size(); ++i) {
            int64_t from = std::max(begin, firsts[i]) - firsts[i], to = std::min(end, firsts[i + 1]) - firsts[i];
            if (from < to)
                outputs_of(products[i], from * group, std::min(products[i].outputs, to * group), held.data());
        }
    });
}

}  // namespace
#endif

bool ctorch_multiplies_few_rows(void) { return ctorch::has_avx512(); }

CTorchStatus ctorch_few_rows_linear(
    const CTorchTensor *x, const CTorchLinear *maps, size_t count, CTorchActivation activation,
    const CTorchTensor *residual, CTorchTensor **outs) {
    return guarded([&] {
        auto input = borrow(x).contiguous();
        at::Tensor added;
        auto all = ctorch::linear_maps(input, maps, count, residual, added);
        for (const auto &map : all) {
            TORCH_CHECK(
                map.weight.scalar_type() == input.scalar_type(), "linear: expected tensors of one type on the CPU");
            TORCH_CHECK(
                !at::GradMode::is_enabled() || !(input.requires_grad() || map.weight.requires_grad()),
                "linear: the product of few rows records no gradients");
        }
        TORCH_CHECK(ctorch::has_avx512(), "linear: this processor has no AVX-512");
#if defined(__x86_64__)
        if (input.scalar_type() == at::kBFloat16) multiply<Half>(input, all, activation, added);
        else multiply<float>(input, all, activation, added);
#endif
        for (size_t i = 0; i < count; ++i) outs[i] = hand_out(std::move(all[i].out));
    });
}
