// Which layers can be priced at all, whatever the machine: their extents are counts, their widths are widths.
#pragma once

#include <limits>
#include <optional>

#include "hwcost/backend.hpp"
#include "hwcost/precision.hpp"
#include "hwcost/work.hpp"

namespace hwcost {

namespace detail {

// All output channels have 0 bit: such a layer costs nothing on any machine, whatever else it is.
template <class D, class T>
constexpr bool is_pruned(const D&, const Widths<T>& widths) {
  if constexpr (D::kFamily == Family::convolution || D::kFamily == Family::linear) {
    return value_of(widths.weight_bits) == 0.0;
  }
  return false;
}

// Extents of which the work is a number: none negative, infinite or not a number, which only the sum tells.
constexpr bool is_countable(const Work<double>& w) {
  const double least = smaller(w.output, smaller(w.input, w.macs));
  return (least >= 0.0) & (w.output + w.input + w.macs + w.bias_adds < std::numeric_limits<double>::infinity());
}

// Inputs have bits, and weights; those of 0 bit are pruned.
constexpr bool are_widths(const Widths<double>& w) {
  return (w.input_bits > 0.0) & (w.weight_bits >= 0.0) &
         (w.input_bits + w.weight_bits < std::numeric_limits<double>::infinity());
}

// Outputs too: for the models that price them, since every column that is read takes time.
constexpr bool has_output_width(const Widths<double>& w) {
  return (w.output_bits > 0.0) & (w.output_bits < std::numeric_limits<double>::infinity());
}

}  // namespace detail

// The reason why a layer with extents that are no counts has no price.
HWCOST_EXPORT Unsupported no_counts();
// The reason why a layer with widths that are none has no price.
HWCOST_EXPORT Unsupported no_widths();

// The reason why no machine prices such a layer; nothing where one may.
inline std::optional<Unsupported> no_numbers(const Work<double>& work, const Widths<double>& widths) {
  if (!detail::is_countable(work)) return no_counts();
  if (!detail::are_widths(widths)) return no_widths();
  return std::nullopt;
}

// For the checks of models that price outputs by their width.
template <class Verdict>
Status check_output_width(const Widths<double>& widths, Verdict&& verdict) {
  if (detail::has_output_width(widths)) return Status::priced;
  return verdict.refuse([&] { return no_widths().reason; });
}

}  // namespace hwcost
