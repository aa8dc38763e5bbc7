// Root-mean-square norms for the CPU: one pass forward, one backward, with one number kept for each row.
//
// libtorch composes this norm of six operators on the CPU, each of which reads and writes all elements, in float32.
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "Boundary.h"
#include "Vector.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::Half;
using ctorch::hand_out;
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
    at::parallel_for(0, rows, std::max<int64_t>(1, 32768 / size), [&](int64_t begin, int64_t end) {
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
    at::parallel_for(0, parts, grain, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part)
            for (int64_t row = part * each; row < std::min(rows, (part + 1) * each); ++row)
                differentiate_row(
                    source + row * size, w, g + row * size, inverse[row], target + row * size, sum + part * size, size);
    });
}

struct FusedRMSNorm : torch::autograd::Function<FusedRMSNorm> {
    static at::Tensor forward(
        torch::autograd::AutogradContext *context, const at::Tensor &given, const at::Tensor &weight, double epsilon) {
        auto x = given.contiguous(), w = weight.contiguous();
        auto y = at::empty_like(x);
        auto inverses = at::empty({x.numel() / x.size(-1)}, x.options().dtype(at::kFloat));
        if (x.scalar_type() == at::kBFloat16) forward_rows<Half>(x, w, y, inverses, static_cast<float>(epsilon));
        else forward_rows<float>(x, w, y, inverses, static_cast<float>(epsilon));
        context->save_for_backward({x, w, inverses});
        return y;
    }

    static torch::autograd::variable_list backward(
        torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
        auto saved = context->get_saved_variables();
        auto gradient = gradients[0].contiguous();
        auto x_gradient = at::empty_like(saved[0]);
        auto sums = at::zeros({parts, saved[0].size(-1)}, saved[0].options().dtype(at::kFloat));
        if (gradient.scalar_type() == at::kBFloat16)
            backward_rows<Half>(saved[0], saved[1], gradient, saved[2], x_gradient, sums);
        else backward_rows<float>(saved[0], saved[1], gradient, saved[2], x_gradient, sums);
        return {x_gradient, sums.sum(0).to(saved[1].scalar_type()), at::Tensor()};
    }
};

}  // namespace

CTorchStatus ctorch_rms_norm(const CTorchTensor *x, const CTorchTensor *weight, double epsilon, CTorchTensor **out) {
    return guarded([&] {
        auto input = borrow(x), w = borrow(weight);
        TORCH_CHECK(
            input.dim() > 0 && w.dim() == 1 && input.size(-1) == w.size(0) && input.numel() > 0,
            "rms norm: a weight of shape ", w.sizes(), " does not fit an input of shape ", input.sizes());
        TORCH_CHECK(
            input.is_cpu() && w.is_cpu() && input.scalar_type() == w.scalar_type() &&
                (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16),
            "rms norm: expected float32 or bfloat16 tensors of one type on the CPU");
        *out = hand_out(FusedRMSNorm::apply(input, w, epsilon));
    });
}
