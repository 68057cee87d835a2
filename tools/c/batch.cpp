#include <algorithm>
#include <array>
#include <optional>

#include "border.hpp"
#include "hwcost/batch.hpp"
#include "hwcost/parallel_batch.hpp"

namespace {

using namespace hwcost;
using namespace hwcost::c_api;

// A caller's columns in the layout of C++; holds the pointers that it lends.
class Columns {
 public:
  explicit Columns(const hwcost_layers& layers) : op_(operator_of(layers)), rows_(layers.rows) {
    constexpr std::size_t kWidths = kMemberCount<Widths<>>;
    const Family family = info(op_).family;
    if (layers.family != static_cast<std::uint32_t>(family))
      refuse("layers->family is " + std::to_string(layers.family) + "; that of " + layers.op + " is " +
             std::to_string(static_cast<std::uint32_t>(family)));
    const std::size_t extents = column_count(family) - kWidths;
    require_count("extent_count", layers.extent_count, extents);
    require_count("width_count", layers.width_count, kWidths);
    take(&required(layers.extents, "layers->extents"), extents, "a column of layers->extents");
    take(&required(layers.widths, "layers->widths"), kWidths, "a column of layers->widths");
  }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;

  [[nodiscard]] LayerColumns get() const { return {op_, rows_, std::span(pointers_).first(width_)}; }

 private:
  static Op operator_of(const hwcost_layers& layers) {
    const auto op = op_named(&required(layers.op, "layers->op"));
    if (!op) refuse(std::string("no operator '") + layers.op + "'");
    return *op;
  }
  static void require_count(const char* field, std::size_t found, std::size_t wanted) {
    if (found == wanted) return;
    refuse(std::string("layers->") + field + " is " + std::to_string(found) + "; " + std::to_string(wanted) +
           " are wanted");
  }
  void take(const double* const* columns, std::size_t count, const char* name) {
    for (std::size_t k = 0; k < count; ++k) {
      if (rows_ > 0) required(columns[k], name);
      pointers_[width_++] = columns[k];
    }
  }

  Op op_;
  std::size_t rows_;
  std::size_t width_ = 0;
  std::array<const double*, kMostColumns> pointers_{};
};

static_assert(sizeof(Status) == sizeof(std::uint8_t));

// What the machine defines is asked of it; the other columns get no figure.
CostColumns columns_of(const hwcost_prices& prices, std::size_t rows, MetricSet defined) {
  const auto column = [&](double* out, Metric metric) {
    if (out != nullptr && defined.contains(metric)) return std::span(out, rows);
    if (out != nullptr) std::fill_n(out, rows, kNoFigure);
    return std::span<double>();
  };
  CostColumns out;
  out.latency_cycles = column(prices.latency_cycles, Metric::latency_cycles);
  out.latency_seconds = column(prices.latency_seconds, Metric::latency_seconds);
  out.energy_joules = column(prices.energy_joules, Metric::energy_joules);
  out.traffic_bytes = column(prices.traffic_bytes, Metric::traffic_bytes);
  out.convention_ops = column(prices.convention_ops, Metric::convention_ops);
  out.cost = column(prices.cost, Metric::cost);
  if (prices.status != nullptr) out.status = std::span(reinterpret_cast<Status*>(prices.status), rows);
  return out;
}

}  // namespace

std::size_t hwcost_extent_count(const char* op) {
  const auto known = op == nullptr ? std::nullopt : op_named(op);
  return known ? column_count(info(*known).family) - kMemberCount<Widths<>> : 0;
}

const char* hwcost_extent_name(const char* op, std::size_t column) {
  if (column >= hwcost_extent_count(op)) return nullptr;
  const char* name = nullptr;
  with_family(info(*op_named(op)).family, [&]<class D>() { name = D::kMembers[column].name.data(); });
  return name;
}

int32_t hwcost_price_batch(const hwcost_machine* machine, const hwcost_layers* layers, const hwcost_prices* prices,
                           std::size_t threads, hwcost_message* error) {
  return inside<int32_t>(error, 1, [&] {
    const Columns columns(required_struct(layers, "layers"));
    const Backend& backend = *required(machine, "machine").machine.backend;
    const CostColumns out = columns_of(required_struct(prices, "prices"), layers->rows, backend.traits().metrics);
    estimate_batch(backend, columns.get(), out, threads);
    return 0;
  });
}

int32_t hwcost_explain(const hwcost_machine* machine, const hwcost_layers* layers, std::size_t row,
                       hwcost_message* why) {
  return inside<int32_t>(why, -1, [&] {
    const Columns columns(required_struct(layers, "layers"));
    if (row >= layers->rows) refuse("there is no row " + std::to_string(row));
    const auto estimate = required(machine, "machine").machine.backend->estimate(layer_at(columns.get(), row));
    say(why, (estimate ? estimate->approximation : estimate.error().reason).c_str());
    if (!estimate) return hwcost_price_unsupported;
    return estimate->approximation.empty() ? hwcost_price_ok : hwcost_price_approximated;
  });
}
