// What a linear map gives its weight and its bias in the backward pass: gᵀ · x and the sum of g's rows.
//
// Both factors lie row by row, the rows being what is summed over, so neither needs transposing: a tile of the result
// gets, row by row, the products of 14 elements of g with 32 of x. Its sums stay in registers until they are complete,
// and then go to memory past the caches: nobody reads a gradient before the pass is over. Libraries write a result once
// for each part of the rows, which costs more than the products where rows are few (a decoder's targets, the table of a
// vocabulary). The blocks are those of Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include <algorithm>

#include "Avx512.h"
#include "Crew.h"
#include "Recorded.h"

using ctorch::Half;

namespace {

/// A tile's columns of g and of x: 28 sums of sixteen, two vectors of x and one of g make up the 32 registers.
constexpr int64_t tile_rows = 14, tile_columns = 32;
/// The most rows to sum over: so many of a tile's columns of g fit the second cache.
constexpr int64_t most_rows = 8192;
/// Results of fewer bytes may still be in a cache when the optimizer reads them.
constexpr int64_t cached_bytes = int64_t(1) << 19;

#if defined(__x86_64__)

/// How many rows are multiplied in one instruction.
template <typename T>
constexpr int64_t depth = sizeof(float) / sizeof(T);

struct Sizes {
    /// Rows to sum over; columns of g, and of x.
    int64_t rows, outputs, inputs;

    template <typename T>
    int64_t steps() const { return (rows + depth<T> - 1) / depth<T>; }
};

CTORCH_AVX512_BEGIN

/// Columns `first ..< first + tile_columns` of x, a row (brain floats: a pair of rows) after the other; zeros beyond its end.
CTORCH_INLINE void pack(const float *x, const Sizes &sizes, int64_t first, float *packed) {
    int64_t count = std::min(tile_columns, sizes.inputs - first);
    auto low = static_cast<__mmask16>(count >= 16 ? 0xffff : (1u << count) - 1);
    auto high = static_cast<__mmask16>(count >= 32 ? 0xffff : count > 16 ? (1u << (count - 16)) - 1 : 0);
    for (int64_t row = 0; row < sizes.rows; ++row, packed += tile_columns) {
        const float *source = x + row * sizes.inputs + first;
        _mm512_store_ps(packed, _mm512_maskz_loadu_ps(low, source));
        _mm512_store_ps(packed + 16, _mm512_maskz_loadu_ps(high, source + 16));
    }
}

/// Two rows' elements by turns.
CTORCH_INLINE void interleave(__m512i even, __m512i odd, __m512i &first, __m512i &second) {
    const auto places = _mm512_set_epi16(
        47, 15, 46, 14, 45, 13, 44, 12, 43, 11, 42, 10, 41, 9, 40, 8, 39, 7, 38, 6, 37, 5, 36, 4, 35, 3, 34, 2, 33, 1, 32, 0);
    first = _mm512_permutex2var_epi16(even, places, odd);
    second = _mm512_permutex2var_epi16(even, _mm512_add_epi16(places, _mm512_set1_epi16(16)), odd);
}

CTORCH_INLINE void pack(const Half *x, const Sizes &sizes, int64_t first, Half *packed) {
    int64_t count = std::min(tile_columns, sizes.inputs - first);
    auto mask = static_cast<__mmask32>(count >= 32 ? 0xffffffff : (1u << count) - 1);
    for (int64_t row = 0; row < sizes.rows; row += 2, packed += 2 * tile_columns) {
        const Half *source = x + row * sizes.inputs + first;
        __m512i even = _mm512_maskz_loadu_epi16(mask, source), odd = _mm512_setzero_si512(), one, two;
        if (row + 1 < sizes.rows) odd = _mm512_maskz_loadu_epi16(mask, source + sizes.inputs);
        interleave(even, odd, one, two);
        _mm512_store_si512(packed, one);
        _mm512_store_si512(packed + 32, two);
    }
}

/// Columns of g in the same way, `tile_rows` of them; writes the sums of the rows, if wanted.
CTORCH_INLINE void pack_gradient(const float *g, const Sizes &sizes, int64_t first, float *packed, float *sums) {
    int64_t count = std::min(tile_rows, sizes.outputs - first);
    auto mask = static_cast<__mmask16>((1u << count) - 1);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t row = 0; row < sizes.rows; ++row, packed += tile_rows) {
        __m512 part = _mm512_maskz_loadu_ps(mask, g + row * sizes.outputs + first);
        _mm512_mask_storeu_ps(packed, static_cast<__mmask16>((1u << tile_rows) - 1), part);
        sum = _mm512_add_ps(sum, part);
    }
    if (sums) _mm512_mask_storeu_ps(sums + first, mask, sum);
}

CTORCH_INLINE __m512 widened(__m256i x) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16));
}

CTORCH_INLINE void pack_gradient(const Half *g, const Sizes &sizes, int64_t first, Half *packed, Half *sums) {
    int64_t count = std::min(tile_rows, sizes.outputs - first);
    auto mask = static_cast<__mmask16>((1u << count) - 1);
    auto whole = static_cast<__mmask32>((1u << (2 * tile_rows)) - 1);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t row = 0; row < sizes.rows; row += 2, packed += 2 * tile_rows) {
        const Half *source = g + row * sizes.outputs + first;
        __m256i even = _mm256_maskz_loadu_epi16(mask, source), odd = _mm256_setzero_si256();
        if (row + 1 < sizes.rows) odd = _mm256_maskz_loadu_epi16(mask, source + sizes.outputs);
        __m512i one, two;
        interleave(_mm512_castsi256_si512(even), _mm512_castsi256_si512(odd), one, two);
        _mm512_mask_storeu_epi16(packed, whole, one);
        sum = _mm512_add_ps(sum, _mm512_add_ps(widened(even), widened(odd)));
    }
    if (sums) _mm256_mask_storeu_epi16(sums + first, mask, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(sum)));
}

CTORCH_INLINE __m512 multiply(__m512 sum, const float *g, __m512 x) { return _mm512_fmadd_ps(_mm512_set1_ps(*g), x, sum); }
CTORCH_INLINE __m512 multiply(__m512 sum, const Half *g, __m512bh x) {
    int32_t pair;
    std::memcpy(&pair, g, sizeof pair);
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair)), x);
}
CTORCH_INLINE __m512 vector(const float *x) { return _mm512_load_ps(x); }
CTORCH_INLINE __m512bh vector(const Half *x) { return reinterpret_cast<__m512bh>(_mm512_load_si512(x)); }

/// Writes 32 sums, `count` of them if that is fewer; past the caches if `passes`, for which they must be whole lines.
CTORCH_INLINE void put(float *out, __m512 low, __m512 high, int64_t count, bool passes) {
    if (passes) {
        _mm512_stream_ps(out, low);
        _mm512_stream_ps(out + 16, high);
        return;
    }
    _mm512_mask_storeu_ps(out, static_cast<__mmask16>(count >= 16 ? 0xffff : (1u << count) - 1), low);
    if (count > 16)
        _mm512_mask_storeu_ps(out + 16, static_cast<__mmask16>(count >= 32 ? 0xffff : (1u << (count - 16)) - 1), high);
}
CTORCH_INLINE void put(Half *out, __m512 low, __m512 high, int64_t count, bool passes) {
    auto rounded = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
    if (passes) _mm512_stream_si512(reinterpret_cast<__m512i *>(out), rounded);
    else _mm512_mask_storeu_epi16(out, static_cast<__mmask32>(count >= 32 ? 0xffffffff : (1u << count) - 1), rounded);
}

/// A tile of the result, of which `height` rows and `count` columns exist.
template <typename T>
CTORCH_INLINE void fill(const T *g, const T *x, int64_t steps, T *out, int64_t stride, int64_t height, int64_t count, bool passes) {
    __m512 low[tile_rows], high[tile_rows];
#pragma clang loop unroll(full)
    for (int row = 0; row < tile_rows; ++row) low[row] = high[row] = _mm512_setzero_ps();
    for (int64_t step = 0; step < steps; ++step) {
        auto left = vector(x), right = vector(x + 16 * depth<T>);
#pragma clang loop unroll(full)
        for (int row = 0; row < tile_rows; ++row) {
            low[row] = multiply(low[row], g + row * depth<T>, left);
            high[row] = multiply(high[row], g + row * depth<T>, right);
        }
        g += tile_rows * depth<T>;
        x += tile_columns * depth<T>;
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < tile_rows; ++row)
        if (row < height) put(out + row * stride, low[row], high[row], count, passes);
}

template <typename T>
void multiply_all(const T *g, const T *x, const Sizes &sizes, T *out, T *sums) {
    int64_t steps = sizes.steps<T>();
    int64_t down = (sizes.outputs + tile_rows - 1) / tile_rows, across = (sizes.inputs + tile_columns - 1) / tile_columns;
    int64_t width = tile_columns * depth<T> * steps, height = tile_rows * depth<T> * steps;
    auto bytes = at::TensorOptions().dtype(at::kByte);
    auto columns = at::empty({across * width * static_cast<int64_t>(sizeof(T))}, bytes);
    auto *packed = static_cast<T *>(columns.mutable_data_ptr());
    // Smaller parts are not worth waking a thread for.
    int64_t columns_each = std::max<int64_t>(1, (int64_t(1) << 15) / (sizes.rows * tile_columns));
    int64_t rows_each = std::max<int64_t>(1, (int64_t(1) << 22) / (sizes.rows * tile_rows * sizes.inputs));
    ctorch::share(across, columns_each, [&](int64_t begin, int64_t end) {
        for (int64_t column = begin; column < end; ++column) pack(x, sizes, column * tile_columns, packed + column * width);
    });
    bool passes = sizes.outputs * sizes.inputs * static_cast<int64_t>(sizeof(T)) >= cached_bytes &&
                  sizes.inputs % tile_columns == 0 && reinterpret_cast<uintptr_t>(out) % 64 == 0;
    ctorch::share(down, rows_each, [&](int64_t begin, int64_t end) {
        auto strip = at::empty({height * static_cast<int64_t>(sizeof(T))}, bytes);
        auto *part = static_cast<T *>(strip.mutable_data_ptr());
        for (int64_t row = begin; row < end; ++row) {
            int64_t first = row * tile_rows, count = std::min(tile_rows, sizes.outputs - first);
            pack_gradient(g, sizes, first, part, sums);
            for (int64_t column = 0; column < across; ++column)
                fill(
                    part, packed + column * width, steps, out + first * sizes.inputs + column * tile_columns, sizes.inputs, count,
                    std::min(tile_columns, sizes.inputs - column * tile_columns), passes);
        }
        _mm_sfence();
    });
}

CTORCH_AVX512_END

#endif

}  // namespace

std::pair<at::Tensor, at::Tensor> ctorch::weight_gradient(const at::Tensor &gradient, const at::Tensor &x, bool sums_rows) {
#if defined(__x86_64__)
    Sizes sizes{gradient.size(0), gradient.size(1), x.size(1)};
    if (has_avx512() && sizes.rows > 0 && sizes.rows <= most_rows && sizes.outputs > 0 && sizes.inputs > 0) {
        auto weight = at::empty({sizes.outputs, sizes.inputs}, x.options());
        auto sums = sums_rows ? at::empty({sizes.outputs}, x.options()) : at::Tensor();
        auto multiply = [&]<typename T>(T *out) {
            multiply_all(
                static_cast<const T *>(gradient.const_data_ptr()), static_cast<const T *>(x.const_data_ptr()), sizes, out,
                sums_rows ? static_cast<T *>(sums.mutable_data_ptr()) : nullptr);
        };
        if (x.scalar_type() == at::kBFloat16) multiply(static_cast<Half *>(weight.mutable_data_ptr()));
        else multiply(static_cast<float *>(weight.mutable_data_ptr()));
        return {weight, sums};
    }
#endif
    return {at::mm(gradient.t(), x), sums_rows ? gradient.sum(0) : at::Tensor()};
}
