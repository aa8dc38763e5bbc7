// The gradient of a table of vectors: rows are added to those that were looked up, and the rest of the table stays as it is.
//
// libtorch makes a gradient of the whole table for every lookup and adds it to the one before. A tied vocabulary is looked up
// twice and multiplied with once: that is three tables of 77 MB for BART-base, of which a batch touches a hundredth.

#include <algorithm>
#include <numeric>
#include <vector>

#include "Crew.h"
#include "Recorded.h"
#include "Vector.h"

using ctorch::Half;
using ctorch::load;
using ctorch::store;

namespace {

template <typename T>
CTORCH_INLINE void add(const T *gradient, const int64_t *places, int64_t count, T *row, float *sum, int64_t size) {
    for (int64_t j = 0; j < size; ++j) sum[j] = load(row[j]);
    for (int64_t i = 0; i < count; ++i) {
        const T *part = gradient + places[i] * size;
        for (int64_t j = 0; j < size; ++j) sum[j] += load(part[j]);
    }
    for (int64_t j = 0; j < size; ++j) store(sum[j], row[j]);
}

CTORCH_VECTORISED void add_row(const float *gradient, const int64_t *places, int64_t count, float *row, float *sum, int64_t size) {
    add(gradient, places, count, row, sum, size);
}
CTORCH_VECTORISED void add_row(const Half *gradient, const int64_t *places, int64_t count, Half *row, float *sum, int64_t size) {
    add(gradient, places, count, row, sum, size);
}

template <typename T>
void add_all(T *table, int64_t size, const int64_t *ids, int64_t count, const T *gradient) {
    // Sorted by id, those of one id in the order of the batch.
    std::vector<int64_t> places(count);
    std::iota(places.begin(), places.end(), 0);
    std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) { return ids[a] < ids[b]; });
    std::vector<int64_t> firsts;
    for (int64_t i = 0; i < count; ++i)
        if (i == 0 || ids[places[i]] != ids[places[i - 1]]) firsts.push_back(i);
    auto different = static_cast<int64_t>(firsts.size());
    firsts.push_back(count);
    ctorch::share(different, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, size)), [&](int64_t begin, int64_t end) {
        std::vector<float> sum(size);
        for (int64_t i = begin; i < end; ++i)
            add_row(
                gradient, &places[firsts[i]], firsts[i + 1] - firsts[i], table + ids[places[firsts[i]]] * size, sum.data(), size);
    });
}

}  // namespace

void ctorch::add_rows(const at::Tensor &sum, const at::Tensor &ids, const at::Tensor &gradient) {
    const auto *numbers = static_cast<const int64_t *>(ids.const_data_ptr());
    auto add = [&]<typename T>(T *table) {
        add_all(table, sum.size(1), numbers, ids.numel(), static_cast<const T *>(gradient.const_data_ptr()));
    };
    if (sum.scalar_type() == at::kBFloat16) add(static_cast<Half *>(sum.mutable_data_ptr()));
    else add(static_cast<float *>(sum.mutable_data_ptr()));
}
