// Random bits by counter: Philox-4x32, the generator of a run.
//
// A block of 128 bits is a function of a key (64 bits) and a counter (four words), so any element's bits can be computed
// at any time, on any thread, and again in the backward pass. Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As
// Easy as 1, 2, 3" (2011).
#pragma once

#include <cstddef>
#include <cstdint>

namespace ctorch {

/// Which of a run's numbers are meant: everything but the place within a line.
struct PhiloxStream {
    uint64_t key;
    /// The last three words of the counter.
    uint32_t line, row, call;
};

/// Elements whose bits are made together. Element e of a group takes half e % 2 of word e / 32 of block (e % 32) / 2:
/// the order in which sixteen blocks lie in four vector registers.
constexpr size_t keep_group = 128;

/// The random decisions of elements `group · 128 ..< (group + 1) · 128` of a line: bit e % 32 of `bits[e / 32]` is set
/// when the 16 random bits of element e are at least `threshold`.
using KeepBits = void (*)(const PhiloxStream &stream, uint32_t group, uint16_t threshold, uint32_t bits[4]);

/// Writes `count` numbers of a line, uniform in 0 ..< 1 with 24 bits, beginning at element `group` · 64.
using FillUniform = void (*)(const PhiloxStream &stream, uint32_t group, float *numbers, size_t count);

/// Scales `count` elements that are kept by `scale` and sets the others to zero; `bits` as `KeepBits` writes them.
using ApplyFloats = void (*)(const float *source, float *target, size_t count, const uint32_t *bits, float scale);
using ApplyHalves = void (*)(const uint16_t *source, uint16_t *target, size_t count, const uint32_t *bits, float scale);

/// The functions for one kind of processor.
struct PhiloxKernels {
    KeepBits keep_bits;
    FillUniform fill_uniform;
    ApplyFloats apply_floats;
    /// For brain floats.
    ApplyHalves apply_halves;
};

/// Vector instructions, from none to AVX-512 with bytes and words.
enum class VectorLevel : int32_t { portable = 0, avx2 = 1, avx512 = 2 };

/// The best level of this processor, or a lower one that was chosen.
VectorLevel vector_level();
/// Takes at most this level from now on; all levels compute the same bits. For tests.
void limit_vector_level(VectorLevel level);

/// The functions of the current level.
const PhiloxKernels &philox();

}  // namespace ctorch
