#include "hwcost/price_table.hpp"

#include <cmath>
#include <vector>

#include "border.hpp"
#include "hwcost/import/price_table.hpp"
#include "model_file.hpp"

namespace {

using namespace hwcost;
using namespace hwcost::c_api;

std::vector<WidthChoice> choices_of(const hwcost_width_choice* choices, std::size_t count) {
  std::vector<WidthChoice> result;
  if (count > 0) required(choices, "choices");
  for (std::size_t k = 0; k < count; ++k) {
    WidthChoice& choice = result.emplace_back(WidthChoice{choices[k].weight_bits, choices[k].input_bits});
    if (!std::isnan(choices[k].output_bits)) choice.output_bits = choices[k].output_bits;
  }
  return result;
}

bool has(const PriceTable& table, std::size_t layer, std::size_t choice) {
  return layer < table.layer_count() && choice < table.choice_count();
}

Metric metric_of(hwcost_metric metric) {
  if (metric < 0 || metric >= hwcost_metric_count) refuse("no metric " + std::to_string(static_cast<int>(metric)));
  return static_cast<Metric>(metric);
}

}  // namespace

hwcost_price_table* hwcost_make_price_table(const hwcost_machine* machine, const char* model_file,
                                            const hwcost_width_choice* choices, std::size_t choice_count,
                                            std::size_t threads, hwcost_message* error) {
  return inside<hwcost_price_table*>(error, nullptr, [&] {
    const Machine& priced_on = required(machine, "machine").machine;
    const Graph graph = command::read_model_file(&required(model_file, "model_file"));
    const PriceTableOptions options{.choices = choices_of(choices, choice_count), .threads = threads};
    return new hwcost_price_table{make_price_table(graph, priced_on, options)};
  });
}

hwcost_price_table* hwcost_load_price_table(const char* file, hwcost_message* error) {
  return inside<hwcost_price_table*>(error, nullptr,
                                     [&] { return new hwcost_price_table{load_price_table(&required(file, "file"))}; });
}

int32_t hwcost_save_price_table(const hwcost_price_table* table, const char* file, hwcost_message* error) {
  return inside<int32_t>(error, 1, [&] {
    save_price_table(required(table, "table").table, &required(file, "file"));
    return 0;
  });
}

void hwcost_free_price_table(hwcost_price_table* table) { delete table; }

std::size_t hwcost_price_table_layer_count(const hwcost_price_table* table) { return table->table.layer_count(); }
std::size_t hwcost_price_table_choice_count(const hwcost_price_table* table) { return table->table.choice_count(); }

const char* hwcost_price_table_layer_name(const hwcost_price_table* table, std::size_t layer) {
  return layer < table->table.layer_count() ? table->table.contents().layers[layer].name.c_str() : nullptr;
}

double hwcost_price_table_price(const hwcost_price_table* table, hwcost_metric metric, std::size_t layer,
                                std::size_t choice) {
  const bool known = metric >= 0 && metric < hwcost_metric_count && has(table->table, layer, choice);
  return known ? table->table.price(static_cast<Metric>(metric), layer, choice) : kNoFigure;
}

const char* hwcost_price_table_reason(const hwcost_price_table* table, std::size_t layer, std::size_t choice) {
  return has(table->table, layer, choice) ? table->table.reason(layer, choice).c_str() : nullptr;
}

int32_t hwcost_price_table_sums(const hwcost_price_table* table, hwcost_metric metric, const uint8_t* assignments,
                                std::size_t networks, double* totals, std::size_t threads, hwcost_message* error) {
  return inside<int32_t>(error, 1, [&] {
    const PriceTable& prices = required(table, "table").table;
    if (networks > 0) required(assignments, "assignments"), required(totals, "totals");
    prices.sums(metric_of(metric), std::span(assignments, networks * prices.layer_count()), std::span(totals, networks),
                threads);
    return 0;
  });
}
