// Times CTorch's training kernels and what libtorch composes for the same; see scripts/bench/kernels.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "Boundary.h"
#include "CTorch.h"

namespace {

/// What is measured at present.
const char *precision = "";

double processor_seconds() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

CTorchTensor *handle(const at::Tensor &tensor) {
    return reinterpret_cast<CTorchTensor *>(tensor.unsafeGetTensorImpl());
}

at::Tensor take(CTorchStatus status, CTorchTensor *tensor) {
    if (status != CTORCH_OK) {
        std::printf("%s\n", ctorch_last_error());
        std::exit(1);
    }
    auto result = ctorch::borrow(tensor);
    ctorch_tensor_release(tensor);
    return result;
}

/// The log-probabilities of labels below a vocabulary of 32,128.
at::Tensor composed_likelihood(const at::Tensor &scores, const at::Tensor &labels) {
    auto all = at::log_softmax(scores.to(at::kFloat), 1);
    return at::stack({all.gather(1, labels.unsqueeze(1)).squeeze(1), all.mean(1)});
}

/// The steps of an LSTM that looks at a source, in libtorch's operators, with the weights' product made once as ours.
at::Tensor composed_steps(const std::vector<at::Tensor> &x, const at::Tensor &first_cell) {
    auto hidden = x[2].narrow(1, 0, 128), context = x[2].narrow(1, 128, 256), cell = first_cell.to(x[0].scalar_type());
    std::vector<at::Tensor> states;
    for (int64_t step = 0; step < x[0].size(0); ++step) {
        auto gates = (x[0].select(0, step) + at::linear(at::cat({hidden, context}, 1), x[1])).chunk(4, 1);
        cell = gates[1].sigmoid() * cell + gates[0].sigmoid() * gates[2].tanh();
        hidden = gates[3].sigmoid() * cell.tanh();
        auto query = at::linear(at::cat({cell, hidden}, 1), x[3], x[4]).unsqueeze(1);
        auto weights = at::linear((x[6] + query).tanh(), x[5].unsqueeze(0)).squeeze(-1).to(at::kFloat).softmax(-1);
        context = weights.unsqueeze(1).to(x[7].scalar_type()).matmul(x[7]).squeeze(1);
        states.push_back(at::cat({hidden, context}, 1));
    }
    return at::stack(states);
}

/// Runs both sides by turns and prints the least processor time of each, a line for results.py.
template <typename Ours, typename Theirs>
void compare(
    const char *name, std::vector<at::Tensor> leaves, const at::Tensor &gradient, Ours ours, Theirs theirs) {
    double best[2] = {1e9, 1e9};
    for (int round = 0; round < 8; ++round)
        for (int side = 0; side < 2; ++side) {
            for (auto &leaf : leaves) leaf.mutable_grad() = at::Tensor();
            double start = processor_seconds();
            (side == 0 ? ours() : theirs()).backward(gradient);
            // The first round warms up.
            if (round > 0) best[side] = std::min(best[side], processor_seconds() - start);
        }
    std::printf("%s, %s, with its gradients\t%g\tms\tlibtorch\t%g\n", name, precision, best[0] * 1e3, best[1] * 1e3);
}

/// The end of a step of AdamW over 16 million weights: two gradients added up, their norm, clipping, the step, and, in bf16,
/// the weights cast for the next pass. libtorch casts the gradients before, and the weights once for each of two copies.
void compare_steps(at::ScalarType type) {
    constexpr int64_t count = int64_t(1) << 24;
    bool casts = type == at::kBFloat16;
    auto weight = at::randn({count}), mean = at::zeros({count}), square = at::zeros({count}), step = at::zeros({});
    auto first = at::randn({count}).to(type), second = at::randn({count}).to(type), copy = at::empty({count}, type);
    CTorchTensor *parts[2] = {handle(first), handle(second)};
    CTorchGradient gradient{parts, 2};
    auto check = [](CTorchStatus status) {
        if (status != CTORCH_OK) std::exit((std::printf("%s\n", ctorch_last_error()), 1));
    };
    auto ours = [&] {
        double norm = 0;
        check(ctorch_gradient_norm(&gradient, 1, &norm));
        CTorchAdamWParameter parameter{
            handle(weight), handle(mean), handle(square), casts ? handle(copy) : nullptr, gradient, 1e-4, 0.01, 1};
        check(ctorch_adamw(&parameter, 1, 1 / norm, 0.9, 0.999, 1e-8));
    };
    auto theirs = [&] {
        auto sum = first.to(at::kFloat, false, true);
        sum.add_(second.to(at::kFloat));
        sum.mul_(1 / sum.norm().item<double>());
        step.add_(1);
        at::_fused_adamw_({weight}, {sum}, {mean}, {square}, {}, {step}, 1e-4, 0.9, 0.999, 0.01, 1e-8, false, false);
        for (int i = 0; casts && i < 2; ++i) copy.copy_(weight);
    };
    double best[2] = {1e9, 1e9};
    for (int round = 0; round < 8; ++round)
        for (int side = 0; side < 2; ++side) {
            double start = processor_seconds();
            side == 0 ? ours() : theirs();
            if (round > 0) best[side] = std::min(best[side], processor_seconds() - start);
        }
    std::printf(
        "end of a step: two gradients of 16 million weights, norm, clipping, AdamW, %s\t%g\tms\tlibtorch\t%g\n", precision,
        best[0] * 1e3, best[1] * 1e3);
}

void run(at::ScalarType type) {
    precision = type == at::kFloat ? "fp32" : "bf16";
    const int64_t rows[4] = {0, 1, 2, 3};
    auto leaf = [&](at::IntArrayRef shape) { return at::randn(shape).mul(0.3).to(type).requires_grad_(true); };
    auto states = leaf({4, 512, 512}), weight = leaf({512}), matrix = leaf({2048, 512});
    auto gradient = at::randn({4, 512, 512}).to(type);
    CTorchTensor *out = nullptr;
    compare(
        "dropout of 4 x 512 x 512", {states}, gradient,
        [&] { return take(ctorch_dropout(handle(states), 0.1, 7, 1, rows, 4, nullptr, 0, &out), out); },
        [&] { return at::dropout(states, 0.1, true); });
    compare(
        "root-mean-square norm of 4 x 512 x 512", {states, weight}, gradient,
        [&] { return take(ctorch_rms_norm(handle(states), handle(weight), 1e-6, &out), out); },
        [&] { return at::rms_norm(states, {512}, weight, 1e-6); });
    auto query = leaf({4, 512, 8, 64}), key = leaf({4, 512, 8, 64}), value = leaf({4, 512, 8, 64});
    auto bias = leaf({1, 8, 512, 512});
    auto heads = [](const at::Tensor &x) { return x.transpose(1, 2); };
    compare(
        "attention, 4 x 8 heads, 512 x 512, bias, dropout", {query, key, value, bias},
        at::randn({4, 8, 512, 64}).to(type),
        [&] {
            auto q = heads(query), k = heads(key), v = heads(value);
            return take(
                ctorch_attention(
                    handle(q), handle(k), handle(v), handle(bias), nullptr, 1, 0.1, 7, 1, rows, 4, nullptr,
                    nullptr, 0, &out),
                out);
        },
        [&] {
            auto scores = at::add(at::matmul(heads(query), heads(key).transpose(-1, -2)), bias);
            return at::matmul(at::dropout(at::softmax(scores, -1), 0.1, true), heads(value));
        });
    auto scores = leaf({256, 32128});
    auto labels = at::randint(0, 32128, {256}, at::kLong);
    compare(
        "log-probabilities of 256 labels of 32,128", {scores}, at::randn({2, 256}),
        [&] { return take(ctorch_label_likelihood(handle(scores), handle(labels), &out), out); },
        [&] { return composed_likelihood(scores, labels); });
    std::vector<at::Tensor> network{leaf({16, 32, 512}), leaf({512, 384}), leaf({32, 384}), leaf({128, 256}),
                                    leaf({128}), leaf({128}), leaf({32, 64, 128}), leaf({32, 64, 256})};
    auto cell = at::zeros({32, 128});
    compare(
        "LSTM with attention, 16 steps of 32 rows to 64 x 128", network, at::randn({16, 32, 384}).to(type),
        [&] {
            CTorchAttentiveLSTM given{
                handle(network[0]), handle(network[1]), handle(network[2]), handle(cell), handle(network[3]),
                handle(network[4]), handle(network[5]), handle(network[6]), handle(network[7]), nullptr, nullptr, nullptr};
            CTorchTensor *outs[3] = {};
            auto status = ctorch_attentive_lstm(&given, outs);
            auto result = take(status, outs[0]);
            for (int i = 1; i < 3; ++i) ctorch_tensor_release(outs[i]);
            return result;
        },
        [&] { return composed_steps(network, cell); });
    compare(
        "linear map of 4 x 512 x 512 to 2048", {states, matrix}, at::randn({4, 512, 2048}).to(type),
        [&] { return take(ctorch_recorded_linear(handle(states), handle(matrix), nullptr, &out), out); },
        [&] { return at::linear(states, matrix); });
    auto few = at::randn({4, 12, 512}).to(type).requires_grad_();
    compare(
        "linear map of 4 x 12 x 512 to 2048", {few, matrix}, at::randn({4, 12, 2048}).to(type),
        [&] { return take(ctorch_recorded_linear(handle(few), handle(matrix), nullptr, &out), out); },
        [&] { return at::linear(few, matrix); });
    auto table = leaf({32128, 512});
    auto ids = at::randint(0, 32128, {4, 512}, at::kLong);
    compare(
        "two lookups of 4 x 512 rows of 32,128 x 512", {table}, at::randn({8, 512, 512}).to(type),
        [&] {
            CTorchTensor *other = nullptr;
            auto one = take(ctorch_recorded_embedding(handle(table), handle(ids), &out), out);
            return at::cat({one, take(ctorch_recorded_embedding(handle(table), handle(ids), &other), other)});
        },
        [&] { return at::cat({at::embedding(table, ids), at::embedding(table, ids)}); });
    compare_steps(type);
}

}  // namespace

int main() {
    at::set_num_threads(1);
    run(at::kBFloat16);
    run(at::kFloat);
}
