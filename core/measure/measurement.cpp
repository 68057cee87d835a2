#include "hwcost/measure/measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fstream>

namespace hwcost {
namespace {

const std::string kBetweenRemarks = "; ";
const std::string kApproximated = "approximated: ";
constexpr std::array<std::string_view, 3> kBuffers{"warm", "rotated", "cold"};

// The file's first line; nothing where it cannot be read or is empty.
std::optional<std::string> first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line) || line.empty()) return std::nullopt;
  return line;
}

// "model name : ..." of /proc/cpuinfo, on x86 the processor's own name.
std::string processor_name() {
  std::ifstream stream("/proc/cpuinfo");
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

// Data and unified caches of the first processor, as the kernel lists them.
std::string cache_sizes() {
  std::string text;
  for (int index = 0;; ++index) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    const auto level = first_line(folder + "level");
    const auto type = first_line(folder + "type");
    const auto size = first_line(folder + "size");
    if (!level || !type || !size) break;
    if (*type == "Instruction") continue;
    text += fmt::format("{}L{}{} {}", text.empty() ? "" : ", ", *level, *type == "Data" ? "d" : "", *size);
  }
  return text.empty() ? "unknown" : text;
}

}  // namespace

std::string_view to_text(Buffers buffers) { return kBuffers.at(static_cast<std::size_t>(buffers)); }

std::optional<Buffers> buffers_named(std::string_view text) {
  for (std::size_t i = 0; i < kBuffers.size(); ++i) {
    if (kBuffers.at(i) == text) return static_cast<Buffers>(i);
  }
  return std::nullopt;
}

Fingerprint host_fingerprint() {
  return {.processor = processor_name(),
          .isa = {},
          .caches = cache_sizes(),
          .library = {},
          .governor = first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").value_or("unknown")};
}

Expected<Layer, Unsupported> measurable(const Layer& layer) {
  if (layer.op == Op::custom) {
    return tl::unexpected(
        Unsupported{fmt::format("operator {} is unknown: there is nothing to measure", layer.custom_op),
                    Unsupported::Cause::unmodelled});
  }
  const Layer whole = without_pruned_channels(layer);
  const WeightFormat& weight = whole.precision.weight;
  if (weight.groups.size() > 1)
    return tl::unexpected(
        Unsupported{"its output channels have weights of several widths: no single kernel runs them"});
  Layer bare;
  bare.op = whole.op;
  bare.dims = whole.dims;
  bare.precision = whole.precision;
  bare.precision.weight = weight.is_mixed() ? integer(weight.groups.front().bits) : weight.uniform;
  bare.fused_activation = whole.fused_activation;
  return bare;
}

void add_remark(std::string& remarks, const std::string& remark) {
  if (!remark.empty()) remarks += (remarks.empty() ? "" : kBetweenRemarks) + remark;
}

std::string approximation_remark(const std::string& reason) { return kApproximated + reason; }

std::string approximation_of(const Measurement& measurement) {
  const std::string& remarks = measurement.remarks;
  if (!remarks.starts_with(kApproximated)) return {};
  const std::size_t begin = kApproximated.size();
  return remarks.substr(begin, remarks.find(kBetweenRemarks, begin) - begin);
}

Layer widened(Layer layer, double least_integer_bits) {
  const auto widen = [&](NumberFormat& format) {
    if (format.is_integer() && format.bits > 0.0) format.bits = std::max(format.bits, least_integer_bits);
  };
  widen(layer.precision.input);
  widen(layer.precision.output);
  widen(layer.precision.weight.uniform);
  return layer;
}

std::string utc_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

}  // namespace hwcost
