// Loops whose runs differ.
#include <fmt/format.h>

#include <algorithm>

#include "body.hpp"
#include "control.hpp"
#include "hwcost/error.hpp"
#include "node_import.hpp"
#include "node_list.hpp"

namespace hwcost::onnx {
namespace {

constexpr double kMostRuns = 256.0;

// The runs of one Loop, as far as they are imported.
class Unrolling {
 public:
  Unrolling(OperatorCall& call, const Body& body, const std::vector<State>& states)
      : call_(call), body_(body), states_(states), condition_(known_scalar(call.builder(), kBool, 1.0)) {
    if (call.has(1) && !scalar(call, 1)) condition_ = {.name = {}, .shape = Shape{}, .type = kBool};
    for (const State& state : states) values_.push_back(shared(call.input(state.operand)));
    stacked_.resize(call.node().outputs.size() - std::min(call.node().outputs.size(), states.size()));
  }

  // Takes in one run more.
  void run(bool is_only_one) {
    GraphBuilder& builder = call_.builder();
    std::vector<Value> inputs{known_scalar(builder, kInt64, static_cast<double>(runs_)), condition_};
    for (const Value& value : values_) inputs.push_back(value);
    const std::string label = is_only_one ? call_.label() : fmt::format("{}/{}", call_.label(), runs_);
    const std::vector<Value> outputs = import_body(call_, body_, std::move(inputs), label);
    ++runs_;
    const std::optional<double> goes_on = scalar(builder, outputs[0]);
    may_end_ = may_end_ || !goes_on;
    has_ended_ = goes_on == 0.0;
    condition_ = known_scalar(builder, kBool, 1.0);  // a run sees one that held
    for (std::size_t k = 0; k < states_.size(); ++k) {
      Value next = shared(outputs[states_[k].output]);
      changes_shape_ = changes_shape_ || next.sequence || (next.shape && next.shape != values_[k].shape);
      values_[k] = std::move(next);
    }
    for (std::size_t k = 0; k < stacked_.size(); ++k) stacked_[k].push_back(outputs[states_.size() + 1 + k]);
  }

  [[nodiscard]] std::size_t runs() const { return runs_; }
  [[nodiscard]] bool may_end() const { return may_end_; }      // by a condition that is known at run time only
  [[nodiscard]] bool has_ended() const { return has_ended_; }  // by a known condition
  [[nodiscard]] bool changes_shape() const { return changes_shape_; }

  // What the Loop hands on.
  void forward() {
    stack();
    for (std::size_t k = 0; k < states_.size(); ++k) {
      call_.forward(k, may_end_ ? changing(std::move(values_[k])) : std::move(values_[k]));
    }
  }

 private:
  // Writes what every run gave behind each other.
  void stack() {
    if (stacked_.empty()) return;
    NodeList nodes(call_);
    const std::string_view axes = nodes.constant("axes", {0});
    for (std::size_t k = 0; k < stacked_.size(); ++k) {
      if (!call_.wants(states_.size() + k)) continue;
      std::vector<std::string_view> parts;
      for (Value& value : stacked_[k]) {
        const std::string_view name = nodes.define("run", shared(std::move(value)));
        parts.push_back(nodes.add("Unsqueeze", {name, axes}, "unsqueeze"));
      }
      const std::string_view result = nodes.result(states_.size() + k);
      if (parts.size() == 1) {
        nodes.last().outputs = {result};
      } else {
        nodes.add("Concat", std::move(parts), "stack", result);
        nodes.set("axis", 0);
      }
    }
    nodes.import();
  }

  OperatorCall& call_;
  const Body& body_;
  const std::vector<State>& states_;
  Value condition_;
  std::vector<Value> values_;                // the states
  std::vector<std::vector<Value>> stacked_;  // by output, then by run
  std::size_t runs_ = 0;
  bool may_end_ = false;
  bool has_ended_ = false;
  bool changes_shape_ = false;
};

}  // namespace

bool import_unrolled(OperatorCall& call, const Body& body, const std::vector<State>& states,
                     std::optional<std::size_t> unresolved) {
  GraphBuilder& builder = call.builder();
  const std::optional<double> trips = scalar(call, 0);
  const bool is_counted = trips && *trips <= kMostRuns;
  if (!is_counted && (trips ? *trips < kUncounted : call.has(0))) return false;
  const std::size_t nodes = nodes_within(body);
  const GraphBuilder::Mark start = builder.mark();
  Unrolling loop(call, body, states);
  do {
    const bool has_all = is_counted && static_cast<double>(loop.runs()) == *trips;
    if (has_all) break;
    const bool tells_enough =
        loop.runs() != 1 || !unresolved || loop.changes_shape() || builder.unmodelled_since(start) < *unresolved;
    const bool is_endless = !is_counted && (loop.may_end() || static_cast<double>(loop.runs()) == kMostRuns);
    if (!tells_enough || is_endless || !builder.may_unroll(nodes)) {
      builder.undo(start);
      return false;
    }
    const GraphBuilder::Mark before = builder.mark();
    try {
      loop.run(trips == 1.0);
    } catch (const InputError&) {
      if (!loop.may_end()) throw;
      builder.undo(before);  // its condition has ended it by now
      break;
    }
  } while (!loop.has_ended());
  loop.forward();
  if (loop.may_end()) {
    mark_layers(builder, start, 1.0,
                fmt::format("{} runs of {}, the most that there can be: a condition may end it before", loop.runs(),
                            call.label()));
  }
  call.log(ImportFact::Kind::merged, {}, [&] { return fmt::format("unrolled: {} runs", loop.runs()); });
  return true;
}

}  // namespace hwcost::onnx
