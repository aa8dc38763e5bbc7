// Dot products in AVX-512: what the kernels of the decoder are made of. Everything here is compiled for processors that
// have it, whatever the rest is compiled for; call it only where `ctorch::has_avx512()` says so.
#pragma once

#include <cstdint>

#include "Vector.h"

namespace ctorch {

/// Whether this processor has the instructions of the kernels of the decoder: AVX-512 with brain floats and VNNI.
bool has_avx512();

}  // namespace ctorch

#if defined(__x86_64__)
#include <immintrin.h>

#define CTORCH_AVX512_BEGIN                                                                                              \
    _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni,fma\"))), apply_to = function)")
#define CTORCH_AVX512_END _Pragma("clang attribute pop")

CTORCH_AVX512_BEGIN
namespace ctorch::avx512 {

/// Sixteen products' sums; of brain floats two products are added up in each.
CTORCH_INLINE __m512 multiply(__m512 sum, const float *a, const float *b) {
    return _mm512_fmadd_ps(_mm512_loadu_ps(a), _mm512_loadu_ps(b), sum);
}
CTORCH_INLINE __m512 multiply(__m512 sum, const float *a, const float *b, int64_t count) {
    auto mask = static_cast<__mmask16>((1u << count) - 1);
    return _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, a), _mm512_maskz_loadu_ps(mask, b), sum);
}
CTORCH_INLINE __m512bh halves(const Half *x) {
    return reinterpret_cast<__m512bh>(_mm512_loadu_si512(x));
}
CTORCH_INLINE __m512bh halves(const Half *x, int64_t count) {
    return reinterpret_cast<__m512bh>(_mm512_maskz_loadu_epi16(static_cast<__mmask32>((1ull << count) - 1), x));
}
CTORCH_INLINE __m512 multiply(__m512 sum, const Half *a, const Half *b) {
    return _mm512_dpbf16_ps(sum, halves(a), halves(b));
}
CTORCH_INLINE __m512 multiply(__m512 sum, const Half *a, const Half *b, int64_t count) {
    return _mm512_dpbf16_ps(sum, halves(a, count), halves(b, count));
}

template <typename T>
constexpr int64_t lanes = 64 / sizeof(T);

/// The sums of four vectors' elements, one in each element of a quarter; the quarters are to be added up.
CTORCH_INLINE __m512 fold(__m512 a, __m512 b, __m512 c, __m512 d) {
    __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
    __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
    auto x = _mm512_castps_pd(ab), y = _mm512_castps_pd(cd);
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
}

/// Adds up the quarters.
CTORCH_INLINE __m128 quarters(__m512 x) {
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

/// The products of M rows `x`, `stride` apart, with the four rows `w`: M vectors of four.
template <typename T, int M>
CTORCH_INLINE void four(const T *x, int64_t stride, const T *const *w, int64_t count, __m128 *out) {
    __m512 sums[M][4];
    for (int i = 0; i < M; ++i)
        for (int j = 0; j < 4; ++j) sums[i][j] = _mm512_setzero_ps();
    int64_t k = 0;
    for (; k + lanes<T> <= count; k += lanes<T>)
        for (int i = 0; i < M; ++i)
            for (int j = 0; j < 4; ++j) sums[i][j] = multiply(sums[i][j], x + i * stride + k, w[j] + k);
    if (k < count)
        for (int i = 0; i < M; ++i)
            for (int j = 0; j < 4; ++j) sums[i][j] = multiply(sums[i][j], x + i * stride + k, w[j] + k, count - k);
    for (int i = 0; i < M; ++i) out[i] = quarters(fold(sums[i][0], sums[i][1], sums[i][2], sums[i][3]));
}

/// The same, with the rows `w` read one after the other, as one stream from memory. Adds up in the order of `four`.
template <typename T, int M>
CTORCH_INLINE void stream(const T *x, int64_t stride, const T *const *w, int64_t count, __m128 *out) {
    __m512 all[M][4];
    for (int j = 0; j < 4; ++j) {
        __m512 sums[M];
        for (int i = 0; i < M; ++i) sums[i] = _mm512_setzero_ps();
        int64_t k = 0;
        for (; k + lanes<T> <= count; k += lanes<T>)
            for (int i = 0; i < M; ++i) sums[i] = multiply(sums[i], x + i * stride + k, w[j] + k);
        if (k < count)
            for (int i = 0; i < M; ++i) sums[i] = multiply(sums[i], x + i * stride + k, w[j] + k, count - k);
        for (int i = 0; i < M; ++i) all[i][j] = sums[i];
    }
    for (int i = 0; i < M; ++i) out[i] = quarters(fold(all[i][0], all[i][1], all[i][2], all[i][3]));
}

/// Up to sixteen numbers as float32, and back.
CTORCH_INLINE __m512 numbers(const float *x, __mmask16 mask) { return _mm512_maskz_loadu_ps(mask, x); }
CTORCH_INLINE __m512 numbers(const Half *x, __mmask16 mask) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x)), 16));
}
CTORCH_INLINE void put(float *out, __m512 x, __mmask16 mask) { _mm512_mask_storeu_ps(out, mask, x); }
CTORCH_INLINE void put(Half *out, __m512 x, __mmask16 mask) {
    _mm256_mask_storeu_epi16(out, mask, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)));
}

}  // namespace ctorch::avx512
CTORCH_AVX512_END
#endif
