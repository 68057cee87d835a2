// The columns of a layer table that are whole numbers, and one row's values of them.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cell.hpp"
#include "hwcost/op.hpp"

namespace hwcost::table {

// Columns of one kind follow each other in the order of Axis.
enum class Extent : std::uint8_t {
  batch,
  in_channels,
  out_channels,
  groups,
  bias,
  depthwise,
  repeat,
  in_d,
  in_h,
  in_w,
  kernel_d,
  kernel_h,
  kernel_w,
  stride_d,
  stride_h,
  stride_w,
  dilation_d,
  dilation_h,
  dilation_w,
  pad_d,
  pad_h,
  pad_w,
  pad_front,
  pad_top,
  pad_left,
  pad_back,
  pad_bottom,
  pad_right,
  out_d,
  out_h,
  out_w,
  requant_scale_bits,
  requant_shift,
};

struct ExtentColumn {
  Extent extent;
  std::string_view name;
  double standard;  // the value of an empty cell and an absent column, and the least one: sizes 1, paddings 0
};

inline constexpr std::array kExtentColumns{
    ExtentColumn{Extent::batch, "batch", 1},
    ExtentColumn{Extent::in_channels, "in_channels", 1},
    ExtentColumn{Extent::out_channels, "out_channels", 1},
    ExtentColumn{Extent::groups, "groups", 1},
    ExtentColumn{Extent::bias, "bias", 0},
    ExtentColumn{Extent::depthwise, "depthwise", 0},
    ExtentColumn{Extent::repeat, "repeat", 1},
    ExtentColumn{Extent::in_d, "in_d", 1},
    ExtentColumn{Extent::in_h, "in_h", 1},
    ExtentColumn{Extent::in_w, "in_w", 1},
    ExtentColumn{Extent::kernel_d, "kernel_d", 1},
    ExtentColumn{Extent::kernel_h, "kernel_h", 1},
    ExtentColumn{Extent::kernel_w, "kernel_w", 1},
    ExtentColumn{Extent::stride_d, "stride_d", 1},
    ExtentColumn{Extent::stride_h, "stride_h", 1},
    ExtentColumn{Extent::stride_w, "stride_w", 1},
    ExtentColumn{Extent::dilation_d, "dilation_d", 1},
    ExtentColumn{Extent::dilation_h, "dilation_h", 1},
    ExtentColumn{Extent::dilation_w, "dilation_w", 1},
    ExtentColumn{Extent::pad_d, "pad_d", 0},
    ExtentColumn{Extent::pad_h, "pad_h", 0},
    ExtentColumn{Extent::pad_w, "pad_w", 0},
    ExtentColumn{Extent::pad_front, "pad_front", 0},
    ExtentColumn{Extent::pad_top, "pad_top", 0},
    ExtentColumn{Extent::pad_left, "pad_left", 0},
    ExtentColumn{Extent::pad_back, "pad_back", 0},
    ExtentColumn{Extent::pad_bottom, "pad_bottom", 0},
    ExtentColumn{Extent::pad_right, "pad_right", 0},
    ExtentColumn{Extent::out_d, "out_d", 1},
    ExtentColumn{Extent::out_h, "out_h", 1},
    ExtentColumn{Extent::out_w, "out_w", 1},
    ExtentColumn{Extent::requant_scale_bits, "requant_scale_bits", 0},
    ExtentColumn{Extent::requant_shift, "requant_shift", 0},
};
inline constexpr std::size_t kExtentCount = kExtentColumns.size();
constexpr std::size_t index_of(Extent extent) { return static_cast<std::size_t>(extent); }
static_assert([] {
  for (std::size_t i = 0; i < kExtentCount; ++i) {
    if (index_of(kExtentColumns[i].extent) != i) return false;
  }
  return index_of(Extent::requant_shift) + 1 == kExtentCount;
}());

enum class Axis : std::uint8_t { depth, height, width };
// The column of that kind for another axis: on(Extent::in_d, Axis::width) is in_w.
constexpr Extent on(Extent of_depth, Axis axis) {
  return static_cast<Extent>(index_of(of_depth) + static_cast<std::size_t>(axis));
}

// One row's whole numbers. An operator takes those that it means; those given but not taken must be at their standard.
class RowExtents {
 public:
  explicit RowExtents(const std::string& file) : file_(file) {}
  void start(int line);
  void set(Extent extent, double value);

  double take(Extent extent);
  std::optional<double> take_given(Extent extent);
  // Throws InputError where the cell is empty or the column is absent.
  double require(Extent extent, Op op);
  // For a column that follows from others: throws InputError where it is given and differs from `value`.
  void expect(Extent extent, double value);
  // Throws InputError for a column that has not been taken and is not at its standard.
  void refuse_unused(Op op) const;
  [[noreturn]] void fail(Extent extent, const std::string& what) const;

 private:
  const std::string& file_;
  int line_ = 0;
  std::array<double, kExtentCount> values_{};
  std::bitset<kExtentCount> given_;
  std::bitset<kExtentCount> taken_;
};

}  // namespace hwcost::table
