// SentencePiece at the level of C: load, encode, decode, look at pieces, train.
//
// Every function that can fail returns a csp_status. On CSP_FAILED all out parameters are untouched and
// csp_last_error() says why, on the same thread, until the next call that fails there. No C++ exception ever
// leaves a function. Buffers that are handed out belong to the caller and are released by csp_release.
// A loaded model may be used by several threads at once; training may not run on two threads at once.
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum csp_status { CSP_OK = 0, CSP_FAILED = 1 } csp_status;

// What a piece is for.
typedef enum csp_piece_kind {
    CSP_PIECE_NORMAL = 0,
    CSP_PIECE_UNKNOWN = 1,
    CSP_PIECE_CONTROL = 2,
    CSP_PIECE_UNUSED = 3,
    CSP_PIECE_BYTE = 4,
} csp_piece_kind;

typedef struct csp_model csp_model;

// One option of the trainer, by SentencePiece's own name ("vocab_size", "8000").
typedef struct csp_option {
    const char *name;
    const char *value;
} csp_option;

// Why the last call on this thread failed. Never NULL; valid until the next failing call on this thread.
const char *csp_last_error(void);

// Releases a buffer that csp_encode, csp_decode or csp_train handed out; NULL is allowed.
void csp_release(void *buffer);

// Loads a serialized ModelProto (the content of a .model file). Release with csp_model_free.
csp_status csp_model_load(const void *bytes, size_t count, csp_model **out);
void csp_model_free(csp_model *model);

// The number of pieces.
int32_t csp_model_size(const csp_model *model);

// The ids of the special pieces; -1 where the model has none.
int32_t csp_model_pad_id(const csp_model *model);
int32_t csp_model_eos_id(const csp_model *model);
int32_t csp_model_unk_id(const csp_model *model);

// The text (borrowed from the model, `*count` bytes) and kind of piece `id`; fails outside 0..<size.
csp_status csp_model_piece(
    const csp_model *model, int32_t id, const char **text, size_t *count, csp_piece_kind *kind);

// The ids of a UTF-8 text, without any end token.
csp_status csp_encode(const csp_model *model, const char *text, size_t count, int32_t **ids, size_t *id_count);

// The UTF-8 text of ids; fails if one lies outside 0..<size. Control pieces give nothing.
csp_status csp_decode(const csp_model *model, const int32_t *ids, size_t id_count, char **text, size_t *count);

// Trains a model on `text_count` UTF-8 texts, which lie one after the other in `bytes`: text i is
// bytes[offsets[i] ..< offsets[i + 1]]. Hands out the serialized ModelProto.
csp_status csp_train(
    const csp_option *options, size_t option_count, const char *bytes, const size_t *offsets,
    size_t text_count, void **model, size_t *model_count);

#ifdef __cplusplus
}
#endif

#endif
