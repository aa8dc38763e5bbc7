// Tensors from and to memory, what they are, and autograd.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <torch/csrc/autograd/function.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "Boundary.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::hand_out;
using ctorch::implementation;

namespace {

/// Row-major elements in main memory, detached.
at::Tensor on_host(const CTorchTensor *tensor) { return borrow(tensor).detach().cpu().contiguous(); }

at::TensorOptions options(int32_t dtype) {
    return at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(at::kCPU);
}

}  // namespace

CTorchStatus ctorch_tensor_from_bytes(
    const void *bytes, size_t byte_count, const int64_t *shape, size_t rank, int32_t dtype, CTorchTensor **out) {
    return guarded([&] {
        auto tensor = at::empty(at::IntArrayRef(shape, rank), options(dtype));
        TORCH_CHECK(
            tensor.nbytes() == byte_count, "a tensor of shape ", tensor.sizes(), " takes ", tensor.nbytes(),
            " bytes, ", byte_count, " were given");
        if (byte_count > 0) std::memcpy(tensor.mutable_data_ptr(), bytes, byte_count);
        *out = hand_out(std::move(tensor));
    });
}

CTorchStatus ctorch_tensor_from_memory(
    void *bytes, const int64_t *shape, size_t rank, int32_t dtype, void *context, void (*release)(void *context),
    CTorchTensor **out) {
    // Shared by the deleter and this frame, so that the memory is released exactly once on every path.
    std::shared_ptr<void> owner;
    return guarded([&] {
        owner = std::shared_ptr<void>(context, release);
        auto tensor = at::from_blob(
            bytes, at::IntArrayRef(shape, rank), [keep = owner](void *) mutable { keep.reset(); },
            options(dtype));
        *out = hand_out(std::move(tensor));
    });
}

CTorchStatus ctorch_tensor_copy_bytes(const CTorchTensor *tensor, void *bytes, size_t byte_count) {
    return guarded([&] {
        auto source = on_host(tensor);
        TORCH_CHECK(
            source.nbytes() == byte_count, "the tensor holds ", source.nbytes(), " bytes, the buffer ", byte_count);
        if (byte_count > 0) std::memcpy(bytes, source.const_data_ptr(), byte_count);
    });
}

const void *ctorch_tensor_data(const CTorchTensor *tensor) {
    const void *address = nullptr;
    guarded([&] { address = borrow(tensor).const_data_ptr(); });
    return address;
}

CTorchTensorInfo ctorch_tensor_info(const CTorchTensor *tensor) {
    auto *impl = implementation(tensor);
    auto device = impl->device();
    return {
        static_cast<int32_t>(c10::typeMetaToScalarType(impl->dtype())), static_cast<int32_t>(device.type()),
        static_cast<int32_t>(device.index()), impl->layout() == at::kStrided && !impl->is_nested()};
}

size_t ctorch_tensor_rank(const CTorchTensor *tensor) { return implementation(tensor)->dim(); }

void ctorch_tensor_sizes(const CTorchTensor *tensor, int64_t *sizes) {
    auto source = implementation(tensor)->sizes();
    std::copy(source.begin(), source.end(), sizes);
}

void ctorch_tensor_strides(const CTorchTensor *tensor, int64_t *strides) {
    auto source = implementation(tensor)->strides();
    std::copy(source.begin(), source.end(), strides);
}

int64_t ctorch_tensor_count(const CTorchTensor *tensor) { return implementation(tensor)->numel(); }

bool ctorch_tensor_is_contiguous(const CTorchTensor *tensor) { return implementation(tensor)->is_contiguous(); }

bool ctorch_tensor_shares_memory(const CTorchTensor *a, const CTorchTensor *b) {
    auto *first = implementation(a);
    auto *second = implementation(b);
    return first->has_storage() && second->has_storage() &&
           first->storage().is_alias_of(second->storage());
}

bool ctorch_tensor_requires_grad(const CTorchTensor *tensor) { return implementation(tensor)->requires_grad(); }

CTorchStatus ctorch_tensor_set_requires_grad(CTorchTensor *tensor, bool requires_grad) {
    return guarded([&] {
        auto self = borrow(tensor);
        TORCH_CHECK(
            !requires_grad || at::isFloatingType(self.scalar_type()),
            "only tensors of floating point dtype can require gradients");
        self.requires_grad_(requires_grad);
    });
}

CTorchStatus ctorch_tensor_grad(const CTorchTensor *tensor, CTorchTensor **out) {
    return guarded([&] { *out = hand_out(at::Tensor(borrow(tensor).grad())); });
}

CTorchStatus ctorch_tensor_set_grad(CTorchTensor *tensor, const CTorchTensor *grad) {
    return guarded([&] {
        auto self = borrow(tensor);
        auto value = grad ? borrow(grad) : at::Tensor();
        TORCH_CHECK(
            !value.defined() || (value.sizes() == self.sizes() && value.scalar_type() == self.scalar_type() &&
                                 value.device() == self.device()),
            "assigned grad has shape ", value.sizes(), " and dtype ", value.dtype(), ", its tensor has shape ",
            self.sizes(), " and dtype ", self.dtype());
        self.mutable_grad() = value;
    });
}

CTorchStatus ctorch_tensor_backward(const CTorchTensor *tensor, const CTorchTensor *gradient, bool retain_graph) {
    return guarded(
        [&] { borrow(tensor).backward(gradient ? borrow(gradient) : at::Tensor(), retain_graph, false); });
}

void ctorch_tensor_grad_function(const CTorchTensor *tensor, char *name, size_t capacity) {
    if (capacity == 0) return;
    name[0] = 0;
    guarded([&] {
        auto function = borrow(tensor).grad_fn();
        if (!function) return;
        name[function->name().copy(name, capacity - 1)] = 0;
    });
}
