// Folding of operators that take elements from elsewhere.
#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "extents.hpp"
#include "folding.hpp"
#include "operator_call.hpp"

namespace hwcost::onnx {
namespace {

using Contents = std::vector<double>;

struct Selection {
  std::string_view type;
  FoldFunction function;
};

std::size_t checked_index(const OperatorCall& call, std::int64_t index, std::int64_t extent) {
  const std::optional<std::size_t> place = normal_axis(index, static_cast<std::size_t>(extent));
  if (!place) call.fail("an index is outside the axis that it counts along");
  return *place;
}

std::optional<Contents> fold_gather(const OperatorCall& call, const FoldedOutput&) {
  const Contents* contents = call.contents(0);
  const std::optional<Shape> indices = call.integers(1);
  if (contents == nullptr || !indices) return std::nullopt;
  const Shape& from = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", 0), from.size());
  const auto outer = static_cast<std::size_t>(*elements(from, 0, axis));
  const auto inner = static_cast<std::size_t>(*elements(from, axis + 1, from.size()));
  const auto rows = static_cast<std::size_t>(from[axis]);
  Contents result;
  for (std::size_t block = 0; block < outer; ++block) {
    for (const std::int64_t index : *indices) {
      const std::size_t row = checked_index(call, index, from[axis]);
      const auto begin = contents->begin() + static_cast<std::ptrdiff_t>((block * rows + row) * inner);
      result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(inner));
    }
  }
  return result;
}

std::optional<Contents> fold_transpose(const OperatorCall& call, const FoldedOutput& output) {
  const Shape& shape = output.shape;
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  const std::vector<std::int64_t> own = row_major_strides(call.shape(0));
  const Shape* permutation = call.integer_list("perm");
  std::vector<std::int64_t> strides(shape.size());
  for (std::size_t k = 0; k < shape.size(); ++k) {
    strides[k] = own[permutation != nullptr ? static_cast<std::size_t>((*permutation)[k]) : shape.size() - 1 - k];
  }
  return gather_strided(*contents, shape, strides, 0);
}

std::optional<Contents> fold_tile(const OperatorCall& call, const FoldedOutput& output) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  const Shape& in = call.shape(0);
  const std::vector<std::int64_t> own = row_major_strides(in);
  Contents result;
  result.reserve(static_cast<std::size_t>(*elements(output.shape)));
  Shape index(in.size(), 0);
  for_each_place(output.shape, Shape(in.size(), 0), 0, [&](std::size_t) {
    std::int64_t place = 0;
    for (std::size_t k = 0; k < in.size(); ++k) place += index[k] % in[k] * own[k];
    result.push_back((*contents)[static_cast<std::size_t>(place)]);
    for (std::size_t axis = in.size(); axis-- > 0;) {
      if (++index[axis] < output.shape[axis]) break;
      index[axis] = 0;
    }
  });
  return result;
}

// The part that the output takes begins where those before it end.
std::optional<Contents> fold_split(const OperatorCall& call, const FoldedOutput& output) {
  const Contents* contents = call.contents(0);
  if (contents == nullptr) return std::nullopt;
  const Shape& in = call.shape(0);
  const std::size_t axis = call.axis(call.integer("axis", 0), in.size());
  const std::vector<std::int64_t> strides = row_major_strides(in);
  const std::optional<Shape> sizes = call.list_or_operand("split", 1);
  std::int64_t start = 0;
  if (sizes && !sizes->empty()) {
    for (std::size_t k = 0; k < output.position; ++k) start += (*sizes)[k];
  } else {
    const auto parts = static_cast<std::int64_t>(call.node().outputs.size());
    start = static_cast<std::int64_t>(output.position) * ((in[axis] + parts - 1) / parts);
  }
  return gather_strided(*contents, output.shape, strides, start * strides[axis]);
}

std::optional<Contents> fold_gather_elements(const OperatorCall& call, const FoldedOutput& output) {
  const Contents* contents = call.contents(0);
  const std::optional<Shape> indices = call.integers(1);
  const Shape& in = call.shape(0);
  if (contents == nullptr || !indices || in.size() != output.shape.size()) return std::nullopt;
  const std::size_t axis = call.axis(call.integer("axis", 0), in.size());
  std::vector<std::int64_t> strides = row_major_strides(in);
  const std::int64_t stride = std::exchange(strides[axis], 0);
  Contents result;
  for_each_place(output.shape, strides, 0, [&](std::size_t place) {
    const std::size_t index = checked_index(call, (*indices)[result.size()], in[axis]);
    result.push_back(contents->at(place + index * static_cast<std::size_t>(stride)));
  });
  return result;
}

// Where an index tuple of a GatherND or ScatterND points.
std::size_t place_of(const OperatorCall& call, const Shape& indices, std::size_t first, std::size_t depth) {
  const Shape& in = call.shape(0);
  const std::vector<std::int64_t> strides = row_major_strides(in);
  std::size_t place = 0;
  for (std::size_t k = 0; k < depth; ++k) {
    place += checked_index(call, indices[first + k], in[k]) * static_cast<std::size_t>(strides[k]);
  }
  return place;
}

std::optional<Contents> fold_gather_nd(const OperatorCall& call, const FoldedOutput&) {
  const Contents* contents = call.contents(0);
  const std::optional<Shape> indices = call.integers(1);
  if (contents == nullptr || !indices || call.integer("batch_dims", 0) != 0) return std::nullopt;
  const auto depth = static_cast<std::size_t>(call.shape(1).back());
  const auto row = static_cast<std::size_t>(*elements(call.shape(0), depth, call.shape(0).size()));
  Contents result;
  for (std::size_t first = 0; first < indices->size(); first += depth) {
    const auto begin = contents->begin() + static_cast<std::ptrdiff_t>(place_of(call, *indices, first, depth));
    result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(row));
  }
  return result;
}

std::optional<Contents> fold_scatter_nd(const OperatorCall& call, const FoldedOutput&) {
  const Contents* contents = call.contents(0);
  const std::optional<Shape> indices = call.integers(1);
  const Contents* updates = call.contents(2);
  if (contents == nullptr || !indices || updates == nullptr || call.text("reduction", "none") != "none") {
    return std::nullopt;
  }
  if (call.shape(1).empty() || call.shape(1).back() < 1) return std::nullopt;
  const auto depth = static_cast<std::size_t>(call.shape(1).back());
  if (depth > call.shape(0).size()) call.fail("its indices have more parts than its data axes");
  const auto row = static_cast<std::size_t>(*elements(call.shape(0), depth, call.shape(0).size()));
  if (updates->size() != indices->size() / depth * row) call.fail("its updates are not one for every index");
  Contents result = *contents;
  for (std::size_t k = 0; k * depth < indices->size(); ++k) {
    const std::size_t place = place_of(call, *indices, k * depth, depth);
    std::copy_n(updates->begin() + static_cast<std::ptrdiff_t>(k * row), row,
                result.begin() + static_cast<std::ptrdiff_t>(place));
  }
  return result;
}

// Along the only axis: what positions are counted by.
std::optional<Contents> fold_cumulative_sum(const OperatorCall& call, const FoldedOutput& output) {
  const Contents* contents = call.contents(0);
  const bool is_plain = call.integer("exclusive", 0) == 0 && call.integer("reverse", 0) == 0;
  if (contents == nullptr || output.shape.size() != 1 || !is_plain) return std::nullopt;
  Contents result = *contents;
  std::partial_sum(result.begin(), result.end(), result.begin());
  return result;
}

constexpr std::array<Selection, 8> kSelections{{
    {"CumSum", fold_cumulative_sum},
    {"Gather", fold_gather},
    {"GatherElements", fold_gather_elements},
    {"GatherND", fold_gather_nd},
    {"ScatterND", fold_scatter_nd},
    {"Split", fold_split},
    {"Tile", fold_tile},
    {"Transpose", fold_transpose},
}};

}  // namespace

FoldFunction selection_function(std::string_view type) {
  const auto found =
      std::find_if(kSelections.begin(), kSelections.end(), [&](const Selection& entry) { return entry.type == type; });
  return found == kSelections.end() ? nullptr : found->function;
}

}  // namespace hwcost::onnx
