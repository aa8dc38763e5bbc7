// The handles that Distributed.cpp, Nccl.cpp and Reducer.cpp share.
#pragma once

#include <torch/csrc/distributed/c10d/Backend.hpp>

#include "Boundary.h"

struct CTorchGroup {
    /// For tensors in main memory.
    c10::intrusive_ptr<c10d::Backend> backend;
    int32_t count;
    /// For those of one CUDA device; null without NCCL.
    c10::intrusive_ptr<c10d::Backend> device_backend;
    std::optional<c10::Device> device;
};

struct CTorchWork {
    c10::intrusive_ptr<c10d::Work> work;
};

namespace ctorch {

/// Whether a collective is done within the time; throws what it failed with.
bool wait(c10d::Work &work, int64_t milliseconds);

}  // namespace ctorch
