// Boxing of arguments and unboxing of results.
#include <ATen/ScalarOps.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "Operators.h"

namespace ctorch {

namespace {

const char *tag_name(CTorchTag tag) {
    switch (tag) {
        case CTORCH_NONE: return "none";
        case CTORCH_DEFAULT: return "the default";
        case CTORCH_BOOL: return "a bool";
        case CTORCH_INT: return "an int";
        case CTORCH_DOUBLE: return "a float";
        case CTORCH_TENSOR: return "a tensor";
        case CTORCH_INTS: return "a list of ints";
        case CTORCH_DOUBLES: return "a list of floats";
        case CTORCH_BOOLS: return "a list of bools";
        case CTORCH_TENSORS: return "a list of tensors";
        case CTORCH_STRING: return "a string";
        case CTORCH_DTYPE: return "a dtype";
        case CTORCH_DEVICE: return "a device";
    }
    return "an unknown value";
}

[[noreturn]] void mismatch(const CTorchValue &value, const Parameter &parameter) {
    C10_THROW_ERROR(
        TypeError, "argument '" + parameter.name + "' must be " + parameter.type + ", not " + tag_name(value.tag));
}

bool is_number(const CTorchValue &value) {
    return value.tag == CTORCH_INT || value.tag == CTORCH_DOUBLE || value.tag == CTORCH_BOOL;
}

c10::Scalar scalar(const CTorchValue &value) {
    if (value.tag == CTORCH_DOUBLE) return value.real;
    if (value.tag == CTORCH_BOOL) return value.integer != 0;
    return value.integer;
}

double real(const CTorchValue &value) {
    return value.tag == CTORCH_DOUBLE ? value.real : static_cast<double>(value.integer);
}

std::vector<int64_t> integers(const CTorchValue &value, const Parameter &parameter) {
    if (value.tag == CTORCH_INTS) return {value.integers, value.integers + value.count};
    if (value.tag == CTORCH_INT) return std::vector<int64_t>(parameter.fixed_length, value.integer);
    mismatch(value, parameter);
}

template <typename List, typename Convert>
c10::IValue list_of_tensors(const CTorchValue &value, const Parameter &parameter, List list, Convert convert) {
    if (value.tag != CTORCH_TENSORS) mismatch(value, parameter);
    list.reserve(value.count);
    for (int64_t i = 0; i < value.count; ++i) list.push_back(convert(value.tensors[i]));
    return list;
}

c10::IValue list_of_scalars(const CTorchValue &value, const Parameter &parameter) {
    c10::impl::GenericList list(c10::NumberType::get());
    for (int64_t i = 0; i < value.count; ++i) {
        if (value.tag == CTORCH_INTS) list.push_back(value.integers[i]);
        else if (value.tag == CTORCH_DOUBLES) list.push_back(value.reals[i]);
        else mismatch(value, parameter);
    }
    return list;
}

}  // namespace

c10::IValue box(const CTorchValue &value, const Parameter &parameter) {
    if (value.tag == CTORCH_NONE && parameter.optional) return {};
    switch (parameter.kind) {
        case Kind::tensor:
            if (value.tag == CTORCH_TENSOR) return borrow(value.tensor);
            // A number next to a tensor follows PyTorch's promotion rules for Python numbers.
            if (is_number(value)) return at::native::wrapped_scalar_tensor(scalar(value));
            break;
        case Kind::scalar:
            if (is_number(value)) return scalar(value);
            break;
        case Kind::integer:
            if (value.tag == CTORCH_INT || value.tag == CTORCH_BOOL || value.tag == CTORCH_DTYPE)
                return value.integer;
            break;
        case Kind::dtype:
            if (value.tag == CTORCH_DTYPE) return value.integer;
            break;
        case Kind::real:
            if (is_number(value)) return real(value);
            break;
        case Kind::boolean:
            if (value.tag == CTORCH_BOOL) return value.integer != 0;
            break;
        case Kind::text:
            if (value.tag == CTORCH_STRING) return std::string(value.text);
            break;
        case Kind::device:
            if (value.tag == CTORCH_DEVICE)
                return c10::Device(
                    static_cast<c10::DeviceType>(value.integer), static_cast<c10::DeviceIndex>(value.count));
            break;
        case Kind::integers:
            return integers(value, parameter);
        case Kind::reals:
            if (value.tag == CTORCH_DOUBLES)
                return std::vector<double>(value.reals, value.reals + value.count);
            break;
        case Kind::booleans:
            if (value.tag == CTORCH_BOOLS) {
                c10::List<bool> list;
                for (int64_t i = 0; i < value.count; ++i) list.push_back(value.integers[i] != 0);
                return list;
            }
            break;
        case Kind::scalars:
            return list_of_scalars(value, parameter);
        case Kind::tensors:
            return list_of_tensors(value, parameter, c10::List<at::Tensor>(), [&](const CTorchTensor *tensor) {
                if (!tensor) mismatch({CTORCH_NONE, 0, {0}}, parameter);
                return borrow(tensor);
            });
        case Kind::optional_tensors:
            return list_of_tensors(
                value, parameter, c10::List<std::optional<at::Tensor>>(), [](const CTorchTensor *tensor) {
                    return tensor ? std::optional(borrow(tensor)) : std::nullopt;
                });
        case Kind::other:
            break;
    }
    mismatch(value, parameter);
}

namespace {

/// `count` elements of a result, for `ctorch_value_free`.
template <typename Element>
Element *allocate(size_t count) {
    auto *memory = static_cast<Element *>(std::malloc(std::max<size_t>(count, 1) * sizeof(Element)));
    if (!memory) throw std::bad_alloc();
    return memory;
}

}  // namespace

CTorchValue unbox(c10::IValue &&value) {
    CTorchValue result{CTORCH_NONE, 0, {0}};
    if (value.isTensor()) {
        result.tensor = hand_out(std::move(value).toTensor());
        if (result.tensor) result.tag = CTORCH_TENSOR;
    } else if (value.isInt()) {
        result.tag = CTORCH_INT;
        result.integer = value.toInt();
    } else if (value.isDouble()) {
        result.tag = CTORCH_DOUBLE;
        result.real = value.toDouble();
    } else if (value.isBool()) {
        result.tag = CTORCH_BOOL;
        result.integer = value.toBool() ? 1 : 0;
    } else if (value.isTensorList()) {
        auto list = std::move(value).toTensorVector();
        auto *tensors = allocate<CTorchTensor *>(list.size());
        for (size_t i = 0; i < list.size(); ++i) tensors[i] = hand_out(std::move(list[i]));
        result.tag = CTORCH_TENSORS;
        result.count = static_cast<int64_t>(list.size());
        result.tensors = tensors;
    } else if (value.isIntList()) {
        auto list = value.toIntVector();
        auto *integers = allocate<int64_t>(list.size());
        std::memcpy(integers, list.data(), list.size() * sizeof(int64_t));
        result.tag = CTORCH_INTS;
        result.count = static_cast<int64_t>(list.size());
        result.integers = integers;
    } else if (value.isDoubleList()) {
        auto list = value.toDoubleVector();
        auto *reals = allocate<double>(list.size());
        std::memcpy(reals, list.data(), list.size() * sizeof(double));
        result.tag = CTORCH_DOUBLES;
        result.count = static_cast<int64_t>(list.size());
        result.reals = reals;
    } else if (value.isString()) {
        const auto &text = value.toStringRef();
        auto *copy = allocate<char>(text.size() + 1);
        std::memcpy(copy, text.c_str(), text.size() + 1);
        result.tag = CTORCH_STRING;
        result.text = copy;
    } else if (!value.isNone()) {
        C10_THROW_ERROR(TypeError, "a result of type " + value.tagKind() + " cannot be handed to Swift");
    }
    return result;
}

}  // namespace ctorch

void ctorch_value_free(CTorchValue *value) {
    switch (value->tag) {
        case CTORCH_TENSORS: std::free(const_cast<CTorchTensor **>(value->tensors)); break;
        case CTORCH_INTS: std::free(const_cast<int64_t *>(value->integers)); break;
        case CTORCH_DOUBLES: std::free(const_cast<double *>(value->reals)); break;
        case CTORCH_STRING: std::free(const_cast<char *>(value->text)); break;
        default: break;
    }
    value->tag = CTORCH_NONE;
}
