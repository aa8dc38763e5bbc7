// Several processes as one: c10d's key-value store, its gloo process group, NCCL, and gradients that are summed over
// all ranks while the backward pass goes on.
//
// Threads: a store may be used by one thread at a time (open one for each thread). The calls of a group must come in
// the same order on every rank.
// Waiting: nothing here waits longer than the milliseconds it is given, so that the caller hears an interrupt.
#pragma once

#include "CTorch.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CTorchStore CTorchStore;
typedef struct CTorchGroup CTorchGroup;
typedef struct CTorchWork CTorchWork;
typedef struct CTorchReducer CTorchReducer;

// --- The store -------------------------------------------------------------------------------------------------

/// Connects to the key-value store at `host:port`; as the server, opens it first (port 0 takes a free one). Waits for
/// a server that is not there yet, `milliseconds` at most.
CTorchStatus ctorch_store_open(
    const char *host, uint16_t port, bool is_server, int64_t milliseconds, CTorchStore **out);
/// Another connection to the store, for another thread.
CTorchStatus ctorch_store_clone(const CTorchStore *store, CTorchStore **out);
void ctorch_store_close(CTorchStore *store);
CTorchStatus ctorch_store_set(CTorchStore *store, const char *key, const void *bytes, size_t count);
/// Whether the key is there now; never waits.
CTorchStatus ctorch_store_check(CTorchStore *store, const char *key, bool *there);
/// The value of a key that is there. `*bytes` is the caller's: give it to `ctorch_bytes_free`.
CTorchStatus ctorch_store_get(CTorchStore *store, const char *key, void **bytes, size_t *count);
/// Adds to a number that starts at 0 and gives the sum: one step, whoever else adds.
CTorchStatus ctorch_store_add(CTorchStore *store, const char *key, int64_t amount, int64_t *sum);
CTorchStatus ctorch_store_delete(CTorchStore *store, const char *key);
void ctorch_bytes_free(void *bytes);

// --- The group -------------------------------------------------------------------------------------------------

/// Joins the ranks that open a group of this name in this store. Connections leave by `interface` ("eth0") if it is
/// given, else from `address`, an address of this machine that the others reach. `milliseconds`: how long a collective
/// waits for a rank before it fails.
CTorchStatus ctorch_group_open(
    const CTorchStore *store, const char *name, int32_t rank, int32_t count, const char *interface, const char *address,
    int64_t milliseconds, CTorchGroup **out);
void ctorch_group_close(CTorchGroup *group);
/// Sums a contiguous CPU tensor over all ranks, in place.
CTorchStatus ctorch_group_sum(CTorchGroup *group, const CTorchTensor *tensor, CTorchWork **out);
/// Copies the root's contiguous CPU tensor to all ranks, in place.
CTorchStatus ctorch_group_broadcast(CTorchGroup *group, const CTorchTensor *tensor, int32_t root, CTorchWork **out);
/// Gathers a contiguous CPU tensor of every rank (of equal size) into `gathered`, [ranks, …].
CTorchStatus ctorch_group_gather(
    CTorchGroup *group, const CTorchTensor *tensor, const CTorchTensor *gathered, CTorchWork **out);
/// Whether NCCL is here: it comes with libtorch's CUDA part, which must be loaded. Fails with what is missing.
CTorchStatus ctorch_nccl_load(void);
/// Bytes of the name under which the ranks of a NCCL communicator meet.
#define CTORCH_NCCL_ID_BYTES 128
/// Makes such a name; one rank does, and gives it to the others.
CTorchStatus ctorch_nccl_make_id(uint8_t *id);
/// Gives the group NCCL for the tensors of a CUDA device, one device for each rank. All ranks call it at once and wait
/// for each other, without hearing an interrupt.
CTorchStatus ctorch_group_open_nccl(CTorchGroup *group, int32_t rank, int32_t device, const uint8_t *id);
/// Takes it away again.
void ctorch_group_close_nccl(CTorchGroup *group);
/// Waits for a collective, `milliseconds` at most; fails if the collective did.
CTorchStatus ctorch_work_wait(CTorchWork *work, int64_t milliseconds, bool *done);
void ctorch_work_release(CTorchWork *work);

// --- Gradients -------------------------------------------------------------------------------------------------

/// Sums the gradients of these parameters (leaves, the same on every rank) in flat fp32 buckets of about
/// `bucket_bytes`, in the order in which a backward pass makes them: last parameters first. Buckets lie in main memory,
/// or on the parameters' device where the group has NCCL for it.
///
/// A rank may work with several copies of the network at once, whose gradients are added up first: `parameters` holds
/// those of the original, then those of each copy, `count` each.
CTorchStatus ctorch_reducer_create(
    CTorchGroup *group, CTorchTensor *const *parameters, size_t count, size_t copies, size_t bucket_bytes,
    CTorchReducer **out);
void ctorch_reducer_release(CTorchReducer *reducer);
/// Before the backward passes of a step: how many copies will have one.
CTorchStatus ctorch_reducer_start(CTorchReducer *reducer, size_t active);
/// Before the last backward pass of a copy, from its thread: a bucket leaves as soon as all copies have made its
/// gradients.
CTorchStatus ctorch_reducer_begin(CTorchReducer *reducer, size_t copy);
/// To be called after it: sends what has not left yet.
CTorchStatus ctorch_reducer_send(CTorchReducer *reducer);
/// Waits, `milliseconds` at most; once done, every parameter of the original that has a gradient on any rank has the
/// sum, and the copies have none.
CTorchStatus ctorch_reducer_wait(CTorchReducer *reducer, int64_t milliseconds, bool *done);
/// Buckets that left before the backward pass was over, in the last step. For tests and benches.
size_t ctorch_reducer_early(const CTorchReducer *reducer);

#ifdef __cplusplus
}
#endif
