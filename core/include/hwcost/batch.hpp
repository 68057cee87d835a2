// Many candidates of one operator at once: structure of arrays.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>

#include "hwcost/cost.hpp"
#include "hwcost/dims.hpp"
#include "hwcost/export.hpp"
#include "hwcost/layer.hpp"
#include "hwcost/precision.hpp"

namespace hwcost {

// What became of a layer: a price as the model's source states it, one that is only near it, none.
enum class Status : std::uint8_t { priced = 0, approximated = 1, unsupported = 2 };

// "priced", "approximated", "unsupported".
constexpr std::string_view to_text(Status status) {
  return status == Status::priced ? "priced" : status == Status::approximated ? "approximated" : "unsupported";
}

// Borrowed input columns, `size` doubles each: first the members of op's family in the order of its kMembers, then
// those of Widths. Widths are of integers. A scale_bits of NaN: the layer does not say its requantisation, the
// machine's own default holds. A layer with mixed weights is one candidate a width (out_channels = channels of that
// width); their costs add up where BackendTraits::widths_add_up says so.
struct LayerColumns {
  Op op = Op::conv2d;
  std::size_t size = 0;
  std::span<const double* const> columns;
  std::uint64_t broadcast = 0;  // bit k: columns[k] points to one double, the value of every candidate

  [[nodiscard]] bool is_broadcast(std::size_t column) const { return (broadcast >> column & 1u) != 0; }
  // Pre: column < columns.size(), row < size.
  [[nodiscard]] double at(std::size_t column, std::size_t row) const {
    return columns[column][is_broadcast(column) ? 0 : row];
  }
};

// One candidate of the columns as a layer (nameless, integer formats). Pre: row < in.size.
HWCOST_EXPORT Layer layer_at(const LayerColumns& in, std::size_t row);

// A candidate's extents (of the columns' family) from column 0 on, or its widths from those behind them.
template <class Struct>
Struct struct_at(const LayerColumns& in, std::size_t first_column, std::size_t row) {
  Struct s;
  [&]<std::size_t... K>(std::index_sequence<K...>) {
    ((s.*Struct::kMembers[K].pointer = in.at(first_column + K, row)), ...);
  }
  (std::make_index_sequence<kMemberCount<Struct>>());
  return s;
}
// Calls f(row, extents, widths) for each candidate.
template <class F>
void visit_candidates(const LayerColumns& in, F&& f) {
  with_family(info(in.op).family, [&]<class D>() {
    for (std::size_t row = 0; row < in.size; ++row)
      f(row, struct_at<D>(in, 0, row), struct_at<Widths<>>(in, kMemberCount<D>, row));
  });
}

// What stands in the place of a figure that there is none of.
inline constexpr double kNoFigure = std::numeric_limits<double>::quiet_NaN();

// Borrowed output columns, of the metrics of those names (metric.hpp), one entry a candidate: each has
// LayerColumns::size entries, or none where it is not wanted. They overlap no input column. A figure that the machine
// does not define is 0; an unsupported candidate gets kNoFigure in each, and its status.
struct CostColumns {
  std::span<double> latency_cycles;
  std::span<double> latency_seconds;  // kNoFigure where the machine has cycles and no clock
  std::span<double> energy_joules;
  std::span<double> traffic_bytes;
  std::span<double> convention_ops;  // in the machine's own way of counting
  std::span<double> cost;            // value of the description's formula
  std::span<Status> status;

  // The one list of the figures: calls f(column, its figure of a cost at a clock) for each.
  template <class F>
  constexpr void visit_figures(F&& f) const {
    f(latency_cycles, [](const Cost<>& c, double) { return c.latency().value; });
    f(latency_seconds, [](const Cost<>& c, double clock_hertz) {  // cycles without a clock have none
      return clock_hertz == 0.0 && c.latency().value != 0.0 ? kNoFigure : c.seconds(clock_hertz);
    });
    f(energy_joules, [](const Cost<>& c, double) { return c.energy.value; });
    f(traffic_bytes, [](const Cost<>& c, double) { return in_bytes(c.traffic); });
    f(convention_ops, [](const Cost<>& c, double) { return c.operations; });
    f(cost, [](const Cost<>& c, double) { return c.figure; });
  }

  // Writes one row.
  void put(std::size_t row, const Cost<>& c, Status outcome, double clock_hertz) const {
    visit_figures([&](std::span<double> column, auto figure) {
      if (!column.empty()) column[row] = outcome == Status::unsupported ? kNoFigure : figure(c, clock_hertz);
    });
    if (!status.empty()) status[row] = outcome;
  }

  // The same columns from row `first` on, `count` rows of them.
  [[nodiscard]] CostColumns rows(std::size_t first, std::size_t count) const {
    const auto part = [&](auto column) { return column.empty() ? column : column.subspan(first, count); };
    return {part(latency_cycles), part(latency_seconds), part(energy_joules), part(traffic_bytes), part(convention_ops),
            part(cost),           part(status)};
  }
};

// Columns that LayerColumns of this operator has.
constexpr std::size_t column_count(Family family) {
  std::size_t extents = 0;
  with_family(family, [&]<class D>() { extents = kMemberCount<D>; });
  return extents + kMemberCount<Widths<>>;
}

// Their names, in order: the members of the family, then those of Widths.
HWCOST_EXPORT std::span<const std::string_view> column_names(Family family);
// The set of these among them, bit k for column k: LayerColumns::broadcast, Backend::gradient_by(). A name that this
// family does not have stands for no column; InputError where no family has it.
HWCOST_EXPORT std::uint64_t members_named(Family family, std::initializer_list<std::string_view> names);
// All of them.
inline constexpr std::uint64_t kEveryMember = ~std::uint64_t{0};

// Columns of the family that has the most.
inline constexpr std::size_t kMostColumns = [] {
  std::size_t most = 0;
  for (std::size_t family = 0; family < std::variant_size_v<Dims>; ++family)
    most = std::max(most, column_count(static_cast<Family>(family)));
  return most;
}();
static_assert(kMostColumns <= 64, "LayerColumns::broadcast has a bit a column");

}  // namespace hwcost
