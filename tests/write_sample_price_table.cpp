// Writes a price table of two layers as JSON on standard output.
#include <iostream>

#include "hwcost/import/price_table.hpp"

int main() {
  using namespace hwcost;
  PriceTableContents contents;
  contents.model = "net.onnx";
  contents.machines = {{"mpic", std::string(64, 'a')}};
  contents.choices = {{8, 8}, {4, 8, 4}};
  contents.layers = {{"conv", 0, 1000}, {"fc", 3, 10}};
  contents.metrics = {Metric::latency_cycles};
  contents.fixed = {2.5};
  contents.unpriced = {{"pool", "no model of it"}};
  contents.prices = {100.5, 50, 10, kNoFigure};
  contents.statuses = {Status::priced, Status::approximated, Status::priced, Status::unsupported};
  contents.reasons = {"", "nearly", "too narrow"};
  contents.reason_of = {0, 1, 0, 2};
  std::cout << price_table_to_json(PriceTable(contents));
}
