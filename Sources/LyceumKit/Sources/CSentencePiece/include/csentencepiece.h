// SentencePiece's trainer at the level of C.
//
// Every function that can fail returns a csp_status. On CSP_FAILED all out parameters are untouched and
// csp_last_error() says why, on the same thread, until the next call that fails there. No C++ exception ever
// leaves a function. Buffers that are handed out belong to the caller and are released by csp_release.
// Training may not run on two threads at once.
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

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

// Releases a buffer that csp_train handed out; NULL is allowed.
void csp_release(void *buffer);

// Trains a model on `text_count` UTF-8 texts, which lie one after the other in `bytes`: text i is
// bytes[offsets[i] ..< offsets[i + 1]]. Hands out the serialized ModelProto.
csp_status csp_train(
    const csp_option *options, size_t option_count, const char *bytes, const size_t *offsets,
    size_t text_count, void **model, size_t *model_count);

#ifdef __cplusplus
}
#endif

#endif
