#include "csentencepiece.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

using sentencepiece::SentencePieceProcessor;
using sentencepiece::util::Status;

struct csp_model {
    SentencePieceProcessor processor;
};

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

csp_status csp_model_load(const void *bytes, size_t count, csp_model **out) {
    return with_exception_boundary([&] {
        // An int counts the bytes inside protobuf.
        if (count == 0) return fail("the model is empty");
        if (count > static_cast<size_t>(std::numeric_limits<int>::max())) return fail("the model is too large");
        auto model = std::make_unique<csp_model>();
        const Status status = model->processor.LoadFromSerializedProto(
            std::string_view(static_cast<const char *>(bytes), count));
        if (!status.ok()) return fail(status.error_message());
        *out = model.release();
        return CSP_OK;
    });
}

void csp_model_free(csp_model *model) { delete model; }

int32_t csp_model_size(const csp_model *model) { return model->processor.GetPieceSize(); }

int32_t csp_model_pad_id(const csp_model *model) { return model->processor.pad_id(); }

int32_t csp_model_eos_id(const csp_model *model) { return model->processor.eos_id(); }

int32_t csp_model_unk_id(const csp_model *model) { return model->processor.unk_id(); }

csp_status csp_model_piece(
    const csp_model *model, int32_t id, const char **text, size_t *count, csp_piece_kind *kind) {
    return with_exception_boundary([&] {
        const SentencePieceProcessor &processor = model->processor;
        if (id < 0 || id >= processor.GetPieceSize()) return fail("no piece has the id " + std::to_string(id));
        const std::string &piece = processor.IdToPiece(id);
        *text = piece.data();
        *count = piece.size();
        *kind = processor.IsUnknown(id)   ? CSP_PIECE_UNKNOWN
                : processor.IsControl(id) ? CSP_PIECE_CONTROL
                : processor.IsUnused(id)  ? CSP_PIECE_UNUSED
                : processor.IsByte(id)    ? CSP_PIECE_BYTE
                                          : CSP_PIECE_NORMAL;
        return CSP_OK;
    });
}

csp_status csp_encode(const csp_model *model, const char *text, size_t count, int32_t **ids, size_t *id_count) {
    return with_exception_boundary([&] {
        std::vector<int> found;
        const Status status = model->processor.Encode(std::string_view(text, count), &found);
        if (!status.ok()) return fail(status.error_message());
        static_assert(sizeof(int) == sizeof(int32_t), "SentencePiece's ids are 32 bits wide");
        *ids = static_cast<int32_t *>(copied(found.data(), found.size() * sizeof(int32_t)));
        *id_count = found.size();
        return CSP_OK;
    });
}

csp_status csp_decode(const csp_model *model, const int32_t *ids, size_t id_count, char **text, size_t *count) {
    return with_exception_boundary([&] {
        const int32_t size = model->processor.GetPieceSize();
        for (size_t i = 0; i < id_count; ++i) {
            if (ids[i] < 0 || ids[i] >= size) return fail("no piece has the id " + std::to_string(ids[i]));
        }
        std::string decoded;
        const Status status = model->processor.Decode(std::vector<int>(ids, ids + id_count), &decoded);
        if (!status.ok()) return fail(status.error_message());
        *text = static_cast<char *>(copied(decoded.data(), decoded.size()));
        *count = decoded.size();
        return CSP_OK;
    });
}

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
