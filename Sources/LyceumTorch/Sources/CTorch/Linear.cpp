// The linear map of float32 tensors through oneDNN, for processors on which MKL takes its slow path.
//
// libtorch hands float32 products to MKL, whose kernels for other makers' processors are about a fifth slower than oneDNN's.
// bfloat16 goes to oneDNN anyway. The product for the weight's gradient stays MKL's, which is the better one there.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/List.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include "Boundary.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::hand_out;

namespace {

using Pointwise = at::Tensor(
    const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
    c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

/// x · weightᵀ + bias in oneDNN; weight may be a transposed view.
at::Tensor product(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias) {
    static const auto operation = c10::Dispatcher::singleton()
                                      .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                                      .typed<Pointwise>();
    return operation.call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

struct DNNLinear : torch::autograd::Function<DNNLinear> {
    static at::Tensor forward(
        torch::autograd::AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
        const std::optional<at::Tensor> &bias) {
        auto rows = x.reshape({-1, x.size(-1)}).contiguous();
        context->save_for_backward({rows, weight});
        context->saved_data["shape"] = x.sizes().vec();
        context->saved_data["has_bias"] = bias.has_value();
        auto shape = x.sizes().vec();
        shape.back() = weight.size(0);
        return product(rows, weight, bias).view(shape);
    }

    static torch::autograd::variable_list backward(
        torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
        auto saved = context->get_saved_variables();
        auto gradient = gradients[0].reshape({-1, gradients[0].size(-1)}).contiguous();
        at::Tensor x, weight, bias;
        if (context->needs_input_grad(0))
            x = product(gradient, saved[1].t(), std::nullopt).view(context->saved_data["shape"].toIntVector());
        if (context->needs_input_grad(1)) weight = at::mm(gradient.t(), saved[0]);
        // A bias that is missing has no place among the inputs, so it must not be asked for.
        if (context->saved_data["has_bias"].toBool() && context->needs_input_grad(2)) bias = gradient.sum(0);
        return {x, weight, bias};
    }
};

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

bool ctorch_prefers_dnn(void) { return is_faster(); }

CTorchStatus ctorch_dnn_linear(
    const CTorchTensor *x, const CTorchTensor *weight, const CTorchTensor *bias, CTorchTensor **out) {
    return guarded([&] {
        auto input = borrow(x), w = borrow(weight);
        TORCH_CHECK(
            input.dim() > 0 && w.dim() == 2 && input.size(-1) == w.size(1), "linear: a weight of shape ", w.sizes(),
            " does not fit an input of shape ", input.sizes());
        TORCH_CHECK(
            input.is_cpu() && w.is_cpu() && input.scalar_type() == at::kFloat && w.scalar_type() == at::kFloat,
            "linear: expected float32 tensors on the CPU");
        *out = hand_out(
            DNNLinear::apply(input, w, bias ? std::optional(borrow(bias)) : std::nullopt));
    });
}
