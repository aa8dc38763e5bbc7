// What our kernels and oneDNN's compute, recorded for gradients. All of it in one file: the headers of libtorch's autograd
// take several times longer to compile than what is done with them.
#include <ATen/ops/embedding.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <algorithm>

#include "AttentiveLSTM.h"
#include "Boundary.h"
#include "Recorded.h"

using ctorch::borrow;
using ctorch::DropoutDraw;
using ctorch::guarded;
using ctorch::hand_out;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

bool is_number(const at::Tensor &x) { return x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16; }

/// Whether rows of such lengths lie one after the other in a line.
bool fit(at::IntArrayRef lengths, int64_t line) {
    for (int64_t length : lengths) {
        if (length < 0 || length > line) return false;
        line -= length;
    }
    return true;
}

std::optional<at::Tensor> if_defined(const at::Tensor &x) { return x.defined() ? std::optional(x) : std::nullopt; }

at::Tensor borrow_optional(const CTorchTensor *handle) { return handle ? borrow(handle) : at::Tensor(); }

struct CounterDropout : torch::autograd::Function<CounterDropout> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &x, double rate, int64_t key, int64_t call,
        std::vector<int64_t> rows, std::vector<int64_t> lengths) {
        context->saved_data["rate"] = rate;
        context->saved_data["key"] = key;
        context->saved_data["call"] = call;
        context->saved_data["rows"] = rows;
        context->saved_data["lengths"] = lengths;
        return ctorch::dropped(
            x, {rate, static_cast<uint64_t>(key), static_cast<uint32_t>(call), std::move(rows), std::move(lengths)});
    }

    static variable_list backward(
        AutogradContext *context, variable_list gradients) {
        // The same map again: what was dropped gets no gradient.
        auto gradient = apply(
            gradients[0], context->saved_data["rate"].toDouble(), context->saved_data["key"].toInt(),
            context->saved_data["call"].toInt(), context->saved_data["rows"].toIntVector(),
            context->saved_data["lengths"].toIntVector());
        return {gradient, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

struct CounterAttention : torch::autograd::Function<CounterAttention> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &query, const at::Tensor &key, const at::Tensor &value,
        const std::optional<at::Tensor> &bias, const std::optional<at::Tensor> &mask, double scale, double rate,
        int64_t number, int64_t call, std::vector<int64_t> rows, std::vector<int64_t> query_lengths,
        std::vector<int64_t> key_lengths) {
        DropoutDraw draw{rate, static_cast<uint64_t>(number), static_cast<uint32_t>(call), rows};
        // Without gradients, as in the first pass of a part that is computed again, nobody will read the scores.
        bool is_recorded = query.requires_grad() || key.requires_grad() || value.requires_grad() ||
                           (bias && bias->requires_grad());
        auto [out, kept] = ctorch::attend(
            {query, key, value, bias, mask, scale, draw, query_lengths, key_lengths}, is_recorded);
        variable_list saved{query, key, value, bias.value_or(at::Tensor()), mask.value_or(at::Tensor())};
        for (auto &one : kept) {
            saved.push_back(one.normalisers);
            saved.push_back(one.scores);
        }
        context->save_for_backward(std::move(saved));
        context->saved_data["scale"] = scale;
        context->saved_data["rate"] = rate;
        context->saved_data["key"] = number;
        context->saved_data["call"] = call;
        context->saved_data["rows"] = rows;
        context->saved_data["query_lengths"] = query_lengths;
        context->saved_data["key_lengths"] = key_lengths;
        context->saved_data["bias"] = bias && bias->requires_grad();
        return out;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        auto &data = context->saved_data;
        DropoutDraw draw{
            data["rate"].toDouble(), static_cast<uint64_t>(data["key"].toInt()),
            static_cast<uint32_t>(data["call"].toInt()), data["rows"].toIntVector()};
        bool wants_bias = data["bias"].toBool();
        std::vector<ctorch::KeptScores> kept;
        for (size_t i = 5; i + 1 < saved.size(); i += 2) kept.push_back({saved[i], saved[i + 1]});
        auto result = ctorch::differentiate(
            {saved[0], saved[1], saved[2], if_defined(saved[3]), if_defined(saved[4]), data["scale"].toDouble(), draw,
             data["query_lengths"].toIntVector(), data["key_lengths"].toIntVector()},
            kept, gradients[0], wants_bias);
        at::Tensor bias_gradient, none;
        if (wants_bias) bias_gradient = result.bias.to(saved[3].scalar_type());
        return {result.query, result.key, result.value, bias_gradient, none, none, none, none, none, none, none, none};
    }
};

struct FusedRMSNorm : torch::autograd::Function<FusedRMSNorm> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &given, const at::Tensor &weight, double epsilon) {
        auto x = given.contiguous(), w = weight.contiguous();
        auto [y, inverses] = ctorch::rms_norm(x, w, epsilon);
        context->save_for_backward({x, w, inverses});
        return y;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        auto [x, weight] = ctorch::differentiate_rms_norm(saved[0], saved[1], saved[2], gradients[0].contiguous());
        return {x, weight, at::Tensor()};
    }
};

struct RecordedLinear : torch::autograd::Function<RecordedLinear> {
    static at::Tensor forward(
        AutogradContext *context, const at::Tensor &x, const at::Tensor &weight,
        const std::optional<at::Tensor> &bias) {
        auto rows = x.reshape({-1, x.size(-1)}).contiguous();
        context->save_for_backward({rows, weight});
        context->saved_data["shape"] = x.sizes().vec();
        context->saved_data["has_bias"] = bias.has_value();
        auto shape = x.sizes().vec();
        shape.back() = weight.size(0);
        return ctorch::product(rows, weight, bias).view(shape);
    }

    static variable_list backward(
        AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        auto gradient = gradients[0].reshape({-1, gradients[0].size(-1)}).contiguous();
        at::Tensor x, weight, bias;
        if (context->needs_input_grad(0))
            x = ctorch::product(gradient, saved[1].t(), std::nullopt).view(context->saved_data["shape"].toIntVector());
        // A bias that is missing has no place among the inputs, so it must not be asked for.
        bool wants_bias = context->saved_data["has_bias"].toBool() && context->needs_input_grad(2);
        if (context->needs_input_grad(1))
            std::tie(weight, bias) = ctorch::weight_gradient(gradient, saved[0], wants_bias);
        else if (wants_bias) bias = gradient.sum(0);
        return {x, weight, bias};
    }
};

/// Whether nobody but the tensor itself gets to see its gradient, so that it may be changed in place.
bool owns_gradient(const at::Tensor &leaf) {
    return leaf.is_leaf() && leaf.requires_grad() && leaf.is_cpu() && is_number(leaf) &&
           torch::autograd::impl::hooks(leaf).empty() && !torch::autograd::impl::post_acc_grad_hooks(leaf);
}

struct RecordedEmbedding : torch::autograd::Function<RecordedEmbedding> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &weight, const at::Tensor &ids) {
        context->save_for_backward({weight, ids});
        return at::embedding(weight, ids);
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        auto &weight = saved[0];
        at::NoGradGuard no_recording;
        auto &sum = weight.mutable_grad();
        if (!sum.defined()) sum = at::zeros_like(weight, at::MemoryFormat::Contiguous);
        else if (!sum.is_contiguous()) sum = sum.contiguous();
        auto gradient = gradients[0].reshape({-1, weight.size(1)}).contiguous();
        ctorch::add_rows(sum, saved[1].reshape(-1).contiguous(), gradient);
        return {at::Tensor(), at::Tensor()};
    }
};

/// The bias or the mask with its last dimension in one piece and in the type of the scores; four dimensions.
std::optional<at::Tensor> prepared(const CTorchTensor *handle, const at::Tensor &query, int64_t keys) {
    if (!handle) return std::nullopt;
    auto tensor = borrow(handle).to(query.scalar_type());
    while (tensor.dim() < 4) tensor = tensor.unsqueeze(0);
    if (tensor.size(3) != keys) tensor = tensor.expand({tensor.size(0), tensor.size(1), tensor.size(2), keys});
    return tensor.stride(3) == 1 ? tensor : tensor.contiguous();
}

struct LabelLikelihood : torch::autograd::Function<LabelLikelihood> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &given, const at::Tensor &labels) {
        auto scores = given.contiguous();
        auto [out, normalisers] = ctorch::label_likelihood(scores, labels);
        context->save_for_backward({scores, labels, normalisers});
        return out;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto saved = context->get_saved_variables();
        return {
            ctorch::differentiate_label_likelihood(saved[0], saved[1], saved[2], gradients[0].contiguous()), at::Tensor()};
    }
};

struct AttentiveSteps : torch::autograd::Function<AttentiveSteps> {
    static variable_list forward(
        AutogradContext *context, const at::Tensor &inputs, const at::Tensor &recurrent, const at::Tensor &state,
        const at::Tensor &cell, const at::Tensor &query, const at::Tensor &query_bias, const at::Tensor &energy,
        const at::Tensor &keys, const at::Tensor &values, const std::optional<at::Tensor> &mask,
        const std::optional<at::Tensor> &coverage, const std::optional<at::Tensor> &covered) {
        auto whole = [](const std::optional<at::Tensor> &x) { return x ? x->contiguous() : at::Tensor(); };
        ctorch::AttentiveLSTM network{
            whole(inputs), whole(recurrent), whole(state), whole(cell), whole(query), whole(query_bias), whole(energy),
            whole(keys), whole(values), whole(mask), whole(coverage), whole(covered)};
        auto steps = ctorch::run(network);
        context->save_for_backward(
            {network.inputs, network.recurrent, network.state, network.cell, network.query, network.query_bias,
             network.energy, network.keys, network.values, network.mask, network.coverage, network.covered, steps.states,
             steps.cells, steps.attention, steps.gates, steps.compared, steps.queries, steps.covered});
        return {steps.states, steps.cells, steps.attention};
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        auto s = context->get_saved_variables();
        ctorch::AttentiveLSTM network{s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11]};
        ctorch::AttentiveSteps steps{s[12], s[13], s[14], s[15], s[16], s[17], s[18]};
        for (auto &gradient : gradients)
            if (gradient.defined()) gradient = gradient.contiguous();
        auto result = ctorch::differentiate(network, steps, gradients[0], gradients[1], gradients[2]);
        variable_list all{result.inputs, result.recurrent,  result.state,  result.cell, result.query,
                          result.query_bias, result.energy, result.keys, result.values, at::Tensor()};
        all.push_back(result.coverage);
        all.push_back(result.covered);
        return all;
    }
};

// --- Part of a forward pass whose inner results are not kept but computed again when its gradients are due: Chen, Xu, Zhang
// and Guestrin, "Training Deep Nets with Sublinear Memory Cost" (2016).

/// Whether this thread computes a part whose gradients are taken when it is computed again.
thread_local bool rehearses = false;

/// The caller's function and what it needs; released with the last graph that holds it.
struct Part final : torch::CustomClassHolder {
    void *context;
    CTorchPart run;
    void (*release)(void *context);

    Part(void *context, CTorchPart run, void (*release)(void *context))
        : context(context), run(run), release(release) {}
    ~Part() override { release(context); }

    at::Tensor operator()(const std::vector<at::Tensor> &inputs) const {
        std::vector<CTorchTensor *> handles;
        for (const auto &input : inputs) handles.push_back(hand_out(at::Tensor(input)));
        CTorchTensor *output = run(context, handles.data(), handles.size());
        if (!output)
            C10_THROW_ERROR(
                Error, std::string("a part of the network could not be computed: ") + ctorch_last_error());
        auto result = borrow(output);
        ctorch_tensor_release(output);
        return result;
    }
};

struct Recomputation : torch::autograd::Function<Recomputation> {
    static at::Tensor forward(
        AutogradContext *context, const c10::intrusive_ptr<Part> &part, at::TensorList inputs) {
        context->saved_data["part"] = c10::IValue::make_capsule(part);
        context->save_for_backward(inputs.vec());
        // What is computed now must be what is computed again, to the last bit: no kernels without gradients.
        struct Rehearsal {
            bool before = std::exchange(rehearses, true);
            ~Rehearsal() { rehearses = before; }
        } rehearsal;
        return (*part)(inputs.vec());
    }

    static variable_list backward(
        AutogradContext *context, variable_list gradients) {
        auto part = c10::static_intrusive_pointer_cast<Part>(context->saved_data["part"].toCapsule());
        std::vector<at::Tensor> inputs;
        for (const auto &saved : context->get_saved_variables())
            inputs.push_back(saved.detach().requires_grad_(saved.requires_grad()));
        at::Tensor output;
        {
            c10::AutoGradMode recording(true);
            output = (*part)(inputs);
        }
        // The weights' gradients are added to the weights here and now.
        torch::autograd::backward({output}, {gradients[0]});
        variable_list result{at::Tensor()};
        for (const auto &input : inputs) result.push_back(input.grad());
        return result;
    }
};

}  // namespace

CTorchStatus ctorch_dropout(
    const CTorchTensor *x, double rate, uint64_t key, uint32_t call, const int64_t *rows, size_t row_count,
    const int64_t *lengths, size_t length_count, CTorchTensor **out) {
    return guarded([&] {
        TORCH_CHECK(rate >= 0 && rate <= 1, "dropout probability has to be between 0 and 1, but got ", rate);
        if (length_count > 0) {
            auto packed = borrow(x);
            TORCH_CHECK(
                packed.dim() == 3 && packed.size(0) == 1 && fit({lengths, length_count}, packed.size(1)), "dropout: rows of ",
                at::IntArrayRef(lengths, length_count), " tokens do not lie in a tensor of shape ", packed.sizes());
        }
        *out = hand_out(CounterDropout::apply(
            borrow(x), rate, static_cast<int64_t>(key), static_cast<int64_t>(call),
            std::vector<int64_t>(rows, rows + row_count), std::vector<int64_t>(lengths, lengths + length_count)));
    });
}

CTorchStatus ctorch_attention(
    const CTorchTensor *query, const CTorchTensor *key, const CTorchTensor *value, const CTorchTensor *bias,
    const CTorchTensor *mask, double scale, double rate, uint64_t number, uint32_t call, const int64_t *rows,
    size_t row_count, const int64_t *query_lengths, const int64_t *key_lengths, size_t length_count, CTorchTensor **out) {
    return guarded([&] {
        auto q = borrow(query), k = borrow(key), v = borrow(value);
        TORCH_CHECK(
            q.dim() == 4 && k.dim() == 4 && v.dim() == 4 && q.size(0) == k.size(0) && q.size(0) == v.size(0) &&
                q.size(1) == k.size(1) && q.size(1) == v.size(1) && q.size(3) == k.size(3) && k.size(2) == v.size(2),
            "attention: shapes ", q.sizes(), ", ", k.sizes(), " and ", v.sizes(), " do not fit together");
        TORCH_CHECK(
            q.is_cpu() && (q.scalar_type() == at::kFloat || q.scalar_type() == at::kBFloat16) &&
                q.scalar_type() == k.scalar_type() && q.scalar_type() == v.scalar_type(),
            "attention: expected float32 or bfloat16 tensors of one type on the CPU");
        TORCH_CHECK(rate >= 0 && rate < 1, "dropout probability has to be at least 0 and below 1, but got ", rate);
        at::IntArrayRef query_rows(query_lengths, length_count), key_rows(key_lengths, length_count);
        int64_t queries = q.size(2), keys = k.size(2);
        if (length_count > 0) {
            TORCH_CHECK(
                q.size(0) == 1 && fit(query_rows, queries) && fit(key_rows, keys), "attention: rows of ", query_rows,
                " queries and ", key_rows, " keys do not lie in tensors of shapes ", q.sizes(), " and ", k.sizes());
            queries = *std::max_element(query_rows.begin(), query_rows.end());
            keys = *std::max_element(key_rows.begin(), key_rows.end());
        }
        auto added = prepared(bias, q, keys), blocked = prepared(mask, q, keys);
        for (const auto &given : {added, blocked})
            TORCH_CHECK(
                length_count == 0 || !given || ((given->size(2) == 1 || given->size(2) == queries) && given->size(0) == 1),
                "attention: what is added to the scores of packed rows of up to ", queries, " queries has shape ",
                given->sizes());
        if (added && added->requires_grad())
            // Its gradient is that of every head and query; the smaller shape gets the sums.
            added = added->expand({added->size(0), q.size(1), queries, keys});
        *out = hand_out(CounterAttention::apply(
            q, k, v, added, blocked, scale, rate, static_cast<int64_t>(number), static_cast<int64_t>(call),
            std::vector<int64_t>(rows, rows + row_count), query_rows.vec(), key_rows.vec()));
    });
}

CTorchStatus ctorch_rms_norm(const CTorchTensor *x, const CTorchTensor *weight, double epsilon, CTorchTensor **out) {
    return guarded([&] {
        auto input = borrow(x), w = borrow(weight);
        TORCH_CHECK(
            input.dim() > 0 && w.dim() == 1 && input.size(-1) == w.size(0) && input.numel() > 0,
            "rms norm: a weight of shape ", w.sizes(), " does not fit an input of shape ", input.sizes());
        TORCH_CHECK(
            input.is_cpu() && w.is_cpu() && input.scalar_type() == w.scalar_type() &&
                (input.scalar_type() == at::kFloat || input.scalar_type() == at::kBFloat16),
            "rms norm: expected float32 or bfloat16 tensors of one type on the CPU");
        *out = hand_out(FusedRMSNorm::apply(input, w, epsilon));
    });
}

CTorchStatus ctorch_recorded_linear(
    const CTorchTensor *x, const CTorchTensor *weight, const CTorchTensor *bias, CTorchTensor **out) {
    return guarded([&] {
        auto input = borrow(x), w = borrow(weight);
        TORCH_CHECK(
            input.dim() > 0 && w.dim() == 2 && input.size(-1) == w.size(1), "linear: a weight of shape ", w.sizes(),
            " does not fit an input of shape ", input.sizes());
        TORCH_CHECK(
            input.is_cpu() && w.is_cpu() && is_number(input) && w.scalar_type() == input.scalar_type(),
            "linear: expected float32 or bfloat16 tensors of one type on the CPU");
        *out = hand_out(
            RecordedLinear::apply(input, w, bias ? std::optional(borrow(bias)) : std::nullopt));
    });
}

CTorchStatus ctorch_recorded_embedding(const CTorchTensor *weight, const CTorchTensor *ids, CTorchTensor **out) {
    return guarded([&] {
        auto table = borrow(weight), wanted = borrow(ids);
        bool is_ours = at::GradMode::is_enabled() && table.dim() == 2 && owns_gradient(table) &&
                       wanted.scalar_type() == at::kLong && wanted.is_cpu();
        *out = hand_out(is_ours ? RecordedEmbedding::apply(table, wanted) : at::embedding(table, wanted));
    });
}

CTorchStatus ctorch_label_likelihood(const CTorchTensor *scores, const CTorchTensor *labels, CTorchTensor **out) {
    return guarded([&] {
        auto x = borrow(scores), wanted = borrow(labels);
        TORCH_CHECK(
            x.dim() == 2 && x.size(1) > 0 && wanted.dim() == 1 && wanted.size(0) == x.size(0),
            "label likelihood: labels of shape ", wanted.sizes(), " do not fit scores of shape ", x.sizes());
        TORCH_CHECK(
            x.is_cpu() && wanted.is_cpu() && is_number(x) && wanted.scalar_type() == at::kLong,
            "label likelihood: expected float32 or bfloat16 scores and int64 labels on the CPU");
        *out = hand_out(LabelLikelihood::apply(x, wanted.contiguous()));
    });
}

CTorchStatus ctorch_attentive_lstm(const CTorchAttentiveLSTM *given, CTorchTensor **outs) {
    return guarded([&] {
        auto inputs = borrow(given->inputs), recurrent = borrow(given->recurrent), state = borrow(given->state);
        auto cell = borrow(given->cell), query = borrow(given->query), query_bias = borrow(given->query_bias);
        auto energy = borrow(given->energy), keys = borrow(given->keys), values = borrow(given->values);
        auto mask = borrow_optional(given->mask), coverage = borrow_optional(given->coverage);
        auto covered = borrow_optional(given->covered);
        for (const auto &x : {inputs, recurrent, state, query, query_bias, energy, keys, values, coverage})
            TORCH_CHECK(
                !x.defined() || (x.is_cpu() && is_number(x) && x.scalar_type() == inputs.scalar_type()),
                "attentive LSTM: expected float32 or bfloat16 tensors of one type on the CPU");
        for (const auto &x : {cell, mask, covered})
            TORCH_CHECK(
                !x.defined() || (x.is_cpu() && x.scalar_type() == at::kFloat),
                "attentive LSTM: expected cells, mask and coverage in float32 on the CPU");
        TORCH_CHECK(
            inputs.dim() == 3 && inputs.numel() > 0 && inputs.size(2) % 4 == 0 && keys.dim() == 3 && values.dim() == 3 &&
                keys.numel() > 0 && values.numel() > 0 && inputs.size(1) % keys.size(0) == 0,
            "attentive LSTM: inputs of shape ", inputs.sizes(), " do not fit keys of shape ", keys.sizes());
        int64_t rows = inputs.size(1), hidden = inputs.size(2) / 4, width = values.size(2), size = keys.size(2);
        auto has = [](const at::Tensor &x, at::IntArrayRef shape, const char *name) {
            TORCH_CHECK(x.sizes() == shape, "attentive LSTM: ", name, " has shape ", x.sizes(), " instead of ", shape);
        };
        has(values, {keys.size(0), keys.size(1), width}, "values");
        bool feeds = recurrent.dim() == 2 && recurrent.size(1) != hidden;
        has(recurrent, {4 * hidden, feeds ? hidden + width : hidden}, "the recurrent weight");
        has(state, {rows, hidden + width}, "the first state");
        has(cell, {rows, hidden}, "the first cell");
        has(query, {size, 2 * hidden}, "the query's weight");
        has(query_bias, {size}, "the query's bias");
        has(energy, {size}, "the energy's weight");
        if (mask.defined()) has(mask, {keys.size(0), keys.size(1)}, "the mask");
        TORCH_CHECK(
            coverage.defined() == covered.defined(), "attentive LSTM: coverage needs its weight and what is covered");
        if (coverage.defined()) {
            has(coverage, {size}, "the coverage's weight");
            has(covered, {rows, keys.size(1)}, "what is covered");
        }
        auto all = AttentiveSteps::apply(
            inputs, recurrent, state, cell, query, query_bias, energy, keys, values, if_defined(mask),
            if_defined(coverage), if_defined(covered));
        for (int i = 0; i < 3; ++i) outs[i] = hand_out(std::move(all[i]));
    });
}

bool ctorch_rehearses(void) { return rehearses; }

CTorchStatus ctorch_recomputed(
    CTorchTensor *const *inputs, size_t count, void *context, CTorchPart part, void (*release)(void *context),
    CTorchTensor **out) {
    c10::intrusive_ptr<Part> kept;
    return guarded([&] {
        kept = c10::make_intrusive<Part>(context, part, release);
        std::vector<at::Tensor> tensors;
        for (size_t i = 0; i < count; ++i) tensors.push_back(borrow(inputs[i]));
        *out = hand_out(Recomputation::apply(kept, at::TensorList(tensors)));
    });
}
