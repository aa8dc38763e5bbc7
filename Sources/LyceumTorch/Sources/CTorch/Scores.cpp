// What a search does with the scores of the next token, without a tensor for each step: in place, in one pass or two.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "CTorch.h"
#include "Crew.h"
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

/// What turns a score into a log-probability: it is taken off. Nothing for a row in which nothing is possible.
struct Normaliser {
    float shift = 0, logarithm = 0;
};

CTORCH_VECTORISED void normalise(const float *x, int64_t count, Normaliser *out) {
    float shift = largest(x, count);
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
    out->shift = shift;
    out->logarithm = static_cast<float>(std::log(sum));
}

CTORCH_VECTORISED void subtract(float *x, int64_t count, Normaliser n) {
    for (int64_t j = 0; j < count; ++j) x[j] = x[j] - n.shift - n.logarithm;
}

/// Whether a log-probability with `added` to it is above a bound.
CTORCH_VECTORISED bool exceeds(const float *x, int64_t count, Normaliser n, float added, float bound) {
    int32_t any = 0;
    for (int64_t j = 0; j < count; ++j) any |= ((x[j] - n.shift - n.logarithm) + added) > bound ? 1 : 0;
    return any != 0;
}

/// The place of a continuation and what it is worth.
struct Candidate {
    float value;
    int64_t place;

    /// Of equal ones the first counts as better.
    bool operator<(const Candidate &other) const {
        return value > other.value || (value == other.value && place < other.place);
    }
};

/// The best continuations of a row, at most `most`, as a heap with the worst on top.
void best_of(const float *x, int64_t width, Normaliser n, float added, int64_t first, int64_t most, std::vector<Candidate> &held) {
    constexpr int64_t block = 64;
    held.reserve(static_cast<size_t>(most));
    for (int64_t j = 0; j < width; j += block) {
        int64_t end = std::min(width, j + block);
        bool isFull = static_cast<int64_t>(held.size()) == most;
        if (isFull && !exceeds(x + j, end - j, n, added, held.front().value)) continue;
        for (int64_t k = j; k < end; ++k) {
            Candidate one{(x[k] - n.shift - n.logarithm) + added, first + k};
            if (one.value != one.value) continue;
            if (static_cast<int64_t>(held.size()) == most) {
                if (!(one.value > held.front().value)) continue;
                std::pop_heap(held.begin(), held.end());
                held.pop_back();
            }
            held.push_back(one);
            std::push_heap(held.begin(), held.end());
        }
    }
}

/// Whether any of 64 numbers is above a bound.
CTORCH_VECTORISED bool exceeds(const float *x, int64_t count, float bound) {
    int32_t any = 0;
    for (int64_t j = 0; j < count; ++j) any |= x[j] > bound ? 1 : 0;
    return any != 0;
}

}  // namespace

void ctorch_scores_log_softmax(float *scores, int64_t count) {
    Normaliser n;
    normalise(scores, count, &n);
    subtract(scores, count, n);
}

void ctorch_scores_normalisers(const float *scores, int64_t rows, int64_t width, CTorchNormaliser *out) {
    ctorch::share(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, width)), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            Normaliser n;
            normalise(scores + row * width, width, &n);
            out[row] = {n.shift, n.logarithm};
        }
    });
}

int64_t ctorch_scores_best_continuations(
    const float *scores, int64_t rows, int64_t width, const CTorchNormaliser *normalisers, const float *added, int64_t most,
    int64_t *places, float *values) {
    if (most <= 0 || rows <= 0) return 0;
    std::vector<std::vector<Candidate>> held(static_cast<size_t>(rows));
    ctorch::share(rows, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            best_of(
                scores + row * width, width, {normalisers[row].shift, normalisers[row].logarithm}, added[row], row * width,
                most, held[static_cast<size_t>(row)]);
    });
    std::vector<Candidate> all;
    for (const auto &some : held) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    int64_t found = std::min<int64_t>(most, static_cast<int64_t>(all.size()));
    for (int64_t i = 0; i < found; ++i) {
        places[i] = all[static_cast<size_t>(i)].place;
        values[i] = all[static_cast<size_t>(i)].value;
    }
    return found;
}

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
