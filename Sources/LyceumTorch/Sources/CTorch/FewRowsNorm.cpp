// The layer norm of few rows, as a decoder needs it for each token, without gradients.
//
// libtorch's hands out single rows to libgomp's threads, and to wake one takes longer than all rows: see Crew.cpp. An
// operator like any other, so that it needs no entry point of its own.
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <cmath>

#include "Vector.h"

using ctorch::Half;
using ctorch::load;
using ctorch::store;
using ctorch::vector_lanes;

namespace {

/// The sum of (x[j] - shift) to the first or the second power, in lanes.
template <bool squared, typename T>
CTORCH_INLINE float moment(const T *x, int64_t count, float shift) {
    float lanes[vector_lanes] = {}, sum = 0;
    int64_t j = 0;
    for (; j + vector_lanes <= count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) {
            float distance = load(x[j + lane]) - shift;
            lanes[lane] += squared ? distance * distance : distance;
        }
    for (; j < count; ++j) {
        float distance = load(x[j]) - shift;
        sum += squared ? distance * distance : distance;
    }
    for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += lanes[lane];
    return sum;
}

template <typename T>
CTORCH_INLINE void normalise(const T *x, const T *weight, const T *bias, T *y, int64_t count, float epsilon) {
    auto size = static_cast<float>(count);
    float mean = moment<false>(x, count, 0) / size;
    float inverse = 1 / std::sqrt(moment<true>(x, count, mean) / size + epsilon);
    for (int64_t j = 0; j < count; ++j) store((load(x[j]) - mean) * inverse * load(weight[j]) + load(bias[j]), y[j]);
}

CTORCH_VECTORISED void normalise_row(
    const float *x, const float *weight, const float *bias, float *y, int64_t count, float epsilon) {
    normalise(x, weight, bias, y, count, epsilon);
}
CTORCH_VECTORISED void normalise_row(
    const Half *x, const Half *weight, const Half *bias, Half *y, int64_t count, float epsilon) {
    normalise(x, weight, bias, y, count, epsilon);
}

template <typename T>
void normalise_rows(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias, at::Tensor &y, float epsilon) {
    const auto *from = static_cast<const T *>(x.const_data_ptr()), *w = static_cast<const T *>(weight.const_data_ptr());
    const auto *b = static_cast<const T *>(bias.const_data_ptr());
    auto *to = static_cast<T *>(y.mutable_data_ptr());
    int64_t size = x.size(-1);
    for (int64_t at = 0; at < x.numel(); at += size) normalise_row(from + at, w, b, to + at, size, epsilon);
}

/// (x - mean) / √(variance + epsilon) · weight + bias over the last dimension; all float32 or all bfloat16.
at::Tensor layer_norm(const at::Tensor &given, const at::Tensor &weight, const at::Tensor &bias, double epsilon) {
    auto x = given.contiguous(), w = weight.contiguous(), b = bias.contiguous();
    TORCH_CHECK(
        x.dim() > 0 && x.numel() > 0 && w.dim() == 1 && x.size(-1) == w.size(0) && b.sizes() == w.sizes(),
        "layer norm: a weight of shape ", w.sizes(), " and a bias of shape ", b.sizes(), " do not fit an input of shape ",
        x.sizes());
    TORCH_CHECK(
        x.is_cpu() && w.is_cpu() && b.is_cpu() && x.scalar_type() == w.scalar_type() && x.scalar_type() == b.scalar_type() &&
            (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16),
        "layer norm: expected float32 or bfloat16 tensors of one type on the CPU");
    auto y = at::empty_like(x);
    if (x.scalar_type() == at::kBFloat16) normalise_rows<Half>(x, w, b, y, static_cast<float>(epsilon));
    else normalise_rows<float>(x, w, b, y, static_cast<float>(epsilon));
    return y;
}

}  // namespace

namespace {

/// A process may have a second copy of this library, of a plugin that was built elsewhere; one of them is enough.
[[maybe_unused]] const bool is_registered = [] {
    if (c10::Dispatcher::singleton().findSchema({"lyceum::layer_norm", ""})) return false;
    static torch::Library library(torch::Library::FRAGMENT, "lyceum", std::nullopt, __FILE__, __LINE__);
    library.def("layer_norm(Tensor x, Tensor weight, Tensor bias, float epsilon) -> Tensor");
    library.impl("layer_norm", c10::DispatchKey::CPU, TORCH_FN(layer_norm));
    // It records no gradients.
    library.impl("layer_norm", c10::DispatchKey::AutogradCPU, torch::CppFunction::makeFallthrough());
    return true;
}();

}  // namespace
