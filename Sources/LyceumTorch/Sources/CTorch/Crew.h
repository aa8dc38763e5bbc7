// The threads of our kernels.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace ctorch {

/// Calls `body(from, to)` for parts of 0 ..< count, each at least `grain` long but for the last, on at most
/// `at::get_num_threads()` threads, and comes back when all of them are done. In place of `at::parallel_for`, which is a plain
/// loop in what Clang compiles: see Crew.cpp. What a part throws is thrown again here. On the caller alone while another
/// thread's work is shared.
void share(int64_t count, int64_t grain, c10::function_ref<void(int64_t from, int64_t to)> body);

}  // namespace ctorch
