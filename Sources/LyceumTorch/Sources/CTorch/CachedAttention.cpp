// Attention of rows that have read different numbers of tokens, over caches that are written in place: a hypothesis finds
// the keys of its past by index, so that nothing is copied when hypotheses change places.
#include <ATen/ops/empty.h>

#include <algorithm>

#include "Avx512.h"
#include "Boundary.h"
#include "Crew.h"
#include "FewQueries.h"

using ctorch::borrow;
using ctorch::guarded;
using ctorch::Half;
using ctorch::hand_out;
using ctorch::Reading;

#if defined(__x86_64__)
namespace {

/// A layer's cache of keys and values, [slots, heads, capacity, size] each.
template <typename T>
struct Store {
    T *keys, *values;
    int64_t slots, heads, capacity, size;

    Store(const at::Tensor &k, const at::Tensor &v)
        : keys(static_cast<T *>(k.mutable_data_ptr())), values(static_cast<T *>(v.mutable_data_ptr())),
          slots(k.size(0)), heads(k.size(1)), capacity(k.size(2)), size(k.size(3)) {}

    int64_t place(int64_t slot, int64_t head, int64_t position) const {
        return ((slot * heads + head) * capacity + position) * size;
    }
};

template <typename T>
void attend_own(
    const at::Tensor &q, const at::Tensor &k, const at::Tensor &v, const Store<T> &store, const int32_t *slots,
    const int64_t *lengths, const at::Tensor &bias, float scale, at::Tensor &out) {
    int64_t rows = q.size(0), steps = q.size(1), width = q.size(2), heads = store.heads, size = store.size;
    const auto *qs = static_cast<const T *>(q.const_data_ptr()), *ks = static_cast<const T *>(k.const_data_ptr());
    const auto *vs = static_cast<const T *>(v.const_data_ptr());
    const auto *bs = bias.defined() ? static_cast<const T *>(bias.const_data_ptr()) : nullptr;
    auto *os = static_cast<T *>(out.mutable_data_ptr());
    int64_t longest = *std::max_element(lengths, lengths + rows) + steps;
    int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, 2 * longest * size * steps));
    ctorch::share(rows * heads, grain, [&](int64_t begin, int64_t end) {
        thread_local std::vector<float> scratch;
        for (int64_t line = begin; line < end; ++line) {
            int64_t row = line / heads, head = line % heads;
            const int32_t *own = slots + row * store.capacity;
            for (int64_t step = 0; step < steps; ++step) {
                int64_t position = lengths[row] + step;
                int64_t from = (row * steps + step) * width + head * size;
                int64_t to = store.place(own[position], head, position);
                std::copy_n(ks + from, size, store.keys + to);
                std::copy_n(vs + from, size, store.values + to);
            }
            for (int64_t step = 0; step < steps; ++step) {
                int64_t position = lengths[row] + step;
                int64_t from = (row * steps + step) * width + head * size;
                Reading<T> r;
                r.query = qs + from;
                r.query_stride = 0;
                r.queries = 1;
                r.keys = store.keys + store.place(0, head, 0);
                r.values = store.values + store.place(0, head, 0);
                r.key_stride = r.value_stride = size;
                r.length = position + 1;
                r.size = r.value_size = size;
                r.slots = own;
                r.slot_stride = heads * store.capacity * size;
                if (bs) {
                    // Biases are by distance: the key of position 0 is the farthest.
                    r.bias = bs + head * bias.size(1) + position;
                    r.bias_stride = -1;
                }
                r.scale = scale;
                r.out = os + from;
                r.out_stride = 0;
                ctorch::read(r, scratch);
            }
        }
    });
}

template <typename T>
void attend_sources(
    const at::Tensor &q, const std::vector<at::Tensor> &keys, const std::vector<at::Tensor> &values,
    const int64_t *sources, float scale, at::Tensor &out) {
    int64_t rows = q.size(0), steps = q.size(1), width = q.size(2), heads = keys[0].size(0), size = keys[0].size(2);
    int64_t value_size = values[0].size(2);
    const auto *qs = static_cast<const T *>(q.const_data_ptr());
    auto *os = static_cast<T *>(out.mutable_data_ptr());
    // Neighbours that read the same source do so together, eight queries at most: the threads then share the work evenly.
    struct Group { int64_t row, count; };
    std::vector<Group> groups;
    for (int64_t row = 0; row < rows; ++row) {
        bool joins = !groups.empty() && sources[groups.back().row] == sources[row] &&
                     (groups.back().count + 1) * steps <= 8;
        if (joins) ++groups.back().count;
        else groups.push_back({row, 1});
    }
    int64_t lines = static_cast<int64_t>(groups.size()) * heads;
    int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, 2 * keys[0].size(1) * size));
    ctorch::share(lines, grain, [&](int64_t begin, int64_t end) {
        thread_local std::vector<float> scratch;
        for (int64_t line = begin; line < end; ++line) {
            const auto &group = groups[line / heads];
            int64_t head = line % heads;
            const auto &k = keys[sources[group.row]], &v = values[sources[group.row]];
            Reading<T> r;
            r.query = qs + group.row * steps * width + head * size;
            r.query_stride = width;
            r.queries = group.count * steps;
            r.keys = static_cast<const T *>(k.const_data_ptr()) + head * k.stride(0);
            r.values = static_cast<const T *>(v.const_data_ptr()) + head * v.stride(0);
            r.key_stride = k.stride(1);
            r.value_stride = v.stride(1);
            r.length = k.size(1);
            r.size = size;
            r.value_size = value_size;
            r.scale = scale;
            r.out = os + group.row * steps * heads * value_size + head * value_size;
            r.out_stride = heads * value_size;
            ctorch::read(r, scratch);
        }
    });
}

bool is_half(const at::Tensor &x) { return x.scalar_type() == at::kBFloat16; }

void check_type(const at::Tensor &x, const at::Tensor &like) {
    TORCH_CHECK(
        x.is_cpu() && x.scalar_type() == like.scalar_type() && (x.scalar_type() == at::kFloat || is_half(x)),
        "attention: expected float32 or bfloat16 tensors of one type on the CPU");
}

}  // namespace
#endif

CTorchStatus ctorch_cached_attention(
    const CTorchTensor *query, const CTorchTensor *key, const CTorchTensor *value, CTorchTensor *keys,
    CTorchTensor *values, const int32_t *slots, const int64_t *lengths, const CTorchTensor *bias, double scale,
    CTorchTensor **out) {
    return guarded([&] {
        TORCH_CHECK(ctorch::has_avx512(), "attention: this processor has no AVX-512");
#if defined(__x86_64__)
        auto q = borrow(query).contiguous(), k = borrow(key).contiguous(), v = borrow(value).contiguous();
        auto held = borrow(keys), others = borrow(values);
        auto distances = bias ? borrow(bias).to(q.scalar_type()).contiguous() : at::Tensor();
        for (const auto &x : {q, k, v, held, others}) check_type(x, q);
        TORCH_CHECK(
            q.dim() == 3 && q.sizes() == k.sizes() && q.sizes() == v.sizes() && held.dim() == 4 && q.numel() > 0 &&
                held.sizes() == others.sizes() && held.is_contiguous() && others.is_contiguous() &&
                held.size(1) * held.size(3) == q.size(2),
            "attention: shapes ", q.sizes(), ", ", k.sizes(), " and ", v.sizes(), " do not fit a cache of ", held.sizes());
        int64_t rows = q.size(0), steps = q.size(1), capacity = held.size(2);
        for (int64_t row = 0; row < rows; ++row) {
            TORCH_CHECK(
                lengths[row] >= 0 && lengths[row] + steps <= capacity, "attention: ", lengths[row] + steps,
                " positions in a cache for ", capacity);
            for (int64_t position = 0; position < lengths[row] + steps; ++position) {
                int32_t slot = slots[row * capacity + position];
                TORCH_CHECK(slot >= 0 && slot < held.size(0), "attention: no slot ", slot, " in the cache");
            }
            TORCH_CHECK(
                !distances.defined() || (distances.dim() == 2 && distances.size(0) == held.size(1) &&
                                         distances.size(1) >= lengths[row] + steps),
                "attention: biases of ", distances.sizes(), " for ", lengths[row] + steps, " positions");
        }
        auto result = at::empty(q.sizes(), q.options());
        auto factor = static_cast<float>(scale);
        if (is_half(q)) attend_own<Half>(q, k, v, Store<Half>(held, others), slots, lengths, distances, factor, result);
        else attend_own<float>(q, k, v, Store<float>(held, others), slots, lengths, distances, factor, result);
        *out = hand_out(std::move(result));
#endif
    });
}

CTorchStatus ctorch_source_attention(
    const CTorchTensor *query, CTorchTensor *const *keys, CTorchTensor *const *values, size_t source_count,
    const int64_t *sources, double scale, CTorchTensor **out) {
    return guarded([&] {
        TORCH_CHECK(ctorch::has_avx512(), "attention: this processor has no AVX-512");
#if defined(__x86_64__)
        auto q = borrow(query).contiguous();
        check_type(q, q);
        TORCH_CHECK(q.dim() == 3 && q.numel() > 0 && source_count > 0, "attention: a query of shape ", q.sizes());
        std::vector<at::Tensor> ks, vs;
        for (size_t i = 0; i < source_count; ++i) {
            auto k = borrow(keys[i]), v = borrow(values[i]);
            check_type(k, q);
            check_type(v, q);
            TORCH_CHECK(
                k.dim() == 3 && v.dim() == 3 && k.size(0) == v.size(0) && k.size(1) == v.size(1) && k.size(1) > 0 &&
                    k.size(0) * k.size(2) == q.size(2) && k.stride(2) == 1 && v.stride(2) == 1 &&
                    (i == 0 || (k.size(0) == ks[0].size(0) && k.size(2) == ks[0].size(2) && v.size(2) == vs[0].size(2))),
                "attention: keys ", k.sizes(), " and values ", v.sizes(), " do not fit a query of shape ", q.sizes());
            ks.push_back(std::move(k));
            vs.push_back(std::move(v));
        }
        for (int64_t row = 0; row < q.size(0); ++row)
            TORCH_CHECK(
                sources[row] >= 0 && sources[row] < static_cast<int64_t>(source_count), "attention: no source ",
                sources[row]);
        auto result = at::empty({q.size(0), q.size(1), ks[0].size(0) * vs[0].size(2)}, q.options());
        if (is_half(q)) attend_sources<Half>(q, ks, vs, sources, static_cast<float>(scale), result);
        else attend_sources<float>(q, ks, vs, sources, static_cast<float>(scale), result);
        *out = hand_out(std::move(result));
#endif
    });
}
