// Layers of one operator as the columns of a batch.
#pragma once

#include <vector>

#include "../src/layer_row.hpp"
#include "hwcost/batch.hpp"

namespace hwcost::testing {

// The columns of layers that share one operator and have one width each; they live as long as this does.
class BatchColumns {
 public:
  explicit BatchColumns(const std::vector<Layer>& layers)
      : op_(layers.front().op), size_(layers.size()), columns_(column_count(info(op_).family)) {
    for (const Layer& layer : layers) {
      std::size_t k = 0;
      const auto add = [&](double value) { columns_[k++].push_back(value); };
      std::visit([&](const auto& d) { visit_columns(d, layer.precision, layer.precision.weight.uniform.bits, add); },
                 layer.dims);
    }
    for (const auto& column : columns_) pointers_.push_back(column.data());
  }
  BatchColumns(const BatchColumns&) = delete;
  BatchColumns& operator=(const BatchColumns&) = delete;

  [[nodiscard]] LayerColumns columns() const { return {op_, size_, pointers_}; }

 private:
  Op op_;
  std::size_t size_;
  std::vector<std::vector<double>> columns_;
  std::vector<const double*> pointers_;
};

}  // namespace hwcost::testing
