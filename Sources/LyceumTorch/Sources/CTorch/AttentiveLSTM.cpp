// An LSTM that looks at a source while it reads (Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning
// to Align and Translate", 2015): all steps of a text in one call, forward and backward.
//
// Composed of libtorch's operators, a step is some forty calls on small tensors, and the comparison of a state with all
// keys, tanh(keys + query) [rows, length, size], is written, read and kept several times over. Here it stays in registers:
// the backward pass computes it again. What does not depend on the step before (the weights' gradients above all) is one
// product over all steps.
#include "AttentiveLSTM.h"

#include <ATen/ops/bmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <type_traits>
#include <vector>

#include "Crew.h"
#include "Vector.h"

using ctorch::Half;
using ctorch::load;
using ctorch::store;
using ctorch::tangent;
using ctorch::vector_lanes;

namespace {

/// What is compared with the keys. The coverage is null without one.
struct Comparison {
    const float *query, *energy, *coverage;
    int64_t size;
};

CTORCH_INLINE float total(const float *lanes) {
    float sum = 0;
    for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += lanes[lane];
    return sum;
}

/// energy · tanh(key + query + covered · coverage).
template <bool covers, typename T>
CTORCH_INLINE float compare(const Comparison &c, const T *key, float covered) {
    float lanes[vector_lanes] = {};
    int64_t j = 0;
    for (; j + vector_lanes <= c.size; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) {
            float x = load(key[j + lane]) + c.query[j + lane];
            if constexpr (covers) x += covered * c.coverage[j + lane];
            lanes[lane] += c.energy[j + lane] * tangent(x);
        }
    float sum = total(lanes);
    for (; j < c.size; ++j) {
        float x = load(key[j]) + c.query[j];
        if constexpr (covers) x += covered * c.coverage[j];
        sum += c.energy[j] * tangent(x);
    }
    return sum;
}

/// Where the gradients of a comparison are added up.
struct ComparisonGradients {
    float *__restrict query, *__restrict energy, *__restrict coverage;
};

/// Adds the gradients of `compare`, times `change`; gives that of `covered`.
template <bool covers, typename T>
CTORCH_INLINE float uncompare(
    const Comparison &c, const T *key, float covered, float change, float *__restrict key_gradient,
    const ComparisonGradients &gradients) {
    float lanes[vector_lanes] = {};
    float rest = 0;
    for (int64_t first = 0; first < c.size; first += vector_lanes) {
        auto at = [&](int64_t j) {
            float x = load(key[j]) + c.query[j];
            if constexpr (covers) x += covered * c.coverage[j];
            float t = tangent(x), inner = change * c.energy[j] * (1 - t * t);
            key_gradient[j] += inner;
            gradients.query[j] += inner;
            gradients.energy[j] += change * t;
            if constexpr (covers) gradients.coverage[j] += covered * inner;
            return covers ? inner * c.coverage[j] : 0;
        };
        if (first + vector_lanes <= c.size)
            for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] += at(first + lane);
        else
            for (int64_t j = first; j < c.size; ++j) rest += at(j);
    }
    return total(lanes) + rest;
}

template <typename T>
CTORCH_INLINE float dot(const float *a, const T *b, int64_t count) {
    float lanes[vector_lanes] = {};
    int64_t j = 0;
    for (; j + vector_lanes <= count; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) lanes[lane] += a[j + lane] * load(b[j + lane]);
    float sum = total(lanes);
    for (; j < count; ++j) sum += a[j] * load(b[j]);
    return sum;
}

/// One row of one step.
template <typename T>
struct Look {
    Comparison comparison;
    const T *keys, *values;
    /// Added to the scores; null for none.
    const float *mask;
    const float *covered;
    int64_t length, width;
};

/// Writes where the row looks and what it sees there, in float32.
template <bool covers, typename T>
CTORCH_INLINE void look(const Look<T> &row, float *__restrict attention, float *__restrict context) {
    float largest = -std::numeric_limits<float>::infinity();
    for (int64_t s = 0; s < row.length; ++s) {
        float score = compare<covers>(row.comparison, row.keys + s * row.comparison.size, covers ? row.covered[s] : 0);
        if (row.mask) score += row.mask[s];
        attention[s] = score;
        largest = score > largest ? score : largest;
    }
    float sum = 0;
    for (int64_t s = 0; s < row.length; ++s) {
        attention[s] = ctorch::exponential(attention[s] - largest);
        sum += attention[s];
    }
    float inverse = sum > 0 ? 1 / sum : 0;
    for (int64_t j = 0; j < row.width; ++j) context[j] = 0;
    for (int64_t s = 0; s < row.length; ++s) {
        float weight = attention[s] * inverse;
        attention[s] = weight;
        if (weight == 0) continue;
        const T *value = row.values + s * row.width;
        for (int64_t j = 0; j < row.width; ++j) context[j] += weight * load(value[j]);
    }
}

/// Gradients of a row of a step: `attention` comes as that of the weights and `context` as that of what was seen; adds to the
/// others. `covered` gets what the weights of earlier steps are due, null without coverage.
template <bool covers, typename T>
CTORCH_INLINE void unlook(
    const Look<T> &row, const float *weights, float *__restrict attention, const float *context,
    float *__restrict key_gradient, const ComparisonGradients &gradients, float *__restrict covered) {
    float mean = 0;
    for (int64_t s = 0; s < row.length; ++s) {
        if (weights[s] == 0) continue;
        attention[s] += dot(context, row.values + s * row.width, row.width);
        mean += weights[s] * attention[s];
    }
    for (int64_t s = 0; s < row.length; ++s) {
        float change = weights[s] * (attention[s] - mean);
        if (change == 0) continue;
        int64_t place = s * row.comparison.size;
        float due = uncompare<covers>(
            row.comparison, row.keys + place, covers ? row.covered[s] : 0, change, key_gradient + place, gradients);
        if constexpr (covers) covered[s] += due;
    }
}

CTORCH_INLINE float sigmoid(float x) { return 1 / (1 + ctorch::exponential(-x)); }

/// The next cell and hidden state of a row: `gates` are open afterwards (input, forget, candidate, output).
template <typename T>
CTORCH_INLINE void advance(
    const T *inputs, const T *recurrent, const float *before, float *__restrict gates, float *__restrict cell,
    T *__restrict hidden, T *__restrict compared, int64_t size) {
    for (int64_t j = 0; j < 4 * size; ++j) gates[j] = load(inputs[j]) + load(recurrent[j]);
    for (int64_t j = 0; j < 2 * size; ++j) gates[j] = sigmoid(gates[j]);
    for (int64_t j = 2 * size; j < 3 * size; ++j) gates[j] = tangent(gates[j]);
    for (int64_t j = 3 * size; j < 4 * size; ++j) gates[j] = sigmoid(gates[j]);
    for (int64_t j = 0; j < size; ++j) {
        float next = gates[size + j] * before[j] + gates[j] * gates[2 * size + j];
        float h = gates[3 * size + j] * tangent(next);
        cell[j] = next;
        store(h, hidden[j]);
        store(next, compared[j]);
        store(h, compared[size + j]);
    }
}

/// The gradient of the gates, given those of hidden state and cell; the latter becomes that of the cell before.
template <typename T>
CTORCH_INLINE void retreat(
    const float *gates, const float *before, const float *after, const float *hidden, float *__restrict cell,
    T *__restrict out, int64_t size) {
    for (int64_t j = 0; j < size; ++j) {
        float i = gates[j], f = gates[size + j], g = gates[2 * size + j], o = gates[3 * size + j];
        float t = tangent(after[j]), due = cell[j] + hidden[j] * o * (1 - t * t);
        store(due * g * i * (1 - i), out[j]);
        store(due * before[j] * f * (1 - f), out[size + j]);
        store(due * i * (1 - g * g), out[2 * size + j]);
        store(hidden[j] * t * o * (1 - o), out[3 * size + j]);
        cell[j] = due * f;
    }
}

#define CTORCH_ROWS(T)                                                                                                 \
    CTORCH_VECTORISED void look_row(const Look<T> &row, float *attention, float *context) {                           \
        if (row.comparison.coverage) look<true>(row, attention, context);                                             \
        else look<false>(row, attention, context);                                                                    \
    }                                                                                                                  \
    CTORCH_VECTORISED void unlook_row(                                                                                 \
        const Look<T> &row, const float *weights, float *attention, const float *context, float *key_gradient,        \
        const ComparisonGradients &gradients, float *covered) {                                                       \
        if (row.comparison.coverage)                                                                                   \
            unlook<true>(row, weights, attention, context, key_gradient, gradients, covered);                         \
        else unlook<false>(row, weights, attention, context, key_gradient, gradients, covered);                       \
    }                                                                                                                  \
    CTORCH_VECTORISED void advance_row(                                                                                \
        const T *inputs, const T *recurrent, const float *before, float *gates, float *cell, T *hidden, T *compared,  \
        int64_t size) {                                                                                                \
        advance(inputs, recurrent, before, gates, cell, hidden, compared, size);                                      \
    }                                                                                                                  \
    CTORCH_VECTORISED void retreat_row(                                                                                \
        const float *gates, const float *before, const float *after, const float *hidden, float *cell, T *out,        \
        int64_t size) {                                                                                                \
        retreat(gates, before, after, hidden, cell, out, size);                                                       \
    }                                                                                                                  \
    CTORCH_VECTORISED void convert_row(const T *from, const float *add, float *to, int64_t count) {                   \
        for (int64_t j = 0; j < count; ++j) to[j] = load(from[j]) + (add ? add[j] : 0.0f);                             \
    }                                                                                                                  \
    CTORCH_VECTORISED void store_row(const float *from, T *to, int64_t count) {                                       \
        for (int64_t j = 0; j < count; ++j) store(from[j], to[j]);                                                     \
    }
CTORCH_ROWS(float)
CTORCH_ROWS(Half)

at::Tensor floats(const at::Tensor &like, at::IntArrayRef shape) {
    return at::empty(shape, like.options().dtype(at::kFloat));
}
at::Tensor zero_floats(const at::Tensor &like, at::IntArrayRef shape) {
    return at::zeros(shape, like.options().dtype(at::kFloat));
}
const float *numbers(const at::Tensor &x) { return x.defined() ? static_cast<const float *>(x.const_data_ptr()) : nullptr; }
float *places(at::Tensor &x) { return x.defined() ? static_cast<float *>(x.mutable_data_ptr()) : nullptr; }

/// Calls `body(row)` for all rows, those of one source on one thread.
template <typename Body>
void for_each_row(const ctorch::AttentiveLSTM &n, Body body) {
    int64_t each = n.rows() / n.sources();
    int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, each * n.length() * n.size()));
    ctorch::share(n.sources(), grain, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin * each; row < end * each; ++row) body(row);
    });
}

/// Row `row` of a step, as its attention sees it.
template <typename T>
Look<T> look_of(
    const ctorch::AttentiveLSTM &n, const Comparison &comparison, int64_t row, const float *covered) {
    int64_t source = row / (n.rows() / n.sources());
    const float *mask = numbers(n.mask);
    return {
        comparison, static_cast<const T *>(n.keys.const_data_ptr()) + source * n.length() * n.size(),
        static_cast<const T *>(n.values.const_data_ptr()) + source * n.length() * n.width(),
        mask ? mask + source * n.length() : nullptr, covered ? covered + row * n.length() : nullptr, n.length(), n.width()};
}

template <typename T>
ctorch::AttentiveSteps run_steps(const ctorch::AttentiveLSTM &n) {
    int64_t steps = n.steps(), rows = n.rows(), hidden = n.hidden(), width = n.width(), length = n.length();
    int64_t size = n.size();
    ctorch::AttentiveSteps out;
    out.states = at::empty({steps, rows, hidden + width}, n.inputs.options());
    out.compared = at::empty({steps, rows, 2 * hidden}, n.inputs.options());
    out.cells = floats(n.inputs, {steps, rows, hidden});
    out.attention = floats(n.inputs, {steps, rows, length});
    out.gates = floats(n.inputs, {steps, rows, 4 * hidden});
    out.queries = floats(n.inputs, {steps, rows, size});
    if (n.has_coverage()) {
        out.covered = floats(n.inputs, {steps, rows, length});
        if (steps > 0) out.covered.select(0, 0).copy_(n.covered);
    }
    auto bias = n.query_bias.to(at::kFloat), energy = n.energy.to(at::kFloat);
    auto coverage = n.has_coverage() ? n.coverage.to(at::kFloat) : at::Tensor();
    auto recurrent = n.recurrent.t(), query = n.query.t();
    auto changes = at::empty({rows, 4 * hidden}, n.inputs.options()), asked = at::empty({rows, size}, n.inputs.options());
    for (int64_t step = 0; step < steps; ++step) {
        at::mm_out(changes, n.read(step == 0 ? n.state : out.states.select(0, step - 1)), recurrent);
        auto *states = static_cast<T *>(out.states.mutable_data_ptr()) + step * rows * (hidden + width);
        const auto *inputs = static_cast<const T *>(n.inputs.const_data_ptr()) + step * rows * 4 * hidden;
        auto *compared = static_cast<T *>(out.compared.mutable_data_ptr()) + step * rows * 2 * hidden;
        const float *before = step == 0 ? numbers(n.cell) : numbers(out.cells) + (step - 1) * rows * hidden;
        float *cells = places(out.cells) + step * rows * hidden, *gates = places(out.gates) + step * rows * 4 * hidden;
        const auto *change = static_cast<const T *>(changes.const_data_ptr());
        for (int64_t row = 0; row < rows; ++row)
            advance_row(
                inputs + row * 4 * hidden, change + row * 4 * hidden, before + row * hidden, gates + row * 4 * hidden,
                cells + row * hidden, states + row * (hidden + width), compared + row * 2 * hidden, hidden);
        at::mm_out(asked, out.compared.select(0, step), query);
        float *queries = places(out.queries) + step * rows * size, *attention = places(out.attention) + step * rows * length;
        const float *covered = n.has_coverage() ? numbers(out.covered) + step * rows * length : nullptr;
        float *next = n.has_coverage() && step + 1 < steps ? places(out.covered) + (step + 1) * rows * length : nullptr;
        const auto *question = static_cast<const T *>(asked.const_data_ptr());
        for_each_row(n, [&](int64_t row) {
            thread_local std::vector<float> context;
            if (context.size() < static_cast<size_t>(width)) context.resize(width);
            convert_row(question + row * size, numbers(bias), queries + row * size, size);
            Comparison comparison{queries + row * size, numbers(energy), numbers(coverage), size};
            look_row(look_of<T>(n, comparison, row, covered), attention + row * length, context.data());
            store_row(context.data(), states + row * (hidden + width) + hidden, width);
            if (next)
                for (int64_t s = row * length; s < (row + 1) * length; ++s) next[s] = covered[s] + attention[s];
        });
    }
    return out;
}

template <typename T>
ctorch::AttentiveGradients differentiate_steps(
    const ctorch::AttentiveLSTM &n, const ctorch::AttentiveSteps &kept, const at::Tensor &states, const at::Tensor &cells,
    const at::Tensor &attention) {
    int64_t steps = n.steps(), rows = n.rows(), hidden = n.hidden(), width = n.width(), length = n.length();
    int64_t size = n.size(), each = rows / n.sources();
    auto energy = n.energy.to(at::kFloat);
    auto coverage = n.has_coverage() ? n.coverage.to(at::kFloat) : at::Tensor();
    ctorch::AttentiveGradients out;
    out.inputs = at::empty({steps, rows, 4 * hidden}, n.inputs.options());
    out.keys = zero_floats(n.inputs, {n.sources(), length, size});
    out.cell = zero_floats(n.inputs, {rows, hidden});
    if (n.has_coverage()) out.covered = zero_floats(n.inputs, {rows, length});
    // By row, so that no order of threads shows; added up at the end.
    auto energies = zero_floats(n.inputs, {rows, size});
    auto coverages = n.has_coverage() ? zero_floats(n.inputs, {rows, size}) : at::Tensor();
    auto asked = at::empty({steps, rows, size}, n.inputs.options());
    auto contexts = at::empty({steps, rows, width}, n.inputs.options());
    auto query_sums = zero_floats(n.inputs, {rows, size}), questions = floats(n.inputs, {rows, size});
    auto seen = floats(n.inputs, {rows, width}), looked = floats(n.inputs, {rows, length});
    auto hiddens = floats(n.inputs, {rows, hidden});
    // What the step after is due of a step's state.
    auto carried = at::zeros({rows, hidden + width}, n.inputs.options());
    auto back = at::empty({rows, 2 * hidden}, n.inputs.options());
    for (int64_t step = steps - 1; step >= 0; --step) {
        const auto *due = static_cast<const T *>(carried.const_data_ptr());
        const auto *given = states.defined() ? static_cast<const T *>(states.const_data_ptr()) + step * rows * (hidden + width)
                                             : nullptr;
        const float *given_cells = cells.defined() ? numbers(cells) + step * rows * hidden : nullptr;
        const float *given_attention = attention.defined() ? numbers(attention) + step * rows * length : nullptr;
        const float *weights = numbers(kept.attention) + step * rows * length;
        const float *covered = n.has_coverage() ? numbers(kept.covered) + step * rows * length : nullptr;
        for_each_row(n, [&](int64_t row) {
            int64_t source = row / each;
            const T *now = due + row * (hidden + width);
            float *h = places(hiddens) + row * hidden, *context = places(seen) + row * width;
            convert_row(now, nullptr, h, hidden);
            convert_row(now + hidden, nullptr, context, width);
            if (given) {
                const T *more = given + row * (hidden + width);
                convert_row(more, h, h, hidden);
                convert_row(more + hidden, context, context, width);
            }
            store_row(context, static_cast<T *>(contexts.mutable_data_ptr()) + (step * rows + row) * width, width);
            float *l = places(looked) + row * length, *q = places(questions) + row * size;
            // Weights are part of what all later steps have covered.
            float *later = n.has_coverage() ? places(out.covered) + row * length : nullptr;
            for (int64_t s = 0; s < length; ++s)
                l[s] = (given_attention ? given_attention[row * length + s] : 0) + (later ? later[s] : 0);
            for (int64_t j = 0; j < size; ++j) q[j] = 0;
            Comparison comparison{
                numbers(kept.queries) + (step * rows + row) * size, numbers(energy), numbers(coverage), size};
            ComparisonGradients gradients{
                q, places(energies) + row * size, coverages.defined() ? places(coverages) + row * size : nullptr};
            unlook_row(
                look_of<T>(n, comparison, row, covered), weights + row * length, l, context,
                places(out.keys) + source * length * size, gradients, later);
            store_row(q, static_cast<T *>(asked.mutable_data_ptr()) + (step * rows + row) * size, size);
            float *sums = places(query_sums) + row * size;
            for (int64_t j = 0; j < size; ++j) sums[j] += q[j];
        });
        at::mm_out(back, asked.select(0, step), n.query);
        const auto *returned = static_cast<const T *>(back.const_data_ptr());
        const float *gates = numbers(kept.gates) + step * rows * 4 * hidden, *after = numbers(kept.cells) + step * rows * hidden;
        const float *before = step == 0 ? numbers(n.cell) : numbers(kept.cells) + (step - 1) * rows * hidden;
        auto *changes = static_cast<T *>(out.inputs.mutable_data_ptr()) + step * rows * 4 * hidden;
        for (int64_t row = 0; row < rows; ++row) {
            float *h = places(hiddens) + row * hidden, *c = places(out.cell) + row * hidden;
            convert_row(returned + row * 2 * hidden, c, c, hidden);
            convert_row(returned + row * 2 * hidden + hidden, h, h, hidden);
            if (given_cells)
                for (int64_t j = 0; j < hidden; ++j) c[j] += given_cells[row * hidden + j];
            retreat_row(
                gates + row * 4 * hidden, before + row * hidden, after + row * hidden, h, c, changes + row * 4 * hidden,
                hidden);
        }
        auto read = n.read(carried);
        at::mm_out(read, out.inputs.select(0, step), n.recurrent);
    }
    out.state = carried;
    auto type = n.inputs.scalar_type();
    auto flat = [](const at::Tensor &x) { return x.reshape({-1, x.size(-1)}); };
    out.recurrent = at::mm(out.inputs.select(0, 0).t(), n.read(n.state));
    if (steps > 1)
        out.recurrent.addmm_(
            flat(out.inputs.narrow(0, 1, steps - 1)).t(), n.read(flat(kept.states.narrow(0, 0, steps - 1))));
    out.query = at::mm(flat(asked).t(), flat(kept.compared));
    out.query_bias = query_sums.sum(0).to(type);
    out.energy = energies.sum(0).to(type);
    if (n.has_coverage()) out.coverage = coverages.sum(0).to(type);
    out.keys = out.keys.to(type);
    // By source, over its rows and all steps.
    auto by_source = [&](const at::Tensor &x) {
        return x.view({steps, n.sources(), each, x.size(2)}).permute({1, 0, 2, 3}).reshape({n.sources(), steps * each, x.size(2)});
    };
    out.values = at::bmm(by_source(kept.attention.to(type)).transpose(1, 2), by_source(contexts));
    return out;
}

}  // namespace

ctorch::AttentiveSteps ctorch::run(const AttentiveLSTM &network) {
    return network.inputs.scalar_type() == at::kBFloat16 ? run_steps<Half>(network) : run_steps<float>(network);
}

ctorch::AttentiveGradients ctorch::differentiate(
    const AttentiveLSTM &network, const AttentiveSteps &steps, const at::Tensor &states, const at::Tensor &cells,
    const at::Tensor &attention) {
    return network.inputs.scalar_type() == at::kBFloat16
               ? differentiate_steps<Half>(network, steps, states, cells, attention)
               : differentiate_steps<float>(network, steps, states, cells, attention);
}
