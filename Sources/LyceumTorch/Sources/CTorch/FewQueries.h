// Attention from few queries, as a decoder needs it for each token.
#pragma once

#include <cstdint>
#include <vector>

#include "Vector.h"

namespace ctorch {

/// One head of queries that read the same keys and values.
template <typename T>
struct Reading {
    /// The first query's numbers of this head, and the step to the next query's.
    const T *query;
    int64_t query_stride;
    int64_t queries;
    /// Where the key and the value of position 0 lie, and the steps from position to position.
    const T *keys, *values;
    int64_t key_stride, value_stride;
    /// Positions, and numbers of a key and of a value.
    int64_t length, size, value_size;
    /// If not null, position j lies `slot_stride · slots[j]` further on.
    const int32_t *slots = nullptr;
    int64_t slot_stride = 0;
    /// Added to the scores, for the first query, and the steps to the next query and the next position; null for none.
    const T *bias = nullptr;
    int64_t bias_query_stride = 0, bias_stride = 0;
    float scale = 1;
    /// As the queries.
    T *out;
    int64_t out_stride;
};

/// softmax(query · keyᵀ · scale + bias) · value. `scratch` is grown to what it needs. Needs `has_avx512()`.
void read(const Reading<float> &reading, std::vector<float> &scratch);
void read(const Reading<Half> &reading, std::vector<float> &scratch);

}  // namespace ctorch
