// A step of AdamW with all that comes before and after it in one pass over the weights.
//
// A gradient comes in parts: one from each copy of the network, in brain floats where matrices are multiplied in them.
// Their sum, its clipping and the weights in brain floats for the next step are made here while the numbers are in
// registers anyway; separate operators move twice as much memory (see scripts/bench/README.md).
// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
#include <algorithm>
#include <cmath>

#include "Boundary.h"
#include "Crew.h"
#include "Gradients.h"

using ctorch::Gradient;
using ctorch::guarded;
using ctorch::Half;
using ctorch::store;

namespace {

/// What one parameter's step is made of.
struct Step {
    Gradient gradient;
    float *weight, *mean, *square;
    /// The weights in brain floats, or null.
    Half *copy;
    /// What the gradient is multiplied with, and the weight before the step.
    float factor, kept;
    /// 1 - β₁, β₂ and 1 - β₂.
    float mean_share, square_kept, square_share;
    /// The learning rate over 1 - β₁ᵗ, and 1 / √(1 - β₂ᵗ).
    float rate, inverse_root;
    float epsilon;
};

CTORCH_VECTORISED void change(const Step &step, int64_t start, int64_t end) {
    float sum[ctorch::gradient_strip];
    for (; start < end; start += ctorch::gradient_strip) {
        int64_t count = std::min(ctorch::gradient_strip, end - start);
        ctorch::sum_up(step.gradient, start, count, sum);
        float *__restrict weight = step.weight + start, *__restrict mean = step.mean + start;
        float *__restrict square = step.square + start;
        for (int64_t j = 0; j < count; ++j) {
            float g = sum[j] * step.factor;
            float first = mean[j] + (g - mean[j]) * step.mean_share;
            float second = square[j] * step.square_kept + g * g * step.square_share;
            mean[j] = first;
            square[j] = second;
            weight[j] = weight[j] * step.kept -
                        step.rate * first / (__builtin_elementwise_sqrt(second) * step.inverse_root + step.epsilon);
        }
        if (step.copy) {
            Half *__restrict copy = step.copy + start;
            for (int64_t j = 0; j < count; ++j) store(weight[j], copy[j]);
        }
    }
}

}  // namespace

CTorchStatus ctorch_adamw(
    const CTorchAdamWParameter *given, size_t count, double factor, double beta1, double beta2, double epsilon) {
    return guarded([&] {
        std::vector<Step> steps;
        for (size_t i = 0; i < count; ++i) {
            const auto &parameter = given[i];
            Gradient gradient(parameter.gradient);
            int64_t elements = gradient.count;
            steps.push_back(
                {std::move(gradient), ctorch::writable_floats(parameter.weight, elements, "weights"),
                 ctorch::writable_floats(parameter.mean, elements, "means"),
                 ctorch::writable_floats(parameter.square, elements, "means of squares"),
                 ctorch::writable_halves(parameter.copy, elements),
                 static_cast<float>(factor), static_cast<float>(1 - parameter.learning_rate * parameter.decay),
                 static_cast<float>(1 - beta1), static_cast<float>(beta2), static_cast<float>(1 - beta2),
                 static_cast<float>(parameter.learning_rate / (1 - std::pow(beta1, parameter.step))),
                 static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, parameter.step))), static_cast<float>(epsilon)});
        }
        auto blocks = ctorch::blocks_of(count, [&](size_t i) { return steps[i].gradient.count; });
        ctorch::share(static_cast<int64_t>(blocks.size()), 1, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; ++i) change(steps[blocks[i].tensor], blocks[i].start, blocks[i].end);
        });
        for (size_t i = 0; i < count; ++i)
            ctorch::note_written({given[i].weight, given[i].mean, given[i].square, given[i].copy});
    });
}
