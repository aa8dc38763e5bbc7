// The threads of the decoder's kernels.
#pragma once

#include <c10/util/FunctionRef.h>

#include <cstdint>

namespace ctorch {

/// Calls `body(from, to)` for parts of 0 ..< count, each at least `grain` long but for the last, on at most
/// `at::get_num_threads()` threads, and comes back when all of them are done. As `at::parallel_for`, for what is too short
/// to wake a thread for: see Crew.cpp. What a part throws is thrown again here.
void share(int64_t count, int64_t grain, c10::function_ref<void(int64_t from, int64_t to)> body);

}  // namespace ctorch
