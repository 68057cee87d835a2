// Number formats of a layer's operands, and widths that differ between output channels.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hwcost/dims.hpp"
#include "hwcost/export.hpp"

namespace hwcost {

// How one element is stored: its width in bits, and whether it is an integer or a floating-point kind.
struct NumberFormat {
  enum class Kind : std::uint8_t { integer, floating, brain };
  double bits = 8.0;
  Kind kind = Kind::integer;

  [[nodiscard]] bool is_integer() const { return kind == Kind::integer; }
  friend bool operator==(const NumberFormat&, const NumberFormat&) = default;
};

inline constexpr NumberFormat integer(double bits) { return {bits, NumberFormat::Kind::integer}; }
inline constexpr NumberFormat kFloat32{32.0, NumberFormat::Kind::floating};

// "8", "f32", "bf16" and the way back. Integers have 0 to 64 bits (0: pruned), floats 4, 8, 16, 32 or 64.
HWCOST_EXPORT std::string to_text(NumberFormat format);
HWCOST_EXPORT std::optional<NumberFormat> number_format_from(std::string_view text);

// `channels` output channels whose weights have `bits` bits; 0 bits: pruned, the channel is not there.
struct ChannelGroup {
  double bits = 8.0;
  double channels = 0.0;
  friend bool operator==(const ChannelGroup&, const ChannelGroup&) = default;
};

// Bits of a layer's weights: one format for all output channels, or integers that differ between them.
struct WeightFormat {
  NumberFormat uniform = integer(8.0);  // where `groups` is empty
  std::vector<ChannelGroup> groups;     // a histogram: widths ascending and distinct, counts add up to out_channels
  std::vector<double> by_channel;       // the width of each output channel in order, where known; agrees with `groups`

  WeightFormat() = default;
  WeightFormat(NumberFormat format) : uniform(format) {}  // NOLINT(google-explicit-constructor): one format for all
  // The histogram of `widths`, one a channel, kept in order too.
  HWCOST_EXPORT static WeightFormat per_channel(std::vector<double> widths);

  [[nodiscard]] bool is_mixed() const { return !groups.empty(); }
  friend bool operator==(const WeightFormat&, const WeightFormat&) = default;
};

// As a layer table has it: "8", "f32", or the histogram "2:16|8:48".
HWCOST_EXPORT std::string to_text(const WeightFormat& format);

// Requantisation of the accumulators on the way out: bits of the per-channel scale (0: raw accumulators), and whether
// there is a shift stage.
struct Requantization {
  double scale_bits = 0.0;
  double shift = 0.0;
  friend bool operator==(const Requantization&, const Requantization&) = default;
};

// Formats of a layer's operands. For matmul and attention `weight` is the second operand's, an activation too.
struct Precision {
  NumberFormat input = integer(8.0);
  WeightFormat weight;
  NumberFormat output = integer(8.0);
  NumberFormat bias = integer(32.0);             // biases and other small parameters
  std::optional<Requantization> requantization;  // absent: the machine's own default
  friend bool operator==(const Precision&, const Precision&) = default;
};

// Bits that a formula sees, one width of mixed weights at a time. scale_bits 0: raw accumulators; NaN: machine's own.
template <class T = double>
struct Widths {
  T input_bits{8.0}, weight_bits{8.0}, output_bits{8.0}, scale_bits{0.0}, shift{0.0};

  static constexpr std::array<Member<Widths, T>, 5> kMembers{{
      {"input_bits", &Widths::input_bits},
      {"weight_bits", &Widths::weight_bits},
      {"output_bits", &Widths::output_bits},
      {"scale_bits", &Widths::scale_bits},
      {"shift", &Widths::shift},
  }};
};

}  // namespace hwcost
