// What a search does with the scores of the next token, without a tensor for each step: in place, in one pass or two.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "CTorch.h"
#include "Vector.h"

using ctorch::vector_lanes;

namespace {

constexpr float never = -std::numeric_limits<float>::infinity();

CTORCH_INLINE float largest(const float *x, int64_t count) {
    float lanes[vector_lanes];
    for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] = never;
    int64_t j = 0;
    for (; j + vector_lanes <= count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane)
            lanes[lane] = x[j + lane] > lanes[lane] ? x[j + lane] : lanes[lane];
    float best = never;
    for (; j < count; ++j) best = x[j] > best ? x[j] : best;
    for (int64_t lane = 0; lane < vector_lanes; ++lane) best = lanes[lane] > best ? lanes[lane] : best;
    return best;
}

CTORCH_VECTORISED float maximum(const float *x, int64_t count) { return largest(x, count); }

CTORCH_VECTORISED void log_softmax(float *x, int64_t count) {
    float shift = largest(x, count);
    // A row in which nothing is possible stays as it is.
    if (!(shift > never)) return;
    double sum = 0;
    int64_t j = 0;
    // Short stretches in float32, their sums in float64: the last digits do not depend on the vocabulary's size.
    for (; j + vector_lanes <= count;) {
        float lanes[vector_lanes] = {};
        int64_t end = std::min(count - vector_lanes, j + 64 * vector_lanes);
        for (; j <= end; j += vector_lanes)
            for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] += ctorch::exponential(x[j + lane] - shift);
        for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += static_cast<double>(lanes[lane]);
    }
    for (; j < count; ++j) sum += static_cast<double>(ctorch::exponential(x[j] - shift));
    float logarithm = static_cast<float>(std::log(sum));
    for (j = 0; j < count; ++j) x[j] = x[j] - shift - logarithm;
}

/// Whether any of 64 numbers is above a bound.
CTORCH_VECTORISED bool exceeds(const float *x, int64_t count, float bound) {
    int32_t any = 0;
    for (int64_t j = 0; j < count; ++j) any |= x[j] > bound ? 1 : 0;
    return any != 0;
}

}  // namespace

void ctorch_scores_log_softmax(float *scores, int64_t count) { log_softmax(scores, count); }

int64_t ctorch_scores_best(const float *scores, int64_t count) {
    float best = maximum(scores, count);
    for (int64_t j = 0; j < count; ++j)
        if (scores[j] == best) return j;
    return 0;
}

int64_t ctorch_scores_top(const float *scores, int64_t count, int64_t most, int64_t *places) {
    if (most <= 0) return 0;
    // The places found so far as a heap with the worst on top; of equal scores the first counts as better.
    auto better = [&](int64_t a, int64_t b) { return scores[a] > scores[b] || (scores[a] == scores[b] && a < b); };
    int64_t held = 0, j = 0;
    for (; j < count && held < most; ++j) {
        if (scores[j] != scores[j]) continue;
        places[held++] = j;
        std::push_heap(places, places + held, better);
    }
    constexpr int64_t block = 64;
    while (j < count) {
        int64_t end = std::min(count, j + block);
        if (exceeds(scores + j, end - j, scores[places[0]]))
            for (; j < end; ++j) {
                if (!(scores[j] > scores[places[0]])) continue;
                std::pop_heap(places, places + held, better);
                places[held - 1] = j;
                std::push_heap(places, places + held, better);
            }
        j = end;
    }
    std::sort_heap(places, places + held, better);
    return held;
}
