// Loops that the compiler turns into vector instructions: the same source, once for each kind of processor.
#pragma once

#include <cstdint>
#include <cstring>

/// Compiles a function for AVX-512, AVX2 and any processor; the loader takes the right one. What it calls must be
/// CTORCH_INLINE to be compiled with it.
#if defined(__x86_64__)
#define CTORCH_VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CTORCH_VECTORISED
#endif
#define CTORCH_INLINE static inline __attribute__((always_inline))

namespace ctorch {

/// Sums and maxima are taken in so many lanes, whose order never changes: results do not depend on the processor's width.
constexpr int64_t vector_lanes = 16;

/// A brain float, by its bits.
struct Half {
    uint16_t bits;
};

CTORCH_INLINE float load(float x) { return x; }

CTORCH_INLINE float load(Half x) {
    uint32_t word = static_cast<uint32_t>(x.bits) << 16;
    float number;
    std::memcpy(&number, &word, sizeof number);
    return number;
}

CTORCH_INLINE void store(float x, float &target) { target = x; }

/// Rounded to the nearest even.
CTORCH_INLINE void store(float x, Half &target) {
    uint32_t word;
    std::memcpy(&word, &x, sizeof word);
    uint32_t sum = word + 0x7fff + (word >> 16 & 1);
    target.bits = static_cast<uint16_t>((x != x ? 0x7fc00000u : sum) >> 16);
}

/// e to the power of x, to a unit or two in the last place; 0 below 2⁻¹²⁶. Cephes' polynomial.
CTORCH_INLINE float exponential(float x) {
    float bounded = x < -87.33f ? -87.33f : x > 88.0f ? 88.0f : x;
    // Adding and subtracting 1.5 · 2²³ rounds to a whole number.
    float n = (bounded * 1.44269504f + 12582912.0f) - 12582912.0f;
    float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1;
    int32_t exponent = (static_cast<int32_t>(n) + 127) << 23;
    float power;
    std::memcpy(&power, &exponent, sizeof power);
    return x < -87.33f ? 0 : p * power;
}

}  // namespace ctorch
