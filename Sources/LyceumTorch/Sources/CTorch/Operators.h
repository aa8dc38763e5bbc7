// What is kept of an operator between calls: its handle, and for every argument how to box it.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>
#include <vector>

#include "Boundary.h"

namespace ctorch {

/// What an argument's schema type asks for.
enum class Kind { tensor, scalar, integer, real, boolean, text, device, dtype, integers, reals, booleans, scalars,
                  tensors, optional_tensors, other };

struct Parameter {
    std::string name;
    std::string type;
    Kind kind;
    bool optional;
    /// N of `int[N]`: one number stands for N of them.
    int64_t fixed_length;
    std::optional<c10::IValue> default_value;
};

/// Boxes one argument. Throws a message that names the argument, what the schema expects and what was given.
c10::IValue box(const CTorchValue &value, const Parameter &parameter);

/// Unboxes one result, whose tensors then belong to the caller.
CTorchValue unbox(c10::IValue &&value);

}  // namespace ctorch

struct CTorchOperator {
    c10::OperatorHandle handle;
    std::vector<ctorch::Parameter> parameters;
    std::string schema;
};
