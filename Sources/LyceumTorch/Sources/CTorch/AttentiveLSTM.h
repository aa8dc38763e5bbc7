// An LSTM that looks at a source while it reads: what AttentiveLSTM.cpp computes and Autograd.cpp records.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ctorch {

/// What the steps read; see `ctorch_attentive_lstm`. Contiguous, of one type unless said otherwise.
struct AttentiveLSTM {
    at::Tensor inputs, recurrent, state, cell, query, query_bias, energy, keys, values;
    /// Undefined for none; the mask and `covered` are float32.
    at::Tensor mask, coverage, covered;

    int64_t steps() const { return inputs.size(0); }
    int64_t rows() const { return inputs.size(1); }
    int64_t hidden() const { return inputs.size(2) / 4; }
    int64_t sources() const { return keys.size(0); }
    int64_t length() const { return keys.size(1); }
    int64_t size() const { return keys.size(2); }
    int64_t width() const { return values.size(2); }
    /// What a step reads of the state before it: [..., hidden + width], or only the hidden part.
    at::Tensor read(const at::Tensor &states) const { return states.narrow(-1, 0, recurrent.size(1)); }
    bool has_coverage() const { return coverage.defined(); }
};

/// What came of the steps, and what their backward pass needs.
struct AttentiveSteps {
    /// [steps, rows, hidden + width], of the type of the inputs.
    at::Tensor states;
    /// [steps, rows, hidden], float32.
    at::Tensor cells;
    /// [steps, rows, length], float32.
    at::Tensor attention;
    /// The open gates [steps, rows, 4 · hidden], float32; cells and hidden states side by side, of the inputs' type; what is
    /// compared with the keys, float32; the attention before each step, float32, only with coverage.
    at::Tensor gates, compared, queries, covered;
};

/// Gradients in the order of `AttentiveLSTM`, undefined where there is none.
struct AttentiveGradients {
    at::Tensor inputs, recurrent, state, cell, query, query_bias, energy, keys, values, coverage, covered;
};

AttentiveSteps run(const AttentiveLSTM &network);

/// The gradients, given those of states, cells and attention; undefined ones are zero.
AttentiveGradients differentiate(
    const AttentiveLSTM &network, const AttentiveSteps &steps, const at::Tensor &states, const at::Tensor &cells,
    const at::Tensor &attention);

}  // namespace ctorch
