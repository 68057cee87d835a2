#include <fmt/format.h>

#include <limits>

#include "answer.hpp"
#include "checks.hpp"
#include "random_layers.hpp"

namespace hwcost::testing {

void refusals_have_words(const Subject& subject, Recorder& record) {
  constexpr std::size_t kShortest = 10;
  for (const Layer& layer : subject.layers) {
    const auto e = subject.backend.estimate(layer);
    if (e && e->approximation.empty()) continue;
    const std::string& words = e ? e->approximation : e.error().reason;
    record.expect(words.size() > kShortest && words.find('\n') == std::string::npos,
                  [&] { return fmt::format("{}: '{}'", to_text(layer), words); });
  }
}

void no_answer_is_faulty(const Subject& subject, Recorder& record) {
  for (const Layer& layer : subject.layers) {
    const auto e = subject.backend.estimate(layer);
    record.expect(e || e.error().cause != Unsupported::Cause::faulty,
                  [&] { return fmt::format("{}: {}", to_text(layer), e.error().reason); });
  }
}

void unknown_operators_are_refused(const Subject& subject, Recorder& record) {
  constexpr unsigned kSeed = 7;
  const Layer unknown = RandomLayers(kSeed)(Op::custom);
  const auto e = subject.backend.estimate(unknown);
  if (e) return record.breach(fmt::format("{} has a price", unknown.custom_op));
  record.expect(e.error().cause == Unsupported::Cause::unmodelled, [] { return "it is not told as unmodelled"; });
  record.expect(e.error().reason.find(unknown.custom_op) != std::string::npos,
                [&] { return fmt::format("'{}' does not name {}", e.error().reason, unknown.custom_op); });
}

// Least of all are they priced at 0.
void what_is_no_count_is_refused(const Subject& subject, Recorder& record) {
  const auto expect_refused = [&](const Layer& layer, std::string_view what, double bad) {
    const bool refused = scalar(subject.backend, layer).status == Status::unsupported &&
                         batch(subject.backend, {layer}).front().status == Status::unsupported;
    record.expect(refused, [&] { return fmt::format("{} of {} {} has a price", name(layer.op), what, bad); });
  };
  for (const Layer& layer : subject.layers) {
    if (layer.op != Op::conv2d && layer.op != Op::linear) continue;
    for (const double bad : {-5.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
      Layer other = layer;
      set_extent(other, "out_channels", bad);
      expect_refused(other, "out_channels", bad);
      other = layer;
      other.precision.weight = integer(bad);
      expect_refused(other, "weight bits", bad);
      other = layer;
      other.precision.input = integer(bad);
      expect_refused(other, "input bits", bad);
    }
    Layer other = layer;
    other.precision.input = integer(0.0);
    expect_refused(other, "input bits", 0.0);
  }
}

void floating_point_is_refused(const Subject& subject, Recorder& record) {
  if (!subject.backend.traits().integers_only)
    return record.leave_untested("it is a machine for floating-point layers too");
  for (Layer layer : subject.layers) {
    layer.precision.weight = kFloat32;
    record.expect(!subject.backend.estimate(layer), [&] { return fmt::format("{} has a price", to_text(layer)); });
  }
}

}  // namespace hwcost::testing
