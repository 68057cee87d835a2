#include "soft_figures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace hwcost {
namespace {

const Facts::Column* fact_named(const std::string& name) {
  const auto& columns = Facts::columns();
  const auto it = std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
  return it == columns.end() ? nullptr : &*it;
}

// A metric that adds up needs no facts.
double of_cost(Metric metric, const Cost<>& cost, double clock_hertz) {
  return value(metric, cost, Facts(), clock_hertz).value_or(kNoFigure);
}

}  // namespace

FigureSource::FigureSource(const Machine& machine, const ExpectedCostOptions& options)
    : machine_(machine), formula_(options.formula) {
  const auto& own = machine.description.formula();
  if (!formula_ && own) formula_ = Formula(own->text, own->place);
  for (std::size_t column = 0; column < options.metrics.size(); ++column) {
    const std::string& name = options.metrics[column];
    if (std::count(options.metrics.begin(), options.metrics.end(), name) > 1) {
      throw InputError({}, fmt::format("metric '{}' is named twice", name));
    }
    add(name, column);
  }
}

void FigureSource::add(const std::string& name, std::size_t column) {
  const auto fail = [&](const std::string& what) { throw InputError({}, fmt::format("metric '{}' {}", name, what)); };
  if (const Facts::Column* fact = fact_named(name)) {
    const auto source = fact->is_even ? FigureGroup::Source::even_facts : FigureGroup::Source::rounded_facts;
    group(source).figures.push_back({column, {}, fact->member});
    return;
  }
  const auto metric = metric_named(name);
  if (!metric) fail("is neither a metric nor a fact of layers");
  if (!adds_up(*metric)) fail("does not add up over layers");
  if (*metric == Metric::cost && formula_) {
    group(FigureGroup::Source::formula).figures.push_back({column, *metric});
    return;
  }
  if (!machine_.backend->traits().metrics.contains(*metric)) {
    fail(fmt::format("is not defined by {}", machine_.description.name()));
  }
  group(FigureGroup::Source::machine).figures.push_back({column, *metric});
}

FigureGroup& FigureSource::group(FigureGroup::Source source) {
  const auto it =
      std::find_if(groups_.begin(), groups_.end(), [&](const FigureGroup& group) { return group.source == source; });
  if (it != groups_.end()) return *it;
  groups_.push_back({source, {}});
  return groups_.back();
}

Verdict FigureSource::judge(const Graph& graph, const Node& node) const {
  Tally uncounted;
  return Judge(machine_, nullptr, uncounted)(graph, node);
}

std::optional<std::string> FigureSource::why_undefined(const FigureGroup& group, const Verdict& verdict) const {
  if (group.source != FigureGroup::Source::machine || verdict.is_free || verdict.is_uncounted) return std::nullopt;
  const BackendTraits& traits = verdict.machine->backend->traits();
  const std::string& who = verdict.machine->description.name();
  for (const auto& figure : group.figures) {
    if (!traits.metrics.contains(figure.metric)) return fmt::format("{} does not define {}", who, name(figure.metric));
    if (!value(figure.metric, verdict.cost, Facts(), traits.clock_hertz)) {
      return fmt::format("{} has no clock, so no {}", who, name(figure.metric));
    }
    if (figure.metric == Metric::latency_cycles && traits.clock_hertz != machine_.backend->traits().clock_hertz) {
      return fmt::format("{} has another clock than {}: their cycles have no sum", who, machine_.description.name());
    }
  }
  return std::nullopt;
}

std::optional<std::string> FigureSource::values(const FigureGroup& group, const Graph& graph, const Node& node,
                                                std::span<double> to) const {
  const double repeat = node.layer.repeat;
  switch (group.source) {
    case FigureGroup::Source::machine: {
      const Verdict verdict = judge(graph, node);
      if (verdict.status == Status::unsupported) return verdict.reason;
      const Cost<> cost = verdict.cost.settled() * repeat;
      const double clock = verdict.machine->backend->traits().clock_hertz;
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = of_cost(group.figures[i].metric, cost, clock);
      return std::nullopt;
    }
    case FigureGroup::Source::formula: {
      const auto figure = formula_->evaluate(node.layer);
      if (!figure) return figure.error().reason;
      std::fill(to.begin(), to.end(), *figure * repeat);
      return std::nullopt;
    }
    case FigureGroup::Source::even_facts:
    case FigureGroup::Source::rounded_facts:
      break;
  }
  const Facts f = facts(node.layer);
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = f.*group.figures[i].fact;
  return std::nullopt;
}

std::optional<std::string> FigureSource::gradient(const FigureGroup& group, const Graph& graph, const Node& node,
                                                  std::uint64_t members, std::span<double> to,
                                                  std::vector<double>& partials) const {
  const std::size_t columns = column_count(info(node.layer.op).family);
  partials.assign(to.size() * columns, 0.0);
  const double repeat = node.layer.repeat;
  std::vector<Cost<>> slopes;
  const Question ask = [&](const Backend& backend, const Layer& layer) -> Expected<Estimate, Unsupported> {
    auto gradient = backend.gradient_by(layer, GradientMode::straight_through, members);
    if (!gradient) return tl::unexpected(std::move(gradient.error()));
    slopes = std::move(gradient->partial);
    return Estimate{gradient->value, {}};
  };
  Tally uncounted;
  const Verdict verdict = Judge(machine_, nullptr, uncounted)(graph, node, ask);
  if (verdict.status == Status::unsupported) return verdict.reason;
  const double clock = verdict.machine->backend->traits().clock_hertz;
  const Cost<> cost = verdict.cost.settled() * repeat;
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i] = of_cost(group.figures[i].metric, cost, clock);
    for (std::size_t k = 0; k < slopes.size(); ++k) {
      if ((members >> k & 1u) != 0)
        partials[i * columns + k] = of_cost(group.figures[i].metric, slopes[k] * repeat, clock);
    }
  }
  return std::nullopt;
}

}  // namespace hwcost
