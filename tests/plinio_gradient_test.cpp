// Expected costs under soft choices of widths, and their straight-through derivatives, against PLiNIO's own autograd:
// tests/golden/plinio_gradients.csv, whose rows without 0 bit among the widths mean what ours do: it charges channels
// of 0 bit twice.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "hwcost/expected_cost.hpp"

namespace hwcost {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> cells;
  std::istringstream stream(text);
  for (std::string cell; std::getline(stream, cell, separator);) cells.push_back(cell);
  return cells;
}

std::vector<Row> rows() {
  std::ifstream file(HWCOST_SOURCE_DIR "/tests/golden/plinio_gradients.csv");
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> names = split(line, ',');
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line, ',');
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < cells.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

double number(const Row& row, const std::string& column) { return std::stod(row.at(column)); }

// What each of its models is here. It divides channels over the widths for all but gap8 and diana.
struct Model {
  const char* description;
  const char* metric;
  SoftChoice choice;
  const char* formula = nullptr;
};
const std::map<std::string, Model> kModels{{"params_bit", {"counts", "weight_bits", SoftChoice::split}},
                                           {"ops", {"counts", "cost", SoftChoice::split, "macs+bias*out_elements"}},
                                           {"ops_bit", {"counts", "bit_ops", SoftChoice::split}},
                                           {"mpic_latency", {"mpic", "latency_cycles", SoftChoice::split}},
                                           {"gap8_latency", {"gap8", "latency_cycles", SoftChoice::choice}},
                                           {"diana_latency", {"diana", "latency_cycles", SoftChoice::choice}},
                                           {"ne16_latency", {"ne16-plinio", "latency_cycles", SoftChoice::split}}};

Layer layer_of(const Row& row) {
  Layer layer;
  layer.name = "layer";
  if (row.at("op") == "linear") {
    layer.op = Op::linear;
    layer.dims = Linear<>{
        .in_channels = number(row, "c_in_eff"), .out_channels = number(row, "C_out"), .bias = number(row, "bias")};
    return layer;
  }
  Convolution<> d{.in_channels = number(row, "c_in_eff"),
                  .out_channels = number(row, "C_out"),
                  .groups = number(row, "groups"),
                  .in_height = number(row, "H_in"),
                  .in_width = number(row, "W_in"),
                  .out_height = number(row, "out_h"),
                  .out_width = number(row, "out_w"),
                  .kernel_height = number(row, "kernel_h"),
                  .kernel_width = number(row, "kernel_w"),
                  .stride_height = number(row, "stride_h"),
                  .stride_width = number(row, "stride_w"),
                  .dilation_height = number(row, "dil_h"),
                  .dilation_width = number(row, "dil_w"),
                  .pad_top = number(row, "pad_h"),
                  .pad_bottom = number(row, "pad_h"),
                  .pad_left = number(row, "pad_w"),
                  .pad_right = number(row, "pad_w"),
                  .bias = number(row, "bias")};
  layer.op = row.at("op") == "conv1d" ? Op::conv1d : Op::conv2d;
  layer.dims = d;
  return layer;
}

std::vector<double> widths(const Row& row, const std::string& column) {
  std::vector<double> numbers;
  for (const std::string& bits : split(row.at(column), ' ')) numbers.push_back(std::stod(bits));
  return numbers;
}

ExpectedCost expected_cost(const Row& row, const Model& model) {
  const Machine machine = load_machine(model.description, {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
  SearchSpace space;
  space.weights.push_back({"weights", {"layer"}, widths(row, "w_precision_set"), model.choice});
  space.activations.push_back({"inputs", {"layer"}, widths(row, "a_precision_set")});
  space.channels.push_back({"channels", {"layer"}});
  ExpectedCostOptions options;
  options.metrics = {model.metric};
  options.mode = GradientMode::straight_through;
  if (model.formula != nullptr) options.formula = Formula(model.formula, {});
  return ExpectedCost(layer_of(row), machine, space, options);
}

// The table's columns of the variables, in their order: dcost_dtheta_w2 is that of theta_w2.
std::vector<std::string> variables(const Row& row) {
  std::vector<std::string> names;
  for (const std::string& w : split(row.at("w_precision_set"), ' ')) names.push_back("theta_w" + w);
  for (const std::string& a : split(row.at("a_precision_set"), ' ')) names.push_back("theta_a" + a);
  names.push_back("out_channels");
  return names;
}

// Rows that PLiNIO itself has in float32; of 128 it is dcost_dtheta_a8 alone, which is `cost` rounded.
double tolerance_of(const std::string& id) {
  return id == "76" || id == "102" || id == "110" || id == "128" ? 1e-7 : 1e-9;
}

TEST(PlinioGradients, OfExpectedCostsAreMet) {
  std::map<std::string, int> compared;
  for (const Row& row : rows()) {
    if (row.at("w_precision_set").starts_with("0")) continue;
    if (row.at("case_id") == "98") continue;  // a silent 0 there
    SCOPED_TRACE("case " + row.at("case_id"));
    const double channels = number(row, "C_out");
    std::vector<double> point;
    for (const std::string& name : variables(row))
      point.push_back(name == "out_channels" ? channels : number(row, name));
    const ExpectedCost::Values ours = expected_cost(row, kModels.at(row.at("model"))).evaluate(point);
    const auto near = [&](double value, const std::string& column) {
      const double theirs = number(row, column);
      EXPECT_NEAR(value, theirs, tolerance_of(row.at("case_id")) * std::abs(theirs)) << column;
    };
    near(ours.values.front(), "cost");
    for (std::size_t k = 0; k < point.size(); ++k) {
      const std::string name = variables(row)[k];
      if (name == "out_channels" && row.at("op") == "linear") continue;  // 0 there
      // Theirs is by a single channel's probability, ours by what all have in common.
      const bool single = name.starts_with("theta_w") && row.at("granularity") == "per_channel";
      near(single ? ours.gradients[k] / channels : ours.gradients[k], "dcost_d" + name);
    }
    ++compared[row.at("model")];
  }
  EXPECT_EQ(compared, (std::map<std::string, int>{{"diana_latency", 4},
                                                  {"gap8_latency", 3},
                                                  {"mpic_latency", 4},
                                                  {"ne16_latency", 8},
                                                  {"ops", 3},
                                                  {"ops_bit", 4},
                                                  {"params_bit", 9}}));
}

}  // namespace
}  // namespace hwcost
