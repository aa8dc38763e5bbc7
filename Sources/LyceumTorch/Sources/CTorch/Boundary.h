// The one place where a C++ exception becomes a status, and the two doors between handles and at::Tensor.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <exception>
#include <string>
#include <utility>

#include "CTorch.h"

namespace ctorch {

/// Keeps the first line of `message` as the thread's last error.
void remember_error(const char *message) noexcept;

/// Runs `body`; an exception becomes CTORCH_FAILED and the thread's last error.
template <typename Body>
CTorchStatus guarded(Body &&body) noexcept {
    try {
        body();
        return CTORCH_OK;
    } catch (const c10::Error &error) {
        remember_error(error.what_without_backtrace());
    } catch (const std::exception &error) {
        remember_error(error.what());
    } catch (...) {
        remember_error("libtorch threw something that is not a std::exception");
    }
    return CTORCH_FAILED;
}

/// A borrowed handle as an at::Tensor (+1 while it lives).
inline at::Tensor borrow(const CTorchTensor *handle) {
    auto *implementation = reinterpret_cast<at::TensorImpl *>(const_cast<CTorchTensor *>(handle));
    return at::Tensor(
        c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim_copy(implementation));
}

/// The tensor behind a handle, without touching its reference count.
inline at::TensorImpl *implementation(const CTorchTensor *handle) {
    return reinterpret_cast<at::TensorImpl *>(const_cast<CTorchTensor *>(handle));
}

/// Hands a tensor out to the caller, who now owns it. Null for an undefined tensor.
CTorchTensor *hand_out(at::Tensor &&tensor) noexcept;

}  // namespace ctorch
