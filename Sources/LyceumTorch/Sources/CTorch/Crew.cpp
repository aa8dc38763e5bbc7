// The threads of our kernels.
//
// at::parallel_for is made when its caller is compiled, by OpenMP; libtorch's threads are those of GCC's, which Clang cannot
// call, and without OpenMP it is a plain loop. So our kernels need threads of their own anyway, and the decoder's need better
// ones: a token is some sixty kernels of 20 to 200 µs, one after the other. libgomp's threads are bad at that: they either spin
// while they wait, which on a busy machine takes the core from those who have work, or sleep, and to wake one takes as long
// as a kernel. And each has its part of the work, so that everybody waits for the one that has no core at the moment.
//
// These offer their core to whoever wants it while they wait, sleep when nothing comes for a millisecond, and take
// parts one by one as they get to it: on a busy machine the caller does most of the work itself and waits for nobody.
#include "Crew.h"

#include <ATen/Parallel.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

namespace {

using Clock = std::chrono::steady_clock;
using Body = c10::function_ref<void(int64_t, int64_t)>;

/// So long a waiting thread keeps its core to itself, and so long it waits before it sleeps.
constexpr std::chrono::microseconds selfish(20), patience(1000);

/// Waits until `isOver` or, if `gives_up`, until patience ends; says whether it is over.
template <typename Condition>
bool wait(bool gives_up, Condition isOver) {
    auto start = Clock::now();
    for (;;) {
        for (int turn = 0; turn < 32; ++turn) {
            if (isOver()) return true;
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
        auto waited = Clock::now() - start;
        if (gives_up && waited > patience) return false;
        if (waited > selfish) sched_yield();
    }
}

class Crew {
  public:
    /// Never destroyed: its threads wait in it until the process ends.
    static Crew &shared() {
        static auto *crew = new Crew;
        return *crew;
    }

    /// Does a job with at most so many threads; false, and nothing is done, while the crew has another one.
    bool work(int64_t count, int64_t part, int threads, Body body) {
        if (has_job_.test_and_set(std::memory_order_acquire)) return false;
        hire(threads - 1);
        body_ = &body;
        count_ = count;
        part_ = part;
        next_.store(0, std::memory_order_relaxed);
        seats_.store(threads - 1, std::memory_order_relaxed);
        is_open_.store(true);
        number_.fetch_add(1);
        number_.notify_all();
        take_parts();
        is_open_.store(false);
        // Who came in before that is at a part, or leaves at once.
        wait(false, [&] { return inside_.load() == 0; });
        auto error = std::exchange(error_, nullptr);
        has_job_.clear(std::memory_order_release);
        if (error) std::rethrow_exception(error);
        return true;
    }

  private:
    /// Makes threads until there are so many, or no more can be made.
    void hire(int wanted) {
        if (members_ >= wanted) return;
        // Signals are for the program's own threads.
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            for (; members_ < wanted; ++members_) std::thread([this] { stand_by(); }).detach();
        } catch (const std::exception &) {
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void stand_by() {
        uint32_t seen = 0;
        for (;;) {
            bool comes = wait(true, [&] { return number_.load() != seen; });
            if (!comes) number_.wait(seen);
            seen = number_.load();
            inside_.fetch_add(1);
            // Only now, with the job kept open or closed for good: see `work`.
            if (is_open_.load() && seats_.fetch_sub(1) > 0) take_parts();
            inside_.fetch_sub(1);
        }
    }

    void take_parts() {
        for (;;) {
            int64_t from = part_ * next_.fetch_add(1);
            if (from >= count_) return;
            try {
                (*body_)(from, std::min(count_, from + part_));
            } catch (...) {
                std::lock_guard turn(error_mutex_);
                if (!error_) error_ = std::current_exception();
            }
        }
    }

    /// Set while there is a job.
    std::atomic_flag has_job_;
    int members_ = 0;
    /// The job. Written while it is not open and nobody is inside.
    const Body *body_ = nullptr;
    int64_t count_ = 0, part_ = 1;
    std::mutex error_mutex_;
    std::exception_ptr error_;
    /// Of the latest job; threads wait for the next.
    alignas(64) std::atomic<uint32_t> number_{0};
    std::atomic<bool> is_open_{false};
    std::atomic<int> seats_{0};
    alignas(64) std::atomic<int> inside_{0};
    alignas(64) std::atomic<int64_t> next_{0};
};

}  // namespace

void ctorch::share(int64_t count, int64_t grain, Body body) {
    grain = std::max<int64_t>(1, grain);
    int threads = at::get_num_threads();
    if (count <= grain || threads <= 1 || at::in_parallel_region()) {
        if (count > 0) body(0, count);
        return;
    }
    // A few parts for each thread: who began late, or has the slower core, takes fewer.
    int64_t part = std::max(grain, (count + 4 * threads - 1) / (4 * threads));
    if (!Crew::shared().work(count, part, threads, body)) body(0, count);
}
