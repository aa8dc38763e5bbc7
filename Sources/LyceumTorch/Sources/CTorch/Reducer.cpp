// Gradients summed over all ranks, bucket by bucket, while the backward pass goes on.
//
// A bucket may leave once each of its parameters has its whole gradient. A parameter that is read in several places
// (tied embeddings, a loss computed in chunks) gets its gradient in several parts, and how many is known to nobody
// beforehand. So the first step only counts: parameters that got exactly one part on every rank go into buckets that
// leave early, the others into buckets that leave at the end. Should a parameter of an early bucket ever get a second
// part, all ranks learn of it with the last collective of the step and sum that bucket once more.
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <mutex>

#include "Distributed.h"

using ctorch::borrow;
using ctorch::guarded;

namespace {

struct Bucket {
    std::vector<size_t> members;
    std::vector<int64_t> offsets;
    at::Tensor flat;
    size_t missing = 0;
    c10::intrusive_ptr<c10d::Work> work;
};

/// What each parameter reports to all ranks at the end of a step: a one in each place that holds for it.
enum Report { has_gradient = 0, several_parts = 1, came_late = 2, report_size = 3 };

}  // namespace

struct CTorchReducer {
    c10::intrusive_ptr<c10d::Backend> backend;
    std::vector<at::Tensor> parameters;
    size_t bucket_bytes;

    std::mutex mutex;
    std::vector<Bucket> buckets;
    /// By parameter: its bucket, or where it has none yet.
    std::vector<size_t> bucket_of;
    /// By parameter: whether its gradient comes in several parts.
    std::vector<bool> is_split;
    /// By parameter: parts in this step's last backward pass.
    std::vector<int> parts;
    bool armed = false;
    bool counted = false;
    bool knows_parts = false;
    size_t early_buckets = 0;
    size_t launched = 0;
    size_t left_early = 0;
    at::Tensor reports;
    c10::intrusive_ptr<c10d::Work> report_work;
    size_t sent_early = 0;

    void divide();
    void launch(size_t index);
    std::vector<size_t> late_buckets() const;
    void gradient_came(size_t index);
    void send();
    bool finish(int64_t milliseconds);
    void hand_back();
};

namespace {

struct Hook final : torch::autograd::PostAccumulateGradHook {
    CTorchReducer *reducer;
    size_t index;
    Hook(CTorchReducer *reducer, size_t index) : reducer(reducer), index(index) {}
    void operator()(const at::Tensor &) override { reducer->gradient_came(index); }
};

}  // namespace

/// Puts the parameters into buckets: first those that leave early, last parameters first, then the others.
void CTorchReducer::divide() {
    buckets.clear();
    bucket_of.assign(parameters.size(), 0);
    for (bool late : {false, true}) {
        size_t bytes = bucket_bytes;
        for (size_t i = parameters.size(); i-- > 0;) {
            if ((is_split[i] || !knows_parts) != late) continue;
            if (bytes >= bucket_bytes) {
                buckets.emplace_back();
                bytes = 0;
            }
            auto &bucket = buckets.back();
            bucket.offsets.push_back(static_cast<int64_t>(bytes / sizeof(float)));
            bucket.members.push_back(i);
            bucket_of[i] = buckets.size() - 1;
            bytes += parameters[i].numel() * sizeof(float);
        }
        if (!late) early_buckets = buckets.size();
    }
    for (auto &bucket : buckets) {
        int64_t count = bucket.offsets.back() + parameters[bucket.members.back()].numel();
        bucket.flat = at::empty({count}, at::kFloat);
    }
}

/// Copies a bucket's gradients together and sends it.
void CTorchReducer::launch(size_t index) {
    at::NoGradGuard no_grad;
    auto &bucket = buckets[index];
    for (size_t k = 0; k < bucket.members.size(); k++) {
        auto &parameter = parameters[bucket.members[k]];
        auto place = bucket.flat.narrow(0, bucket.offsets[k], parameter.numel());
        auto &gradient = parameter.grad();
        if (gradient.defined()) place.copy_(gradient.reshape({-1}));
        else place.zero_();
    }
    std::vector<at::Tensor> tensors{bucket.flat};
    bucket.work = backend->allreduce(tensors);
}

void CTorchReducer::gradient_came(size_t index) {
    std::lock_guard lock(mutex);
    if (!armed) return;
    parts[index]++;
    if (!knows_parts || is_split[index] || parts[index] > 1) return;
    auto home = bucket_of[index];
    if (home >= early_buckets) return;
    buckets[home].missing--;
    // In the order of the buckets, which is the same on all ranks.
    while (launched < early_buckets && buckets[launched].missing == 0) {
        launch(launched++);
        left_early++;
    }
}

void CTorchReducer::send() {
    std::lock_guard lock(mutex);
    armed = false;
    reports = at::zeros({static_cast<int64_t>(parameters.size()), report_size}, at::kFloat);
    auto *row = reports.data_ptr<float>();
    for (size_t i = 0; i < parameters.size(); i++, row += report_size) {
        row[has_gradient] = parameters[i].grad().defined();
        // A gradient that no hook saw was put there by hand: it, too, may come at any time.
        row[several_parts] = counted && row[has_gradient] && parts[i] != 1;
        row[came_late] = parts[i] > 1 && knows_parts && !is_split[i] && bucket_of[i] < left_early;
    }
    while (launched < buckets.size()) launch(launched++);
    std::vector<at::Tensor> tensors{reports};
    report_work = backend->allreduce(tensors);
}

bool CTorchReducer::finish(int64_t milliseconds) {
    std::lock_guard lock(mutex);
    auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    auto is_done = [&](c10::intrusive_ptr<c10d::Work> &work) {
        if (!work) return true;
        auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (!ctorch::wait(*work, std::max<int64_t>(0, rest.count()))) return false;
        work.reset();
        return true;
    };
    bool has_report = report_work.defined();
    for (auto &bucket : buckets) {
        if (!is_done(bucket.work)) return false;
    }
    if (has_report) {
        if (!is_done(report_work)) return false;
        // All ranks see the same report, so all of them send the same buckets once more.
        for (size_t index : late_buckets()) launch(index);
        for (auto &bucket : buckets) {
            if (!is_done(bucket.work)) return false;
        }
    }
    hand_back();
    return true;
}

/// The buckets of which a part came after they had left, on any rank.
std::vector<size_t> CTorchReducer::late_buckets() const {
    std::vector<bool> dirty(buckets.size(), false);
    auto *row = reports.data_ptr<float>();
    for (size_t i = 0; i < parameters.size(); i++, row += report_size) {
        if (row[came_late] > 0) dirty[bucket_of[i]] = true;
    }
    std::vector<size_t> indices;
    for (size_t index = 0; index < dirty.size(); index++) {
        if (dirty[index]) indices.push_back(index);
    }
    return indices;
}

/// Gives every parameter the sum, and draws from what all ranks reported which parameters may leave early.
void CTorchReducer::hand_back() {
    at::NoGradGuard no_grad;
    bool changed = counted && !knows_parts;
    auto *rows = reports.data_ptr<float>();
    for (auto &bucket : buckets) {
        for (size_t k = 0; k < bucket.members.size(); k++) {
            size_t index = bucket.members[k];
            auto *row = rows + index * report_size;
            auto &parameter = parameters[index];
            if (row[has_gradient] > 0) {
                auto sum = bucket.flat.narrow(0, bucket.offsets[k], parameter.numel()).view(parameter.sizes());
                bool fits = parameter.scalar_type() == at::kFloat && parameter.device().is_cpu();
                parameter.mutable_grad() = fits ? sum : sum.to(parameter.options());
            }
            if (row[several_parts] > 0 && !is_split[index]) is_split[index] = changed = true;
        }
    }
    if (!changed) return;
    knows_parts = true;
    divide();
}

CTorchStatus ctorch_reducer_create(
    CTorchGroup *group, CTorchTensor *const *parameters, size_t count, size_t bucket_bytes, CTorchReducer **out) {
    return guarded([&] {
        auto reducer = std::make_unique<CTorchReducer>();
        reducer->backend = group->backend;
        reducer->bucket_bytes = bucket_bytes;
        reducer->is_split.assign(count, false);
        reducer->parts.assign(count, 0);
        for (size_t i = 0; i < count; i++) reducer->parameters.push_back(borrow(parameters[i]));
        reducer->divide();
        for (size_t i = 0; i < count; i++) {
            if (!reducer->parameters[i].requires_grad()) continue;
            torch::autograd::impl::set_post_acc_grad_hooks(
                reducer->parameters[i], std::make_unique<Hook>(reducer.get(), i));
        }
        *out = reducer.release();
    });
}

void ctorch_reducer_release(CTorchReducer *reducer) {
    guarded([&] {
        std::unique_ptr<CTorchReducer> owned(reducer);
        if (!owned) return;
        for (auto &parameter : owned->parameters) {
            if (parameter.requires_grad()) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
        }
    });
}

CTorchStatus ctorch_reducer_begin(CTorchReducer *reducer) {
    return guarded([&] {
        std::lock_guard lock(reducer->mutex);
        reducer->counted = true;
        reducer->armed = true;
        reducer->parts.assign(reducer->parameters.size(), 0);
        for (auto &bucket : reducer->buckets) bucket.missing = bucket.members.size();
    });
}

CTorchStatus ctorch_reducer_send(CTorchReducer *reducer) {
    return guarded([&] { reducer->send(); });
}

CTorchStatus ctorch_reducer_wait(CTorchReducer *reducer, int64_t milliseconds, bool *done) {
    return guarded([&] {
        *done = reducer->finish(milliseconds);
        if (!*done) return;
        reducer->counted = false;
        reducer->launched = 0;
        reducer->sent_early = reducer->left_early;
        reducer->left_early = 0;
    });
}

size_t ctorch_reducer_early(const CTorchReducer *reducer) { return reducer->sent_early; }
