// CTorch: the plain C face of libtorch.
//
// Almost everything is an ATen operator, called by name through `ctorch_operator_call` (one boxed call, defaults
// filled from the operator's schema). Entry points of their own exist only for what is not an operator.
//
// Ownership: a `CTorchTensor *` that a function hands out is owned by the caller, who gives it back once to
// `ctorch_tensor_release`. Tensors passed in are borrowed for the length of the call.
// Threads: every function may be called from any thread; two threads may not change one tensor at once. Grad mode,
// inference mode and the error text belong to the calling thread.
// Failure: functions that can fail return a `CTorchStatus`; after `CTORCH_FAILED`, `ctorch_last_error` says why
// (valid until the thread's next call) and nothing has been handed out. No C++ exception leaves this library.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CTorchTensor CTorchTensor;
typedef struct CTorchOperator CTorchOperator;
typedef struct CTorchInferenceMode CTorchInferenceMode;

typedef enum CTorchStatus { CTORCH_OK = 0, CTORCH_FAILED = 1 } CTorchStatus;

/// The message of the calling thread's last failure: libtorch's own first line, without its stack trace.
const char *ctorch_last_error(void);

// --- Operators -------------------------------------------------------------------------------------------------

typedef enum CTorchTag {
    CTORCH_NONE = 0,
    CTORCH_DEFAULT,  // the schema's default; arguments only
    CTORCH_BOOL,     // integer: 0 or 1
    CTORCH_INT,      // integer
    CTORCH_DOUBLE,   // real
    CTORCH_TENSOR,   // tensor
    CTORCH_INTS,     // integers, count
    CTORCH_DOUBLES,  // reals, count
    CTORCH_BOOLS,    // integers (0 or 1), count
    CTORCH_TENSORS,  // tensors, count; a null entry is an absent optional tensor
    CTORCH_STRING,   // text, zero-terminated
    CTORCH_DTYPE,    // integer: c10::ScalarType
    CTORCH_DEVICE,   // integer: c10::DeviceType, count: index, or -1
} CTorchTag;

/// One argument or result. Arguments point at the caller's memory. Results own theirs: see `ctorch_value_free`.
typedef struct CTorchValue {
    CTorchTag tag;
    int64_t count;
    union {
        int64_t integer;
        double real;
        CTorchTensor *tensor;
        const int64_t *integers;
        const double *reals;
        CTorchTensor *const *tensors;
        const char *text;
    };
} CTorchValue;

/// Looks up "aten::add" with overload "Tensor" ("" for none). The handle is valid for ever.
CTorchStatus ctorch_operator_find(const char *name, const char *overload, const CTorchOperator **out);

/// The operator's schema as PyTorch writes it, valid for ever.
const char *ctorch_operator_schema(const CTorchOperator *operation);

/// Calls the operator with `count` positional arguments; missing ones take the schema's defaults.
/// Writes at most `capacity` results to `results` and their true number to `*result_count`; with `results` null,
/// results are dropped (for in-place operators).
CTorchStatus ctorch_operator_call(
    const CTorchOperator *operation, const CTorchValue *arguments, size_t count, CTorchValue *results,
    size_t capacity, size_t *result_count);

/// Frees the array or text of a result. Tensors in it are not released: they are the caller's.
void ctorch_value_free(CTorchValue *value);

// --- Tensors: making and reading -------------------------------------------------------------------------------

/// A new CPU tensor holding a copy of `bytes`, row-major.
CTorchStatus ctorch_tensor_from_bytes(
    const void *bytes, size_t byte_count, const int64_t *shape, size_t rank, int32_t dtype, CTorchTensor **out);

/// A CPU tensor over foreign memory, without a copy. `release(context)` is called once, when the last tensor that
/// sees the memory is gone, on any thread; it is also called when this function fails.
CTorchStatus ctorch_tensor_from_memory(
    void *bytes, const int64_t *shape, size_t rank, int32_t dtype, void *context, void (*release)(void *context),
    CTorchTensor **out);

/// Copies the elements, row-major, into `bytes`; fails unless `byte_count` is exactly their size.
CTorchStatus ctorch_tensor_copy_bytes(const CTorchTensor *tensor, void *bytes, size_t byte_count);

/// The address of the first element; null for a tensor without storage. Valid as long as the tensor.
const void *ctorch_tensor_data(const CTorchTensor *tensor);

/// How often the tensor was changed in place; -1 where nobody counts.
int64_t ctorch_tensor_version(const CTorchTensor *tensor);

/// Another handle of the same tensor, to be released as well.
CTorchTensor *ctorch_tensor_share(const CTorchTensor *tensor);
void ctorch_tensor_release(CTorchTensor *tensor);
/// How many tensors are handed out and not yet released, over all threads. For leak tests.
int64_t ctorch_tensor_live_count(void);

// --- Tensors: what they are ------------------------------------------------------------------------------------

typedef struct CTorchTensorInfo {
    int32_t dtype;
    int32_t device_type;
    int32_t device_index;
    /// Whether the tensor is an ordinary one with strides, neither sparse nor nested. For others, the functions below
    /// may not be called.
    bool is_dense;
} CTorchTensorInfo;

CTorchTensorInfo ctorch_tensor_info(const CTorchTensor *tensor);
size_t ctorch_tensor_rank(const CTorchTensor *tensor);
/// Writes `rank` sizes.
void ctorch_tensor_sizes(const CTorchTensor *tensor, int64_t *sizes);
/// Writes `rank` strides, in elements.
void ctorch_tensor_strides(const CTorchTensor *tensor, int64_t *strides);
int64_t ctorch_tensor_count(const CTorchTensor *tensor);
bool ctorch_tensor_is_contiguous(const CTorchTensor *tensor);
bool ctorch_tensor_shares_memory(const CTorchTensor *a, const CTorchTensor *b);

/// Writes `value` with `precision` digits after the point, as "%.*f" ('f') or "%.*e" ('e') does in the C locale,
/// zero-terminated. False when it does not fit `capacity`.
bool ctorch_format_real(double value, char notation, int32_t precision, char *text, size_t capacity);

// --- Autograd --------------------------------------------------------------------------------------------------

bool ctorch_tensor_requires_grad(const CTorchTensor *tensor);
CTorchStatus ctorch_tensor_set_requires_grad(CTorchTensor *tensor, bool requires_grad);
/// `*out` is null when the tensor has no gradient.
CTorchStatus ctorch_tensor_grad(const CTorchTensor *tensor, CTorchTensor **out);
/// A null `grad` removes the gradient.
CTorchStatus ctorch_tensor_set_grad(CTorchTensor *tensor, const CTorchTensor *grad);
/// `gradient` null means one, for a tensor with a single element.
CTorchStatus ctorch_tensor_backward(const CTorchTensor *tensor, const CTorchTensor *gradient, bool retain_graph);
/// Writes the name of the operation that made the tensor ("AddBackward0"), cut to `capacity`; "" for a leaf.
void ctorch_tensor_grad_function(const CTorchTensor *tensor, char *name, size_t capacity);

/// Part of a forward pass: takes over the inputs, which it releases, and gives a tensor that the caller owns; null after a
/// failure.
typedef CTorchTensor *(*CTorchPart)(void *context, CTorchTensor *const *inputs, size_t count);
/// Gives what `part(context, inputs)` gives, recorded for gradients as one operation that keeps nothing but the inputs: its
/// backward pass calls `part` again, on the same thread. `release(context)` is called once, when nothing can call it any
/// more, also when this function fails.
CTorchStatus ctorch_recomputed(
    CTorchTensor *const *inputs, size_t count, void *context, CTorchPart part, void (*release)(void *context),
    CTorchTensor **out);

bool ctorch_grad_mode(void);

/// Whether this thread computes a part of ctorch_recomputed for the first time, without gradients.
bool ctorch_rehearses(void);
void ctorch_set_grad_mode(bool enabled);
/// Inference mode holds on this thread until `ctorch_inference_mode_end`; pairs nest. Null, to which the end does
/// nothing, when memory has run out.
CTorchInferenceMode *ctorch_inference_mode_begin(void);
void ctorch_inference_mode_end(CTorchInferenceMode *mode);

// --- Random numbers by counter ----------------------------------------------------------------------------------
//
// Each number is a function of a key (the run, the step, the layer), a call and its place; see Philox.h. Nothing is
// remembered between calls, and threads do not matter.

/// Sets elements to zero with probability `rate` and divides the others by 1 - rate; recorded for gradients, without
/// a mask. When the leading dimension holds `row_count` examples (or a multiple), an element's fate depends on the number
/// of its example in `rows` and its place within it, not on the other examples of the batch. With `lengths` the examples lie
/// one after the other, packed, in [1, total, ..]; what is dropped of them is the same.
CTorchStatus ctorch_dropout(
    const CTorchTensor *x, double rate, uint64_t key, uint32_t call, const int64_t *rows, size_t row_count,
    const int64_t *lengths, size_t length_count, CTorchTensor **out);
/// A float32 tensor of numbers uniform in 0 ..< 1.
CTorchStatus ctorch_uniform(
    uint64_t key, uint32_t call, const int64_t *shape, size_t rank, CTorchTensor **out);
/// softmax(query · keyᵀ · scale + bias + mask), dropped, times value, for training on the CPU; recorded for gradients, of
/// the bias, too. Scores are kept where keys are few.
///
/// query [b, heads, n, d], key [b, heads, m, d], value [b, heads, m, e], all float32 or all bfloat16; bias and mask (null
/// for none) broadcast to [b, heads, n, m], the mask without a gradient. Dropout as in `ctorch_dropout`. Gives
/// [b, heads, n, e].
///
/// With lengths the rows are packed: b is 1, the queries and keys of row after row lie along n and m, and each row attends to
/// its own; bias and mask are those of the longest row, for all of them. What fills up the end gets zeros.
CTorchStatus ctorch_attention(
    const CTorchTensor *query, const CTorchTensor *key, const CTorchTensor *value, const CTorchTensor *bias,
    const CTorchTensor *mask, double scale, double rate, uint64_t number, uint32_t call, const int64_t *rows,
    size_t row_count, const int64_t *query_lengths, const int64_t *key_lengths, size_t length_count, CTorchTensor **out);
/// x / √(mean(x²) + epsilon) · weight over the last dimension, in one pass, recorded for gradients. On the CPU; both
/// float32 or both bfloat16.
CTorchStatus ctorch_rms_norm(const CTorchTensor *x, const CTorchTensor *weight, double epsilon, CTorchTensor **out);
/// By row of scores [n, width], the log-probability of its label (int64; zero for a label below 0) and the mean of all
/// log-probabilities: [2, n] float32, recorded for gradients; the softmax is not kept. On the CPU, float32 or bfloat16.
CTorchStatus ctorch_label_likelihood(const CTorchTensor *scores, const CTorchTensor *labels, CTorchTensor **out);
/// An LSTM that looks at a source at every step, and reads what it saw at the next one.
///
/// What it computes at each step, with the state [hidden, context] of the step before:
///     gates = inputs + state · recurrentᵀ, opened in the order input, forget, candidate, output; from them the next cell and
///         hidden state
///     scores = energy · tanh(keys + [cell, hidden] · queryᵀ + query_bias + covered · coverage) + mask
///     attention = softmax(scores), context = attention · values, covered += attention
/// All of one type, float32 or bfloat16, on the CPU, unless said otherwise. Row r reads source r / (rows / sources).
typedef struct CTorchAttentiveLSTM {
    const CTorchTensor *inputs;      // [steps, rows, 4 · hidden]: the gates as far as they do not depend on the step before
    const CTorchTensor *recurrent;   // [4 · hidden, hidden + width]; [4 · hidden, hidden] if the context is not read
    const CTorchTensor *state;       // [rows, hidden + width]: hidden state and context before the first step
    const CTorchTensor *cell;        // [rows, hidden], float32
    const CTorchTensor *query;       // [size, 2 · hidden]
    const CTorchTensor *query_bias;  // [size]
    const CTorchTensor *energy;      // [size]
    const CTorchTensor *keys;        // [sources, length, size]
    const CTorchTensor *values;      // [sources, length, width]
    const CTorchTensor *mask;        // [sources, length], float32, without a gradient; null for none
    const CTorchTensor *coverage;    // [size]; null for attention that does not know where it looked before
    const CTorchTensor *covered;     // [rows, length], float32; null without coverage
} CTorchAttentiveLSTM;
/// Runs all steps, recorded for gradients: `outs` gets the states [steps, rows, hidden + width], the cells [steps, rows,
/// hidden] in float32 and the attention [steps, rows, length] in float32.
CTorchStatus ctorch_attentive_lstm(const CTorchAttentiveLSTM *network, CTorchTensor **outs);
/// Whether `ctorch_recorded_linear` is the faster way to multiply matrices on this processor.
bool ctorch_prefers_recorded_linear(void);
/// x · weightᵀ + bias (null for none), recorded for gradients: large products of float32 by oneDNN, the weight's gradient by
/// a kernel of our own. All float32 or all bfloat16, on the CPU.
CTorchStatus ctorch_recorded_linear(
    const CTorchTensor *x, const CTorchTensor *weight, const CTorchTensor *bias, CTorchTensor **out);
/// The rows of `weight` [n, d] that `ids` (int64) name, recorded for gradients: where the weight is a leaf on the CPU, the
/// rows' gradients are added to those of the weight without a gradient of the whole table in between.
CTorchStatus ctorch_recorded_embedding(const CTorchTensor *weight, const CTorchTensor *ids, CTorchTensor **out);
/// A gradient: the sum of tensors of one shape, float32 or bfloat16, in one piece of memory each, on the CPU.
typedef struct CTorchGradient {
    CTorchTensor *const *parts;
    size_t count;
} CTorchGradient;
/// The Euclidean norm over all elements of some gradients. Does not depend on the number of threads.
CTorchStatus ctorch_gradient_norm(const CTorchGradient *gradients, size_t count, double *norm);
/// A parameter and what AdamW remembers of it, float32 in one piece of memory each, on the CPU.
typedef struct CTorchAdamWParameter {
    CTorchTensor *weight, *mean, *square;
    /// Gets the new weights in bfloat16; null if nobody wants them.
    CTorchTensor *copy;
    CTorchGradient gradient;
    double learning_rate, decay;
    /// The number of the step, from 1.
    double step;
} CTorchAdamWParameter;
/// One step of AdamW by the gradients times `factor`.
CTorchStatus ctorch_adamw(
    const CTorchAdamWParameter *parameters, size_t count, double factor, double beta1, double beta2, double epsilon);
/// A parameter and what Adafactor remembers of it, float32 in one piece of memory each, on the CPU.
typedef struct CTorchAdafactorParameter {
    CTorchTensor *weight;
    /// Running means of squared gradients: of a matrix [.., rows, columns] along its columns [.., rows] and along its rows
    /// [.., columns]; of anything else of each element, and null.
    CTorchTensor *row, *column;
    /// Gets the new weights in bfloat16; null if nobody wants them.
    CTorchTensor *copy;
    CTorchGradient gradient;
    double learning_rate, decay;
    /// What the new squares count in the means: 1 - β₂.
    double share;
} CTorchAdafactorParameter;
/// One step of Adafactor by the gradients times `factor`: updates are scaled down to the root mean square `clip_threshold`,
/// rates multiplied by that of the weights if `scales_by_weights`.
CTorchStatus ctorch_adafactor(
    const CTorchAdafactorParameter *parameters, size_t count, double factor, double clip_threshold, bool scales_by_weights);
/// Whether this processor has the kernels of the decoder: `ctorch_few_rows_linear` and `ctorch_few_queries_attention`.
bool ctorch_multiplies_few_rows(void);
/// A linear map, x · weightᵀ + bias: the weight as the tensors are, or, with scales and offsets, in eight bits as
/// `ctorch_quantise` gives it. Null for what there is not.
typedef struct CTorchLinear {
    const CTorchTensor *weight, *bias, *scales, *offsets;
} CTorchLinear;
/// What is done to each element of the result of a linear map.
typedef enum CTorchActivation { CTORCH_IDENTITY = 0, CTORCH_RELU, CTORCH_GELU } CTorchActivation;
/// activation(x · weightᵀ + bias) + residual for few rows of x, each weight read once from where it lies; without
/// gradients, on the CPU. Several maps of one x are made at once: `outs` gets `count` tensors. x, bias and residual (null for
/// none; of the shape of the results) are all float32 or all bfloat16; so are the weights, or, of all maps, in eight bits.
CTorchStatus ctorch_few_rows_linear(
    const CTorchTensor *x, const CTorchLinear *maps, size_t count, CTorchActivation activation,
    const CTorchTensor *residual, CTorchTensor **outs);
/// softmax(query · keyᵀ · scale + bias) · value for few queries of each row, without gradients; shapes as in
/// `ctorch_attention`.
CTorchStatus ctorch_few_queries_attention(
    const CTorchTensor *query, const CTorchTensor *key, const CTorchTensor *value, const CTorchTensor *bias, double scale,
    CTorchTensor **out);
/// Attention of rows that have read different numbers of tokens to their own past, of which the new tokens become part.
///
/// query, key, value [rows, steps, heads · size]; keys and values [slots, heads, capacity, size], written in place. Row r
/// has read lengths[r] tokens; position j of it lies in slot slots[r · capacity + j], also those to be written. bias
/// [heads, distances] is added by the distance of key and query, null for none. Gives [rows, steps, heads · size].
CTorchStatus ctorch_cached_attention(
    const CTorchTensor *query, const CTorchTensor *key, const CTorchTensor *value, CTorchTensor *keys,
    CTorchTensor *values, const int32_t *slots, const int64_t *lengths, const CTorchTensor *bias, double scale,
    CTorchTensor **out);
/// Attention of rows to sources of different lengths: keys and values [heads, length, size] of each source, of which row r
/// reads number sources[r]. query [rows, steps, heads · size]. Gives the same shape.
CTorchStatus ctorch_source_attention(
    const CTorchTensor *query, CTorchTensor *const *keys, CTorchTensor *const *values, size_t source_count,
    const int64_t *sources, double scale, CTorchTensor **out);
/// A float32 matrix in eight bits: each row times 127 / its largest magnitude, what to multiply it with again, and 128 times
/// its sum (int32).
CTorchStatus ctorch_quantise(
    const CTorchTensor *weight, CTorchTensor **quantised, CTorchTensor **scales, CTorchTensor **offsets);
/// The offsets of a matrix in eight bits, as `ctorch_quantise` gives them.
CTorchStatus ctorch_quantised_offsets(const CTorchTensor *quantised, CTorchTensor **offsets);
/// The same as `ctorch_few_rows_linear` for any number of rows, with weights in eight bits; x is quantised row by row.
CTorchStatus ctorch_int8_linear(
    const CTorchTensor *x, const CTorchLinear *maps, size_t count, CTorchActivation activation,
    const CTorchTensor *residual, CTorchTensor **outs);
/// Whether no element of a contiguous float32 tensor on the CPU is infinite or NaN.
CTorchStatus ctorch_all_finite(const CTorchTensor *tensor, bool *answer);
/// The vector instructions that our kernels use: 0 none, 1 AVX2, 2 AVX-512.
int32_t ctorch_vector_level(void);
/// Uses at most a level; without effect on results. For tests.
void ctorch_limit_vectors(int32_t level);

// --- Scores of the next token ------------------------------------------------------------------------------------

/// Turns scores into log-probabilities, in place.
void ctorch_scores_log_softmax(float *scores, int64_t count);
/// What turns a row of scores into log-probabilities: both are taken off.
typedef struct CTorchNormaliser {
    float shift, logarithm;
} CTorchNormaliser;
/// Finds what turns each row of [rows, width] into log-probabilities; the scores stay as they are.
void ctorch_scores_normalisers(const float *scores, int64_t rows, int64_t width, CTorchNormaliser *out);
/// The best of all rows by log-probability + `added` of the row: writes places in [rows, width] and what they are worth, at
/// most `most`, the best first (of equal ones the first) and gives how many there are.
int64_t ctorch_scores_best_continuations(
    const float *scores, int64_t rows, int64_t width, const CTorchNormaliser *normalisers, const float *added, int64_t most,
    int64_t *places, float *values);
/// The place of the largest score, the first of equal ones; 0 if there is none.
int64_t ctorch_scores_best(const float *scores, int64_t count);
/// Writes the places of the largest scores, at most `most`, the best first (of equal ones the first) and gives how many
/// there are. Scores that are not numbers are left out.
int64_t ctorch_scores_top(const float *scores, int64_t count, int64_t most, int64_t *places);

// --- Process-wide settings -------------------------------------------------------------------------------------

/// Seeds the CPU's generator and, once CUDA is loaded, those of its devices.
CTorchStatus ctorch_manual_seed(uint64_t seed);
/// The whole state of a device's generator (a c10::DeviceType and an index) as a uint8 tensor, as
/// torch.get_rng_state() gives it.
CTorchStatus ctorch_rng_state(int32_t device_type, int32_t device_index, CTorchTensor **out);
CTorchStatus ctorch_set_rng_state(int32_t device_type, int32_t device_index, const CTorchTensor *state);
/// From the first call on, memory of tensors on the CPU is kept when they are freed, and used again, as long as somebody
/// wants it: `begins` for the beginning of a long run, false for its end, after which all of it goes back to the system.
CTorchStatus ctorch_keep_memory(bool begins);
int32_t ctorch_threads(void);
CTorchStatus ctorch_set_threads(int32_t count);
/// How many CUDA devices the NVIDIA driver of this machine offers; 0 without a driver. Does not need libtorch's CUDA
/// part.
int32_t ctorch_cuda_driver_devices(void);
/// The major compute capability of a CUDA device, 8 of an A100; 0 without a driver or the device. Does not need
/// libtorch's CUDA part.
int32_t ctorch_cuda_driver_capability(int32_t device);
/// Writes the folder that libtorch_cpu.so was loaded from, zero-terminated. False when it cannot be told or does not
/// fit `capacity`.
bool ctorch_library_folder(char *path, size_t capacity);
/// Opens libtorch_cuda.so at `path`, which registers the CUDA operators, for ever. Must come before the first backward
/// pass, at which libtorch counts its devices. Fails when libtorch finds no device after that.
CTorchStatus ctorch_load_cuda(const char *path);

#ifdef __cplusplus
}
#endif

#include "CTorchDistributed.h"
