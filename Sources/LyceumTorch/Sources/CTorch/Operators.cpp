// Looking operators up, once each, and calling them boxed.
#include "Operators.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace ctorch {

namespace {

Kind element_list_kind(const c10::Type &element) {
    switch (element.kind()) {
        case c10::TypeKind::TensorType: return Kind::tensors;
        case c10::TypeKind::OptionalType: return Kind::optional_tensors;
        case c10::TypeKind::IntType:
        case c10::TypeKind::SymIntType: return Kind::integers;
        case c10::TypeKind::FloatType: return Kind::reals;
        case c10::TypeKind::BoolType: return Kind::booleans;
        case c10::TypeKind::NumberType: return Kind::scalars;
        default: return Kind::other;
    }
}

Kind kind_of(const c10::Type &type) {
    switch (type.kind()) {
        case c10::TypeKind::TensorType: return Kind::tensor;
        case c10::TypeKind::NumberType: return Kind::scalar;
        case c10::TypeKind::IntType:
        case c10::TypeKind::SymIntType:
        case c10::TypeKind::LayoutType:
        case c10::TypeKind::MemoryFormatType: return Kind::integer;
        case c10::TypeKind::ScalarTypeType: return Kind::dtype;
        case c10::TypeKind::FloatType:
        case c10::TypeKind::SymFloatType: return Kind::real;
        case c10::TypeKind::BoolType:
        case c10::TypeKind::SymBoolType: return Kind::boolean;
        case c10::TypeKind::StringType: return Kind::text;
        case c10::TypeKind::DeviceObjType: return Kind::device;
        case c10::TypeKind::ListType: return element_list_kind(*type.containedType(0));
        default: return Kind::other;
    }
}

Parameter describe(const c10::Argument &argument) {
    // real_type tells ScalarType from int; type() has folded the one into the other.
    auto type = argument.real_type();
    bool optional = type->kind() == c10::TypeKind::OptionalType;
    if (optional) type = type->containedType(0);
    return {
        argument.name(),
        argument.real_type()->str(),
        kind_of(*type),
        optional,
        argument.N().value_or(1),
        argument.default_value(),
    };
}

/// The overloads that exist under `name`, for the error text.
std::string overloads_of(const std::string &name) {
    std::vector<std::string> overloads;
    for (const auto &candidate : c10::Dispatcher::singleton().getAllOpNames())
        if (candidate.name == name)
            overloads.push_back(candidate.overload_name.empty() ? "(none)" : candidate.overload_name);
    std::sort(overloads.begin(), overloads.end());
    std::string text;
    for (const auto &overload : overloads) text += (text.empty() ? "" : ", ") + overload;
    return text;
}

std::unique_ptr<CTorchOperator> look_up(const std::string &name, const std::string &overload) {
    auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
    if (!handle) {
        auto others = overloads_of(name);
        auto reason = others.empty() ? "libtorch has no operator of this name"
                                     : "libtorch has no such overload; there are: " + others;
        C10_THROW_ERROR(Error, reason);
    }
    auto operation = std::unique_ptr<CTorchOperator>(new CTorchOperator{*handle, {}, {}});
    for (const auto &argument : handle->schema().arguments())
        operation->parameters.push_back(describe(argument));
    operation->schema = c10::toString(handle->schema());
    return operation;
}

void fill_stack(
    const CTorchOperator &operation, const CTorchValue *arguments, size_t count, torch::jit::Stack &stack) {
    const auto &parameters = operation.parameters;
    if (count > parameters.size())
        C10_THROW_ERROR(
            TypeError, "takes " + std::to_string(parameters.size()) + " arguments, " + std::to_string(count) +
                           " were given: " + operation.schema);
    stack.reserve(parameters.size());
    for (size_t i = 0; i < parameters.size(); ++i) {
        if (i < count && arguments[i].tag != CTORCH_DEFAULT) {
            stack.push_back(box(arguments[i], parameters[i]));
        } else if (parameters[i].default_value) {
            stack.push_back(*parameters[i].default_value);
        } else {
            C10_THROW_ERROR(
                TypeError, "argument '" + parameters[i].name + "' (" + parameters[i].type + ") is missing");
        }
    }
}

}  // namespace
}  // namespace ctorch

CTorchStatus ctorch_operator_find(const char *name, const char *overload, const CTorchOperator **out) {
    return ctorch::guarded([&] {
        static std::mutex mutex;
        static auto &known = *new std::unordered_map<std::string, std::unique_ptr<CTorchOperator>>();
        std::lock_guard lock(mutex);
        auto &slot = known[std::string(name) + "." + overload];
        if (!slot) slot = ctorch::look_up(name, overload);
        *out = slot.get();
    });
}

const char *ctorch_operator_schema(const CTorchOperator *operation) { return operation->schema.c_str(); }

CTorchStatus ctorch_operator_call(
    const CTorchOperator *operation, const CTorchValue *arguments, size_t count, CTorchValue *results,
    size_t capacity, size_t *result_count) {
    return ctorch::guarded([&] {
        torch::jit::Stack stack;
        ctorch::fill_stack(*operation, arguments, count, stack);
        operation->handle.callBoxed(stack);
        if (!results) return;
        *result_count = stack.size();
        size_t kept = std::min(stack.size(), capacity);
        size_t done = 0;
        try {
            for (; done < kept; ++done) results[done] = ctorch::unbox(std::move(stack[done]));
        } catch (...) {
            for (size_t i = 0; i < done; ++i) {
                if (results[i].tag == CTORCH_TENSOR) ctorch_tensor_release(results[i].tensor);
                for (int64_t j = 0; results[i].tag == CTORCH_TENSORS && j < results[i].count; ++j)
                    ctorch_tensor_release(results[i].tensors[j]);
                ctorch_value_free(&results[i]);
            }
            throw;
        }
    });
}
