// Gradients summed over all ranks, bucket by bucket, while the backward pass goes on.
//
// A bucket may leave once each of its parameters has its whole gradient. A parameter that is read in several places
// (tied embeddings, a loss computed in chunks) gets its gradient in several parts, and how many is known to nobody
// beforehand. So the first step only counts: parameters that got exactly one part on every rank go into buckets that
// leave early, the others into buckets that leave at the end. Should a parameter of an early bucket ever get a second
// part, all ranks learn of it with the last collective of the step and sum that bucket once more.
//
// A rank that works with several copies of the network adds up their gradients in the bucket: a parameter is whole once
// every copy that works in this step has made its part.
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
    /// For buckets, and for what is said in main memory.
    c10::intrusive_ptr<c10d::Backend> backend;
    c10::intrusive_ptr<c10d::Backend> host_backend;
    /// Where buckets lie.
    c10::Device device = at::kCPU;
    /// The original's, which get the sums.
    std::vector<at::Tensor> parameters;
    /// By copy, theirs.
    std::vector<std::vector<at::Tensor>> copies;
    size_t bucket_bytes;

    std::mutex mutex;
    std::vector<Bucket> buckets;
    /// By parameter: its bucket, or where it has none yet.
    std::vector<size_t> bucket_of;
    /// By parameter: whether its gradient comes in several parts.
    std::vector<bool> is_split;
    /// By parameter: parts in this step's last backward passes.
    std::vector<size_t> parts;
    /// By copy, the original first: whether its last backward pass goes on.
    std::vector<bool> armed;
    /// Copies that have a backward pass in this step.
    size_t active = 1;
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
    void gradient_came(size_t copy, size_t index);
    void send();
    bool finish(int64_t milliseconds);
    void hand_back();
};

namespace {

struct Hook final : torch::autograd::PostAccumulateGradHook {
    CTorchReducer *reducer;
    size_t copy, index;
    Hook(CTorchReducer *reducer, size_t copy, size_t index) : reducer(reducer), copy(copy), index(index) {}
    void operator()(const at::Tensor &) override { reducer->gradient_came(copy, index); }
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
        bucket.flat = at::empty({count}, at::TensorOptions(at::kFloat).device(device));
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
        for (auto &copy : copies) {
            auto &more = copy[bucket.members[k]].grad();
            if (more.defined()) place.add_(more.reshape({-1}));
        }
    }
    std::vector<at::Tensor> tensors{bucket.flat};
    bucket.work = backend->allreduce(tensors);
}

void CTorchReducer::gradient_came(size_t copy, size_t index) {
    std::lock_guard lock(mutex);
    if (!armed[copy]) return;
    parts[index]++;
    if (!knows_parts || is_split[index] || parts[index] != active) return;
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
    armed.assign(armed.size(), false);
    reports = at::zeros({static_cast<int64_t>(parameters.size()), report_size}, at::kFloat);
    auto *row = reports.data_ptr<float>();
    for (size_t i = 0; i < parameters.size(); i++, row += report_size) {
        bool is_there = parameters[i].grad().defined();
        for (auto &copy : copies) is_there = is_there || copy[i].grad().defined();
        row[has_gradient] = is_there;
        // A gradient that no hook saw was put there by hand: it, too, may come at any time.
        row[several_parts] = counted && is_there && parts[i] != active;
        row[came_late] = parts[i] > active && knows_parts && !is_split[i] && bucket_of[i] < left_early;
    }
    while (launched < buckets.size()) launch(launched++);
    std::vector<at::Tensor> tensors{reports};
    report_work = host_backend->allreduce(tensors);
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
                bool fits = parameter.scalar_type() == at::kFloat && parameter.device() == device;
                parameter.mutable_grad() = fits ? sum : sum.to(parameter.options());
            }
            for (auto &copy : copies) copy[index].mutable_grad().reset();
            if (row[several_parts] > 0 && !is_split[index]) is_split[index] = changed = true;
        }
    }
    if (!changed) return;
    knows_parts = true;
    divide();
}

CTorchStatus ctorch_reducer_create(
    CTorchGroup *group, CTorchTensor *const *parameters, size_t count, size_t copies, size_t bucket_bytes,
    CTorchReducer **out) {
    return guarded([&] {
        auto reducer = std::make_unique<CTorchReducer>();
        reducer->bucket_bytes = bucket_bytes;
        reducer->is_split.assign(count, false);
        reducer->parts.assign(count, 0);
        reducer->armed.assign(copies, false);
        for (size_t i = 0; i < count; i++) reducer->parameters.push_back(borrow(parameters[i]));
        for (size_t copy = 1; copy < copies; copy++) {
            auto &own = reducer->copies.emplace_back();
            for (size_t i = 0; i < count; i++) own.push_back(borrow(parameters[copy * count + i]));
        }
        bool on_device = group->device && count > 0;
        for (auto &parameter : reducer->parameters) {
            on_device = on_device && parameter.device() == *group->device;
        }
        if (on_device) reducer->device = *group->device;
        reducer->host_backend = group->backend;
        reducer->backend = on_device ? group->device_backend : group->backend;
        reducer->divide();
        for (size_t copy = 0; copy < copies; copy++) {
            auto &own = copy == 0 ? reducer->parameters : reducer->copies[copy - 1];
            for (size_t i = 0; i < count; i++) {
                if (!own[i].requires_grad()) continue;
                torch::autograd::impl::set_post_acc_grad_hooks(
                    own[i], std::make_unique<Hook>(reducer.get(), copy, i));
            }
        }
        *out = reducer.release();
    });
}

void ctorch_reducer_release(CTorchReducer *reducer) {
    guarded([&] {
        std::unique_ptr<CTorchReducer> owned(reducer);
        if (!owned) return;
        owned->copies.push_back(owned->parameters);
        for (auto &own : owned->copies) {
            for (auto &parameter : own) {
                if (parameter.requires_grad()) torch::autograd::impl::set_post_acc_grad_hooks(parameter, nullptr);
            }
        }
    });
}

CTorchStatus ctorch_reducer_start(CTorchReducer *reducer, size_t active) {
    return guarded([&] {
        std::lock_guard lock(reducer->mutex);
        reducer->counted = true;
        reducer->active = active;
        reducer->parts.assign(reducer->parameters.size(), 0);
        for (auto &bucket : reducer->buckets) bucket.missing = bucket.members.size();
    });
}

CTorchStatus ctorch_reducer_begin(CTorchReducer *reducer, size_t copy) {
    return guarded([&] {
        std::lock_guard lock(reducer->mutex);
        TORCH_CHECK(copy < reducer->armed.size(), "there is no copy ", copy, " of the network");
        reducer->armed[copy] = true;
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
