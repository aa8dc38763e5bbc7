// Kernels whose gradients Autograd.cpp records. Apart from it because the headers of libtorch's autograd take longer to
// compile than all kernels together.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <utility>
#include <vector>

#include "Dropout.h"

namespace ctorch {

/// The dropped tensor.
at::Tensor dropped(const at::Tensor &x, const DropoutDraw &draw);

/// See `ctorch_attention`.
struct Attention {
    at::Tensor query, key, value;
    std::optional<at::Tensor> bias, mask;
    double scale;
    DropoutDraw draw;
    /// Of packed rows, how many queries and keys each has; else empty.
    std::vector<int64_t> query_lengths = {}, key_lengths = {};
};
struct AttentionGradients {
    at::Tensor query, key, value, bias;
};
/// What scores become weights with, and the scores themselves where they are kept.
struct KeptScores {
    at::Tensor normalisers, scores;
};
/// The result, and what is kept: once, or for each of packed rows.
struct AttentionResult {
    at::Tensor out;
    std::vector<KeptScores> kept;
};
AttentionResult attend(const Attention &attention, bool keeps_scores);
AttentionGradients differentiate(
    const Attention &attention, const std::vector<KeptScores> &kept, const at::Tensor &gradient, bool wants_bias);

/// The norm, and the number by which each row was multiplied.
std::pair<at::Tensor, at::Tensor> rms_norm(const at::Tensor &x, const at::Tensor &weight, double epsilon);
/// The gradients of both.
std::pair<at::Tensor, at::Tensor> differentiate_rms_norm(
    const at::Tensor &x, const at::Tensor &weight, const at::Tensor &inverses, const at::Tensor &gradient);

/// x · weightᵀ + bias, by whoever is quickest; weight may be a transposed view.
at::Tensor product(const at::Tensor &x, const at::Tensor &weight, const std::optional<at::Tensor> &bias);
/// gradientᵀ · x, [outputs, inputs], of [rows, outputs] and [rows, inputs]; and the sum of the gradient's rows, if wanted.
std::pair<at::Tensor, at::Tensor> weight_gradient(const at::Tensor &gradient, const at::Tensor &x, bool sums_rows);

/// Adds gradients [count, size] of the rows that `ids` [count] name to `sum` [rows, size], each row in float32 and rounded
/// once; all in one piece of memory, on the CPU, of one type, float32 or bfloat16.
void add_rows(const at::Tensor &sum, const at::Tensor &ids, const at::Tensor &gradient);

/// By row of scores [n, width], the log-probability of its label, zero for a label below 0, and the mean of all
/// log-probabilities: [2, n] float32; and what turns scores into log-probabilities, [n].
std::pair<at::Tensor, at::Tensor> label_likelihood(const at::Tensor &scores, const at::Tensor &labels);
/// The gradient of the scores, given that of both.
at::Tensor differentiate_label_likelihood(
    const at::Tensor &scores, const at::Tensor &labels, const at::Tensor &normalisers, const at::Tensor &gradient);

}  // namespace ctorch
