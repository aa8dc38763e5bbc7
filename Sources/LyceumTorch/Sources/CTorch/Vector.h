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

/// The hyperbolic tangent, to a few units in the last place. Eigen's rational approximation.
CTORCH_INLINE float tangent(float x) {
    constexpr float limit = 7.90531110763549805f;
    float bounded = x < -limit ? -limit : x > limit ? limit : x;
    float square = bounded * bounded;
    float p = -2.76076847742355e-16f;
    p = p * square + 2.00018790482477e-13f;
    p = p * square + -8.60467152213735e-11f;
    p = p * square + 5.12229709037114e-08f;
    p = p * square + 1.48572235717979e-05f;
    p = p * square + 6.37261928875436e-04f;
    p = p * square + 4.89352455891786e-03f;
    float q = 1.19825839466702e-06f;
    q = q * square + 1.18534705686654e-04f;
    q = q * square + 2.26843463243900e-03f;
    q = q * square + 4.89352518554385e-03f;
    return bounded * p / q;
}

}  // namespace ctorch
