#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <thread>

#include "answer.hpp"
#include "checks.hpp"
#include "hwcost/metric.hpp"
#include "hwcost/work.hpp"

namespace hwcost::testing {

void batch_equals_scalar(const Subject& subject, Recorder& record) {
  const auto answers = batches(subject.backend, subject.layers);
  for (std::size_t i = 0; i < subject.layers.size(); ++i) {
    const Answer alone = scalar(subject.backend, subject.layers[i]);
    record.expect(alone == answers[i], [&] {
      return fmt::format("{}: alone {}, in a batch {}", to_text(subject.layers[i]), to_text(alone),
                         to_text(answers[i]));
    });
  }
}

// Scalar, batch and gradient, all from several threads on one backend.
void many_threads_get_the_same_bits(const Subject& subject, Recorder& record) {
  const std::vector<Answer> expected = batches(subject.backend, subject.layers);
  std::mutex one_writer;
  const auto compare = [&] {
    const std::vector<Answer> again = batches(subject.backend, subject.layers);
    for (std::size_t i = 0; i < subject.layers.size(); ++i) {
      const Answer alone = scalar(subject.backend, subject.layers[i]);
      const auto gradient = subject.backend.gradient(subject.layers[i], GradientMode::relaxed);
      const bool same =
          again[i] == expected[i] && alone == expected[i] && (!gradient || expected[i].status != Status::unsupported);
      const std::lock_guard lock(one_writer);
      record.expect(same, [&] {
        return fmt::format("{}: {} at first, then {} and {}", to_text(subject.layers[i]), to_text(expected[i]),
                           to_text(again[i]), to_text(alone));
      });
    }
  };
  constexpr int kThreads = 4;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) threads.emplace_back(compare);
}

void figures_are_finite_and_not_negative(const Subject& subject, Recorder& record) {
  for (const Layer& layer : subject.layers) {
    const auto e = subject.backend.estimate(layer);
    if (!e) continue;
    Cost<>::visit(e->cost, [&](std::string_view part, double v) {
      record.expect(std::isfinite(v) && v >= 0.0, [&] { return fmt::format("{}: {} {}", to_text(layer), part, v); });
    });
  }
}

void prices_some_layer(const Subject& subject, Recorder& record) {
  const bool has_price = std::any_of(subject.layers.begin(), subject.layers.end(),
                                     [&](const Layer& layer) { return subject.backend.estimate(layer).has_value(); });
  record.expect(has_price, [] { return "not one of the random layers has a price"; });
}

void every_metric_is_somewhere_above_0(const Subject& subject, Recorder& record) {
  const BackendTraits& traits = subject.backend.traits();
  MetricSet above_0;
  MetricSet without_figure;  // whatever the backend says: seconds of cycles without a clock, a bound that no layer has
  if (traits.clock_hertz == 0.0) without_figure.insert(Metric::latency_seconds);
  const bool has_bound = std::any_of(subject.layers.begin(), subject.layers.end(),
                                     [](const Layer& layer) { return facts(layer).has_memory_access_bound; });
  if (!has_bound) without_figure.insert(Metric::memory_access_balance);
  for (const Layer& layer : subject.layers) {
    const auto e = subject.backend.estimate(layer);
    if (!e) continue;
    const Facts of_layer = facts(layer);
    for (std::size_t k = 0; k < kMetricCount; ++k) {
      const auto metric = static_cast<Metric>(k);
      if (value(metric, e->cost, of_layer, traits.clock_hertz).value_or(0.0) > 0.0) above_0.insert(metric);
    }
  }
  for (std::size_t k = 0; k < kMetricCount; ++k) {
    const auto metric = static_cast<Metric>(k);
    if (!traits.metrics.contains(metric) || without_figure.contains(metric)) continue;
    record.expect(above_0.contains(metric), [&] {
      return fmt::format("{} is declared, and above 0 for none of the random layers", name(metric));
    });
  }
}

void zero_work_costs_nothing(const Subject& subject, Recorder& record) {
  for (Layer layer : subject.layers) {
    if (!set_extent(layer, "batch", 0.0) && !set_extent(layer, "elements", 0.0)) continue;
    const auto e = subject.backend.estimate(layer);
    if (!e) continue;
    Cost<>::visit(e->cost, [&](std::string_view part, double v) {
      record.expect(
          v == 0.0, [&] { return fmt::format("{}: {} {}", to_text(layer), part, v); }, v);
    });
  }
}

namespace {

constexpr std::array kGrown{"batch", "out_channels", "in_channels", "out_height", "out_width", "tokens",
                            "rows",  "columns",      "depth",       "elements",   "steps",     "hidden_size"};

// The layer with one more of the extent, or one more a group; nothing where it has none that grows alone.
std::optional<Layer> grown(const Layer& layer, std::string_view member) {
  const auto own = extent(layer, member);
  if (!own) return std::nullopt;
  const auto* conv = std::get_if<Convolution<>>(&layer.dims);
  const bool channels = member == "out_channels" || member == "in_channels";
  if (conv != nullptr && channels && conv->is_depthwise()) return std::nullopt;  // its channels are its groups
  if (member == "batch" && extent(layer, "shared_batch")) return std::nullopt;
  Layer bigger = layer;
  set_extent(bigger, member, *own + (conv != nullptr && channels ? conv->groups : 1.0));
  return bigger;
}

}  // namespace

void cost_never_falls(const Subject& subject, Recorder& record) {
  if (!subject.backend.traits().monotone) return record.leave_untested("it declares that its costs may fall");
  for (const Layer& layer : subject.layers) {
    const Answer here = scalar(subject.backend, layer);
    if (here.status == Status::unsupported) continue;
    for (const char* member : kGrown) {
      const auto bigger = grown(layer, member);
      if (!bigger) continue;
      const Answer there = scalar(subject.backend, *bigger);
      if (there.status == Status::unsupported) continue;
      for (std::size_t k = 0; k < Answer::kFigures; ++k) {
        const double fall = here.figures[k] - there.figures[k];  // NaN: seconds of a machine without a clock
        record.expect(
            !(fall > 0.0),
            [&] {
              return fmt::format("{}: {} {}, and {} with {} {}", to_text(layer), figure_name(k), here.figures[k],
                                 there.figures[k], member, extent(*bigger, member).value());
            },
            fall / here.figures[k]);
      }
    }
  }
}

namespace {

// A layer of three widths, one of them pruned, and what its parts cost as layers of their own.
struct MixedLayer {
  Layer layer;
  std::array<double, Answer::kFigures> sum_of_parts{};
  bool a_part_is_refused = false;
};
std::optional<MixedLayer> mixed(const Backend& backend, const Layer& layer) {
  if (layer.op != Op::conv2d && layer.op != Op::linear) return std::nullopt;
  const auto* conv = std::get_if<Convolution<>>(&layer.dims);
  const double own = extent(layer, "out_channels").value();
  if ((conv != nullptr && conv->groups > 1.0) || own < 3.0) return std::nullopt;
  const double wide = std::floor((own - 1.0) / 2.0);
  const double narrow = own - 1.0 - wide;
  MixedLayer mixed{layer, {}, false};
  mixed.layer.precision.weight = WeightFormat();
  mixed.layer.precision.weight.groups = {{0.0, 1.0}, {4.0, narrow}, {8.0, wide}};
  for (const auto& [bits, channels] : {std::pair{4.0, narrow}, std::pair{8.0, wide}}) {
    Layer part = layer;
    part.precision.weight = integer(bits);
    set_extent(part, "out_channels", channels);
    const Answer answer = scalar(backend, part);
    mixed.a_part_is_refused |= answer.status == Status::unsupported;
    for (std::size_t k = 0; k < Answer::kFigures; ++k) mixed.sum_of_parts[k] += answer.figures[k];
  }
  return mixed;
}

}  // namespace

void mixed_widths_add_up(const Subject& subject, Recorder& record) {
  constexpr double kRounding = 1e-15;  // a few units in the last place
  const bool add_up = subject.backend.traits().widths_add_up;
  for (const Layer& layer : subject.layers) {
    const auto mixture = mixed(subject.backend, layer);
    if (!mixture) continue;
    const Answer whole = scalar(subject.backend, mixture->layer);
    record.expect((whole.status == Status::unsupported) == mixture->a_part_is_refused, [&] {
      return fmt::format("{} is {}; its parts are {}", to_text(mixture->layer), to_text(whole.status),
                         mixture->a_part_is_refused ? "refused" : "priced");
    });
    if (mixture->a_part_is_refused) continue;
    for (std::size_t k = 0; k < Answer::kFigures; ++k) {
      const double sum = mixture->sum_of_parts[k];
      if (std::isnan(sum)) continue;  // seconds of a machine without a clock
      const double error = (whole.figures[k] - sum) / std::max(sum, 1e-300);
      // Where widths do not add up, what they share is counted once.
      const bool holds = add_up ? std::abs(error) <= kRounding : error <= 0.0;
      record.expect(
          holds,
          [&] {
            return fmt::format("{}: {} {}, its parts together {}", to_text(mixture->layer), figure_name(k),
                               whole.figures[k], sum);
          },
          std::abs(error));
    }
  }
}

}  // namespace hwcost::testing
