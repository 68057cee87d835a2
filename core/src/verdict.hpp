// What a machine, or the one that it falls back to, says of one run of a layer in its network.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "assumptions.hpp"
#include "hwcost/formula.hpp"
#include "hwcost/graph.hpp"
#include "hwcost/machine.hpp"

namespace hwcost {

struct Verdict {
  Status status = Status::priced;
  std::string reason;
  Cost<> cost{};
  const Machine* machine = nullptr;  // who said it
  std::optional<Layer> as_priced{};  // the layer with the widths that a fallback assumed; nothing where it assumed none
  bool counted_as_0 = false;         // for want of a model, as `unmodelled free` wants it
  bool is_free = false;              // proven so, whatever its extents
  bool is_uncounted = false;         // by this convention
};

// The question that is put to a backend: estimate(), or another that is answered with a price.
using Question = std::function<Expected<Estimate, Unsupported>(const Backend&, const Layer&)>;

inline Expected<Estimate, Unsupported> ask_estimate(const Backend& backend, const Layer& layer) {
  return backend.estimate(layer);
}

// The operator's name; of an unknown one what the model file calls it.
std::string op_text(const Layer& layer);

// The rules by which layers are priced, free, counted as 0, passed to a fallback or unsupported, in one place.
class Judge {
 public:
  // `formula`, where there is one, gives every priced layer's figure.
  Judge(const Machine& machine, const Formula* formula, Tally& tally)
      : machine_(machine), formula_(formula), tally_(tally) {}

  Verdict operator()(const Graph& graph, const Node& node, const Question& ask = ask_estimate);

 private:
  void apply_formula(const Layer& layer, Verdict& verdict) const;
  Verdict judge_on(const Machine& machine, const Layer& layer, const std::optional<std::string>& free,
                   const Question& ask);
  Verdict judge_on_fallback(const Machine& machine, const Layer& layer, const std::optional<std::string>& free,
                            const Question& ask, const Unsupported& refusal);
  Verdict free_of_charge(const Machine& machine, const std::string& why);

  const Machine& machine_;
  const Formula* formula_;
  Tally& tally_;
};

}  // namespace hwcost
