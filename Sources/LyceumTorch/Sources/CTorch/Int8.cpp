// The linear map with weights of eight bits: a scale for each output, and for each row of the input one that is found when
// the row comes. Sums of products are exact.
//
// Source: Bhandare et al., "Efficient 8-Bit Quantization of Transformer Neural Machine Language Translation Model" (2019).
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>

#include "Crew.h"
#include "Epilogue.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::Half;
using ctorch::hand_out;
using ctorch::LinearMap;

namespace {

/// What stands for 0 in a quantised input.
constexpr int32_t input_zero = 128;

CTORCH_VECTORISED void quantise_row(const float *w, int8_t *q, int64_t count, float *scale, int32_t *offset) {
    float largest = 0;
    for (int64_t k = 0; k < count; ++k) largest = std::max(largest, std::fabs(w[k]));
    float factor = largest > 0 ? 127 / largest : 0;
    int32_t sum = 0;
    for (int64_t k = 0; k < count; ++k) {
        q[k] = static_cast<int8_t>(std::lrintf(w[k] * factor));
        sum += q[k];
    }
    *scale = largest / 127;
    *offset = input_zero * sum;
}

CTORCH_VECTORISED int32_t sum_row(const int8_t *q, int64_t count) {
    int32_t sum = 0;
    for (int64_t k = 0; k < count; ++k) sum += q[k];
    return sum;
}

}  // namespace

CTorchStatus ctorch_quantised_offsets(const CTorchTensor *quantised, CTorchTensor **offsets) {
    return guarded([&] {
        auto q = borrow(quantised).contiguous();
        TORCH_CHECK(q.is_cpu() && q.dim() == 2 && q.scalar_type() == at::kChar, "quantised: expected an int8 matrix");
        auto o = at::empty({q.size(0)}, q.options().dtype(at::kInt));
        const auto *from = static_cast<const int8_t *>(q.const_data_ptr());
        auto *to = static_cast<int32_t *>(o.mutable_data_ptr());
        int64_t inputs = q.size(1);
        ctorch::share(q.size(0), std::max<int64_t>(1, 262144 / std::max<int64_t>(1, inputs)), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) to[row] = input_zero * sum_row(from + row * inputs, inputs);
        });
        *offsets = hand_out(std::move(o));
    });
}

CTorchStatus ctorch_quantise(
    const CTorchTensor *weight, CTorchTensor **quantised, CTorchTensor **scales, CTorchTensor **offsets) {
    return guarded([&] {
        auto w = borrow(weight).contiguous();
        TORCH_CHECK(
            w.is_cpu() && w.dim() == 2 && w.scalar_type() == at::kFloat, "quantise: expected a float32 matrix on the CPU");
        auto q = at::empty(w.sizes(), w.options().dtype(at::kChar).requires_grad(false));
        auto s = at::empty({w.size(0)}, w.options().requires_grad(false));
        auto o = at::empty({w.size(0)}, w.options().dtype(at::kInt).requires_grad(false));
        const auto *from = static_cast<const float *>(w.const_data_ptr());
        auto *offset = static_cast<int32_t *>(o.mutable_data_ptr());
        auto *to = static_cast<int8_t *>(q.mutable_data_ptr());
        auto *scale = static_cast<float *>(s.mutable_data_ptr());
        int64_t inputs = w.size(1);
        ctorch::share(w.size(0), std::max<int64_t>(1, 65536 / std::max<int64_t>(1, inputs)), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row)
                quantise_row(from + row * inputs, to + row * inputs, inputs, scale + row, offset + row);
        });
        *quantised = hand_out(std::move(q));
        *scales = hand_out(std::move(s));
        *offsets = hand_out(std::move(o));
    });
}

#if defined(__x86_64__)
namespace {

struct Product {
    const uint8_t *x;
    const float *x_scales;
    const int8_t *weight;
    const float *scales;
    const int32_t *offsets;
    int64_t rows, inputs, outputs;
};

CTORCH_AVX512_BEGIN

/// The products of M rows with four rows of weights, of which the offsets are to be taken off. `ahead` as in avx512::four.
template <int M>
CTORCH_INLINE void four(
    const uint8_t *x, int64_t stride, const int8_t *const *w, int64_t count, __m128i *out, int64_t ahead) {
    __m512i sums[M][4];
    for (int j = 0; j < 4; ++j)
        for (int i = 0; i < M; ++i) sums[i][j] = _mm512_setzero_si512();
    for (int64_t k = 0; k < count; k += 64) {
        auto mask = static_cast<__mmask64>(count - k >= 64 ? ~0ull : (1ull << (count - k)) - 1);
        __m512i weights[4];
        for (int j = 0; j < 4; ++j) {
            weights[j] = _mm512_maskz_loadu_epi8(mask, w[j] + k);
            if (ahead) _mm_prefetch(reinterpret_cast<const char *>(w[j] + k + ahead), _MM_HINT_T0);
        }
        for (int i = 0; i < M; ++i) {
            __m512i row = _mm512_maskz_loadu_epi8(mask, x + i * stride + k);
            for (int j = 0; j < 4; ++j) sums[i][j] = _mm512_dpbusd_epi32(sums[i][j], row, weights[j]);
        }
    }
    for (int i = 0; i < M; ++i) {
        const __m512i *part = sums[i];
        __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(part[0], part[1]), _mm512_unpackhi_epi32(part[0], part[1]));
        __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(part[2], part[3]), _mm512_unpackhi_epi32(part[2], part[3]));
        __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
        __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
        out[i] = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    }
}

/// Rows that are taken together, and outputs: they fill a line of the cache, which is written only when all are there.
constexpr int64_t few = 64, group = 16;

template <int M>
CTORCH_INLINE void block(const Product &p, int64_t row, const int8_t *const *weights, int32_t *held, bool fetches) {
    __m128i sums[M];
    four<M>(p.x + row * p.inputs, p.inputs, weights, p.inputs, sums, fetches ? 4 * p.inputs : 0);
    for (int i = 0; i < M; ++i) _mm_storeu_si128(reinterpret_cast<__m128i *>(held + i * group), sums[i]);
}

/// Outputs `begin ..< end` of the rows `first ..< last`, at most `few`.
template <typename T>
CTORCH_INLINE void part(
    const Product &p, int64_t first, int64_t last, int64_t begin, int64_t end, const T *bias,
    const ctorch::avx512::Target<T> &target) {
    int32_t held[few * group];
    for (int64_t start = begin; start < end; start += group) {
        int64_t count = std::min(group, end - start);
        for (int64_t column = 0; column < count; column += 4) {
            const int8_t *weights[4];
            for (int64_t j = 0; j < 4; ++j)
                weights[j] = p.weight + std::min(start + column + j, p.outputs - 1) * p.inputs;
            int64_t row = first;
            for (; row + 4 <= last; row += 4)
                block<4>(p, row, weights, held + (row - first) * group + column, row == first);
            switch (last - row) {
                case 3: block<3>(p, row, weights, held + (row - first) * group + column, row == first); break;
                case 2: block<2>(p, row, weights, held + (row - first) * group + column, row == first); break;
                case 1: block<1>(p, row, weights, held + (row - first) * group + column, row == first); break;
                default: break;
            }
        }
        auto mask = static_cast<__mmask16>((1u << count) - 1);
        __m512 added = bias ? ctorch::avx512::numbers(bias + start, mask) : _mm512_setzero_ps();
        __m512 scales = ctorch::avx512::numbers(p.scales + start, mask);
        __m512i offsets = _mm512_maskz_loadu_epi32(mask, p.offsets + start);
        for (int64_t row = first; row < last; ++row) {
            __m512i sums = _mm512_sub_epi32(_mm512_loadu_si512(held + (row - first) * group), offsets);
            __m512 scale = _mm512_mul_ps(scales, _mm512_set1_ps(p.x_scales[row]));
            ctorch::avx512::finish(
                target, _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums), scale, added), row * p.outputs + start, mask);
        }
    }
}

void part_of(
    const Product &p, int64_t first, int64_t last, int64_t begin, int64_t end, const float *bias,
    const ctorch::avx512::Target<float> &target) {
    part(p, first, last, begin, end, bias, target);
}
void part_of(
    const Product &p, int64_t first, int64_t last, int64_t begin, int64_t end, const Half *bias,
    const ctorch::avx512::Target<Half> &target) {
    part(p, first, last, begin, end, bias, target);
}

template <typename T>
CTORCH_INLINE void quantise(const T *x, uint8_t *q, int64_t count, float *scale) {
    constexpr int64_t lanes = ctorch::vector_lanes;
    float most[lanes] = {}, largest = 0;
    int64_t k = 0;
    for (; k + lanes <= count; k += lanes)
        for (int64_t lane = 0; lane < lanes; ++lane) {
            float size = std::fabs(ctorch::load(x[k + lane]));
            most[lane] = size > most[lane] ? size : most[lane];
        }
    for (; k < count; ++k) largest = std::max(largest, std::fabs(ctorch::load(x[k])));
    for (int64_t lane = 0; lane < lanes; ++lane) largest = std::max(largest, most[lane]);
    float factor = largest > 0 ? 127 / largest : 0;
    // Adding and subtracting 1.5 · 2²³ rounds to a whole number.
    for (k = 0; k < count; ++k)
        q[k] = static_cast<uint8_t>(
            static_cast<int32_t>((ctorch::load(x[k]) * factor + 12582912.0f) - 12582912.0f) + 128);
    *scale = largest / 127;
}

void quantise_input(const float *x, uint8_t *q, int64_t count, float *scale) { quantise(x, q, count, scale); }
void quantise_input(const Half *x, uint8_t *q, int64_t count, float *scale) { quantise(x, q, count, scale); }

CTORCH_AVX512_END

/// The rows of an input in eight bits, and their scales.
struct QuantisedRows {
    at::Tensor rows, scales;
};

template <typename T>
QuantisedRows quantised(const at::Tensor &x) {
    int64_t inputs = x.size(-1), rows = x.numel() / inputs;
    QuantisedRows result{
        at::empty({rows, inputs}, x.options().dtype(at::kByte).requires_grad(false)),
        at::empty({rows}, x.options().dtype(at::kFloat).requires_grad(false))};
    auto *q = static_cast<uint8_t *>(result.rows.mutable_data_ptr());
    auto *scales = static_cast<float *>(result.scales.mutable_data_ptr());
    const auto *from = static_cast<const T *>(x.const_data_ptr());
    ctorch::share(rows, std::max<int64_t>(1, 65536 / inputs), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            quantise_input(from + row * inputs, q + row * inputs, inputs, scales + row);
    });
    return result;
}

/// All maps in one go, of one quantised input.
template <typename T>
void multiply(
    const at::Tensor &x, const std::vector<LinearMap> &maps, CTorchActivation activation, const at::Tensor &residual) {
    auto input = quantised<T>(x);
    int64_t inputs = x.size(-1), rows = x.numel() / inputs;
    struct Work {
        Product product;
        const T *bias;
        ctorch::avx512::Target<T> target;
    };
    std::vector<Work> work;
    std::vector<int64_t> firsts{0};
    for (const auto &map : maps) {
        Product p{static_cast<const uint8_t *>(input.rows.const_data_ptr()),
                  static_cast<const float *>(input.scales.const_data_ptr()),
                  static_cast<const int8_t *>(map.weight.const_data_ptr()),
                  static_cast<const float *>(map.scales.const_data_ptr()),
                  static_cast<const int32_t *>(map.offsets.const_data_ptr()), rows, inputs, map.weight.size(0)};
        work.push_back(
            {p, map.bias.defined() ? static_cast<const T *>(map.bias.const_data_ptr()) : nullptr,
             {residual.defined() ? static_cast<const T *>(residual.const_data_ptr()) : nullptr,
              static_cast<T *>(map.out.mutable_data_ptr()), activation}});
        firsts.push_back(firsts.back() + (p.outputs + group - 1) / group);
    }
    // Many rows are taken a few at a time, which stay in the cache while the weights pass by.
    if (rows <= few) {
        int64_t grain = std::max<int64_t>(1, 65536 / (group * inputs));
        ctorch::share(firsts.back(), grain, [&](int64_t begin, int64_t end) {
            for (size_t i = 0; i < work.size(); ++i) {
                int64_t from = std::max(begin, firsts[i]) - firsts[i], to = std::min(end, firsts[i + 1]) - firsts[i];
                if (from >= to) continue;
                const auto &w = work[i];
                part_of(w.product, 0, rows, from * group, std::min(w.product.outputs, to * group), w.bias, w.target);
            }
        });
    } else {
        ctorch::share((rows + few - 1) / few, 1, [&](int64_t begin, int64_t end) {
            for (int64_t chunk = begin; chunk < end; ++chunk)
                for (const auto &w : work)
                    part_of(
                        w.product, chunk * few, std::min(rows, (chunk + 1) * few), 0, w.product.outputs, w.bias, w.target);
        });
    }
}

}  // namespace
#endif

CTorchStatus ctorch_int8_linear(
    const CTorchTensor *x, const CTorchLinear *maps, size_t count, CTorchActivation activation,
    const CTorchTensor *residual, CTorchTensor **outs) {
    return guarded([&] {
        auto input = borrow(x).contiguous();
        at::Tensor added;
        auto all = ctorch::linear_maps(input, maps, count, residual, added);
        for (const auto &map : all) {
            const auto &w = map.weight, &s = map.scales, &o = map.offsets;
            TORCH_CHECK(
                w.scalar_type() == at::kChar && s.defined() && s.dim() == 1 && s.size(0) == w.size(0) && s.is_cpu() &&
                    s.scalar_type() == at::kFloat && s.is_contiguous() && o.defined() && o.sizes() == s.sizes() &&
                    o.is_cpu() && o.scalar_type() == at::kInt && o.is_contiguous(),
                "linear: expected int8 weights with their scales and offsets on the CPU");
        }
        TORCH_CHECK(!at::GradMode::is_enabled() || !input.requires_grad(), "linear: int8 weights record no gradients");
        TORCH_CHECK(ctorch::has_avx512(), "linear: this processor has no AVX-512");
#if defined(__x86_64__)
        if (input.scalar_type() == at::kBFloat16) multiply<Half>(input, all, activation, added);
        else multiply<float>(input, all, activation, added);
#endif
        for (size_t i = 0; i < count; ++i) outs[i] = hand_out(std::move(all[i].out));
    });
}
