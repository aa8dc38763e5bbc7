// Direct calls of libtorch, for scripts/bench/ops: each runs its operator `count` times on one thread.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { OPS_ADD_SMALL, OPS_ADD, OPS_MULTIPLY_SCALAR, OPS_TRANSPOSE, OPS_LINEAR };

/// Seconds that `count` calls take. `operation` is one of OPS_*.
double ops_direct(int32_t operation, int64_t count);

#ifdef __cplusplus
}
#endif
