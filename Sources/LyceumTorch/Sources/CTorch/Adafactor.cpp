// A step of Adafactor over gradients in parts: three passes over a matrix, one over anything else after its mean of squares.
//
// The paper's update needs the mean squares of all rows and columns, then the root mean square of the update, then changes
// the weights; libtorch's operators make fourteen passes of that, with a matrix of memory for each. Nothing is kept between
// the passes here but a number for each row and column: the gradient is summed up again in each.
// Source: Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost" (2018).
#include <algorithm>
#include <cmath>
#include <functional>

#include "Boundary.h"
#include "Crew.h"
#include "Gradients.h"

using ctorch::borrow;
using ctorch::Gradient;
using ctorch::guarded;
using ctorch::Half;
using ctorch::store;

namespace {

/// Added to squared gradients, and the least scale of a parameter: the paper's ε₁ and ε₂.
constexpr float square_epsilon = 1e-30f;
constexpr double scale_epsilon = 1e-3;

CTORCH_VECTORISED void gather(const Gradient &gradient, int64_t start, int64_t count, float factor, float *sum) {
    ctorch::sum_up(gradient, start, count, sum);
    for (int64_t j = 0; j < count; ++j) sum[j] *= factor;
}

CTORCH_VECTORISED float square_sum(const float *x, int64_t count) { return ctorch::squares(x, count); }

/// Adds the squares of a row to the sums of the columns; gives their sum.
CTORCH_VECTORISED float add_squares(float *row, float *columns, int64_t count) {
    float lanes[ctorch::vector_lanes] = {};
    int64_t j = 0;
    for (; j < count; ++j) row[j] = row[j] * row[j] + square_epsilon;
    for (j = 0; j < count; ++j) columns[j] += row[j];
    for (j = 0; j + ctorch::vector_lanes <= count; j += ctorch::vector_lanes)
        for (int64_t lane = 0; lane < ctorch::vector_lanes; ++lane) lanes[lane] += row[j + lane];
    float sum = 0;
    for (; j < count; ++j) sum += row[j];
    for (int64_t lane = 0; lane < ctorch::vector_lanes; ++lane) sum += lanes[lane];
    return sum;
}

/// Gradients become an update: times a number of the row and one of each column.
CTORCH_VECTORISED void scale(float *row, float factor, const float *columns, int64_t count) {
    for (int64_t j = 0; j < count; ++j) row[j] *= factor * columns[j];
}

/// The running mean of squares after these gradients.
CTORCH_VECTORISED void follow(const float *gradient, float *mean, float share, int64_t count) {
    for (int64_t j = 0; j < count; ++j) {
        float g = gradient[j];
        mean[j] += (g * g + square_epsilon - mean[j]) * share;
    }
}

/// Gradients become an update.
CTORCH_VECTORISED void normalise(float *gradient, const float *mean, int64_t count) {
    for (int64_t j = 0; j < count; ++j) gradient[j] /= __builtin_elementwise_sqrt(mean[j]);
}

CTORCH_VECTORISED void change(float *weight, const float *update, float kept, float rate, Half *copy, int64_t count) {
    for (int64_t j = 0; j < count; ++j) weight[j] = weight[j] * kept - update[j] * rate;
    if (copy)
        for (int64_t j = 0; j < count; ++j) store(weight[j], copy[j]);
}

/// One parameter, seen as lines: the rows of its matrices, or strips of what is none.
struct Step {
    Gradient gradient;
    float *weight, *row, *column;
    Half *copy;
    float factor, share;
    /// Of a line; lines of a matrix, and in all.
    int64_t length, rows, lines;

    /// Lines `begin ..< end` for each thread, never of two matrices; gives the sum of what `body` gives, in order.
    double for_each_block(const std::function<double(int64_t number, int64_t begin, int64_t end)> &body) const {
        std::vector<double> sums(static_cast<size_t>(blocks()));
        ctorch::share(blocks(), 1, [&](int64_t from, int64_t to) {
            for (int64_t number = from; number < to; ++number) {
                int64_t first = number / blocks_each() * rows, begin = first + number % blocks_each() * lines_each();
                sums[number] = body(number, begin, std::min(begin + lines_each(), first + rows));
            }
        });
        double sum = 0;
        for (double part : sums) sum += part;
        return sum;
    }

    int64_t lines_each() const { return std::max<int64_t>(1, ctorch::gradient_block / std::max<int64_t>(1, length)); }
    int64_t blocks_each() const { return (rows + lines_each() - 1) / lines_each(); }
    int64_t blocks() const { return rows == 0 ? 0 : lines / rows * blocks_each(); }

    int64_t count(int64_t line) const { return std::min(length, gradient.count - line * length); }

    /// The gradient of a line.
    void read(int64_t line, float *sum) const { gather(gradient, line * length, count(line), factor, sum); }
};

/// The moments of a matrix after this step; `rows` and `columns` get what the gradient is multiplied with. Gives the sum of
/// squares of the weights.
double update_moments(const Step &step, std::vector<float> &rows, std::vector<float> &columns) {
    int64_t matrices = step.lines / step.rows;
    rows.assign(step.lines, 0);
    columns.assign(matrices * step.length, 0);
    std::vector<float> sums(step.blocks() * step.length);
    double weights = step.for_each_block([&](int64_t number, int64_t begin, int64_t end) {
        std::vector<float> row(step.length);
        double sum = 0;
        for (int64_t line = begin; line < end; ++line) {
            step.read(line, row.data());
            rows[line] = add_squares(row.data(), &sums[number * step.length], step.length) / static_cast<float>(step.length);
            sum += square_sum(step.weight + line * step.length, step.length);
        }
        return sum;
    });
    for (int64_t matrix = 0; matrix < matrices; ++matrix) {
        double mean = 0;
        for (int64_t line = matrix * step.rows; line < (matrix + 1) * step.rows; ++line) {
            step.row[line] += (rows[line] - step.row[line]) * step.share;
            mean += step.row[line];
        }
        mean /= static_cast<double>(step.rows);
        for (int64_t line = matrix * step.rows; line < (matrix + 1) * step.rows; ++line)
            rows[line] = static_cast<float>(1 / std::sqrt(step.row[line] / mean));
        for (int64_t j = 0; j < step.length; ++j) {
            double sum = 0;
            for (int64_t number = matrix * step.blocks_each(); number < (matrix + 1) * step.blocks_each(); ++number)
                sum += sums[number * step.length + j];
            float &column = step.column[matrix * step.length + j];
            column += (static_cast<float>(sum / static_cast<double>(step.rows)) - column) * step.share;
            columns[matrix * step.length + j] = 1 / std::sqrt(column);
        }
    }
    return weights;
}

void change_parameter(const Step &step, double learning_rate, double decay, double clip, bool scales) {
    if (step.gradient.count == 0) return;
    std::vector<float> rows, columns;
    double weights = 0;
    if (step.column) weights = update_moments(step, rows, columns);
    else
        weights = step.for_each_block([&](int64_t, int64_t begin, int64_t end) {
            std::vector<float> line(std::min(step.length, step.gradient.count));
            double sum = 0;
            for (int64_t i = begin; i < end; ++i) {
                step.read(i, line.data());
                follow(line.data(), step.row + i * step.length, step.share, step.count(i));
                sum += square_sum(step.weight + i * step.length, step.count(i));
            }
            return sum;
        });
    // The update of a line, before its clipping.
    auto update = [&](int64_t line, float *out) {
        step.read(line, out);
        if (step.column) scale(out, rows[line], &columns[line / step.rows * step.length], step.length);
        else normalise(out, step.row + line * step.length, step.count(line));
    };
    double updates = step.for_each_block([&](int64_t, int64_t begin, int64_t end) {
        std::vector<float> line(std::min(step.length, step.gradient.count));
        double sum = 0;
        for (int64_t i = begin; i < end; ++i) {
            update(i, line.data());
            sum += square_sum(line.data(), step.count(i));
        }
        return sum;
    });
    auto count = static_cast<double>(step.gradient.count);
    double rate = learning_rate * (scales ? std::max(scale_epsilon, std::sqrt(weights / count)) : 1);
    auto kept = static_cast<float>(1 - rate * decay);
    auto factor = static_cast<float>(rate / std::max(1.0, std::sqrt(updates / count) / clip));
    step.for_each_block([&](int64_t, int64_t begin, int64_t end) {
        std::vector<float> line(std::min(step.length, step.gradient.count));
        for (int64_t i = begin; i < end; ++i) {
            int64_t place = i * step.length;
            update(i, line.data());
            change(step.weight + place, line.data(), kept, factor, step.copy ? step.copy + place : nullptr, step.count(i));
        }
        return 0.0;
    });
}

}  // namespace

CTorchStatus ctorch_adafactor(
    const CTorchAdafactorParameter *given, size_t count, double factor, double clip_threshold, bool scales_by_weights) {
    return guarded([&] {
        std::vector<Step> steps;
        for (size_t i = 0; i < count; ++i) {
            const auto &parameter = given[i];
            Gradient gradient(parameter.gradient);
            int64_t elements = gradient.count;
            auto weight = borrow(parameter.weight);
            // Strips of what is not a matrix are as long as a thread's work.
            int64_t length = ctorch::gradient_block, rows = (elements + length - 1) / length, lines = rows;
            if (parameter.column) {
                TORCH_CHECK(weight.dim() >= 2, "adafactor: a parameter of shape ", weight.sizes(), " has no rows and columns");
                length = weight.size(-1), rows = weight.size(-2), lines = length == 0 ? 0 : elements / length;
            }
            steps.push_back(
                {std::move(gradient), ctorch::writable_floats(parameter.weight, elements, "weights"),
                 ctorch::writable_floats(parameter.row, parameter.column ? lines : elements, "means of squares"),
                 parameter.column ? ctorch::writable_floats(
                                        parameter.column, rows == 0 ? 0 : lines / rows * length, "means of squares of columns")
                                  : nullptr,
                 ctorch::writable_halves(parameter.copy, elements), static_cast<float>(factor),
                 static_cast<float>(parameter.share), length, rows, lines});
        }
        for (size_t i = 0; i < count; ++i) {
            change_parameter(steps[i], given[i].learning_rate, given[i].decay, clip_threshold, scales_by_weights);
            ctorch::note_written({given[i].weight, given[i].row, given[i].column, given[i].copy});
        }
    });
}
