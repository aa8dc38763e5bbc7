// Part of a forward pass whose inner results are not kept but computed again when its gradients are due.
//
// Source: Chen, Xu, Zhang and Guestrin, "Training Deep Nets with Sublinear Memory Cost" (2016).
#include <ATen/core/ivalue.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <utility>
#include <vector>

#include "Boundary.h"

using ctorch::guarded;
using ctorch::hand_out;

namespace {

/// Whether this thread computes a part whose gradients are taken when it is computed again.
thread_local bool rehearses = false;

/// The caller's function and what it needs; released with the last graph that holds it.
struct Part final : torch::CustomClassHolder {
    void *context;
    CTorchPart run;
    void (*release)(void *context);

    Part(void *context, CTorchPart run, void (*release)(void *context))
        : context(context), run(run), release(release) {}
    ~Part() override { release(context); }

    at::Tensor operator()(const std::vector<at::Tensor> &inputs) const {
        std::vector<CTorchTensor *> handles;
        for (const auto &input : inputs) handles.push_back(hand_out(at::Tensor(input)));
        CTorchTensor *output = run(context, handles.data(), handles.size());
        if (!output)
            C10_THROW_ERROR(
                Error, std::string("a part of the network could not be computed: ") + ctorch_last_error());
        auto result = ctorch::borrow(output);
        ctorch_tensor_release(output);
        return result;
    }
};

struct Recomputation : torch::autograd::Function<Recomputation> {
    static at::Tensor forward(
        torch::autograd::AutogradContext *context, const c10::intrusive_ptr<Part> &part, at::TensorList inputs) {
        context->saved_data["part"] = c10::IValue::make_capsule(part);
        context->save_for_backward(inputs.vec());
        // What is computed now must be what is computed again, to the last bit: no kernels without gradients.
        struct Rehearsal {
            bool before = std::exchange(rehearses, true);
            ~Rehearsal() { rehearses = before; }
        } rehearsal;
        return (*part)(inputs.vec());
    }

    static torch::autograd::variable_list backward(
        torch::autograd::AutogradContext *context, torch::autograd::variable_list gradients) {
        auto part = c10::static_intrusive_pointer_cast<Part>(context->saved_data["part"].toCapsule());
        std::vector<at::Tensor> inputs;
        for (const auto &saved : context->get_saved_variables())
            inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
        at::Tensor output;
        {
            c10::AutoGradMode recording(true);
            output = (*part)(inputs);
        }
        // The weights' gradients are added to the weights here and now.
        torch::autograd::backward({output}, {gradients[0]});
        torch::autograd::variable_list result{at::Tensor()};
        for (const auto &input : inputs) result.push_back(input.grad());
        return result;
    }
};

}  // namespace

bool ctorch_rehearses(void) { return rehearses; }

CTorchStatus ctorch_recomputed(
    CTorchTensor *const *inputs, size_t count, void *context, CTorchPart part, void (*release)(void *context),
    CTorchTensor **out) {
    c10::intrusive_ptr<Part> kept;
    return guarded([&] {
        kept = c10::make_intrusive<Part>(context, part, release);
        std::vector<at::Tensor> tensors;
        for (size_t i = 0; i < count; ++i) tensors.push_back(ctorch::borrow(inputs[i]));
        *out = hand_out(Recomputation::apply(kept, at::TensorList(tensors)));
    });
}
