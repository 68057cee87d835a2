// If: the layers of the branch that runs, or may run.
#include <fmt/format.h>

#include <algorithm>

#include "control.hpp"
#include "hwcost/error.hpp"
#include "hwcost/work.hpp"
#include "node_import.hpp"
#include "operators.hpp"

namespace hwcost::onnx {
namespace {

struct BodyCost {
  double macs = 0.0;
  double flops = 0.0;
  double elements = 0.0;
  double unknown = 0.0;  // layers whose work nobody knows; a branch that computes nothing has none
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of a written-out comparison for a pointer
  friend auto operator<=>(const BodyCost&, const BodyCost&) = default;
};

BodyCost cost_since(GraphBuilder& builder, const GraphBuilder::Mark& since) {
  BodyCost cost;
  for (NodeId k = since.nodes; k < builder.graph().nodes.size(); ++k) {
    const Layer& layer = builder.graph().nodes[k].layer;
    if (layer.op == Op::custom) ++cost.unknown;
    if (contradiction(layer)) continue;
    const Facts all = facts(layer);
    cost.macs += all.macs;
    cost.flops += all.flops;
    cost.elements += work(layer).output * layer.repeat;
  }
  return cost;
}

void forward_outputs(OperatorCall& call, std::vector<Value> outputs) {
  if (outputs.size() < call.node().outputs.size()) {
    call.fail(fmt::format("has {} outputs, its body {}", call.node().outputs.size(), outputs.size()));
  }
  for (std::size_t k = 0; k < call.node().outputs.size(); ++k) call.forward(k, std::move(outputs[k]));
}

std::string_view without_file(const InputError& error, const std::string& file) {
  const std::string_view text = error.what();
  return text.substr(std::min(text.size(), file.size() + 2));  // "file: "
}

// A branch, taken back again.
struct Attempt {
  std::vector<Value> outputs;
  BodyCost cost;
  GraphBuilder::Detached layers;
};

// Or why the branch does not run on these shapes.
Expected<Attempt, InputError> try_branch(OperatorCall& call, std::string_view name) {
  GraphBuilder& builder = call.builder();
  const GraphBuilder::Mark mark = builder.mark();
  try {
    std::vector<Value> outputs = import_body(call, body_of(call, name), {}, call.label());
    const BodyCost cost = cost_since(builder, mark);
    return Attempt{.outputs = std::move(outputs), .cost = cost, .layers = builder.detach(mark)};
  } catch (const InputError& refusal) {
    builder.undo(mark);
    return tl::make_unexpected(refusal);
  }
}

// The costlier branch; the other one where that does not run on these shapes, which an exporter's or a caller's
// condition on shapes keeps from being taken. Where neither runs, the else branch's fault is the file's.
// Each is imported once, and the taken one put back, so that nested Ifs cost what they hold.
void import_likely_branch(OperatorCall& call) {
  GraphBuilder& builder = call.builder();
  const GraphBuilder::Mark start = builder.mark();
  Expected<Attempt, InputError> then_branch = try_branch(call, "then_branch");
  Expected<Attempt, InputError> else_branch = try_branch(call, "else_branch");
  if (!then_branch && !else_branch) throw InputError(else_branch.error());

  const bool takes_then = then_branch && (!else_branch || then_branch->cost >= else_branch->cost);
  const auto& other = takes_then ? else_branch : then_branch;
  const std::string why = other ? "the costlier one: its condition is known at run time only"
                                : fmt::format("since the other one does not run on these shapes ({})",
                                              without_file(other.error(), builder.file()));
  Attempt& taken = takes_then ? *then_branch : *else_branch;
  builder.reattach(std::move(taken.layers));
  mark_layers(builder, start, 1.0,
              fmt::format("of the {} branch of {}, {}", takes_then ? "then" : "else", call.label(), why));
  std::vector<Value> outputs = std::move(taken.outputs);
  for (Value& output : outputs) {
    if (output.constant) output = changing(std::move(output));
    output.producer.reset();
  }
  forward_outputs(call, std::move(outputs));
}

}  // namespace

void import_if(OperatorCall& call, Op) {
  const std::optional<double> condition = scalar(call, 0);
  if (!condition) return import_likely_branch(call);
  const std::string_view branch = *condition != 0.0 ? "then_branch" : "else_branch";
  call.log(ImportFact::Kind::folded, {}, [&] { return fmt::format("constants decide for its {}", branch); });
  forward_outputs(call, import_body(call, body_of(call, branch), {}, call.label()));
}

}  // namespace hwcost::onnx
