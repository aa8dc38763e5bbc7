// Memory for tensors that is kept between the steps of a long run and used again.
//
// A training step allocates and frees some gigabytes in pieces of megabytes. malloc gives such pieces back to the system and
// gets them again as pages that the kernel has to clear: measured, 17 % of a training step of T5-small. Here they stay until
// nobody asks for it any longer.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "Boundary.h"

using ctorch::guarded;

namespace {

/// Pieces of some large areas: the smallest that fits is taken, and what becomes free is joined with what is free next to it.
class Blocks {
public:
    /// Smaller pieces are malloc's, which keeps them itself.
    static constexpr size_t least = 128 << 10;

    void *take(size_t bytes) {
        TORCH_CHECK(bytes <= most_bytes, "not enough memory for ", bytes, " bytes");
        size_t size = (bytes + granule - 1) / granule * granule;
        std::lock_guard lock(mutex);
        auto found = by_size.lower_bound({size, nullptr});
        if (found == by_size.end()) {
            grow(size);
            found = by_size.lower_bound({size, nullptr});
        }
        auto [whole, address] = *found;
        take_out(address, whole);
        if (whole > size) put_in(address + size, whole - size);
        used.emplace(address, size);
        return address;
    }

    /// - Returns: whether the address was one of ours.
    bool give_back(void *address) noexcept {
        std::lock_guard lock(mutex);
        auto found = used.find(static_cast<char *>(address));
        if (found == used.end()) return false;
        auto [start, size] = *found;
        used.erase(found);
        if (keepers == 0) madvise(start, size, MADV_DONTNEED);
        join(start, size);
        return true;
    }

    /// Somebody begins or ends a long run.
    void keep(bool begins) {
        std::lock_guard lock(mutex);
        keepers += begins ? 1 : -1;
        if (keepers > 0) return;
        for (auto [address, size] : by_address) madvise(address, size, MADV_DONTNEED);
    }

private:
    static constexpr size_t granule = 64 << 10, area = 128 << 20, most_bytes = size_t(1) << 46;

    std::mutex mutex;
    /// What is free.
    std::set<std::pair<size_t, char *>> by_size;
    std::map<char *, size_t> by_address;
    std::unordered_map<char *, size_t> used;
    int64_t keepers = 0;

    void grow(size_t size) {
        size = std::max(size, area);
        void *address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        TORCH_CHECK(address != MAP_FAILED, "not enough memory: ", size >> 20, " MB could not be had");
        // Fewer page faults, and faster ones, where the system lets programs ask.
        madvise(address, size, MADV_HUGEPAGE);
        join(static_cast<char *>(address), size);
    }

    void take_out(char *address, size_t size) {
        by_size.erase({size, address});
        by_address.erase(address);
    }

    void put_in(char *address, size_t size) {
        by_size.emplace(size, address);
        by_address.emplace(address, size);
    }

    void join(char *address, size_t size) {
        auto next = by_address.lower_bound(address);
        if (next != by_address.end() && address + size == next->first) {
            auto [start, more] = *next;
            take_out(start, more);
            size += more;
        }
        next = by_address.lower_bound(address);
        if (next != by_address.begin()) {
            auto [start, more] = *std::prev(next);
            if (start + more == address) {
                take_out(start, more);
                address = start;
                size += more;
            }
        }
        put_in(address, size);
    }
};

/// Never destroyed: tensors may outlive everything else.
Blocks &blocks() {
    static auto *all = new Blocks();
    return *all;
}

void free_small(void *address) { c10::free_cpu(address); }

void free_any(void *address) {
    if (address && !blocks().give_back(address)) c10::free_cpu(address);
}

struct KeepingAllocator final : c10::Allocator {
    c10::DataPtr allocate(size_t bytes) override {
        bool is_small = bytes < Blocks::least;
        void *address = is_small ? c10::alloc_cpu(bytes) : blocks().take(bytes);
        return {address, address, is_small ? &free_small : &free_any, c10::Device(c10::kCPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &free_any; }

    void copy_data(void *to, const void *from, size_t bytes) const override { default_copy_data(to, from, bytes); }
};

}  // namespace

CTorchStatus ctorch_keep_memory(bool begins) {
    return guarded([&] {
        static std::once_flag once;
        std::call_once(once, [] {
            c10::SetCPUAllocator(new KeepingAllocator(), 1);
            // The same for the small pieces: no page goes back and forth while there are less than this.
            mallopt(M_TRIM_THRESHOLD, 64 << 20);
            mallopt(M_MMAP_THRESHOLD, 4 << 20);
        });
        blocks().keep(begins);
    });
}
