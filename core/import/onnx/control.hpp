// What If, Loop, Scan and the operators of sequences share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator_call.hpp"

namespace hwcost::onnx {

// The body of that attribute; fails where there is none.
const Body& body_of(const OperatorCall& call, std::string_view name);

// The element of a constant scalar; nothing where it is not known.
std::optional<double> scalar(const OperatorCall& call, std::size_t operand);
std::optional<double> scalar(GraphBuilder& builder, const Value& value);

// Says it of every layer that came after the mark, and that they run so often.
void mark_layers(GraphBuilder& builder, const GraphBuilder::Mark& since, double repeat, const std::string& assumption);

// What to assume of a layer for a value's `bound`.
std::string words_of_bound(const std::string& bound);

// A value that changes at run time, of the shape and type of another.
Value changing(Value value);

// A value that others may read under other names, so that nothing after it is merged into the layer before.
Value shared(Value value);

Value known_scalar(GraphBuilder& builder, std::int32_t type, double element);

// Trip counts from here on are an exporter's "until the condition fails".
inline constexpr double kUncounted = 1e9;

// A value that every run of a body hands to the next one: the operand of the node, an input and an output of its body.
struct State {
  std::size_t operand = 0;
  std::size_t input = 0;
  std::size_t output = 0;
};

// The body of a Loop, taken in once for every run, so that each has its own shapes, elements of sequences and
// constants. Gives false and leaves nothing behind where the number of runs is not known, is large, or where the runs
// turn out to tell no more than one of them: `unresolved` is how many layers of one run are not modelled; nothing,
// where runs are wanted at any price.
bool import_unrolled(OperatorCall& call, const Body& body, const std::vector<State>& states,
                     std::optional<std::size_t> unresolved);

}  // namespace hwcost::onnx
