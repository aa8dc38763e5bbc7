// Dropout whose mask is computed, never stored, and computed again in the backward pass; and uniform numbers.
#include "Crew.h"
#include "Dropout.h"

#include <ATen/core/Generator.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/zeros_like.h>

#include "Boundary.h"
#include "Recorded.h"

using ctorch::DropoutDraw;
using ctorch::guarded;
using ctorch::hand_out;

namespace {

/// How the lines (runs along the last dimension) of a tensor lie within its examples.
struct Lines {
    int64_t length, count, per_row, positions;

    Lines(const at::Tensor &x, size_t rows) {
        length = x.dim() > 0 ? x.size(-1) : 1;
        count = length > 0 ? x.numel() / length : 0;
        per_row = rows > 0 ? count / static_cast<int64_t>(rows) : count;
        positions = x.dim() > 1 ? x.size(-2) : 1;
        // Rows that are themselves the lines, or several lines of them folded into the leading dimension.
        if (x.dim() == 2) positions = std::max<int64_t>(per_row, 1);
    }
};

/// The words of the counter that stand for a line: its place within its example, and the example.
struct Place {
    uint32_t line, row;
};

/// By line of packed rows.
std::vector<Place> places(const DropoutDraw &draw, int64_t count, uint32_t stand_in) {
    std::vector<Place> places;
    places.reserve(count);
    for (size_t i = 0; i < draw.lengths.size(); ++i)
        for (int64_t position = 0; position < draw.lengths[i]; ++position)
            places.push_back(
                {ctorch::line_word(0, position), i < draw.rows.size() ? static_cast<uint32_t>(draw.rows[i]) : stand_in});
    // What fills up the end belongs to no example.
    for (int64_t position = 0; static_cast<int64_t>(places.size()) < count; ++position)
        places.push_back({ctorch::line_word(0, position), stand_in});
    return places;
}

template <typename Element, typename Apply>
void drop(
    const at::Tensor &x, at::Tensor &out, const DropoutDraw &draw, Apply apply) {
    bool is_packed = !draw.lengths.empty();
    bool has_rows = !is_packed && !draw.rows.empty() && x.dim() > 1 && x.size(0) % static_cast<int64_t>(draw.rows.size()) == 0;
    Lines lines(x, has_rows ? draw.rows.size() : 0);
    // Without examples the flat place decides; the first example tells the batches of a step apart.
    auto stand_in = 0x80000000u | static_cast<uint32_t>(draw.rows.empty() ? 0 : draw.rows[0]);
    auto packed = is_packed ? places(draw, lines.count, stand_in) : std::vector<Place>();
    const auto *source = static_cast<const Element *>(x.const_data_ptr());
    auto *target = static_cast<Element *>(out.mutable_data_ptr());
    auto threshold = draw.threshold();
    float scale = draw.scale();
    const auto &kernels = ctorch::philox();
    int64_t grain = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, lines.length));
    ctorch::share(lines.count, grain, [&](int64_t begin, int64_t end) {
        for (int64_t line = begin; line < end; ++line) {
            int64_t within = line % lines.per_row;
            auto row = has_rows ? static_cast<uint32_t>(draw.rows[line / lines.per_row]) : stand_in;
            Place place{ctorch::line_word(within / lines.positions, within % lines.positions), row};
            if (is_packed) place = packed[line];
            ctorch::PhiloxStream stream{draw.key, place.line, place.row, draw.call};
            for (int64_t start = 0; start < lines.length; start += ctorch::keep_group) {
                uint32_t bits[4];
                kernels.keep_bits(stream, static_cast<uint32_t>(start / ctorch::keep_group), threshold, bits);
                auto count = std::min<int64_t>(ctorch::keep_group, lines.length - start);
                int64_t offset = line * lines.length + start;
                apply(kernels, source + offset, target + offset, static_cast<size_t>(count), bits, scale);
            }
        }
    });
}

/// The dropped tensor, on the CPU.
at::Tensor drop_on_host(const at::Tensor &given, const DropoutDraw &draw) {
    auto x = given.contiguous();
    auto out = at::empty_like(x);
    switch (x.scalar_type()) {
        case at::kFloat:
            drop<float>(x, out, draw, [](auto &kernels, auto... arguments) { kernels.apply_floats(arguments...); });
            break;
        case at::kBFloat16:
            drop<uint16_t>(x, out, draw, [](auto &kernels, auto... arguments) { kernels.apply_halves(arguments...); });
            break;
        default: return drop_on_host(x.to(at::kFloat), draw).to(x.scalar_type());
    }
    return out;
}

/// The same on a device: CUDA's own Philox, seeded by the key; elsewhere the CPU's mask, moved.
at::Tensor drop_on_device(const at::Tensor &x, const DropoutDraw &draw) {
    if (!x.is_cuda()) {
        auto ones = at::empty(x.sizes(), x.options().device(at::kCPU)).fill_(1);
        return at::mul(x, drop_on_host(ones, draw).to(x.device()));
    }
    auto generator = at::detail::getCUDAHooks().getNewGenerator(x.device().index());
    generator.set_current_seed(draw.key + draw.call * 0x9E3779B97F4A7C15ull);
    return at::mul(x, at::empty_like(x).bernoulli_(1 - draw.rate, generator).mul_(1 / (1 - draw.rate)));
}

}  // namespace

at::Tensor ctorch::dropped(const at::Tensor &x, const DropoutDraw &draw) {
    if (draw.rate >= 1) return at::zeros_like(x);
    return x.is_cpu() ? drop_on_host(x, draw) : drop_on_device(x, draw);
}

CTorchStatus ctorch_uniform(
    uint64_t key, uint32_t call, const int64_t *shape, size_t rank, CTorchTensor **out) {
    return guarded([&] {
        auto result = at::empty(at::IntArrayRef(shape, rank), at::TensorOptions().dtype(at::kFloat));
        auto *numbers = result.mutable_data_ptr<float>();
        constexpr int64_t group = 64;
        const auto &kernels = ctorch::philox();
        // A line of 2³¹ numbers uses up the first word of the counter's range safely; more begin a new line.
        constexpr int64_t line = int64_t(1) << 31;
        int64_t count = result.numel();
        ctorch::share((count + group - 1) / group, 1024, [&](int64_t begin, int64_t end) {
            for (int64_t place = begin * group; place < std::min(end * group, count);) {
                int64_t stop = std::min({end * group, count, (place / line + 1) * line});
                ctorch::PhiloxStream stream{key, static_cast<uint32_t>(place / line), 0, call};
                kernels.fill_uniform(
                    stream, static_cast<uint32_t>(place % line / group), numbers + place,
                    static_cast<size_t>(stop - place));
                place = stop;
            }
        });
        *out = hand_out(std::move(result));
    });
}

void ctorch_limit_vectors(int32_t level) {
    ctorch::limit_vector_level(static_cast<ctorch::VectorLevel>(std::clamp(level, 0, 2)));
}

int32_t ctorch_vector_level(void) { return static_cast<int32_t>(ctorch::vector_level()); }
