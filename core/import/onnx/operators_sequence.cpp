// Sequences: lists of tensors that the importer keeps as such. They are no layers; what they hold is known element by
// element, as long as their length and the positions are.
#include <fmt/format.h>

#include <algorithm>

#include "control.hpp"
#include "extents.hpp"
#include "node_import.hpp"
#include "node_list.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

using Elements = std::vector<Value>;

constexpr std::size_t kMostElements = 4096;

// The sequence of that operand; null where it is not known, after cannot_derive().
const Elements* elements_of(OperatorCall& call, std::size_t operand) {
  const Value& value = call.input(operand);
  if (value.sequence) return value.sequence.get();
  if (value.shape) call.fail(fmt::format("operand {} is a tensor, wanted a sequence", operand));
  call.cannot_derive(fmt::format("the elements of operand {} are not known", operand));
  return nullptr;
}

void forward_sequence(OperatorCall& call, std::size_t output, Elements elements) {
  if (elements.size() > kMostElements) return call.cannot_derive("it has too many elements");
  call.log(ImportFact::Kind::alias, {}, [&] { return fmt::format("a sequence of {} elements", elements.size()); });
  call.forward(output, {.name = {}, .sequence = std::make_shared<const Elements>(std::move(elements))});
}

// The place that the operand says, `end` where there is none; nothing where it is computed, after cannot_derive().
std::optional<std::size_t> place_of(OperatorCall& call, std::size_t operand, std::size_t extent, std::size_t end) {
  if (!call.has(operand)) return end;
  const std::optional<Shape> position = call.integers(operand);
  if (!position || position->size() != 1) {
    call.cannot_derive("its position is computed at run time");
    return std::nullopt;
  }
  const std::optional<std::size_t> place = normal_axis(position->front(), extent);
  if (!place) call.fail(fmt::format("its position is {}, its sequence has {} places", position->front(), extent));
  return place;
}

// The shape that all elements have.
std::optional<Shape> common_shape(const Elements& elements) {
  if (elements.empty()) return std::nullopt;
  const bool is_common = std::all_of(elements.begin(), elements.end(),
                                     [&](const Value& element) { return element.shape == elements[0].shape; });
  return is_common ? elements[0].shape : std::nullopt;
}

}  // namespace

void import_sequence_empty(OperatorCall& call, Op) { forward_sequence(call, 0, {}); }

void import_sequence_construct(OperatorCall& call, Op) {
  Elements elements;
  for (std::size_t k = 0; k < call.input_count(); ++k) elements.push_back(shared(call.input(k)));
  forward_sequence(call, 0, std::move(elements));
}

// sequence, tensor, position.
void import_sequence_insert(OperatorCall& call, Op) {
  const Elements* before = elements_of(call, 0);
  if (before == nullptr) return;
  const auto place = place_of(call, 2, before->size() + 1, before->size());
  if (!place) return;
  Elements elements = *before;
  elements.insert(elements.begin() + static_cast<std::ptrdiff_t>(*place), shared(call.input(1)));
  forward_sequence(call, 0, std::move(elements));
}

// sequence, position.
void import_sequence_erase(OperatorCall& call, Op) {
  const Elements* before = elements_of(call, 0);
  if (before == nullptr) return;
  if (before->empty()) call.fail("its sequence is empty");
  const auto place = place_of(call, 1, before->size(), before->size() - 1);
  if (!place) return;
  Elements elements = *before;
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(*place));
  forward_sequence(call, 0, std::move(elements));
}

// sequence, position.
void import_sequence_at(OperatorCall& call, Op) {
  const Elements* elements = elements_of(call, 0);
  if (elements == nullptr) return;
  if (!scalar(call, 1)) {
    const std::optional<Shape> shape = common_shape(*elements);
    if (!shape) return call.cannot_derive("its position is computed at run time");
    call.output(0, *shape, elements->front().type);
    return call.without_model("its position is computed at run time");
  }
  const auto place = place_of(call, 1, elements->size(), 0);
  call.log(ImportFact::Kind::alias, (*elements)[*place].name,
           [&] { return fmt::format("element {} of a sequence", *place); });
  call.forward(0, (*elements)[*place]);
}

void import_sequence_length(OperatorCall& call, Op) {
  const Elements* elements = elements_of(call, 0);
  if (elements == nullptr) return;
  call.constant_output(0, {}, kInt64, std::vector<double>{static_cast<double>(elements->size())});
}

// input, split: parts of one or of equal lengths, or of those that are listed.
void import_split_to_sequence(OperatorCall& call, Op) {
  if (!call.input(0).shape) return call.cannot_derive_without_shape(0);
  call.need_rank(0, 1);
  const std::size_t axis = call.axis(call.integer("axis", 0), call.shape(0).size());
  const std::int64_t extent = call.extent(0, axis);
  std::optional<Shape> sizes = call.has(1) ? call.integers(1) : Shape{1};
  if (!sizes) return call.cannot_derive("its parts are computed at run time");
  if (!call.has(1) || call.shape(1).empty()) {
    const std::int64_t size = sizes->empty() ? 0 : sizes->front();
    if (size < 1) call.fail(fmt::format("its parts have {} elements", size));
    const std::int64_t parts = (extent - 1) / size + 1;
    if (parts > static_cast<std::int64_t>(kMostElements)) return call.cannot_derive("it has too many elements");
    sizes->assign(static_cast<std::size_t>(parts), size);
    sizes->back() = extent - size * (parts - 1);
  }
  if (sizes->empty() || sizes->size() > kMostElements) return call.cannot_derive("it has too many elements or none");
  NodeList nodes(call);
  std::vector<std::string_view> parts{nodes.add("Split", {nodes.operand(0), nodes.constant("sizes", *sizes)}, "split")};
  nodes.set("axis", static_cast<std::int64_t>(axis));
  while (parts.size() < sizes->size()) parts.push_back(nodes.add_output("part"));
  if (!call.has(1) && call.integer("keepdims", 1) == 0) {
    const std::string_view axes = nodes.constant("axes", {static_cast<std::int64_t>(axis)});
    for (std::string_view& part : parts) part = nodes.add("Squeeze", {part, axes}, "squeeze");
  }
  nodes.add("SequenceConstruct", std::move(parts), "sequence", nodes.result(0));
  nodes.import();
}

void import_concat_from_sequence(OperatorCall& call, Op) {
  const Elements* elements = elements_of(call, 0);
  if (elements == nullptr) return;
  if (elements->empty()) call.fail("its sequence is empty");
  const std::int64_t axis = call.integer("axis", 0);
  NodeList nodes(call);
  std::vector<std::string_view> parts;
  for (const Value& element : *elements) parts.push_back(nodes.define("element", element));
  if (call.integer("new_axis", 0) != 0) {
    const std::string_view axes = nodes.constant("axes", {axis});
    for (std::string_view& part : parts) part = nodes.add("Unsqueeze", {part, axes}, "unsqueeze");
  }
  nodes.add("Concat", std::move(parts), "concat", nodes.result(0));
  nodes.set("axis", axis);
  nodes.import();
}

// A body that runs for every element of the first operand; the others are sequences as long, or tensors that all runs
// read.
void import_sequence_map(OperatorCall& call, Op) {
  const Body& body = body_of(call, "body");
  const Elements* first = elements_of(call, 0);
  if (first == nullptr) return;
  if (body.inputs.size() != call.input_count() || body.outputs.size() < call.node().outputs.size()) {
    call.fail(fmt::format("it has {} operands and {} outputs, its body {} and {}", call.input_count(),
                          call.node().outputs.size(), body.inputs.size(), body.outputs.size()));
  }
  std::vector<Elements> results(call.node().outputs.size());
  for (std::size_t run = 0; run < first->size(); ++run) {
    std::vector<Value> inputs;
    for (std::size_t k = 0; k < call.input_count(); ++k) {
      const Value& operand = call.input(k);
      if (operand.sequence && operand.sequence->size() <= run) call.fail("its sequences differ in length");
      inputs.push_back(operand.sequence ? (*operand.sequence)[run] : shared(operand));
    }
    const auto outputs = import_body(call, body, std::move(inputs), fmt::format("{}/{}", call.label(), run));
    for (std::size_t k = 0; k < results.size(); ++k) results[k].push_back(shared(outputs[k]));
  }
  for (std::size_t k = 0; k < results.size(); ++k) forward_sequence(call, k, std::move(results[k]));
}

// Optional values are what they hold.
void import_optional(OperatorCall& call, Op) {
  if (!call.has(0)) return call.cannot_derive("it holds nothing");
  call.forward(0, shared(call.input(0)));
}

}  // namespace hwcost::onnx
