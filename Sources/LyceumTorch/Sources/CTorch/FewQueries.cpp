// Attention from few queries, as a decoder needs it for each token: keys and values are read once, where they lie.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <limits>

#include "FewQueries.h"
#include "Avx512.h"
#include "Boundary.h"
#include "Crew.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::Half;
using ctorch::hand_out;
using ctorch::Reading;

#if defined(__x86_64__)
namespace {

CTORCH_AVX512_BEGIN

CTORCH_INLINE __m512 sixteen(const float *x) { return _mm512_loadu_ps(x); }
CTORCH_INLINE __m512 sixteen(const Half *x) {
    return _mm512_castsi512_ps(
        _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(x))), 16));
}

/// Where position j of keys or values lies.
template <typename T>
CTORCH_INLINE const T *place(const Reading<T> &r, const T *first, int64_t stride, int64_t j) {
    const T *row = first + j * stride;
    return r.slots ? row + r.slot_stride * r.slots[j] : row;
}

/// The scores of `M` queries from `q` on, [M, length], rows `width` apart.
template <typename T, int M>
CTORCH_INLINE void score(const Reading<T> &r, int64_t q, float *scores, int64_t width) {
    const T *query = r.query + q * r.query_stride;
    int64_t j = 0;
    for (; j < r.length; j += 4) {
        const T *keys[4];
        // The last key stands in for those that are missing.
        for (int64_t i = 0; i < 4; ++i) keys[i] = place(r, r.keys, r.key_stride, std::min(j + i, r.length - 1));
        __m128 sums[M];
        ctorch::avx512::four<T, M>(query, r.query_stride, keys, r.size, sums);
        for (int i = 0; i < M; ++i) _mm_storeu_ps(scores + i * width + j, sums[i]);
    }
}

/// The sum of values by weights that are not normalised, sixteen numbers of a value at a time.
template <typename T, int M>
CTORCH_INLINE void mix(const Reading<T> &r, int64_t q, const float *weights, int64_t width, const float *inverse) {
    constexpr int64_t step = 16;
    int64_t column = 0;
    // All numbers of a value at once where it has 64: then each is read in one go.
    for (; column + 4 * step <= r.value_size; column += 4 * step) {
        __m512 sums[M][4];
        for (int i = 0; i < M; ++i)
            for (int c = 0; c < 4; ++c) sums[i][c] = _mm512_setzero_ps();
        for (int64_t j = 0; j < r.length; ++j) {
            const T *value = place(r, r.values, r.value_stride, j) + column;
            for (int i = 0; i < M; ++i) {
                __m512 weight = _mm512_set1_ps(weights[i * width + j]);
                for (int c = 0; c < 4; ++c) sums[i][c] = _mm512_fmadd_ps(weight, sixteen(value + c * step), sums[i][c]);
            }
        }
        for (int i = 0; i < M; ++i)
            for (int c = 0; c < 4; ++c) {
                ctorch::avx512::put(
                    r.out + (q + i) * r.out_stride + column + c * step,
                    _mm512_mul_ps(sums[i][c], _mm512_set1_ps(inverse[i])), 0xffff);
            }
    }
    for (; column < r.value_size; column += step) {
        int64_t count = std::min(step, r.value_size - column);
        for (int i = 0; i < M; ++i) {
            float sums[step] = {};
            for (int64_t j = 0; j < r.length; ++j) {
                const T *value = place(r, r.values, r.value_stride, j) + column;
                for (int64_t n = 0; n < count; ++n) sums[n] += weights[i * width + j] * ctorch::load(value[n]);
            }
            T *out = r.out + (q + i) * r.out_stride + column;
            for (int64_t n = 0; n < count; ++n) ctorch::store(sums[n] * inverse[i], out[n]);
        }
    }
}

/// Scores become weights, not normalised; gives the inverse of their sum.
template <typename T>
CTORCH_INLINE float weigh(const Reading<T> &r, int64_t q, float *x, int64_t width) {
    constexpr float never = -std::numeric_limits<float>::infinity();
    constexpr int64_t lanes = ctorch::vector_lanes;
    for (int64_t j = 0; j < r.length; ++j) x[j] *= r.scale;
    if (r.bias) {
        const T *bias = r.bias + q * r.bias_query_stride;
        if (r.bias_stride == 1)
            for (int64_t j = 0; j < r.length; ++j) x[j] += ctorch::load(bias[j]);
        else
            for (int64_t j = 0; j < r.length; ++j) x[j] += ctorch::load(bias[j * r.bias_stride]);
    }
    for (int64_t j = r.length; j < width; ++j) x[j] = never;
    float largest[lanes], sums[lanes] = {};
    for (int64_t lane = 0; lane < lanes; ++lane) largest[lane] = x[lane];
    for (int64_t j = lanes; j < width; j += lanes)
        for (int64_t lane = 0; lane < lanes; ++lane)
            largest[lane] = x[j + lane] > largest[lane] ? x[j + lane] : largest[lane];
    float shift = largest[0], sum = 0;
    for (int64_t lane = 1; lane < lanes; ++lane) shift = largest[lane] > shift ? largest[lane] : shift;
    // A row in which everything is blocked by -∞ attends to nothing.
    if (shift == never) shift = 0;
    for (int64_t j = 0; j < width; j += lanes)
        for (int64_t lane = 0; lane < lanes; ++lane) {
            float e = ctorch::exponential(x[j + lane] - shift);
            x[j + lane] = e;
            sums[lane] += e;
        }
    for (int64_t lane = 0; lane < lanes; ++lane) sum += sums[lane];
    return sum > 0 ? 1 / sum : 0;
}

template <typename T, int M>
CTORCH_INLINE void some(const Reading<T> &r, int64_t q, float *scores, int64_t width) {
    score<T, M>(r, q, scores, width);
    float inverse[M];
    for (int i = 0; i < M; ++i) inverse[i] = weigh(r, q + i, scores + i * width, width);
    mix<T, M>(r, q, scores, width, inverse);
}

template <typename T>
CTORCH_INLINE void all(const Reading<T> &r, float *scores, int64_t width) {
    int64_t q = 0;
    for (; q + 4 <= r.queries; q += 4) some<T, 4>(r, q, scores, width);
    switch (r.queries - q) {
        case 3: some<T, 3>(r, q, scores, width); break;
        case 2: some<T, 2>(r, q, scores, width); break;
        case 1: some<T, 1>(r, q, scores, width); break;
        default: break;
    }
}

void read_all(const Reading<float> &r, float *scores, int64_t width) { all(r, scores, width); }
void read_all(const Reading<Half> &r, float *scores, int64_t width) { all(r, scores, width); }

CTORCH_AVX512_END

template <typename T>
void read_any(const Reading<T> &reading, std::vector<float> &scratch) {
    int64_t width = (reading.length + ctorch::vector_lanes - 1) / ctorch::vector_lanes * ctorch::vector_lanes;
    // Four scores may be written behind the last one.
    auto needed = static_cast<size_t>(4 * width + 4);
    if (scratch.size() < needed) scratch.resize(needed);
    read_all(reading, scratch.data(), width);
}

template <typename T>
void attend(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const at::Tensor &bias, float scale, at::Tensor &out) {
    int64_t rows = q.size(0), heads = q.size(1), queries = q.size(2);
    auto seen = bias.defined() ? bias.expand({rows, heads, queries, k.size(2)}) : at::Tensor();
    const auto *qs = static_cast<const T *>(q.const_data_ptr()), *ks = static_cast<const T *>(k.const_data_ptr());
    const auto *vs = static_cast<const T *>(v.const_data_ptr());
    const auto *bs = seen.defined() ? static_cast<const T *>(seen.const_data_ptr()) : nullptr;
    auto *os = static_cast<T *>(out.mutable_data_ptr());
    int64_t work = std::max<int64_t>(1, 2 * k.size(2) * k.size(3) * queries);
    ctorch::share(rows * heads, std::max<int64_t>(1, 16384 / work), [&](int64_t begin, int64_t end) {
        thread_local std::vector<float> scratch;
        for (int64_t line = begin; line < end; ++line) {
            int64_t b = line / heads, h = line % heads;
            Reading<T> r;
            r.query = qs + b * q.stride(0) + h * q.stride(1);
            r.query_stride = q.stride(2);
            r.queries = queries;
            r.keys = ks + b * k.stride(0) + h * k.stride(1);
            r.values = vs + b * v.stride(0) + h * v.stride(1);
            r.key_stride = k.stride(2);
            r.value_stride = v.stride(2);
            r.length = k.size(2);
            r.size = k.size(3);
            r.value_size = v.size(3);
            if (bs) {
                r.bias = bs + b * seen.stride(0) + h * seen.stride(1);
                r.bias_query_stride = seen.stride(2);
                r.bias_stride = seen.stride(3);
            }
            r.scale = scale;
            r.out = os + b * out.stride(0) + h * out.stride(1);
            r.out_stride = out.stride(2);
            ctorch::read(r, scratch);
        }
    });
}

}  // namespace

void ctorch::read(const Reading<float> &reading, std::vector<float> &scratch) { read_any(reading, scratch); }
void ctorch::read(const Reading<Half> &reading, std::vector<float> &scratch) { read_any(reading, scratch); }
#endif

CTorchStatus ctorch_few_queries_attention(
    const CTorchTensor *query, const CTorchTensor *key, const CTorchTensor *value, const CTorchTensor *bias, double scale,
    CTorchTensor **out) {
    return guarded([&] {
        auto q = borrow(query), k = borrow(key), v = borrow(value);
        TORCH_CHECK(
            q.dim() == 4 && k.dim() == 4 && v.dim() == 4 && q.size(0) == k.size(0) && q.size(0) == v.size(0) &&
                q.size(1) == k.size(1) && q.size(1) == v.size(1) && q.size(3) == k.size(3) && k.size(2) == v.size(2) &&
                k.size(2) > 0 && q.numel() > 0,
            "attention: shapes ", q.sizes(), ", ", k.sizes(), " and ", v.sizes(), " do not fit together");
        TORCH_CHECK(
            q.is_cpu() && k.is_cpu() && v.is_cpu() &&
                (q.scalar_type() == at::kFloat || q.scalar_type() == at::kBFloat16) &&
                q.scalar_type() == k.scalar_type() && q.scalar_type() == v.scalar_type(),
            "attention: expected float32 or bfloat16 tensors of one type on the CPU");
        TORCH_CHECK(
            !at::GradMode::is_enabled() || !(q.requires_grad() || k.requires_grad() || v.requires_grad()),
            "attention: few queries record no gradients");
        TORCH_CHECK(ctorch::has_avx512(), "attention: this processor has no AVX-512");
        if (q.stride(3) != 1) q = q.contiguous();
        if (k.stride(3) != 1) k = k.contiguous();
        if (v.stride(3) != 1) v = v.contiguous();
        auto added = bias ? borrow(bias).to(q.scalar_type()) : at::Tensor();
        // [rows, queries, heads, size] in memory, so that joining heads is not a copy.
        auto result = at::empty({q.size(0), q.size(2), q.size(1), v.size(3)}, q.options()).transpose(1, 2);
#if defined(__x86_64__)
        if (q.scalar_type() == at::kBFloat16) attend<Half>(q, k, v, added, static_cast<float>(scale), result);
        else attend<float>(q, k, v, added, static_cast<float>(scale), result);
#endif
        *out = hand_out(std::move(result));
    });
}
