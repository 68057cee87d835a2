// Figures of layers, their sums, and the tree of modules.
#include "hwcost/report.hpp"

#include <map>
#include <string_view>

namespace hwcost {
namespace {

// Cycles of different clocks have no sum; what is computed from them neither.
constexpr std::initializer_list<Metric> kCycleMetrics{Metric::latency_cycles, Metric::utilization};

// The tree while it grows: each module's reports and its children in the order of first use.
class ModuleTree {
 public:
  explicit ModuleTree(const NetworkReport& report) {
    modules_.push_back({{"", 0, {}}, {}});
    for (const LayerReport& layer : report.layers) add(layer);
  }

  std::vector<ModuleReport> parents_first() && {
    std::vector<ModuleReport> result;
    result.reserve(modules_.size());
    std::vector<std::size_t> open{0};
    while (!open.empty()) {
      Entry& entry = modules_[open.back()];
      open.pop_back();
      open.insert(open.end(), entry.children.rbegin(), entry.children.rend());
      result.push_back(std::move(entry.report));
    }
    return result;
  }

 private:
  struct Entry {
    ModuleReport report;
    std::vector<std::size_t> children;
  };

  void add(const LayerReport& layer) {
    modules_[0].report.totals.add(layer);
    if (layer.module.empty()) return;
    std::size_t parent = 0;
    for (std::size_t end = 0; end != std::string::npos;) {
      end = layer.module.find('.', end + 1);
      parent = child(parent, std::string_view(layer.module).substr(0, end));
      modules_[parent].report.totals.add(layer);
    }
  }

  std::size_t child(std::size_t parent, std::string_view path) {
    if (const auto it = index_.find(path); it != index_.end()) return it->second;
    const std::size_t index = modules_.size();
    modules_.push_back({{std::string(path), modules_[parent].report.depth + 1, {}}, {}});
    modules_[parent].children.push_back(index);
    index_.emplace(path, index);
    return index;
  }

  std::vector<Entry> modules_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace

std::optional<double> LayerReport::metric(Metric m) const {
  if (status == Status::unsupported || !metrics.contains(m)) return std::nullopt;
  return value(m, cost, facts, clock_hertz);
}

void Totals::add(const LayerReport& layer) {
  const bool first = priced + approximated + unsupported == 0;
  // A sum has a lower bound only where all its terms have one, so the first layer is no sum with an empty one.
  if (first) {
    facts = layer.facts;
  } else {
    facts += layer.facts;
  }
  if (layer.status == Status::unsupported) {
    ++unsupported;
    if (!layer.has_facts) ++of_unknown_work;
    return;
  }
  if (priced + approximated == 0) {
    priced_facts = layer.facts;
    clock_hertz = layer.clock_hertz;
  } else {
    priced_facts += layer.facts;
  }
  ++(layer.status == Status::priced ? priced : approximated);
  if (layer.counted_as_0) macs_counted_as_0 += layer.facts.macs;
  cost = cost + layer.cost;
  seconds += layer.metric(Metric::latency_seconds).value_or(0.0);
  note_what_is_incomplete(layer);
}

void Totals::note_what_is_incomplete(const LayerReport& layer) {
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    const Metric m = static_cast<Metric>(i);
    if (!layer.metrics.contains(m)) incomplete.insert(m);
  }
  if (layer.metrics.contains(Metric::latency_seconds) && !layer.metric(Metric::latency_seconds))
    incomplete.insert(Metric::latency_seconds);
  if (layer.clock_hertz == clock_hertz) return;
  for (const Metric m : kCycleMetrics) incomplete.insert(m);
}

std::optional<double> Totals::unpriced_share_of_macs() const {
  if (of_unknown_work > 0) return std::nullopt;
  if (facts.macs == 0.0) return 0.0;
  return (facts.macs - priced_facts.macs + macs_counted_as_0) / facts.macs;
}

std::optional<double> Totals::metric(Metric m, MetricSet defined) const {
  if (!defined.contains(m) || incomplete.contains(m) || priced + approximated == 0) return std::nullopt;
  if (m == Metric::latency_seconds) return seconds;
  return value(m, cost, priced_facts, clock_hertz);
}

std::vector<ModuleReport> by_module(const NetworkReport& report) { return ModuleTree(report).parents_first(); }

}  // namespace hwcost
