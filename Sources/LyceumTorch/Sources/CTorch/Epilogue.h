// What becomes of the sums of a linear map before they are written: bias, activation, residual. Done while they are in
// registers, these cost nothing; as operators of their own each would read and write the result once more.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <vector>

#include "Avx512.h"
#include "Boundary.h"
#include "CTorch.h"

namespace ctorch {

/// A linear map with its tensors, and where its result goes.
struct LinearMap {
    at::Tensor weight, bias, scales, offsets, out;
};

/// The maps of a call with results that are not filled yet, checked against `x`; the weights' types are left to the caller.
inline std::vector<LinearMap> linear_maps(
    const at::Tensor &x, const CTorchLinear *maps, size_t count, const CTorchTensor *residual, at::Tensor &added) {
    TORCH_CHECK(x.dim() > 0 && x.numel() > 0 && count > 0, "linear: an input of shape ", x.sizes());
    TORCH_CHECK(
        x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16),
        "linear: expected float32 or bfloat16 inputs on the CPU");
    std::vector<LinearMap> all;
    for (size_t i = 0; i < count; ++i) {
        LinearMap map;
        map.weight = borrow(maps[i].weight).contiguous();
        if (maps[i].bias) map.bias = borrow(maps[i].bias).contiguous();
        if (maps[i].scales) map.scales = borrow(maps[i].scales);
        if (maps[i].offsets) map.offsets = borrow(maps[i].offsets);
        const auto &w = map.weight, &b = map.bias;
        TORCH_CHECK(
            w.is_cpu() && w.dim() == 2 && x.size(-1) == w.size(1), "linear: a weight of shape ", w.sizes(),
            " does not fit an input of shape ", x.sizes());
        TORCH_CHECK(
            !b.defined() || (b.dim() == 1 && b.size(0) == w.size(0) && b.scalar_type() == x.scalar_type() && b.is_cpu()),
            "linear: the bias does not fit");
        auto shape = x.sizes().vec();
        shape.back() = w.size(0);
        map.out = at::empty(shape, x.options().requires_grad(false));
        all.push_back(std::move(map));
    }
    if (residual) {
        added = borrow(residual).contiguous();
        for (const auto &map : all)
            TORCH_CHECK(
                added.is_cpu() && added.scalar_type() == x.scalar_type() && added.sizes() == map.out.sizes(),
                "linear: a residual of shape ", added.sizes(), " does not fit a result of shape ", map.out.sizes());
    }
    return all;
}

}  // namespace ctorch

#if defined(__x86_64__)
CTORCH_AVX512_BEGIN
namespace ctorch::avx512 {

/// e to the power of x, as `ctorch::exponential`.
CTORCH_INLINE __m512 exponential(__m512 x) {
    __m512 bounded = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-87.33f)), _mm512_set1_ps(88.0f));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(bounded, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), bounded);
    r = _mm512_fmadd_ps(n, _mm512_set1_ps(2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.9875691500e-4f);
    for (float next : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(next));
    p = _mm512_add_ps(_mm512_fmadd_ps(_mm512_mul_ps(p, r), r, r), _mm512_set1_ps(1));
    return _mm512_scalef_ps(p, n);
}

/// The error function, to a unit in the last place: one polynomial for small numbers, one in the exponent for others.
/// Coefficients: N. Juffa, "erff() in one polynomial each" (2014, public domain).
CTORCH_INLINE __m512 error_function(__m512 x) {
    __m512 t = _mm512_abs_ps(x), s = _mm512_mul_ps(x, x);
    __m512 r = _mm512_fmadd_ps(_mm512_set1_ps(-1.72853470e-5f), t, _mm512_set1_ps(3.83197126e-4f));
    __m512 u = _mm512_fmadd_ps(_mm512_set1_ps(-3.88396438e-3f), t, _mm512_set1_ps(2.42546219e-2f));
    r = _mm512_fmadd_ps(r, s, u);
    for (float next : {-1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f}) r = _mm512_fmadd_ps(r, t, _mm512_set1_ps(next));
    r = _mm512_fmsub_ps(r, t, t);
    __m512 large = _mm512_sub_ps(_mm512_set1_ps(1), exponential(r));
    large = _mm512_or_ps(large, _mm512_and_ps(x, _mm512_set1_ps(-0.0f)));
    __m512 q = _mm512_set1_ps(-5.96761703e-4f);
    for (float next : {4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f, -3.76125336e-1f, 1.28379166e-1f})
        q = _mm512_fmadd_ps(q, s, _mm512_set1_ps(next));
    __m512 small = _mm512_fmadd_ps(q, x, x);
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(t, _mm512_set1_ps(0.927734375f), _CMP_GT_OQ), small, large);
}

CTORCH_INLINE __m512 activate(__m512 x, CTorchActivation activation) {
    switch (activation) {
        case CTORCH_RELU: return _mm512_max_ps(x, _mm512_setzero_ps());
        case CTORCH_GELU: {
            __m512 half = _mm512_mul_ps(x, _mm512_set1_ps(0.5f));
            return _mm512_fmadd_ps(half, error_function(_mm512_mul_ps(x, _mm512_set1_ps(0.707106781f))), half);
        }
        default: return x;
    }
}

/// Where results go, and what is added to them; pointers to the first element of all rows.
template <typename T>
struct Target {
    const T *residual;
    T *out;
    CTorchActivation activation;
};

/// Finishes up to sixteen sums and writes them `at` a place.
template <typename T>
CTORCH_INLINE void finish(const Target<T> &target, __m512 sums, int64_t at, __mmask16 mask) {
    sums = activate(sums, target.activation);
    if (target.residual) sums = _mm512_add_ps(sums, numbers(target.residual + at, mask));
    put(target.out + at, sums, mask);
}

}  // namespace ctorch::avx512
CTORCH_AVX512_END
#endif
