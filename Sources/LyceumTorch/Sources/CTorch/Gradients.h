// Gradients in parts, as the kernels of optimizers read them: summed up while they are needed anyway.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "CTorch.h"
#include "Vector.h"

namespace ctorch {

/// A parameter's gradient: the sum of its parts.
struct Gradient {
    struct Part {
        const void *data;
        bool is_half;
    };
    std::vector<Part> parts;
    int64_t count;

    explicit Gradient(const CTorchGradient &given);
};

/// The memory of a float32 tensor of `count` elements, to be written; `what` names it in errors.
float *writable_floats(const CTorchTensor *handle, int64_t count, const char *what);
/// The same of the weights' copy in brain floats; null for none.
Half *writable_halves(const CTorchTensor *handle, int64_t count);
/// Notes that tensors (null for none) were written: whoever keeps something that depends on them looks at their version.
void note_written(std::initializer_list<CTorchTensor *> tensors);

/// Elements whose gradient is summed up at a time, in the first cache.
constexpr int64_t gradient_strip = 1024;
/// Elements that are worth a thread.
constexpr int64_t gradient_block = int64_t(1) << 16;

template <typename T>
CTORCH_INLINE void add_part(const T *part, float *sum, int64_t count, bool first) {
    if (first)
        for (int64_t j = 0; j < count; ++j) sum[j] = load(part[j]);
    else
        for (int64_t j = 0; j < count; ++j) sum[j] += load(part[j]);
}

/// Elements `start ..< start + count` of a gradient.
CTORCH_INLINE void sum_up(const Gradient &gradient, int64_t start, int64_t count, float *sum) {
    for (size_t i = 0; i < gradient.parts.size(); ++i) {
        const auto &part = gradient.parts[i];
        if (part.is_half) add_part(static_cast<const Half *>(part.data) + start, sum, count, i == 0);
        else add_part(static_cast<const float *>(part.data) + start, sum, count, i == 0);
    }
}

/// The sum of squares, in lanes.
CTORCH_INLINE float squares(const float *x, int64_t count) {
    float lanes[vector_lanes] = {};
    int64_t j = 0;
    for (; j + vector_lanes <= count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] += x[j + lane] * x[j + lane];
    float sum = 0;
    for (; j < count; ++j) sum += x[j] * x[j];
    for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += lanes[lane];
    return sum;
}

/// Elements of one of several tensors: work for one thread, whatever their sizes.
struct Block {
    size_t tensor;
    int64_t start, end;
};

/// Divides tensors of `count(i)` elements.
template <typename Count>
std::vector<Block> blocks_of(size_t tensors, Count count) {
    std::vector<Block> blocks;
    for (size_t i = 0; i < tensors; ++i)
        for (int64_t start = 0; start < count(i); start += gradient_block)
            blocks.push_back({i, start, std::min(start + gradient_block, count(i))});
    return blocks;
}

}  // namespace ctorch
