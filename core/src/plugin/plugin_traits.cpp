#include "plugin_traits.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "hwcost/plugin_author.hpp"

namespace hwcost {

static_assert(kMetricCount == hwcost_metric_count, "columns.h lacks a metric");

hwcost_traits c_traits(const BackendTraits& traits) {
  hwcost_traits result{.struct_size = sizeof(hwcost_traits),
                       .metrics = 0,
                       .integers_only = traits.integers_only,
                       .widths_add_up = traits.widths_add_up,
                       .skips_free_work = traits.skips_free_work,
                       .monotone = traits.monotone,
                       .clock_hertz = traits.clock_hertz,
                       .out_channel_step = traits.out_channel_step,
                       .depthwise_channel_step = traits.depthwise_channel_step,
                       .in_channel_step = traits.in_channel_step};
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    if (traits.metrics.contains(static_cast<Metric>(m))) result.metrics |= 1u << m;
  }
  return result;
}

std::string wrong_trait(const hwcost_traits& traits) {
  if (traits.metrics == 0) return "it defines no metric";
  if (traits.metrics >> kMetricCount != 0) return fmt::format("it defines metrics {:#x} that are none", traits.metrics);
  if (!(traits.clock_hertz >= 0.0 && std::isfinite(traits.clock_hertz)))
    return fmt::format("its clock_hertz is {}", traits.clock_hertz);
  for (const auto& [name, step] : {std::pair{std::string_view("out_channel_step"), traits.out_channel_step},
                                   {"depthwise_channel_step", traits.depthwise_channel_step},
                                   {"in_channel_step", traits.in_channel_step}}) {
    const bool is_count = step >= 1.0 && std::isfinite(step) && step == std::floor(step);
    if (!is_count) return fmt::format("its {} is {}, no whole number of at least 1", name, step);
  }
  return {};
}

BackendTraits traits_from(const hwcost_traits& traits) {
  BackendTraits result;
  for (std::size_t m = 0; m < kMetricCount; ++m) {
    if ((traits.metrics >> m & 1u) != 0) result.metrics.insert(static_cast<Metric>(m));
  }
  result.clock_hertz = traits.clock_hertz;
  result.integers_only = traits.integers_only != 0;
  result.widths_add_up = traits.widths_add_up != 0;
  result.skips_free_work = traits.skips_free_work != 0;
  result.monotone = traits.monotone != 0;
  result.out_channel_step = traits.out_channel_step;
  result.depthwise_channel_step = traits.depthwise_channel_step;
  result.in_channel_step = traits.in_channel_step;
  return result;
}

}  // namespace hwcost
