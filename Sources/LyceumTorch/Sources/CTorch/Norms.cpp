// Root-mean-square norms for the CPU: one pass forward, one backward, with one number kept for each row.
//
// libtorch composes this norm of six operators on the CPU, each of which reads and writes all elements, in float32.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "Crew.h"
#include "Recorded.h"
#include "Vector.h"

using ctorch::Half;
using ctorch::load;
using ctorch::store;
using ctorch::vector_lanes;

namespace {

/// The sum of a[j] · b[j] · c[j], in lanes; `c` may be null.
template <typename T>
CTORCH_INLINE float product_sum(const T *a, const T *b, const T *c, int64_t count) {
    float lanes[vector_lanes] = {};
    int64_t j = 0;
    for (; j + vector_lanes <= count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) {
            float product = load(a[j + lane]) * load(b[j + lane]);
            lanes[lane] += c ? product * load(c[j + lane]) : product;
        }
    float sum = 0;
    for (; j < count; ++j) sum += load(a[j]) * load(b[j]) * (c ? load(c[j]) : 1.0f);
    for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += lanes[lane];
    return sum;
}

template <typename T>
CTORCH_INLINE float normalise(const T *x, const T *weight, T *y, int64_t count, float epsilon) {
    float inverse = 1 / std::sqrt(product_sum(x, x, static_cast<const T *>(nullptr), count) / static_cast<float>(count) + epsilon);
    for (int64_t j = 0; j < count; ++j) store(load(x[j]) * inverse * load(weight[j]), y[j]);
    return inverse;
}

/// The gradient of a row, and what it adds to that of the weight.
template <typename T>
CTORCH_INLINE void differentiate(
    const T *x, const T *weight, const T *gradient, float inverse, T *x_gradient, float *weight_gradient, int64_t count) {
    float mean = product_sum(gradient, x, weight, count) / static_cast<float>(count) * inverse * inverse;
    for (int64_t j = 0; j < count; ++j) {
        float g = load(gradient[j]), value = load(x[j]);
        store((g * load(weight[j]) - value * mean) * inverse, x_gradient[j]);
        weight_gradient[j] += g * value * inverse;
    }
}

CTORCH_VECTORISED float normalise_row(const float *x, const float *weight, float *y, int64_t count, float epsilon) {
    return normalise(x, weight, y, count, epsilon);
}
CTORCH_VECTORISED float normalise_row(const Half *x, const Half *weight, Half *y, int64_t count, float epsilon) {
    return normalise(x, weight, y, count, epsilon);
}
CTORCH_VECTORISED void differentiate_row(
    const float *x, const float *weight, const float *gradient, float inverse, float *x_gradient, float *weight_gradient,
    int64_t count) {
    differentiate(x, weight, gradient, inverse, x_gradient, weight_gradient, count);
}
CTORCH_VECTORISED void differentiate_row(
    const Half *x, const Half *weight, const Half *gradient, float inverse, Half *x_gradient, float *weight_gradient,
    int64_t count) {
    differentiate(x, weight, gradient, inverse, x_gradient, weight_gradient, count);
}

/// The weight's gradient is added up in so many parts, however many threads there are.
constexpr int64_t parts = 16;

template <typename T>
void forward_rows(const at::Tensor &x, const at::Tensor &weight, at::Tensor &y, at::Tensor &inverses, float epsilon) {
    int64_t size = x.size(-1), rows = inverses.numel();
    const auto *source = static_cast<const T *>(x.const_data_ptr()), *w = static_cast<const T *>(weight.const_data_ptr());
    auto *target = static_cast<T *>(y.mutable_data_ptr());
    auto *inverse = inverses.mutable_data_ptr<float>();
    ctorch::share(rows, std::max<int64_t>(1, 32768 / size), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            inverse[row] = normalise_row(source + row * size, w, target + row * size, size, epsilon);
    });
}

template <typename T>
void backward_rows(
    const at::Tensor &x, const at::Tensor &weight, const at::Tensor &gradient, const at::Tensor &inverses,
    at::Tensor &x_gradient, at::Tensor &sums) {
    int64_t size = x.size(-1), rows = inverses.numel(), each = (rows + parts - 1) / parts;
    const auto *source = static_cast<const T *>(x.const_data_ptr()), *w = static_cast<const T *>(weight.const_data_ptr());
    const auto *g = static_cast<const T *>(gradient.const_data_ptr());
    auto *target = static_cast<T *>(x_gradient.mutable_data_ptr());
    const auto *inverse = static_cast<const float *>(inverses.const_data_ptr());
    auto *sum = sums.mutable_data_ptr<float>();
    int64_t grain = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, size * each));
    ctorch::share(parts, grain, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part)
            for (int64_t row = part * each; row < std::min(rows, (part + 1) * each); ++row)
                differentiate_row(
                    source + row * size, w, g + row * size, inverse[row], target + row * size, sum + part * size, size);
    });
}

}  // namespace

std::pair<at::Tensor, at::Tensor> ctorch::rms_norm(const at::Tensor &x, const at::Tensor &weight, double epsilon) {
    auto y = at::empty_like(x);
    auto inverses = at::empty({x.numel() / x.size(-1)}, x.options().dtype(at::kFloat));
    if (x.scalar_type() == at::kBFloat16) forward_rows<Half>(x, weight, y, inverses, static_cast<float>(epsilon));
    else forward_rows<float>(x, weight, y, inverses, static_cast<float>(epsilon));
    return {y, inverses};
}

std::pair<at::Tensor, at::Tensor> ctorch::differentiate_rms_norm(
    const at::Tensor &x, const at::Tensor &weight, const at::Tensor &inverses, const at::Tensor &gradient) {
    auto x_gradient = at::empty_like(x);
    auto sums = at::zeros({parts, x.size(-1)}, x.options().dtype(at::kFloat));
    if (gradient.scalar_type() == at::kBFloat16) backward_rows<Half>(x, weight, gradient, inverses, x_gradient, sums);
    else backward_rows<float>(x, weight, gradient, inverses, x_gradient, sums);
    return {x_gradient, sums.sum(0).to(weight.scalar_type())};
}
