#include "hwcost/layer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <vector>

#include "hwcost/work.hpp"
#include "limits.hpp"

namespace hwcost {
namespace {

using Reason = std::optional<std::string>;

bool is_whole(double value) { return std::isfinite(value) && value == std::floor(value); }
bool divides(double divisor, double value) { return std::fmod(value, divisor) == 0.0; }

Reason check_whole(std::string_view field, double value, double least, double most) {
  if (is_whole(value) && value >= least && value <= most) return std::nullopt;
  if (most == kLargestExactCount) {
    return fmt::format("{} is {}, not a {} whole number up to 2^53", field, value,
                       least > 0.0 ? "positive" : "non-negative");
  }
  return fmt::format("{} is {}, not a whole number from {} to {}", field, value, least, most);
}

Reason check_divides(std::string_view divisor_field, double divisor, std::string_view field, double value) {
  if (divides(divisor, value)) return std::nullopt;
  return fmt::format("{} {} does not divide {} {}", divisor_field, divisor, field, value);
}

// The range of values that a member of some family may have.
struct Range {
  std::string_view member;
  double least;
  double most;
};

// Members that are no positive extents; `bias` of a recurrent layer counts vectors.
constexpr std::array kOtherRanges{
    Range{"pad_front", 0.0, kLargestExactCount},
    Range{"pad_back", 0.0, kLargestExactCount},
    Range{"pad_top", 0.0, kLargestExactCount},
    Range{"pad_bottom", 0.0, kLargestExactCount},
    Range{"pad_left", 0.0, kLargestExactCount},
    Range{"pad_right", 0.0, kLargestExactCount},
    Range{"parameters", 0.0, kLargestExactCount},
    Range{"buffers", 0.0, kLargestExactCount},
    Range{"bias", 0.0, 1.0},
    Range{"depthwise", 0.0, 1.0},
    Range{"owned", 0.0, 1.0},
    Range{"sequence_output", 0.0, 1.0},
    Range{"directions", 1.0, 2.0},
};

template <class D>
constexpr Range range_of(std::string_view member) {
  if constexpr (std::is_same_v<D, Recurrent<>>) {
    if (member == "bias") return {member, 0.0, 2.0};
  }
  if constexpr (std::is_same_v<D, Custom<>>) return {member, 0.0, kLargestExactCount};  // 0: not known
  // A constant reads nothing, nor does an operator all of whose operands the layer owns.
  if constexpr (std::is_same_v<D, Movement<>> || std::is_same_v<D, Elementwise<>>) {
    if (member == "in_elements" || member == "input_elements") return {member, 0.0, kLargestExactCount};
  }
  for (const Range& range : kOtherRanges) {
    if (range.member == member) return range;
  }
  return {member, 1.0, kLargestExactCount};
}

// The range of every member of D, in the order of kMembers.
template <class D>
constexpr auto kRanges = [] {
  std::array<Range, kMemberCount<D>> ranges{};
  for (std::size_t i = 0; i < ranges.size(); ++i) ranges[i] = range_of<D>(D::kMembers[i].name);
  return ranges;
}();

template <class D>
Reason check_ranges(const D& dims) {
  for (std::size_t i = 0; i < kMemberCount<D>; ++i) {
    const auto& [member, least, most] = kRanges<D>[i];
    if (Reason reason = check_whole(member, dims.*D::kMembers[i].pointer, least, most)) return reason;
  }
  return std::nullopt;
}

// One spatial axis of a convolution.
struct Axis {
  std::string_view name;
  double in, out, kernel, stride, dilation, pads;

  [[nodiscard]] double window() const { return dilation * (kernel - 1.0) + 1.0; }
  [[nodiscard]] bool is_unused() const {
    return in == 1.0 && out == 1.0 && kernel == 1.0 && stride == 1.0 && dilation == 1.0 && pads == 0.0;
  }
};

std::array<Axis, 3> axes_of(const Convolution<>& d) {
  return {{
      {"depth", d.in_depth, d.out_depth, d.kernel_depth, d.stride_depth, d.dilation_depth, d.pad_front + d.pad_back},
      {"height", d.in_height, d.out_height, d.kernel_height, d.stride_height, d.dilation_height,
       d.pad_top + d.pad_bottom},
      {"width", d.in_width, d.out_width, d.kernel_width, d.stride_width, d.dilation_width, d.pad_left + d.pad_right},
  }};
}

std::string wrong_output(const Axis& a) {
  return fmt::format(
      "out_{0} is {1}, but in_{0} {2}, padding {3}, kernel_{0} {4}, stride_{0} {5}, dilation_{0} {6} give ", a.name,
      a.out, a.in, a.pads, a.kernel, a.stride, a.dilation);
}

Reason check_output(const Axis& a) {
  const double free = a.in + a.pads - a.window();
  if (free < 0.0) {
    return fmt::format("kernel_{0} {1} with dilation_{0} {2} covers {3}, more than in_{0} {4} and its padding {5}",
                       a.name, a.kernel, a.dilation, a.window(), a.in, a.pads);
  }
  const double out = std::floor(free / a.stride) + 1.0;
  return a.out == out ? std::nullopt : Reason(wrong_output(a) + fmt::format("{}", out));
}

// A transposed convolution may add up to stride - 1 (or dilation - 1) elements behind its output.
Reason check_transposed_output(const Axis& a) {
  const double least = (a.in - 1.0) * a.stride - a.pads + a.window();
  const double most = least + std::max(a.stride, a.dilation) - 1.0;
  if (a.out >= least && a.out <= most) return std::nullopt;
  return wrong_output(a) + (least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most));
}

Reason check_extents(Op op, const Convolution<>& d) {
  if (Reason reason = check_divides("groups", d.groups, "in_channels", d.in_channels)) return reason;
  if (Reason reason = check_divides("groups", d.groups, "out_channels", d.out_channels)) return reason;
  if (d.depthwise == 1.0 && d.groups != d.in_channels) {
    return fmt::format("declared depthwise, but groups {} are not in_channels {}", d.groups, d.in_channels);
  }
  const std::array<Axis, 3> axes = axes_of(d);
  const std::size_t first_used = axes.size() - static_cast<std::size_t>(spatial_rank(op));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (i < first_used) {
      if (!axes[i].is_unused()) {
        return fmt::format("{} has no {}: in, out, kernel, stride and dilation there must be 1, the padding 0",
                           name(op), axes[i].name);
      }
      continue;
    }
    if (Reason reason = is_transposed(op) ? check_transposed_output(axes[i]) : check_output(axes[i])) return reason;
  }
  return std::nullopt;
}
Reason check_extents(Op, const MatMul<>& d) { return check_divides("shared_batch", d.shared_batch, "batch", d.batch); }
Reason check_extents(Op, const Attention<>& d) {
  return check_divides("key_value_heads", d.key_value_heads, "heads", d.heads);
}
template <class D>
Reason check_extents(Op, const D&) {
  return std::nullopt;
}

Reason check_work(const Layer& layer) {
  const Work<> w = work(layer);
  struct Count {
    std::string_view name;
    double value;
  };
  const std::array counts{Count{"MACs", w.macs},
                          Count{"bias additions", w.bias_adds},
                          Count{"arithmetic operations", w.arithmetic},
                          Count{"transcendental operations", w.transcendentals},
                          Count{"weights", w.weights},
                          Count{"biases", w.biases},
                          Count{"buffers", w.buffers},
                          Count{"input elements", w.input},
                          Count{"elements of the second operand", w.second_input},
                          Count{"output elements", w.output}};
  for (const Count& count : counts) {
    const double total = count.value * layer.repeat;
    if (!(total <= kLargestExactCount)) {
      return fmt::format("{} of {} are {:.4g} in {} runs, more than the 2^53 that counts are exact to", count.name,
                         name(layer.op), total, layer.repeat);
    }
  }
  return std::nullopt;
}

Reason check_format(std::string_view field, const NumberFormat& format) {
  switch (format.kind) {
    case NumberFormat::Kind::integer:
      return check_whole(field, format.bits, 0.0, 64.0);
    case NumberFormat::Kind::brain:
      if (format.bits == 16.0) return std::nullopt;
      return fmt::format("{} is a brain float of {} bits, which has 16", field, format.bits);
    case NumberFormat::Kind::floating:
      break;
  }
  constexpr std::array kFloatBits{4.0, 8.0, 16.0, 32.0, 64.0};
  if (std::find(kFloatBits.begin(), kFloatBits.end(), format.bits) != kFloatBits.end()) return std::nullopt;
  return fmt::format("{} is a float of {} bits, not of 4, 8, 16, 32 or 64", field, format.bits);
}

template <class D>
constexpr bool kHasChannels = std::is_same_v<D, Convolution<>> || std::is_same_v<D, Linear<>>;

// Of an activation: there is no element of 0 bit.
Reason check_activation_format(std::string_view field, const NumberFormat& format) {
  return format.is_integer() ? check_whole(field, format.bits, 1.0, 64.0) : check_format(field, format);
}

Reason check_histogram(const Layer& layer) {
  const std::vector<ChannelGroup>& groups = layer.precision.weight.groups;
  const double channels = out_channels(layer.dims);
  if (channels == 0.0) return fmt::format("{} has no weights a channel, so no widths a channel", name(layer.op));
  const double step = channel_step(layer.dims);
  double total = 0.0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (Reason reason = check_whole("weight bits", groups[i].bits, 0.0, 64.0)) return reason;
    if (Reason reason = check_whole("channels of a width", groups[i].channels, 1.0, kLargestExactCount)) return reason;
    if (i > 0 && groups[i].bits <= groups[i - 1].bits) {
      return fmt::format("widths are not ascending: {} behind {}", groups[i].bits, groups[i - 1].bits);
    }
    if (!divides(step, groups[i].channels)) {
      return fmt::format("{} channels of {} bits are no multiple of {}: widths spread evenly over {} groups",
                         groups[i].channels, groups[i].bits, step, std::get<Convolution<>>(layer.dims).groups);
    }
    total += groups[i].channels;
  }
  if (total == channels) return std::nullopt;
  return fmt::format("channels of all widths add up to {}, not to out_channels {}", total, channels);
}

// A list says where each width is: every group of a convolution must have as many channels of each, so that the part
// of one width is a grouped convolution too; the outputs of a depthwise layer's input channel all have the same.
Reason check_groups(const Layer& layer) {
  const auto* convolution = std::get_if<Convolution<>>(&layer.dims);
  if (convolution == nullptr || convolution->groups == 1.0) return std::nullopt;
  std::vector<double> widths = layer.precision.weight.by_channel;
  const auto size = static_cast<std::ptrdiff_t>(convolution->out_channels / convolution->groups);
  for (auto group = widths.begin(); group != widths.end(); group += size) {
    std::sort(group, group + size);
    const auto number = (group - widths.begin()) / size + 1;
    if (convolution->is_depthwise()) {
      if (*group == *(group + size - 1)) continue;
      return fmt::format("input channel {} of a depthwise layer has outputs of {} and of {} bits", number, *group,
                         *(group + size - 1));
    }
    if (std::equal(group, group + size, widths.begin())) continue;
    return fmt::format("group {} of {} has channels of other widths than group 1: widths spread evenly over groups",
                       number, convolution->groups);
  }
  return std::nullopt;
}

Reason check_uniform_weight(const Layer& layer) {
  const NumberFormat& weight = layer.precision.weight.uniform;
  if (second_operand_is_activation(layer.op)) return check_activation_format("weight bits", weight);
  if (weight == integer(0.0) && has_weights(layer) &&
      std::visit([]<class D>(const D&) { return !kHasChannels<D>; }, layer.dims)) {
    return fmt::format("weight bits of {} are 0: its channels cannot be taken out", name(layer.op));
  }
  return check_format("weight bits", weight);
}

Reason check_weights(const Layer& layer) {
  const WeightFormat& weight = layer.precision.weight;
  if (!weight.is_mixed()) {
    if (!weight.by_channel.empty()) return "widths of single channels are given without their histogram";
    return check_uniform_weight(layer);
  }
  if (Reason reason = check_histogram(layer)) return reason;
  if (weight.by_channel.empty()) return std::nullopt;
  for (const double bits : weight.by_channel) {
    if (Reason reason = check_whole("weight bits of a channel", bits, 0.0, 64.0)) return reason;
  }
  if (WeightFormat::per_channel(weight.by_channel).groups != weight.groups) {
    return fmt::format("the widths of {} single channels do not agree with the histogram", weight.by_channel.size());
  }
  return check_groups(layer);
}

Reason check_precision(const Layer& layer) {
  const Precision& precision = layer.precision;
  if (Reason reason = check_activation_format("input bits", precision.input)) return reason;
  if (Reason reason = check_activation_format("output bits", precision.output)) return reason;
  if (Reason reason = check_format("bias bits", precision.bias)) return reason;
  if (precision.requantization) {
    const auto& [scale_bits, shift] = *precision.requantization;
    if (Reason reason = check_whole("requantization scale bits", scale_bits, 0.0, 64.0)) return reason;
    if (Reason reason = check_whole("requantization shift", shift, 0.0, 1.0)) return reason;
  }
  return check_weights(layer);
}

Dims with_channels(const Dims& dims, double channels) {
  return std::visit(
      [&](const auto& d) -> Dims {
        if constexpr (kHasChannels<std::decay_t<decltype(d)>>) {
          return with_out_channels(d, channels);
        } else {
          return d;
        }
      },
      dims);
}

double pruned_channels(const Layer& layer) {
  const WeightFormat& weight = layer.precision.weight;
  if (!weight.is_mixed()) return weight.uniform == integer(0.0) ? out_channels(layer.dims) : 0.0;
  return weight.groups.front().bits == 0.0 ? weight.groups.front().channels : 0.0;
}

}  // namespace

bool operator==(const Layer& a, const Layer& b) {
  const auto same_dims = [&b]<class D>(const D& left) {
    const D* right = std::get_if<D>(&b.dims);
    return right != nullptr && std::all_of(D::kMembers.begin(), D::kMembers.end(), [&](const auto& member) {
             return left.*member.pointer == right->*member.pointer;
           });
  };
  return a.name == b.name && a.module == b.module && a.op == b.op && std::visit(same_dims, a.dims) &&
         a.precision == b.precision && a.repeat == b.repeat && a.owns_weights == b.owns_weights &&
         a.fused_activation == b.fused_activation && a.custom_op == b.custom_op && a.custom_reason == b.custom_reason &&
         a.assumption == b.assumption;
}

bool has_weights(const Layer& layer) {
  switch (info(layer.op).family) {
    case Family::convolution:
    case Family::linear:
    case Family::recurrent:
      return true;
    case Family::lookup:
      return std::get<Lookup<>>(layer.dims).owned == 1.0;
    default:
      return false;
  }
}

double out_channels(const Dims& dims) {
  return std::visit(
      [](const auto& d) {
        if constexpr (kHasChannels<std::decay_t<decltype(d)>>) {
          return d.out_channels;
        } else {
          return 0.0;
        }
      },
      dims);
}

double channel_step(const Dims& dims) {
  const auto* convolution = std::get_if<Convolution<>>(&dims);
  if (convolution == nullptr) return 1.0;
  return convolution->is_depthwise() ? convolution->out_channels / convolution->groups : convolution->groups;
}

Layer without_pruned_channels(const Layer& layer) {
  const double pruned = pruned_channels(layer);
  if (pruned == 0.0) return layer;
  Layer left = layer;
  left.dims = with_channels(layer.dims, out_channels(layer.dims) - pruned);
  WeightFormat& weight = left.precision.weight;
  if (weight.is_mixed()) weight.groups.erase(weight.groups.begin());
  std::erase(weight.by_channel, 0.0);
  if (!weight.is_mixed()) weight.uniform = integer(0.0);
  return left;
}

std::optional<std::string> contradiction(const Layer& layer) {
  if (family_of(layer.dims) != info(layer.op).family) {
    return fmt::format("{} has extents of another operator family", name(layer.op));
  }
  if (Reason reason = check_whole("repeat", layer.repeat, 1.0, kLargestExactCount)) return reason;
  const auto check_dims = [&layer](const auto& d) {
    Reason reason = check_ranges(d);
    return reason ? reason : check_extents(layer.op, d);
  };
  if (Reason reason = std::visit(check_dims, layer.dims)) return reason;
  if (Reason reason = check_work(layer)) return reason;
  if (layer.fused_activation && !is_unary(*layer.fused_activation))
    return fmt::format("its fused activation {} is no activation", name(*layer.fused_activation));
  return check_precision(layer);
}

}  // namespace hwcost
