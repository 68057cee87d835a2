// Expected costs under soft choices of widths, and their straight-through derivatives, against PLiNIO's own autograd:
// tests/golden/plinio_gradients.csv, whose rows without 0 bit among the widths mean what ours do.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

#include "hwcost/machine.hpp"

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

const std::map<std::string, const char*> kDescriptionOf{
    {"mpic_latency", "mpic"}, {"gap8_latency", "gap8"}, {"diana_latency", "diana"}, {"ne16_latency", "ne16-plinio"}};

// The layer with so many output channels at these widths.
Layer layer_of(const Row& row, double out_channels, double weight_bits, double input_bits) {
  Layer layer;
  layer.precision.weight = integer(weight_bits);
  layer.precision.input = integer(input_bits);
  if (row.at("op") == "linear") {
    layer.op = Op::linear;
    layer.dims =
        Linear<>{.in_channels = number(row, "c_in_eff"), .out_channels = out_channels, .bias = number(row, "bias")};
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
                  .bias = number(row, "bias")};
  if (row.at("op") == "conv1d") d.in_height = d.out_height = d.kernel_height = d.stride_height = 1.0;
  layer.op = row.at("op") == "conv1d" ? Op::conv1d : Op::conv2d;
  layer.dims = with_out_channels(d, out_channels);
  return layer;
}

struct Slope {
  double cost, by_out_channels;
};

Slope slope(const Backend& backend, const Layer& layer) {
  const auto gradient = backend.gradient(layer, GradientMode::straight_through);
  if (!gradient) throw std::runtime_error(gradient.error().reason);
  std::size_t k = 0;
  std::visit(
      [&]<class D>(const D&) {
        while (D::kMembers[k].name != "out_channels") ++k;
      },
      layer.dims);
  return {gradient->value.latency().value, gradient->latency_cycles(k)};
}

// E and its derivatives as FORMULAS of `choice` (the layer takes one width) or `split` (its channels divide) have them.
struct Expected {
  double cost = 0.0, by_out_channels = 0.0;
  std::map<std::string, double> by_theta;  // column of the table
};

Expected expected_cost(const Backend& backend, const Row& row, bool splits) {
  Expected e;
  const double channels = number(row, "C_out");
  const bool per_channel = row.at("granularity") == "per_channel";
  for (const std::string& a : split(row.at("a_precision_set"), ' ')) {
    for (const std::string& w : split(row.at("w_precision_set"), ' ')) {
      const double theta_a = number(row, "theta_a" + a);
      const double theta_w = number(row, "theta_w" + w);
      const Slope f = slope(backend, layer_of(row, splits ? theta_w * channels : channels, std::stod(w), std::stod(a)));
      const double weight = splits ? 1.0 : theta_w;
      e.cost += theta_a * weight * f.cost;
      e.by_out_channels += theta_a * theta_w * f.by_out_channels;
      const double by_theta_w = theta_a * (splits ? channels * f.by_out_channels : f.cost);
      e.by_theta["dcost_dtheta_w" + w] += per_channel ? by_theta_w / channels : by_theta_w;
      e.by_theta["dcost_dtheta_a" + a] += weight * f.cost;
    }
  }
  return e;
}

// Rows that PLiNIO itself has in float32; of 128 it is dcost_dtheta_a8 alone, which is `cost` rounded.
double tolerance_of(const std::string& id) {
  return id == "76" || id == "102" || id == "110" || id == "128" ? 1e-7 : 1e-9;
}

TEST(PlinioGradients, OfExpectedCostsAreMet) {
  std::map<std::string, int> compared;
  for (const Row& row : rows()) {
    const auto description = kDescriptionOf.find(row.at("model"));
    if (description == kDescriptionOf.end() || row.at("w_precision_set").starts_with("0")) continue;
    if (row.at("op") == "conv1d") continue;  // a silent 0 there
    SCOPED_TRACE("case " + row.at("case_id"));
    const Machine machine =
        load_machine(description->second, {HWCOST_SOURCE_DIR "/hw_descriptions"}, builtin_registry());
    const Expected e = expected_cost(*machine.backend, row, row.at("model") == "ne16_latency");
    const auto near = [&](double ours, const std::string& column) {
      const double theirs = number(row, column);
      EXPECT_NEAR(ours, theirs, tolerance_of(row.at("case_id")) * std::abs(theirs)) << column;
    };
    near(e.cost, "cost");
    for (const auto& [column, value] : e.by_theta) near(value, column);
    if (row.at("op") != "linear") near(e.by_out_channels, "dcost_dout_channels");  // 0 there for linear layers
    ++compared[row.at("model")];
  }
  EXPECT_EQ(compared, (std::map<std::string, int>{
                          {"diana_latency", 4}, {"gap8_latency", 3}, {"mpic_latency", 4}, {"ne16_latency", 8}}));
}

}  // namespace
}  // namespace hwcost
