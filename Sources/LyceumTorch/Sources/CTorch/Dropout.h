// The mask of a dropout as a function of its place: what Dropout.cpp and the attention kernel share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "Philox.h"

namespace ctorch {

/// Which random numbers a dropout uses.
struct DropoutDraw {
    double rate;
    uint64_t key;
    uint32_t call;
    /// The examples that the leading dimension stands for; empty if it stands for none.
    std::vector<int64_t> rows;
    /// Of packed rows their lengths: they then lie one after the other in [1, total, ..]. Else empty.
    std::vector<int64_t> lengths = {};

    /// Elements whose 16 bits are below it are dropped.
    uint16_t threshold() const { return static_cast<uint16_t>(std::clamp(std::lround(rate * 65536), 0l, 65535l)); }
    float scale() const { return static_cast<float>(1 / (1 - rate)); }
};

/// The line's word of the counter: the position, and what lies outside it (a head). Neither depends on how far other
/// lines are padded.
inline uint32_t line_word(int64_t outer, int64_t position) {
    return static_cast<uint32_t>(outer << 20) ^ static_cast<uint32_t>(position);
}

}  // namespace ctorch
