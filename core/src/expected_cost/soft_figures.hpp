// The figures that an expected cost is wanted in, and how each is had of a layer with whole or real channel counts.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hwcost/expected_cost.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/work.hpp"
#include "verdict.hpp"

namespace hwcost {

// Figures that are had in one go and interpolated between the same knots.
struct FigureGroup {
  enum class Source {
    machine,        // metrics of the machine
    formula,        // the user's
    even_facts,     // linear in the channels: knots at none and all are enough
    rounded_facts,  // the others, which know the layer as a whole alone
  };
  struct Figure {
    std::size_t column;  // among the metrics wanted
    Metric metric{};     // of source machine
    double Facts::*fact = nullptr;
  };
  Source source{};
  std::vector<Figure> figures;
};

// What is asked of a node: all is as its layer says, extents and widths.
class FigureSource {
 public:
  // Throws InputError: metrics that are unknown, do not add up or that the machine does not define.
  FigureSource(const Machine& machine, const ExpectedCostOptions& options);

  [[nodiscard]] const std::vector<FigureGroup>& groups() const { return groups_; }
  [[nodiscard]] const Machine& machine() const { return machine_; }

  // Of all runs of the node's layer, a figure of the group each; the reason where it has no price.
  [[nodiscard]] std::optional<std::string> values(const FigureGroup& group, const Graph& graph, const Node& node,
                                                  std::span<double> to) const;

  // Of source machine: the same with the derivatives by these members of its extents and widths (Backend::gradient_by),
  // as many as there are columns apart for every figure. `partials` is resized. All 0 where the layer is free.
  [[nodiscard]] std::optional<std::string> gradient(const FigureGroup& group, const Graph& graph, const Node& node,
                                                    std::uint64_t members, std::span<double> to,
                                                    std::vector<double>& partials) const;

  // Who prices the node, and by which rule.
  [[nodiscard]] Verdict judge(const Graph& graph, const Node& node) const;
  // Why the figures of the group cannot be had of a node that was judged so; nothing where they can.
  [[nodiscard]] std::optional<std::string> why_undefined(const FigureGroup& group, const Verdict& verdict) const;

 private:
  void add(const std::string& name, std::size_t column);
  FigureGroup& group(FigureGroup::Source source);

  Machine machine_;
  std::optional<Formula> formula_;
  std::vector<FigureGroup> groups_;
};

}  // namespace hwcost
