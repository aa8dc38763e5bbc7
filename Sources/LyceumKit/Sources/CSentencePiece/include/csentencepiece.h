// SentencePiece's trainer at the level of C.
//
// Every function that can fail returns a csp_status. On CSP_FAILED all out parameters are untouched and
// csp_last_error() says why, on the same thread, until the next call that fails there. No C++ exception ever
// leaves a function. Buffers that are handed out belong to the caller and are released by csp_release.
// Trainings may run at the same time.
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum csp_status { CSP_OK = 0, CSP_FAILED = 1 } csp_status;

// One option of the trainer, by SentencePiece's own name ("vocab_size", "8000").
typedef struct csp_option {
    const char *name;
    const char *value;
} csp_option;

// Why the last call on this thread failed. Never NULL; valid until the next failing call on this thread.
const char *csp_last_error(void);

// Releases a buffer that csp_training_result handed out; NULL is allowed.
void csp_release(void *buffer);

// A training under way. The library's trainer cannot be interrupted, keeps its settings in globals and ends the process
// on texts that it does not expect: it runs in a child process, which csp_training_end ends if need be.
typedef struct csp_training csp_training;

// Begins to train a model on `text_count` UTF-8 texts, which lie one after the other in `bytes`: text i is
// bytes[offsets[i] ..< offsets[i + 1]]. Nothing of it is needed after the call. Hands out a training that belongs to
// the caller, who gives it to csp_training_end.
csp_status csp_training_begin(
    const csp_option *options, size_t option_count, const char *bytes, const size_t *offsets,
    size_t text_count, csp_training **training);

// Waits for the training, at most so long, and says whether it is over. One thread at a time.
csp_status csp_training_wait(csp_training *training, int milliseconds, bool *is_over);

// The serialized ModelProto of a training that is over; the caller releases it. On CSP_FAILED the trainer's message.
csp_status csp_training_result(const csp_training *training, void **model, size_t *model_count);

// Ends the training, whether it is over or not, and frees it; NULL is allowed.
void csp_training_end(csp_training *training);

#ifdef __cplusplus
}
#endif

#endif
