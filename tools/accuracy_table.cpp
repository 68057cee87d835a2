#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "accuracy_output.hpp"
#include "figures.hpp"
#include "numbers.hpp"
#include "text_table.hpp"

namespace hwcost::command {
namespace {

std::string with_sign(double share) { return fmt::format("{:+.1f} %", 100.0 * share); }

class AccuracyTable {
 public:
  explicit AccuracyTable(const Comparison& comparison) : comparison_(comparison) {}

  [[nodiscard]] std::string head() const {
    const Hardware& hardware = comparison_.hardware;
    std::string text = fmt::format("{} on {} (backend {}, {}) against {}: {}\n", printable(comparison_.model),
                                   hardware.name, hardware.backend, printable(hardware.file),
                                   printable(comparison_.against), human_name(comparison_.metric));
    for (const std::string& assumption : comparison_.assumptions) text += "  - " + printable(assumption) + '\n';
    return text + '\n';
  }

  [[nodiscard]] std::string layers() const {
    TextTable table({{"layer", Align::left},
                     {"kind", Align::left},
                     {"pairing", Align::left},
                     {"predicted"},
                     {"measured"},
                     {"error"},
                     {"bound by", Align::left},
                     {"why", Align::left}});
    for (const ComparedLayer& layer : comparison_.layers) {
      table.add_row({layer.name, layer.kind, std::string(to_text(layer.pairing)), figure(layer.predicted),
                     figure(layer.measured), layer.pairing == Pairing::compared ? with_sign(layer.error()) : "",
                     layer.bottleneck, layer.remark});
    }
    return table.text() + '\n';
  }

  [[nodiscard]] std::string errors() const {
    TextTable table({{"errors of", Align::left},
                     {"layers"},
                     {"median"},
                     {"mean"},
                     {"p90"},
                     {"largest"},
                     {"within 10 %"},
                     {"bias"}});
    for (const ErrorStatistics& kind : comparison_.kinds) table.add_row(statistics_row(kind));
    table.add_rule();
    table.add_row(statistics_row(comparison_.all));
    return table.text() + '\n';
  }

  [[nodiscard]] std::string networks() const {
    if (comparison_.networks.empty()) return "";
    TextTable table({{"network", Align::left}, {"layers"}, {"left out"}, {"predicted"}, {"measured"}, {"error"}});
    for (const ComparedSum& sum : comparison_.networks) {
      table.add_row({sum.name, std::to_string(sum.layers),
                     sum.layers_left_out > 0 ? std::to_string(sum.layers_left_out) : "", figure(sum.predicted),
                     figure(sum.measured), with_sign(sum.error())});
    }
    return table.text() + '\n';
  }

  [[nodiscard]] std::string worst() const {
    constexpr std::size_t kShown = 10;
    const std::size_t shown = std::min(kShown, comparison_.from_worst_on.size());
    std::string text = fmt::format("the worst {} of {} layers:\n", shown, comparison_.from_worst_on.size());
    TextTable table({{"layer", Align::left},
                     {"kind", Align::left},
                     {"predicted"},
                     {"measured"},
                     {"error"},
                     {"why", Align::left},
                     {"measurement", Align::left}});
    for (std::size_t i = 0; i < shown; ++i) {
      const ComparedLayer& layer = comparison_.layers[comparison_.from_worst_on[i]];
      table.add_row({layer.name, layer.kind, figure(layer.predicted), figure(layer.measured), with_sign(layer.error()),
                     explanation(layer), layer.origin});
    }
    return text + table.text() + '\n';
  }

  // Every layer that is not compared, by name, with the reason; those that are free are only counted.
  [[nodiscard]] std::string left_out() const {
    struct Named {
      std::size_t count = 0;
      std::string names;
    };
    std::map<std::pair<Pairing, std::string>, Named> reasons;
    for (const ComparedLayer& layer : comparison_.layers) {
      if (layer.pairing == Pairing::compared || layer.pairing == Pairing::free) continue;
      Named& layers = reasons[{layer.pairing, layer.remark}];
      if (++layers.count > 1) layers.names += ", ";
      layers.names += layer.name;
    }
    std::string text;
    for (const auto& [reason, layers] : reasons) {
      text += fmt::format("{} {}: {} ({})\n", layers.count, to_text(reason.first), printable(reason.second),
                          printable(layers.names));
    }
    return text;
  }

  [[nodiscard]] std::string foot() const {
    const ComparedSum& total = comparison_.total;
    const std::size_t free = comparison_.count(Pairing::free);
    std::string text;
    const auto line = [&](std::string_view title, const std::string& what) {
      text += fmt::format("{:<20}{}\n", fmt::format("{}:", title), what);
    };
    line("layers", fmt::format("{} compared, {} left out, {} free", total.layers, total.layers_left_out, free));
    line("predicted", figure(total.predicted));
    line("measured", figure(total.measured));
    line("error of the sum", with_sign(total.error()));
    line("median error", percent(comparison_.all.median));
    line("within 10 %", percent(comparison_.all.share_near));
    line("Kendall's tau", fmt::format("{:.3f}", comparison_.kendall_tau));
    if (const auto share = comparison_.share_in_intervals()) line("within intervals", percent(*share) + " of layers");
    if (comparison_.whole_networks() > 0) {
      line("networks", fmt::format("{} compared whole, the sums of {} within 10 %", comparison_.whole_networks(),
                                   percent(comparison_.share_of_networks_near())));
    }
    if (comparison_.measured_left_out > 0.0) line("measured, unpriced", figure(comparison_.measured_left_out));
    if (comparison_.predicted_left_out > 0.0) line("priced, unmeasured", figure(comparison_.predicted_left_out));
    return text;
  }

 private:
  [[nodiscard]] std::string figure(std::optional<double> value) const { return human(comparison_.metric, value); }

  static std::vector<std::string> statistics_row(const ErrorStatistics& s) {
    return {s.kind,
            std::to_string(s.count),
            percent(s.median),
            percent(s.mean),
            percent(s.ninetieth),
            percent(s.largest),
            percent(s.share_near),
            with_sign(s.bias)};
  }

  const Comparison& comparison_;
};

}  // namespace

std::string explanation(const ComparedLayer& layer) {
  std::string text;
  if (layer.causes) {
    text = fmt::format("{} compute, {} memory, {} overhead", percent(layer.causes->compute),
                       percent(layer.causes->exposed_memory), percent(layer.causes->overhead));
  }
  if (!layer.remark.empty()) text += fmt::format("{}{}", text.empty() ? "" : "; ", layer.remark);
  return text;
}

std::string accuracy_table(const Comparison& comparison, bool only_summary) {
  const AccuracyTable table(comparison);
  return table.head() + (only_summary ? "" : table.layers()) + table.errors() + table.networks() + table.worst() +
         table.left_out() + table.foot();
}

}  // namespace hwcost::command
