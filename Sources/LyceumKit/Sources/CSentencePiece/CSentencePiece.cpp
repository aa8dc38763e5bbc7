#include "csentencepiece.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

#include <sentencepiece_trainer.h>

using sentencepiece::util::Status;

namespace {

thread_local std::string last_error;

csp_status fail(std::string message) {
    last_error = std::move(message);
    return CSP_FAILED;
}

// The one exception boundary: `body` returns a csp_status or throws.
template <typename Body>
csp_status guarded(Body &&body) noexcept {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return fail("out of memory");
    } catch (const std::exception &error) {
        return fail(error.what());
    } catch (...) {
        return fail("an unknown C++ exception");
    }
}

// Copies `count` bytes into a buffer that csp_release releases; never NULL.
void *copied(const void *bytes, size_t count) {
    void *buffer = std::malloc(count > 0 ? count : 1);
    if (buffer == nullptr) throw std::bad_alloc();
    if (count > 0) std::memcpy(buffer, bytes, count);
    return buffer;
}

// Hands the trainer texts that lie one after the other in memory.
class TextIterator : public sentencepiece::SentenceIterator {
   public:
    TextIterator(const char *bytes, const size_t *offsets, size_t count)
        : bytes_(bytes), offsets_(offsets), count_(count) {
        read();
    }
    bool done() const override { return index_ >= count_; }
    void Next() override {
        ++index_;
        read();
    }
    const std::string &value() const override { return value_; }
    Status status() const override { return Status(); }

   private:
    void read() {
        if (done()) return;
        value_.assign(bytes_ + offsets_[index_], offsets_[index_ + 1] - offsets_[index_]);
    }

    const char *bytes_;
    const size_t *offsets_;
    size_t count_;
    size_t index_ = 0;
    std::string value_;
};

}  // namespace

const char *csp_last_error(void) { return last_error.c_str(); }

void csp_release(void *buffer) { std::free(buffer); }

struct csp_training {
    pid_t process = -1;
    int pipe = -1;
    // What the child has written so far: a byte, 0 or 1, then the model or the message.
    std::string received;
    bool is_over = false;

    csp_training() = default;
    csp_training(const csp_training &) = delete;
    ~csp_training() {
        if (pipe >= 0) close(pipe);
        if (process < 0) return;
        kill(process, SIGKILL);
        while (waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
};

namespace {

bool write_all(int file, const char *bytes, size_t count) {
    while (count > 0) {
        const ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        count -= static_cast<size_t>(written);
    }
    return true;
}

// The child: trains, writes the outcome, and is gone without running anybody's destructors.
[[noreturn]] void train_in_child(
    const std::unordered_map<std::string, std::string> &arguments, const char *bytes, const size_t *offsets,
    size_t text_count, pid_t parent, int pipe) {
    // Ctrl-C at a terminal reaches this process, too; the parent decides. And it does not outlive its parent.
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    std::string result;
    char outcome = 1;
    try {
        TextIterator texts(bytes, offsets, text_count);
        const Status status = sentencepiece::SentencePieceTrainer::Train(arguments, &texts, &result);
        if (status.ok()) outcome = 0;
        else result = status.error_message();
    } catch (const std::exception &error) {
        result = error.what();
    } catch (...) {
        result = "an unknown C++ exception";
    }
    const bool is_written = write_all(pipe, &outcome, 1) && write_all(pipe, result.data(), result.size());
    _exit(is_written ? 0 : 1);
}

}  // namespace

csp_status csp_training_begin(
    const csp_option *options, size_t option_count, const char *bytes, const size_t *offsets,
    size_t text_count, csp_training **training) {
    return guarded([&] {
        std::unordered_map<std::string, std::string> arguments;
        for (size_t i = 0; i < option_count; ++i) arguments[options[i].name] = options[i].value;
        auto begun = std::make_unique<csp_training>();
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) return fail(std::string("no pipe: ") + std::strerror(errno));
        const pid_t parent = getpid();
        const pid_t process = fork();
        if (process == 0) train_in_child(arguments, bytes, offsets, text_count, parent, ends[1]);
        const int reason = errno;
        close(ends[1]);
        begun->pipe = ends[0];
        begun->process = process;
        if (process < 0) return fail(std::string("no child process: ") + std::strerror(reason));
        *training = begun.release();
        return CSP_OK;
    });
}

csp_status csp_training_wait(csp_training *training, int milliseconds, bool *is_over) {
    return guarded([&] {
        pollfd waiting{training->pipe, POLLIN, 0};
        const int ready = poll(&waiting, 1, milliseconds);
        if (ready < 0 && errno != EINTR) return fail(std::string("waiting failed: ") + std::strerror(errno));
        if (ready > 0) {
            char buffer[1 << 16];
            const ssize_t count = read(training->pipe, buffer, sizeof buffer);
            if (count < 0 && errno != EINTR) return fail(std::string("reading failed: ") + std::strerror(errno));
            if (count == 0) training->is_over = true;
            if (count > 0) training->received.append(buffer, static_cast<size_t>(count));
        }
        *is_over = training->is_over;
        return CSP_OK;
    });
}

csp_status csp_training_result(const csp_training *training, void **model, size_t *model_count) {
    return guarded([&] {
        const std::string &received = training->received;
        if (!training->is_over || received.empty()) return fail("the trainer ended without a word");
        if (received[0] != 0) return fail(received.substr(1));
        *model = copied(received.data() + 1, received.size() - 1);
        *model_count = received.size() - 1;
        return CSP_OK;
    });
}

void csp_training_end(csp_training *training) { delete training; }
