// Attention for training on the CPU: softmax(query · keyᵀ · scale + bias + mask), dropped, times value.
//
// A few rows of the batch at a time: their scores stay in the cache and are turned into weights in one pass. The weights are
// not kept, the scores only where keys are few; the backward pass computes them again, the weights from each row's maximum
// and sum (Dao et al., "FlashAttention", 2022; Rabe and Staats, "Self-attention Does Not Need O(n²) Memory", 2021). The
// gradient of the bias is added up over the batch in float32.
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

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

/// One of packed rows: where its queries and keys lie.
struct PackedRow {
    size_t number;
    int64_t query, queries, key, keys;

    at::Tensor queries_of(const at::Tensor &x) const { return x.narrow(2, query, queries); }
    at::Tensor keys_of(const at::Tensor &x) const { return x.narrow(2, key, keys); }
    /// The corner of what is added to the scores of the longest row.
    at::Tensor corner(at::Tensor x) const {
        if (x.size(2) > 1) x = x.narrow(2, 0, queries);
        return x.size(3) > 1 ? x.narrow(3, 0, keys) : x;
    }
};

template <typename Body>
void for_each_packed_row(const ctorch::Attention &a, Body body) {
    PackedRow row{0, 0, 0, 0, 0};
    for (; row.number < a.query_lengths.size(); ++row.number) {
        row.queries = a.query_lengths[row.number];
        row.keys = a.key_lengths[row.number];
        if (row.queries > 0 && row.keys > 0) body(row);
        row.query += row.queries;
        row.key += row.keys;
    }
}

/// The attention of one row of several, as if it were alone.
ctorch::Attention alone(const ctorch::Attention &a, const PackedRow &row) {
    ctorch::Attention part{row.queries_of(a.query), row.keys_of(a.key), row.keys_of(a.value), {}, {}, a.scale, a.draw};
    if (a.bias) part.bias = row.corner(*a.bias);
    if (a.mask) part.mask = row.corner(*a.mask);
    part.draw.rows.clear();
    if (row.number < a.draw.rows.size()) part.draw.rows.push_back(a.draw.rows[row.number]);
    return part;
}

}  // namespace

ctorch::AttentionResult ctorch::attend(const Attention &a, bool keeps_scores) {
    if (a.query_lengths.empty()) return ::attend(a, keeps_scores);
    AttentionResult result;
    // What fills up the end attends to nothing.
    result.out = joined(a.query, {1, a.query.size(1), a.query.size(2), a.value.size(3)}).zero_();
    for_each_packed_row(a, [&](const PackedRow &row) {
        auto part = ::attend(alone(a, row), keeps_scores);
        row.queries_of(result.out).copy_(part.out);
        result.kept.push_back(part.kept[0]);
    });
    return result;
}

ctorch::AttentionGradients ctorch::differentiate(
    const Attention &a, const std::vector<KeptScores> &kept, const at::Tensor &gradient, bool wants_bias) {
    if (a.query_lengths.empty()) return ::differentiate(a, kept[0], gradient, wants_bias);
    AttentionGradients result{
        joined(a.query, a.query.sizes()).zero_(), joined(a.key, a.key.sizes()).zero_(), joined(a.value, a.value.sizes()).zero_(),
        {}};
    if (wants_bias) result.bias = at::zeros(a.bias->sizes(), a.query.options().dtype(at::kFloat));
    size_t place = 0;
    for_each_packed_row(a, [&](const PackedRow &row) {
        auto part = ::differentiate(alone(a, row), kept[place++], row.queries_of(gradient), wants_bias);
        row.queries_of(result.query).copy_(part.query);
        row.keys_of(result.key).copy_(part.key);
        row.keys_of(result.value).copy_(part.value);
        if (wants_bias) row.corner(result.bias).add_(part.bias);
    });
    return result;
}
