// Attention for training on the CPU: softmax(query · keyᵀ · scale + bias + mask), dropped, times value.
//
// A few rows of the batch at a time: their scores stay in the cache and are turned into weights in one pass. The weights are
// not kept, the scores only where keys are few; the backward pass computes them again, the weights from each row's maximum
// and sum (Dao et al., "FlashAttention", 2022; Rabe and Staats, "Self-attention Does Not Need O(n²) Memory", 2021). The
// gradient of the bias is added up over the batch in float32.
#include <ATen/ops/add.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "Crew.h"
#include "Dropout.h"
#include "Recorded.h"
#include "Vector.h"

using ctorch::DropoutDraw;
using ctorch::Half;
using ctorch::load;
using ctorch::store;
using ctorch::vector_lanes;

namespace {

/// Scores of at most so many elements are in work at once: 4 MB of brain floats.
constexpr int64_t chunk_elements = int64_t(1) << 21;
/// Packed rows attend together up to so many scores: 256 KB of floats, so that scores and weights stay in the second cache.
constexpr int64_t group_elements = int64_t(1) << 16;
/// With more keys, a query's scores take more memory than all else that its layer keeps for the backward pass.
constexpr int64_t kept_keys = 512;

/// One row of scores and what is added to it. Null where there is nothing.
template <typename T>
struct Row {
    const T *scores;
    /// May be where the scores are.
    T *weights;
    const T *bias, *mask;
    float scale;
    int64_t count;
    /// The decisions of dropout, a word for 32 weights, and the factor of the kept ones.
    const uint32_t *bits;
    float kept;
};

/// What a row's weights are made with: e^(score - shift) · inverse. Apart, because a row in which everything is blocked
/// lies at -10⁹, where the logarithm of its sum would be rounded off.
struct Normaliser {
    float shift, inverse;
};

/// The scores in float32, with bias and mask, padded with -∞.
template <typename T>
CTORCH_INLINE void read(const Row<T> &row, float *x) {
    for (int64_t j = 0; j < row.count; ++j) x[j] = load(row.scores[j]) * row.scale;
    if (row.bias)
        for (int64_t j = 0; j < row.count; ++j) x[j] += load(row.bias[j]);
    if (row.mask)
        for (int64_t j = 0; j < row.count; ++j) x[j] += load(row.mask[j]);
    int64_t end = (row.count + vector_lanes - 1) / vector_lanes * vector_lanes;
    for (int64_t j = row.count; j < end; ++j) x[j] = -std::numeric_limits<float>::infinity();
}

CTORCH_INLINE float maximum(const float *x, int64_t count) {
    float lanes[vector_lanes];
    for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] = x[lane];
    for (int64_t j = vector_lanes; j < count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane)
            lanes[lane] = x[j + lane] > lanes[lane] ? x[j + lane] : lanes[lane];
    float largest = lanes[0];
    for (int64_t lane = 1; lane < vector_lanes; ++lane) largest = lanes[lane] > largest ? lanes[lane] : largest;
    return largest;
}

/// e^(x - shift) in place; gives the sum.
CTORCH_INLINE float exponentials(float *x, int64_t count, float shift) {
    float lanes[vector_lanes] = {};
    for (int64_t j = 0; j < count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) {
            float e = ctorch::exponential(x[j + lane] - shift);
            x[j + lane] = e;
            lanes[lane] += e;
        }
    float sum = 0;
    for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += lanes[lane];
    return sum;
}

/// By weight, what dropout multiplies it with.
template <typename T>
CTORCH_INLINE void factors(const Row<T> &row, float *factor) {
    int64_t end = (row.count + 31) / 32;
    for (int64_t word = 0; word < end; ++word) {
        uint32_t bits = row.bits[word];
        for (uint32_t bit = 0; bit < 32; ++bit) factor[32 * word + bit] = (bits >> bit & 1) ? row.kept : 0.0f;
    }
}

/// Scores become dropped weights.
template <typename T>
CTORCH_INLINE Normaliser weigh(const Row<T> &row, float *x, float *factor) {
    int64_t end = (row.count + vector_lanes - 1) / vector_lanes * vector_lanes;
    read(row, x);
    float largest = maximum(x, end);
    // A row in which everything is blocked by -∞ attends to nothing.
    float shift = largest == -std::numeric_limits<float>::infinity() ? 0 : largest;
    float sum = exponentials(x, end, shift);
    float inverse = sum > 0 ? 1 / sum : 0;
    if (row.bits) {
        factors(row, factor);
        for (int64_t j = 0; j < row.count; ++j) store(x[j] * inverse * factor[j], row.weights[j]);
    } else {
        for (int64_t j = 0; j < row.count; ++j) store(x[j] * inverse, row.weights[j]);
    }
    return {shift, inverse};
}

/// Scores become dropped weights again, and `gradient` (of the dropped weights) that of the scores before scaling, which is
/// added to `bias_gradient`, if there is one.
template <typename T>
CTORCH_INLINE void differentiate(
    const Row<T> &row, Normaliser normaliser, T *gradient, float *bias_gradient, float *x, float *factor) {
    int64_t end = (row.count + vector_lanes - 1) / vector_lanes * vector_lanes;
    read(row, x);
    exponentials(x, end, normaliser.shift);
    for (int64_t j = 0; j < end; ++j) x[j] *= normaliser.inverse;
    if (row.bits) factors(row, factor);
    else
        for (int64_t j = 0; j < row.count; ++j) factor[j] = 1;
    for (int64_t j = 0; j < row.count; ++j) {
        store(x[j] * factor[j], row.weights[j]);
        factor[j] = load(gradient[j]) * factor[j];
    }
    for (int64_t j = row.count; j < end; ++j) factor[j] = 0;
    float lanes[vector_lanes] = {};
    for (int64_t j = 0; j < end; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] += x[j + lane] * factor[j + lane];
    float mean = 0;
    for (int64_t lane = 0; lane < vector_lanes; ++lane) mean += lanes[lane];
    for (int64_t j = 0; j < row.count; ++j) {
        float change = x[j] * (factor[j] - mean);
        x[j] = change;
        store(change, gradient[j]);
    }
    if (bias_gradient)
        for (int64_t j = 0; j < row.count; ++j) bias_gradient[j] += x[j];
}

CTORCH_VECTORISED Normaliser weigh_row(const Row<float> &row, float *x, float *factor) { return weigh(row, x, factor); }
CTORCH_VECTORISED Normaliser weigh_row(const Row<Half> &row, float *x, float *factor) { return weigh(row, x, factor); }
CTORCH_VECTORISED void differentiate_row(
    const Row<float> &row, Normaliser normaliser, float *gradient, float *bias_gradient, float *x, float *factor) {
    differentiate(row, normaliser, gradient, bias_gradient, x, factor);
}
CTORCH_VECTORISED void differentiate_row(
    const Row<Half> &row, Normaliser normaliser, Half *gradient, float *bias_gradient, float *x, float *factor) {
    differentiate(row, normaliser, gradient, bias_gradient, x, factor);
}

/// What is added to the scores, seen as [batch, heads, queries, keys] without copying.
template <typename T>
struct Addend {
    const T *data = nullptr;
    int64_t batch = 0, head = 0, query = 0;

    Addend(const std::optional<at::Tensor> &tensor, at::IntArrayRef shape) {
        if (!tensor) return;
        auto seen = tensor->expand(shape);
        data = static_cast<const T *>(tensor->const_data_ptr());
        batch = seen.stride(0), head = seen.stride(1), query = seen.stride(2);
    }

    const T *row(int64_t b, int64_t h, int64_t q) const {
        return data ? data + b * batch + h * head + q * query : nullptr;
    }
};

struct Sizes {
    int64_t batch, heads, queries, keys;

    Sizes(const at::Tensor &query, const at::Tensor &key)
        : batch(query.size(0)), heads(query.size(1)), queries(query.size(2)), keys(key.size(2)) {}

    std::vector<int64_t> scores() const { return {batch, heads, queries, keys}; }
    /// How many rows of the batch are in work at once.
    int64_t chunk() const {
        return std::clamp<int64_t>(chunk_elements / std::max<int64_t>(1, heads * queries * keys), 1, batch);
    }
};

/// Rows `start ..< start + count` of [batch, heads, n, size] as [count · heads, n, size].
at::Tensor slice(const at::Tensor &x, int64_t start, int64_t count) {
    if (count == 1) return x.select(0, start).contiguous();
    return x.narrow(0, start, count).reshape({count * x.size(1), x.size(2), x.size(3)});
}

/// A tensor [batch, heads, n, size] whose memory is [batch, n, heads, size], so that joining heads is not a copy.
at::Tensor joined(const at::Tensor &like, at::IntArrayRef shape) {
    return at::empty({shape[0], shape[2], shape[1], shape[3]}, like.options()).transpose(1, 2);
}

void put(const at::Tensor &whole, int64_t start, int64_t count, const at::Tensor &part) {
    whole.narrow(0, start, count).copy_(part.view({count, whole.size(1), whole.size(2), whole.size(3)}));
}

/// Calls `body(b, h, q, row)` for every row of the chunk's scores, on all threads.
template <typename T, typename Body>
void for_each_row(
    const at::Tensor &scores, const at::Tensor &weights, int64_t start, int64_t count, const Sizes &sizes, const Addend<T> &bias, const Addend<T> &mask,
    float scale, const DropoutDraw &draw, Body body) {
    const auto *data = static_cast<const T *>(scores.const_data_ptr());
    auto *target = static_cast<T *>(weights.mutable_data_ptr());
    int64_t lines = count * sizes.heads * sizes.queries;
    int64_t words = (sizes.keys + ctorch::keep_group - 1) / ctorch::keep_group * 4;
    bool has_rows = static_cast<int64_t>(draw.rows.size()) == sizes.batch;
    const auto &kernels = ctorch::philox();
    int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, sizes.keys));
    ctorch::share(lines, grain, [&](int64_t begin, int64_t end) {
        std::vector<uint32_t> bits(words);
        std::vector<float> buffer(2 * (sizes.keys + 64));
        float *x = buffer.data(), *factor = x + sizes.keys + 64;
        for (int64_t line = begin; line < end; ++line) {
            int64_t b = start + line / (sizes.heads * sizes.queries);
            int64_t h = line / sizes.queries % sizes.heads, q = line % sizes.queries;
            Row<T> row{
                data + line * sizes.keys, target + line * sizes.keys, bias.row(b, h, q), mask.row(b, h, q), scale, sizes.keys,
                nullptr, 1};
            if (draw.rate > 0) {
                // Without examples, the place in the batch stands for one.
                auto example = has_rows ? static_cast<uint32_t>(draw.rows[b]) : 0x80000000u | static_cast<uint32_t>(b);
                ctorch::PhiloxStream stream{draw.key, ctorch::line_word(h, q), example, draw.call};
                for (int64_t group = 0; group < words / 4; ++group)
                    kernels.keep_bits(stream, static_cast<uint32_t>(group), draw.threshold(), &bits[4 * group]);
                row.bits = bits.data();
                row.kept = draw.scale();
            }
            body(b, h, q, row, x, factor);
        }
    });
}

template <typename T>
ctorch::AttentionResult attend(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const std::optional<at::Tensor> &bias,
    const std::optional<at::Tensor> &mask, float scale, const DropoutDraw &draw, bool keeps_scores) {
    Sizes sizes(query, key);
    auto shape = sizes.scores();
    Addend<T> added(bias, shape), blocked(mask, shape);
    at::Tensor kept;
    if (keeps_scores && sizes.keys <= kept_keys)
        kept = at::empty({sizes.batch * sizes.heads, sizes.queries, sizes.keys}, query.options());
    auto out = joined(query, {sizes.batch, sizes.heads, sizes.queries, value.size(3)});
    auto normalisers = at::empty({sizes.batch, sizes.heads, sizes.queries, 2}, query.options().dtype(at::kFloat));
    auto *rows = static_cast<Normaliser *>(normalisers.mutable_data_ptr());
    for (int64_t start = 0; start < sizes.batch; start += sizes.chunk()) {
        int64_t count = std::min(sizes.chunk(), sizes.batch - start);
        auto q = slice(query, start, count), k = slice(key, start, count).transpose(1, 2);
        at::Tensor scores, weights;
        if (kept.defined()) {
            scores = kept.narrow(0, start * sizes.heads, count * sizes.heads);
            at::bmm_out(scores, q, k);
            weights = at::empty_like(scores);
        } else {
            weights = scores = at::bmm(q, k);
        }
        for_each_row<T>(
            scores, weights, start, count, sizes, added, blocked, scale, draw,
            [&](int64_t b, int64_t h, int64_t q, const Row<T> &row, float *x, float *factor) {
                rows[(b * sizes.heads + h) * sizes.queries + q] = weigh_row(row, x, factor);
            });
        put(out, start, count, at::bmm(weights, slice(value, start, count)));
    }
    return {out, {{normalisers, kept}}};
}

template <typename T>
ctorch::AttentionGradients differentiate_attention(
    const at::Tensor &query, const at::Tensor &key, const at::Tensor &value, const std::optional<at::Tensor> &bias,
    const std::optional<at::Tensor> &mask, const at::Tensor &normalisers, const at::Tensor &kept,
    const at::Tensor &gradient, float scale, const DropoutDraw &draw, bool wants_bias) {
    Sizes sizes(query, key);
    auto shape = sizes.scores();
    Addend<T> added(bias, shape), blocked(mask, shape);
    ctorch::AttentionGradients result{joined(query, query.sizes()), joined(key, key.sizes()), joined(value, value.sizes()), {}};
    float *bias_data = nullptr;
    int64_t bias_batch = 0;
    if (wants_bias) {
        bool is_shared = bias->size(0) == 1;
        result.bias = at::zeros(
            {is_shared ? 1 : sizes.batch, sizes.heads, sizes.queries, sizes.keys}, query.options().dtype(at::kFloat));
        bias_data = result.bias.mutable_data_ptr<float>();
        bias_batch = is_shared ? 0 : sizes.heads * sizes.queries * sizes.keys;
    }
    const auto *rows = static_cast<const Normaliser *>(normalisers.const_data_ptr());
    for (int64_t start = 0; start < sizes.batch; start += sizes.chunk()) {
        int64_t count = std::min(sizes.chunk(), sizes.batch - start);
        auto q = slice(query, start, count), k = slice(key, start, count), v = slice(value, start, count);
        auto g = slice(gradient, start, count);
        at::Tensor scores, weights;
        if (kept.defined()) {
            scores = kept.narrow(0, start * sizes.heads, count * sizes.heads);
            weights = at::empty_like(scores);
        } else {
            weights = scores = at::bmm(q, k.transpose(1, 2));
        }
        auto changes = at::bmm(g, v.transpose(1, 2));
        auto *change = static_cast<T *>(changes.mutable_data_ptr());
        // Rows of the batch that share a bias add to one gradient: one after the other.
        int64_t together = bias_data && bias_batch == 0 ? 1 : count;
        for (int64_t first = 0; first < count; first += together) {
            int64_t lines = sizes.heads * sizes.queries;
            for_each_row<T>(
                scores.narrow(0, first * sizes.heads, together * sizes.heads),
                weights.narrow(0, first * sizes.heads, together * sizes.heads), start + first, together, sizes, added, blocked, scale, draw,
                [&](int64_t b, int64_t h, int64_t i, const Row<T> &row, float *x, float *factor) {
                    int64_t line = h * sizes.queries + i;
                    differentiate_row(
                        row, rows[b * lines + line], change + ((b - start) * lines + line) * sizes.keys,
                        bias_data ? bias_data + b * bias_batch + line * sizes.keys : nullptr, x, factor);
                });
        }
        put(result.value, start, count, at::bmm(weights.transpose(1, 2), g));
        put(result.query, start, count, at::bmm(changes, k));
        put(result.key, start, count, at::bmm(changes.transpose(1, 2), q));
    }
    if (scale != 1) {
        result.query.mul_(scale);
        result.key.mul_(scale);
    }
    return result;
}

ctorch::AttentionResult attend(const ctorch::Attention &a, bool keeps_scores) {
    auto scale = static_cast<float>(a.scale);
    return a.query.scalar_type() == at::kBFloat16
               ? attend<Half>(a.query, a.key, a.value, a.bias, a.mask, scale, a.draw, keeps_scores)
               : attend<float>(a.query, a.key, a.value, a.bias, a.mask, scale, a.draw, keeps_scores);
}

ctorch::AttentionGradients differentiate(
    const ctorch::Attention &a, const ctorch::KeptScores &kept, const at::Tensor &gradient, bool wants_bias) {
    auto scale = static_cast<float>(a.scale);
    return a.query.scalar_type() == at::kBFloat16
               ? differentiate_attention<Half>(
                     a.query, a.key, a.value, a.bias, a.mask, kept.normalisers, kept.scores, gradient, scale, a.draw, wants_bias)
               : differentiate_attention<float>(
                     a.query, a.key, a.value, a.bias, a.mask, kept.normalisers, kept.scores, gradient, scale, a.draw, wants_bias);
}

/// Where the queries or the keys of some packed rows lie in their line.
struct Span {
    std::vector<int64_t> starts, lengths;
    int64_t longest = 0;

    void add(int64_t start, int64_t length) {
        starts.push_back(start);
        lengths.push_back(length);
        longest = std::max(longest, length);
    }

    bool is_even() const { return std::all_of(lengths.begin(), lengths.end(), [&](int64_t x) { return x == longest; }); }

    /// Of a line [1, total, heads, size] the rows, filled up with zeros: [rows, heads, longest, size].
    at::Tensor gather(const at::Tensor &line) const {
        if (lengths.size() == 1) return line.narrow(1, starts[0], longest).transpose(1, 2);
        auto rows = static_cast<int64_t>(lengths.size());
        auto out = at::zeros({rows, longest, line.size(2), line.size(3)}, line.options());
        copy(line, out, true);
        return out.transpose(1, 2);
    }

    /// Puts rows back into their line.
    void scatter(const at::Tensor &rows, const at::Tensor &line) const { copy(line, rows.transpose(1, 2).contiguous(), false); }

  private:
    void copy(const at::Tensor &line, const at::Tensor &rows, bool out_of_line) const {
        int64_t bytes = line.size(2) * line.size(3) * line.element_size();
        auto *tokens = static_cast<char *>(line.data_ptr()), *padded = static_cast<char *>(rows.data_ptr());
        for (size_t i = 0; i < lengths.size(); ++i) {
            char *row = padded + static_cast<int64_t>(i) * longest * bytes, *place = tokens + starts[i] * bytes;
            std::memcpy(out_of_line ? row : place, out_of_line ? place : row, lengths[i] * bytes);
        }
    }
};

/// Packed rows, one after the other, whose attention is computed together: of similar lengths and few scores.
struct PackedGroup {
    size_t first;
    Span queries, keys;

    /// The corner of what is added to the scores of the longest row.
    at::Tensor corner(at::Tensor x) const {
        if (x.size(2) > 1) x = x.narrow(2, 0, queries.longest);
        return x.size(3) > 1 ? x.narrow(3, 0, keys.longest) : x;
    }

    /// Keeps attention off what fills rows up.
    at::Tensor blocked(const at::Tensor &like) const {
        constexpr float score = -1e9f;
        auto rows = static_cast<int64_t>(keys.lengths.size());
        auto mask = at::zeros({rows, 1, 1, keys.longest}, like.options().dtype(at::kFloat));
        auto *scores = static_cast<float *>(mask.mutable_data_ptr());
        for (int64_t row = 0; row < rows; ++row)
            std::fill(scores + row * keys.longest + keys.lengths[row], scores + (row + 1) * keys.longest, score);
        return mask.to(like.scalar_type());
    }
};

std::vector<PackedGroup> groups_of(const ctorch::Attention &a) {
    std::vector<PackedGroup> groups;
    int64_t heads = a.query.size(1), query = 0, key = 0, real = 0;
    for (size_t row = 0; row < a.query_lengths.size(); ++row) {
        int64_t queries = a.query_lengths[row], keys = a.key_lengths[row];
        bool joins = false;
        if (!groups.empty()) {
            const auto &last = groups.back();
            int64_t padded = static_cast<int64_t>(last.queries.lengths.size() + 1) * std::max(last.queries.longest, queries) *
                             std::max(last.keys.longest, keys);
            // A quarter more scores cost less than the calls for another group.
            joins = padded * heads <= group_elements && 4 * padded <= 5 * (real + queries * keys);
        }
        if (!joins) {
            groups.push_back({row, {}, {}});
            real = 0;
        }
        groups.back().queries.add(query, queries);
        groups.back().keys.add(key, keys);
        query += queries, key += keys, real += queries * keys;
    }
    return groups;
}

/// A tensor [1, heads, total, size] as a line [1, total, heads, size] in one piece of memory.
at::Tensor line_of(const at::Tensor &x) { return x.transpose(1, 2).contiguous(); }

/// Calls `body(group, attention)` with the attention of one group after the other, as if its rows were alone.
template <typename Body>
void for_each_group(const ctorch::Attention &a, Body body) {
    auto query = line_of(a.query), key = line_of(a.key), value = line_of(a.value);
    for (const auto &group : groups_of(a)) {
        // What has nothing to attend to stays zero.
        if (group.queries.longest == 0 || group.keys.longest == 0) continue;
        ctorch::Attention part{
            group.queries.gather(query), group.keys.gather(key), group.keys.gather(value), {}, {}, a.scale, a.draw};
        if (a.bias) part.bias = group.corner(*a.bias);
        if (a.mask) part.mask = group.corner(*a.mask);
        if (!group.keys.is_even()) {
            auto blocked = group.blocked(a.query);
            part.mask = part.mask ? at::add(*part.mask, blocked) : blocked;
        }
        part.draw.rows.clear();
        size_t end = group.first + group.queries.lengths.size();
        if (end <= a.draw.rows.size())
            part.draw.rows.assign(a.draw.rows.begin() + group.first, a.draw.rows.begin() + end);
        body(group, part);
    }
}

/// Zeros, [1, total, heads, size], to be written row by row.
at::Tensor empty_line(const at::Tensor &like, int64_t size) {
    return at::zeros({1, like.size(2), like.size(1), size}, like.options());
}

}  // namespace

ctorch::AttentionResult ctorch::attend(const Attention &a, bool keeps_scores) {
    if (a.query_lengths.empty()) return ::attend(a, keeps_scores);
    AttentionResult result;
    auto out = empty_line(a.query, a.value.size(3));
    for_each_group(a, [&](const PackedGroup &group, const Attention &part) {
        auto found = ::attend(part, keeps_scores);
        group.queries.scatter(found.out, out);
        result.kept.push_back(found.kept[0]);
    });
    result.out = out.transpose(1, 2);
    return result;
}

ctorch::AttentionGradients ctorch::differentiate(
    const Attention &a, const std::vector<KeptScores> &kept, const at::Tensor &gradient, bool wants_bias) {
    if (a.query_lengths.empty()) return ::differentiate(a, kept[0], gradient, wants_bias);
    auto query = empty_line(a.query, a.query.size(3)), key = empty_line(a.key, a.key.size(3));
    auto value = empty_line(a.value, a.value.size(3)), given = line_of(gradient);
    at::Tensor bias;
    if (wants_bias) bias = at::zeros(a.bias->sizes(), a.query.options().dtype(at::kFloat));
    size_t place = 0;
    for_each_group(a, [&](const PackedGroup &group, const Attention &part) {
        auto found = ::differentiate(part, kept[place++], group.queries.gather(given), wants_bias);
        group.queries.scatter(found.query, query);
        group.keys.scatter(found.key, key);
        group.keys.scatter(found.value, value);
        if (wants_bias) group.corner(bias).add_(found.bias);
    });
    return {query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2), bias};
}
