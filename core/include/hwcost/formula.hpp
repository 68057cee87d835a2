// A user's own cost formula over the quantities of a layer, such as "macs*w_bits^2*a_bits".
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hwcost/batch.hpp"
#include "hwcost/error.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"

namespace hwcost {

// A parsed expression. Immutable; evaluate() may be called from any thread.
class HWCOST_EXPORT Formula {
 public:
  // Variables: see variables(). Throws InputError at `place`: unknown names, assignments, several results, syntax.
  Formula(const std::string& expression, const SourcePlace& place);

  [[nodiscard]] const std::string& expression() const;
  // The formula's value of the layer as it is (pruned channels removed); with mixed weights the sum over widths of its
  // value for exactly those channels. Unsupported where it is not finite (a division by zero, an overflow).
  [[nodiscard]] Expected<double, Unsupported> evaluate(const Layer& layer) const;

  // The same of every candidate, one figure a row of `figures`, which has in.size; NaN where it is not finite.
  void evaluate(const LayerColumns& in, std::span<double> figures) const;

  struct Variable {
    std::string name;
    std::string meaning;  // one line, with unit
  };
  static const std::vector<Variable>& variables();

 private:
  class Implementation;
  std::shared_ptr<const Implementation> implementation_;
};

}  // namespace hwcost
