#include "csentencepiece.h"

#include <cstdlib>
#include <cstring>
#include <exception>
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
csp_status with_exception_boundary(Body &&body) noexcept {
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

csp_status csp_train(
    const csp_option *options, size_t option_count, const char *bytes, const size_t *offsets,
    size_t text_count, void **model, size_t *model_count) {
    return with_exception_boundary([&] {
        std::unordered_map<std::string, std::string> arguments;
        for (size_t i = 0; i < option_count; ++i) arguments[options[i].name] = options[i].value;
        TextIterator texts(bytes, offsets, text_count);
        std::string serialized;
        const Status status = sentencepiece::SentencePieceTrainer::Train(arguments, &texts, &serialized);
        if (!status.ok()) return fail(status.error_message());
        *model = copied(serialized.data(), serialized.size());
        *model_count = serialized.size();
        return CSP_OK;
    });
}
