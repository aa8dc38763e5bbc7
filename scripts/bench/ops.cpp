#include "ops.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <chrono>

namespace {

template <typename Body>
double seconds(int64_t count, Body &&body) {
    auto start = std::chrono::steady_clock::now();
    for (int64_t index = 0; index < count; index++) body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double ops_direct(int32_t operation, int64_t count) {
    at::AutoGradMode off(false);
    auto small = at::ones({2, 2});
    auto square = at::ones({64, 64});
    switch (operation) {
        case OPS_ADD_SMALL: return seconds(count, [&] { auto sum = at::add(small, small); });
        case OPS_ADD: return seconds(count, [&] { auto sum = at::add(square, square); });
        case OPS_MULTIPLY_SCALAR: return seconds(count, [&] { auto product = at::mul(small, 2); });
        case OPS_TRANSPOSE: return seconds(count, [&] { auto view = small.transpose(0, 1); });
        default: return seconds(count, [&] { auto product = at::linear(square, square); });
    }
}
