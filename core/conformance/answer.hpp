// What a backend says of layers by its scalar and its batch path, in one form.
#pragma once

#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/backend.hpp"

namespace hwcost::testing {

// Of one layer: a number a column of CostColumns; NaN where it is refused.
struct Answer {
  static constexpr std::size_t kFigures = 6;
  std::array<double, kFigures> figures{};
  Status status = Status::unsupported;

  bool operator==(const Answer& other) const {
    // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): the same bits, so that NaN equals NaN
    return status == other.status && std::memcmp(figures.data(), other.figures.data(), sizeof figures) == 0;
  }
};
std::string to_text(const Answer& answer);
// "latency_cycles", ...: of an answer's figures.
std::string_view figure_name(std::size_t figure);

Answer scalar(const Backend& backend, const Layer& layer);
// All of one operator.
std::vector<Answer> batch(const Backend& backend, const std::vector<Layer>& layers);
// Layers of several operators, those of one together: a batch an operator.
std::vector<Answer> batches(const Backend& backend, const std::vector<Layer>& layers);

// A layer in words: "conv2d in_channels 16 out_channels 32 ... w8a4".
std::string to_text(const Layer& layer);

// A member of a layer's extents by its name; nothing, or false, where its family has none of that name.
std::optional<double> extent(const Layer& layer, std::string_view member);
bool set_extent(Layer& layer, std::string_view member, double value);
// Its place in the family's kMembers.
std::size_t member_index(const Layer& layer, std::string_view member);

// A step from a layer's own count of channels down to the knot of the relaxed gradient, and the layer there.
struct Knot {
  double channels;
  Layer layer;
};
// Nothing where the member's channels do not go alone.
std::optional<Knot> knot_below(const BackendTraits& traits, const Layer& layer, std::string_view member);

}  // namespace hwcost::testing
