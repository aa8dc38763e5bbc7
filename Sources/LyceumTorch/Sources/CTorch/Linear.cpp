// The linear map of float32 tensors through oneDNN, for processors on which MKL takes its slow path.
//
// libtorch hands float32 products to MKL, whose kernels for other makers' processors are about a fifth slower than oneDNN's.
// bfloat16 goes to oneDNN anyway. The weight's gradient has a kernel of its own, WeightGradient.cpp.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/List.h>
#include <ATen/ops/linear.h>

#include "CTorch.h"
#include "Recorded.h"

namespace {

using Pointwise = at::Tensor(
    const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
    c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

bool is_faster() {
#if defined(__x86_64__)
    static const bool answer = [] {
        __builtin_cpu_init();
        return !__builtin_cpu_is("intel") && c10::Dispatcher::singleton()
                                                 .findSchema({"mkldnn::_linear_pointwise", ""})
                                                 .has_value();
    }();
    return answer;
#else
    return false;
#endif
}

}  // namespace

at::Tensor ctorch::product(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    // Below, oneDNN's call costs more than it saves.
    constexpr int64_t least = int64_t(1) << 24;
    if (x.scalar_type() != at::kFloat || x.numel() * weight.size(0) <= least) return at::linear(x, weight, bias);
    static const auto operation = c10::Dispatcher::singleton()
                                      .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                                      .typed<Pointwise>();
    return operation.call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

bool ctorch_prefers_recorded_linear(void) { return is_faster(); }
