#include "hwcost/parallel_batch.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "hwcost/column_blocks.hpp"
#include "parallel_blocks.hpp"

namespace hwcost {
namespace {

constexpr std::size_t kRows = 1024;  // of a block: microseconds of the cheapest formula, and still many a second

// One layer's extents for all rows, beside columns of widths.
class LayerAtWidths {
 public:
  LayerAtWidths(const Layer& layer, const std::array<const double*, kMemberCount<Widths<>>>& widths, std::size_t size)
      : op_(layer.op), size_(size) {
    std::visit(
        [this]<class D>(const D& dims) {
          for (const auto& member : D::kMembers) pointers_[count_++] = &(dims.*member.pointer);
        },
        layer.dims);
    broadcast_ = (std::uint64_t{1} << count_) - 1;
    for (const double* column : widths) pointers_[count_++] = column;
  }

  [[nodiscard]] LayerColumns columns() const { return {op_, size_, std::span(pointers_).first(count_), broadcast_}; }

 private:
  Op op_;
  std::size_t size_;
  std::size_t count_ = 0;
  std::uint64_t broadcast_ = 0;
  std::array<const double*, kMostColumns> pointers_{};
};

}  // namespace

void estimate_batch(const Backend& backend, const LayerColumns& in, const CostColumns& out, std::size_t threads) {
  for_each_block(in.size, kRows, threads, [&](std::size_t first, std::size_t count) {
    backend.estimate_batch(ColumnSlice(in, first, count).columns(), out.rows(first, count));
  });
}

void estimate_grid(const Backend& backend, std::span<const Layer> layers, std::span<const Widths<>> widths,
                   const CostColumns& out, std::size_t threads) {
  const std::size_t n = widths.size();
  std::array<std::vector<double>, kMemberCount<Widths<>>> columns;
  std::array<const double*, kMemberCount<Widths<>>> pointers{};
  for (std::size_t k = 0; k < columns.size(); ++k) {
    for (const Widths<>& choice : widths) columns[k].push_back(choice.*Widths<>::kMembers[k].pointer);
    pointers[k] = columns[k].data();
  }
  const std::size_t blocks = (n + kRows - 1) / kRows;  // of a layer
  for_each_block(layers.size() * blocks, 1, threads, [&](std::size_t k, std::size_t) {
    const std::size_t layer = k / blocks;
    const std::size_t first = k % blocks * kRows;
    if (family_of(layers[layer].dims) != info(layers[layer].op).family) {
      for (std::size_t row = first; row < std::min(n, first + kRows); ++row)
        out.put(layer * n + row, {}, Status::unsupported, 0.0);
      return;
    }
    const LayerAtWidths all(layers[layer], pointers, n);
    const ColumnSlice part(all.columns(), first, std::min(kRows, n - first));
    backend.estimate_batch(part.columns(), out.rows(layer * n + first, part.columns().size));
  });
}

}  // namespace hwcost
