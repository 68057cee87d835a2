// One layer as a row of columns, in the layout of LayerColumns.
#pragma once

#include <array>
#include <span>

#include "hwcost/batch.hpp"

namespace hwcost {

// Calls f(value) for each column: the members of `dims`, then the widths, weights having `weight_bits`.
template <class D, class F>
void visit_columns(const D& dims, const Precision& precision, double weight_bits, F&& f) {
  for (const auto& member : D::kMembers) f(dims.*member.pointer);
  const auto& requantization = precision.requantization;
  const Widths<> widths{precision.input.bits, weight_bits, precision.output.bits,
                        requantization ? requantization->scale_bits : kNoFigure,
                        requantization ? requantization->shift : kNoFigure};
  for (const auto& member : Widths<>::kMembers) f(widths.*member.pointer);
}

class LayerRow {
 public:
  template <class D>
  LayerRow(Op op, const D& dims, const Precision& precision, double weight_bits)
      : op_(op), count_(kMemberCount<D> + kMemberCount<Widths<>>) {
    std::size_t column = 0;
    visit_columns(dims, precision, weight_bits, [&](double value) {
      values_[column] = value;
      columns_[column] = &values_[column];
      ++column;
    });
  }
  LayerRow(const LayerRow&) = delete;
  LayerRow& operator=(const LayerRow&) = delete;

  [[nodiscard]] LayerColumns columns() const { return {op_, 1, std::span(columns_).first(count_)}; }

 private:
  Op op_;
  std::size_t count_;
  std::array<double, kMostColumns> values_{};
  std::array<const double*, kMostColumns> columns_{};
};

}  // namespace hwcost
