// The key-value store and the process group of c10d, behind handles.
#define USE_C10D_GLOO
#include "Distributed.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>
#include <cstring>
#include <thread>

using ctorch::borrow;
using ctorch::guarded;

struct CTorchStore {
    c10::intrusive_ptr<c10d::Store> store;
};

namespace {

std::string text(const char *bytes) { return bytes ? bytes : ""; }

at::Tensor on_host_in_place(const CTorchTensor *handle) {
    auto tensor = borrow(handle);
    TORCH_CHECK(tensor.device().is_cpu() && tensor.is_contiguous(), "a collective needs a contiguous CPU tensor");
    // In place on purpose: autograd must not see it.
    return tensor.detach();
}

}  // namespace

// --- The store -------------------------------------------------------------------------------------------------

CTorchStatus ctorch_store_open(
    const char *host, uint16_t port, bool is_server, int64_t milliseconds, CTorchStore **out) {
    return guarded([&] {
        c10d::TCPStoreOptions options;
        options.port = port;
        options.isServer = is_server;
        options.waitWorkers = false;
        options.multiTenant = true;
        options.timeout = std::chrono::milliseconds(milliseconds);
        *out = new CTorchStore{c10::make_intrusive<c10d::TCPStore>(text(host), options)};
    });
}

CTorchStatus ctorch_store_clone(const CTorchStore *store, CTorchStore **out) {
    return guarded([&] { *out = new CTorchStore{store->store->clone()}; });
}

void ctorch_store_close(CTorchStore *store) {
    guarded([&] { delete store; });
}

CTorchStatus ctorch_store_set(CTorchStore *store, const char *key, const void *bytes, size_t count) {
    return guarded([&] {
        auto *first = static_cast<const uint8_t *>(bytes);
        store->store->set(text(key), count == 0 ? std::vector<uint8_t>() : std::vector<uint8_t>(first, first + count));
    });
}

CTorchStatus ctorch_store_check(CTorchStore *store, const char *key, bool *there) {
    return guarded([&] { *there = store->store->check({text(key)}); });
}

CTorchStatus ctorch_store_get(CTorchStore *store, const char *key, void **bytes, size_t *count) {
    return guarded([&] {
        auto value = store->store->get(text(key));
        auto *copy = std::malloc(value.size() + 1);
        TORCH_CHECK(copy, "out of memory");
        if (!value.empty()) std::memcpy(copy, value.data(), value.size());
        *bytes = copy;
        *count = value.size();
    });
}

CTorchStatus ctorch_store_add(CTorchStore *store, const char *key, int64_t amount, int64_t *sum) {
    return guarded([&] { *sum = store->store->add(text(key), amount); });
}

CTorchStatus ctorch_store_delete(CTorchStore *store, const char *key) {
    return guarded([&] { store->store->deleteKey(text(key)); });
}

void ctorch_bytes_free(void *bytes) { std::free(bytes); }

// --- The group -------------------------------------------------------------------------------------------------

CTorchStatus ctorch_group_open(
    const CTorchStore *store, const char *name, int32_t rank, int32_t count, const char *interface, const char *address,
    int64_t milliseconds, CTorchGroup **out) {
    return guarded([&] {
        auto options = c10d::ProcessGroupGloo::Options::create(std::chrono::milliseconds(milliseconds));
        options->devices.push_back(
            interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
            : address ? c10d::ProcessGroupGloo::createDeviceForHostname(address)
                      : c10d::ProcessGroupGloo::createDefaultDevice());
        auto prefixed = c10::make_intrusive<c10d::PrefixStore>(text(name), store->store->clone());
        *out = new CTorchGroup{
            c10::make_intrusive<c10d::ProcessGroupGloo>(prefixed, rank, count, options), count, {}, {}};
    });
}

void ctorch_group_close(CTorchGroup *group) {
    guarded([&] { delete group; });
}

CTorchStatus ctorch_group_sum(CTorchGroup *group, const CTorchTensor *tensor, CTorchWork **out) {
    return guarded([&] {
        std::vector<at::Tensor> tensors{on_host_in_place(tensor)};
        *out = new CTorchWork{group->backend->allreduce(tensors)};
    });
}

CTorchStatus ctorch_group_broadcast(CTorchGroup *group, const CTorchTensor *tensor, int32_t root, CTorchWork **out) {
    return guarded([&] {
        std::vector<at::Tensor> tensors{on_host_in_place(tensor)};
        c10d::BroadcastOptions options;
        options.rootRank = root;
        *out = new CTorchWork{group->backend->broadcast(tensors, options)};
    });
}

CTorchStatus ctorch_group_gather(
    CTorchGroup *group, const CTorchTensor *tensor, const CTorchTensor *gathered, CTorchWork **out) {
    return guarded([&] {
        auto all = on_host_in_place(gathered);
        TORCH_CHECK(all.dim() > 0 && all.size(0) == group->count, "the gathered tensor has one row for each rank");
        std::vector<at::Tensor> inputs{on_host_in_place(tensor)};
        std::vector<std::vector<at::Tensor>> outputs{all.unbind(0)};
        *out = new CTorchWork{group->backend->allgather(outputs, inputs)};
    });
}

CTorchStatus ctorch_work_wait(CTorchWork *work, int64_t milliseconds, bool *done) {
    return guarded([&] { *done = ctorch::wait(*work->work, milliseconds); });
}

void ctorch_work_release(CTorchWork *work) {
    guarded([&] { delete work; });
}

bool ctorch::wait(c10d::Work &work, int64_t milliseconds) {
    auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    for (int round = 0; !work.isCompleted(); round++) {
        if (std::chrono::steady_clock::now() >= end) return false;
        if (round < 100) std::this_thread::yield();
        else std::this_thread::sleep_for(std::chrono::microseconds(round < 1000 ? 50 : 500));
    }
    if (auto failure = work.exception()) std::rethrow_exception(failure);
    return true;
}
