// Looking up and summing; make_price_table.cpp fills a table.
#include "hwcost/price_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "hwcost/work.hpp"
#include "parallel_blocks.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kRows = 4096;  // assignments that a thread sums at a time

// Sums of N assignments side by side: each is a chain of additions, which must not wait for each other. False where a
// choice is none.
template <std::size_t N, class Integer>
bool sum_rows(const double* prices, std::size_t layers, std::size_t choices, const Integer* assignments, double fixed,
              double* totals) {
  std::array<double, N> sums;
  sums.fill(fixed);
  bool sound = true;
  for (std::size_t i = 0; i < layers; ++i, prices += choices) {
    for (std::size_t row = 0; row < N; ++row) {
      const auto choice = static_cast<std::size_t>(assignments[row * layers + i]);
      const bool known = choice < choices;
      sound &= known;
      sums[row] += prices[known ? choice : 0];
    }
  }
  std::copy(sums.begin(), sums.end(), totals);
  return sound;
}

[[noreturn]] void fail(const std::string& what, const SourcePlace& place = {}) {
  throw InputError(place, "price table: " + what);
}

// Throws for the first choice that is none.
template <class Integer>
[[noreturn]] void fail_choice(const PriceTableContents& contents, std::span<const Integer> assignments) {
  const std::size_t layers = contents.layers.size();
  std::size_t k = 0;
  while (static_cast<std::size_t>(assignments[k]) < contents.choices.size()) ++k;
  fail(fmt::format("assignment {}, layer {} ('{}'): choice {} is not among the {} from 0 on", k / layers, k % layers,
                   contents.layers[k % layers].name, assignments[k], contents.choices.size()));
}

void check_size(std::string_view what, std::size_t size, std::size_t wanted, const SourcePlace& place = {}) {
  if (size != wanted) fail(fmt::format("{} {}, wanted {}", size, what, wanted), place);
}

void check_choices(const PriceTableContents& c, const SourcePlace& place) {
  if (c.choices.empty()) fail("no choices", place);
  const auto check = [&](std::size_t choice, std::string_view what, double bits) {
    if (bits >= 0.0 && bits == std::floor(bits) && std::isfinite(bits)) return;
    fail(fmt::format("choice {} has {} of {} bits, wanted a whole number from 0 on", choice, what, bits), place);
  };
  for (std::size_t k = 0; k < c.choices.size(); ++k) {
    check(k, "weights", c.choices[k].weight_bits);
    check(k, "inputs", c.choices[k].input_bits);
    check(k, "outputs", c.choices[k].output_bits.value_or(0.0));
  }
}

void check_layers(const PriceTableContents& c, const SourcePlace& place) {
  std::unordered_set<NodeId> nodes;
  for (const PriceTableContents::Row& row : c.layers) {
    if (!nodes.insert(row.node).second)
      fail(fmt::format("layer '{}': node {} is there twice", row.name, row.node), place);
    if (!(row.macs >= 0.0 && std::isfinite(row.macs)))
      fail(fmt::format("layer '{}' has {} MACs, wanted a finite number from 0 on", row.name, row.macs), place);
  }
}

void check_reasons(const PriceTableContents& c, const SourcePlace& place) {
  if (c.reasons.empty() || !c.reasons.front().empty())
    fail(fmt::format("its first reason is '{}', wanted an empty one", c.reasons.empty() ? "" : c.reasons.front()),
         place);
  for (const std::uint32_t reason : c.reason_of) {
    if (reason >= c.reasons.size()) fail(fmt::format("reason {} of {}", reason, c.reasons.size()), place);
  }
}

// Whether a layer with a price may lack the metric: a machine that is fallen back to may not define it, and cycles
// without a clock have no seconds.
bool may_lack(const PriceTableContents& c, Metric metric) {
  return c.machines.size() > 1 || metric == Metric::latency_seconds;
}

std::string_view wanted_figure(Metric metric) {
  return metric == Metric::cost ? "a finite number" : "a finite number from 0 on";
}

// Costs by a user's formula may be negative.
bool is_figure(Metric metric, double price) { return std::isfinite(price) && (price >= 0.0 || metric == Metric::cost); }

void check_prices(const PriceTableContents& c, const SourcePlace& place) {
  const std::size_t choices = c.choices.size();
  const std::size_t entries = c.layers.size() * choices;
  for (std::size_t m = 0; m < c.metrics.size(); ++m) {
    const Metric metric = c.metrics[m];
    const bool fixed_is_sound = std::isnan(c.fixed[m]) ? may_lack(c, metric) : is_figure(metric, c.fixed[m]);
    if (!fixed_is_sound)
      fail(fmt::format("layers without a choice have {} of {}, wanted {}", name(metric), c.fixed[m],
                       wanted_figure(metric)),
           place);
    for (std::size_t k = 0; k < entries; ++k) {
      const double price = c.prices[m * entries + k];
      const bool has_price = c.statuses[k] != Status::unsupported;
      const bool is_sound =
          std::isnan(price) ? !has_price || may_lack(c, metric) : has_price && is_figure(metric, price);
      if (is_sound) continue;
      fail(fmt::format("layer '{}', choice {}: {}, with {} of {}, wanted {}", c.layers[k / choices].name, k % choices,
                       to_text(c.statuses[k]), name(metric), price, has_price ? wanted_figure(metric) : "none"),
           place);
    }
  }
}

}  // namespace

PriceTable::PriceTable(PriceTableContents contents, const SourcePlace& place) : contents_(std::move(contents)) {
  const PriceTableContents& c = contents_;
  check_choices(c, place);
  const std::size_t entries = layer_count() * choice_count();
  check_size("sums of layers without a choice", c.fixed.size(), c.metrics.size(), place);
  check_size("prices", c.prices.size(), c.metrics.size() * entries, place);
  check_size("statuses", c.statuses.size(), entries, place);
  check_size("reasons", c.reason_of.size(), entries, place);
  check_layers(c, place);
  check_reasons(c, place);
  check_prices(c, place);
  place_.fill(kAbsent);
  for (std::size_t m = 0; m < c.metrics.size(); ++m) {
    std::uint8_t& slot = place_[static_cast<std::size_t>(c.metrics[m])];
    if (slot != kAbsent) fail(fmt::format("metric {} twice", name(c.metrics[m])), place);
    slot = static_cast<std::uint8_t>(m);
  }
}

std::size_t PriceTable::place_of(Metric metric) const {
  const std::size_t m = place_[static_cast<std::size_t>(metric)];
  if (m != kAbsent) return m;
  std::string known;
  for (const Metric other : contents_.metrics) known += fmt::format("{}{}", known.empty() ? "" : ", ", name(other));
  fail(fmt::format("no metric {}; it has {}", name(metric), known));
}

std::span<const double> PriceTable::prices(Metric metric) const {
  const std::size_t entries = layer_count() * choice_count();
  return std::span(contents_.prices).subspan(place_of(metric) * entries, entries);
}

double PriceTable::fixed(Metric metric) const { return contents_.fixed[place_of(metric)]; }

template <class Integer>
void PriceTable::sums(Metric metric, std::span<const Integer> assignments, std::span<double> totals,
                      std::size_t threads) const {
  const std::size_t layers = layer_count();
  const std::size_t choices = choice_count();
  check_size("choices of an assignment", assignments.size(), totals.size() * layers);
  const double* const all = prices(metric).data();
  const double start = fixed(metric);
  for_each_block(totals.size(), kRows, threads, [&](std::size_t first, std::size_t count) {
    constexpr std::size_t kAtATime = 8;
    bool sound = true;
    std::size_t row = first;
    for (; row + kAtATime <= first + count; row += kAtATime)
      sound &= sum_rows<kAtATime>(all, layers, choices, assignments.data() + row * layers, start, totals.data() + row);
    for (; row < first + count; ++row)
      sound &= sum_rows<1>(all, layers, choices, assignments.data() + row * layers, start, totals.data() + row);
    if (!sound) fail_choice(contents_, assignments);
  });
}

template HWCOST_EXPORT void PriceTable::sums(Metric, std::span<const std::uint8_t>, std::span<double>,
                                             std::size_t) const;
template HWCOST_EXPORT void PriceTable::sums(Metric, std::span<const std::uint16_t>, std::span<double>,
                                             std::size_t) const;
template HWCOST_EXPORT void PriceTable::sums(Metric, std::span<const std::int32_t>, std::span<double>,
                                             std::size_t) const;
template HWCOST_EXPORT void PriceTable::sums(Metric, std::span<const std::int64_t>, std::span<double>,
                                             std::size_t) const;

void PriceTable::check_is_of(const Graph& graph, const Machine& machine, const std::optional<Formula>& formula) const {
  const Machine* one = &machine;
  for (const PriceTableContents::Source& source : contents_.machines) {
    if (one == nullptr) fail(fmt::format("is of machine '{}' too, to which none falls back here", source.name));
    const Description& description = one->description;
    if (description.name() != source.name)
      fail(fmt::format("is of machine '{}', not of '{}'", source.name, description.name()));
    if (description.sha256() != source.sha256) {
      fail(fmt::format("is of another description of '{}': SHA-256 {}, here {}", source.name, source.sha256,
                       description.sha256()));
    }
    one = one->fallback.get();
  }
  if (one != nullptr) fail(fmt::format("is of no machine '{}', the fallback here", one->description.name()));
  const std::string own_formula = formula ? formula->expression() : "";
  if (own_formula != contents_.formula)
    fail(fmt::format("is of formula '{}', not of '{}'", contents_.formula, own_formula));
  for (const PriceTableContents::Row& row : contents_.layers) {
    if (row.node >= graph.nodes.size())
      fail(fmt::format("layer '{}' is node {}; the network has {}", row.name, row.node, graph.nodes.size()));
    const Layer& layer = graph.nodes[row.node].layer;
    if (layer.name != row.name) fail(fmt::format("node {} is '{}', here '{}'", row.node, row.name, layer.name));
    if (const double macs = work(layer).macs; macs != row.macs)
      fail(fmt::format("layer '{}' has {} MACs, here {}", row.name, row.macs, macs));
  }
}

}  // namespace hwcost
