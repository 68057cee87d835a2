#include "hwcost/model_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "hwcost/error.hpp"

namespace hwcost {

Unsupported unmodelled(Op op, const std::string& custom_op, std::string_view backend) {
  const std::string_view what = op == Op::custom && !custom_op.empty() ? std::string_view(custom_op) : name(op);
  return {fmt::format("backend {} has no model of {}", backend, what), Unsupported::Cause::unmodelled};
}

Unsupported other_family(const Layer& layer) {
  return {fmt::format("{} has extents of another operator", name(layer.op)), {}};
}

Unsupported no_derivative(const std::string& parameter) {
  return {fmt::format("'{}' is no parameter that prices vary smoothly with", parameter), {}};
}

std::vector<Expected<CostGradient, Unsupported>> Backend::parameter_gradients(std::span<const Layer> layers,
                                                                              std::span<const std::string>) const {
  const Unsupported none{"this backend has no derivatives by its parameters", {}};
  return std::vector<Expected<CostGradient, Unsupported>>(layers.size(), tl::unexpected(none));
}

Unsupported no_counts() { return {"an extent is negative, infinite or not a number", {}}; }
Unsupported no_widths() { return {"a width of its operands is 0, negative, infinite or not a number", {}}; }

std::optional<Unsupported> floating_operand(const Layer& layer) {
  if (!has_floating_operand(layer)) return std::nullopt;
  return Unsupported{
      "floating-point operands: this machine computes integers (say widths, or give its description "
      "default_bits)",
      {}};
}

namespace {

// The names of one family's columns.
template <class D>
constexpr auto kColumnNames = [] {
  std::array<std::string_view, kMemberCount<D> + kMemberCount<Widths<>>> names;
  std::size_t k = 0;
  for (const auto& member : D::kMembers) names[k++] = member.name;
  for (const auto& member : Widths<>::kMembers) names[k++] = member.name;
  return names;
}();

bool is_member_of_any_family(std::string_view name) {
  for (std::size_t family = 0; family < std::variant_size_v<Dims>; ++family) {
    const auto names = column_names(static_cast<Family>(family));
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

}  // namespace

std::span<const std::string_view> column_names(Family family) {
  std::span<const std::string_view> names;
  with_family(family, [&]<class D>() { names = kColumnNames<D>; });
  return names;
}

std::uint64_t members_named(Family family, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (!is_member_of_any_family(name)) throw InputError({}, fmt::format("no operator has a member '{}'", name));
  }
  std::uint64_t members = 0;
  std::uint64_t bit = 1;
  for (const std::string_view name : column_names(family)) {
    if (std::find(names.begin(), names.end(), name) != names.end()) members |= bit;
    bit <<= 1;
  }
  return members;
}

Layer layer_at(const LayerColumns& in, std::size_t row) {
  Layer layer;
  layer.op = in.op;
  visit_candidates(ColumnSlice(in, row, 1).columns(), [&](std::size_t, const auto& dims, const Widths<>& widths) {
    layer.dims = dims;
    layer.precision.input = integer(widths.input_bits);
    layer.precision.weight = integer(widths.weight_bits);
    layer.precision.output = integer(widths.output_bits);
    if (!std::isnan(widths.scale_bits))
      layer.precision.requantization = Requantization{widths.scale_bits, widths.shift};
  });
  return layer;
}

}  // namespace hwcost
