#include "Philox.h"

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ctorch {

namespace {

constexpr uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
constexpr uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;
/// Seven pass TestU01's BigCrush; ten are the customary margin, for what is drawn rarely.
constexpr int keep_rounds = 7, uniform_rounds = 10;
constexpr size_t lanes = 16;
constexpr size_t uniform_group = 4 * lanes;

// --- Any processor ---------------------------------------------------------------------------------------------

void block(const PhiloxStream &stream, uint32_t counter, int rounds, uint32_t out[4]) {
    uint32_t c0 = counter, c1 = stream.line, c2 = stream.row, c3 = stream.call;
    auto k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
    for (int round = 0; round < rounds; ++round) {
        uint64_t product0 = static_cast<uint64_t>(multiplier0) * c0;
        uint64_t product1 = static_cast<uint64_t>(multiplier1) * c2;
        c0 = static_cast<uint32_t>(product1 >> 32) ^ c1 ^ k0;
        c1 = static_cast<uint32_t>(product1);
        c2 = static_cast<uint32_t>(product0 >> 32) ^ c3 ^ k1;
        c3 = static_cast<uint32_t>(product0);
        k0 += weyl0;
        k1 += weyl1;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

void keep_bits_portable(const PhiloxStream &stream, uint32_t group, uint16_t threshold, uint32_t bits[4]) {
    bits[0] = bits[1] = bits[2] = bits[3] = 0;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
        uint32_t words[4];
        block(stream, group * lanes + lane, keep_rounds, words);
        for (int word = 0; word < 4; ++word) {
            uint32_t low = (words[word] & 0xffff) >= threshold, high = (words[word] >> 16) >= threshold;
            bits[word] |= (low | high << 1) << (2 * lane);
        }
    }
}

float unit(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

void fill_uniform_portable(const PhiloxStream &stream, uint32_t group, float *numbers, size_t count) {
    for (size_t start = 0; start < count; start += uniform_group, ++group) {
        float values[uniform_group];
        for (uint32_t lane = 0; lane < lanes; ++lane) {
            uint32_t words[4];
            block(stream, group * lanes + lane, uniform_rounds, words);
            for (size_t word = 0; word < 4; ++word) values[word * lanes + lane] = unit(words[word]);
        }
        std::memcpy(numbers + start, values, std::min(uniform_group, count - start) * sizeof(float));
    }
}

inline bool is_kept(const uint32_t *bits, size_t element) { return bits[element / 32] >> (element % 32) & 1; }

void apply_floats_portable(const float *source, float *target, size_t count, const uint32_t *bits, float scale) {
    for (size_t i = 0; i < count; ++i) target[i] = is_kept(bits, i) ? source[i] * scale : 0;
}

void apply_halves_portable(
    const uint16_t *source, uint16_t *target, size_t count, const uint32_t *bits, float scale) {
    for (size_t i = 0; i < count; ++i) {
        auto value = c10::BFloat16(source[i], c10::BFloat16::from_bits());
        target[i] = is_kept(bits, i) ? c10::BFloat16(static_cast<float>(value) * scale).x : 0;
    }
}

#if defined(__x86_64__)

// --- AVX2 ------------------------------------------------------------------------------------------------------

#define AVX2 __attribute__((target("avx2"), always_inline)) inline
#define AVX2_ENTRY __attribute__((target("avx2")))

struct Block8 {
    __m256i c0, c1, c2, c3;
};

AVX2 void multiply8(__m256i a, uint32_t multiplier, __m256i &high, __m256i &low) {
    __m256i m = _mm256_set1_epi64x(multiplier);
    __m256i even = _mm256_mul_epu32(a, m), odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), m);
    low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
    high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
}

AVX2 Block8 block8(const PhiloxStream &stream, uint32_t counter, int rounds) {
    __m256i c0 = _mm256_add_epi32(_mm256_set1_epi32(counter), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    __m256i c1 = _mm256_set1_epi32(stream.line), c2 = _mm256_set1_epi32(stream.row);
    __m256i c3 = _mm256_set1_epi32(stream.call);
    auto k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
    for (int round = 0; round < rounds; ++round) {
        __m256i high0, low0, high1, low1;
        multiply8(c0, multiplier0, high0, low0);
        multiply8(c2, multiplier1, high1, low1);
        c0 = _mm256_xor_si256(_mm256_xor_si256(high1, c1), _mm256_set1_epi32(k0));
        c1 = low1;
        c2 = _mm256_xor_si256(_mm256_xor_si256(high0, c3), _mm256_set1_epi32(k1));
        c3 = low0;
        k0 += weyl0;
        k1 += weyl1;
    }
    return {c0, c1, c2, c3};
}

/// One bit for each of the 32 halves in two registers.
AVX2 uint32_t at_least8(__m256i first, __m256i second, __m256i threshold) {
    // x >= t for unsigned numbers: the larger of the two is x.
    __m256i a = _mm256_cmpeq_epi16(_mm256_max_epu16(first, threshold), first);
    __m256i b = _mm256_cmpeq_epi16(_mm256_max_epu16(second, threshold), second);
    __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
    return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

AVX2_ENTRY void keep_bits_avx2(
    const PhiloxStream &stream, uint32_t group, uint16_t threshold, uint32_t bits[4]) {
    Block8 a = block8(stream, group * lanes, keep_rounds), b = block8(stream, group * lanes + 8, keep_rounds);
    __m256i t = _mm256_set1_epi16(static_cast<int16_t>(threshold));
    bits[0] = at_least8(a.c0, b.c0, t);
    bits[1] = at_least8(a.c1, b.c1, t);
    bits[2] = at_least8(a.c2, b.c2, t);
    bits[3] = at_least8(a.c3, b.c3, t);
}

AVX2 void store_unit8(float *target, __m256i words) {
    __m256 numbers = _mm256_cvtepi32_ps(_mm256_srli_epi32(words, 8));
    _mm256_storeu_ps(target, _mm256_mul_ps(numbers, _mm256_set1_ps(0x1p-24f)));
}

AVX2_ENTRY void fill_uniform_avx2(const PhiloxStream &stream, uint32_t group, float *numbers, size_t count) {
    for (size_t start = 0; start < count; start += uniform_group, ++group) {
        float values[uniform_group];
        for (uint32_t half = 0; half < 2; ++half) {
            Block8 made = block8(stream, group * lanes + 8 * half, uniform_rounds);
            store_unit8(values + 8 * half, made.c0);
            store_unit8(values + lanes + 8 * half, made.c1);
            store_unit8(values + 2 * lanes + 8 * half, made.c2);
            store_unit8(values + 3 * lanes + 8 * half, made.c3);
        }
        std::memcpy(numbers + start, values, std::min(uniform_group, count - start) * sizeof(float));
    }
}

/// Eight lanes of ones or zeros from the low eight bits.
AVX2 __m256i lanes_of(uint32_t bits) {
    __m256i single = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(bits), single), single);
}

AVX2_ENTRY void apply_floats_avx2(
    const float *source, float *target, size_t count, const uint32_t *bits, float scale) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256 mask = _mm256_castsi256_ps(lanes_of(bits[i / 32] >> (i % 32)));
        __m256 scaled = _mm256_mul_ps(_mm256_loadu_ps(source + i), _mm256_set1_ps(scale));
        _mm256_storeu_ps(target + i, _mm256_and_ps(scaled, mask));
    }
    for (; i < count; ++i) target[i] = is_kept(bits, i) ? source[i] * scale : 0;
}

// --- AVX-512 ---------------------------------------------------------------------------------------------------

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"), always_inline)) inline
#define AVX512_ENTRY __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))

struct Block16 {
    __m512i c0, c1, c2, c3;
};

AVX512 void multiply16(__m512i a, uint32_t multiplier, __m512i &high, __m512i &low) {
    __m512i m = _mm512_set1_epi64(multiplier);
    __m512i even = _mm512_mul_epu32(a, m), odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), m);
    low = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
    high = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
}

AVX512 Block16 block16(const PhiloxStream &stream, uint32_t counter, int rounds) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i c0 = _mm512_add_epi32(_mm512_set1_epi32(counter), lane);
    __m512i c1 = _mm512_set1_epi32(stream.line), c2 = _mm512_set1_epi32(stream.row);
    __m512i c3 = _mm512_set1_epi32(stream.call);
    auto k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
    for (int round = 0; round < rounds; ++round) {
        __m512i high0, low0, high1, low1;
        multiply16(c0, multiplier0, high0, low0);
        multiply16(c2, multiplier1, high1, low1);
        c0 = _mm512_ternarylogic_epi32(high1, c1, _mm512_set1_epi32(k0), 0x96);  // exclusive or of all three
        c1 = low1;
        c2 = _mm512_ternarylogic_epi32(high0, c3, _mm512_set1_epi32(k1), 0x96);
        c3 = low0;
        k0 += weyl0;
        k1 += weyl1;
    }
    return {c0, c1, c2, c3};
}

AVX512_ENTRY void keep_bits_avx512(
    const PhiloxStream &stream, uint32_t group, uint16_t threshold, uint32_t bits[4]) {
    Block16 made = block16(stream, group * lanes, keep_rounds);
    __m512i t = _mm512_set1_epi16(static_cast<int16_t>(threshold));
    bits[0] = _mm512_cmpge_epu16_mask(made.c0, t);
    bits[1] = _mm512_cmpge_epu16_mask(made.c1, t);
    bits[2] = _mm512_cmpge_epu16_mask(made.c2, t);
    bits[3] = _mm512_cmpge_epu16_mask(made.c3, t);
}

AVX512 void store_unit16(float *target, __m512i words) {
    __m512 numbers = _mm512_cvtepi32_ps(_mm512_srli_epi32(words, 8));
    _mm512_storeu_ps(target, _mm512_mul_ps(numbers, _mm512_set1_ps(0x1p-24f)));
}

AVX512_ENTRY void fill_uniform_avx512(const PhiloxStream &stream, uint32_t group, float *numbers, size_t count) {
    for (size_t start = 0; start < count; start += uniform_group, ++group) {
        float values[uniform_group];
        bool is_whole = count - start >= uniform_group;
        float *target = is_whole ? numbers + start : values;
        Block16 made = block16(stream, group * lanes, uniform_rounds);
        store_unit16(target, made.c0);
        store_unit16(target + lanes, made.c1);
        store_unit16(target + 2 * lanes, made.c2);
        store_unit16(target + 3 * lanes, made.c3);
        if (!is_whole) std::memcpy(numbers + start, values, (count - start) * sizeof(float));
    }
}

AVX512_ENTRY void apply_floats_avx512(
    const float *source, float *target, size_t count, const uint32_t *bits, float scale) {
    __m512 factor = _mm512_set1_ps(scale);
    for (size_t i = 0; i < count; i += 16) {
        auto valid = static_cast<__mmask16>(count - i >= 16 ? 0xffff : (1u << (count - i)) - 1);
        auto kept = static_cast<__mmask16>(bits[i / 32] >> (i % 32));
        __m512 x = _mm512_maskz_loadu_ps(valid, source + i);
        _mm512_mask_storeu_ps(target + i, valid, _mm512_maskz_mul_ps(kept, x, factor));
    }
}

/// Brain floats of sixteen floats, rounded to the nearest even.
AVX512 __m256i rounded(__m512 x) {
    __m512i word = _mm512_castps_si512(x);
    __m512i even = _mm512_and_si512(_mm512_srli_epi32(word, 16), _mm512_set1_epi32(1));
    __m512i sum = _mm512_add_epi32(word, _mm512_add_epi32(even, _mm512_set1_epi32(0x7fff)));
    __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    sum = _mm512_mask_mov_epi32(sum, nan, _mm512_set1_epi32(0x7fc00000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(sum, 16));
}

AVX512_ENTRY void apply_halves_avx512(
    const uint16_t *source, uint16_t *target, size_t count, const uint32_t *bits, float scale) {
    __m512 factor = _mm512_set1_ps(scale);
    for (size_t i = 0; i < count; i += 16) {
        auto valid = static_cast<__mmask16>(count - i >= 16 ? 0xffff : (1u << (count - i)) - 1);
        auto kept = static_cast<__mmask16>(bits[i / 32] >> (i % 32));
        __m256i halves = _mm256_maskz_loadu_epi16(valid, source + i);
        __m512 x = _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
        _mm256_mask_storeu_epi16(target + i, valid, rounded(_mm512_maskz_mul_ps(kept, x, factor)));
    }
}

#endif

VectorLevel best_level() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return VectorLevel::avx512;
    if (__builtin_cpu_supports("avx2")) return VectorLevel::avx2;
#endif
    return VectorLevel::portable;
}

std::atomic<VectorLevel> &level() {
    static std::atomic<VectorLevel> level{best_level()};
    return level;
}

}  // namespace

VectorLevel vector_level() { return level().load(std::memory_order_relaxed); }

void limit_vector_level(VectorLevel limit) { level() = std::min(best_level(), limit); }

const PhiloxKernels &philox() {
    static constexpr PhiloxKernels portable{
        keep_bits_portable, fill_uniform_portable, apply_floats_portable, apply_halves_portable};
#if defined(__x86_64__)
    static constexpr PhiloxKernels avx2{
        keep_bits_avx2, fill_uniform_avx2, apply_floats_avx2, apply_halves_portable};
    static constexpr PhiloxKernels avx512{
        keep_bits_avx512, fill_uniform_avx512, apply_floats_avx512, apply_halves_avx512};
    if (vector_level() == VectorLevel::avx512) return avx512;
    if (vector_level() == VectorLevel::avx2) return avx2;
#endif
    return portable;
}

}  // namespace ctorch
