// NCCL behind the face of a c10d backend, for the gradients of ranks that compute with CUDA.
//
// libtorch's own ProcessGroupNCCL cannot be used: its header needs CUDA's and NCCL's, which a machine that builds for
// the CPU has not. NCCL's interface for C has not changed for years and needs no header; streams and events come
// through c10's device guard, as everything of CUDA does here. The library is the one that libtorch_cuda.so brings.
//
// Source: NCCL 2.28, nccl.h.
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <cstring>
#include <mutex>

#include "Distributed.h"

using ctorch::guarded;

namespace {

using Communicator = void *;
using Result = int;
constexpr Result success = 0, in_progress = 7;
/// Of ncclRedOp_t and ncclDataType_t.
constexpr int sum = 0, float32 = 7;

struct UniqueID {
    char bytes[CTORCH_NCCL_ID_BYTES];
};

/// NCCL's functions.
struct Library {
    Result (*get_unique_id)(UniqueID *);
    Result (*init_rank)(Communicator *, int count, UniqueID, int rank);
    Result (*all_reduce)(const void *, void *, size_t, int type, int operation, Communicator, void *stream);
    Result (*async_error)(Communicator, Result *);
    Result (*abort)(Communicator);
    const char *(*error_string)(Result);

    void check(Result result, const char *what) const {
        TORCH_CHECK(result == success || result == in_progress, "NCCL, ", what, ": ", error_string(result));
    }
};

template <typename F>
void find(void *library, const char *name, F &function) {
    function = reinterpret_cast<F>(dlsym(library, name));
    TORCH_CHECK(function, "NCCL has no function ", name);
}

const Library &library() {
    static std::mutex mutex;
    static std::optional<Library> loaded;
    std::lock_guard lock(mutex);
    if (loaded) return *loaded;
    // The one that libtorch's CUDA part has loaded, if it has.
    void *handle = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (!handle) handle = dlopen("libnccl.so.2", RTLD_NOW | RTLD_LOCAL);
    TORCH_CHECK(handle, "NCCL is not here: ", dlerror());
    Library found;
    find(handle, "ncclGetUniqueId", found.get_unique_id);
    find(handle, "ncclCommInitRank", found.init_rank);
    find(handle, "ncclAllReduce", found.all_reduce);
    find(handle, "ncclCommGetAsyncError", found.async_error);
    find(handle, "ncclCommAbort", found.abort);
    find(handle, "ncclGetErrorString", found.error_string);
    loaded = found;
    return *loaded;
}

/// A collective that goes on on the device.
struct NcclWork final : c10d::Work {
    c10::Event event;
    Communicator communicator;
    /// Kept until the device has done with them.
    std::vector<at::Tensor> tensors;

    NcclWork(c10::DeviceType type, Communicator communicator, std::vector<at::Tensor> tensors)
        : event(type), communicator(communicator), tensors(std::move(tensors)) {}

    bool isCompleted() override {
        Result found = success;
        auto asked = library().async_error(communicator, &found);
        if (asked == success && (found == success || found == in_progress)) return event.query();
        auto *reason = library().error_string(asked == success ? found : asked);
        failure = std::make_exception_ptr(std::runtime_error(std::string("NCCL: ") + reason));
        return true;
    }

    std::exception_ptr exception() const override { return failure; }

private:
    std::exception_ptr failure;
};

struct NcclBackend final : c10d::Backend {
    Communicator communicator = nullptr;
    c10::Device device;
    /// Of its own, so that collectives go on while the device computes.
    c10::Stream stream;

    NcclBackend(int rank, int count, c10::Device device, const UniqueID &id)
        : Backend(rank, count), device(device),
          stream(c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device, true)) {
        c10::DeviceGuard guard(device);
        library().check(library().init_rank(&communicator, count, id, rank), "opening the communicator");
    }

    // Aborting does not wait for the other ranks, of which one may be gone.
    ~NcclBackend() override {
        if (communicator) library().abort(communicator);
    }

    const std::string getBackendName() const override { return "nccl"; }

    /// Sums a tensor in place, behind what the device was asked for before.
    c10::intrusive_ptr<c10d::Work> allreduce(
        std::vector<at::Tensor> &tensors, const c10d::AllreduceOptions &options) override {
        TORCH_CHECK(tensors.size() == 1 && options.reduceOp == c10d::ReduceOp::SUM, "only sums of one tensor");
        auto &tensor = tensors[0];
        TORCH_CHECK(
            tensor.device() == device && tensor.is_contiguous() && tensor.scalar_type() == at::kFloat,
            "only contiguous fp32 tensors on ", device);
        c10::DeviceGuard guard(device);
        c10::Event ready(device.type());
        ready.record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
        ready.block(stream);
        auto work = c10::make_intrusive<NcclWork>(device.type(), communicator, tensors);
        library().check(
            library().all_reduce(
                tensor.data_ptr(), tensor.data_ptr(), tensor.numel(), float32, sum, communicator,
                stream.native_handle()),
            "the sum");
        work->event.record(stream);
        return work;
    }
};

}  // namespace

CTorchStatus ctorch_nccl_load(void) {
    return guarded([&] { library(); });
}

CTorchStatus ctorch_nccl_make_id(uint8_t *id) {
    return guarded([&] {
        UniqueID made;
        library().check(library().get_unique_id(&made), "making a name");
        std::memcpy(id, made.bytes, sizeof made.bytes);
    });
}

CTorchStatus ctorch_group_open_nccl(CTorchGroup *group, int32_t rank, int32_t device, const uint8_t *id) {
    return guarded([&] {
        UniqueID name;
        std::memcpy(name.bytes, id, sizeof name.bytes);
        c10::Device place(at::kCUDA, static_cast<c10::DeviceIndex>(device));
        group->device_backend = c10::make_intrusive<NcclBackend>(rank, group->count, place, name);
        group->device = place;
    });
}

void ctorch_group_close_nccl(CTorchGroup *group) {
    guarded([&] {
        group->device_backend.reset();
        group->device.reset();
    });
}
