// A price table read from JSON: strictly, every fault with its path in the document.
#include <fmt/format.h>

#include "did_you_mean.hpp"
#include "hwcost/import/price_table.hpp"
#include "json_value.hpp"
#include "text_file.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

class Reader {
 public:
  explicit Reader(const JsonValue& document) : document_(document) {}

  PriceTableContents run() {
    document_.check_schema("hwcost-price-table/1");
    document_.refuse_others(
        {"schema", "model", "formula", "machines", "choices", "metrics", "fixed", "unpriced", "reasons", "layers"});
    c_.model = document_.member("model").text();
    c_.formula = document_.member("formula").text();
    each(document_.member("machines"), [this](const JsonValue& source) {
      source.refuse_others({"name", "sha256"});
      c_.machines.push_back({source.member("name").text(), source.member("sha256").text()});
    });
    each(document_.member("choices"), [this](const JsonValue& choice) { add_choice(choice); });
    each(document_.member("metrics"), [this](const JsonValue& metric) { add_metric(metric); });
    numbers(document_.member("fixed"), c_.metrics.size(), c_.fixed);
    each(document_.member("unpriced"), [this](const JsonValue& layer) {
      layer.refuse_others({"name", "reason"});
      c_.unpriced.push_back({layer.member("name").text(), layer.member("reason").text()});
    });
    each(document_.member("reasons"), [this](const JsonValue& reason) { c_.reasons.push_back(reason.text()); });
    add_layers(document_.member("layers"));
    return std::move(c_);
  }

 private:
  template <class F>
  static void each(const JsonValue& array, F&& f) {
    for (std::size_t i = 0; i < array.size(); ++i) f(array[i]);
  }
  static void check_size(const JsonValue& array, std::size_t wanted) {
    if (array.size() != wanted) array.fail(fmt::format("has {} elements, wanted {}", array.size(), wanted));
  }
  // Null stands for no figure.
  static void numbers(const JsonValue& array, std::size_t wanted, std::vector<double>& values) {
    check_size(array, wanted);
    each(array, [&](const JsonValue& value) { values.push_back(value.is_null() ? kNoFigure : value.real()); });
  }

  void add_choice(const JsonValue& widths) {
    if (widths.size() < 2 || widths.size() > 3)
      widths.fail(fmt::format("has {} widths, wanted those of weights, of inputs and maybe of outputs", widths.size()));
    WidthChoice choice{widths[0].number(), widths[1].number()};
    if (widths.size() == 3) choice.output_bits = widths[2].number();
    c_.choices.push_back(choice);
  }

  void add_metric(const JsonValue& text) {
    const auto metric = metric_named(text.text());
    if (!metric) text.fail(fmt::format("unknown metric {}", in_quotes(text.text())));
    c_.metrics.push_back(*metric);
  }

  void add_layers(const JsonValue& layers) {
    std::vector<std::vector<double>> prices(c_.metrics.size());
    each(layers, [&](const JsonValue& layer) {
      layer.refuse_others({"name", "node", "macs", "prices", "statuses", "reasons"});
      c_.layers.push_back({layer.member("name").text(), layer.member("node").index(), layer.member("macs").real()});
      const JsonValue of_metrics = layer.member("prices");
      check_size(of_metrics, c_.metrics.size());
      for (std::size_t m = 0; m < prices.size(); ++m) numbers(of_metrics[m], c_.choices.size(), prices[m]);
      check_size(layer.member("statuses"), c_.choices.size());
      each(layer.member("statuses"), [this](const JsonValue& status) { c_.statuses.push_back(status_of(status)); });
      check_size(layer.member("reasons"), c_.choices.size());
      each(layer.member("reasons"), [this](const JsonValue& reason) { add_reason(reason); });
    });
    for (const auto& column : prices) c_.prices.insert(c_.prices.end(), column.begin(), column.end());
  }

  static Status status_of(const JsonValue& text) {
    for (const Status status : {Status::priced, Status::approximated, Status::unsupported}) {
      if (text.text() == to_text(status)) return status;
    }
    text.fail(fmt::format("unknown status {}", in_quotes(text.text())));
  }

  void add_reason(const JsonValue& reason) {
    const std::size_t index = reason.index();
    if (index >= c_.reasons.size()) reason.fail(fmt::format("is {}, of {} reasons", index, c_.reasons.size()));
    c_.reason_of.push_back(static_cast<std::uint32_t>(index));
  }

  const JsonValue& document_;
  PriceTableContents c_;
};

}  // namespace

PriceTable read_price_table(std::string_view text, const std::string& file) {
  const nlohmann::json json = parse_json(text, file);
  const JsonValue document(json, file);
  return PriceTable(Reader(document).run(), {file, 0});
}

PriceTable load_price_table(const std::filesystem::path& file) {
  return read_price_table(read_text_file(file, kMostBytes), file.string());
}

}  // namespace hwcost
