// The log-probabilities of labels: the softmax over a vocabulary is neither written down nor kept, only a number for each
// row. libtorch's log-softmax writes all of it, in float32, and its gradient twice more.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <cmath>

#include "Crew.h"
#include "Recorded.h"
#include "Vector.h"

using ctorch::Half;
using ctorch::load;
using ctorch::store;
using ctorch::vector_lanes;

namespace {

struct RowSums {
    float normaliser, mean;
};

template <typename T>
CTORCH_INLINE RowSums add_up(const T *x, int64_t width) {
    float largest[vector_lanes], sums[vector_lanes] = {}, powers[vector_lanes] = {};
    for (int64_t lane = 0; lane < vector_lanes; ++lane) largest[lane] = load(x[0]);
    int64_t j = 0;
    for (; j + vector_lanes <= width; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane) {
            float score = load(x[j + lane]);
            largest[lane] = score > largest[lane] ? score : largest[lane];
            sums[lane] += score;
        }
    for (; j < width; ++j) {
        float score = load(x[j]);
        largest[0] = score > largest[0] ? score : largest[0];
        sums[0] += score;
    }
    float most = largest[0];
    for (int64_t lane = 1; lane < vector_lanes; ++lane) most = largest[lane] > most ? largest[lane] : most;
    for (j = 0; j + vector_lanes <= width; j += vector_lanes)
        for (int64_t lane = 0; lane < vector_lanes; ++lane)
            powers[lane] += ctorch::exponential(load(x[j + lane]) - most);
    for (; j < width; ++j) powers[0] += ctorch::exponential(load(x[j]) - most);
    float sum = 0, power = 0;
    for (int64_t lane = 0; lane < vector_lanes; ++lane) sum += sums[lane], power += powers[lane];
    float normaliser = most + std::log(power);
    return {normaliser, sum / static_cast<float>(width) - normaliser};
}

template <typename T>
CTORCH_INLINE void differentiate(
    const T *x, float normaliser, int64_t label, float of_label, float of_mean, T *__restrict out, int64_t width) {
    // Of a label that is none only the mean counts.
    float factor = -of_mean - (label >= 0 ? of_label : 0), each = of_mean / static_cast<float>(width);
    for (int64_t j = 0; j < width; ++j) store(ctorch::exponential(load(x[j]) - normaliser) * factor + each, out[j]);
    if (label >= 0)
        store(ctorch::exponential(load(x[label]) - normaliser) * factor + each + of_label, out[label]);
}

CTORCH_VECTORISED RowSums add_up_row(const float *x, int64_t width) { return add_up(x, width); }
CTORCH_VECTORISED RowSums add_up_row(const Half *x, int64_t width) { return add_up(x, width); }
CTORCH_VECTORISED void differentiate_row(
    const float *x, float normaliser, int64_t label, float of_label, float of_mean, float *out, int64_t width) {
    differentiate(x, normaliser, label, of_label, of_mean, out, width);
}
CTORCH_VECTORISED void differentiate_row(
    const Half *x, float normaliser, int64_t label, float of_label, float of_mean, Half *out, int64_t width) {
    differentiate(x, normaliser, label, of_label, of_mean, out, width);
}

int64_t grain(int64_t width) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)); }

const int64_t *labels_of(const at::Tensor &labels) { return static_cast<const int64_t *>(labels.const_data_ptr()); }

template <typename T>
void add_up_rows(const at::Tensor &scores, const at::Tensor &labels, float *out, float *normalisers) {
    int64_t rows = scores.size(0), width = scores.size(1);
    const auto *data = static_cast<const T *>(scores.const_data_ptr());
    const auto *wanted = labels_of(labels);
    for (int64_t row = 0; row < rows; ++row)
        TORCH_CHECK(wanted[row] < width, "label likelihood: the label ", wanted[row], " is beyond ", width, " scores");
    ctorch::share(rows, grain(width), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
            auto sums = add_up_row(data + row * width, width);
            int64_t label = wanted[row];
            out[row] = label < 0 ? 0 : load(data[row * width + label]) - sums.normaliser;
            out[rows + row] = sums.mean;
            normalisers[row] = sums.normaliser;
        }
    });
}

template <typename T>
void differentiate_rows(
    const at::Tensor &scores, const at::Tensor &labels, const float *normalisers, const float *gradient, at::Tensor &out) {
    int64_t rows = scores.size(0), width = scores.size(1);
    const auto *data = static_cast<const T *>(scores.const_data_ptr());
    auto *target = static_cast<T *>(out.mutable_data_ptr());
    const auto *wanted = labels_of(labels);
    ctorch::share(rows, grain(width), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
            differentiate_row(
                data + row * width, normalisers[row], wanted[row], gradient[row], gradient[rows + row],
                target + row * width, width);
    });
}

}  // namespace

std::pair<at::Tensor, at::Tensor> ctorch::label_likelihood(const at::Tensor &scores, const at::Tensor &labels) {
    auto options = scores.options().dtype(at::kFloat);
    auto out = at::empty({2, scores.size(0)}, options), normalisers = at::empty({scores.size(0)}, options);
    auto *sums = out.mutable_data_ptr<float>(), *kept = normalisers.mutable_data_ptr<float>();
    if (scores.scalar_type() == at::kBFloat16) add_up_rows<Half>(scores, labels, sums, kept);
    else add_up_rows<float>(scores, labels, sums, kept);
    return {out, normalisers};
}

at::Tensor ctorch::differentiate_label_likelihood(
    const at::Tensor &scores, const at::Tensor &labels, const at::Tensor &normalisers, const at::Tensor &gradient) {
    auto out = at::empty_like(scores);
    const auto *kept = static_cast<const float *>(normalisers.const_data_ptr());
    const auto *due = static_cast<const float *>(gradient.const_data_ptr());
    if (scores.scalar_type() == at::kBFloat16) differentiate_rows<Half>(scores, labels, kept, due, out);
    else differentiate_rows<float>(scores, labels, kept, due, out);
    return out;
}
