// hwcost.refine: wider weights where they cost nothing.
#include <fmt/format.h>

#include "binding.hpp"
#include "hwcost/import/table.hpp"
#include "hwcost/refine.hpp"

namespace hwcost::python {
namespace {

RefineOptions options_from(const std::optional<std::string>& metric, const std::optional<std::string>& formula,
                           const std::vector<double>& widths) {
  RefineOptions options;
  if (metric) {
    options.metric = metric_named(*metric);
    if (!options.metric) throw InputError({}, fmt::format("'{}' is no metric", *metric));
  }
  if (formula) options.formula.emplace(*formula, SourcePlace{"formula", 0});
  options.widths = widths;
  return options;
}

// {layer: [score of each output channel]}.
std::vector<ChannelScore> scores_from(const std::map<std::string, std::vector<double>>& by_layer) {
  std::vector<ChannelScore> scores;
  for (const auto& [layer, values] : by_layer) {
    for (std::size_t channel = 0; channel < values.size(); ++channel) {
      scores.push_back({layer, static_cast<double>(channel), values[channel], {}});
    }
  }
  return scores;
}

NetworkRefinement refine_network(const Graph& graph, const py::object& widths, const Machine& machine,
                                 const std::optional<std::string>& metric, const std::optional<std::string>& formula,
                                 const std::vector<double>& more_widths,
                                 const std::map<std::string, std::vector<double>>& scores) {
  const std::vector<Assignment> assignments = assignments_from(widths);
  const RefineOptions options = options_from(metric, formula, more_widths);
  const py::gil_scoped_release release;
  return refine(graph, assignments, machine, options, scores_from(scores));
}

// {layer: {'w_bits': ..., 'in_bits': ...}}, which Graph.assign takes.
py::dict widths_of(const NetworkRefinement& refinement) {
  py::dict result;
  for (const RefinedAssignment& refined : refinement.assignments) {
    py::dict entry;
    if (refined.assignment.weight) entry["w_bits"] = format_object(*refined.assignment.weight);
    if (refined.assignment.input) entry["in_bits"] = format_object(*refined.assignment.input);
    result[py::str(refined.assignment.layer)] = entry;
  }
  return result;
}

std::string outcome_text(RefinedAssignment::Outcome outcome) {
  switch (outcome) {
    case RefinedAssignment::Outcome::raised:
      return "raised";
    case RefinedAssignment::Outcome::kept:
      return "kept";
    case RefinedAssignment::Outcome::unsupported:
      return "unsupported";
  }
  return {};
}

py::dict outcomes_of(const NetworkRefinement& refinement) {
  py::dict result;
  for (const RefinedAssignment& refined : refinement.assignments) {
    result[py::str(refined.assignment.layer)] = py::make_tuple(outcome_text(refined.outcome), refined.reason);
  }
  return result;
}

}  // namespace

void bind_refinement(py::module_& module) {
  py::class_<NetworkRefinement> type(module, "Refinement",
                                     "Wider widths of a network, and its prices before and after.");
  share_copies(type);
  refuse_pickle(type, "keep its widths, or what to_dict() of its reports gives");
  type.def_property_readonly(
          "metric", [](const NetworkRefinement& r) { return name(r.metric); }, "What did not rise.")
      .def_property_readonly("widths", &widths_of,
                             "{layer: {'w_bits': ..., 'in_bits': ...}}, as Graph.assign takes it.")
      .def_property_readonly("outcomes", &outcomes_of,
                             "{layer: (outcome, reason)}; an outcome is 'raised', 'kept' or 'unsupported'.")
      .def_readonly("before", &NetworkRefinement::before, "The NetworkReport with the widths as they were.")
      .def_readonly("after", &NetworkRefinement::after, "The NetworkReport with the wider ones.");
  module.def("refine", &refine_network, py::arg("graph"), py::arg("widths"), py::arg("machine"), py::arg("metric"),
             py::arg("formula"), py::arg("more_widths"), py::arg("scores"));
}

}  // namespace hwcost::python
