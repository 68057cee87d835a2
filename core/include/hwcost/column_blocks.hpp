// Stretches of borrowed columns: what batches are divided into.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "hwcost/batch.hpp"

namespace hwcost {

// Rows [first, first + count) of columns. Holds the pointers that it lends.
class ColumnSlice {
 public:
  ColumnSlice(const LayerColumns& in, std::size_t first, std::size_t count)
      : op_(in.op), size_(count), width_(in.columns.size()), broadcast_(in.broadcast) {
    for (std::size_t k = 0; k < width_; ++k) pointers_[k] = in.columns[k] + (in.is_broadcast(k) ? 0 : first);
  }

  // Valid while the slice lives.
  [[nodiscard]] LayerColumns columns() const { return {op_, size_, std::span(pointers_).first(width_), broadcast_}; }

 private:
  Op op_;
  std::size_t size_;
  std::size_t width_;
  std::uint64_t broadcast_;
  std::array<const double*, kMostColumns> pointers_;
};

namespace detail {

// What for_each_dense_block does where there are broadcast columns: their values, written out for a block. Columns of
// one value share what is written, since most of a layer's extents are 0 or 1.
template <class F>
void for_each_expanded_block(const LayerColumns& in, const CostColumns& out, F&& price) {
  constexpr std::size_t kBlock = 256;    // small enough for the first-level cache, large enough for the loop over it
  constexpr std::size_t kCacheLine = 8;  // apart, so that the columns do not compete for the same places of the cache
  if (in.size == 0) return;
  const std::size_t width = in.columns.size();
  const std::size_t most = std::min(kBlock, in.size);
  alignas(kCacheLine * sizeof(double)) std::array<std::array<double, kBlock + kCacheLine>, kMostColumns> values;
  std::size_t written = 0;
  std::array<const double*, kMostColumns> pointers;
  for (std::size_t k = 0; k < width; ++k) {
    pointers[k] = in.columns[k];
    if (!in.is_broadcast(k)) continue;
    const auto bits = std::bit_cast<std::uint64_t>(*in.columns[k]);
    std::size_t place = 0;
    while (place < written && std::bit_cast<std::uint64_t>(values[place].front()) != bits) ++place;
    if (place == written) std::fill_n(values[written++].begin(), most, *in.columns[k]);
    pointers[k] = values[place].data();
  }
  for (std::size_t first = 0; first < in.size; first += kBlock) {
    const std::size_t count = std::min(kBlock, in.size - first);
    price(LayerColumns{in.op, count, std::span(pointers).first(width)}, out.rows(first, count));
    for (std::size_t k = 0; k < width; ++k) {
      if (!in.is_broadcast(k)) pointers[k] += count;
    }
  }
}

}  // namespace detail

// Calls price(columns, out) for block after block of the candidates; no column that it gets is broadcast. For backends
// whose loops read every column row by row. Allocates nothing.
template <class F>
void for_each_dense_block(const LayerColumns& in, const CostColumns& out, F&& price) {
  if (in.broadcast == 0) {
    price(in, out);
  } else {
    detail::for_each_expanded_block(in, out, price);
  }
}

}  // namespace hwcost
